"""HubSpot has one record for each contact, however often it is written, and none of who may not be there."""

import pytest

from bot.conversation import Deed
from bot.people import Human
from bot.tenants import DEFAULT_TENANT
from tests.fakes.business import HUBSPOT_TOKEN
from tests.house import Sami
from tests.offers.trade import agrees, becomes, made, settles

DPO = Human("api:dima", "Dima")


async def synced(house, talk, state="done"):
    """Ask for it by hand, agree, and wait for its end."""
    path = f"/conversations/{talk.conversation.id}/actions"
    begun = await made(house, "POST", f"{path}/sync_crm", {}, role="approver", who="noura")

    def mine(seen):
        return next(a for a in seen["actions"] if a["id"] == begun["id"])

    seen = await becomes(house, path, lambda seen: mine(seen)["state"] in (state, "waiting_approval"))
    if mine(seen)["state"] == "waiting_approval":
        approval = mine(seen)["approval_id"]
        shown = await made(house, "GET", f"/approvals/{approval}", role="approver", who="sami")
        await made(
            house, "POST", f"/approvals/{approval}/approve", {"v": shown["v"]}, role="approver", who="sami"
        )
        seen = await becomes(house, path, lambda seen: mine(seen)["state"] == state)
    return mine(seen)


async def test_one_record_for_each_contact_however_often_it_is_written(house, talk, outside):
    await talk.says("السلام عليكم، سر لا يخرج")
    first = await synced(house, talk)
    again = await synced(house, talk)
    await talk.goes_to("meeting_booked", Sami(house))
    third = await synced(house, talk)
    mine = [ref for ref, told in outside.contacts.items() if told["phone"] == f"+{talk.phone}"]
    assert len(mine) == 1
    assert {one["result"]["contact"] for one in (first, again, third)} == set(mine)
    assert again["result"].get("unchanged") is True
    assert outside.contacts[mine[0]]["dealix_contact_id"] == talk.conversation.id
    deals = [ref for ref, told in outside.deals.items() if told["dealix_deal_id"] == talk.conversation.id]
    assert [(ref, mine[0]) in outside.joined for ref in deals] == [True]
    assert "سر" not in str(outside.asked), "not a word of what was written"


async def test_a_wish_to_wait_is_obeyed_and_a_lost_answer_is_written_again(house, talk, outside):
    await talk.says("السلام عليكم")
    outside.next_answers = [
        (429, {"retry-after": "1"}, {"category": "RATE_LIMITS"}),
        (429, {"retry-after": "2"}, {"category": "RATE_LIMITS"}),
    ]
    done = await synced(house, talk)
    assert done["result"]["contact"] in outside.contacts
    upserts = [body for _, path, body in outside.asked if path.endswith("contacts/batch/upsert")]
    assert len(upserts) == 3
    assert upserts[0] == upserts[1] == upserts[2]


async def test_a_key_that_is_not_known_is_told_once(house, new_talk, outside):
    for _ in range(2):
        talk = new_talk()
        await talk.says("السلام عليكم")
        outside.next_answers = [(401, {}, {"category": "INVALID_AUTHENTICATION", "message": HUBSPOT_TOKEN})]
        failed = await synced(house, talk, "failed")
        assert "HUBSPOT_TOKEN" in failed["reason_ar"]
        outside.next_answers = []
    alerts = await house.inside.trust.alerts.latest("default", 200)
    told = [a for a in alerts if a.kind == "crm_auth_failed"]
    assert len(told) == 1
    assert HUBSPOT_TOKEN not in f"{told[0].detail}{told[0].key}"


async def test_what_was_refused_among_others_is_said(house, talk, outside):
    await talk.says("السلام عليكم")
    error = {"status": "error", "category": "VALIDATION_ERROR", "message": "no such property", "context": {}}
    outside.next_answers = [(207, {}, {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error]})]
    failed = await synced(house, talk, "failed")
    assert failed["reason_ar"]
    assert not outside.contacts


async def test_who_stopped_us_or_never_agreed_goes_nowhere(house, new_talk, outside):
    stopped = new_talk()
    await stopped.says("وقفوا الرسايل")
    ended = await synced(house, stopped, "cancelled")
    assert ended["reason_ar"]
    silent = new_talk()
    await silent.says("السلام عليكم")
    await house.moves(days=3)
    ended = await synced(house, silent, "cancelled")
    assert "أساس نظامي" in ended["reason_ar"]
    assert not outside.contacts
    assert not [path for _, path, _ in outside.asked if "upsert" in path]
    await settles(house)


def calls(outside, ending):
    return [path for _, path, _ in outside.asked if path.endswith(ending)]


async def runs_of(house, talk):
    found = await house.inside.trust.runs.concerning(DEFAULT_TENANT, talk.conversation.id)
    return [view.run for view in found if view.run.flow == "sync_crm"]


async def wants(house, talk, message, *, is_by_book=True):
    """What the worker does when a decision asked for it."""
    deed = Deed("sync_crm", message, house.clock(), ("page",), is_by_book=is_by_book)
    await house.inside.rooms.actions.begin(talk.memory, deed)


async def test_a_contact_is_written_once_a_deal_when_it_moved_and_whose_it_is_once(house, talk, outside):
    await talk.goes_to("meeting_done", Sami(house))
    await synced(house, talk)
    moved = len(calls(outside, "deals/batch/upsert"))
    await Sami(house).reports(talk, "proposal_delivered")
    done = await synced(house, talk)
    assert len(calls(outside, "contacts/batch/upsert")) == 1
    assert len([path for path in calls(outside, "") if "associations" in path]) == 1
    assert len(calls(outside, "deals/batch/upsert")) == moved + 1
    assert outside.deals[done["result"]["deal"]]["dealstage"] == "decisionmakerboughtin"
    await synced(house, talk)
    assert len(calls(outside, "deals/batch/upsert")) == moved + 1


async def test_the_records_hear_of_a_deal_that_moved_without_a_word_of_the_contact(house, talk, outside):
    await talk.goes_to("meeting_booked", Sami(house))
    await Sami(house).reports(talk, "meeting_held")
    path = f"/conversations/{talk.conversation.id}/actions"
    await becomes(
        house, path, lambda seen: {a["state"] for a in seen["actions"] if a["name"] == "sync_crm"} == {"done"}
    )
    assert [deal["dealstage"] for deal in outside.deals.values()] == ["presentationscheduled"]


async def test_what_waits_for_the_records_carries_what_is_new_and_nobody_overtakes_it(house, talk, outside):
    await talk.says("السلام عليكم")
    outside.next_answers = [(503, {}, {"category": "AWAY"})]
    for message in ("m1", "m2", "m3"):
        await wants(house, talk, message)
        await settles(house)
    assert len(await runs_of(house, talk)) == 1
    path = f"/conversations/{talk.conversation.id}/actions"
    begun = await made(house, "POST", f"{path}/sync_crm", {}, role="approver")
    is_asked = lambda seen: [a for a in seen["actions"] if a["id"] == begun["id"] and a["approval_id"]]  # noqa: E731
    seen = await becomes(house, path, is_asked)
    await agrees(house, is_asked(seen)[0]["approval_id"])
    await settles(house)
    assert len(calls(outside, "contacts/batch/upsert")) == 1, "the one that was asked for later waits behind it"
    await talk.goes_to("meeting_booked", Sami(house))
    await house.moves(minutes=1)
    await becomes(
        house, path, lambda seen: {a["state"] for a in seen["actions"] if a["name"] == "sync_crm"} == {"done"}
    )
    assert len(calls(outside, "contacts/batch/upsert")) == 2
    assert [deal["dealstage"] for deal in outside.deals.values()] == ["appointmentscheduled"]


async def test_a_rule_of_the_tenants_own_asks_for_one_yes_however_many_messages_there_are(house, talk, outside):
    await talk.says("السلام عليكم")
    for message in ("m1", "m2", "m3"):
        await wants(house, talk, message, is_by_book=False)
        await settles(house)
    (run,) = await runs_of(house, talk)
    assert run.status == "waiting_approval"
    await wants(house, talk, "m4")
    await settles(house)
    assert sorted(one.status for one in await runs_of(house, talk)) == ["completed", "waiting_approval"]


async def test_who_stops_us_while_the_records_are_away_is_not_written_there_any_more(house, talk, outside):
    await talk.says("السلام عليكم")
    outside.next_answers = [
        (200, {}, {"status": "COMPLETE", "results": [{"id": "7", "properties": {}}]}),
        (503, {}, {"category": "AWAY"}),
    ]
    await wants(house, talk, "m1")
    await settles(house)
    assert (len(calls(outside, "deals/batch/upsert")), outside.next_answers) == (1, [])
    await talk.says("وقفوا الرسايل")
    await house.moves(minutes=1)
    await settles(house)
    assert len(calls(outside, "deals/batch/upsert")) == 1
    assert [run.state["outcome"]["state"] for run in await runs_of(house, talk)] == ["cancelled"]


async def erasing(house, talk):
    """What becomes of the wish to be forgotten, a minute after each other."""
    rights = house.inside.trust.privacy.rights
    request = await rights.create(DEFAULT_TENANT, "deletion", talk.conversation.id, DPO, "api")
    await rights.complete(DEFAULT_TENANT, request.id, DPO)
    return request.id


async def looks(house, request_id):
    await house.inside.rooms.offers.forgetting.look()
    await settles(house)
    await house.moves(minutes=1)
    await settles(house)
    await house.inside.rooms.offers.forgetting.look()
    await house.inside.trust.privacy.rights.watch()
    return await house.inside.trust.privacy.rights.show(DEFAULT_TENANT, request_id)


@pytest.mark.parametrize("is_lost", [False, True])
async def test_who_is_forgotten_here_is_forgotten_in_the_records_too(house, talk, new_talk, outside, is_lost):
    other = new_talk()
    await other.says("السلام عليكم")
    kept = (await synced(house, other))["result"]
    await talk.says("السلام عليكم")
    if is_lost:  # written there, and nobody heard of it
        outside.hangs_up_after_work = 1
        await wants(house, talk, "m1")
        await settles(house)
    else:
        await synced(house, talk)
    request_id = await erasing(house, talk)
    underway = await house.inside.trust.privacy.rights.show(DEFAULT_TENANT, request_id)
    assert (underway.status, underway.counts["hubspot"]) == ("processing", 1)
    done = await looks(house, request_id)
    assert (done.status, list(outside.contacts), list(outside.deals)) == (
        "completed",
        [kept["contact"]],
        [kept["deal"]],
    )
    assert talk.name not in str(outside.archived)


async def test_what_we_may_not_erase_there_is_left_to_people_who_say_when_it_is_done(house, talk, outside):
    await talk.says("السلام عليكم")
    await synced(house, talk)
    outside.forbids = "/gdpr-delete"
    request_id = await erasing(house, talk)
    stuck = await looks(house, request_id)
    assert stuck.status == "processing"
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT, 20)
    (told,) = [a for a in alerts if a.kind == "crm_erasure_by_hand" and talk.conversation.id in a.detail]
    runs = (await made(house, "GET", "/runs?status=failed"))["runs"]
    (work,) = [run for run in runs if run["run_id"] == told.about]
    await made(house, "POST", f"/runs/{work['run_id']}/cancel", who="noura")
    done = await looks(house, request_id)
    assert done.status == "completed"
