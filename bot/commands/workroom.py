"""The rules of an installation, for the command line: opened beside a running service or without one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from adapters.mongo.driver import AWAY, REFUSED
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.store import MongoStore
from bot import tenants as tenancy
from bot.building import new_id, now, opened
from bot.errors import DealixError
from bot.playbook import EditionRefused, Playbooks, shipped
from bot.settings import Settings
from bot.tenant import Tenant
from bot.workbench.bench import Workbench
from bot.workbench.replays import Replays

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Workroom:
    """The rules of an installation, for the command line."""

    tenants: dict[str, Tenant]
    store: MongoStore
    playbooks: Playbooks
    workbench: Workbench
    replays: Replays


class DatabaseSilent(DealixError):
    """The command line needs the database of this installation, and it does not answer."""

    code, status = "database_silent", 503


def _log_refused(refused: EditionRefused) -> None:
    logger.error("rules_not_taken", tenant=refused.tenant_id, edition=refused.number, reason=str(refused))


@asynccontextmanager
async def workroom(
    settings: Settings, refused: Callable[[EditionRefused], None] = _log_refused
) -> AsyncIterator[Workroom]:
    """
    Open the rules of an installation, beside a running service or without one.

    Args:
        refused: is told of every edition in force that cannot be used; here what we ship stands for it, so that
            somebody can look at it and go back.

    Raises Misconfigured, DatabaseSilent.
    """
    configs = tenancy.configured(settings)
    tenants = {c.id: tenancy.tenant_of(c, settings) for c in configs}
    embedded = None
    uri = settings.mongodb_uri.get_secret_value()
    if not uri:
        embedded = EmbeddedMongo(settings.data_dir / "mongo")
        uri = await embedded.join()
        if uri:
            embedded = None  # it belongs to the service that runs
        else:
            uri = await embedded.start()
    try:
        store = MongoStore(opened(uri, settings, configs))
        try:
            await store.prepare()
            playbooks = await asyncio.to_thread(Playbooks, shipped(), settings.rules_backend, now)
            await playbooks.start(store.rulebooks, refused)
            replays = Replays(store, lambda: playbooks.base, lambda: playbooks.today)
            workbench = Workbench(store, playbooks, tenants, replays.over, now, new_id)
            yield Workroom(tenants, store, playbooks, workbench, replays)
        finally:
            await store.close()
    except AWAY as away:
        raise DatabaseSilent(
            "the database does not answer; see whether it runs, and whether MONGODB_URI names it",
            "قاعدة البيانات لا تستجيب؛ تأكد أنها تعمل وأن MONGODB_URI يشير إليها",
        ) from away
    except REFUSED as said_no:
        raise DatabaseSilent(
            f"the database said no ({type(said_no).__name__}); see the name, password and rights in MONGODB_URI",
            f"رفضت قاعدة البيانات الطلب ({type(said_no).__name__})؛ راجع الاسم وكلمة المرور في MONGODB_URI",
        ) from said_no
    finally:
        if embedded is not None:
            await embedded.stop()
