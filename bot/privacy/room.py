"""The rooms of consent and of data rights, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts import Alerts
from bot.audit import Audit
from bot.notebook import Notebook
from bot.privacy.consents import Consents
from bot.privacy.data_rights import DataRights, Terms
from bot.privacy.erasure import Erasures, Sealed
from bot.privacy.fingerprints import Fingerprints
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class PrivacyRoom:
    """Who may be written to, and what contacts may demand."""

    consents: Consents
    rights: DataRights


def open_room(
    *,
    settings: Settings,
    notebook: Notebook,
    seals: Sealed,
    audit: Audit,
    alerts: Alerts,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> PrivacyRoom:
    """Put them together."""
    store = notebook.store
    fingerprints = Fingerprints(settings.data_dir / "keys")
    after = settings.erase_after_days
    terms = Terms(
        export_lasts=timedelta(days=settings.export_days),
        erase_after=timedelta(days=after) if after else None,
    )
    return PrivacyRoom(
        consents=Consents(notebook, fingerprints, audit, now, new_id),
        rights=DataRights(
            notebook,
            store.data_requests,
            store.data_exports,
            store.personal,
            Erasures(notebook, store.personal, seals, fingerprints),
            audit,
            alerts,
            terms,
            now,
            new_id,
        ),
    )
