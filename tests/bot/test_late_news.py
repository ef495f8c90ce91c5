"""What arrived has arrived, however late one hears of it: it counts once, and nobody sends it again."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import receipts
from bot.conversation import Attempt, Conversation, Draft, DraftKind, Status
from bot.events import DeliveryReceipt, DeliveryStatus, SendClass
from bot.notebook import Log

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def follow_up(*steps: Status) -> tuple[Conversation, Draft]:
    """A follow-up whose one attempt is in doubt, and what became of it then."""
    draft = Draft("d", DraftKind.FOLLOW_UP, Status.QUEUED, "hello again", "en", "c", NOON)
    draft.attempts = (Attempt("a", "green_api", NOON, send_class=SendClass.AMBIGUOUS, ended_at=NOON),)
    for step in (Status.SENDING, Status.UNKNOWN, *steps):
        draft.step(step)
    return Conversation("lead", "default", ("phone:1",), NOON, outbox=[draft]), draft


def told(conversation: Conversation, draft: Draft, status: DeliveryStatus) -> None:
    news = DeliveryReceipt(
        key=f"r:{status}", provider_message_ids=("m1",), our_reference="d", status=status, at=NOON, raw={}
    )
    receipts.apply(conversation, draft, news, Log(NOON + timedelta(minutes=1)))


@pytest.mark.parametrize("again", [(Status.QUEUED,), (Status.QUEUED, Status.HELD)])
@pytest.mark.parametrize("news", [DeliveryStatus.DELIVERED, DeliveryStatus.READ])
def test_what_was_delivered_is_not_sent_again(again: tuple[Status, ...], news: DeliveryStatus) -> None:
    conversation, draft = follow_up(*again)

    told(conversation, draft, news)

    assert draft.status.value == news.value
    assert len(conversation.unrequested) == 1


def test_that_a_provider_took_it_once_says_nothing_about_the_wish_to_send_it_again() -> None:
    conversation, draft = follow_up(Status.QUEUED)

    told(conversation, draft, DeliveryStatus.SENT)

    assert draft.status is Status.QUEUED


def test_a_draft_that_was_never_tried_is_moved_by_no_receipt() -> None:
    conversation, draft = follow_up(Status.QUEUED)
    draft.attempts = ()

    told(conversation, draft, DeliveryStatus.DELIVERED)

    assert draft.status is Status.QUEUED


def test_a_doubt_that_a_receipt_ends_counts_among_what_nobody_asked_for_and_once() -> None:
    conversation, draft = follow_up()

    for news in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ):
        told(conversation, draft, news)
    conversation.heard_from_us(draft, NOON)  # the answer of the call, at last

    assert len(conversation.unrequested) == 1
    assert [line.key for line in conversation.recent] == ["d"]
