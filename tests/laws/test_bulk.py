"""Many leads at once: each judged by itself, in order, once; and nothing leaves without a yes."""

import asyncio
import contextlib
import csv
import io
import random
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.bulk.door import Door, Numbered, Order
from bot.bulk.handling import Handling
from bot.bulk.job import Mode
from bot.bulk.row import Row
from bot.bulk.work import Work
from bot.conversation import Conversation, Status
from bot.people import Human
from bot.privacy.consents import reader
from bot.privacy.data_requests import Subject
from bot.privacy.fingerprints import Fingerprints
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house import Talk
from tests.house.clock import Clock
from tests.house.databases import Databases
from tests.house.running import RunningHouse, running, settings_for
from tests.house.sami import Sami
from tests.laws.importer import Importer, a_phone

NOURA = Human("api:noura", "noura")
WORDS = ("كم السعر؟", "مهتم بالخدمة", "السلام عليكم", "عندي استفسار")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def depot(
    mongo_uri: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningHouse]:
    """A house of this file's own: a day's few unasked imports are counted for each tenant."""
    database = databases.take()
    async with FakeWhatsApp() as fake:
        of_its_own = settings_for(fake.url, mongo_uri, database, tmp_path_factory.mktemp("depot"))
        async with running(of_its_own, fake, Clock()) as house:
            yield house
    await databases.give_back([database])


@pytest.fixture
def importer(depot: RunningHouse) -> Importer:
    return Importer(depot)


async def contact(house: RunningHouse, phone: str) -> Conversation:
    found = await house.remembers(f"phone:{phone}")
    assert found is not None
    return found


def said(phone: str, message: str = WORDS[0], **more: Any) -> dict[str, Any]:
    return {"phone": phone, "message": message, **more}


# What is made


async def test_each_lead_gets_one_draft_that_waits_for_sami(importer, depot):
    phones = [a_phone() for _ in range(3)]
    before = len(depot.fake.ledger)
    results = await importer.imports([said(phone, name="أبو فهد") for phone in phones])
    await depot.settles()

    assert [result["status"] for result in results] == ["ok"] * 3
    for phone, result in zip(phones, results, strict=True):
        (draft,) = (await contact(depot, phone)).outbox
        assert (draft.status, draft.id) == (Status.HELD, result["draft_id"])
        assert "hold.bulk" in draft.hold_reasons
        assert result["decision"]["intent_detected"] == "ask_price"
        assert result["contact"].startswith("9665•") and phone not in str(result)
    assert len(depot.fake.ledger) == before, "nothing left"


async def test_a_dry_run_says_the_same_and_leaves_nothing(importer, depot):
    rows = [said(a_phone(), words) for words in (*WORDS, "وقفوا الرسايل")]
    dry = await importer.imports(rows, "dry_run")
    known = [await depot.remembers(f"phone:{row['phone']}") for row in rows]
    true = await importer.imports(rows)

    def told(result):
        decision = result["decision"]
        return [decision[name] for name in ("intent_detected", "new_stage", "human_approval_required", "flags")]

    assert known == [None] * len(rows)
    assert [told(result) for result in dry] == [told(result) for result in true]
    assert [result["draft_id"] for result in dry] == [None] * len(rows)


async def test_rows_of_one_contact_are_handled_in_the_order_of_their_times(importer, depot):
    phone, now = a_phone(), depot.clock()
    first, then = now - timedelta(hours=2), now - timedelta(hours=1)
    rows = [said(phone, "80", sent_at=then.isoformat()), said(phone, "كم السعر؟", sent_at=first.isoformat())]
    for mode in ("dry_run", "create_drafts"):
        later, earlier = await importer.imports(rows, mode)

        assert earlier["decision"]["previous_stage"] == "new_lead"
        assert later["decision"]["previous_stage"] == earlier["decision"]["new_stage"] == "qualifying"
    talk = await contact(depot, phone)
    assert [line.text for line in talk.recent if line.who == "contact"] == ["كم السعر؟", "80"]
    assert [draft.status for draft in talk.outbox].count(Status.HELD) == 1
    assert talk.windows["green_api"] == pytest.approx(then, abs=timedelta(milliseconds=1))


async def test_an_approved_draft_passes_the_gate_and_leaves_once(importer, depot):
    phone = a_phone()
    at = (depot.clock() - timedelta(hours=1)).isoformat()
    await importer.imports([said(phone, sent_at=at)])
    talk = Talk(depot)
    talk.phone = phone
    await talk.looks()
    await Sami(depot).approves(talk)

    assert len(talk.arrived) == 1
    (draft,) = talk.conversation.outbox
    assert draft.attempts[0].consent_id.startswith("inbound_service:")


async def test_a_yes_does_not_open_a_window_that_is_shut(importer, depot):
    phone = a_phone()
    at = (depot.clock() - timedelta(days=30)).isoformat()
    (result,) = await importer.imports([said(phone, sent_at=at)])
    talk = Talk(depot)
    talk.phone = phone
    await talk.looks()
    await Sami(depot).approves(talk)

    assert result["decision"]["can_be_sent"] is False
    assert talk.arrived == []
    (draft,) = talk.conversation.outbox
    assert (draft.status, draft.note) == (Status.CANCELLED, "no_consent")


async def test_a_row_without_words_makes_a_contact_and_says_nothing(importer, depot):
    phone = a_phone()
    (result,) = await importer.imports([{"phone": phone, "name": "ليلى"}])
    await depot.settles()

    stored = await contact(depot, phone)
    assert (result["status"], result["draft_id"], stored.name, stored.outbox) == ("ok", None, "ليلى", [])
    assert stored.windows == {}


async def test_whatever_comes_later_of_an_imported_lead_still_waits(importer, depot):
    talk = Talk(depot)
    await importer.imports([said(talk.phone)])
    await talk.says("متى تفتحون؟")

    talk.hears_nothing()
    (draft,) = talk.held
    assert "hold.bulk" in draft.hold_reasons


# Who is left alone


async def test_whoever_said_no_is_left_alone(importer, depot):
    stopped, withdrew = Talk(depot), Talk(depot)
    await stopped.says("وقفوا الرسايل")
    await withdrew.says("السلام عليكم")
    body = {"channel": "whatsapp", "purpose": "sales_reply", "evidence_ref": "call-7"}
    answer = await depot.http.post(
        "/api/v1/consents/revoke",
        json={"contact": withdrew.conversation.id, **body},
        headers=depot.token("dpo", "lena"),
    )
    assert answer.status_code == 201, answer.text
    listed = a_phone()
    await depot.inside.store.suppressions.add(
        DEFAULT_TENANT, [f"phone:{listed}"], "manual", "a letter", depot.clock()
    )
    rows = [said(phone) for phone in (stopped.phone, withdrew.phone, listed)]
    before = [len((await contact(depot, t.phone)).recent) for t in (stopped, withdrew)]
    for mode in ("dry_run", "create_drafts"):
        results = await importer.imports(rows, mode)

        assert [result["status"] for result in results] == ["suppressed"] * 3
        assert [result["reason"] for result in results] == ["opted_out", "consent_revoked", "opted_out"]
    assert [len((await contact(depot, t.phone)).recent) for t in (stopped, withdrew)] == before
    assert await depot.remembers(f"phone:{listed}") is None


async def test_a_stop_in_a_backlog_stops_what_comes_after_it(importer, depot):
    phone, now = a_phone(), depot.clock()
    rows = [
        said(phone, words, sent_at=(now - timedelta(minutes=ago)).isoformat())
        for words, ago in (("اشتراك من جديد", 10), ("وقفوا الرسايل", 20), ("كم السعر؟", 30))
    ]
    results = await importer.imports(rows)
    await depot.settles()
    stored = await contact(depot, phone)

    assert [result["status"] for result in results] == ["suppressed", "ok", "ok"]
    assert stored.is_suppressed and stored.stage == "opted_out"
    waiting = [draft.kind.value for draft in stored.outbox if draft.status is Status.HELD]
    assert waiting in ([], ["opt_out_confirmation"])
    assert phone not in {entry.recipient for entry in depot.fake.ledger}


async def test_whoever_is_forgotten_is_forgotten_in_imports_too(importer, depot):
    phone = a_phone()
    row = said(phone, "كم السعر عندكم لأربعين موظفا؟", name="شهد المنسية")
    await importer.imports([row])
    stored = await contact(depot, phone)
    personal = depot.inside.store.personal
    subject = Subject((f"phone:{phone}",), phone, "شهد المنسية", (stored.id,))
    about = await personal.about(DEFAULT_TENANT, subject)
    request = await depot.inside.trust.privacy.rights.create(DEFAULT_TENANT, "deletion", phone, NOURA, "api", "")
    await depot.inside.trust.privacy.rights.erase(DEFAULT_TENANT, request.id, NOURA)
    afterwards = await personal.about(DEFAULT_TENANT, subject)
    (again,) = await importer.imports([row])

    assert len(about["bulk_items"]) == 1
    assert "bulk_items" not in afterwards
    assert again["status"] == "duplicate"


# Once


async def test_the_same_file_again_is_all_duplicates_and_asks_nobody(importer, depot):
    rows = [said(a_phone(), external_id=f"row-{number}") for number in range(12)]
    first = await importer.hands_in(rows)
    await importer.sees_the_end(first)
    again = await importer.hands_in(rows)
    over = await importer.waits_for(again["id"], "done")

    assert {result["status"] for result in await importer.results(first)} == {"ok"}
    assert over["counts"]["duplicate"] == 12 and over["approval_id"] is None
    assert {result["first_imported_in"] for result in await importer.results(again)} == {first["id"]}
    drafts = [len((await contact(depot, row["phone"])).outbox) for row in rows]
    assert drafts == [1] * 12


async def test_a_row_is_known_by_its_id_there_or_by_what_it_says(importer, depot):
    phone, at = a_phone(), (depot.clock() - timedelta(hours=1)).isoformat()
    rows = [
        said(phone, external_id="a"),
        said(phone, "شيء آخر", external_id="a"),
        said(phone, sent_at=at),
        said(f"0{phone[3:]}", sent_at=at),
        said(phone, "كم السعر؟ ", sent_at=at),
    ]
    results = await importer.imports(rows)

    assert [r["status"] for r in results] == ["ok", "duplicate", "ok", "duplicate", "duplicate"]


async def test_the_same_call_again_is_the_same_job(importer):
    rows = [said(a_phone())]
    first = await importer.hands_in(rows, key="one-call")
    again = await importer.hands_in(rows, key="one-call")

    assert first["id"] == again["id"]


class Died(Exception):
    """The process is gone."""


class Dying:
    """The store of imports, for a process that dies at its n-th call: before the call, or before the answer."""

    def __init__(self, rows: Any, at: int, *, before: bool) -> None:
        self._rows, self._left, self._before = rows, at, before

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._rows, name)

        async def counted(*given: Any) -> Any:
            self._left -= 1
            if self._left <= 0 and self._before:
                raise Died
            answer = await call(*given)
            if self._left <= 0:
                raise Died
            return answer

        return counted


def hands(house: RunningHouse, rows: Any) -> Work:
    """The work of one process."""
    inside, new_id = house.inside, lambda: uuid4().hex
    fingerprints = Fingerprints(house.settings.data_dir / "keys")
    handling = Handling(
        rows=rows,
        notebook=inside.notebook,
        ask=inside.ask,
        playbook_of=inside.playbooks.of,
        fingerprints=fingerprints,
        consents_of=reader(inside.store, fingerprints),
        now=house.clock,
        new_id=new_id,
    )
    trust = inside.trust
    return Work(rows=rows, handling=handling, centre=trust.centre, audit=trust.audit, now=house.clock)


async def test_a_file_that_was_half_taken_is_one_job_when_it_comes_again(depot):
    store = depot.inside.store.bulk
    rows = [Row.model_validate(said(a_phone())) for _ in range(3)]
    for dies_at in range(1, 6):
        job_id = uuid4().hex
        order = Order(DEFAULT_TENANT, Mode.DRY_RUN, "half", NOURA, job_id=job_id)

        async def take(rows_of_store: Any, order: Order = order) -> Any:
            door = Door(rows_of_store, depot.inside.trust.audit, depot.clock, lambda: uuid4().hex)
            return await door.take(order, lambda: (Numbered(n, row) for n, row in enumerate(rows, 1)), len(rows))

        with contextlib.suppress(Died):
            await take(Dying(store, dies_at, before=bool(dies_at % 2)))
        hidden = await Importer(depot).asks("GET", f"/{job_id}")
        job = await take(store)

        assert hidden.status_code == 404 or dies_at > 2
        assert (job.id, job.status.value) == (job_id, "queued")
        assert len(await store.page(DEFAULT_TENANT, job_id, "", -1, 10)) == 3


@pytest.mark.parametrize("seed", range(6))
async def test_no_death_makes_a_draft_twice_or_loses_one(depot, seed):
    chance, store = random.Random(seed), depot.inside.store.bulk
    phones = [a_phone() for _ in range(chance.randint(1, 4))]
    rows = [
        Row.model_validate(
            said(chance.choice(phones), f"{WORDS[n % 4]} {n}", external_id=f"{seed}-{phones[0]}-{n}")
        )
        for n in range(chance.randint(3, 9))
    ]
    door = Door(store, depot.inside.trust.audit, depot.clock, lambda: uuid4().hex)
    order = Order(DEFAULT_TENANT, Mode.CREATE_DRAFTS, "storm", NOURA)
    job = await door.take(order, lambda: (Numbered(n, row) for n, row in enumerate(rows, 1)), len(rows))
    for _ in range(8):
        dying = [Dying(store, chance.randint(1, 25), before=chance.random() < 0.5) for _ in range(2)]
        lives = [hands(depot, rows).go_on(job) for rows in dying]
        await asyncio.gather(*lives, return_exceptions=True)  # two processes that both believe it is theirs
    while not (await hands(depot, store).go_on(job)).is_over:
        pass
    await depot.settles()

    items = await store.page(DEFAULT_TENANT, job.id, "", -1, 100)
    assert {item.status.value for item in items} == {"ok"}
    for phone in {row.phone for row in rows}:
        stored = await contact(depot, phone)
        history = await depot.history(stored)
        heard = [data["text"] for what, data in history if what == "message_received"]
        assert Counter(heard) == Counter(row.message for row in rows if row.phone == phone)
        made = [data["draft"] for what, data in history if what == "draft_held"]
        assert len(made) == len(set(made))
        told = {item.draft_id for item in items if item.contact == f"phone:{phone}"} - {""}
        assert told == set(made)
        assert [draft.status for draft in stored.outbox].count(Status.HELD) == 1


# Who must agree


async def test_more_than_ten_in_a_day_wait_for_one_yes_to_the_whole(importer, depot):
    await depot.moves(hours=24)
    few = [said(a_phone()) for _ in range(10)]
    unasked = await importer.hands_in(few)
    await importer.waits_for(unasked["id"], "done")
    one_more = await importer.hands_in([said(a_phone())])
    waiting = await importer.waits_for(one_more["id"], "waiting_for_approval")
    (row,) = await importer.results(one_more)
    queue = await depot.http.get(
        "/api/v1/approvals", params={"kind": "bulk", "status": "pending"}, headers=depot.token("approver", "sami")
    )
    over = await importer.sees_the_end(one_more)

    assert (await importer.sees(unasked["id"]))["approval_id"] is None
    assert waiting["approval_id"] in [asked["id"] for asked in queue.json()["approvals"]]
    assert (row["status"], over["counts"]["ok"]) == ("pending", 1)
    assert over["decided_by"] == "sami"


async def test_a_no_makes_nothing_and_the_file_may_come_again(importer, depot):
    rows = [said(a_phone()) for _ in range(11)]
    refused = await importer.hands_in(rows)
    over = await importer.sees_the_end(refused, "reject")
    made = [await depot.remembers(f"phone:{row['phone']}") for row in rows]
    again = await importer.hands_in(rows)
    done = await importer.sees_the_end(again)

    assert (over["status"], over["counts"]["cancelled"]) == ("rejected", 11)
    assert made == [None] * 11
    assert (done["status"], done["counts"]["ok"]) == ("done", 11)


async def test_a_dry_run_asks_nobody(importer):
    job = await importer.hands_in([said(a_phone()) for _ in range(11)], "dry_run")
    over = await importer.waits_for(job["id"], "done", "waiting_for_approval")

    assert (over["status"], over["counts"]["ok"]) == ("done", 11)


async def test_what_is_cancelled_makes_nothing_more(importer, depot):
    rows = [said(a_phone()) for _ in range(11)]
    job = await importer.hands_in(rows)
    waiting = await importer.waits_for(job["id"], "waiting_for_approval")
    cancelled = await importer.asks("POST", f"/{job['id']}/cancel")
    again = await importer.asks("POST", f"/{job['id']}/cancel")
    late = await importer.sami_says(waiting["approval_id"], "approve")

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert cancelled.json()["counts"]["cancelled"] == 11
    assert (again.status_code, late.status_code) == (409, 409)
    assert [await depot.remembers(f"phone:{row['phone']}") for row in rows] == [None] * 11


# What is told


async def test_what_is_wrong_is_told_by_line_in_two_languages(importer):
    good, bad = a_phone(), "0112345678"
    table = f'الجوال;الرسالة;التاريخ\n{good};"سطر\nثان";\n{bad};مرحبا;\n;مرحبا;\n{good};مرحبا;31/31/2026\n'
    answer = await importer.hands_in_file(table.encode("utf-16"))
    assert answer.status_code == 202, answer.text
    job = await importer.sees_the_end(answer.json())
    results = await importer.results(job)

    assert [(r["line"], r["status"]) for r in results] == [(2, "ok"), (4, "error"), (5, "error"), (6, "error")]
    assert [r["error"]["code"] for r in results[1:]] == ["bad_phone", "no_contact", "bad_time"]
    for result in results[1:]:
        assert result["error"]["message_en"].isascii()
        assert any("ARABIC" in unicodedata.name(sign, "") for sign in result["error"]["message_ar"])
        assert bad not in str(result)
    assert job["columns"] == {"phone": "الجوال", "message": "الرسالة", "sent_at": "التاريخ"}


async def test_results_are_found_by_status_and_page_by_page(importer):
    rows = [said(a_phone()) if number % 2 else said("12", number) for number in range(20)]
    job = await importer.hands_in(rows, "dry_run")
    await importer.sees_the_end(job)

    assert [r["index"] for r in await importer.results(job)] == list(range(20))
    assert [r["index"] for r in await importer.results(job, status="error")] == list(range(0, 20, 2))
    assert (await importer.asks("GET", f"/{job['id']}/items", params={"status": "no"})).status_code == 422


async def test_the_report_is_a_table_that_computes_nothing(importer):
    evil = '=HYPERLINK("http://x";"y")'
    job = await importer.hands_in([said(a_phone(), evil, external_id=evil), said("1")], "dry_run")
    await importer.sees_the_end(job)
    table = await importer.asks("GET", f"/{job['id']}/report")
    listed = await importer.asks("GET", f"/{job['id']}/report", headers={"accept": "application/json"})
    also = await importer.asks("GET", f"/{job['id']}/report", params={"format": "json"})
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))

    assert [row["status"] for row in rows] == ["ok", "error"]
    assert rows[0]["external_id"] == f"'{evil}"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert [item["status"] for item in listed.json()["items"]] == ["ok", "error"]
    assert listed.json() == also.json()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rows": []}, 422),
        ({"rows": {}}, 422),
        ({"rows": [{"name": "x"}]}, 422),
        ({"rows": [{"phone": "0501234567"}], "mode": "send"}, 422),
        ({"rows": [{"phone": "0501234567"}], "source": "\n"}, 422),
        ({"rows": [{"phone": "0501234567"}], "send": True}, 422),
        ({"rows": [{"phone": "1"}] * 50_001}, 413),
        (["not", "rows"], 422),
    ],
)
async def test_what_cannot_be_an_import_is_refused_whole(importer, body, status):
    answer = await importer.asks("POST", json=body)

    assert answer.status_code == status, answer.text
    assert answer.json()["message_ar"] and answer.json()["message_en"]


async def test_a_file_too_large_is_refused_before_it_is_read(importer):
    answer = await importer.hands_in_file(b"phone,message\n" + b"x" * (17 * 1024 * 1024))

    assert answer.status_code == 413


@pytest.mark.parametrize("role", ["rules_editor", "executive", "dpo"])
async def test_only_who_works_with_leads_imports_them(depot, role):
    answer = await Importer(depot, role).asks("POST", json={"rows": [said("0501234567")]})

    assert answer.status_code == 403


# The road of old


async def test_events_of_the_old_road_become_held_drafts_too(depot):
    await depot.moves(hours=24)
    stopped = Talk(depot)
    await stopped.says("وقفوا الرسايل")
    phone = a_phone()
    events = [
        {"phone": phone, "message": "كم السعر؟", "event_id": "e-1"},
        {"phone": phone, "message": "كم السعر؟", "event_id": "e-1"},
        {"phone": stopped.phone, "message": "كم السعر؟"},
        {"phone": "0112345678", "message": "x"},
    ]

    async def posts(mode: str) -> dict[str, Any]:
        body = {"events": events, "mode": mode}
        answer = await depot.http.post("/os/bulk-process", json=body, headers=depot.token("service"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    dry, made, again = [await posts(mode) for mode in ("dry_run", "create_drafts", "create_drafts")]
    await depot.settles()

    for answer in (dry, made):
        assert [r["status"] for r in answer["results"]] == ["ok", "duplicate", "suppressed", "error"]
        assert answer["processed"] == 1
        assert answer["results"][0]["decision"]["new_stage"] == answer["results"][0]["new_stage"] == "qualifying"
    assert [r["status"] for r in again["results"]] == ["duplicate", "duplicate", "suppressed", "error"]
    (draft,) = (await contact(depot, phone)).outbox
    assert (draft.id, draft.status) == (made["results"][0]["draft_id"], Status.HELD)
    assert depot.fake.ledger == [e for e in depot.fake.ledger if e.recipient != phone]


async def test_eleven_events_of_the_old_road_say_what_they_wait_for(depot):
    phones = [a_phone() for _ in range(11)]
    body = {"events": [said(phone) for phone in phones], "mode": "create_drafts"}
    answer = (await depot.http.post("/os/bulk-process", json=body, headers=depot.token("service"))).json()

    assert answer["status"] == "waiting_for_approval" and answer["approval_id"]
    assert Counter(r["status"] for r in answer["results"]) == {"ok": 11}
    assert {r["draft_id"] for r in answer["results"]} == {None}
    assert [await depot.remembers(f"phone:{phone}") for phone in phones] == [None] * 11
