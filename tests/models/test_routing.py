"""Records, money, breakers, the stand-in and the routes that tell of them."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.llm.openai import OpenAiWire
from adapters.llm.opening import models_of, providers_of
from bot.alerts import Alerts
from bot.errors import Misconfigured
from bot.models.breaker import breaker_of
from bot.models.budget import MICRO, ModelBudget
from bot.models.call import Call, CallStatus
from bot.models.figures import percentile
from bot.models.prices import read_prices
from bot.models.provider import Ask, Said, Silent, Task, Usage
from bot.tenants import DEFAULT_TENANT
from tests.fakes.llm import BEHAVIOURS, FakeModel
from tests.house.running import settings_for
from tests.models.conftest import UNCLEAR, ModelHouse

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATH = "/api/v1/model-routing"
ASK = Ask("gpt-4o-mini", "system", "user", "intent", {"type": "object"}, 60)

SHIPPED = read_prices(Decimal("3.75"))

CODES = {
    "hangs": "timeout",
    "hangs_in_the_headers": "timeout",
    "hangs_in_the_body": "timeout",
    "cuts_the_body": "unreachable",
    "closes": "unreachable",
    "html": "not_json",
    "truncated_json": "not_json",
    "empty_body": "not_json",
    "a_list": "not_an_answer",
    "no_choices": "not_an_answer",
    "null_content": "not_an_answer",
    "deep": "not_json",
    "endless": "too_large",
    "not_http": "unreachable",
    "redirect": "redirected",
}


async def test_every_misbehaviour_on_the_wire_is_a_value_with_a_code() -> None:
    async with FakeModel() as fake:
        wire = OpenAiWire(fake.url, "k", setting="S", now=lambda: NOON, timeout_seconds=0.5)
        try:
            for behaviour in BEHAVIOURS:
                fake.behaves(behaviour)
                came = await wire.ask(ASK)
                if behaviour.startswith("http_"):
                    assert isinstance(came, Silent)
                    assert came.code == behaviour[:8]
                elif behaviour in CODES:
                    assert isinstance(came, Silent), behaviour
                    assert came.code == CODES[behaviour]
                else:
                    assert isinstance(came, Said), behaviour
                assert "wrong key" not in repr(came)
            pauses = []
            for behaviour in ("http_429", "http_429_dated", "http_429_garbled", "http_503"):
                fake.behaves(behaviour)
                pauses.append((await wire.ask(ASK)).retry_after_seconds)
            assert pauses[0] == 120
            assert pauses[1] > 3_600
            assert pauses[2:] == [None, None]
        finally:
            await wire.close()
        silent = OpenAiWire("http://127.0.0.1:1/v1", "", setting="S", now=lambda: NOON, timeout_seconds=1)
        assert (await silent.ask(ASK)).code == "unreachable"
        await silent.close()


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, None),
        ({"prompt_tokens": 10, "completion_tokens": 2}, Usage(10, 2, 0)),
        (
            {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}},
            Usage(6, 2, 4),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 11}}, None),
        ({"prompt_tokens": -1, "completion_tokens": 2}, None),
        ({"prompt_tokens": "10", "completion_tokens": 2}, None),
        ({"prompt_tokens": True, "completion_tokens": 2}, None),
        ([], None),
    ],
)
async def test_tokens_are_counted_once_and_nonsense_is_not_counted(usage: object, counted: Usage | None) -> None:
    async with FakeModel() as fake:
        fake.usage = usage
        wire = OpenAiWire(fake.url, "", setting="S", now=lambda: NOON, timeout_seconds=5)
        assert (await wire.ask(ASK)).usage == counted
        await wire.close()


@given(st.tuples(*[st.integers(0, 10_000_000)] * 3), st.decimals("0.01", "10", places=4))
@settings(max_examples=50, deadline=None)
def test_a_cost_is_tokens_times_prices_times_the_rate(tokens: tuple[int, int, int], rate: Decimal) -> None:
    prices = replace(SHIPPED, sar_per_usd=rate)
    cost = prices.cost("gpt-4o-mini", Usage(*tokens), date(2026, 1, 1))
    a, b, c = tokens
    by_hand = (a * Decimal("0.15") + b * Decimal("0.60") + c * Decimal("0.075")) / 1_000_000
    assert (cost.usd, cost.sar) == (by_hand, by_hand * rate)
    assert prices.cost("no such model", Usage(*tokens), date(2026, 1, 1)) is None
    assert prices.cost("gpt-4o-mini", Usage(*tokens), date(2024, 9, 30)) is None, "before its first day"
    assert prices.cost("gpt-4o-mini", None, date(2026, 1, 1)) is None


def test_the_row_that_holds_on_the_day_counts_and_a_bad_table_stops_the_start(tmp_path: Path) -> None:
    table = tmp_path / "prices.yml"
    rows = '- {{model: m, valid_from: {}, input: "{}", output: "0", cached: "0"}}\n'
    table.write_text(
        'version: "v2"\nas_of: 2026-01-01\nmodels:\n'
        + rows.format("2026-01-01", 1)
        + rows.format("2026-06-01", 2)
    )
    prices = read_prices(Decimal(1), table)
    million = Usage(1_000_000, 0, 0)
    assert [prices.cost("m", million, date(2026, m, 1)).usd for m in (5, 6)] == [1, 2]
    for wrong in ("", "models: []", "a: [", 'version: "v"\nas_of: 2026-01-01\nmodels: [{model: m}]', "\x00"):
        table.write_text(wrong)
        with pytest.raises(Misconfigured):
            read_prices(Decimal(1), table)
    with pytest.raises(Misconfigured):
        read_prices(Decimal(1), tmp_path / "none.yml")


@pytest.mark.parametrize(
    "more",
    [
        {"DEALIX_MODEL_URL": "https://api.openai.com/v1"},
        {"DEALIX_MODEL": "gpt-4o"},
        {"DEALIX_MODEL_URL": "api.openai.com", "DEALIX_MODEL": "m"},
        {"DEALIX_MODEL_URL": "https://u:p@x.example/v1", "DEALIX_MODEL": "m"},
        {"DEALIX_MODEL_URL": "https://x.example", "DEALIX_MODEL": "closing=m"},
        {
            "DEALIX_MODEL_URL": "https://x.example",
            "DEALIX_MODEL": "m",
            "DEALIX_MODEL_FALLBACK_URL": "https://y.example",
        },
    ],
)
def test_half_a_model_stops_the_start_with_a_sentence(more: dict[str, str], tmp_path: Path) -> None:
    asked = settings_for("http://127.0.0.1:1", "mongodb://x", "x", tmp_path, **more)
    with pytest.raises(Misconfigured) as refused:
        providers_of(asked, lambda: NOON)
    assert "DEALIX_MODEL" in str(refused.value)
    assert "u:p" not in str(refused.value)


def test_models_are_named_for_everything_or_by_task() -> None:
    assert models_of("m", "S") == {Task.INTENT: "m", Task.WORDING: "m"}
    assert models_of("intent=a, wording=b", "S") == {Task.INTENT: "a", Task.WORDING: "b"}
    assert models_of("intent=a", "S") == {Task.INTENT: "a"}


def _call(at: datetime, status: CallStatus, code: str = "", retry: datetime | None = None) -> Call:
    return Call("1", "t", "c", "v", Task.INTENT, "p", "m", at, status, code, retry_at=retry)


def test_a_breaker_opens_after_three_failures_and_tries_again_after_a_minute() -> None:
    ok, failed, refused = CallStatus.OK, CallStatus.FAILED, CallStatus.REFUSED

    def state(*latest: Call, after: timedelta = timedelta(seconds=10)) -> str:
        return breaker_of(latest, NOON + after).state

    bad = _call(NOON, failed, "http_500")
    assert state() == "closed"
    assert state(bad, bad) == "closed"
    assert state(bad, bad, bad) == "open"
    assert state(bad, bad, bad, after=timedelta(minutes=2)) == "half_open"
    assert state(bad, _call(NOON, ok), bad, bad) == "closed"
    assert state(*[_call(NOON, refused, "not_json")] * 3) == "closed", "whoever answers is there"
    assert state(_call(NOON, failed, "http_401"), after=timedelta(minutes=4)) == "open"
    asked = _call(NOON, failed, "http_429", NOON + timedelta(minutes=10))
    assert state(asked, after=timedelta(minutes=9)) == "open"
    assert state(asked, after=timedelta(minutes=11)) == "half_open"
    for_ever = _call(NOON, failed, "http_429", NOON + timedelta(days=30))
    assert state(for_ever, after=timedelta(minutes=61)) == "half_open", "an hour at most"


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=60), st.sampled_from([50, 95]))
@settings(max_examples=60, deadline=None)
def test_a_percentile_is_a_measured_value_with_so_many_below(values: list[int], percent: int) -> None:
    found = percentile(sorted(values), percent)
    assert found in values
    assert sum(v <= found for v in values) * 100 >= percent * len(values)
    assert sum(v < found for v in values) * 100 < percent * len(values)


# with a house


async def test_a_stand_in_answers_and_each_attempt_is_a_record_with_its_money(there: ModelHouse) -> None:
    there.first.behaves("http_500")
    there.second.says(intent="ask_details", confidence=0.7)
    talk = await there.someone_says(UNCLEAR)
    await there.looks()

    first, second = await there.calls(talk)
    assert (first.status, first.error_code, first.is_fallback) == ("failed", "http_500", False)
    assert first.cost_sar is None
    assert (second.provider, second.is_fallback, second.status) == ("second", True, "ok")
    assert (second.input_tokens, second.output_tokens, second.cached_tokens) == (600, 20, 400)
    assert (second.cost_usd, second.cost_sar, second.price_version) == (None, None, "")
    question = await there.question(talk)
    assert (question.status, question.provider) == ("proposed", "second")
    assert {first.correlation_id, second.correlation_id} == {question.correlation_id}

    there.first.says(intent="ask_details", confidence=0.7)
    other = await there.someone_says(UNCLEAR)
    await there.looks()
    (priced,) = await there.calls(other)
    by_hand = (600 * Decimal("0.15") + 20 * Decimal("0.60") + 400 * Decimal("0.075")) / 1_000_000
    assert (priced.cost_usd, priced.cost_sar) == (by_hand, by_hand * Decimal("3.75"))
    assert priced.price_version

    seen = (
        await there.house.http.get(f"{PATH}/dashboard?window=1h", headers=there.house.token("executive"))
    ).json()
    assert seen["status"] == "ok"
    assert seen["total"]["calls"] == 3
    assert seen["total"]["unpriced_calls"] == 1
    assert seen["total"]["fallback_rate"] == "0.5000"
    assert Decimal(seen["total"]["cost_sar"]) == priced.cost_sar
    assert Decimal(seen["cost_per_conversation_sar"]) == (priced.cost_sar / 2).quantize(Decimal("0.000001"))
    assert {line["key"] for line in seen["by_model"]} == {"gpt-4o-mini", "a-model-nobody-priced"}
    assert seen["by_task"][0]["key"] == "intent"
    costs = (await there.house.http.get(f"{PATH}/costs?window=1h", headers=there.house.token("admin"))).json()
    assert sum(Decimal(line["cost_sar"]) for line in costs["lines"]) == Decimal(costs["cost_sar"])
    assert costs["unpriced_calls"] == 1
    advice = (
        await there.house.http.get(f"{PATH}/recommendations?window=1h", headers=there.house.token("admin"))
    ).json()
    assert [one["code"] for one in advice["recommendations"]] == ["add_a_price"]


async def test_a_provider_that_wants_to_be_left_alone_is_left_alone(there: ModelHouse) -> None:
    there.first.behaves("http_429")
    there.second.says(intent="greeting", confidence=0.6)
    await there.someone_says(UNCLEAR)
    await there.looks()
    heard = len(there.first.heard)
    talk = await there.someone_says(UNCLEAR)
    await there.looks()

    assert len(there.first.heard) == heard
    assert [call.provider for call in await there.calls(talk)] == ["second"]
    admin = there.house.token("admin")
    health = (await there.house.http.get(f"{PATH}/health", headers=admin)).json()
    states = {line["provider"]: (line["state"], line["breaker"]) for line in health["providers"]}
    assert states == {"first": ("down", "open"), "second": ("healthy", "closed")}
    assert health["status"] == "healthy"

    await there.house.moves(hours=2)
    there.first.says(intent="greeting", confidence=0.6)
    later = await there.someone_says(UNCLEAR)
    await there.looks()
    assert [call.provider for call in await there.calls(later)] == ["first"]


async def test_without_traffic_health_is_unknown_and_the_dashboard_says_no_calls(there: ModelHouse) -> None:
    admin = there.house.token("admin")
    health = (await there.house.http.get(f"{PATH}/health", headers=admin)).json()
    assert {line["state"] for line in health["providers"]} == {"unknown"}
    seen = (await there.house.http.get(f"{PATH}/dashboard?window=1h", headers=admin)).json()
    assert seen["status"] == "no_calls"
    assert "no calls" in seen["message"]["en"]
    assert seen["total"]["error_rate"] is None
    assert seen["total"]["latency_p95_ms"] is None
    assert seen["cost_per_conversation_sar"] is None


async def test_the_day_ends_with_its_money_and_people_are_told_before(there: ModelHouse) -> None:
    there.first.says(intent="ask_details", confidence=0.7)
    await there.is_switched(limit_halalas=0)
    talk = await there.someone_says(UNCLEAR)
    await there.looks()
    assert there.first.heard == []
    assert all(q.status == "waiting" and "budget" in q.why for q in await there.questions(talk))
    assert await there.calls(talk) == []


async def test_no_day_passes_its_limit_however_many_ask_at_once(there: ModelHouse) -> None:
    store, ids, day = there.house.inside.store, count(), datetime(2031, 5, 1, 9, tzinfo=UTC)
    alerts = Alerts(store.alerts, lambda: day, lambda: f"money-{next(ids)}")
    budget = ModelBudget(store.models.days, alerts, lambda: day)
    each = Decimal("0.01")  # a halala, of a limit of 100

    taken = await asyncio.gather(*(budget.set_aside(DEFAULT_TENANT, Task.WORDING, each, 100) for _ in range(120)))
    assert sum(one is not None for one in taken) == 90, "the last tenth is for the most useful task"
    more = await asyncio.gather(*(budget.set_aside(DEFAULT_TENANT, Task.INTENT, each, 100) for _ in range(30)))
    assert sum(one is not None for one in more) == 10
    assert (await budget.today(DEFAULT_TENANT, 100)).state == "spent"
    told = [alert.key for alert in await alerts.latest(DEFAULT_TENANT) if "2031-05-01" in alert.key]
    assert sorted(told) == ["model_budget:2031-05-01:70", "model_budget:2031-05-01:90"]

    aside = next(one for one in taken if one is not None)
    await budget.settle(aside, Decimal("0.002"))
    view = await budget.today(DEFAULT_TENANT, 100)
    assert view.used_micro_sar == MICRO - 10_000 + 2_000
    assert view.state == "throttled"
    await budget.settle(aside, None)
    assert (await budget.today(DEFAULT_TENANT, 100)).used_micro_sar == view.used_micro_sar


async def test_a_window_that_is_none_is_refused(there: ModelHouse) -> None:
    admin = there.house.token("admin")
    for window in ("", "0h", "91d", "24", "1w", "-1h", "٢٤h", "999999h", "24h; drop"):
        for page in ("dashboard", "costs", "recommendations"):
            answer = await there.house.http.get(f"{PATH}/{page}", params={"window": window}, headers=admin)
            assert answer.status_code == 422, answer.text


async def test_only_an_admin_switches_it_and_the_history_says_who(there: ModelHouse) -> None:
    http, token = there.house.http, there.house.token
    for role in ("approver", "agent", "service", "rules_editor", "dpo"):
        assert (await http.get(f"{PATH}/dashboard", headers=token(role))).status_code == 403
        assert (await http.put(f"{PATH}/settings", json={"is_on": False}, headers=token(role))).status_code == 403
    assert (await http.get(f"{PATH}/dashboard")).status_code == 401
    for body in (
        {},
        {"is_on": True, "tasks": []},
        {"is_on": True, "tasks": ["closing"]},
        {"is_on": True, "limit_halalas": -1},
        {"is_on": True, "limit_halalas": 1_001},
        {"is_on": True, "x": 1},
    ):
        answer = await http.put(f"{PATH}/settings", json=body, headers=token("admin"))
        assert answer.status_code == 422, body
    admin = token("admin", "Dana")
    answer = await http.put(
        f"{PATH}/settings", json={"is_on": True, "tasks": ["wording"], "limit_halalas": 50}, headers=admin
    )
    assert answer.status_code == 200
    assert (answer.json()["tasks"], answer.json()["limit_halalas"], answer.json()["by"]) == (
        ["wording"],
        50,
        "Dana",
    )
    assert (await http.get(f"{PATH}/settings", headers=admin)).json() == answer.json()
    now = there.house.clock()
    noted = await there.house.inside.store.timeline.of_kind(
        DEFAULT_TENANT, "models_switched", now - timedelta(minutes=5), now + timedelta(minutes=1), 10
    )
    assert noted[-1].entry.data["by_name"] == "Dana"


async def test_neither_words_nor_phones_are_in_the_records_of_questions_and_calls(there: ModelHouse) -> None:
    there.first.says(intent="ask_details", confidence=0.7)
    talk = await there.someone_says(UNCLEAR)
    await there.looks()
    stored = await there.house.everything_stored()
    mine = [
        row for name in ("llm_calls", "model_questions") for row in stored[name] if talk.conversation.id in row
    ]
    assert len(mine) == 2
    assert not any(talk.phone in row or UNCLEAR in row or "sk-first" in row for row in mine)
