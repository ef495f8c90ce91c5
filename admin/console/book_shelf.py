"""
The files of a book as a shelf: what each one is, whose it is, and how to find it. Pure.

Rule 1: a file that cannot be read still stands on the shelf, so that somebody can mend it.
Rule 2: searching folds both sides as messages are folded: «الغاء» finds «إلغاء».
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rules.language.normalise import fold
from rules.problems import BookError
from rules.sheet import plain, read

# In the order in which they have their say; what stands beside the pages comes last.
CHAPTERS = ("safety", "understanding", "routing", "replies", "approval", "follow_up")
BESIDE = ("wording", "policies", "chats", "tables")
SHELVES = (*CHAPTERS, *BESIDE)

# A tenant's file adds to these instead of taking the place of ours.
ADDED_TO = ("words.yml", "lexemes.yml", "safety/order.yml")
# Nobody's but ours: what a bare yes means, and which of two intents governs.
OURS_ALONE = ("short_answers.yml", "priorities.yml")

OWN_WORDING = "wording/own.yml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file on the shelf; of a wording file each sentence is an entry of its own."""

    key: str
    """The path of the file, with `#<key>` for a sentence."""
    shelf: str
    id: str
    title: str
    status: str
    """`live | shadow | draft | retired`; empty for what is no page."""
    origin: str
    """`shipped | own | replaced`"""
    is_changed: bool
    """Whether the change that is looked at touches it."""
    is_locked: bool
    """Whether it can only be added to, not replaced."""
    text: str
    """What the search looks through."""
    title_ar: str = ""
    """Empty where nobody has written one."""

    def called(self, language: str) -> str:
        """Its title for a reader of this language."""
        return self.title_ar if language == "ar" and self.title_ar else self.title

    @property
    def path(self) -> str:
        """The file it stands in."""
        return self.key.partition("#")[0]


def content_of(text: str) -> Mapping[str, Any]:
    """What a file says; empty when it cannot be read."""
    try:
        return read(text, "").content
    except BookError:
        return {}


def shelf_of(path: str) -> str:
    """The shelf on which a file stands."""
    folder, slash, _ = path.partition("/")
    return folder if slash and folder in SHELVES else "tables"


def is_locked(path: str, shipped: Mapping[str, str]) -> bool:
    """Whether a tenant may only add to this file: our safety pages, what hears an opt-out, and our own tables."""
    if path not in shipped:
        return False
    if path in OURS_ALONE:
        return True
    if path in ADDED_TO:
        return False
    if path.startswith("safety/"):
        return True
    then = content_of(shipped[path]).get("then")
    return path.startswith("understanding/") and isinstance(then, Mapping) and bool(then.get("opt_out"))


def entries(
    shipped: Mapping[str, str], own: Mapping[str, str], edits: Mapping[str, str | None]
) -> tuple[Entry, ...]:
    """Everything on the shelf; `own` is the tenant's own files with the change applied that `edits` come from."""
    every = {**shipped, **own}
    gone = {path: "" for path, text in edits.items() if text is None and path not in every}
    found: list[Entry] = []
    for path, text in sorted({**every, **gone}.items()):
        if path.startswith("wording/"):
            continue
        content = content_of(text)
        name = path.rpartition("/")[2].removesuffix(".yml")
        found.append(
            Entry(
                key=path,
                shelf=shelf_of(path),
                id=name,
                title=str(content.get("title") or name.replace("_", " ")),
                status=str(content.get("status") or "") if shelf_of(path) in CHAPTERS else "",
                origin=_origin(path, shipped, own),
                is_changed=path in edits,
                is_locked=is_locked(path, shipped),
                text=text,
                title_ar=str(content.get("title_ar") or ""),
            )
        )
    return (*found, *_sentences(shipped, own, edits))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One wording as it stands in a file."""

    key: str
    path: str
    ar: str
    en: str
    expects: str = ""
    buttons: tuple[str, ...] = ()


def sentences(files: Mapping[str, str]) -> dict[str, Sentence]:
    """Every wording of some files; later files replace earlier ones with the same key."""
    return {
        key: sentence
        for path, text in sorted(files.items())
        if path.startswith("wording/")
        for key, sentence in _read_sentences(path, text).items()
    }


@lru_cache(maxsize=256)
def _read_sentences(path: str, text: str) -> dict[str, Sentence]:
    content = plain(content_of(text))
    return {
        str(key): Sentence(
            key=str(key),
            path=path,
            ar=str(entry.get("ar") or "").strip(),
            en=str(entry.get("en") or "").strip(),
            expects=str(entry.get("expects") or ""),
            buttons=tuple(map(str, entry.get("buttons") or ())),
        )
        for key, entry in content.items()
        if isinstance(entry, Mapping)
    }


def _sentences(
    shipped: Mapping[str, str], own: Mapping[str, str], edits: Mapping[str, str | None]
) -> Iterable[Entry]:
    ours, theirs = sentences(shipped), sentences(own)
    changed = sentences({path: text for path, text in edits.items() if text is not None})
    for key, sentence in {**ours, **theirs}.items():
        yield Entry(
            key=f"{sentence.path}#{key}",
            shelf="wording",
            id=key,
            title=sentence.ar.partition("\n")[0],
            status="",
            origin="shipped" if key not in theirs else "replaced" if key in ours else "own",
            is_changed=key in changed,
            is_locked=False,
            text=f"{key}\n{sentence.ar}\n{sentence.en}",
        )


def _origin(path: str, shipped: Mapping[str, str], own: Mapping[str, str]) -> str:
    if path not in own:
        return "shipped"
    return "replaced" if path in shipped and path not in ADDED_TO else "own"


@lru_cache(maxsize=4_096)
def _folded(text: str) -> str:
    return fold(text).text


def find(shelf: Sequence[Entry], words: str) -> tuple[Entry, ...]:
    """Entries in which every word stands, in the title and the id first."""
    wanted = _folded(words).split()
    if not wanted:
        return tuple(shelf)
    found: list[tuple[int, int, Entry]] = []
    for place, entry in enumerate(shelf):
        name = _folded(f"{entry.title} {entry.title_ar} {entry.id} {entry.id.replace('_', ' ')}")
        if all(word in name for word in wanted):
            found.append((0, place, entry))
        elif all(word in name or word in _folded(entry.text) for word in wanted):
            found.append((1, place, entry))
    return tuple(entry for _, _, entry in sorted(found, key=lambda one: one[:2]))
