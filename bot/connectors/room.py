"""
Looks at the connectors, remembers how they stand, tells what changed, and lets an admin switch one off.

Rule 1: switched off is obeyed here at once and in every other process within about a second: the chains of
        WhatsApp skip its channels, and whoever else calls out asks `is_disabled` first. Neither costs a message
        anything: the answer is in memory.
Rule 2: a look sends nothing. Whoever is looked at for several tenants is asked once.
Rule 3: a change of state is written to the history and the audit log, and told once.
Rule 4: what calls came to may be lost with the process that made them, never the message they were about.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.alerts import Alerts
from bot.audit import Audit
from bot.connectors.kept import ConnectorRows, Kept, Moment, Report
from bot.connectors.probes import CanBeAsked, ask, of_health
from bot.connectors.registry import CONNECTORS, Connector, known
from bot.connectors.standings import Counts, Standing, counts_of, standing_of
from bot.connectors.states import (
    OUTCOMES,
    STATE_AR,
    TROUBLE,
    WINDOW,
    Belief,
    Call,
    Outcome,
    Probe,
    Seen,
    State,
    believe,
    judge,
    together,
)
from bot.errors import BadRequest, NotAllowed
from bot.intake import Channel
from bot.people import NOBODY, Human
from bot.ports import Chain, Health

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 30.0
SWITCHES_EVERY_SECONDS = 1.0
REPORTS_EVERY_SECONDS = 2.0

# Providers allow a question a minute without being asked too much.
PROBE_EVERY = timedelta(seconds=60)

# Between changes, so often the history gets a look, so that a strip of it has no holes.
SAMPLE_EVERY = timedelta(minutes=5)

# More calls than this in a quarter of an hour say nothing more about a rate.
CALLS_AT_MOST = 500

# What was not written yet when the database comes back; older reports go first.
REPORTS_KEPT = 5_000

AUDIENCE = ("admin", "approver")

LONGEST_REASON = 500


Ports = Mapping[str, Callable[[str], object | None]]
"""Connector -> what stands behind it for a tenant."""


class CannotBeDisabled(NotAllowed):
    code, status = "cannot_be_disabled", 409


class Connectors:
    """The connectors of all tenants."""

    def __init__(
        self,
        rows: ConnectorRows,
        tenants: Sequence[str],
        channels: Mapping[str, Channel],
        chains: Mapping[str, Chain],
        ports: Ports,
        audit: Audit,
        alerts: Alerts,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        """
        Args:
            ports: key -> what stands behind it for a tenant, None where nothing is configured; no WhatsApp.
            unreachable: what the database raises while it is away.
        """
        self._rows = rows
        self._tenants = tenants
        self._channels = channels
        self._chains = chains
        self._ports = ports
        self._audit = audit
        self._alerts = alerts
        self._unreachable = unreachable
        self._now = now
        self._new_id = new_id
        self._off: frozenset[tuple[str, str]] = frozenset()
        self._reports: deque[Report] = deque(maxlen=REPORTS_KEPT)
        self._probed: dict[str, Probe] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    # for whoever calls out

    async def is_disabled(self, tenant_id: str, key: str) -> bool:
        """Whether somebody switched it off; answered from memory."""
        return (tenant_id, key) in self._off

    async def saw(self, tenant_id: str, key: str, outcome: Outcome, latency_ms: float) -> None:
        """Take what one call came to; it is written within seconds."""
        known(key)
        if outcome not in OUTCOMES:
            raise BadRequest(f"a call ends as one of {', '.join(OUTCOMES)}", "نتيجة اتصال غير معروفة")
        call = Call(self._now(), outcome, round(float(latency_ms), 1))
        self._reports.append(Report(self._new_id(), tenant_id, key, call))

    # what people ask

    async def standings(self, tenant_id: str) -> list[Standing]:
        """Every connector as it stands now."""
        kept = {one.key: one for one in await self._rows.of_tenant(tenant_id)}
        return [self._standing(tenant_id, one, kept.get(one.key)) for one in CONNECTORS]

    async def get(self, tenant_id: str, key: str) -> Standing:
        """Raises NotFound."""
        return self._standing(tenant_id, known(key), await self._rows.one(tenant_id, key))

    async def counts(self, tenant_id: str) -> Counts:
        return counts_of(await self.standings(tenant_id))

    async def history(
        self, tenant_id: str, key: str, since: datetime | None = None, limit: int = 100
    ) -> Sequence[Moment]:
        """Newest first. Raises NotFound."""
        known(key)
        return await self._rows.history(tenant_id, key, since, limit)

    async def check(self, tenant_id: str, key: str, by: Human) -> Standing:
        """
        Ask one connector now, and a second time where the answer is news. Raises NotFound.

        What is switched off is asked all the same, and stays switched off.
        """
        connector = known(key)
        if not self._is_configured(tenant_id, key):
            return await self.get(tenant_id, key)
        async with self._turns.setdefault(f"{tenant_id}:{key}", asyncio.Lock()):
            kept = await self._look_at(tenant_id, connector, is_asked=True)
            if kept.belief is not None and kept.belief.next_state is not None:
                kept = await self._look_at(tenant_id, connector, is_asked=True)
        await self._remember(tenant_id, kept, "checked", by=by.id)
        standing = await self.get(tenant_id, key)
        await self._audit.note(tenant_id, "connector_checked", by, connector=key, state=standing.state.value)
        return standing

    async def disable(self, tenant_id: str, key: str, by: Human, reason: str) -> Standing:
        """Switch one off, in every process. Raises NotFound, BadRequest, CannotBeDisabled."""
        connector = known(key)
        if not connector.can_be_disabled:
            raise CannotBeDisabled(
                f"{connector.name_en} cannot be switched off here. {connector.fixed_en}",
                f"لا يمكن إيقاف {connector.name_ar} من هنا. {connector.fixed_ar}",
            )
        return await self._switch(tenant_id, connector, by, reason, is_disabled=True)

    async def enable(self, tenant_id: str, key: str, by: Human, reason: str) -> Standing:
        """Switch one on again. Raises NotFound, BadRequest."""
        return await self._switch(tenant_id, known(key), by, reason, is_disabled=False)

    async def _switch(
        self, tenant_id: str, connector: Connector, by: Human, reason: str, *, is_disabled: bool
    ) -> Standing:
        said = " ".join(reason.split())
        if not 3 <= len(said) <= LONGEST_REASON:
            raise BadRequest(
                f"say why in 3 to {LONGEST_REASON} characters, for whoever looks later",
                f"اذكر السبب في ٣ إلى {LONGEST_REASON} حرف لمن يراجع لاحقًا",
            )
        now, key = self._now(), connector.key
        before = await self.get(tenant_id, key)
        is_new = await self._rows.switch(
            tenant_id, key, is_disabled=is_disabled, by=by.name or by.id, reason=said, at=now
        )
        await self.learn_switches()
        after = await self.get(tenant_id, key)
        if is_new:
            what = "disabled" if is_disabled else "enabled"
            moment = Moment(
                self._new_id(), key, now, what, after.state.value, before.state.value, by=by.name or by.id,
                detail_en=said, detail_ar=said,
            )  # fmt: skip
            await self._rows.add_history(tenant_id, moment)
            await self._audit.note(tenant_id, f"connector_{what}", by, connector=key, reason=said)
        return after

    # what is done again and again

    def jobs(self) -> Sequence[tuple[str, float, Callable[[], Awaitable[None]], bool]]:
        """Name, seconds between, work, and whether every process does it for itself."""
        return (
            ("connectors", LOOK_EVERY_SECONDS, self.look, False),
            ("connector_switches", SWITCHES_EVERY_SECONDS, self.look_at_switches, True),
            ("connector_reports", REPORTS_EVERY_SECONDS, self.write_reports, True),
        )

    async def learn_switches(self) -> None:
        """Read what is switched off, and let the chains of this process know."""
        off = frozenset(await self._rows.disabled())
        self._off = off
        for tenant_id, chain in self._chains.items():
            chain.switch_off(
                name
                for name, channel in self._channels.items()
                if channel.tenant_id == tenant_id and (tenant_id, channel.provider.name) in off
            )

    async def look_at_switches(self) -> None:
        """The same, in every process; what is known here holds on while the database is away."""
        try:
            await self.learn_switches()
        except self._unreachable as away:
            logger.warning("switches_wait_for_database", reason=type(away).__name__)

    async def write_reports(self) -> None:
        """Write down the calls that were reported in this process."""
        waiting = [self._reports.popleft() for _ in range(len(self._reports))]
        if not waiting:
            return
        try:
            await self._rows.add_calls(waiting)
        except self._unreachable as away:
            self._reports.extendleft(reversed(waiting))
            logger.warning("reports_wait_for_database", reason=type(away).__name__)

    async def look(self) -> None:
        """Look at every connector of every tenant."""
        for tenant_id in self._tenants:
            try:
                await self._look_at_tenant(tenant_id)
            except self._unreachable as away:
                logger.warning("connectors_wait_for_database", tenant=tenant_id, reason=type(away).__name__)

    async def _look_at_tenant(self, tenant_id: str) -> None:
        chain = self._chains.get(tenant_id)
        if chain is not None:
            await chain.refresh_health()
        mine = [one for one in CONNECTORS if self._is_configured(tenant_id, one.key)]
        await asyncio.gather(*(self._look_in_turn(tenant_id, one) for one in mine))

    async def _look_in_turn(self, tenant_id: str, connector: Connector) -> None:
        async with self._turns.setdefault(f"{tenant_id}:{connector.key}", asyncio.Lock()):
            await self._look_at(tenant_id, connector, is_asked=False)

    async def _look_at(self, tenant_id: str, connector: Connector, *, is_asked: bool) -> Kept:
        """One look: ask, count, judge, keep; tell when it changed."""
        before = await self._rows.one(tenant_id, connector.key) or Kept(connector.key)
        seen = await self._see(tenant_id, connector, is_asked=is_asked)
        now = self._now()
        shown = replace(seen, state=State.DISABLED) if before.is_disabled else seen
        kept = _after(before, shown, believe(before.belief, shown.state, now), now)
        changed = before.belief is not None and kept.belief.state is not before.belief.state
        is_due = before.sampled_at is None or now - before.sampled_at >= SAMPLE_EVERY
        if is_due and not changed:
            kept = replace(kept, sampled_at=now)
        await self._rows.looked(tenant_id, kept)
        if changed:
            await self._tell(tenant_id, connector, before.belief, kept)
        elif is_due:
            await self._remember(tenant_id, kept, "looked")
        return kept

    async def _see(self, tenant_id: str, connector: Connector, *, is_asked: bool) -> Seen:
        now = self._now()
        since = now - WINDOW
        if connector.kind != "whatsapp":
            port = self._port(tenant_id, connector.key)
            probe = await self._probe(connector, port, is_asked=is_asked)
            calls = await self._rows.calls(tenant_id, connector.key, since, CALLS_AT_MOST)
            can = isinstance(port, CanBeAsked)
            return judge(calls, probe, self._now(), connector.slow_ms, can_probe=can)
        found = []
        for name in self._channels_of(tenant_id, connector.key):
            probe = await self._channel_health(tenant_id, connector, name, is_asked=is_asked)
            calls = await self._rows.sends(tenant_id, name, since, CALLS_AT_MOST)
            found.append(judge(calls, probe, self._now(), connector.slow_ms, can_probe=True))
        return together(found)

    async def _probe(self, connector: Connector, port: object | None, *, is_asked: bool) -> Probe | None:
        """What is one for several tenants is asked once for all of them."""
        if not isinstance(port, CanBeAsked):
            return None
        name = f"{connector.key}:{id(port)}"
        last = self._probed.get(name)
        is_fresh = last is not None and timedelta(0) <= self._now() - last.at < PROBE_EVERY
        if is_fresh and not is_asked:
            return last
        self._probed[name] = await ask(connector, port.probe, self._now)
        return self._probed[name]

    async def _channel_health(
        self, tenant_id: str, connector: Connector, name: str, *, is_asked: bool
    ) -> Probe | None:
        chain = self._chains.get(tenant_id)
        if is_asked or chain is None:
            probe = await ask(connector, self._channels[name].provider.probe, self._now)
            if chain is not None:
                detail = f"{probe.detail_en}\n{probe.detail_ar}"
                chain.note_health(name, Health(probe.state, detail, probe.at))
            return probe
        health = chain.health(name)
        return of_health(health) if health is not None else None

    # what is kept and told

    async def _tell(self, tenant_id: str, connector: Connector, before: Belief, kept: Kept) -> None:
        assert kept.belief is not None
        await self._remember(tenant_id, kept, "changed", before=before.state.value)
        old, new = before.state, kept.belief.state
        await self._audit.note(
            tenant_id, "connector_changed", NOBODY, connector=connector.key, before=old.value, after=new.value
        )
        is_news = new in TROUBLE or (old in TROUBLE and new is State.OK)
        if not is_news:
            return
        en, ar = f"{connector.name_en}: {new.value}", f"{connector.name_ar}: {STATE_AR[new]}"
        await self._alerts.tell(
            tenant_id,
            "connector_state",
            f"{en} (was {old.value})",
            f"{ar} (كان: {STATE_AR[old]})",
            kept.seen.why_en if kept.seen else "",
            f"connector:{connector.key}:{new.value}:{kept.belief.since.isoformat()}",
            audience=AUDIENCE,
            about=connector.key,
        )

    async def _remember(self, tenant_id: str, kept: Kept, what: str, *, before: str = "", by: str = "") -> None:
        seen, belief = kept.seen, kept.belief
        assert seen is not None
        assert belief is not None
        moment = Moment(
            id=self._new_id(),
            key=kept.key,
            at=self._now(),
            what=what,
            state=belief.state.value,
            before=before,
            seen=seen.state.value,
            calls=seen.calls,
            succeeded=seen.succeeded,
            p95_ms=seen.p95_ms,
            detail_en=seen.why_en,
            detail_ar=seen.why_ar,
            by=by,
        )
        await self._rows.add_history(tenant_id, moment)

    # who is there

    def _standing(self, tenant_id: str, connector: Connector, kept: Kept | None) -> Standing:
        channels = tuple(self._channels_of(tenant_id, connector.key))
        is_configured = self._is_configured(tenant_id, connector.key)
        return standing_of(connector, kept, self._now(), channels, is_configured=is_configured)

    def _is_configured(self, tenant_id: str, key: str) -> bool:
        return self._port(tenant_id, key) is not None or bool(self._channels_of(tenant_id, key))

    def _port(self, tenant_id: str, key: str) -> object | None:
        port = self._ports.get(key)
        return port(tenant_id) if port is not None else None

    def _channels_of(self, tenant_id: str, key: str) -> list[str]:
        return [n for n, c in self._channels.items() if c.tenant_id == tenant_id and c.provider.name == key]


def _after(before: Kept, seen: Seen, belief: Belief, now: datetime) -> Kept:
    kept = replace(
        before,
        seen=seen,
        belief=belief,
        looked_at=now,
        last_success_at=seen.last_success_at or before.last_success_at,
        last_attempt_at=seen.last_attempt_at or before.last_attempt_at,
    )
    if seen.state not in TROUBLE:
        return kept
    return replace(kept, last_error_en=seen.why_en, last_error_ar=seen.why_ar, last_error_at=now)
