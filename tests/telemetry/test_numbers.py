"""What `GET /metrics` says, to whom, and that labels stay few."""

import uuid
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from bot.background import gauges_of
from bot.conversation import Status
from bot.settings import Settings
from bot.telemetry import measures
from bot.telemetry.catalogue import DECISIONS, METRICS, VALUES_AT_MOST
from bot.tenants import DEFAULT_TENANT
from bot.web import metrics, problem
from tests.fakes.whatsapp import bodies


async def numbers_of(house):
    answer = await house.http.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def grew(before, after, name, **labels):
    key = (name, tuple(sorted(labels.items())))
    return after.get(key, 0) - before.get(key, 0)


async def test_a_message_is_counted_once_at_every_step(talk, house):
    before = await numbers_of(house)
    webhook = talk.writes("السلام عليكم كم السعر؟")
    await talk.sends(webhook, webhook)  # delivered twice
    talk.heard_so_far()
    draft = talk.conversation.outbox[-1]
    receipt = bodies.receipt(
        "green_api",
        "delivered",
        provider_message_id=draft.provider_message_ids[0],
        phone=talk.phone,
        at=house.clock(),
    )
    await talk.sends(receipt)
    after = await numbers_of(house)

    assert grew(before, after, "dealix_inbound_total", provider="green_api", outcome="new") == 1
    assert grew(before, after, "dealix_inbound_total", provider="green_api", outcome="repeated") == 1
    assert grew(before, after, "dealix_webhook_seconds_count", provider="green_api", outcome="recorded") == 3
    assert grew(before, after, "dealix_inbound_lag_seconds_count") == 1
    assert grew(before, after, "dealix_sends_total", provider="green_api", outcome="accepted") == 1
    assert grew(before, after, "dealix_send_seconds_count", provider="green_api", outcome="accepted") == 1
    assert grew(before, after, "dealix_drafts_made_total", kind="reply", status="queued") == 1
    assert grew(before, after, "dealix_receipts_total", provider="green_api", status="delivered") == 1
    decided = [
        dict(labels)
        for (name, labels), value in after.items()
        if name == "dealix_decisions_total" and value > before.get((name, labels), 0)
    ]
    assert len(decided) == 1 and decided[0]["intent"] == draft.intent


async def test_a_human_a_stop_and_the_gate_are_counted(talk, sami, house):
    before = await numbers_of(house)
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    talk.waits_for_a_human()
    await house.moves(minutes=5)
    await sami.approves(talk)
    talk.heard_so_far()
    house.fake.script("green_api", "timeout_after_accept", times=1)
    house.fake.script("green_api", "cut_reply", times=1)
    await talk.says("كم السعر؟")
    doubted = await talk.waits_until(Status.UNKNOWN)
    await talk.says("إيقاف")
    await sami.sends_again(doubted)
    await talk.looks()
    talk.heard_so_far()
    after = await numbers_of(house)

    assert grew(before, after, "dealix_approval_seconds_count", decision="approved") == 1
    assert 300 <= grew(before, after, "dealix_approval_seconds_sum", decision="approved") < 400
    assert grew(before, after, "dealix_drafts_made_total", kind="reply", status="held") >= 1
    assert grew(before, after, "dealix_opt_outs_total", source="user_optout") == 1
    assert grew(before, after, "dealix_gate_refusals_total", reason="opted_out") == 1


async def test_one_process_says_how_the_house_stands(talk, house):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says("حولت المبلغ")
    talk.waits_for_a_human()
    await house.moves(hours=2)
    gauges = gauges_of(house.inside, house.clock)
    await gauges.look()
    await gauges.look_at_channels()
    numbers = await numbers_of(house)

    assert numbers["dealix_drafts", (("status", "held"),)] == 1
    assert 7_200 <= numbers["dealix_drafts_oldest_seconds", (("status", "held"),)] < 7_400
    assert numbers["dealix_drafts_overdue", ()] == 1
    assert numbers["dealix_sends_unknown", ()] == 0
    assert numbers["dealix_conversations_due", ()] == 0
    assert numbers["dealix_dead_letters", ()] == 0
    states = {labels for (name, labels) in numbers if name == "dealix_channels"}
    assert {dict(labels)["provider"] for labels in states} >= {"green_api", "ultramsg", "fonnte", "meta_cloud"}
    assert numbers["dealix_process_resident_memory_bytes", ()] > 10_000_000
    assert numbers["dealix_process_cpu_seconds_total", ()] > 0


async def test_no_metric_is_outside_the_catalogue_and_no_label_names_a_tenant_or_a_contact(talk, house):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    answer = await house.http.get("/metrics")
    exposed = list(text_string_to_metric_families(answer.text))
    families = {family.name for family in exposed}
    known = {metric.exposed.removesuffix("_total") for metric in METRICS} | {"target_info"}

    assert families <= known, families - known
    assert talk.phone not in answer.text and talk.conversation.id not in answer.text
    # "default" is also the intent of a message that means nothing special, in whichever test it was heard.
    named = {(k, v) for family in exposed for sample in family.samples for k, v in sample.labels.items()}
    assert {label for label, value in named if value == DEFAULT_TENANT} <= {"intent"}
    assert not {"tenant", "contact", "phone", "conversation"} & {label for label, _ in named}


def test_a_label_that_would_grow_without_end_says_other():
    class Nobody:
        def observe(self, *_what):
            return None

    board = Nobody()
    measures.begin(board)
    try:
        for _ in range(3 * VALUES_AT_MOST):
            measures.decided(f"made-up-{uuid.uuid4()}", "one_page")
    finally:
        measures.end(board)
    values = {labels["intent"] for _, labels in measures.readings(DECISIONS)}

    assert len(values) <= VALUES_AT_MOST + 1 and measures.OTHER in values


@pytest.mark.parametrize(
    ("headers", "client"),
    [({"x-forwarded-for": "203.0.113.7"}, "a proxy"), ({"forwarded": "for=203.0.113.7"}, "another proxy")],
)
async def test_what_a_proxy_passes_on_is_not_from_here(house, headers, client):
    answer = await house.http.get("/metrics", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "metrics_locked"), client


@asynccontextmanager
async def door(asker="127.0.0.1", page=b"dealix_build 1\n", **settings):
    """The door alone, asked from an address."""
    app = FastAPI()
    problem.install(app)
    app.include_router(metrics.router(lambda: page, Settings(_env_file=None, **settings)))
    transport = httpx.ASGITransport(app, client=(asker, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://dealix") as client:
        yield client


KEY = {"authorization": "Bearer a key for scraping"}


@pytest.mark.parametrize(
    ("asker", "settings", "headers", "status"),
    [
        ("127.0.0.1", {}, {}, 200),
        ("203.0.113.7", {}, {}, 401),
        ("127.0.0.1", {"DEALIX_HOST": "0.0.0.0"}, {}, 401),
        ("127.0.0.1", {"DEALIX_HOST": "dealix.example"}, {}, 401),
        ("::1", {"DEALIX_HOST": "::1"}, {}, 200),
        ("127.0.0.1", {"DEALIX_METRICS_KEY": "a key for scraping"}, {}, 401),
        ("127.0.0.1", {"DEALIX_METRICS_KEY": "a key for scraping"}, {"authorization": "Bearer another"}, 401),
        (
            "127.0.0.1",
            {"DEALIX_METRICS_KEY": "a key for scraping"},
            {"authorization": "Bearer مفتاح".encode()},
            401,
        ),
        ("203.0.113.7", {"DEALIX_METRICS_KEY": "a key for scraping"}, KEY, 200),
        ("203.0.113.7", {}, {"authorization": "Bearer "}, 401),
        ("203.0.113.7", {"DEALIX_METRICS": "open"}, {}, 200),
    ],
)
async def test_numbers_are_for_this_machine_for_the_key_or_for_everybody(asker, settings, headers, status):
    async with door(asker, **settings) as client:
        answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("dealix_build" in answer.text) == (status == 200)


async def test_where_nobody_keeps_numbers_the_door_says_so():
    async with door(page=None) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 404 and "DEALIX_METRICS" in answer.json()["message_en"]


async def test_no_token_of_a_tenant_opens_the_numbers_of_all(house):
    headers = {**house.token("admin"), "x-forwarded-for": "203.0.113.7"}
    assert (await house.http.get("/metrics", headers=headers)).status_code == 401
