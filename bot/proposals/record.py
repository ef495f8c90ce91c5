"""From a proposal to the typed result that says how its price was found. Pure."""

from datetime import datetime

from bot.evidence.seals import to_the_millisecond
from bot.outputs.offer_models import PricedLine, PricingDecisionRecord
from bot.outputs.provenance import Source, provenance
from bot.proposals.pricing import steps_for
from bot.proposals.proposal import Proposal

PRODUCER = "price_list/1"


def record_of(proposal: Proposal, now: datetime, trace_id: str = "") -> PricingDecisionRecord:
    """The record; it says what the proposal says, and nothing else."""
    made_at = to_the_millisecond(now)
    issued_at = to_the_millisecond(proposal.issued_at)
    sources = (
        Source(kind="price_list", id=proposal.price_list_sha256, at=issued_at),
        Source(kind="conversation", id=proposal.conversation_id, at=issued_at),
    )
    return PricingDecisionRecord(
        tenant_id=proposal.tenant_id,
        conversation_id=proposal.conversation_id,
        proposal_id=proposal.id,
        price_list_sha256=proposal.price_list_sha256,
        book_version=proposal.book_version,
        lines=tuple(
            PricedLine(
                price_id=line.price_id,
                name_ar=line.name_ar,
                name_en=line.name_en,
                quantity=line.quantity,
                unit_halalas=line.unit_halalas,
                amount_halalas=line.amount_halalas,
            )
            for line in proposal.lines
        ),
        subtotal_halalas=proposal.subtotal_halalas,
        discount_percent=proposal.discount_percent,
        discount_halalas=proposal.discount_halalas,
        discount_reason=proposal.discount_reason,
        total_halalas=proposal.total_halalas,
        priced_by=proposal.made_by.id or proposal.made_by.name,
        needs_yes_of=steps_for(proposal.total_halalas, proposal.discount_percent),
        valid_until=proposal.valid_until,
        provenance=provenance(by=PRODUCER, now=made_at, sources=sources, trace_id=trace_id),
    )
