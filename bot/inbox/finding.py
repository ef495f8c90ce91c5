"""
By what a conversation is found: its words, and what is special about it; written beside it each time. Pure.

Rule 1: words are folded by the one normaliser, so that «أحمد» is found by «احمد», and «السعر» by «سعر».
Rule 2: what is found is what was said lately: the lines that a conversation keeps, and what waits to be read.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.conversation import Conversation, Waiting
from rules.language.normalise import fold

UNANSWERED, PAUSED = "unanswered", "paused"
"""The contact had the last word; a human answers, or automatic sends wait."""

# A dozen lines have fewer; a pasted page is not an index of itself.
WORDS_AT_MOST = 150
LONGEST_WORD, SHORTEST_WORD = 24, 2

# Texts are folded again with every write of their conversation; most of them have just been.
_REMEMBERED = 20_000

_ARTICLES = ("ال", "وال", "بال", "لل", "فال", "كال")


def words_of(conversation: Conversation, unread: Sequence[Waiting] = ()) -> list[str]:
    """Every word by which it is found, each once; `unread` is what waits in its mailbox."""
    heard = (str(w.data.get("text", "")) for w in unread if w.what == "message")
    texts = (conversation.name, *heard, *(line.text for line in reversed(conversation.recent)))
    return list(dict.fromkeys(word for text in texts for word in folded_words(text)))[:WORDS_AT_MOST]


def traits_of(conversation: Conversation, unread: Sequence[Waiting] = ()) -> list[str]:
    """What is special about it now."""
    is_unread = any(w.what == "message" for w in unread)
    had_last_word = bool(conversation.recent) and conversation.recent[-1].who == "contact"
    found = {
        UNANSWERED: is_unread or had_last_word,
        PAUSED: conversation.mode == "human" or bool(conversation.sends_paused),
    }
    return [trait for trait, holds in found.items() if holds]


@lru_cache(maxsize=_REMEMBERED)
def folded_words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, each also without its article or «and»."""
    found: list[str] = []
    for word in _split(fold(text).text):
        found.append(word[:LONGEST_WORD])
        bare = _bare(word)
        if bare:
            found.append(bare[:LONGEST_WORD])
    return tuple(dict.fromkeys(found))


def asked_words(text: str) -> list[str]:
    """The words that somebody searches for."""
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in _split(fold(text).text)))


def _split(folded: str) -> Iterable[str]:
    cleaned = "".join(sign if sign.isalnum() else " " for sign in folded)
    return (word for word in cleaned.split() if len(word) >= SHORTEST_WORD)


def _bare(word: str) -> str:
    for article in (*_ARTICLES, "و"):
        if word.startswith(article) and len(word) - len(article) > SHORTEST_WORD:
            return word[len(article) :]
    return ""
