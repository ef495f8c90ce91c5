"""Opens the room of proposals, and makes its action known."""

from typing import TYPE_CHECKING

from bot.actions.room import Actions
from bot.leaving import Leaving
from bot.links import Links
from bot.proposals.flow import DealTerms, ProposalWork
from bot.proposals.room import Proposals

if TYPE_CHECKING:
    from bot.rooms import Materials


def links_of(m: "Materials") -> Links:
    """Addresses signed with the key of this installation; what it signs as a link is no contact's fingerprint."""
    return Links(m.settings.public_url, lambda told: m.fingerprints.of("", told))


def open_room(m: "Materials", actions: Actions, terms: DealTerms | None = None) -> Proposals:
    """
    The room.

    Args:
        terms: whoever keeps what a deal is worth; a proposal that was sent says it.
    """
    rows, links = m.store.proposals, links_of(m)
    room = Proposals(
        rows=rows,
        store=m.store,
        tenants=m.tenants,
        playbook_of=m.playbooks.of,
        links=links,
        actions=actions,
        now=m.now,
        new_id=m.new_id,
    )
    work = ProposalWork(
        room=room,
        rows=rows,
        paper=m.reach.paper,
        outputs=m.trust.evidence.outputs,
        centre=m.trust.centre,
        leaving=Leaving(m.store, m.approvals, m.trust.grants, m.store.grants),
        approvals=m.approvals,
        links=links,
        tenants=m.tenants,
        terms=terms,
    )
    actions.register(work.action())
    return room
