"""The same request twice has one effect and one answer, whatever happens in between."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from fastapi.routing import iter_route_contexts

from bot.conversation import DraftKind, Status
from bot.idempotency import LEASE, Wanted
from bot.tenants import DEFAULT_TENANT
from bot.web.idempotency import METHODS, _acts, group_of

HELLO = {"text": "مرحبا، هذا ردنا"}


@pytest.fixture
def post(house):
    """Post as a role, with a key."""

    async def call(path, body, key="", *, role="approver", subject="sami", raw=None):
        headers = house.token(role, subject)
        if key:
            headers["idempotency-key"] = key
        if raw is not None:
            headers["content-type"] = "application/json"
            return await house.http.post(path, content=raw, headers=headers)
        return await house.http.post(path, json=body, headers=headers)

    return call


@pytest_asyncio.fixture(loop_scope="session")
async def writes_to(talk, post):
    """Write to a contact who has written."""
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    address = f"/api/v1/conversations/{talk.conversation.id}/messages"

    async def write(key, text=HELLO["text"], **more):
        return await post(address, {"text": text}, key, **more)

    write.address = address
    return write


def key() -> str:
    return uuid4().hex


async def test_a_repeated_request_is_answered_again_and_has_one_effect(talk, writes_to):
    name = key()
    first, again = await writes_to(name), await writes_to(name)
    await talk.looks()

    assert (first.status_code, again.status_code) == (202, 202)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    talk.hears_words(HELLO["text"])


async def test_the_same_json_written_differently_is_the_same_request(talk, writes_to, post):
    name, text = key(), json.dumps(HELLO["text"], ensure_ascii=False)
    first = await post(writes_to.address, None, name, raw=f'{{"text": {text}}}'.encode())
    again = await post(
        writes_to.address, None, name, raw=b'{ "text":' + json.dumps(HELLO["text"]).encode() + b"}\n"
    )
    await talk.looks()

    assert (first.status_code, again.headers.get("idempotency-replayed")) == (202, "true")
    talk.hears_words(HELLO["text"])


async def test_twenty_at_once_have_one_effect(talk, writes_to):
    name = key()
    answers = await asyncio.gather(*(writes_to(name) for _ in range(20)))
    await talk.looks()

    assert {answer.status_code for answer in answers} <= {202, 409}
    done = [answer for answer in answers if answer.status_code == 202]
    assert len({answer.content for answer in done}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in done) == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "request_in_progress"
            assert int(answer.headers["retry-after"]) >= 1
    assert (await writes_to(name)).headers["idempotency-replayed"] == "true"
    talk.hears_words(HELLO["text"])


async def test_a_key_belongs_to_one_body(talk, writes_to):
    name = key()
    await writes_to(name)
    other = await writes_to(name, "كلام آخر")
    await talk.looks()

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    talk.hears_words(HELLO["text"])


async def test_a_key_belongs_to_one_address(talk, writes_to, post):
    name = key()
    await writes_to(name)
    elsewhere = await post(f"/api/v1/conversations/{talk.conversation.id}/take-over", None, name)
    queried = await post(f"{writes_to.address}?x=1", HELLO, name)

    assert [elsewhere.status_code, queried.status_code] == [422, 422]
    assert (await talk.house.remembers(f"phone:{talk.phone}")).mode == "bot"


async def test_a_key_belongs_to_one_caller(talk, writes_to):
    """Two people who thought of the same key do not hear each other's answers."""
    name = key()
    mine = await writes_to(name, subject="sami")
    theirs = await writes_to(name, "كلام نورة", subject="noura")
    await talk.looks()

    assert (mine.status_code, theirs.status_code) == (202, 202)
    assert "idempotency-replayed" not in theirs.headers
    talk.hears_words(HELLO["text"], "كلام نورة")


async def test_a_key_belongs_to_one_tenant(house):
    """The same caller name and key of another tenant is another reservation."""
    counter, name = house.inside.trust.idempotency, key()
    claims = [await counter.begin(_wanted(name, tenant=tenant)) for tenant in ("default", "other")]

    assert claims[0].effect_id != claims[1].effect_id


async def test_a_key_is_forgotten_after_a_day_even_where_the_database_was_slow_to_clear(talk, writes_to, house):
    name = key()
    await writes_to(name)
    await house.moves(hours=23)
    assert (await writes_to(name)).headers["idempotency-replayed"] == "true"
    await house.moves(hours=2)
    fresh = await writes_to(name)
    await talk.looks()

    assert "idempotency-replayed" not in fresh.headers
    assert [d.text for d in talk.drafts() if d.kind is DraftKind.MANUAL] == [HELLO["text"]] * 2


async def test_what_was_done_before_a_crash_is_not_done_again(talk, writes_to, house):
    """A process that died after the effect and before its answer was kept leaves its reservation behind."""
    counter, name = house.inside.trust.idempotency, key()
    body = json.dumps(HELLO).encode()
    wanted = _wanted(name, address=writes_to.address, body=body)
    dead = await counter.begin(wanted)
    await house.inside.approvals.write(
        DEFAULT_TENANT, talk.conversation.id, _sami(), HELLO["text"], draft_id=dead.effect_id
    )
    early = await writes_to(name)
    await house.moves(seconds=LEASE.total_seconds() + 1)
    late = await writes_to(name)
    await talk.looks()

    assert (early.status_code, early.json()["code"]) == (409, "request_in_progress")
    assert (late.status_code, late.json()["draft_id"]) == (202, dead.effect_id)
    talk.hears_words(HELLO["text"])
    assert (await writes_to(name)).headers["idempotency-replayed"] == "true"


async def test_what_was_not_done_before_a_crash_is_done_by_the_next_try(talk, writes_to, house):
    counter, name = house.inside.trust.idempotency, key()
    await counter.begin(_wanted(name, address=writes_to.address, body=json.dumps(HELLO).encode()))
    await house.moves(seconds=LEASE.total_seconds() + 1)
    assert (await writes_to(name)).status_code == 202
    await talk.looks()

    talk.hears_words(HELLO["text"])


async def test_whoever_lost_its_lease_cannot_overwrite_the_answer(house):
    counter, name = house.inside.trust.idempotency, key()
    slow = await counter.begin(_wanted(name))
    await house.moves(seconds=LEASE.total_seconds() + 1)
    fast = await counter.begin(_wanted(name))

    assert fast.effect_id == slow.effect_id
    assert not await counter.renew(slow)
    assert await counter.let_go(slow) is False
    assert await counter.renew(fast)


async def test_of_many_that_find_a_dead_reservation_one_takes_it_over(house):
    counter, name = house.inside.trust.idempotency, key()
    await counter.begin(_wanted(name))
    await house.moves(seconds=LEASE.total_seconds() + 1)
    found = await asyncio.gather(*(counter.begin(_wanted(name)) for _ in range(20)), return_exceptions=True)

    assert sum(not isinstance(one, Exception) for one in found) == 1


async def test_a_refused_value_is_an_answer_and_is_kept(writes_to):
    name = key()
    first, again = await writes_to(name, ""), await writes_to(name, "")

    assert (first.status_code, again.status_code) == (422, 422)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["code"] == "invalid_request"


async def test_a_collision_is_no_answer_and_the_next_try_works(talk, post, sami):
    """What 409 says is about the moment: the same key may succeed later."""
    await talk.says("حولت المبلغ")
    draft = talk.waits_for_a_human()
    name, address = key(), f"/api/v1/drafts/{draft.id}/approve"
    outdated = await post(address, {"text_version": 2}, name)
    edited = await sami.edits(draft, "نص جديد للعميل")
    later = await post(address, {"text_version": 2}, name)
    await talk.looks()

    assert (outdated.status_code, edited.status_code) == (409, 200)
    assert later.status_code in (200, 409)
    assert "idempotency-replayed" not in later.headers
    assert len(talk.drafts(Status.HELD)) == 0


async def test_two_processes_share_one_memory(new_house):
    """Two installations on one database: what one did, the other answers again."""
    first = await new_house()
    second = await new_house(
        MONGODB_DATABASE=first.settings.mongodb_database, DEALIX_DATA_DIR=first.settings.data_dir
    )
    body = {"message": "كم السعر؟", "phone": "966512345670"}
    headers = {**first.token("service"), "idempotency-key": key()}
    answers = await asyncio.gather(
        *(h.http.post("/os/process-and-act", json=body, headers=headers) for h in (first, second) * 5)
    )
    again = await second.http.post("/os/process-and-act", json=body, headers=headers)
    await first.settles()
    await second.settles()

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert again.headers["idempotency-replayed"] == "true"
    assert len(first.fake.ledger) + len(second.fake.ledger) == 1


async def test_an_address_that_acts_wants_a_key_and_says_so_in_both_languages(house, talk):
    await talk.says("حولت المبلغ")
    draft = talk.waits_for_a_human()
    bare = {**house.token("approver", "sami"), "idempotency-key": ""}
    stranger = {"authorization": "Bearer nobody", "idempotency-key": ""}
    address = f"/api/v1/drafts/{draft.id}/approve"
    empty = await house.http.post(address, json={"text_version": 1}, headers=bare)
    unknown = await house.http.post(address, json={"text_version": 1}, headers=stranger)
    await talk.looks()

    assert (empty.status_code, empty.json()["code"]) == (400, "bad_idempotency_key")
    assert "UUID" in empty.json()["message_ar"]
    assert unknown.status_code == 401
    talk.waits_for_a_human()


@pytest.mark.parametrize("name", ["", "x" * 256, "a\tb"])
async def test_a_key_that_is_none_is_refused(writes_to, talk, house, name):
    headers = {**house.token("approver", "sami"), "idempotency-key": name}
    answer = await house.http.post(writes_to.address, json=HELLO, headers=headers)
    await talk.looks()

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
    talk.hears_nothing()


async def test_the_requirement_is_a_setting_per_group(new_house):
    strict = await new_house(DEALIX_REQUIRE_IDEMPOTENCY_KEY="api,os")
    lax = await new_house(DEALIX_REQUIRE_IDEMPOTENCY_KEY="none")
    body = {"message": "كم السعر؟", "phone": "966512345671"}
    for house in (strict, lax):
        house.http.event_hooks = {"request": []}
    refused = await strict.http.post("/os/process-and-act", json=body, headers=strict.token("service"))
    absent = "/api/v1/drafts/01ZZZZZZZZZZZZZZZZZZZZZZZZ/approve"
    missing = await strict.http.post(absent, json={"text_version": 1}, headers=strict.token("approver", "sami"))
    taken = await lax.http.post(absent, json={"text_version": 1}, headers=lax.token("approver", "sami"))

    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_required")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_required")
    assert taken.status_code == 404


# Addresses that take POST, PUT or PATCH and may do without a key, and why; a new one that stands nowhere fails.
REPEATABLE = {
    "/os/process": "asks and changes nothing",
    "/api/v1/campaigns/preview": "counts whom it would reach, and keeps nothing",
    "/os/bulk-process": "asks and changes nothing",
    "/api/v1/knowledge/ask": "asks what is known, and keeps nothing",
    "/api/v1/rules/": "each change names the version `v` that was seen",
    "/api/v1/alerts/": "what is seen twice is seen once",
    "/api/v1/conversations/{conversation_id}/media/": "reads a file at the provider and keeps nothing",
}
OUTSIDE = {
    "/webhooks/": "providers repeat by the ids of their messages",
    "/telegram/": "Telegram repeats by update_id",
    "/console": "a person's browser over its own socket",
    "/_nicegui": "a person's browser over its own socket",
}


def _changing(app):
    for found in iter_route_contexts(app.routes):
        methods = METHODS & set(getattr(found, "methods", None) or ())
        if methods:
            yield found, str(found.path)


def _declares_that_it_acts(found) -> bool:
    return any(part.dependency is _acts for part in found.dependencies)


async def test_every_address_that_changes_something_takes_a_key_and_says_whether_it_needs_one(house):
    app = house.app
    seen = list(_changing(app))
    acting = {path for found, path in seen if group_of(path) and _declares_that_it_acts(found)}
    exempt = (*OUTSIDE, *REPEATABLE)
    undeclared = sorted(path for _, path in seen if path not in acting and not path.startswith(exempt))

    assert undeclared == [], "declare `dependencies=[acts]`, or say in this file why a repetition does no harm"
    assert {
        "/os/process-and-act",
        "/os/test-send",
        "/api/v1/drafts/{draft_id}/approve",
        "/api/v1/drafts/{draft_id}/reject",
        "/api/v1/drafts/{draft_id}/send-again",
        "/api/v1/conversations/{conversation_id}/messages",
        "/api/v1/conversations/{conversation_id}/events",
    } <= acting


def _wanted(name, *, tenant=DEFAULT_TENANT, address="/api/v1/x", body=b"{}"):
    return Wanted(tenant, "api:sami", name, "POST", address, body, is_json=True)


def _sami():
    from bot.people import Human

    return Human("api:sami", "sami")


def test_answers_are_never_kept_for_less_than_an_hour():
    from bot.idempotency import Idempotency

    with pytest.raises(ValueError, match="at least"):
        Idempotency(None, None, None, timedelta(minutes=59))
