"""
The question that a rule book is asked, and the answer that it gives.

Rule 1: everything the book may look at stands in `Question`; it reads no clock and remembers nothing.
Rule 2: everything that a verdict says carries the id of the page that said it.
"""

from dataclasses import dataclass, field

Span = tuple[int, int]
"""Start and end offsets in the text as the contact wrote it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one contact just did, and where the conversation stood."""

    text: str
    """The message; several quick messages of one contact are joined with newlines, oldest first."""
    stage: str = "new_lead"
    expects: str = ""
    """What our last question asked for: `"" | yes_no | number | date | choice | text | opt_out_check`."""
    kind: str = "text"
    """The form of the message (`bot.events.Kind` values); the strongest one of a burst."""
    button_id: str = ""
    is_first_reply_to_outbound: bool = False
    """True when the contact never wrote before and answers a message that we sent first."""
    unclear_before: int = 0
    """How many messages in a row nobody understood before this one."""
    is_late: bool = False
    """True when the message is older than the lateness limit at handling time."""
    slots: tuple[str, ...] = ()
    """Names of the qualification questions already answered."""
    language_before: str = ""
    """The language we last answered in: `ar | en`, empty at first."""
    has_public_price: bool = False
    """True when the tenant has a public price that the bot may say; else a price is quoted after discovery."""


@dataclass(frozen=True, slots=True)
class IntentFound:
    """One thing the contact may mean."""

    name: str
    confidence: float
    """0 to 1: hard pages 0.9 and above, soft ones below."""
    page: str
    spans: tuple[Span, ...] = ()
    words: tuple[str, ...] = ()
    """The words of the contact that matched, as written."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a message says, before anybody asks what to do about it."""

    primary: IntentFound
    intents: tuple[IntentFound, ...]
    """All that was found, safest first; the first one is `primary`."""
    language: str
    """`ar | en`: the language to answer in."""
    script: str
    """`arabic | latin | mixed | none`"""
    numbers: tuple[int, ...] = ()
    """Numbers in the text, digits of any script and number words, in order."""
    answer: str = ""
    """For a message that is a plain answer: `yes | no | number | dont_know | other`, else empty."""
    opt_out: str = ""
    """`"" | hard | suspected`"""
    has_secret: bool = False
    """A password, key or card number was pasted: the text must not be shown or stored in the clear."""


@dataclass(frozen=True, slots=True)
class Because:
    """One page that had a say."""

    page: str
    title: str
    chapter: str
    """`safety | understanding | routing | replies | approval | follow_up`"""
    file: str
    """Path inside the book, with the line of its `when`: `routing/price_question.yml:8`."""
    said: str
    """What it decided, in words: `intent ask_price`, `go start_qualifying`, `hold: a price was negotiated`."""
    words: tuple[str, ...] = ()
    shadow: bool = False
    title_ar: str = ""
    """The title in Arabic, empty when the page has none."""

    def called(self, language: str) -> str:
        """The title in a language; the one there is when it has no other."""
        return self.title_ar if language == "ar" and self.title_ar else self.title


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the book says about one question."""

    understanding: Understanding
    intent: str
    confidence: float
    go: str = ""
    """Event for the deal flow, empty to stay."""
    say: str = ""
    """Wording key, empty for silence (then `silence_reason` says why)."""
    silence_reason: str = ""
    held: bool = True
    """True when a human must agree before the reply leaves. The default is to hold."""
    hold_reasons: tuple[str, ...] = ()
    """Why, as sentences an approver reads (wording keys under `hold.*`)."""
    proposes: str = ""
    """A flow event that only the approver's yes may cause, e.g. `accepted`."""
    actions: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    """Effects on the conversation: `opt_out`, `suspect_opt_out`, `hand_to_human`, `complaint`, `verify_payment`,
    `secret`, `erasure_request`, `access_request`, `correction_request`, `resume_consent`, `repeat_please`."""
    because: tuple[Because, ...] = ()
    book_version: str = ""
    near_misses: tuple[str, ...] = field(default=())
    engine_agreed: bool = True
    """False when the two matchers differed: the reference one won and the reply is held."""
