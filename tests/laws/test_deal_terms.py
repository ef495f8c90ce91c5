"""What a deal is worth is an estimate with an author, a date and a history."""

from uuid import uuid4

from tests.house import Talk


def address(conversation_id):
    return f"/api/v1/deals/{conversation_id}/terms"


async def sets(house, conversation_id, role="admin", key="", **body):
    headers = {**house.token(role, "noura"), "Idempotency-Key": key or str(uuid4())}
    return await house.http.put(address(conversation_id), headers=headers, json=body)


async def test_terms_are_set_in_parts_and_every_version_is_kept(house):
    talk = Talk(house, "green_api")
    await talk.says("السلام عليكم")
    deal = talk.conversation.id
    assert (await house.http.get(address(deal), headers=house.token("executive"))).json()["v"] == 0

    first = await sets(house, deal, value_halalas=5_000_000)
    assert first.status_code == 200, first.text
    await sets(house, deal, "agent", expected_on="2026-12-20", owner="  سارة   علي ")
    same = await sets(house, deal, expected_on="2026-12-20")
    cleared = await sets(house, deal, value_halalas=None, seen_v=2)
    late = await sets(house, deal, value_halalas=1, seen_v=1)

    assert (same.json()["v"], cleared.json()["v"]) == (2, 3)
    assert late.status_code == 409
    told = (await house.http.get(address(deal), headers=house.token("executive"))).json()
    assert (told["value_halalas"], told["expected_on"], told["owner"]) == (None, "2026-12-20", "سارة علي")
    assert [one["v"] for one in told["history"]] == [3, 2, 1]
    assert [one["value_halalas"] for one in told["history"]] == [None, 5_000_000, 5_000_000]
    facts = [data for what, data in await house.history(talk.conversation) if what == "deal_terms_set"]
    assert [fact["version"] for fact in facts] == [1, 2, 3]


async def test_terms_that_cannot_be_are_refused(house):
    talk = Talk(house, "green_api")
    await talk.says("السلام عليكم")
    deal = talk.conversation.id
    for body in (
        {},
        {"seen_v": 0},
        {"value_halalas": -1},
        {"value_halalas": 10.5},
        {"value_halalas": True},
        {"value_halalas": "100"},
        {"value_halalas": 10**15},
        {"expected_on": "tomorrow"},
        {"expected_on": "1999-12-31"},
        {"value_halalas": 1, "colour": "blue"},
        {"owner": "x" * 101},
    ):
        assert (await sets(house, deal, **body)).status_code == 422, body
    assert (await sets(house, "nobody", value_halalas=1)).status_code == 404
    for role in ("executive", "dpo", "rules_editor", "service"):
        assert (await sets(house, deal, role, value_halalas=1)).status_code == 403, role
    assert (await house.http.get(address(deal), headers=house.token("executive"))).json()["v"] == 0
