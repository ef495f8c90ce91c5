"""HubSpot has one record for each contact, however often it is written, and none of who may not be there."""

from tests.fakes.business import HUBSPOT_TOKEN
from tests.house import Sami
from tests.offers.trade import becomes, made, settles


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
