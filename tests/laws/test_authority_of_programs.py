"""Tasks, budgets and refusals: what a program gets done here, and what it does not."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from pydantic import BaseModel, ConfigDict

from bot.authority.policy import Asking
from bot.authority.task import Task
from bot.authority.task_runs import RunStatus
from bot.people import Human
from tests.laws.test_authority import HUDA, NOURA, SAMI, TENANT

numbers = count(1)


@pytest.fixture
def tasks(house):
    return house.inside.trust.authority.tasks


@pytest.fixture
def post(house):
    async def call(name, payload=None, *, role="service", subject="", headers=None, **body):
        given = {**house.token(role, subject), **(headers or {})}
        sent = {"payload": payload or {}, **body}
        return await house.http.post(f"/api/v1/tasks/{name}", json=sent, headers=given)

    return call


async def audited(house, what, correlation_id):
    entries = await house.inside.store.timeline.of_correlation(TENANT, correlation_id)
    return [entry.data for entry in entries if entry.what == what]


async def test_a_safe_task_is_done_at_once_and_written_down(house, post):
    answer = await post("classify", {"text": "السلام عليكم، كم السعر؟"})
    run = answer.json()

    assert (answer.status_code, run["status"], run["class"]) == (200, "completed", "A")
    assert run["result"]["intent_detected"] == "ask_price"
    assert run["correlation_id"]
    kept = await house.inside.trust.authority.tasks.get(TENANT, run["run_id"])
    assert "السعر" not in repr(kept)
    assert kept.payload["text"] == "<23 letters>"
    assert [step.name for step in kept.steps] == ["policy_gate", "execution"]


@pytest.mark.parametrize("name", ["read_status", "read_queue", "explain_rules", "draft_reply"])
async def test_what_only_looks_sends_nothing(house, post, name):
    before = len(house.fake.ledger)
    words = {"text": "كم السعر؟"} if name in ("explain_rules", "draft_reply") else {}

    assert (await post(name, words)).json()["status"] == "completed"
    await house.settles()
    assert len(house.fake.ledger) == before


async def test_an_effect_without_a_correlation_id_is_refused(house, post):
    answer = await post("send_whatsapp", {"conversation_id": "c", "text": "hello"})

    assert (answer.status_code, answer.json()["code"]) == (422, "missing_correlation_id")


async def test_two_correlation_ids_are_a_conflict(post):
    answer = await post("read_status", headers={"x-correlation-id": "one"}, correlation_id="two")
    same = await post("read_status", headers={"x-correlation-id": "one"}, correlation_id="one")

    assert (answer.status_code, answer.json()["code"]) == (409, "correlation_conflict")
    assert same.json()["correlation_id"] == "one"


async def test_a_message_of_a_program_leaves_when_somebody_agrees_and_once(house, post, talk, sami):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    words = {"conversation_id": talk.conversation.id, "text": "نتصل بكم اليوم الساعة الرابعة."}
    asked = await post("send_whatsapp", words, correlation_id="up-1")
    run = asked.json()
    await talk.looks()

    assert (asked.status_code, run["status"], run["code"]) == (202, "waiting", "needs_approval")
    talk.hears_nothing()
    shown = await house.http.get(f"/api/v1/approvals/{run['approval_id']}", headers=sami.headers)
    assert shown.json()["summary_ar"] == words["text"]
    for _ in range(2):
        await house.http.post(
            f"/api/v1/approvals/{run['approval_id']}/approve", json={"v": 1}, headers=sami.headers
        )
    await house.inside.trust.centre.deliver(TENANT)
    await talk.looks()
    talk.hears_words(words["text"])
    kept = await house.inside.trust.authority.tasks.get(TENANT, run["run_id"])
    assert (kept.status, kept.held_payload) == (RunStatus.COMPLETED, "")
    assert [step.outcome for step in kept.steps] == ["needs_approval", "asked", "approved", "completed"]
    assert [used["approver"] for used in await audited(house, "grant_used", "up-1")]


@pytest.mark.parametrize("how", ["reject", "cancel", "time"])
async def test_what_nobody_agreed_to_is_not_done(house, post, talk, sami, how):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    words = {"conversation_id": talk.conversation.id, "text": "عرض"}
    run = (await post("send_whatsapp", words, correlation_id=f"up-{how}")).json()
    if how == "time":
        await house.moves(days=2)
        await house.inside.trust.authority.escalation.look_at(TENANT)
    else:
        role = sami.headers if how == "reject" else house.token("admin")
        await house.http.post(f"/api/v1/approvals/{run['approval_id']}/{how}", json={"v": 1}, headers=role)
    await talk.looks()

    kept = await house.inside.trust.authority.tasks.get(TENANT, run["run_id"])
    assert (kept.status, kept.held_payload) == (RunStatus.REFUSED, "")
    assert "عرض" not in [entry.text for entry in talk.arrived]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("make_coffee", 404, "not_found"),
        ("delete_tenant", 404, "not_found"),
        ("send_email", 404, "not_found"),
    ],
)
async def test_a_task_that_is_none_is_refused_and_audited(house, post, name, status, code):
    upstream = f"none-{name}"
    answer = await post(name, correlation_id=upstream)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if name != "send_email":
        assert await audited(house, "action_refused", upstream)


async def test_an_attempt_at_something_forbidden_is_audited_and_told_to_the_admins(house):
    rooms, alerts = house.inside.trust.authority, house.inside.trust.alerts
    who = Human("api:eve", "Eve")
    for name in ("purge_audit_log", "Purge Audit-Log"):
        ruling = await rooms.policy.judge(
            Asking(TENANT, name, who, ("admin",), correlation_id="evil", has_grant=True)
        )
        assert not ruling.is_allowed

    assert [n["reason"] for n in await audited(house, "action_refused", "evil")] == ["forbidden_action"] * 2
    told = [
        a for a in await alerts.latest(TENANT) if a.kind == "action_forbidden" and a.about == "purge_audit_log"
    ]
    assert [(a.audience, "Eve" in a.detail) for a in told] == [(("admin",), True)]


@pytest.mark.parametrize("role", ["executive", "rules_editor", "dpo"])
async def test_a_role_that_may_not_ask_is_refused(post, role):
    answer = await post("send_whatsapp", {"conversation_id": "c", "text": "x"}, role=role, correlation_id="c")

    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")


@pytest.mark.parametrize(
    "payload", [{}, {"text": ""}, {"text": 5}, {"text": "x", "action": "delete_tenant"}, {"text": "x" * 5_000}]
)
async def test_a_payload_that_does_not_fit_is_refused(post, payload):
    assert (await post("classify", payload)).status_code == 422


async def test_pausing_needs_nobody_and_resuming_does(house, post, sami):
    paused = await post("pause", role="approver", subject="sami")
    resumed = await post("resume", role="approver", subject="sami", correlation_id="r-1")

    assert (paused.status_code, paused.json()["result"]) == (200, {"is_paused": True})
    assert resumed.status_code == 202
    await house.http.post(
        f"/api/v1/approvals/{resumed.json()['approval_id']}/approve", json={"v": 1}, headers=sami.headers
    )
    run = await house.http.get(f"/api/v1/tasks/runs/{resumed.json()['run_id']}", headers=sami.headers)
    assert (run.json()["status"], run.json()["result"]) == ("completed", {"is_paused": False})


async def test_the_list_says_what_each_task_does(house):
    answer = await house.http.get("/api/v1/tasks", headers=house.token("service"))
    known = {task["name"]: task for task in answer.json()["tasks"]}

    assert known["send_whatsapp"]["class"] == "B"
    assert known["send_whatsapp"]["side_effects"]
    assert known["classify"]["side_effects"] == []
    assert known["classify"]["payload"]["required"] == ["text"]


async def test_another_tenants_run_never_existed(house, tasks, post):
    run = (await post("read_status")).json()

    with pytest.raises(Exception, match="there is no run"):
        await tasks.get("somebody_else", run["run_id"])


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


def registered(house, handler, action="update_deal"):
    name = f"test_{next(numbers)}"
    house.inside.trust.authority.tasks.register(
        Task(name, action, "A test", "تجربة", ("something",), _Nothing, handler)
    )
    return name


async def runs(tasks, name, **more):
    given = {"by": NOURA, "roles": ("service",), "correlation_id": f"c-{name}", **more}
    return await tasks.run(TENANT, name, {}, **given)


async def test_what_was_cut_off_is_not_begun_again(house, tasks):
    begun = []

    async def dies(order):
        begun.append(order.run_id)
        raise asyncio.CancelledError  # the process ends here

    name = registered(house, dies)
    run = await runs(tasks, name)
    centre = house.inside.trust.centre
    with pytest.raises(asyncio.CancelledError):
        await centre.approve(TENANT, run.approval_id, 1, SAMI, ("approver",))
    await centre.deliver(TENANT)
    meanwhile = await tasks.get(TENANT, run.id)
    await house.moves(minutes=6)
    await centre.deliver(TENANT)
    await centre.deliver(TENANT)

    assert meanwhile.status is RunStatus.RUNNING
    assert (await tasks.get(TENANT, run.id)).status is RunStatus.INTERRUPTED
    assert begun == [run.id]
    about = [a for a in await house.inside.trust.alerts.latest(TENANT) if a.about == run.id]
    assert [a.kind for a in about] == ["task_interrupted"]


async def test_twenty_who_hear_of_a_yes_do_it_once(house, tasks):
    done = []

    async def does(order):
        done.append(order.run_id)
        return {}

    run = await runs(tasks, registered(house, does))
    centre = house.inside.trust.centre
    await asyncio.gather(
        centre.approve(TENANT, run.approval_id, 1, HUDA, ("approver",)),
        *(centre.deliver(TENANT) for _ in range(20)),
        return_exceptions=True,
    )
    await asyncio.gather(*(centre.deliver(TENANT) for _ in range(20)))

    assert done == [run.id]


async def test_a_handler_that_fails_is_a_run_that_failed(house, tasks):
    async def breaks(_order):
        raise ConnectionError("away, with a secret in its words")

    run = await runs(tasks, registered(house, breaks))
    await house.inside.trust.centre.approve(TENANT, run.approval_id, 1, SAMI, ("approver",))
    kept = await tasks.get(TENANT, run.id)

    assert (kept.status, kept.code) == (RunStatus.FAILED, "internal")
    assert "secret" not in repr(kept)


async def test_beyond_the_budget_of_a_day_a_human_is_told_and_the_day_counts_true(house, tasks):
    budgets, day = house.inside.trust.authority.budgets, house.inside.trust.authority.budgets.day()

    async def does(_order):
        return {}

    before = (await budgets.today(TENANT)).used_halalas
    name = registered(house, does)
    first = await runs(tasks, name)
    reserved = (await budgets.today(TENANT)).used_halalas
    filler = await budgets.reserve(TENANT, f"filler-{day}", (await budgets.today(TENANT)).left_halalas)
    second = await runs(tasks, name)
    centre = house.inside.trust.centre
    facts = [(await centre.get(TENANT, run.approval_id)).facts["over_budget"] for run in (first, second)]
    await centre.reject(TENANT, first.approval_id, 1, SAMI, ("approver",))
    await budgets.release(filler)
    await centre.approve(TENANT, second.approval_id, 1, SAMI, ("approver",))

    assert facts == ["no", "yes"]
    assert reserved == before + 1
    assert (await budgets.today(TENANT)).used_halalas == before + 1


async def test_what_died_before_anybody_was_asked_is_asked_after_all(house, tasks):
    done = []

    async def does(order):
        done.append(order.run_id)
        return {}

    run = await runs(tasks, registered(house, does))
    store, centre = house.inside.store.task_runs, house.inside.trust.centre
    kept = await store.read(TENANT, run.id)
    assert await store.move(replace(kept, approval_id=""), RunStatus.WAITING)  # as before the answer was written
    await house.moves(minutes=2)
    await tasks.look_at(TENANT)
    await tasks.look_at(TENANT)

    assert (await tasks.get(TENANT, run.id)).approval_id == run.approval_id
    await centre.approve(TENANT, run.approval_id, 1, SAMI, ("approver",))
    assert done == [run.id]


async def test_a_safe_task_that_was_cut_off_is_no_longer_said_to_run(house, tasks):
    async def dies(_order):
        raise asyncio.CancelledError

    name = registered(house, dies, action="read_status")
    with pytest.raises(asyncio.CancelledError):
        await runs(tasks, name)
    await tasks.look_at(TENANT)
    [before] = [run for run in await tasks.latest(TENANT) if run.task == name]
    await house.moves(minutes=6)
    await tasks.look_at(TENANT)
    [after] = [run for run in await tasks.latest(TENANT) if run.task == name]

    assert (before.status, after.status) == (RunStatus.RUNNING, RunStatus.INTERRUPTED)
