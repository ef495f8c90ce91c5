"""What a verdict or a person wants done is done once, is listed with how it stands, and ends for who stops us."""

import json
from uuid import uuid4

import pytest

from bot.actions.action import Action
from bot.actions.outcome import ended, says
from bot.actions.room import run_id_of
from bot.conversation import Deed
from bot.people import Human
from bot.runs.flow import Flow, Next, Step, Turn, wait_for_event
from bot.tenants import DEFAULT_TENANT
from tests.house.running import RunningHouse
from tests.house.talk import Talk

NOURA = Human("api:noura", "Noura")


async def qualified(talk: Talk) -> str:
    """A contact who is known, at the stage where a wish to see it is met with times."""
    await talk.says("السلام عليكم")
    conversation = talk.memory
    assert conversation is not None

    def edit(one, log) -> None:
        one.stage = "qualified"

    await talk.house.inside.notebook.change(DEFAULT_TENANT, conversation.id, edit)
    return conversation.id


async def asks(house: RunningHouse, conversation_id: str, name: str, body=None, role="approver", **more):
    return await house.http.post(
        f"/api/v1/conversations/{conversation_id}/actions/{name}",
        content=json.dumps(body or {}),  # half a character can be written in ASCII only
        headers={**house.token(role), "content-type": "application/json", **more},
    )


async def listed(house: RunningHouse, conversation_id: str, *, by_rules: bool = False) -> list[dict]:
    """What was asked for by hand; the shipped rules ask for a CRM as well."""
    await house.settles()
    await house.inside.trust.runs_room.engine.settle()
    answer = await house.http.get(
        f"/api/v1/conversations/{conversation_id}/actions", headers=house.token("approver")
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()["actions"]
    return found if by_rules else [one for one in found if one["name"] != "sync_crm"]


async def test_a_verdict_that_acts_leaves_one_action_which_says_what_is_missing(house, talk):
    conversation_id = await qualified(talk)
    await talk.says("أبغى أشوف عرض للنظام")
    (action,) = await listed(house, conversation_id)
    assert (action["name"], action["state"], action["by"]) == ("book_meeting", "not_configured", "rules")
    again = await listed(house, conversation_id, by_rules=True)
    await talk.says("وريني النظام")
    assert await listed(house, conversation_id, by_rules=True) == again, "said once, not for each message"
    assert action["pages"] and action["reason_en"] and action["reason_ar"]
    assert talk.memory.deeds == ()


async def test_an_action_is_asked_for_by_hand_once_for_each_correlation_id(house, talk):
    conversation_id = await qualified(talk)
    body = {"facts": {"kind": "call", "note": "they called us"}, "correlation_id": "call-1"}
    first = await asks(house, conversation_id, "log_activity", body)
    second = await asks(house, conversation_id, "log_activity", body)
    assert first.status_code == second.status_code == 202, first.text
    assert first.json()["id"] == second.json()["id"]
    (action,) = await listed(house, conversation_id)
    assert (action["state"], action["by"]) == ("done", "approver")
    logged = [data for what, data in await house.history(talk.memory) if what == "activity_logged"]
    assert [data["note"] for data in logged] == ["they called us"]


@pytest.mark.parametrize(
    ("name", "body", "role", "status"),
    [
        ("fly_to_the_moon", {}, "approver", 404),
        ("log_activity", {"facts": {"note": ""}}, "approver", 422),
        ("log_activity", {"facts": {"note": "x", "more": 1}}, "approver", 422),
        ("log_activity", {"other": 1}, "approver", 422),
        ("log_activity", {"facts": {"note": "x", "half \ud83d": 1}}, "approver", 422),
        ("log_activity", {"facts": {"note": "half \ud83d"}}, "approver", 422),
        ("log_activity", {"facts": {"note": "x"}}, "executive", 403),
        ("log_activity", {"facts": {"note": "x"}}, "rules_editor", 403),
    ],
)
async def test_what_cannot_be_asked_for_is_refused(house, talk, name, body, role, status):
    conversation_id = await qualified(talk)
    refused = await asks(house, conversation_id, name, body, role)
    assert refused.status_code == status, refused.text
    assert await listed(house, conversation_id) == []


async def test_a_conversation_that_does_not_exist_has_no_actions(house):
    for answer in (
        await asks(house, "nobody", "log_activity", {"facts": {"note": "x"}}),
        await house.http.get("/api/v1/conversations/nobody/actions", headers=house.token("approver")),
    ):
        assert answer.status_code == 404


async def test_asked_for_by_hand_a_human_takes_over_and_is_told(house, talk):
    conversation_id = await qualified(talk)
    assert (await asks(house, conversation_id, "escalate_human", {"facts": {"reason": "vip"}})).status_code == 202
    (action,) = await listed(house, conversation_id)
    await talk.looks()
    assert (action["state"], talk.memory.mode) == ("done", "human")
    told = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
    assert any(alert.about == conversation_id and alert.kind == "human_wanted" for alert in told)


class Doing:
    """An action of a test: it does one thing, waits for an event, and undoes the one thing when cancelled."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.undid: list[str] = []

    def action(self, name: str, **more) -> Action:
        steps = (Step("do", self.do, compensate=self.undo), Step("end", self.end))
        return Action(name, Flow(name, 1, steps), **more)

    async def do(self, turn: Turn) -> Next:
        self.did.append(turn.run_id)
        return wait_for_event("test_goes_on", turn.run_id, None, **says("waits", "ينتظر"))

    async def undo(self, turn: Turn) -> None:
        self.undid.append(turn.run_id)

    async def end(self, turn: Turn) -> Next:
        return ended("done", "", "", number=1)


@pytest.fixture
def doing(house: RunningHouse) -> tuple[Doing, Action]:
    """Known to the policy by the name of an action of class B, since each is registered once."""
    actions = house.inside.rooms.actions
    if "send_sms" not in actions.names:
        house.doing = Doing()
        actions.register(house.doing.action("send_sms"))
    house.doing.did.clear()
    house.doing.undid.clear()
    return house.doing, actions.action("send_sms")


async def test_class_b_waits_for_a_yes_and_goes_on_after_it(house, talk, doing):
    did, _ = doing
    conversation_id = await qualified(talk)
    await asks(house, conversation_id, "send_sms", role="approver")
    (action,) = await listed(house, conversation_id)
    assert action["state"] == "waiting_approval" and not did.did
    decided = await house.http.post(
        f"/api/v1/approvals/{action['approval_id']}/approve",
        json={"v": 1},
        headers=house.token("approver", "sami"),
    )
    assert decided.status_code == 200, decided.text
    (action,) = await listed(house, conversation_id)
    assert (action["state"], action["reason_ar"]) == ("waiting", "ينتظر")
    assert did.did == [action["id"]]
    await house.inside.trust.runs.signal(DEFAULT_TENANT, "test_goes_on", action["id"], {})
    (action,) = await listed(house, conversation_id)
    assert (action["state"], action["result"]) == ("done", {"number": 1})


async def test_a_no_ends_it_with_words(house, talk, doing):
    did, _ = doing
    conversation_id = await qualified(talk)
    await asks(house, conversation_id, "send_sms")
    (action,) = await listed(house, conversation_id)
    await house.http.post(
        f"/api/v1/approvals/{action['approval_id']}/reject",
        json={"v": 1},
        headers=house.token("approver", "sami"),
    )
    (action,) = await listed(house, conversation_id)
    assert action["state"] == "cancelled" and action["reason_ar"] and not did.did


@pytest.mark.parametrize("agreed", [False, True])
async def test_an_opt_out_cancels_what_would_reach_the_contact(house, talk, doing, agreed):
    did, _ = doing
    conversation_id = await qualified(talk)
    await asks(house, conversation_id, "send_sms")
    (action,) = await listed(house, conversation_id)
    if agreed:
        await house.http.post(
            f"/api/v1/approvals/{action['approval_id']}/approve",
            json={"v": 1},
            headers=house.token("approver", "sami"),
        )
        await listed(house, conversation_id)
    await talk.says("الغاء الاشتراك، لا ترسلوا لي")
    assert talk.memory.is_suppressed
    (action,) = await listed(house, conversation_id)
    assert action["state"] == "cancelled" and action["reason_en"]
    assert did.undid == did.did and len(did.did) == int(agreed)
    approval = await house.http.get(f"/api/v1/approvals/{action['approval_id']}", headers=house.token("approver"))
    assert approval.json()["status"] == ("approved" if agreed else "cancelled"), "nobody is asked any more"
    refused = await asks(house, conversation_id, "send_sms")
    assert refused.status_code == 409


async def test_a_deed_that_a_crash_left_is_started_once(house, talk):
    """The run is there, and the conversation still says that it is to be started."""
    conversation_id = await qualified(talk)
    deed = Deed("enroll_sequence", uuid4().hex, house.clock(), ("a_page",), is_by_book=True)
    await house.inside.rooms.actions.begin(talk.memory, deed)

    def left(conversation, _log) -> None:
        conversation.deeds = (deed,)

    await house.inside.notebook.change(DEFAULT_TENANT, conversation_id, left)
    (action,) = await listed(house, conversation_id)
    assert action["id"] == run_id_of(conversation_id, deed.correlation_id, deed.name)
    await talk.looks()
    assert talk.memory.deeds == () and action["state"] in ("done", "failed")


async def test_what_a_tenants_own_rule_asks_for_waits_for_a_yes(house, talk):
    conversation_id = await qualified(talk)
    deed = Deed("enroll_sequence", uuid4().hex, house.clock(), ("theirs",), is_by_book=False)
    await house.inside.rooms.actions.begin(talk.memory, deed)
    (action,) = await listed(house, conversation_id)
    assert action["state"] == "waiting_approval"


async def test_what_nobody_set_up_is_said_once_and_costs_the_next_message_nothing(house, talk):
    await talk.says("كم السعر؟")
    first = await listed(house, talk.conversation.id, by_rules=True)
    before = talk.memory
    await talk.says("80")

    assert [(one["name"], one["state"]) for one in first] == [("sync_crm", "not_configured")]
    assert await listed(house, talk.conversation.id, by_rules=True) == first
    assert before is not None and before.unset == talk.conversation.unset == ("sync_crm",)
    assert talk.conversation.deeds == ()
