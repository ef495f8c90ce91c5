"""Puts the room of imports together."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.ask import Ask
from bot.audit import Audit
from bot.authority.centre import ApprovalCentre
from bot.bulk.door import Door
from bot.bulk.flow import flow_of
from bot.bulk.handling import Handling
from bot.bulk.room import Bulk
from bot.bulk.work import Work
from bot.notebook import Notebook
from bot.playbook import Playbook
from bot.privacy.consents import reader as consent_reader
from bot.privacy.fingerprints import Fingerprints
from bot.runs.room import Runs
from bot.tenant import Tenant


def open_room(
    *,
    notebook: Notebook,
    ask: Ask,
    tenants: Mapping[str, Tenant],
    playbook_of: Callable[[str], Playbook],
    fingerprints: Fingerprints,
    centre: ApprovalCentre,
    runs: Runs,
    audit: Audit,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Bulk:
    """The room, with its flow made known to the engine."""
    rows = notebook.store.bulk
    handling = Handling(
        rows=rows,
        notebook=notebook,
        ask=ask,
        playbook_of=playbook_of,
        fingerprints=fingerprints,
        consents_of=consent_reader(notebook.store, fingerprints),
        now=now,
        new_id=new_id,
    )
    work = Work(rows=rows, handling=handling, centre=centre, audit=audit, now=now)
    runs.register(flow_of(work))
    door = Door(rows, audit, now, new_id)
    return Bulk(
        rows=rows,
        door=door,
        handling=handling,
        work=work,
        runs=runs,
        centre=centre,
        tenants=tuple(tenants),
        now=now,
    )
