"""All collections of one database behind the names that the heart knows."""

from adapters.mongo import schema
from adapters.mongo.alerts import MongoAlerts
from adapters.mongo.conversations import MongoConversations
from adapters.mongo.driver import AWAY, Door
from adapters.mongo.marks import MongoMarks
from adapters.mongo.postures import MongoPostures
from adapters.mongo.quarantine import MongoQuarantine
from adapters.mongo.reviewed import MongoReviewed
from adapters.mongo.rulebooks import MongoRulebooks
from adapters.mongo.suppressions import MongoSuppressions
from adapters.mongo.timeline import MongoTimeline
from adapters.mongo.waiting_receipts import MongoWaitingReceipts


class MongoStore:
    """`bot.store.Store` on MongoDB."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.conversations = MongoConversations(door)
        self.timeline = MongoTimeline(door)
        self.quarantine = MongoQuarantine(door)
        self.waiting_receipts = MongoWaitingReceipts(door)
        self.suppressions = MongoSuppressions(door)
        self.postures = MongoPostures(door)
        self.rulebooks = MongoRulebooks(door)
        self.reviewed = MongoReviewed(door)
        self.marks = MongoMarks(door)
        self.alerts = MongoAlerts(door)
        self.unreachable = AWAY

    @property
    def round_trips(self) -> int:
        """Database operations so far; the bench divides them by messages."""
        return self._door.round_trips

    async def prepare(self) -> None:
        await schema.prepare(self._door)

    async def ping(self) -> None:
        await self._door.command("ping")

    async def close(self) -> None:
        await self._door.close()
