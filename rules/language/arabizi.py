"""
Arabizi: Arabic in Latin letters, compared by its consonants.

Law 1: vowels are written as everyone likes, so they do not count; consonants that Latin letters cannot tell
apart (س ص ث) count as one.
Law 2: a word is compared only with words that the book already knows; nothing is translated.
"""

from functools import cache

_DIGRAPHS = {
    "sh": "S",
    "ch": "S",
    "kh": "X",
    "gh": "G",
    "th": "s",
    "dh": "z",
    "ph": "f",
    "3'": "G",
    "7'": "X",
    "ou": "",
}
_LATIN = {
    "b": "b", "c": "k", "d": "d", "f": "f", "g": "G", "h": "h", "j": "j", "k": "k", "l": "l", "m": "m", "n": "n",
    "p": "b", "q": "G", "r": "r", "s": "s", "t": "t", "v": "f", "w": "w", "x": "ks", "y": "y", "z": "z",
    "3": "E", "4": "z", "5": "X", "6": "t", "7": "h", "8": "G", "9": "s",
}  # fmt: skip
_VOWELS = frozenset("aeiou")
_ARABIC = {
    "ب": "b", "ت": "t", "ث": "s", "ج": "j", "ح": "h", "خ": "X", "د": "d", "ذ": "z", "ر": "r", "ز": "z", "س": "s",
    "ش": "S", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "E", "غ": "G", "ف": "f", "ق": "G", "ك": "k", "ل": "l",
    "م": "m", "ن": "n", "ه": "h",
}  # fmt: skip


@cache
def skeletons_of_arabic(word: str) -> frozenset[str]:
    """Consonant skeletons that a Latin spelling of this folded word may have."""
    options = {""}
    last = len(word) - 1
    for place, letter in enumerate(word):
        if letter in "وي":
            long_vowel = options if place else set()
            options = {left + ("w" if letter == "و" else "y") for left in options} | long_vowel
        elif letter == "ه" and place == last and place:
            options = options | {left + "h" for left in options}
        elif letter in _ARABIC:
            options = {left + _ARABIC[letter] for left in options}
        if len(options) > 16:
            break
    return frozenset(_undoubled(option) for option in options)


@cache
def skeletons_of_latin(word: str) -> frozenset[str]:
    """Consonant skeletons of a Latin word, with and without its w, y and final h."""
    options = {""}
    place = 0
    while place < len(word):
        pair = word[place : place + 2]
        if pair in _DIGRAPHS:
            sounds = (_DIGRAPHS[pair], "z") if pair == "th" else (_DIGRAPHS[pair],)  # «e7thef» is احذف
            options = {left + sound for left in options for sound in sounds}
            place += 2
            continue
        letter = word[place]
        if letter in _VOWELS:
            pass
        elif letter == "2":  # a hamza, or the qaf of Egypt and the Levant
            options = options | {left + "G" for left in options}
        elif letter in "wy" and place:
            options = {left + letter for left in options} | options
        elif letter == "h" and place == len(word) - 1:
            options = options | {left + "h" for left in options}
        else:
            options = {left + _LATIN.get(letter, "") for left in options}
        place += 1
        if len(options) > 16:
            break
    return frozenset(_undoubled(option) for option in options if option)


def _undoubled(skeleton: str) -> str:
    out = skeleton[:1]
    for letter in skeleton[1:]:
        if letter != out[-1:]:
            out += letter
    return out
