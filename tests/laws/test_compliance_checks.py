"""Every check turns red for the one thing it is there to find, names it, and is green without it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.compliance.asked import Asked
from bot.compliance.checks import CHECKS
from bot.compliance.endpoints import endpoints_of
from bot.compliance.findings import Finding, Status
from bot.compliance.registers import ConsentRecord, DataRequest
from bot.compliance.sources import ChainReport, Route, Sources
from bot.compliance.walls import Probe
from bot.conversation import LogEntry
from bot.settings import Settings
from bot.store import TimelineEntry
from bot.tenants import TenantConfig

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TENANT = "acme"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def store(mongo_uri: str):
    """A database of this file; every test has a tenant of its own in it."""
    door = open_door(mongo_uri, f"compliance_{uuid4().hex[:12]}")
    store = MongoStore(door)
    await store.prepare()
    yield store
    await door.drop_database()
    await store.close()


class Records:
    """What happened in one tenant, written as the house writes it."""

    def __init__(self, store: MongoStore) -> None:
        self.store = store
        self.tenant = f"t{uuid4().hex[:12]}"
        self.sources = Sources(history=store.timeline, endpoints=lambda _: ())
        self._number = 0

    async def happened(
        self, what: str, ago: timedelta = timedelta(hours=1), *, who: str = "c1", cause: str = "", **data: Any
    ) -> str:
        self._number += 1
        entry = LogEntry(f"{who}:{self._number:08}:000", what, NOW - ago, cause, data)
        await self.store.timeline.add([TimelineEntry(self.tenant, who, entry)])
        return entry.id

    async def finds(self, check: str, at: datetime = NOW) -> Finding:
        return await CHECKS[check](Asked(self.tenant, at, self.sources))


@pytest.fixture
def records(store: MongoStore) -> Records:
    return Records(store)


def is_green(found: Finding, looked_at: int) -> None:
    assert (found.status, found.evidence) == (Status.COMPLIANT, ()), found
    assert found.numbers["looked_at"] == looked_at
    assert found.detail_en and found.detail_ar


def is_red(found: Finding, *evidence: str) -> None:
    assert found.status is Status.NON_COMPLIANT, found
    assert found.evidence == evidence
    assert found.detail_en and found.detail_ar


async def follow_up(records: Records, consent: str, ago: timedelta = timedelta(hours=1), draft: str = "d") -> str:
    await records.happened("draft_held", ago + timedelta(hours=2), draft=draft, step="first", why=[])
    await records.happened("draft_approved", ago + timedelta(hours=1), draft=draft, by="api:sami", grant="g")
    return await records.happened("attempt_started", ago, draft=draft, kind="follow_up", consent=consent)


async def reply(records: Records, ago: timedelta = timedelta(hours=1), cause: str = "m1") -> str:
    await records.happened("reply_queued_by_bot", ago, cause=cause, draft=f"d-{cause}", why=[])
    return await records.happened(
        "attempt_started", ago, cause=cause, draft=f"d-{cause}", kind="reply", consent=""
    )


# Consent before anything proactive


async def test_nothing_sent_is_green_and_says_so(records):
    found = await records.finds("proactive_sends_have_consent")

    is_green(found, 0)
    assert "nothing to look at" in found.detail_en


async def test_a_proactive_send_without_a_consent_is_found(records):
    await reply(records)
    await follow_up(records, "consent-1", draft="good")
    bad = await follow_up(records, "", draft="bad")

    is_red(await records.finds("proactive_sends_have_consent"), bad)


async def test_proactive_sends_with_a_consent_are_green(records):
    await reply(records)
    await follow_up(records, "consent-1")

    is_green(await records.finds("proactive_sends_have_consent"), 1)


async def test_thirty_days_are_judged_and_no_more(records):
    await follow_up(records, "", ago=timedelta(days=30, seconds=1), draft="old")
    is_green(await records.finds("proactive_sends_have_consent"), 0)

    bad = await follow_up(records, "", ago=timedelta(days=29, hours=23), draft="new")
    is_red(await records.finds("proactive_sends_have_consent"), bad)


async def test_a_proactive_send_of_this_very_moment_is_found(records):
    bad = await follow_up(records, "", ago=timedelta(0))

    is_red(await records.finds("proactive_sends_have_consent"), bad)


async def test_a_kind_that_nobody_knows_needs_a_consent_too(records):
    bad = await records.happened("attempt_started", draft="d", kind="campaign", consent="")

    is_red(await records.finds("proactive_sends_have_consent"), bad)


async def test_another_tenants_sends_are_not_ours(records, store):
    await follow_up(Records(store), "")

    is_green(await records.finds("proactive_sends_have_consent"), 0)


# A stop is a stop


async def stops(records: Records, ago: timedelta, *, took: timedelta = timedelta(seconds=2), who="c1") -> str:
    told = NOW - ago - took
    cause = f"stop-{who}-{ago}"
    await records.happened("message_received", ago, who=who, cause=cause, received_at=told)
    await records.happened("decided", ago, who=who, cause=cause, flags=["opt_out"], held=False)
    return await records.happened("opted_out", ago, who=who, cause=cause, reason="user_optout")


async def test_a_stop_with_its_one_confirmation_is_green(records):
    await stops(records, timedelta(hours=2))
    cause = f"stop-c1-{timedelta(hours=2)}"
    for _ in range(2):  # the first provider refused it, the second took it
        await records.happened(
            "attempt_started",
            timedelta(hours=2),
            cause=cause,
            draft="ok",
            kind="opt_out_confirmation",
            consent="",
        )

    is_green(await records.finds("opt_outs_are_honoured"), 1)


async def test_a_second_confirmation_is_found(records):
    await stops(records, timedelta(hours=2))
    cause = f"stop-c1-{timedelta(hours=2)}"
    await records.happened("attempt_started", timedelta(hours=2), cause=cause, draft="one", kind="reply")
    bad = await records.happened("attempt_started", timedelta(hours=1), cause=cause, draft="two", kind="reply")

    is_red(await records.finds("opt_outs_are_honoured"), bad)


async def test_the_receipt_of_a_data_request_may_follow_a_stop(records):
    await stops(records, timedelta(days=3))
    await records.happened("attempt_started", draft="d", kind="privacy_receipt", consent="")

    is_green(await records.finds("opt_outs_are_honoured"), 1)


async def test_a_send_after_a_stop_is_found_however_old_the_stop(records):
    await stops(records, timedelta(days=90))
    bad = await reply(records)

    is_red(await records.finds("opt_outs_are_honoured"), bad)


async def test_a_contact_of_the_suppression_list_is_silent_from_the_first_message(records):
    await records.happened("stage_moved", timedelta(hours=3), who="c2", after="qualifying", by="rules")
    await records.happened("stage_moved", timedelta(hours=2), after="opted_out", by="suppression_list")
    await records.happened("attempt_started", who="c2", draft="d", kind="reply")
    bad = await reply(records)

    is_red(await records.finds("opt_outs_are_honoured"), bad)


async def test_whoever_asked_for_messages_again_may_hear_from_us(records):
    await stops(records, timedelta(days=3))
    await records.happened("consent_renewed", timedelta(days=2), was="user_optout")
    await reply(records)

    is_green(await records.finds("opt_outs_are_honoured"), 1)


async def test_a_send_before_the_stop_and_to_somebody_else_is_green(records):
    await reply(records, timedelta(hours=3), cause="before")
    await stops(records, timedelta(hours=2))
    await records.happened("attempt_started", who="c2", draft="d", kind="reply")

    is_green(await records.finds("opt_outs_are_honoured"), 1)


async def test_a_stop_that_took_longer_than_a_minute_is_found(records):
    await stops(records, timedelta(hours=3), took=timedelta(seconds=60), who="c1")
    late = await stops(records, timedelta(hours=2), took=timedelta(seconds=61), who="c2")

    is_red(await records.finds("opt_outs_are_honoured"), late)


async def test_a_stop_that_was_understood_and_did_not_count_is_found(records):
    bad = await records.happened("decided", cause="m", flags=["opt_out"], held=False)

    is_red(await records.finds("opt_outs_are_honoured"), bad)


# A human says yes where one must


async def test_replies_approved_messages_and_tests_have_their_yes(records):
    await reply(records)
    await follow_up(records, "consent-1")
    await records.happened("draft_approved", timedelta(hours=2), draft="own", by="api:sami", grant="g")
    await records.happened("attempt_started", draft="own", kind="manual")
    await records.happened("test_send_ordered", timedelta(hours=2), draft="test", by="api:admin")
    await records.happened("attempt_started", draft="test", kind="test")

    is_green(await records.finds("sends_have_a_yes"), 4)


async def test_a_held_draft_that_left_without_a_yes_is_found(records):
    await records.happened("draft_held", timedelta(hours=2), draft="d", why=["hold.negotiation"])
    bad = await records.happened("attempt_started", draft="d", kind="reply")

    is_red(await records.finds("sends_have_a_yes"), bad)


async def test_a_yes_that_came_after_the_send_is_no_yes(records):
    await records.happened("draft_held", timedelta(hours=3), draft="d", why=[])
    bad = await records.happened("attempt_started", timedelta(hours=2), draft="d", kind="reply")
    await records.happened("draft_approved", timedelta(hours=1), draft="d", by="api:sami", grant="g")

    is_red(await records.finds("sends_have_a_yes"), bad)


async def test_a_yes_that_the_gate_took_back_is_no_yes(records):
    await records.happened("draft_approved", timedelta(hours=3), draft="d", by="api:sami", grant="g")
    await records.happened("gate_refused", timedelta(hours=2), draft="d", code="other_text", next="hold")
    bad = await records.happened("attempt_started", draft="d", kind="manual")

    is_red(await records.finds("sends_have_a_yes"), bad)


async def test_a_reply_that_left_by_itself_though_the_rules_held_it_is_found(records):
    await records.happened("decided", timedelta(hours=1), cause="m1", held=True)
    bad = await reply(records, cause="m1")

    is_red(await records.finds("sends_have_a_yes"), bad)


async def test_a_yes_of_nobody_is_no_yes(records):
    await records.happened("draft_approved", timedelta(hours=2), draft="d", by="", grant="g")
    bad = await records.happened("attempt_started", draft="d", kind="manual")

    is_red(await records.finds("sends_have_a_yes"), bad)


# Reasons


async def test_a_decision_without_reasons_or_without_a_book_is_found(records):
    await records.happened("decided", because=[{"rule": "greets"}], book_version="b1")
    bare = await records.happened("decided", because=[], book_version="b1")
    no_book = await records.happened("decided", because=[{"rule": "greets"}])

    is_red(await records.finds("decisions_are_explained"), bare, no_book)


async def test_decisions_with_reasons_are_green(records):
    await records.happened("decided", because=[{"rule": "greets"}], book_version="b1")

    is_green(await records.finds("decisions_are_explained"), 1)


# What other rooms keep


class Consents:
    """A register of consents."""

    def __init__(self, *records: ConsentRecord) -> None:
        self._records = records

    async def granted(self, tenant_id: str) -> Sequence[ConsentRecord]:
        return self._records

    async def by_ids(self, tenant_id: str, ids: Sequence[str]) -> Sequence[ConsentRecord]:
        return [r for r in self._records if r.id in ids]


def consent(**more: Any) -> ConsentRecord:
    given = NOW - timedelta(days=30)
    whole = ConsentRecord("consent-1", "sales", "whatsapp", "chat", given, given + timedelta(days=365))
    return replace(whole, **more)


@pytest.mark.parametrize("missing", ["purpose", "channel", "source"])
async def test_a_consent_that_is_not_specific_is_found(records, missing):
    records.sources = replace(records.sources, consents=Consents(consent(), consent(id="vague", **{missing: ""})))

    is_red(await records.finds("consents_are_specific"), "vague")


async def test_specific_consents_are_green(records):
    records.sources = replace(records.sources, consents=Consents(consent()))

    is_green(await records.finds("consents_are_specific"), 1)
    is_green(await records.finds("consents_expire"), 1)


@pytest.mark.parametrize("ends", [None, NOW + timedelta(days=400)])
async def test_a_consent_without_an_end_within_a_year_is_found(records, ends):
    records.sources = replace(records.sources, consents=Consents(consent(expires_at=ends)))

    is_red(await records.finds("consents_expire"), "consent-1")


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": NOW - timedelta(hours=2)},
        {"ended_at": NOW - timedelta(hours=2)},
        {"granted_at": NOW - timedelta(minutes=1), "expires_at": NOW + timedelta(days=3)},
        {"id": "another"},
    ],
)
async def test_a_message_that_rested_on_no_consent_in_force_is_found(records, change):
    records.sources = replace(records.sources, consents=Consents(consent(**change)))
    bad = await follow_up(records, "consent-1")

    is_red(await records.finds("consents_expire"), bad)


class Requests:
    """A register of requests by data subjects."""

    def __init__(self, *requests: DataRequest) -> None:
        self._requests = requests

    async def requests(self, tenant_id: str) -> Sequence[DataRequest]:
        return self._requests


@pytest.mark.parametrize(
    ("check", "kind"),
    [
        ("access_requests_are_on_time", "access"),
        ("access_requests_are_on_time", "correction"),
        ("access_requests_are_on_time", "restriction"),
        ("deletion_requests_are_on_time", "deletion"),
    ],
)
async def test_an_overdue_request_is_found_from_the_moment_it_is_due(records, check, kind):
    done = DataRequest("done", kind, NOW - timedelta(days=1), closed_at=NOW - timedelta(days=2))
    records.sources = replace(records.sources, requests=Requests(DataRequest("r1", kind, NOW), done))

    is_green(await records.finds(check, NOW - timedelta(milliseconds=1)), 2)
    is_red(await records.finds(check, NOW), "r1")


class Chain:
    """A chain that says of itself whether it is whole."""

    def __init__(self, report: ChainReport) -> None:
        self._report = report

    async def verify(self, tenant_id: str) -> ChainReport:
        return self._report


@pytest.mark.parametrize(
    ("check", "room"), [("consent_chain_holds", "consent_chain"), ("audit_chain_holds", "audit_chain")]
)
async def test_a_broken_chain_is_found_at_its_first_broken_link(records, check, room):
    records.sources = replace(records.sources, **{room: Chain(ChainReport(7, ""))})
    is_green(await records.finds(check), 7)

    records.sources = replace(records.sources, **{room: Chain(ChainReport(7, "e3", why="changed"))})
    is_red(await records.finds(check), "e3")

    records.sources = replace(records.sources, **{room: Chain(ChainReport(0, "", unsealed=9))})
    assert (await records.finds(check)).status is Status.NOT_ASSESSED


# The system itself

HTTPS = {
    "DEALIX_PUBLIC_URL": "https://bot.example",
    "MONGODB_URI": "mongodb://dealix:pw-of-mongo@db.example/?tls=true",
    "GREEN_API_URL": "https://api.green.example",
    "GREEN_API_INSTANCE_ID": "1",
    "GREEN_API_TOKEN": "token-of-green",
}


def configured(**more: str) -> Any:
    settings = Settings(_env_file=None, **{**HTTPS, **more})
    channel = {"id": "green_api", "provider": "green_api", "url": settings.green_api_url, "token": "x"}
    tenant = TenantConfig(id=TENANT, name="Acme", channels=(channel,))
    return lambda _: endpoints_of(settings, tenant)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"MONGODB_URI": ""},
        {"MONGODB_URI": "mongodb+srv://db.example/"},
        {"MONGODB_URI": "mongodb://127.0.0.1:27017,[::1]:27018/?replicaSet=rs0"},
    ],
)
async def test_encrypted_addresses_and_a_database_on_this_machine_are_green(records, more):
    records.sources = replace(records.sources, endpoints=configured(**more))

    is_green(await records.finds("configured_addresses_use_tls"), 3)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"DEALIX_PUBLIC_URL": "http://bot.example"}, "public_url: http://bot.example"),
        ({"GREEN_API_URL": "http://127.0.0.1:9"}, "green_api: http://127.0.0.1"),
        (
            {"MONGODB_URI": "mongodb://u:pw-of-mongo@db.example,127.0.0.1/"},
            "mongodb: mongodb://db.example,127.0.0.1",
        ),
        (
            {"MONGODB_URI": "mongodb+srv://u:pw-of-mongo@db.example/?tls=false"},
            "mongodb: mongodb+srv://db.example",
        ),
        (
            {"MONGODB_URI": "mongodb://u:pw-of-mongo@db.example/?tls=true&tlsInsecure=true"},
            "mongodb: mongodb://db.example",
        ),
    ],
)
async def test_an_address_without_encryption_is_found_and_its_secrets_are_not_shown(records, more, named):
    records.sources = replace(records.sources, endpoints=configured(**more))

    found = await records.finds("configured_addresses_use_tls")

    is_red(found, named)
    assert "pw-of-mongo" not in repr(found)


async def test_without_a_public_address_nobody_knows(records):
    records.sources = replace(records.sources, endpoints=configured(DEALIX_PUBLIC_URL=""))

    found = await records.finds("configured_addresses_use_tls")

    assert found.status is Status.NOT_ASSESSED and "DEALIX_PUBLIC_URL" in found.detail_ar


async def test_a_door_that_asks_nobody_is_found(records):
    doors = [
        Route("/healthz", ("GET",), asks_who=False),
        Route("/webhooks/{channel_id}", ("POST",), asks_who=False),
        Route("/api/v1/drafts", ("GET",), asks_who=True),
    ]
    records.sources = replace(records.sources, routes=lambda: doors)
    is_green(await records.finds("routes_ask_who_calls"), 3)

    doors.append(Route("/api/v1/secrets", ("GET",), asks_who=False))
    is_red(await records.finds("routes_ask_who_calls"), "/api/v1/secrets")


async def test_the_walls_of_the_real_database_hold(records, store):
    records.sources = replace(records.sources, isolation=store.isolation)

    found = await records.finds("tenants_are_kept_apart")

    assert found.status is Status.COMPLIANT and found.numbers["looked_at"] >= 7, found


async def test_a_collection_that_takes_rows_of_nobody_is_found(records, mongo_uri):
    door = open_door(mongo_uri, f"open_{uuid4().hex[:12]}")
    own = MongoStore(door)
    await own.prepare()
    await door.command("create", "loose")
    records.sources = replace(records.sources, isolation=own.isolation)

    found = await records.finds("tenants_are_kept_apart")
    await door.drop_database()
    await own.close()

    is_red(found, "a row without a tenant in loose")


async def test_a_way_out_of_a_tenant_is_found(records):
    class Leaky:
        async def probe(self, tenant_id: str) -> Sequence[Probe]:
            return [Probe("a wall", is_refused=True), Probe("a hole", is_refused=False)]

        async def collections(self) -> Sequence[str]:
            return ["conversations", "invoices"]

    records.sources = replace(records.sources, isolation=Leaky())

    is_red(await records.finds("tenants_are_kept_apart"), "a hole")
    assert (await records.finds("no_invoices_are_issued")).status is Status.NOT_ASSESSED


async def test_invoices_do_not_apply_while_there_are_none(records, store):
    records.sources = replace(records.sources, isolation=store.isolation)

    assert (await records.finds("no_invoices_are_issued")).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    "check",
    [
        "consents_are_specific",
        "consents_expire",
        "access_requests_are_on_time",
        "deletion_requests_are_on_time",
        "consent_chain_holds",
        "audit_chain_holds",
        "routes_ask_who_calls",
        "tenants_are_kept_apart",
    ],
)
async def test_a_room_that_is_not_there_is_not_assessed_with_the_reason(records, check):
    found = await records.finds(check)

    assert found.status is Status.NOT_ASSESSED
    assert found.detail_en and found.detail_ar
