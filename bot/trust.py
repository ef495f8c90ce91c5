"""
The rooms of trust, put together: who may do what, on whose behalf, with whose consent, and how it is proved.

Each room is built here from the store and its neighbours, so that bootstrap knows one name instead of ten. A room
that must do something now and then says so in `jobs`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.access.opening import Who, open_desk
from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.ask import Ask
from bot.audit import Audit
from bot.authority.centre import ApprovalCentre
from bot.authority.escalation import LOOK_EVERY_SECONDS as ESCALATION_EVERY_SECONDS
from bot.authority.grants import Grants
from bot.authority.policy import Policy
from bot.authority.rooms import AuthorityRooms, open_authority
from bot.authority.standing import LOOK_EVERY_SECONDS as STANDING_EVERY_SECONDS
from bot.authority.tasks import LOOK_EVERY_SECONDS as TASKS_EVERY_SECONDS
from bot.bulk.opening import open_room as open_bulk
from bot.bulk.room import LOOK_EVERY_SECONDS as BULK_EVERY_SECONDS
from bot.bulk.room import Bulk
from bot.campaigns.opening import open_room as open_campaigns
from bot.campaigns.room import LOOK_EVERY_SECONDS as CAMPAIGNS_EVERY_SECONDS
from bot.campaigns.room import Campaigns
from bot.compliance.opening import open_room as open_compliance
from bot.compliance.room import LOOK_EVERY_SECONDS as COMPLIANCE_EVERY_SECONDS
from bot.compliance.room import Compliance
from bot.departures.held_up import LOOK_EVERY_SECONDS as HELD_UP_EVERY_SECONDS
from bot.departures.held_up import HeldUp
from bot.departures.opening import LimitsRoom
from bot.departures.pauses import LOOK_EVERY_SECONDS as PAUSES_EVERY_SECONDS
from bot.evidence.room import EvidenceRoom
from bot.evidence.room import open_room as open_evidence
from bot.gaps import room as gaps_room
from bot.gaps.opening import open_room as open_gaps
from bot.gaps.room import Gaps
from bot.idempotency import Idempotency
from bot.intake import Channel, Intake
from bot.notebook import Notebook
from bot.operations import Operations
from bot.playbook import Playbook
from bot.ports import Chain
from bot.privacy.data_rights import WATCH_EVERY_SECONDS as DATA_RIGHTS_EVERY_SECONDS
from bot.privacy.fingerprints import Fingerprints
from bot.privacy.room import PrivacyRoom
from bot.privacy.room import open_room as open_privacy
from bot.runs.dead import DeadLetters
from bot.runs.engine import BETWEEN_LOOKS_SECONDS as RUNS_EVERY_SECONDS
from bot.runs.opening import RunsRoom
from bot.runs.opening import open_room as open_runs
from bot.runs.room import Runs
from bot.settings import Settings
from bot.sharing.opening import open_room as open_sharing
from bot.sharing.room import ROUND_EVERY_SECONDS as SHARING_EVERY_SECONDS
from bot.sharing.room import Sharing
from bot.store import Store
from bot.templates.late import LateAnswers
from bot.templates.room import LEARN_EVERY_SECONDS as TEMPLATES_LEARN_EVERY_SECONDS
from bot.templates.room import LOOK_EVERY_SECONDS as TEMPLATES_EVERY_SECONDS
from bot.templates.room import TemplateRoom
from bot.tenant import Tenant
from flows.qualification import Thresholds
from rules.policies import Policies


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done again and again for as long as the service lives, by one process at a time."""

    name: str
    every_seconds: float
    work: Callable[[], Awaitable[None]]
    in_each: bool = False
    """Every process does it for itself, whatever its roles."""


@dataclass(slots=True)
class Trust:
    """The rooms."""

    audit: Audit
    alerts: Alerts
    authority: AuthorityRooms
    idempotency: Idempotency
    evidence: EvidenceRoom
    who: Who
    compliance: Compliance
    privacy: PrivacyRoom
    sharing: Sharing
    gaps: Gaps
    runs_room: RunsRoom
    dead: DeadLetters
    bulk: Bulk
    limits: LimitsRoom
    operations: Operations
    templates: TemplateRoom
    campaigns: Campaigns
    late_answers: LateAnswers
    held_up: HeldUp

    @property
    def runs(self) -> Runs:
        return self.runs_room.runs

    @property
    def policy(self) -> Policy:
        return self.authority.policy

    @property
    def grants(self) -> Grants:
        return self.authority.grants

    @property
    def centre(self) -> ApprovalCentre:
        return self.authority.centre

    def jobs(self) -> Sequence[Job]:
        """What these rooms do by themselves."""
        return (
            Job("escalation", ESCALATION_EVERY_SECONDS, self.authority.escalation.look),
            Job("standing", STANDING_EVERY_SECONDS, self.authority.standing.look),
            Job("task_runs", TASKS_EVERY_SECONDS, self.authority.tasks.look),
            Job("bulk", BULK_EVERY_SECONDS, self.bulk.look),
            Job("campaigns", CAMPAIGNS_EVERY_SECONDS, self.campaigns.look),
            Job("templates", TEMPLATES_EVERY_SECONDS, self.templates.look),
            Job("template_standings", TEMPLATES_LEARN_EVERY_SECONDS, self.templates.learn, in_each=True),
            Job("pauses", PAUSES_EVERY_SECONDS, self.limits.pauses.look, in_each=True),
            Job("runs", RUNS_EVERY_SECONDS, self.runs_room.engine.work, in_each=True),
            *(Job(*one) for one in self.evidence.jobs()),
            Job("sharing", SHARING_EVERY_SECONDS, self.sharing.run),
            Job("compliance", COMPLIANCE_EVERY_SECONDS, self.compliance.look_daily),
            Job("data_rights", DATA_RIGHTS_EVERY_SECONDS, self.privacy.rights.watch),
            Job("gaps", gaps_room.COMPARE_EVERY_SECONDS, self.gaps.compare),
            Job("silent_channels", gaps_room.LISTEN_EVERY_SECONDS, self.gaps.listen),
            Job("quiet_channels", gaps_room.QUIET_EVERY_SECONDS, self.gaps.notice_quiet),
            Job("held_up", HELD_UP_EVERY_SECONDS, self.held_up.look),
            Job("known_silences", gaps_room.TELL_EVERY_SECONDS, self.gaps.tell_chains, in_each=True),
        )


def build(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    notebook: Notebook,
    approvals: Approvals,
    ask: Ask,
    channels: Mapping[str, Channel],
    chains: Mapping[str, Chain],
    intake: Intake,
    policies_of: Callable[[str], Policies],
    playbook_of: Callable[[str], Playbook],
    limits: LimitsRoom,
    templates: TemplateRoom,
    thresholds_of: Callable[[str], Thresholds],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Trust:
    """Put the rooms together."""
    audit = Audit(store, now, new_id)
    alerts = Alerts(store.alerts, now, new_id)
    authority = open_authority(
        store=store,
        tenants=tenants,
        approvals=approvals,
        keys=settings.data_dir / "keys",
        audit=audit,
        alerts=alerts,
        policies_of=policies_of,
        now=now,
        new_id=new_id,
    )
    evidence = open_evidence(
        settings=settings,
        store=store,
        tenants=tenants,
        alerts=alerts,
        centre=authority.centre,
        thresholds_of=thresholds_of,
        now=now,
        new_id=new_id,
    )
    privacy = open_privacy(
        settings=settings,
        notebook=notebook,
        seals=evidence.seals,
        audit=audit,
        alerts=alerts,
        now=now,
        new_id=new_id,
    )
    runs_room = open_runs(
        rows=store.runs,
        centre=authority.centre,
        alerts=alerts,
        audit=audit,
        unreachable=store.unreachable,
        now=now,
        new_id=new_id,
    )
    dead = DeadLetters(runs_room.runs, store.quarantine, intake, audit, now)
    return Trust(
        audit=audit,
        alerts=alerts,
        authority=authority,
        idempotency=Idempotency(store.idempotency, now, new_id),
        evidence=evidence,
        who=open_desk(
            settings=settings, store=store, tenants=tenants, audit=audit, alerts=alerts, now=now, new_id=new_id
        ),
        compliance=open_compliance(
            settings=settings,
            store=store,
            tenants=tenants,
            audit=audit,
            alerts=alerts,
            seals=evidence.seals,
            now=now,
            new_id=new_id,
        ),
        privacy=privacy,
        gaps=open_gaps(
            store=store,
            channels=channels,
            chains=chains,
            intake=intake,
            fingerprints=Fingerprints(settings.data_dir / "keys"),
            alerts=alerts,
            now=now,
            new_id=new_id,
        ),
        sharing=open_sharing(
            settings=settings,
            store=store,
            tenants=tenants,
            audit=audit,
            centre=authority.centre,
            grants=authority.grants,
            consents=privacy.consents,
            evidence=evidence.packs,
            runs_room=runs_room,
            now=now,
            new_id=new_id,
        ),
        runs_room=runs_room,
        dead=dead,
        held_up=HeldUp(store.limits, store.conversations, alerts, store.unreachable, now),
        limits=limits,
        templates=templates,
        late_answers=LateAnswers(notebook, templates, policies_of),
        campaigns=open_campaigns(
            notebook=notebook,
            tenants=tenants,
            chains=chains,
            templates=templates,
            fingerprints=Fingerprints(settings.data_dir / "keys"),
            centre=authority.centre,
            grants=authority.grants,
            runs=runs_room.runs,
            limits=limits.limits,
            audit=audit,
            policies_of=policies_of,
            now=now,
            new_id=new_id,
        ),
        operations=Operations(
            rows=store.operations,
            seats=store.seats,
            marks=store.marks,
            editions=store.rulebooks,
            chains=chains,
            dead=dead,
            alerts=alerts,
            limits=limits.view,
            rules_version=lambda tenant_id: playbook_of(tenant_id).version,
            folder=settings.data_dir,
            unreachable=store.unreachable,
            now=now,
        ),
        bulk=open_bulk(
            notebook=notebook,
            ask=ask,
            tenants=tenants,
            playbook_of=playbook_of,
            fingerprints=Fingerprints(settings.data_dir / "keys"),
            centre=authority.centre,
            runs=runs_room.runs,
            audit=audit,
            now=now,
            new_id=new_id,
        ),
    )
