"""The gate before what nobody asked for: a yes is not enough."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation import (
    IMPORTED,
    OWED,
    UNASKED_FOR,
    Attempt,
    Conversation,
    Draft,
    DraftKind,
    Grant,
    Status,
    Suppression,
)
from bot.gate import Next, Refusal, allowance, refusal
from bot.privacy.consent import ConsentEvent
from bot.store import Posture
from bot.tenant import Autonomy, Tenant

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)  # 12:00 in Riyadh, a Sunday
NIGHT = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
TENANT = Tenant("default", "Dealix", channels=("green_api",))
FREE = Posture(Autonomy.SAFE_REPLIES)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def judged(at: datetime = NOON, kind: DraftKind = DraftKind.FOLLOW_UP, **changes: object) -> Refusal | None:
    talk = Conversation("c1", "default", ("phone:966501234567",), at, phone="966501234567", stage="qualifying")
    talk.windows = {"green_api": at - HOUR}
    for name, value in changes.items():
        setattr(talk, name, value)
    draft = Draft("d1", kind, Status.QUEUED, "أهلا", "ar", "k1", at, decision="approved")
    draft.grant = Grant("g1", "telegram:1", draft.text_sha256, talk.keys, at, at + HOUR)
    return refusal(talk, draft, TENANT, FREE, at)


def test_an_approved_follow_up_may_leave_at_noon() -> None:
    assert judged() is None


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("window_closed", {"windows": {"green_api": NOON - 2 * DAY}}),
        ("window_closed", {"windows": {}}),
        ("sends_paused", {"sends_paused": "suspected_opt_out"}),
        ("human", {"mode": "human"}),
        ("too_many", {"unrequested": (NOON - DAY, NOON - 9 * DAY, NOON - 29 * DAY)}),
        ("opted_out", {"suppression": Suppression("user_optout", NOON, "k0")}),
    ],
)
def test_each_of_these_cancels_it(code: str, changes: dict[str, object]) -> None:
    assert judged(**changes) == Refusal(code, Next.CANCEL)


def test_what_was_said_a_month_ago_counts_no_more() -> None:
    assert judged(unrequested=(NOON - DAY, NOON - 9 * DAY, NOON - 31 * DAY)) is None


def test_a_contact_hears_nothing_unasked_twice_within_a_day() -> None:
    assert judged(unrequested=(NOON - 5 * HOUR,)) == Refusal("too_soon", Next.WAIT, NOON + 19 * HOUR)
    assert judged(unrequested=(NOON - DAY,)) is None


@pytest.mark.parametrize("status", [Status.SENDING, Status.UNKNOWN])
def test_what_may_have_left_counts_like_what_left(status: Status) -> None:
    doubtful = Draft("d0", DraftKind.FOLLOW_UP, status, "أهلا", "ar", "k0", NOON - HOUR)
    doubtful.attempts = (Attempt("a0", "green_api", NOON - HOUR),)
    assert judged(outbox=[doubtful]) == Refusal("too_soon", Next.WAIT, NOON + 23 * HOUR)


@pytest.mark.parametrize("kind", list(DraftKind))
@pytest.mark.parametrize("reasons", [(), ("hold.stage",), (IMPORTED,)])
@pytest.mark.parametrize("wrote", [HOUR, 23 * HOUR, 2 * DAY, None])
def test_everything_that_left_and_nobody_asked_for_is_counted_once(
    kind: DraftKind, reasons: tuple[str, ...], wrote: timedelta | None
) -> None:
    talk = Conversation("c1", "default", ("phone:966501234567",), NOON)
    talk.windows = {"green_api": NOON - wrote} if wrote else {}
    draft = Draft("d1", kind, Status.SENDING, "أهلا", "ar", "k1", NOON, hold_reasons=reasons)

    talk.heard_from_us(draft, NOON)
    talk.heard_from_us(draft, NOON + HOUR)

    is_answer = bool(wrote and wrote < DAY)
    is_imported = IMPORTED in reasons and kind not in OWED and not is_answer
    assert talk.unrequested == ((NOON,) if kind in UNASKED_FOR or is_imported else ())


def imported(
    at: datetime = NOON, wrote: datetime | None = None, agreed: bool = True, **changes: object
) -> Refusal | None:
    """What is to be said to a contact who was imported."""
    talk = Conversation("c1", "default", ("phone:966501234567",), at, phone="966501234567", stage="qualifying")
    talk.windows = {"green_api": wrote} if wrote else {}
    for name, value in changes.items():
        setattr(talk, name, value)
    draft = Draft("d1", DraftKind.REPLY, Status.QUEUED, "أهلا", "ar", "k1", at, hold_reasons=(IMPORTED,))
    draft.grant, draft.decision = (
        Grant("g1", "telegram:1", draft.text_sha256, talk.keys, at, at + HOUR),
        "approved",
    )
    return refusal(talk, draft, TENANT, FREE, at, consents=[event("granted", at - 9 * DAY)] * agreed)


def test_what_was_imported_meets_the_caps_where_the_contact_did_not_write_lately() -> None:
    often = (NOON - 2 * DAY, NOON - 9 * DAY, NOON - 29 * DAY)
    lately = (NOON - 5 * HOUR,)
    wait = Refusal("too_soon", Next.WAIT, NOON + 19 * HOUR)

    assert imported() is None
    assert imported(unrequested=often) == Refusal("too_many", Next.CANCEL)
    assert imported(unrequested=often, wrote=NOON - 3 * DAY) == Refusal("too_many", Next.CANCEL)
    assert imported(unrequested=lately) == wait
    assert imported(unrequested=often, wrote=NOON - HOUR) is None
    assert imported(unrequested=lately, wrote=NOON - HOUR) is None
    assert imported(NIGHT) is None


def test_what_was_imported_wants_a_consent_or_a_contact_who_wrote_lately() -> None:
    assert imported(agreed=False) == Refusal("no_consent", Next.CANCEL)
    assert imported(agreed=False, wrote=NOON - 3 * DAY) == Refusal("no_consent", Next.CANCEL)
    assert imported(agreed=False, wrote=NOON - HOUR) is None


def test_an_import_that_may_have_left_keeps_the_next_one_waiting() -> None:
    doubtful = Draft("d0", DraftKind.REPLY, Status.UNKNOWN, "أهلا", "ar", "k0", NOON, hold_reasons=(IMPORTED,))
    doubtful.attempts = (Attempt("a0", "green_api", NOON - HOUR),)
    answer = Draft("d2", DraftKind.REPLY, Status.UNKNOWN, "أهلا", "ar", "k2", NOON)
    answer.attempts = doubtful.attempts

    assert imported(outbox=[doubtful]) == Refusal("too_soon", Next.WAIT, NOON + 23 * HOUR)
    assert imported(outbox=[answer]) is None
    assert judged(outbox=[doubtful], windows={"green_api": NOON - HOUR - timedelta(minutes=1)}) is None


def test_quiet_hours_only_delay_it() -> None:
    assert judged(NIGHT) == Refusal("quiet_hours", Next.WAIT, MORNING)


def test_an_answer_leaves_at_night_as_at_noon() -> None:
    assert judged(NIGHT, DraftKind.REPLY) is None
    assert judged(NIGHT, DraftKind.MANUAL) is None


def test_a_follow_up_without_a_yes_is_held() -> None:
    talk = Conversation("c1", "default", ("phone:966501234567",), NOON, stage="qualifying")
    talk.windows = {"green_api": NOON - HOUR}
    draft = Draft("d1", DraftKind.FOLLOW_UP, Status.QUEUED, "أهلا", "ar", "k1", NOON, decision="auto")

    assert refusal(talk, draft, TENANT, FREE, NOON) == Refusal("no_approval", Next.HOLD)


def event(action: str, at: datetime, purpose: str = "sales_reply", **changes: object) -> ConsentEvent:
    is_grant = action == "granted"
    fields = {
        "id": f"{action}-{purpose}-{at:%d%H}",
        "tenant_id": "default",
        "contact_id": "c1",
        "keys": ("phone:966501234567",),
        "phone_e164": "966501234567",
        "channel": "whatsapp",
        "purpose": purpose,
        "action": action,
        "basis": "explicit_consent" if is_grant else "",
        "source": "chat",
        "evidence_ref": "m1",
        "text": "",
        "text_version": "",
        "actor": "",
        "at": at,
        "recorded_at": at,
    }
    return ConsentEvent(**{**fields, **changes})


def with_consents(*events: ConsentEvent) -> str:
    talk = Conversation("c1", "default", ("phone:966501234567",), NOON, phone="966501234567", stage="qualifying")
    talk.windows = {"green_api": NOON - HOUR}
    draft = Draft("d1", DraftKind.FOLLOW_UP, Status.QUEUED, "أهلا", "ar", "k1", NOON, decision="approved")
    draft.grant = Grant("g1", "telegram:1", draft.text_sha256, talk.keys, NOON, NOON + HOUR)
    refused = refusal(talk, draft, TENANT, FREE, NOON, consents=events)
    return refused.code if refused else allowance(talk, draft, TENANT, events, NOON).record_id


def test_a_follow_up_names_the_message_that_opened_it_or_the_consent() -> None:
    granted = event("granted", NOON - 9 * DAY)

    assert with_consents() == "inbound_service:c1:20260301T080000.000000Z"
    assert with_consents(granted) == granted.id


def test_a_withdrawn_consent_stops_a_follow_up_although_the_contact_wrote_since() -> None:
    assert with_consents(event("revoked", NOON - DAY)) == "no_consent"
    assert with_consents(event("revoked", NOON - DAY, "all", channel="all")) == "no_consent"
    assert with_consents(event("revoked", NOON - DAY, "marketing")).startswith("inbound_service:")
    assert with_consents(event("revoked", NOON - DAY), event("granted", NOON - HOUR)).startswith("granted")
