"""
The rooms of business, built over the rooms of trust: what sellers, partners and executives do and see.

None of them stands in the way of a message. Each is opened by its own `opening.py` from the same materials; a new
room is an attribute, a line in `open_rooms`, and its jobs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.actions.opening import open_room as open_actions
from bot.actions.room import Actions
from bot.approvals import Approvals
from bot.ask import Ask
from bot.booking.hooks import Hooks
from bot.booking.opening import open_hooks
from bot.booking.opening import open_room as open_bookings
from bot.booking.room import LOOK_EVERY_SECONDS as BOOKINGS_EVERY_SECONDS
from bot.booking.room import Bookings
from bot.connectors.opening import open_room as open_connectors
from bot.connectors.room import Connectors
from bot.contradictions.opening import open_room as open_contradictions
from bot.contradictions.room import LOOK_EVERY_SECONDS as CONTRADICTIONS_EVERY_SECONDS
from bot.contradictions.room import Contradictions
from bot.deals.opening import open_refunds
from bot.deals.opening import open_room as open_deals
from bot.deals.refunds import Refunds
from bot.deals.room import Deals
from bot.desk import Desk
from bot.executive.opening import jobs_of as executive_jobs
from bot.executive.opening import open_room as open_executive
from bot.executive.room import Executive
from bot.forecast.opening import jobs_of as forecast_jobs
from bot.forecast.opening import open_numbers
from bot.forecast.opening import open_room as open_forecast
from bot.forecast.room import Forecast
from bot.inbox.opening import open_room as open_inbox
from bot.inbox.room import Inbox
from bot.intake import Channel, Intake
from bot.knowledge.opening import open_quotes
from bot.knowledge.opening import open_room as open_knowledge
from bot.knowledge.quotes import LOOK_EVERY_SECONDS as QUOTES_EVERY_SECONDS
from bot.knowledge.quotes import Quotes
from bot.knowledge.room import LOOK_EVERY_SECONDS as KNOWLEDGE_EVERY_SECONDS
from bot.knowledge.room import Knowledge
from bot.mail.opening import open_post
from bot.mail.post import Post
from bot.memory.opening import open_room as open_memory
from bot.memory.room import LEARN_EVERY_SECONDS as MEMORY_EVERY_SECONDS
from bot.memory.room import Memory
from bot.metrics.room import Numbers
from bot.models.opening import open_room as open_models
from bot.models.room import LOOK_EVERY_SECONDS as MODELS_EVERY_SECONDS
from bot.models.room import Models
from bot.notebook import Notebook
from bot.offers import Offers, open_offers
from bot.partners.opening import open_room as open_golden_paths
from bot.partners.room import LOOK_EVERY_SECONDS as GOLDEN_PATHS_EVERY_SECONDS
from bot.partners.room import GoldenPaths
from bot.playbook import Playbooks
from bot.ports import Chain
from bot.privacy.fingerprints import Fingerprints
from bot.reach import Reach
from bot.sales.opening import open_room as open_sales
from bot.sales.room import Sales
from bot.settings import Settings
from bot.store import Store
from bot.tenant import Tenant
from bot.trust import Job, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What every room may build on."""

    settings: Settings
    store: Store
    tenants: Mapping[str, Tenant]
    notebook: Notebook
    approvals: Approvals
    desk: Desk
    ask: Ask
    intake: Intake
    channels: Mapping[str, Channel]
    chains: Mapping[str, Chain]
    playbooks: Playbooks
    trust: Trust
    reach: Reach
    fingerprints: Fingerprints
    now: Callable[[], datetime]
    new_id: Callable[[], str]


@dataclass(slots=True, kw_only=True)
class Rooms:
    """The rooms."""

    inbox: Inbox
    actions: Actions
    bookings: Bookings
    booking_hooks: Hooks
    post: Post
    connectors: Connectors
    contradictions: Contradictions
    deals: Deals
    refunds: Refunds
    offers: Offers
    numbers: Numbers
    forecast: Forecast
    executive: Executive
    knowledge: Knowledge
    quotes: Quotes
    sales: Sales
    models: Models
    golden_paths: GoldenPaths
    memory: Memory

    def jobs(self) -> Sequence[Job]:
        """What these rooms do by themselves."""
        return (
            *self.offers.jobs(),
            Job("bookings", BOOKINGS_EVERY_SECONDS, self.bookings.look),
            Job("models", MODELS_EVERY_SECONDS, self.models.look),
            Job("golden_paths", GOLDEN_PATHS_EVERY_SECONDS, self.golden_paths.look),
            Job("memory", MEMORY_EVERY_SECONDS, self.memory.learn),
            *forecast_jobs(self.forecast),
            *executive_jobs(self.executive),
            *(Job(*one) for one in self.connectors.jobs()),
            Job("contradictions", CONTRADICTIONS_EVERY_SECONDS, self.contradictions.look),
            Job("knowledge", KNOWLEDGE_EVERY_SECONDS, self.knowledge.look),
            Job("quotes", QUOTES_EVERY_SECONDS, self.quotes.look),
        )


def open_rooms(m: Materials) -> Rooms:
    """Put the rooms together; who builds on another stands below it."""
    return Rooms(
        inbox=open_inbox(m),
        actions=(actions := open_actions(m)),
        post=(post := open_post(m, actions)),
        bookings=(bookings := open_bookings(m, actions, post)),
        booking_hooks=open_hooks(m, bookings),
        connectors=(connectors := open_connectors(m, actions)),
        models=open_models(m, connectors),
        numbers=(numbers := open_numbers(m)),
        forecast=(forecast := open_forecast(m, numbers)),
        deals=(deals := open_deals(m)),
        refunds=open_refunds(m),
        knowledge=open_knowledge(m),
        quotes=open_quotes(m),
        sales=open_sales(m),
        memory=(memory := open_memory(m)),
        contradictions=(contradictions := open_contradictions(m, memory)),
        offers=open_offers(m, actions, deals, connectors),
        golden_paths=(golden_paths := open_golden_paths(m)),
        executive=open_executive(
            m,
            numbers,
            forecast,
            connectors=connectors,
            partners=golden_paths,
            contradictions=contradictions,
        ),
    )
