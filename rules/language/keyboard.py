"""
A word typed with the keyboard in the other language: `hdrht` is «ايقاف», «سفخح» is "stop".

Law: only the official stop words are looked for in this way, and only when they are the whole message; everything
else typed so is asked for again.
"""

_LATIN = "qwertyuiop[]asdfghjkl;'zxcvnm,./`"
_ARABIC = "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظذ"
_TO_ARABIC = str.maketrans({**dict(zip(_LATIN, _ARABIC, strict=True)), "b": "لا"})
_TO_LATIN = str.maketrans({arabic: latin for latin, arabic in zip(_LATIN, _ARABIC, strict=True)})


def flipped(text: str) -> str:
    """The text as it would read in the other layout."""
    lowered = text.strip().lower()
    if any("a" <= char <= "z" for char in lowered):
        return lowered.translate(_TO_ARABIC)
    return lowered.replace("لا", "b").translate(_TO_LATIN)
