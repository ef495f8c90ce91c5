"""
What a replay found: which decisions would have been others, how many, and examples of each kind.

Rule 1: plain data: a report goes through JSON and comes back equal.
Rule 2: examples are few, the gravest first, and show no phone number; `without_texts` shows no words at all.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

KINDS: dict[str, tuple[str, str]] = {
    "lost_opt_out": ("an opt-out is not heard any more", "لم يعد طلب الإيقاف مسموعًا"),
    "speaks_after_opt_out": ("writes to a contact who opted out", "يكتب لعميل أوقف الرسائل"),
    "brought_back": ("messages begin again without a new wish", "تعود الرسائل دون طلب جديد من العميل"),
    "failed": ("no answer can be written", "تعذّر تكوين الرد"),
    "doubted_opt_out": ("an opt-out is only suspected", "صار طلب الإيقاف مجرد شك"),
    "lost_flag": ("a safety effect is lost", "فُقد أثر من آثار السلامة"),
    "freed": ("leaves without a human now", "يُرسل الآن دون موافقة إنسان"),
    "new_opt_out": ("an opt-out is heard anew", "سُمع طلب إيقاف لم يُسمع من قبل"),
    "newly_held": ("waits for a human now", "ينتظر الآن موافقة إنسان"),
    "stage": ("another stage", "مرحلة أخرى"),
    "proposal": ("another step is proposed", "اقتراح خطوة أخرى"),
    "wording": ("another sentence", "جملة أخرى"),
    "text": ("the same sentence in other words", "الجملة نفسها بكلمات أخرى"),
    "silence": ("another reason for silence", "سبب آخر للصمت"),
    "intent": ("understood in another way", "فُهم بطريقة أخرى"),
    "care": ("another reason to wait, or another action", "سبب انتظار أو إجراء آخر"),
}
"""The kinds of a change, gravest first, in English and Arabic; a change is counted under its gravest one."""

BLOCKING_KINDS = ("lost_opt_out", "speaks_after_opt_out", "brought_back", "failed")
"""With one of these a change must not be published."""
SAFETY_KINDS = (*BLOCKING_KINDS, "doubted_opt_out", "lost_flag", "freed")

SKIP_REASONS: dict[str, tuple[str, str]] = {
    "secret_was_hidden": ("a password or key was hidden, so the words are gone", "أُخفيت كلمة سر فلم يبق نص"),
    "unreadable": ("the question could not be read", "تعذّرت قراءة السؤال"),
}

FREE = "free"
SILENT = "silent"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Count:
    """How often one thing became another."""

    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class Why:
    """A rule that said so."""

    page: str
    file: str
    """With the line of its `when`: `routing/price.yml:8`."""
    said: str


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two sets of rules makes of a message."""

    intent: str
    stage: str
    """Where the deal stands afterwards."""
    proposes: str
    wording: str
    """Empty when nothing is said."""
    silence: str
    gate: str
    """`free | silent | failed`, or the reasons to hold, joined by commas."""
    flags: tuple[str, ...] = ()
    because: tuple[Why, ...] = ()
    says: str = ""
    """The sentence, with the tenant's name and price as open blanks."""


@dataclass(frozen=True, slots=True)
class Example:
    """One message that is decided differently."""

    kind: str
    text: str
    stage: str
    where: str
    """The conversation, or the line of the file."""
    at: datetime | None
    before: Side
    after: Side
    times: int = 1
    """How many equal messages at this stage changed in the same way."""


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was not asked again, and why."""

    reason: str
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What would have been different."""

    old_version: str
    new_version: str
    decisions: int
    """Questions that were decided again, by both."""
    changed: int
    by_kind: tuple[tuple[str, int], ...] = ()
    """How many changes of each of KINDS, gravest first."""
    by_intent: tuple[Count, ...] = ()
    by_stage: tuple[Count, ...] = ()
    by_wording: tuple[Count, ...] = ()
    """The same wording on both sides: its text changed."""
    by_gate: tuple[Count, ...] = ()
    by_silence: tuple[Count, ...] = ()
    examples: tuple[Example, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    """Reason of SKIP_REASONS -> how many."""
    skipped_examples: tuple[Left, ...] = ()
    without_answers: int = 0
    """Qualifications that may differ, decided with made-up answers: their decision kept only names of answers."""
    since: datetime | None = None
    until: datetime | None = None
    seconds: float = 0.0

    @property
    def has_data(self) -> bool:
        """False when there was nothing to decide again; then nothing is known about the change."""
        return self.decisions > 0

    @property
    def lost_opt_outs(self) -> int:
        return self._count("lost_opt_out")

    @property
    def freed(self) -> int:
        """Messages that a human had to agree to, and that would leave by themselves."""
        return self._count("freed")

    @property
    def newly_held(self) -> int:
        return self._count("newly_held")

    @property
    def lost_safety(self) -> tuple[Example, ...]:
        """Examples of lost safety, the gravest first."""
        return tuple(example for example in self.examples if example.kind in SAFETY_KINDS)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Why this must not be published, in English; nothing when it may."""
        return self._blocks(0)

    @property
    def blocks_ar(self) -> tuple[str, ...]:
        """Why this must not be published, in Arabic; nothing when it may."""
        return self._blocks(1)

    def without_texts(self) -> "Report":
        """The same report without what contacts wrote: what may be kept beside a published edition."""
        return replace(self, examples=tuple(replace(e, text="", where="") for e in self.examples))

    def as_data(self) -> dict[str, Any]:
        """As JSON would hold it."""
        return _plain(asdict(self))

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Report":
        """What `as_data` gave, before or after JSON."""
        values = dict(data)
        for name in ("by_intent", "by_stage", "by_wording", "by_gate", "by_silence"):
            values[name] = tuple(Count(**count) for count in values.get(name, ()))
        values["by_kind"] = tuple((kind, count) for kind, count in values.get("by_kind", ()))
        values["skipped"] = tuple((reason, count) for reason, count in values.get("skipped", ()))
        values["examples"] = tuple(_example(example) for example in values.get("examples", ()))
        values["skipped_examples"] = tuple(Left(**left) for left in values.get("skipped_examples", ()))
        values["since"], values["until"] = _moment(values.get("since")), _moment(values.get("until"))
        return cls(**values)

    def _count(self, kind: str) -> int:
        return dict(self.by_kind).get(kind, 0)

    def _blocks(self, language: int) -> tuple[str, ...]:
        found = ((kind, self._count(kind)) for kind in BLOCKING_KINDS)
        return tuple(f"{KINDS[kind][language]}: {count}" for kind, count in found if count)


def _example(data: dict[str, Any]) -> Example:
    sides = {name: _side(data[name]) for name in ("before", "after")}
    return Example(**{**data, **sides, "at": _moment(data["at"])})


def _side(data: dict[str, Any]) -> Side:
    because = tuple(Why(**why) for why in data["because"])
    return Side(**{**data, "flags": tuple(data["flags"]), "because": because})


def _moment(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
