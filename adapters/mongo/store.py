"""All collections, in one database or several, behind the names that the heart knows."""

import asyncio

import structlog

from adapters.mongo import formats, schema, shards
from adapters.mongo.alerts import MongoAlerts
from adapters.mongo.api_keys import MongoApiKeys
from adapters.mongo.approvals import MongoApprovals
from adapters.mongo.belongings import MongoBelongings
from adapters.mongo.bookings import MongoBookings
from adapters.mongo.budgets import MongoBudgets
from adapters.mongo.bulk import MongoBulk
from adapters.mongo.campaigns import MongoCampaigns
from adapters.mongo.channel_watches import MongoChannelWatches
from adapters.mongo.compliance import MongoCompliance, MongoIsolation
from adapters.mongo.connectors import MongoConnectors
from adapters.mongo.consents import MongoConsents
from adapters.mongo.contradiction_contacts import MongoContradictionContacts
from adapters.mongo.contradictions import MongoContradictions
from adapters.mongo.conversations import MongoConversations
from adapters.mongo.crm import MongoCrmLinks
from adapters.mongo.data_exports import MongoDataExports
from adapters.mongo.data_requests import MongoDataRequests
from adapters.mongo.deal_terms import MongoDealTerms
from adapters.mongo.delegations import MongoDelegations
from adapters.mongo.doors import Doors
from adapters.mongo.driver import AWAY, Door
from adapters.mongo.ended_sessions import MongoEndedSessions
from adapters.mongo.forecasts import forecast_rows
from adapters.mongo.golden_paths import MongoGoldenPaths
from adapters.mongo.grants import MongoGrants
from adapters.mongo.idempotency import MongoIdempotency
from adapters.mongo.inbox import MongoInbox
from adapters.mongo.knowledge import MongoKnowledge
from adapters.mongo.letters import MongoLetters
from adapters.mongo.limits import MongoLimits
from adapters.mongo.marks import MongoMarks
from adapters.mongo.memories import MongoMemories
from adapters.mongo.models import MongoModels
from adapters.mongo.numbers import MongoNumbers
from adapters.mongo.onboarding import MongoOnboarding
from adapters.mongo.operations import MongoOperations
from adapters.mongo.outputs import MongoOutputs
from adapters.mongo.packs import MongoOwedEvidence, MongoPacks
from adapters.mongo.partners import MongoPartners
from adapters.mongo.payments import MongoPayments
from adapters.mongo.personal import MongoPersonal
from adapters.mongo.postures import MongoPostures
from adapters.mongo.proposals import MongoProposals
from adapters.mongo.quarantine import MongoQuarantine
from adapters.mongo.registers import MongoRegisters
from adapters.mongo.reviewed import MongoReviewed
from adapters.mongo.rulebooks import MongoRulebooks
from adapters.mongo.runs import MongoRuns
from adapters.mongo.seals import MongoChain
from adapters.mongo.seats import MongoSeats
from adapters.mongo.send_stats import MongoSendStats
from adapters.mongo.sharing import MongoSharing
from adapters.mongo.standing import MongoStanding
from adapters.mongo.suppressions import MongoSuppressions
from adapters.mongo.task_runs import MongoTaskRuns
from adapters.mongo.templates import MongoTemplates
from adapters.mongo.timeline import MongoTimeline
from adapters.mongo.traces import MongoTraces
from adapters.mongo.users import MongoUsers
from adapters.mongo.vitals import MongoVitals
from adapters.mongo.waiting_receipts import MongoWaitingReceipts

log = structlog.get_logger()


class MongoStore:
    """`bot.store.Store` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._door = door
        self.conversations = MongoConversations(door)
        self.inbox = MongoInbox(door)
        self.timeline = MongoTimeline(door)
        self.traces = MongoTraces(door)
        self.vitals = MongoVitals(door)
        self.quarantine = MongoQuarantine(door)
        self.waiting_receipts = MongoWaitingReceipts(door)
        self.suppressions = MongoSuppressions(door)
        self.postures = MongoPostures(door)
        self.rulebooks = MongoRulebooks(door)
        self.reviewed = MongoReviewed(door)
        self.marks = MongoMarks(door)
        self.models = MongoModels(door)
        self.seats = MongoSeats(door)
        self.alerts = MongoAlerts(door)
        self.approvals = MongoApprovals(door)
        self.forecasts = forecast_rows(door)
        self.grants = MongoGrants(door)
        self.deal_terms = MongoDealTerms(door)
        self.bookings = MongoBookings(door)
        self.letters = MongoLetters(door)
        self.delegations = MongoDelegations(door)
        self.standing = MongoStanding(door)
        self.budgets = MongoBudgets(door)
        self.bulk = MongoBulk(door)
        self.campaigns = MongoCampaigns(door)
        self.templates = MongoTemplates(door)
        self.task_runs = MongoTaskRuns(door)
        self.runs = MongoRuns(door)
        self.compliance = MongoCompliance(door)
        self.isolation = MongoIsolation(door)
        self.registers = MongoRegisters(door)
        self.partners = MongoPartners(door)
        self.golden_paths = MongoGoldenPaths(door)
        self.memories = MongoMemories(door)
        self.sharing = MongoSharing(door)
        self.idempotency = MongoIdempotency(door)
        self.connectors = MongoConnectors(door)
        self.contradictions = MongoContradictions(door)
        self.contradiction_contacts = MongoContradictionContacts(door)
        self.consents = MongoConsents(door)
        self.data_requests = MongoDataRequests(door)
        self.data_exports = MongoDataExports(door)
        self.personal = MongoPersonal(door)
        self.belongings = MongoBelongings(door)
        self.seals = MongoChain(door)
        self.packs = MongoPacks(door)
        self.owed_evidence = MongoOwedEvidence(door)
        self.outputs = MongoOutputs(door)
        self.proposals = MongoProposals(door)
        self.payments = MongoPayments(door)
        self.crm_links = MongoCrmLinks(door)
        self.onboarding = MongoOnboarding(door)
        self.knowledge = MongoKnowledge(door)
        self.numbers = MongoNumbers(door)
        self.operations = MongoOperations(door)
        self.users = MongoUsers(door)
        self.api_keys = MongoApiKeys(door)
        self.ended_sessions = MongoEndedSessions(door)
        self.channel_watches = MongoChannelWatches(door)
        self.limits = MongoLimits(door)
        self.send_stats = MongoSendStats(door)
        self.unreachable = AWAY

    @property
    def round_trips(self) -> int:
        """Database operations so far; the bench divides them by messages."""
        return self._door.round_trips

    async def prepare(self) -> None:
        is_noted = await formats.check(self._door)
        await schema.prepare(self._door)
        if not is_noted:
            await formats.note(self._door)

    async def spread(self) -> int:
        """Spread the collections over the shards of clusters; answers how many databases are clusters."""
        return await shards.spread(self._door)

    async def ping(self) -> None:
        """
        Ask every database. Raises when the common one does not answer; a tenant's own that is away is told, and
        the readiness of the others does not hang on it.
        """
        (main, _), *own = self._door.every
        asked = await asyncio.gather(*(door.command("ping") for door, _ in own), return_exceptions=True)
        for (_, whose), answer in zip(own, asked, strict=True):
            if isinstance(answer, BaseException):
                log.warning("tenant_database_silent", **whose, reason=type(answer).__name__)
        await main.command("ping")

    async def close(self) -> None:
        await self._door.close()
