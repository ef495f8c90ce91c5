"""
What a whole chat is, and the words that one may use.

Rule 1: a chat says itself where it starts, how freely the bot may answer and whether there is a public price.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.tenant import Autonomy
from flows import deal

FOLDER = "chats/"

KEYS = ("id", "title", "why", "start", "chat")
START_KEYS = ("stage", "slots", "language", "autonomy", "asked", "has_public_price")
STEP_KEYS = ("says", "kind", "button", "event", "by", "approves", "writes", "waits", "minutes_later", "expect")
BY = ("approver", "system")
NOTHING = "nothing"
"""The word by which a chat expects that there is none: `flag: nothing`."""

# A chat is a story that somebody reads; a longer one is two.
MOST_STEPS = 60

# What the flows say by themselves, beside the sentences that pages may name.
SAID_BY_FLOWS = ("ask_question_again", "qualified_offer_meeting", "not_a_fit_now")
# Why the gate, or a human who took over, keeps back what no page holds.
GATE_HOLDS = (
    "everything_is_drafted",
    "follow_up",
    "forbidden_claim",
    "grant_expired",
    "no_approval",
    "not_automatic",
    "paused",
    "sends_paused",
    "source_gone",
    "stage",
    "window_closed",
)
OTHER_SILENCES = (
    "human",
    "human_answers",
    "opt_out_confirmed_before",
    "quiet_hours",
    "sends_paused",
    "too_many",
    "window_closed",
)
SYSTEM_EVENTS = (*deal.SYSTEM_EVENTS, "opted_out")

ONLY_OF_MESSAGES = ("intent", "flag", "silence")
LISTS = ("hold", "flag")


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that must be so after a step."""

    key: str
    """`intent`, `stage`, ...; `slots.monthly_leads` for an answer."""
    wanted: str | bool | tuple[str, ...]
    """Empty when nothing may be there; of several words all must be."""
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens in a chat."""

    what: str
    """`says | event | approves | writes | waits`"""
    text: str
    line: int
    kind: str = "text"
    button: str = ""
    by: str = "approver"
    minutes_later: float = 1
    expect: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    """One story, and what must become of it."""

    id: str
    title: str
    why: str
    file: str
    steps: tuple[Step, ...]
    stage: str = "new_lead"
    slots: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    autonomy: Autonomy = Autonomy.SAFE_REPLIES
    asked: str = ""
    has_public_price: bool = False
