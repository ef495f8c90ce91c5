"""
What the bot says: every sentence, in every language, rendered only when complete.

Rule 1: a blank that nobody fills is an error, never a message.
Rule 2: every key exists in every language, with the same blanks; a bad sentence stops the start, not a lead.
Rule 3: what a contact reads is short (5 lines, 60 words, 2 emoji, one question), promises nothing and states no
        figure of our own.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.plain_yaml import NotPlain, read

DEFAULT_PATH = Path(__file__).parent / "wording"
LANGUAGES = ("ar", "en")
BLANKS = (
    "question",
    "price",
    "company",
    "first_time",
    "second_time",
    "link",
    "step",
    "steps",
    "reference",
    "due_date",
    "held_data",
    "value",
)
EXPECTS = ("", "question", "yes_no", "number", "date", "choice", "text", "opt_out_check")
"""What the sentence asks for; `question` stands for whatever the question in its blank asks for."""

# WhatsApp's own limits for reply buttons, and what people still read on a phone.
MOST_BUTTONS = 3
LONGEST_TITLE = 20
MOST_LINES = 5
MOST_WORDS = 60
MOST_EMOJI = 2

_BLANK = re.compile(r"\{([a-z_]+)\}")
# Guarantees in every form are banned: «نضمن» and its family, but not «ضمن» (within) or «يتضمن» (includes).
_PROMISES = re.compile(
    r"\b(?:و|ف|ل|ب|س)?(?:ال)?(?:نضمن|أضمن|اضمن|يضمن|مضمون|ضمان|كفال[ةه])\w*"
    r"|guarant\w*|money[- ]back|risk[- ]free|100\s*[%٪]|١٠٠\s*[%٪]|[%٪]\s*(?:100|١٠٠)",
    re.IGNORECASE,
)
_ORNAMENTS = re.compile("[\u064b-\u0652\u0670\u0640]")
_OUR_PEOPLE_READ_IT = ("hold.", "silence.", "stage.", "intent.", "note.")


Content = str | Mapping[str, object]
"""A file: its text, or the map that somebody has read from it."""


class WordingError(Exception):
    """Wordings cannot be used; whoever starts the process must mend what `problems` names."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class UnfilledBlank(Exception):
    """A sentence has a blank for which no value was given; it must not be sent."""


class UnknownWording(Exception):
    """Somebody asked for a key or a language that does not exist."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A complete sentence, ready to be held or sent."""

    text: str
    buttons: tuple[tuple[str, str], ...]
    """(id, title) of each button."""
    key: str
    version: str
    """Hash of the wording in all languages."""
    expects: str
    """What the sentence asks for; `question` when that depends on the question in its blank."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One key."""

    key: str
    texts: tuple[tuple[str, str], ...]
    expects: str
    buttons: tuple[str, ...]
    blanks: tuple[str, ...]
    version: str

    def text(self, language: str) -> str:
        """Return the sentence with its blanks open."""
        return dict(self.texts)[language]


class Wordings:
    """All wordings, checked."""

    def __init__(self, wordings: Mapping[str, Wording]) -> None:
        self._wordings = dict(wordings)
        content = [(wording.key, wording.version) for wording in sorted(wordings.values(), key=lambda w: w.key)]
        self.version = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]
        """Hash of every sentence; hand it to the rule book, so that its version covers what is said."""

    @classmethod
    def load(
        cls, path: Path = DEFAULT_PATH, *, layers: Sequence[Path] = (), needed: Iterable[str] = ()
    ) -> "Wordings":
        """
        Read and check every wording file of a folder, and of more folders over it.

        Raises:
            WordingError: with every problem found; see `of`.
        """
        problems: list[str] = []
        files = [_read_folder(folder, problems) for folder in (Path(path), *map(Path, layers))]
        if problems:
            raise WordingError(problems)
        return cls.of(files, needed=needed)

    @classmethod
    def of(cls, layers: Sequence[Mapping[str, Content]], *, needed: Iterable[str] = ()) -> "Wordings":
        """
        Check wordings; a further layer may replace keys and add some.

        Args:
            layers: file name -> content, of each layer.
            needed: keys that must exist, such as those that the rule book and the flows mention.

        Raises:
            WordingError: with every problem found.
        """
        problems: list[str] = []
        entries: dict[str, tuple[str, object]] = {}
        for files in layers:
            entries |= _entries(files, problems)
        wordings = {key: _wording(key, file, entry, problems) for key, (file, entry) in entries.items()}
        problems += [
            f'The wording "{key}" is used but not written. Add it.' for key in needed if key not in entries
        ]
        problems += [
            f'{entries[wording.key][0]}: "{wording.key}" uses the button "{button}" that is not written. Add it.'
            for wording in wordings.values()
            for button in wording.buttons
            if f"button.{button}" not in entries
        ]
        if problems:
            raise WordingError(problems)
        return cls(wordings)

    @property
    def keys(self) -> tuple[str, ...]:
        """Name every wording."""
        return tuple(self._wordings)

    def expects(self, key: str) -> str:
        """Say what a wording asks for."""
        return self._find(key).expects

    def buttons(self, key: str) -> tuple[str, ...]:
        """Name the buttons under a sentence."""
        return self._find(key).buttons

    def text(self, key: str, language: str) -> str:
        """Return a sentence with its blanks open. Raises UnknownWording."""
        return self._find(key).text(language)

    def blanks(self, key: str) -> tuple[str, ...]:
        """Name the blanks that must be filled for this key."""
        return self._find(key).blanks

    def render(self, key: str, language: str, **values: object) -> Rendered:
        """
        Return the sentence in a language; values that it has no blank for are ignored.

        Raises:
            UnknownWording: no such key or language.
            UnfilledBlank: a value is missing or empty.
        """
        wording = self._find(key)
        if language not in LANGUAGES:
            raise UnknownWording(f'There is no language "{language}"; use one of: {", ".join(LANGUAGES)}.')
        filled = {name: str(value).strip() for name, value in values.items() if value is not None}
        missing = [name for name in wording.blanks if not filled.get(name)]
        if missing:
            raise UnfilledBlank(
                f'The wording "{key}" lacks a value for {", ".join(missing)}; it must not be sent.'
            )
        buttons = tuple((button, self._find(f"button.{button}").text(language)) for button in wording.buttons)
        text = _BLANK.sub(lambda blank: filled[blank[1]], wording.text(language))
        return Rendered(text, buttons, key, wording.version, wording.expects)

    def _find(self, key: str) -> Wording:
        try:
            return self._wordings[key]
        except KeyError as missing:
            raise UnknownWording(f'There is no wording "{key}".') from missing


def promises_in(text: str) -> tuple[str, ...]:
    """Return the words of a text that promise or guarantee something, which nobody may send."""
    return tuple(found[0] for found in _PROMISES.finditer(_ORNAMENTS.sub("", text)))


def _read_folder(folder: Path, problems: list[str]) -> dict[str, str]:
    if not folder.is_dir():
        problems.append(f"The folder {folder.name} does not exist. Give the folder of the wordings.")
    files: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            files[path.name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as failed:
            problems.append(f"{path.name}: this is not YAML: {' '.join(str(failed).split())}")
    return files


def _entries(files: Mapping[str, Content], problems: list[str]) -> dict[str, tuple[str, object]]:
    entries: dict[str, tuple[str, object]] = {}
    for name, file in sorted(files.items()):
        try:
            content = read(file) if isinstance(file, str) else file
        except NotPlain as failed:
            problems.append(f"{name}: {failed}")
            continue
        for key, entry in content.items():
            if key in entries:
                problems.append(f'{name}: "{key}" is also in {entries[key][0]}. Keep one.')
            entries[str(key)] = (name, entry)
    return entries


def _wording(key: str, file: str, entry: object, problems: list[str]) -> Wording:
    content = entry if isinstance(entry, dict) else {}
    found = [
        f'has the unknown word "{name}". Use ar, en, expects, buttons'
        for name in content
        if name not in (*LANGUAGES, "expects", "buttons")
    ]
    texts = {language: _words(content, language, problems, file, key) for language in LANGUAGES}
    found += [f"is missing in {language}. Write it" for language, text in texts.items() if not text]
    expects = _words(content, "expects", problems, file, key)
    buttons, is_list = _buttons(content.get("buttons"))
    if not is_list:
        problems.append(f'{file}: "{key}.buttons" must be a list. Begin each item with a dash.')
    if expects not in EXPECTS:
        found.append(f'expects "{expects}". Use one of: {", ".join(filter(None, EXPECTS))}')
    blanks = {language: tuple(dict.fromkeys(_BLANK.findall(text))) for language, text in texts.items()}
    if len({frozenset(names) for names in blanks.values()}) > 1:
        found.append("has different blanks in its languages. Use the same")
    for language, text in texts.items():
        found += [f"in {language} {flaw}" for flaw in _flaws(key, text)]
    if len(buttons) > MOST_BUTTONS:
        found.append(f"has {len(buttons)} buttons, more than {MOST_BUTTONS}. Drop some")
    problems += [f'{file}: "{key}" {what}.' for what in found]
    version = hashlib.sha256(json.dumps([texts, expects, buttons], sort_keys=True).encode()).hexdigest()[:8]
    return Wording(key, tuple(texts.items()), expects, buttons, blanks[LANGUAGES[0]], version)


def _words(content: Mapping[str, object], name: str, problems: list[str], file: str, key: str) -> str:
    """The words that stand under a name."""
    value = content.get(name)
    if isinstance(value, list | dict):
        problems.append(f'{file}: an item of "{key}.{name}" must be words. Write them.')
        return ""
    return "" if value is None else str(value).strip()


def _buttons(value: object) -> tuple[tuple[str, ...], bool]:
    """The buttons under a sentence, and whether they are written as a list of words."""
    if value is None:
        return (), True
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return (), False
    return tuple(value), True


def _flaws(key: str, text: str) -> list[str]:
    """Name what is wrong with one sentence."""
    bare = _BLANK.sub("", text)
    flaws = [f'has the unknown blank "{name}"' for name in _BLANK.findall(text) if name not in BLANKS]
    if "{" in bare or "}" in bare:
        flaws.append("has a brace that closes no blank. Write blanks as {name}")
    if key.startswith(_OUR_PEOPLE_READ_IT):
        return flaws
    if key.startswith("button.") and len(text) > LONGEST_TITLE:
        flaws.append(f"is longer than {LONGEST_TITLE} characters. Shorten it")
    questions = sum(mark in "؟?" for mark in bare) + text.count("{question}")
    counts = {
        "lines": (len(text.splitlines()), MOST_LINES),
        "words": (len(text.split()), MOST_WORDS),
        "emoji": (sum(unicodedata.category(sign) == "So" for sign in text), MOST_EMOJI),
        "questions": (questions, 1),
    }
    flaws += [f"has {n} {what}, more than {most}. Cut it" for what, (n, most) in counts.items() if n > most]
    flaws += [f'promises something with "{word}". Say what we do instead' for word in promises_in(bare)]
    if any(sign.isdigit() for sign in bare):
        flaws.append("states a figure. Figures come from blanks only")
    return flaws
