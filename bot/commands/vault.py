"""
The databases of an installation, for who copies all of it: opened beside a running service or without one, and as
they are, so that an empty one stays empty.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from adapters.mongo.copies import MongoCopies
from adapters.mongo.driver import AWAY, REFUSED
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.store import MongoStore
from bot import tenants as tenancy
from bot.building import opened
from bot.commands.workroom import DatabaseSilent
from bot.settings import Settings
from bot.tenant import Tenant

# Our own server remembers nothing of the past; while a copy is made it must. A million rows take minutes.
PAST_SECONDS = int(timedelta(hours=6).total_seconds())


@dataclass(frozen=True, slots=True)
class Vault:
    """What a backup is made of."""

    tenants: dict[str, Tenant]
    store: MongoStore
    copies: MongoCopies


@asynccontextmanager
async def vault(settings: Settings, *, alone: bool = False) -> AsyncIterator[Vault]:
    """
    Open the databases.

    Args:
        alone: nobody else may work on the embedded database meanwhile.
    Raises Misconfigured, DatabaseSilent.
    """
    configs = tenancy.configured(settings)
    tenants = {c.id: tenancy.tenant_of(c, settings) for c in configs}
    uri = settings.mongodb_uri.get_secret_value()
    async with AsyncExitStack() as stack:
        is_ours = not uri
        if is_ours:
            embedded = EmbeddedMongo(settings.data_dir / "mongo")
            uri = "" if alone else await embedded.join()
            if not uri:
                stack.push_async_callback(embedded.stop)
                uri = await embedded.start()
        doors = opened(uri, settings, configs)
        stack.push_async_callback(doors.close)
        try:
            if is_ours and not alone:
                await doors.main.remember_the_past(PAST_SECONDS)
                stack.push_async_callback(doors.main.remember_the_past, 0)
            yield Vault(tenants, MongoStore(doors), MongoCopies(doors))
        except AWAY as away:
            raise DatabaseSilent(
                "the database does not answer; see whether it runs, and whether MONGODB_URI names it",
                "قاعدة البيانات لا تستجيب؛ تأكد أنها تعمل وأن MONGODB_URI يشير إليها",
            ) from away
        except REFUSED as said_no:
            raise DatabaseSilent(
                f"the database said no ({type(said_no).__name__}); see name, password and rights in MONGODB_URI",
                f"رفضت قاعدة البيانات الطلب ({type(said_no).__name__})؛ راجع الاسم وكلمة المرور في MONGODB_URI",
            ) from said_no
