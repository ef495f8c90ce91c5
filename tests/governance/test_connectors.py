"""Connectors: states from what really happened, switches that are obeyed, and a history of both. Over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from bot.commands.terminal import out
from bot.connectors.kept import Kept
from bot.connectors.opening import ports_of
from bot.connectors.registry import BY_KEY, CONNECTORS
from bot.connectors.standings import standing_of
from bot.connectors.states import (
    LOOKS_TO_BELIEVE,
    OUTCOMES,
    PROBE_HOLDS,
    WINDOW,
    Belief,
    Call,
    Probe,
    State,
    believe,
    judge,
)
from bot.events import SendClass
from bot.ports import SendResult
from bot.reach import Reach
from bot.tenants import DEFAULT_TENANT
from tests.house import Talk
from tests.house.running import RunningHouse

BASE = "/api/v1/connectors"
WHATSAPP = ("green_api", "ultramsg", "fonnte", "meta_cloud")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLOW_MS = 1_000.0


# What follows from calls and probes


def calls(*outcomes: str, every: timedelta = timedelta(seconds=70), took: float = 100.0) -> list[Call]:
    """Newest first, the newest just now."""
    return [Call(NOON - n * every, outcome, took) for n, outcome in enumerate(outcomes)]


def probed(state: str = "ok", ago: timedelta = timedelta(0)) -> Probe:
    return Probe(state, NOON - ago, state, state)


def of(made: list[Call], probe: Probe | None) -> State:
    return judge(made, probe, NOON, SLOW_MS, can_probe=True).state


@pytest.mark.parametrize(
    ("made", "probe", "state"),
    [
        ([], None, State.UNKNOWN),
        ([], probed(), State.OK),
        ([], probed(ago=PROBE_HOLDS), State.UNKNOWN),
        ([], probed("degraded"), State.DEGRADED),
        ([], probed("down"), State.DOWN),
        ([], probed("auth_failed"), State.AUTH_FAILED),
        (calls("ok"), None, State.UNKNOWN),
        (calls(*["ok"] * 4, "refused"), probed(), State.DEGRADED),
        (calls("ok", *["refused"]), probed(), State.DOWN),
        (calls("auth_failed", *["ok"] * 9), probed(), State.AUTH_FAILED),
        (calls("ok", "auth_failed"), probed("down"), State.DOWN),
        (calls("ok", took=SLOW_MS + 1), probed(), State.DEGRADED),
        (calls(*["timeout"] * 3, *["ok"] * 9, every=timedelta(seconds=1)), probed(), State.DOWN),
    ],
)
def test_the_state_follows_from_calls_and_probe(made, probe, state):
    assert of(made, probe) is state


@pytest.mark.parametrize(
    ("failed", "state"), [(2, State.OK), (3, State.DEGRADED), (20, State.DEGRADED), (21, State.DOWN)]
)
def test_the_borders_are_ninety_eight_and_eighty_of_a_hundred(failed, state):
    """The failures lie apart, so that no breaker decides."""
    spread = {round(n * 99 / max(1, failed - 1)) for n in range(failed)} if failed > 1 else {50}
    outcomes = ["refused" if n in spread else "ok" for n in range(100)]
    assert outcomes.count("refused") == failed
    assert of(calls(*outcomes, every=timedelta(seconds=5)), probed()) is state


def test_what_is_older_than_a_quarter_of_an_hour_counts_for_nothing():
    old = [Call(NOON - WINDOW, "refused", 10.0)] * 50
    assert of([*calls("ok"), *old], probed()) is State.OK


def test_what_cannot_be_asked_is_known_by_its_calls():
    assert judge(calls("ok"), None, NOON, SLOW_MS, can_probe=False).state is State.OK
    assert judge([], None, NOON, SLOW_MS, can_probe=False).state is State.UNKNOWN


any_calls = st.lists(
    st.builds(
        lambda ago, outcome, took: Call(NOON - timedelta(seconds=ago), outcome, took),
        st.floats(0, 2_000),
        st.sampled_from(OUTCOMES),
        st.floats(0, 5_000),
    ),
    max_size=30,
).map(lambda made: sorted(made, key=lambda call: call.at, reverse=True))
any_probe = st.none() | st.builds(
    lambda state, ago: probed(state, timedelta(seconds=ago)),
    st.sampled_from(("ok", "degraded", "down", "auth_failed")),
    st.floats(0, 900),
)


@given(any_calls, any_probe)
def test_nobody_is_well_of_whom_no_fresh_answer_is_known(made, probe):
    seen = judge(made, probe, NOON, SLOW_MS, can_probe=True)
    if seen.state is State.OK:
        assert probe is not None
        assert probe.state == "ok"
        assert NOON - probe.at < PROBE_HOLDS
        assert seen.success_rate is None or seen.success_rate >= 0.98
    if seen.success_rate is not None and seen.success_rate < 0.8:
        assert seen.state in (State.DOWN, State.AUTH_FAILED)


@given(st.lists(st.sampled_from([State.OK, State.DEGRADED, State.DOWN, State.AUTH_FAILED]), min_size=1))
def test_a_state_is_believed_when_two_looks_in_a_row_saw_it(looks):
    belief, shown = None, []
    for n, seen in enumerate(looks):
        belief = believe(belief, seen, NOON + timedelta(seconds=n))
        shown.append(belief.state)
    for n in range(1, len(looks)):
        if shown[n] is not shown[n - 1]:
            assert looks[n] is shown[n]
            assert looks[n - LOOKS_TO_BELIEVE + 1 : n + 1] == [shown[n]] * LOOKS_TO_BELIEVE


@given(st.sampled_from(list(State)))
def test_what_people_decide_counts_at_once(state):
    before = Belief(state, NOON)
    assert believe(before, State.DISABLED, NOON).state is State.DISABLED
    assert believe(Belief(State.DISABLED, NOON), state, NOON).state is state


def test_every_port_of_the_registry_is_one_that_the_house_has():
    ports = {one.port for one in CONNECTORS if one.port}
    assert ports <= {name for name in dir(Reach) if not name.startswith("_")}


@dataclass(frozen=True)
class Desks:
    """Accounts of one tenant only."""

    account: object

    def of(self, tenant_id: str) -> object | None:
        return self.account if tenant_id == "first" else None


def test_what_only_one_tenant_has_an_account_for_is_configured_for_no_other():
    account = object()
    ports = ports_of(None, Reach(crm=Desks(account), model=()), lambda: NOON)
    assert ports["hubspot"]("first") is account
    assert ports["hubspot"]("second") is None
    assert ports["model"]("first") is None
    assert ports["mongodb"]("second") is not None


@pytest.mark.parametrize(
    ("outcomes", "said"), [(("ok", "refused"), ("1 of 2", "50.0%")), (("refused",), ("0 of 1",))]
)
def test_a_rate_says_how_many_calls_stand_behind_it(outcomes, said):
    """One failure of two calls is `down` by the letter; whoever reads it must see that it was two."""
    seen = judge(calls(*outcomes), probed(), NOON, SLOW_MS, can_probe=True)
    assert (seen.state, seen.calls) == (State.DOWN, len(outcomes))
    assert all(words in seen.why_en for words in said) and "15" in seen.why_en
    assert f"من {len(outcomes)}" in seen.why_ar and "15" in seen.why_ar


def test_what_the_last_look_saw_is_named_in_arabic_too():
    down = judge(calls("refused"), probed(), NOON, SLOW_MS, can_probe=True)
    kept = Kept("mail", Belief(State.OK, NOON, State.DOWN, 1), down, looked_at=NOON)
    shown = standing_of(BY_KEY["mail"], kept, NOON, (), is_configured=True)
    assert shown.state is State.OK
    assert "متعطل" in shown.why_ar and "down" not in shown.why_ar


def test_a_terminal_shows_what_people_wrote_as_they_wrote_it():
    """A reason with a bracket in it ended `dealix connectors list` with a fault of ours."""
    reason = "moved [/b] to [red]the other[link=https://evil.example] account"
    table = Table(box=None)
    table.add_column("why", no_wrap=True)
    table.add_row(reason)
    with out.capture() as terminal:
        out.print(reason)
        out.print(table)
    assert terminal.get().count(reason) == 2


# The running house


@pytest_asyncio.fixture(loop_scope="session")
async def house(house: RunningHouse) -> AsyncIterator[RunningHouse]:
    """The shared house, with everything switched on again afterwards."""
    yield house
    for key in WHATSAPP:
        await switches(house, key, "enable")
    house.heals()


async def stands(house: RunningHouse, key: str, role: str = "admin") -> dict[str, Any]:
    answer = await house.http.get(f"{BASE}/governance", headers=house.token(role))
    assert answer.status_code == 200, answer.text
    (found,) = [one for one in answer.json()["connectors"] if one["connector_key"] == key]
    return found


async def switches(house: RunningHouse, key: str, verb: str, role: str = "admin", **body: Any) -> Any:
    body = {"reason": "the account is being moved", **body}
    return await house.http.put(f"{BASE}/{key}/{verb}", json=body, headers=house.token(role))


async def is_checked(house: RunningHouse, key: str, role: str = "admin") -> dict[str, Any]:
    answer = await house.http.post(f"{BASE}/{key}/health-check", headers=house.token(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def remembered(house: RunningHouse, key: str) -> list[dict[str, Any]]:
    answer = await house.http.get(f"{BASE}/{key}/history", headers=house.token("admin"))
    assert answer.status_code == 200, answer.text
    return answer.json()["history"]


async def audited(house: RunningHouse, what: str) -> list[dict[str, Any]]:
    until = house.clock() + timedelta(seconds=1)
    found = await house.inside.store.timeline.of_kind(DEFAULT_TENANT, what, until - timedelta(days=1), until, 100)
    return [one.entry.data for one in found]


async def test_only_real_connectors_are_listed_each_with_its_standard(house):
    answer = await house.http.get(f"{BASE}/governance", headers=house.token("executive"))

    listed = {one["connector_key"]: one for one in answer.json()["connectors"]}
    assert set(WHATSAPP) | {"telegram", "mongodb", "calendar", "payments", "model"} <= set(listed)
    assert not {"salesforce", "docusign", "voice"} & set(listed)
    for one in listed.values():
        told = one["metadata"]
        assert all(told[name] for name in ("version", "timeout_seconds", "retry_policy", "approval_policy"))
        assert isinstance(told["idempotent"], bool)
        assert told["data_classification"]
        assert "connector_disabled" in told["audit_events"]
        assert one["display_name_ar"]
    assert listed["telegram"]["status"] == "not_configured"
    assert listed["telegram"]["last_success_at"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "health-check"), ("GET", "history"), ("PUT", "disable"), ("PUT", "enable")],
)
async def test_an_unknown_key_is_404(house, method, path):
    body = {"reason": "because"} if method == "PUT" else None
    answer = await house.http.request(
        method, f"{BASE}/salesforce/{path}", json=body, headers=house.token("admin")
    )
    assert answer.status_code == 404


async def test_a_check_asks_and_sends_nothing(house):
    before = dict(house.fake.calls)

    found = await is_checked(house, "fonnte")

    assert (found["status"], found["observed"], found["probe"]["state"]) == ("ok", "ok", "ok")
    assert found["last_success_at"] == found["probe"]["at"]
    assert dict(house.fake.calls) == before
    assert (await remembered(house, "fonnte"))[0]["what"] == "checked"
    assert (await is_checked(house, "mongodb"))["status"] == "ok"
    assert (await is_checked(house, "telegram"))["status"] == "not_configured"


@pytest.mark.parametrize(("behaviour", "state"), [("auth", "auth_failed"), ("down", "down")])
async def test_trouble_and_recovery_are_shown_remembered_and_told_once(house, behaviour, state):
    await is_checked(house, "ultramsg")
    told = len([a for a in await house.inside.trust.alerts.latest(DEFAULT_TENANT) if a.about == "ultramsg"])
    house.fake.script("ultramsg", behaviour)

    broken = await is_checked(house, "ultramsg")
    await is_checked(house, "ultramsg")
    house.fake.heals("ultramsg")
    healed = await is_checked(house, "ultramsg")

    assert (broken["status"], broken["probe"]["state"]) == (state, state)
    assert broken["last_error"]
    assert healed["status"] == "ok"
    changes = [m for m in await remembered(house, "ultramsg") if m["what"] == "changed"]
    assert [(m["before"], m["status"]) for m in changes[:2]] == [(state, "ok"), ("ok", state)]
    alerts = [a for a in await house.inside.trust.alerts.latest(DEFAULT_TENANT) if a.about == "ultramsg"]
    assert len(alerts) == told + 2
    assert all(alert.title_ar and "ultramsg" not in alert.detail for alert in alerts)


async def test_one_bad_look_of_the_service_changes_nothing_two_do(house):
    room = house.inside.rooms.connectors
    await is_checked(house, "fonnte")
    for _ in range(3):  # the breaker of the sender, and what it wrote down
        house.inside.chains[DEFAULT_TENANT].note(
            "fonnte", SendResult(SendClass.NOT_SENT_FALLBACK, needs_alert=True)
        )

    await room.look()
    first = await stands(house, "fonnte")
    await room.look()
    second = await stands(house, "fonnte")

    assert (first["status"], first["observed"]) == ("ok", "down")
    assert (second["status"], second["observed"]) == ("down", "down")


async def test_real_sends_count(house):
    talk = Talk(house)
    house.fake.script("green_api", "auth", times=1)
    await talk.says("السلام عليكم")
    await house.settles()
    await house.inside.relay.flush()

    found = await is_checked(house, "green_api")

    assert found["calls"] >= 1
    assert found["status"] == "auth_failed"
    assert found["success_rate"] < 1


async def test_reported_calls_count(house):
    room = house.inside.rooms.connectors
    for _ in range(5):
        await room.saw(DEFAULT_TENANT, "mongodb", "ok", 12.0)
    await room.saw(DEFAULT_TENANT, "mongodb", "refused", 12.0)
    await room.write_reports()

    found = await is_checked(house, "mongodb")

    assert (found["calls"], found["status"]) == (6, "degraded")
    house.clock.moves(WINDOW)
    assert (await is_checked(house, "mongodb"))["status"] == "ok"


async def test_a_switched_off_provider_carries_nothing_until_it_is_on_again(house, new_talk):
    answer = await switches(house, "green_api", "disable")
    again = await switches(house, "green_api", "disable", reason="twice")
    talk = new_talk()
    await talk.says("السلام عليكم")
    await house.settles()

    assert answer.status_code == again.status_code == 200
    assert answer.json()["status"] == "disabled"
    assert again.json()["reason"] == "the account is being moved"
    assert (await stands(house, "green_api"))["is_disabled"] is True
    assert not [e for e in house.fake.ledger if e.provider == "green_api" and talk.phone in e.recipient]
    assert await house.inside.rooms.connectors.is_disabled(DEFAULT_TENANT, "green_api")
    assert (await is_checked(house, "green_api"))["status"] == "disabled"

    on = await switches(house, "green_api", "enable")
    other = new_talk()
    await other.says("السلام عليكم")
    await house.settles()

    assert on.json()["is_disabled"] is False
    assert [e for e in house.fake.ledger if e.provider == "green_api" and other.phone in e.recipient]
    assert [m["what"] for m in await remembered(house, "green_api") if m["what"] in ("disabled", "enabled")][
        :2
    ] == [
        "enabled",
        "disabled",
    ]
    assert (await audited(house, "connector_disabled"))[-1]["reason"] == "the account is being moved"


async def test_what_another_process_switched_is_obeyed_after_one_look(house):
    """The other process is played by its write; this one hears of it by looking once a second."""
    chain = house.inside.chains[DEFAULT_TENANT]
    rows = house.inside.store.connectors
    await rows.switch(
        DEFAULT_TENANT, "fonnte", is_disabled=True, by="elsewhere", reason="by the command line", at=house.clock()
    )

    await house.inside.rooms.connectors.look_at_switches()

    skipped = {c.provider.name: c.skip_code for c in chain.candidates(allow_other_number=True)}
    assert skipped["fonnte"] == "disabled"
    assert skipped["green_api"] != "disabled"


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-10:00"])
async def test_a_history_since_a_moment_that_no_clock_shows_is_refused(house, since):
    for path in (f"{BASE}/green_api/history", "/api/v1/sends/stats"):
        answer = await house.http.get(path, params={"since": since}, headers=house.token("admin"))
        assert answer.status_code == 422, answer.text


async def test_switching_takes_an_admin_and_a_reason(house):
    for role in ("approver", "executive", "dpo", "agent", "service", "rules_editor"):
        assert (await switches(house, "fonnte", "disable", role)).status_code == 403
        assert (await switches(house, "fonnte", "enable", role)).status_code == 403
    for body in (
        {"reason": ""},
        {"reason": "  "},
        {"reason": "x" * 501},
        {"reason": None},
        {"reason": "ok go", "x": 1},
    ):
        assert (await switches(house, "fonnte", "disable", **body)).status_code == 422
    assert (await switches(house, "mongodb", "disable")).status_code == 409
    assert (await stands(house, "fonnte"))["is_disabled"] is False


async def test_only_those_who_may_look(house):
    for role in ("agent", "service", "rules_editor"):
        answer = await house.http.get(f"{BASE}/governance", headers=house.token(role))
        assert answer.status_code == 403, role
    assert (await house.http.get(f"{BASE}/governance")).status_code == 401
