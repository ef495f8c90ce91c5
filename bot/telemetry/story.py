"""
The story of one message: everything that it caused, in order, for people and for programs. Pure.

Rule 1: a story is told from facts that were stored while it happened; nothing is guessed.
Rule 2: no words of anybody are in it: kinds, codes, names of rules, times.
Rule 3: a fact that nobody has put into words is shown by its name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.conversation import LogEntry
from bot.telemetry.phrases import CODES, FAMILIES, NOTHING, PHRASES, Phrase

Words = Callable[[str, str], str]
"""(key of a wording, language) -> its words, or the key itself."""

# What of a fact may be shown: codes, numbers, ids of ours.
_SHOWN = (
    "action",
    "after",
    "arrived",
    "attempt",
    "before",
    "book_version",
    "by",
    "channel",
    "code",
    "confidence",
    "decision",
    "draft",
    "drafts_cancelled",
    "event",
    "flow",
    "grant",
    "http_status",
    "id",
    "intent",
    "kind",
    "latency_ms",
    "level",
    "minutes",
    "next",
    "reference",
    "request",
    "rule",
    "say",
    "send_class",
    "silence_reason",
    "stage_after",
    "stage_before",
    "status",
    "step",
    "until",
    "wording",
)
_ENDS_WELL = ("accepted", "simulated")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened."""

    what: str
    at: datetime
    since_previous: timedelta
    en: str
    ar: str
    is_trouble: bool
    data: Mapping[str, Any] = field(default_factory=dict)

    def told(self, language: str) -> str:
        """In a language."""
        return self.ar if language == "ar" else self.en


@dataclass(frozen=True, slots=True)
class Story:
    """One message, from its record to whatever came last."""

    correlation_id: str
    conversation_id: str
    steps: tuple[Step, ...]
    trace_ids: tuple[str, ...] = ()

    @property
    def began_at(self) -> datetime:
        return self.steps[0].at

    @property
    def lasted(self) -> timedelta:
        return self.steps[-1].at - self.steps[0].at

    @property
    def has_trouble(self) -> bool:
        return any(step.is_trouble for step in self.steps)


def tell(entries: Iterable[LogEntry], words: Words) -> tuple[Step, ...]:
    """The steps of a story, oldest first; an entry that came twice is told once."""
    ordered = sorted({entry.id: entry for entry in entries}.values(), key=lambda e: (_happened_at(e), e.id))
    made_at = {entry.data.get("draft"): entry.at for entry in ordered if entry.what == "draft_held"}
    steps, before = [], None
    for entry in ordered:
        at = _happened_at(entry)
        steps.append(_step(entry, at, at - before if before else timedelta(0), made_at, words))
        before = at
    return tuple(steps)


def _happened_at(entry: LogEntry) -> datetime:
    """A message happened when it was recorded; the fact about it is written with what was decided."""
    received = entry.data.get("received_at")
    return received if entry.what == "message_received" and isinstance(received, datetime) else entry.at


def _step(entry: LogEntry, at: datetime, since: timedelta, made_at: Mapping[Any, datetime], words: Words) -> Step:
    data = {name: entry.data[name] for name in _SHOWN if entry.data.get(name) not in (None, "", ())}
    rules = [found["rule"] for found in entry.data.get("because", ()) if not found.get("shadow")]
    if rules:
        data["rules"] = rules
    reasons = entry.data.get("why") or entry.data.get("hold_reasons") or ()
    if reasons:
        data["why"] = [reasons] if isinstance(reasons, str) else list(reasons)
    if entry.what in ("draft_rejected", "kept_silent", "opted_out", "quarantine") and entry.data.get("reason"):
        data["reason"] = entry.data["reason"]
    if (asked := made_at.get(entry.data.get("draft"))) is not None and entry.what.startswith("draft_"):
        data["waited_seconds"] = round((entry.at - asked).total_seconds(), 1)
    phrase = PHRASES.get(entry.what) or Phrase(entry.what.replace("_", " "), entry.what.replace("_", " "))
    is_trouble = phrase.is_trouble or data.get("send_class", "accepted") not in _ENDS_WELL
    title = {"en": entry.data.get("title_en", ""), "ar": entry.data.get("title_ar", "")}
    return Step(
        what=entry.what,
        at=at,
        since_previous=since,
        en=phrase.en.format_map(_Blanks({**data, "title": title["en"]}, "en", words)),
        ar=phrase.ar.format_map(_Blanks({**data, "title": title["ar"]}, "ar", words)),
        is_trouble=is_trouble,
        data=data,
    )


class _Blanks(dict[str, str]):
    """The blanks of a sentence, filled from one fact."""

    def __init__(self, data: Mapping[str, Any], language: str, words: Words) -> None:
        super().__init__()
        self._data = data
        self._language = language
        self._words = words

    def __missing__(self, name: str) -> str:
        if name == "waited":
            return lasting(timedelta(seconds=self._data.get("waited_seconds", 0)), self._language)
        value = self._data.get(name)
        if value is None or value == "":
            return NOTHING[self._language]
        if isinstance(value, str) and value in CODES.get(name, {}):
            return CODES[name][value][self._language == "ar"]
        if name == "confidence":
            return f"{float(value):.0%}"
        if name == "latency_ms":
            return f"{float(value):.0f}"
        if isinstance(value, list | tuple):
            between = "، " if self._language == "ar" else ", "
            # Names of rules are what the book calls its pages; spaces make them readable and let a line break.
            said = (self._said(one).replace("_", " ") for one in value)
            # Isolated, so that marks around Latin names stand right in an Arabic line.
            return between.join(f"«\u2068{one}\u2069»" for one in said) if name == "rules" else between.join(said)
        if name == "reason":
            return self._named(f"silence.{value}", str(value))
        return self._named(f"{FAMILIES[name]}.{value}", str(value)) if name in FAMILIES else self._said(value)

    def _said(self, value: object) -> str:
        return self._named(str(value), str(value))

    def _named(self, key: str, otherwise: str) -> str:
        found = self._words(key, self._language)
        return found.rstrip(".") if found != key else otherwise


def lasting(span: timedelta, language: str) -> str:
    """A duration as people say it."""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} {'م.ث' if language == 'ar' else 'ms'}"
    if seconds < 90:
        return f"{seconds:.1f} {'ث' if language == 'ar' else 's'}"
    if seconds < 5400:
        return f"{seconds / 60:.0f} {'د' if language == 'ar' else 'min'}"
    return f"{seconds / 3600:.1f} {'س' if language == 'ar' else 'h'}"


def conversation_of(entries: Sequence[LogEntry]) -> str:
    """The conversation in which facts were written, by their ids; empty for facts beside conversations."""
    return next((e.id.split(":")[0] for e in entries if e.id.count(":") == 2), "")
