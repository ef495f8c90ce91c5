"""
What book_meeting says to a contact, as one draft with the usual gate before it.

Rule 1: the draft's id comes from the run: written twice, it is one.
Rule 2: it leaves by itself only where a shipped rule asked in a decision that did not wait for a human, and
        nothing holds the contact's messages. The gate asks the rest, and all of it again.
Rule 3: what waited for a human only because nobody had read the calendar is answered by the booking.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bot.booking.booking import Booking
from bot.booking.ports import Meetings
from bot.booking.times import in_words, numbered
from bot.conversation import Conversation, Draft, DraftKind, Status
from bot.drafting import held_for
from bot.errors import NotFound
from bot.evidence.canonical import sha256_of_text
from bot.follow_ups import window_ends
from bot.notebook import Log, Notebook
from bot.playbook import Playbook
from bot.risks import FORBIDDEN, risks_of
from bot.runs.flow import Turn
from flows.deal import APPROVAL_STAGES
from flows.wording import Rendered

OFFER, BOOKED, PAGE = "book_a_meeting_with_times", "booking_confirmed", "book_a_meeting_on_page"

# The reply that asks a human to read the calendar.
ASKED_A_HUMAN = "meeting_time_received"

# Of WhatsApp's reference of a message.
_ID_LETTERS = 26


@dataclass(frozen=True, slots=True)
class SaysIt:
    """Writes the draft into the conversation."""

    notebook: Notebook
    meetings: Meetings
    playbook_of: Callable[[str], Playbook]

    async def say(self, turn: Turn, booking: Booking | None) -> None:
        """Once for each run."""

        def edit(conversation: Conversation, log: Log) -> None:
            draft_id = sha256_of_text(turn.dedupe_key)[:_ID_LETTERS]
            if conversation.draft(draft_id) is None:
                self._write(conversation, turn, booking, draft_id, log)

        with suppress(NotFound):  # forgotten in this moment; the next step says so
            await self.notebook.change(turn.tenant_id, turn.state["conversation_id"], edit)

    def _write(
        self,
        conversation: Conversation,
        turn: Turn,
        booking: Booking | None,
        draft_id: str,
        log: Log,
    ) -> None:
        playbook, tenant = self.playbook_of(turn.tenant_id), self.notebook.tenants[turn.tenant_id]
        policies, language = playbook.book.policies, conversation.language or "ar"
        said = self._said(playbook, booking, conversation.id, language)
        asked = turn.state["asked"]
        risks = risks_of(said.text, language, tenant, policies, log.at)
        by_itself = (
            asked["is_by_book"]
            and not asked["hold"]
            and conversation.mode == "bot"
            and not conversation.sends_paused
            and conversation.stage not in APPROVAL_STAGES
            and FORBIDDEN not in risks
        )
        draft = Draft(
            id=draft_id,
            kind=DraftKind.REPLY,
            status=Status.QUEUED if by_itself else Status.HELD,
            text=said.text,
            language=language,
            correlation_id=turn.correlation_id,
            created_at=log.at,
            wording=said.key,
            stage_before=conversation.stage,
            stage_after=conversation.stage,
            flags=() if by_itself else risks,
            book_version=playbook.version,
            decision="auto" if by_itself else "",
        )
        draft.expires_at = policies.deadlines.of("reply", log.at, window_ends(conversation, tenant)).expires_at
        if not by_itself:
            held_for(draft, asked["hold"] or "hold.meeting_time", policies, log.at)
        if booking is not None and booking.is_active:
            _answer_what_waited(conversation, draft, log)
        conversation.outbox.append(draft)
        if said.expects:
            conversation.expects, conversation.asked, conversation.asked_times = said.expects, "", 0
        what = "reply_queued_by_bot" if by_itself else "draft_held"
        log.add(what, turn.correlation_id, draft=draft.id, wording=said.key, why=draft.hold_reasons)

    def _said(self, playbook: Playbook, booking: Booking | None, conversation_id: str, language: str) -> Rendered:
        zone, wordings = playbook.book.policies.deadlines.hours.zone, playbook.wordings
        if booking is None:
            calendly = self.meetings.calendly
            assert calendly is not None
            return wordings.render(PAGE, language, link=calendly.link(conversation_id))
        if booking.start_at is not None:
            return wordings.render(BOOKED, language, first_time=in_words(booking.start_at, zone, language))
        first, second = (numbered(at, n, zone, language) for n, at in enumerate(booking.offered, 1))
        return wordings.render(OFFER, language, first_time=first, second_time=second)


def _answer_what_waited(conversation: Conversation, answer: Draft, log: Log) -> None:
    for waiting in conversation.outbox:
        if waiting.status is Status.HELD and waiting.wording == ASKED_A_HUMAN:
            waiting.superseded_by = answer.id
            waiting.step(Status.CANCELLED, "meeting_booked")
            log.add("draft_outdated", waiting.correlation_id, draft=waiting.id, by=answer.id)
