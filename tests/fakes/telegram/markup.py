"""
Reads message HTML as strictly as Telegram does.

Source: https://core.telegram.org/bots/api#html-style
"""

import html
import re

TAGS = frozenset(
    {
        "b",
        "strong",
        "i",
        "em",
        "u",
        "ins",
        "s",
        "strike",
        "del",
        "code",
        "pre",
        "a",
        "blockquote",
        "tg-spoiler",
        "span",
    }
)
_PIECE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)>|([<>])|&(#?[a-zA-Z0-9]*;?)")
_ENTITY = re.compile(r"(?:amp|lt|gt|quot|#\d+|#x[0-9a-fA-F]+);")


class BadMarkup(ValueError):
    """What Telegram answers when it cannot read a message."""


def visible(text: str) -> str:
    """What a person reads. Raises BadMarkup."""
    stack: list[str] = []
    parts: list[str] = []
    position = 0
    for piece in _PIECE.finditer(text):
        parts.append(text[position : piece.start()])
        position = piece.end()
        closing, tag, _, stray, entity = piece.groups()
        if stray == "<" or (tag and tag.lower() not in TAGS):
            raise BadMarkup(
                f'can\'t parse entities: Unsupported start tag "{tag or ""}" at byte offset {position}'
            )
        if stray == ">":
            parts.append(">")
        elif entity is not None:
            parts.append(html.unescape(piece.group()) if _ENTITY.fullmatch(entity) else piece.group())
        elif closing:
            if not stack or stack.pop() != tag.lower():
                raise BadMarkup(
                    f'can\'t parse entities: Unmatched end tag at byte offset {position}, found "{tag}"'
                )
        else:
            stack.append(tag.lower())
    if stack:
        raise BadMarkup(f"can't parse entities: Can't find end tag corresponding to start tag \"{stack[-1]}\"")
    return "".join([*parts, text[position:]]).strip()


def units(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
