"""
Two tenants in one house, each with one of everything, and the same phone, message ids and keys in both.

    A route with an id of a new kind in its address needs a line in `THINGS`: who makes one.
    A route that acts without an id in its address needs a line in `ACTS`: a body with ids of the other.

Everything else is found in the running application: a list, or one more verb on a thing, needs no line.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
from bson import BSON
from fastapi.routing import iter_route_contexts
from pymongo import AsyncMongoClient

from bot.booking.booking import Booking
from bot.campaigns.campaign import Campaign, CampaignContact, CampaignStatus, ContactStatus
from bot.onboarding.checklist import Checklist, Item
from bot.outputs.offer_models import DailyPilotReport
from bot.outputs.provenance import Source, provenance
from bot.payments.request import PaymentRequest
from bot.people import Human
from bot.pilots.room import id_of
from bot.proposals.proposal import Line, Proposal
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn
from bot.store import Raw
from bot.workbench.editions import Edition, How
from rules.policies.zones import RIYADH
from tests.fakes.telegram import FakeTelegram
from tests.fakes.whatsapp import ACCOUNTS, Accounts, FakeWhatsApp, bodies
from tests.house.clock import Clock
from tests.house.running import RunningHouse, eventually, running, settings_for

FIRST, SECOND = "default", "other"
PHONE = "966555000111"
MESSAGE_ID = "3EB0FFFFFFFFFFFFFFFF"
SHARED_KEY = "the-same-key-in-both"

ROLES = ("admin", "approver", "rules_editor", "executive", "agent", "service", "dpo")

# Each tenant's own words: none of them may ever be read by the other.
MARKS = {FIRST: "سر-المنشأة-الأولى", SECOND: "سر-المنشأة-الثانية"}

HOOKS = {FIRST: ACCOUNTS, SECOND: Accounts(green_webhook_token="green-hook-of-the-second")}
CHANNELS = {FIRST: "green_api", SECOND: "other_green"}
APPROVERS = {FIRST: 1001, SECOND: 2002}

_TENANT = """
  - id: {id}
    name: Tenant {id}
    approvers: [{approver}]
    test_numbers: ["{phone}"]
    channels:
      - {{id: {channel}, provider: green_api, url: "{url}", instance_id: "{instance}", token: "{token}",
         webhook_secret: "{secret}"}}
"""

# What the house writes by itself, whoever asks what.
_BY_ITSELF = frozenset({"seals", "anchors", "marks", "seen", "channel_watches", "idempotency_keys"}) | frozenset(
    {"connectors", "connector_history", "connector_calls", "contradiction_cursors"}
)
_SEALING = frozenset({"open", "seal", "salt", "data_hash"})


@dataclass
class Belongings:
    """One of everything that a tenant has: "collection/parameter" of the address -> id."""

    tenant_id: str
    ids: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> str:
        """`theirs.draft`: the id of a kind of thing."""
        return self.ids[_KINDS[name]]

    def named(self, words: str, **more: str) -> str:
        """`/contact {conversation}` with the ids of these things."""
        ids = {name: self.ids.get(kind, "") for name, kind in _KINDS.items()}
        return words.format(**ids, mark=MARKS[self.tenant_id], **more)


_KINDS = {
    "conversation": "conversations/conversation_id",
    "draft": "drafts/draft_id",
    "change": "changes/change_id",
    "partner": "partners/partner_id",
    "scan": "scans/scan_id",
    "pack": "evidence-packs/pack_id",
    "user": "users/user_id",
    "key": "keys/key_id",
    "approval": "approvals/approval_id",
    "alert": "alerts/alert_id",
    "request": "data-requests/request_id",
    "run": "runs/workflow_run_id",
    "message": "trace/correlation_id",
    "job": "bulk/job_id",
    "campaign": "campaigns/campaign_id",
    "article": "articles/article_id",
    "golden_path": "golden-path/golden_path_id",
    "contradiction": "contradictions/contradiction_id",
}


class Street:
    """The house, and its two tenants."""

    def __init__(self, house: RunningHouse, telegram: FakeTelegram) -> None:
        self.house = house
        self.telegram = telegram
        self.people = {
            tenant: telegram.person(chat, f"Approver of {tenant}") for tenant, chat in APPROVERS.items()
        }
        self.first = Belongings(FIRST)
        self.second = Belongings(SECOND)

    async def asks(
        self, tenant: str, role: str, method: str, path: str, body: Any = None, **more: Any
    ) -> httpx.Response:
        """Somebody of a tenant, whom nobody has counted requests of yet."""
        lasts = timedelta(hours=1)
        keyring = self.house.inside.keyring
        token = keyring.issue(tenant, role, datetime.now(UTC), lasts, f"{role}-{uuid4().hex[:8]}")
        headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
        return await self.house.http.request(method, path, json=body, headers=headers, **more)

    async def makes(self, tenant: str, role: str, path: str, body: Any, method: str = "POST") -> Any:
        answer = await self.asks(tenant, role, method, path, body)
        assert answer.status_code < 300, (path, answer.status_code, answer.text)
        return answer.json()

    async def everything_of(self, tenant: str) -> dict[str, dict[Any, bytes]]:
        """Every row of a tenant, byte for byte, without what the house writes by itself."""
        settings = self.house.settings
        async with AsyncMongoClient(settings.mongodb_uri.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            names = set(await database.list_collection_names()) - _BY_ITSELF
            return {name: await _rows(database[name], tenant) for name in sorted(names)}

    async def rests(self) -> None:
        """Until nothing is in hand and everything is copied."""
        await self.house.settles()
        await self.house.inside.relay.flush()

    async def is_quiet(self) -> None:
        """Until the cards hang where they belong, and nobody writes anything any more."""
        deadline, quiet = time.monotonic() + 60, 0
        for job in (*self.house.inside.trust.jobs(), *self.house.inside.rooms.jobs()):
            await job.work()
        while quiet < 3:
            before = await self.everything_of(FIRST), await self.everything_of(SECOND)
            await asyncio.sleep(1.5)
            await self.rests()
            after = await self.everything_of(FIRST), await self.everything_of(SECOND)
            quiet = quiet + 1 if before == after else 0
            assert time.monotonic() < deadline, "somebody writes all the time"

    def routes(self) -> list[tuple[str, str]]:
        """(method, path) of every door of the application, also of those that were added after it started."""
        found = {
            (method, context.path)
            for context in iter_route_contexts(self.house.app.routes)
            for method in (getattr(context, "methods", None) or ())
            if method not in ("HEAD", "OPTIONS")
        }
        return sorted(found, key=lambda route: (route[1], route[0]))


async def _rows(collection: Any, tenant: str) -> dict[Any, bytes]:
    found = {}
    async for row in collection.find({"tenant_id": tenant}):
        told = {
            name: value for name, value in row.items() if collection.name != "timeline" or name not in _SEALING
        }
        found[row["_id"]] = BSON.encode(told)
    return found


async def open_street(stack: Any, mongo_uri: str, folder: Path) -> Street:
    """Start the house, and let both tenants settle in."""
    fake = await stack.enter_async_context(FakeWhatsApp())
    telegram = await stack.enter_async_context(FakeTelegram())
    tenants = folder / "tenants.yml"
    lines = [
        _TENANT.format(
            id=tenant,
            approver=APPROVERS[tenant],
            phone=PHONE,
            channel=CHANNELS[tenant],
            url=fake.url,
            instance=ACCOUNTS.green_instance,
            token=ACCOUNTS.green_token,
            secret=HOOKS[tenant].green_webhook_token,
        )
        for tenant in (FIRST, SECOND)
    ]
    tenants.write_text("tenants:" + "".join(lines), encoding="utf-8")
    settings = settings_for(
        fake.url,
        mongo_uri,
        f"street_{uuid4().hex[:12]}",
        folder / "data",
        DEALIX_TENANTS_FILE=tenants,
        TELEGRAM_BOT_TOKEN=telegram.token,
        TELEGRAM_API_URL=telegram.url,
        TELEGRAM_APPROVER_IDS=(APPROVERS[FIRST],),
    )
    house = await stack.enter_async_context(running(settings, fake, Clock()))
    street = Street(house, telegram)
    for belongings in (street.first, street.second):
        for make in THINGS:
            await make(street, belongings)
        await street.rests()
    await eventually(lambda: house.inside.telegram is not None)
    await street.is_quiet()
    return street


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def street(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """One house with two tenants for all tests of isolation."""
    async with AsyncExitStack() as stack:
        yield await open_street(stack, mongo_uri, tmp_path_factory.mktemp("street"))


Maker = Callable[[Street, Belongings], Awaitable[None]]


async def _a_week(street: Street, mine: Belongings) -> None:
    """The pack of the last week that is over."""
    today = street.house.clock().astimezone(ZoneInfo(RIYADH)).date()
    sunday = today - timedelta(days=(today.weekday() + 1) % 7 + 7)
    await street.makes(
        mine.tenant_id, "admin", "/api/v1/executive-room/weekly-pack", {"week": sunday.isoformat()}
    )


async def _a_contact_whose_answer_waits(street: Street, mine: Belongings) -> None:
    tenant = mine.tenant_id
    for number, words in enumerate((f"السلام عليكم {MARKS[tenant]}", "حولت المبلغ")):
        webhook = bodies.text(
            "green_api",
            words,
            phone=PHONE,
            message_id=f"{MESSAGE_ID}{number}",
            at=street.house.clock(),
            name=MARKS[tenant],
            accounts=HOOKS[tenant],
        )
        answer = await street.house.is_told(CHANNELS[tenant], webhook)
        assert answer.status_code == 200, answer.text
        await street.rests()
    conversation = await street.house.inside.store.conversations.by_key(tenant, f"phone:{PHONE}")
    assert conversation is not None
    held = [draft for draft in conversation.outbox if draft.status == "held"]
    mine.ids |= {"conversations/conversation_id": conversation.id, "deals/conversation_id": conversation.id}
    mine.ids |= {"drafts/draft_id": held[0].id, "consents/contact": conversation.id, "media/ref": "1"}
    mine.ids |= {"trace/correlation_id": held[0].correlation_id}


async def _a_change_of_the_rules(street: Street, mine: Belongings) -> None:
    made = await street.makes(
        mine.tenant_id, "rules_editor", "/api/v1/rules/changes", {"title": MARKS[mine.tenant_id]}
    )
    mine.ids["changes/change_id"] = made["id"]


async def _an_edition(street: Street, mine: Belongings) -> None:
    number = {FIRST: 1, SECOND: 2}[mine.tenant_id]
    noura = Human("console:noura", "Noura")
    edition = Edition(
        mine.tenant_id, number, "v", {}, How.PUBLISHED, MARKS[mine.tenant_id], noura, noura, street.house.clock()
    )
    await street.house.inside.store.rulebooks.add_edition(edition)
    mine.ids["history/number"] = str(number)


async def _an_approval_and_an_alert(street: Street, mine: Belongings) -> None:
    trust, mark = street.house.inside.trust, MARKS[mine.tenant_id]
    asked = await trust.centre.ask(
        mine.tenant_id,
        kind="proposal",
        action="send_proposal",
        resource="proposal:1",
        content_sha256=hashlib.sha256(mark.encode()).hexdigest(),
        recipient=f"conversation:{mine.conversation}",
        title_en=mark,
        title_ar=mark,
        summary_en=mark,
        summary_ar=mark,
        requested_by=Human("user:noura", "Noura"),
        correlation_id="c-1",
    )
    mine.ids["approvals/approval_id"] = asked.id
    await trust.alerts.tell(mine.tenant_id, "draft_overdue", mark, mark, "", SHARED_KEY, audience=ROLES)
    (alert, *_) = await trust.alerts.latest(mine.tenant_id, 1)
    mine.ids["alerts/alert_id"] = alert.id


async def _somebody_who_may(street: Street, mine: Belongings) -> None:
    tenant, mark = mine.tenant_id, MARKS[mine.tenant_id]
    user = await street.makes(tenant, "admin", "/api/v1/users", {"name": mark, "roles": ["approver"]})
    key = await street.makes(tenant, "admin", "/api/v1/keys", {"name": mark, "scopes": ["os"]})
    mine.ids |= {"users/user_id": user["id"], "keys/key_id": key["id"]}
    now = street.house.clock()
    span = {"from_at": now.isoformat(), "until_at": (now + timedelta(days=2)).isoformat()}
    lent = {"to_id": "user:huda", "to_name": mark, "reason": mark, **span}
    delegation = await street.makes(tenant, "approver", "/api/v1/delegations", lent)
    standing = await street.makes(tenant, "approver", "/api/v1/standing-approvals", {"title": mark, **span})
    mine.ids |= {"delegations/delegation_id": delegation["id"], "standing-approvals/standing_id": standing["id"]}


async def _what_compliance_knows(street: Street, mine: Belongings) -> None:
    tenant, mark = mine.tenant_id, MARKS[mine.tenant_id]
    scan = await street.makes(tenant, "dpo", "/api/v1/compliance/scan", {})
    mine.ids["scans/scan_id"] = scan.get("id") or scan["scan_id"]
    grant = {
        "contact": mine.conversation,
        "channel": "whatsapp",
        "purpose": "marketing",
        "basis": "explicit_consent",
        "evidence_ref": mark,
    }
    await street.makes(tenant, "admin", "/api/v1/consents", grant)
    wish = {"kind": "access", "contact": mine.conversation, "note": mark}
    request = await street.makes(tenant, "dpo", "/api/v1/data-requests", wish)
    mine.ids["data-requests/request_id"] = request.get("id") or request["request_id"]


async def _what_is_shared(street: Street, mine: Belongings) -> None:
    tenant, mark = mine.tenant_id, MARKS[mine.tenant_id]
    signed = {"agreement": "signed", "agreement_ref": "a", "agreed_on": "2026-01-01"}
    partner = {"name": mark, "country": "SA", "contact_name": mark, "contact_email": "p@example.com", **signed}
    made = await street.makes(tenant, "dpo", "/api/v1/partners", partner)
    mine.ids["partners/partner_id"] = made.get("id") or made["partner_id"]
    ask = {
        "partner_id": mine.partner,
        "data_categories": ["contact_name"],
        "contact_ids": [mine.conversation],
        "purpose": mark,
    }
    shared = await street.asks(tenant, "dpo", "POST", "/api/v1/sharing", ask)
    listed = (await street.asks(tenant, "dpo", "GET", "/api/v1/sharing")).json()
    requests = listed.get("requests") or listed.get("sharing")
    assert requests, (shared.text, listed)
    mine.ids["sharing/request_id"] = requests[0].get("id") or requests[0]["request_id"]


async def _a_pack(street: Street, mine: Belongings) -> None:
    body = {"type": "compliance_audit", "entity_id": mine.scan}
    made = await street.makes(mine.tenant_id, "admin", "/api/v1/evidence-packs/assemble", body)
    mine.ids["evidence-packs/pack_id"] = made["pack_id"]


async def _a_typed_result(street: Street, mine: Belongings) -> None:
    body = {"conversation_id": mine.conversation, "trace_id": MARKS[mine.tenant_id]}
    made = await street.makes(mine.tenant_id, "admin", "/api/v1/structured-outputs/lead-score-card", body)
    mine.ids["structured-outputs/output_id"] = made["output_id"]


async def _a_receipt(street: Street, mine: Belongings) -> None:
    await street.rests()
    answer = await street.asks(mine.tenant_id, "admin", "GET", "/api/v1/receipts")
    mine.ids["receipts/receipt_id"] = answer.json()["receipts"][0]["receipt_id"]


async def _a_run(street: Street, mine: Belongings) -> None:
    tasks = (await street.asks(mine.tenant_id, "admin", "GET", "/api/v1/tasks")).json()["tasks"]
    for task in tasks:
        body = {"payload": {}, "correlation_id": "c-1"}
        answer = await street.asks(mine.tenant_id, "admin", "POST", f"/api/v1/tasks/{task['name']}", body)
        if "run_id" in answer.text:
            break
    runs = (await street.asks(mine.tenant_id, "admin", "GET", "/api/v1/tasks/runs")).json()["runs"]
    assert runs, "no task left a run"
    mine.ids["runs/run_id"] = runs[0].get("id") or runs[0]["run_id"]


async def _a_durable_run(street: Street, mine: Belongings) -> None:
    """One that failed and can be retried, and beside it a body that nobody understands."""
    runs = street.house.inside.trust.runs
    name = f"probe_{mine.tenant_id}"

    async def fail(_: Turn) -> Next:
        raise GiveUp(MARKS[mine.tenant_id], MARKS[mine.tenant_id])

    if runs.flows.of(name, 1) is None:
        runs.register(Flow(name, 1, (Step("fail", fail),)))
    state = {"mark": MARKS[mine.tenant_id]}
    run = await runs.start_run(
        mine.tenant_id, name, run_id=f"run-of-{mine.tenant_id}", state=state, by=Human("api:x", "x")
    )
    mine.ids["runs/workflow_run_id"] = run.id
    for _ in range(1_000):
        if (await runs.get(mine.tenant_id, run.id)).may_retry:
            break
        await asyncio.sleep(0.02)
    raw = Raw(
        id=f"{CHANNELS[mine.tenant_id]}:{MARKS[mine.tenant_id]}",
        tenant_id=mine.tenant_id,
        channel=CHANNELS[mine.tenant_id],
        reason="nobody knows",
        body=MARKS[mine.tenant_id].encode(),
        received_at=datetime.now(UTC),
    )
    await street.house.inside.store.quarantine.keep(raw)
    dead = (await street.asks(mine.tenant_id, "admin", "GET", "/api/v1/runs/dead")).json()
    mine.ids["dead/event_id"] = dead["events"][0]["event_id"]


async def _an_import(street: Street, mine: Belongings) -> None:
    """The same row in both tenants; what one has imported is no duplicate of the other's."""
    row = {"phone": "966555000222", "message": MARKS[mine.tenant_id], "external_id": SHARED_KEY}
    body = {"rows": [row], "mode": "create_drafts", "source": "crm"}
    job = await street.makes(mine.tenant_id, "admin", "/api/v1/bulk", body)
    for _ in range(1_000):
        seen = (await street.asks(mine.tenant_id, "admin", "GET", f"/api/v1/bulk/{job['id']}")).json()
        if seen["status"] == "done":
            break
        await asyncio.sleep(0.02)
    assert seen["counts"]["ok"] == 1, seen
    mine.ids["bulk/job_id"] = job["id"]


async def _a_campaign(street: Street, mine: Belongings) -> None:
    """One of each tenant, of the same name, to the same phone; neither number of the street carries templates."""
    now = datetime.now(UTC)
    campaign = Campaign(
        id=f"CAMPAIGN{mine.tenant_id}",
        tenant_id=mine.tenant_id,
        name=MARKS[mine.tenant_id],
        template="see_it_yourself",
        language="ar",
        channel=CHANNELS[mine.tenant_id],
        category="marketing",
        words_sha256="0" * 64,
        audience_sha256="1" * 64,
        by=Human(f"api:{mine.tenant_id}", "x"),
        created_at=now,
        expires_at=now + timedelta(days=1),
        total=1,
        status=CampaignStatus.WAITING,
    )
    contact = CampaignContact(
        mine.tenant_id, campaign.id, 0, mine.conversation, ContactStatus.PENDING, campaign.expires_at
    )
    assert await street.house.inside.store.campaigns.add(campaign, [contact])
    mine.ids["campaigns/campaign_id"] = campaign.id


async def _a_golden_path(street: Street, mine: Belongings) -> None:
    """One that people refused: a run that waits looks for its answer again and again, and never rests."""
    body = {"partner_name": MARKS[mine.tenant_id], "run_id": f"path-{mine.tenant_id}"}
    path = await street.makes(mine.tenant_id, "admin", "/api/v1/golden-path/run", body)
    approval = f"/api/v1/approvals/{path['steps']['3']['approval_id']}"
    seen = (await street.asks(mine.tenant_id, "approver", "GET", approval)).json()
    await street.makes(mine.tenant_id, "approver", f"{approval}/reject", {"v": seen["v"]})
    mine.ids["golden-path/golden_path_id"] = path["id"]


async def _a_contradiction(street: Street, mine: Belongings) -> None:
    mark = MARKS[mine.tenant_id]
    body = {"source_a": mark, "claim_a": mark, "source_b": "the same in both", "claim_b": "the same in both"}
    made = await street.makes(mine.tenant_id, "dpo", "/api/v1/contradictions", body)
    mine.ids["contradictions/contradiction_id"] = made["id"]


async def _what_is_offered(street: Street, mine: Belongings) -> None:
    """Kept directly: what waits for people looks for its answer again and again, and never rests."""
    tenant, mark, store, now = mine.tenant_id, MARKS[mine.tenant_id], street.house.inside.store, datetime.now(UTC)
    who, day = Human(f"api:{tenant}", mark), {FIRST: date(2026, 1, 5), SECOND: date(2026, 1, 6)}[tenant]
    proposal = Proposal(
        id=f"proposal-of-{tenant}",
        tenant_id=tenant,
        conversation_id=mine.conversation,
        language="ar",
        customer=mark,
        answers={"follow_up_problem": mark},
        lines=(Line("starter", mark, mark, 1, 100_000),),
        discount_percent=0,
        discount_reason="",
        price_list_sha256="0" * 64,
        book_version="v",
        issued_at=now,
        valid_until=now + timedelta(days=14),
        note=mark,
        made_by=who,
        paper_sha256="1" * 64,
    )
    assert await store.proposals.add(proposal)
    await store.proposals.keep_paper(proposal, "1" * 64, mark.encode())
    request = PaymentRequest(
        f"request-of-{tenant}",
        tenant,
        mine.conversation,
        100_000,
        "SAR",
        "bank_transfer",
        "ar",
        proposal.id,
        who,
        now,
        now + timedelta(days=30),
    )
    assert await store.payments.add(request)
    step = Item(f"step-of-{tenant}", mark, mark, "agent", now)
    assert await store.onboarding.add(Checklist(tenant, mine.conversation, (step,), who, now))
    numbers = dict.fromkeys(
        (
            *("messages_received", "messages_sent", "messages_failed", "answered", "bookings"),
            *("meetings_held", "no_shows", "cancellations", "human_decisions"),
        ),
        0,
    )
    at = datetime(2026, 1, 7, tzinfo=UTC)
    report = DailyPilotReport(
        tenant_id=tenant,
        conversation_id=mine.conversation,
        day=day,
        pilot_began_on=day,
        pilot_day=1,
        waits_for_an_answer=False,
        median_response_seconds=None,
        longest_response_seconds=None,
        onboarding_done=None,
        onboarding_items=None,
        provenance=provenance(by="x/1", now=at, sources=(Source(kind="timeline", id=mark, at=at),)),
        **numbers,
    )
    outputs = street.house.inside.trust.evidence.outputs
    await outputs.keep(tenant, mine.conversation, report, id_of(mine.conversation, day))
    mine.ids |= {"proposals/proposal_id": proposal.id, "requests/request_id": request.id}
    mine.ids |= {"onboarding/conversation_id": mine.conversation, "items/item_id": step.id}
    mine.ids |= {"pilots/conversation_id": mine.conversation, "reports/day": day.isoformat()}


async def _an_article(street: Street, mine: Belongings) -> None:
    mark = MARKS[mine.tenant_id]
    body = {"id": f"article-of-{mine.tenant_id}", "ar": {"title": mark, "body": mark}, "tags": [mark]}
    made = await street.makes(mine.tenant_id, "rules_editor", "/api/v1/knowledge/articles", body)
    mine.ids["articles/article_id"] = made["id"]


async def _a_meeting_and_an_action(street: Street, mine: Belongings) -> None:
    """At one time in both tenants, whose calendars are each their own."""
    now, house = street.house.clock(), street.house.inside
    booking = Booking(
        id=f"booking-of-{mine.tenant_id}",
        tenant_id=mine.tenant_id,
        conversation_id=mine.conversation,
        source="calendar",
        status="booked",
        created_at=now,
        updated_at=now,
        start_at=datetime(2027, 1, 5, 9, tzinfo=UTC),
        slot="2027-01-05T09:00:00Z",
        uid=f"{mine.tenant_id}@dealix",
        email="noura@example.com",
        reason=MARKS[mine.tenant_id],
    )
    assert await house.store.bookings.add(booking)
    mine.ids["bookings/booking_id"] = booking.id
    path = f"/api/v1/conversations/{mine.conversation}/actions/log_activity"
    body = {"facts": {"note": MARKS[mine.tenant_id]}, "correlation_id": SHARED_KEY}
    made = await street.makes(mine.tenant_id, "admin", path, body)
    mine.ids["actions/action_id"] = made["id"]


THINGS: tuple[Maker, ...] = (
    _a_contact_whose_answer_waits,
    _a_change_of_the_rules,
    _an_edition,
    _an_approval_and_an_alert,
    _somebody_who_may,
    _what_compliance_knows,
    _what_is_shared,
    _a_pack,
    _a_typed_result,
    _a_receipt,
    _a_run,
    _a_durable_run,
    _an_import,
    _a_campaign,
    _an_article,
    _what_is_offered,
    _a_contradiction,
    _a_golden_path,
    _a_meeting_and_an_action,
    _a_week,
)

# Addresses that name something which is the same for everybody.
CONTROL = "PDPL-C01"
FOR_EVERYBODY = {
    "controls/control_id": CONTROL,
    "connectors/key": "fonnte",
    "schemas/kind": "lead_score_card",
    "behind/definition_id": "pipeline_value",
    "targets/metric": "revenue",
    "revenue/period": "2026-11",
    "tasks/name": "*",
    "actions/name": "log_activity",
    "calendly/page": "*",
    "webhooks/channel_id": "*",
    "payments/provider": "*",
    "offers/token": "*",
    "pay/token": "*",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A request without an id in its address, whose body or query names what is another tenant's."""

    body: Callable[[Belongings], Any] = lambda _theirs: None
    answers: frozenset[int] = frozenset({403, 404})
    """What it may be answered with; 2xx where it is only about the caller's own."""


MINE = frozenset({200, 201, 202, 403, 404})


def _to_theirs(theirs: Belongings) -> dict[str, Any]:
    return {"name": "x", "template": "see_it_yourself", "audience": {"contacts": [theirs.conversation]}}


_REPORT = {"source_a": "mine", "claim_a": "my own", "source_b": "also mine", "claim_b": "something else"}

ACTS: dict[str, Act] = {
    "POST /api/v1/proposals": Act(
        lambda t: {"conversation_id": t.conversation, "lines": [{"price_id": "starter"}]}
    ),
    "PUT /api/v1/payments/methods": Act(lambda _: {"v": 0}, MINE | {409}),
    "POST /api/v1/payments/requests": Act(
        lambda t: {"conversation_id": t.conversation, "amount_halalas": 100_000}
    ),
    "POST /api/v1/onboarding": Act(lambda t: {"conversation_id": t.conversation}),
    "POST /webhooks/payments/{provider}": Act(lambda _: {}, frozenset({404})),
    # Whoever holds a link opens it; a link that was never made opens nothing.
    "GET /offers/{token}": Act(lambda _: None, frozenset({404})),
    "GET /offers/pay/{token}": Act(lambda _: None, frozenset({404})),
    "POST /api/v1/connectors/{key}/health-check": Act(lambda _: None, MINE),
    "PUT /api/v1/connectors/{key}/disable": Act(lambda _: {"reason": "it is mine"}, MINE),
    "PUT /api/v1/connectors/{key}/enable": Act(lambda _: {"reason": "it is mine"}, MINE),
    "POST /api/v1/contradictions": Act(lambda _: _REPORT, MINE),
    "POST /api/v1/contradictions/": Act(lambda _: _REPORT, MINE),
    "POST /api/v1/contradictions/scan": Act(lambda _: {"from_the_start": True}, MINE),
    "POST /os/process": Act(lambda t: {"lead_id": t.conversation, "message": "كم السعر؟"}, MINE),
    "POST /os/process-and-act": Act(
        lambda t: {"lead_id": t.conversation, "message": "كم السعر؟", "event_id": "e1"}
    ),
    "POST /os/bulk-process": Act(lambda t: {"events": [{"lead_id": t.conversation, "message": "سعر"}]}, MINE),
    "POST /api/v1/bulk": Act(
        lambda t: {"rows": [{"lead_id": t.conversation, "message": "x"}], "mode": "create_drafts"}, MINE
    ),
    "POST /api/v1/campaigns": Act(_to_theirs, frozenset({403, 422})),
    "POST /api/v1/campaigns/preview": Act(_to_theirs, frozenset({403, 422})),
    "POST /api/v1/templates/refresh": Act(lambda _: None, frozenset({403, 422})),
    "POST /api/v1/golden-path/run": Act(lambda t: {"partner_name": "mine", "run_id": t.golden_path}, MINE),
    "POST /api/v1/golden-path/dossier": Act(lambda _: {"partner_name": "mine"}, MINE),
    "POST /api/v1/knowledge/articles": Act(
        lambda t: {"id": t.article, "ar": {"title": "mine", "body": "mine"}}, MINE | {409}
    ),
    "POST /api/v1/knowledge/ask": Act(lambda t: {"question": t.named("{mark} {article}")}, MINE),
    "POST /os/test-send": Act(lambda _: {"phone": PHONE, "message": "هلا"}, MINE | {409, 422}),
    "POST /api/v1/executive-room/weekly-pack": Act(lambda _: {"week": "2020-01-05"}, MINE),
    "POST /api/v1/forecast-control/recalibrate": Act(lambda _: None, MINE),
    "PUT /api/v1/forecast-control/targets/{metric}/{period}": Act(lambda _: {"value": 1, "owner": "x"}, MINE),
    "POST /api/v1/rules/changes": Act(lambda _: {"title": "mine"}, MINE),
    "POST /api/v1/rules/rollback": Act(lambda _: {"number": 1, "reason": "theirs"}),
    "POST /api/v1/delegations": Act(
        lambda t: {"to_id": f"user:{t.user}", "to_name": "x", **_two_days()}, MINE | {422}
    ),
    "POST /api/v1/standing-approvals": Act(lambda _: {"title": "mine", **_two_days()}, MINE),
    "POST /api/v1/users": Act(lambda _: {"name": "mine", "roles": ["agent"]}, MINE),
    "PUT /api/v1/model-routing/settings": Act(lambda _: {"is_on": False}, MINE),
    "POST /api/v1/keys": Act(lambda _: {"name": "mine", "scopes": ["os"]}, MINE),
    "POST /api/v1/compliance/scan": Act(lambda _: {}, MINE | {429}),
    "POST /api/v1/compliance/attestations": Act(
        lambda _: {
            "control_id": CONTROL,
            "statement": "nothing of theirs",
            "expires_at": _two_days()["until_at"],
        },
        MINE | {422},
    ),
    "POST /api/v1/partners": Act(
        lambda _: {"name": "mine", "country": "SA", "contact_name": "Noura", "contact_email": "x@example.com"},
        MINE,
    ),
    "POST /api/v1/sharing": Act(
        lambda t: {
            "partner_id": t.partner,
            "data_categories": ["contact_name"],
            "contact_ids": [t.conversation],
            "purpose": "to see theirs",
        }
    ),
    "POST /api/v1/consents": Act(
        lambda t: {
            "contact": t.conversation,
            "channel": "whatsapp",
            "purpose": "marketing",
            "basis": "explicit_consent",
            "evidence_ref": "x",
        }
    ),
    "POST /api/v1/consents/revoke": Act(lambda t: {"contact": t.conversation}),
    "POST /api/v1/data-requests": Act(lambda t: {"kind": "deletion", "contact": t.conversation}),
    "POST /api/v1/evidence-packs/assemble": Act(lambda t: {"type": "compliance_audit", "entity_id": t.scan}),
    "POST /api/v1/structured-outputs/lead-score-card": Act(lambda t: {"conversation_id": t.conversation}),
    "POST /api/v1/structured-outputs/approval-packet": Act(lambda t: {"approval_id": t.approval}),
    "POST /api/v1/structured-outputs/evidence-pack": Act(lambda t: {"pack_id": t.pack}),
    "POST /api/v1/tasks/{name}": Act(
        lambda t: {"payload": {"conversation_id": t.conversation}}, MINE | {409, 422}
    ),
    # Who posts here is told by the secret, and there is no secret of somebody else's.
    "POST /webhooks/{channel_id}": Act(lambda _: {}, frozenset({401})),
    "POST /webhooks/calendly/{page}": Act(lambda _: {}, frozenset({404})),
    "GET /webhooks/{channel_id}": Act(lambda _: None, frozenset({401, 403, 405})),
    "POST /telegram/webhook": Act(lambda _: {"update_id": 1}, frozenset({401})),
}

# Where the description of a route does not say which words its body takes.
BODIES: dict[str, Any] = {
    "POST /api/v1/conversations/{conversation_id}/events": {"event": "booking_confirmed", "evidence": "a record"},
    "POST /api/v1/drafts/{draft_id}/reject": {"reason": "tone"},
    "PUT /api/v1/users/{user_id}/roles": {"roles": ["agent"]},
    "POST /api/v1/conversations/{conversation_id}/actions/{name}": {"facts": {"note": "mine"}},
    "PUT /api/v1/deals/{conversation_id}/terms": {"value_halalas": 1},
    "POST /api/v1/deals/{conversation_id}/refunds": {"amount_halalas": 1, "evidence": "a record"},
    "PUT /api/v1/knowledge/articles/{article_id}": {"ar": {"title": "ع", "body": "ع"}},
}

# Questions that are answered about anybody: with nothing, also about another tenant's.
EMPTY = frozenset({"GET /api/v1/consents/{contact}/check"})

# What a question needs besides an id in its address.
QUERIES: dict[str, dict[str, str]] = {
    "GET /api/v1/consents/{contact}/check": {"channel": "whatsapp", "purpose": "marketing"},
    "GET /api/v1/sharing/{request_id}/download": {"key": "k"},
    "GET /api/v1/knowledge/search": {"q": "سر المنشأة"},
}


_THEIRS = frozenset({"{job}", "{conversation}", "{key}", "{request}", "{change}", "{user}", "{run}", "{message}"})

# What an update can reach in Telegram -> what the other tenant's person taps or writes there. `{draft}` stands
# for the id of the owner's; every button is tapped with the owner's sign, with one's own and with none.
_DRAFT_DOES = (
    *("approve", "edit", "pick_reason", "reject_tone", "snooze_15", "take_over", "hand_back", "arrived"),
    *("send_again", "verify_payment", "payment_sure", "full_text", "open_card", "back"),
)
TAPS: dict[str, tuple[str, ...]] = {
    "taps.callback_query.on_draft": tuple(f"d:{do}:{{draft}}:1" for do in _DRAFT_DOES),
    "contacts.callback_query.on_contact": tuple(
        f"c:{do}:{{conversation}}" for do in ("show", "write", "take_over", "hand_back")
    ),
    "rules.callback_query.on_change": tuple(
        f"r:{do}:{{change}}:1" for do in ("pick", "agree", "refuse_later", "back", "show")
    ),
    "approvals.callback_query.on_tap": tuple(
        f"a:{do}:{{approval}}:1" for do in ("approve", "reject", "details", "open")
    ),
    "alerts.callback_query.on_tap": tuple(f"n:{do}:{{alert}}" for do in ("ok", "open")),
    "away.callback_query.on_tap": tuple(
        f"w:{do}:20991231:{who}" for do in ("lend", "drop", "end") for who in ("user.{user}", "telegram.1001")
    ),
    "staff.callback_query.tenant": ("t:use:{tag}",),
    "fallback.callback_query.old_button": ("x:{draft}",),
}
LINES: dict[str, tuple[str, ...]] = {
    "commands.message.contact": ("/contact {conversation}", f"/contact {PHONE}"),
    "commands.message.find": ("/find {mark}", "/find {conversation}", "/find 000111"),
    "commands.message.queue": ("/queue",),
    "commands.message.brief": ("/brief",),
    "commands.message.help": ("/help",),
    "commands.message.lang": ("/lang en", "/lang ar"),
    "commands.message.pause": ("/pause",),
    "commands.message.resume": ("/resume",),
    "approvals.message.on_list": ("/approvals",),
    "away.message.on_away": ("/away {user}", "/away"),
    "away.message.on_back": ("/back",),
    "privacy.message.on_list": ("/privacy",),
    "staff.message.tenant": ("/tenant default", "/tenant"),
    "staff.message.whoami": ("/whoami",),
    "staff.message.bind": ("/bind {user}",),
    "fallback.message.queue": ("الطابور",),
    "fallback.message.brief": ("الملخص",),
    "fallback.message.help": ("مساعدة",),
    "fallback.message.not_understood": ("{draft}",),
}
# Replies to a card that only the owner sees: a text, something that is no text, and a text changed afterwards.
REPLIES = frozenset(
    {"replies.message.on_reply", "replies.message.on_file", "replies.edited_message.on_changed_reply"}
)

# Every verb of the command line that is for a tenant -> what is asked of the other's.
VERBS: dict[str, tuple[str, ...]] = {
    "connectors check": ("fonnte", "--as", "x"),
    "connectors disable": ("fonnte", "--as", "x", "--why", "because"),
    "connectors enable": ("fonnte", "--as", "x", "--why", "because"),
    "connectors history": ("fonnte",),
    "connectors list": (),
    "compliance scan": ("--as", "x"),
    "bulk cancel": ("{job}", "--as", "x"),
    "campaigns cancel": ("{campaign}", "--as", "x"),
    "campaigns list": (),
    "campaigns show": ("{campaign}",),
    "templates list": (),
    "partners examine": ("mine", "--as", "x"),
    "partners list": (),
    "partners show": ("{golden_path}",),
    "knowledge import": ("{file}", "--as", "x"),
    "knowledge lint": (),
    "knowledge search": ("{mark}",),
    "bulk list": (),
    "bulk report": ("{job}", "--to", "{folder}/report.csv"),
    "bulk run": ("{file}", "--source", "crm", "--as", "x", "--no-wait"),
    "bulk show": ("{job}",),
    "channels": (),
    "models costs": (),
    "models dashboard": (),
    "models health": (),
    "models recommendations": (),
    "executive list": (),
    "executive show": (),
    "executive export": ("--to", "{folder}"),
    "forecast accuracy": (),
    "forecast recalibrate": ("--as", "x"),
    "forecast show": (),
    "forecast target": ("revenue", "2026-11", "1", "--owner", "x", "--as", "x"),
    "compliance status": (),
    "consent import": ("{file}", "--as", "x"),
    "consent show": ("{conversation}",),
    "evidence anchor": (),
    "gaps look": (),
    "evidence verify": (),
    "keys create": ("mine", "--scope", "os"),
    "keys list": (),
    "keys revoke": ("{key}",),
    "limits": (),
    "login": ("x",),
    "privacy ask": ("deletion", "{conversation}", "--as", "x"),
    "privacy complete": ("{request}", "--as", "x"),
    "privacy erase": ("{request}", "--as", "x", "--yes"),
    "privacy export": ("{request}", "--as", "x", "--to", "{folder}"),
    "privacy lift": ("{request}", "--as", "x"),
    "privacy reject": ("{request}", "--as", "x", "--reason", "because"),
    "privacy requests": (),
    "privacy show": ("{request}",),
    "rules agree": ("{change}", "--as", "x"),
    "rules copy": ("{folder}/copy",),
    "rules coverage": (),
    "rules export": ("{folder}/told.jsonl",),
    "rules history": (),
    "rules map": (),
    "rules propose": (),
    "rules refuse": ("{change}", "--as", "x", "--why", "because"),
    "rules replay": ("{folder}",),
    "rules review": (),
    "rules rollback": ("1", "--as", "x", "--why", "because"),
    "rules status": (),
    "runs cancel": ("{run}", "--as", "x"),
    "runs list": (),
    "runs retry": ("{run}", "--as", "x"),
    "runs show": ("{run}",),
    "trace": ("{message}",),
    "rules submit": ("{folder}", "--as", "x", "--title", "t"),
    "token": (),
    "users activate": ("{user}",),
    "users add": ("Mine", "--role", "agent"),
    "users bind": ("{user}",),
    "users deactivate": ("{user}",),
    "resume": ("--as", "x"),
    "users list": (),
    "users log-out": ("{user}",),
    "users roles": ("{user}", "--role", "agent"),
}

# Those that name a thing of a tenant: they must say that there is none.
NAMING = frozenset(verb for verb, words in VERBS.items() if any(word in _THEIRS for word in words))

# Verbs about files or about the whole installation: they open nothing of a tenant's.
FOR_NO_TENANT = frozenset(
    {"up", "rules check", "rules test", "rules explain", "rules schemas", "evidence keys", "evidence rotate-key"}
    # For whoever runs the installation, about whichever tenant they name.
    | {"tenants list", "tenants export", "tenants delete", "backup", "restore", "doctor"}
)


def _two_days() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"from_at": now.isoformat(), "until_at": (now + timedelta(days=2)).isoformat()}
