"""A proposal has the prices of the list and no others, people agree to its paper, and it leaves as a link."""

import hashlib

import pypdfium2
import pytest

from tests.house import Sami
from tests.offers.trade import PRICES, agrees, becomes, call, made, offered, put_in_force, settles


def words_of(paper: bytes) -> tuple[str, int]:
    """The letters of the first page, without their order: readers of PDFs mix up what runs from the right."""
    document = pypdfium2.PdfDocument(paper)
    try:
        page = document[0]
        text = page.get_textpage().get_text_range()
        return text, len(document)
    finally:
        document.close()


async def paper_of(house, proposal):
    answer = await call(house, "GET", f"/proposals/{proposal['proposal_id']}/paper")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


async def test_a_proposal_goes_from_the_price_list_to_the_contact_and_moves_the_deal(house, talk, outside):
    sami = Sami(house)
    await talk.goes_to("meeting_done", sami)
    waiting = await offered(house, talk, ("starter", 2))
    assert (waiting["total_halalas"], waiting["subtotal_halalas"]) == (300100, 300100)
    paper = await paper_of(house, waiting)
    assert hashlib.sha256(paper).hexdigest() == waiting["paper_sha256"]
    approval = await made(house, "GET", f"/approvals/{waiting['approval_id']}")
    assert approval["content_sha256"] == waiting["paper_sha256"]
    talk.hears_nothing()

    await agrees(house, waiting["approval_id"])
    sent = await becomes(house, f"/proposals/{waiting['proposal_id']}", lambda p: p["status"] == "sent")
    await talk.looks()
    talk.is_in("proposal_sent")
    (message,) = talk.replies[-1:]
    address = next(word for word in message.split() if word.startswith("https://dealix.example/offers/"))
    assert "3,001" not in message, "an amount is on the paper, not in the chat"
    opened = await house.http.get(address.removeprefix("https://dealix.example"))
    assert (opened.status_code, opened.content) == (200, paper)
    assert opened.headers["cache-control"] == "private, no-store"
    moved = [e for e in await talk.happened("stage_moved") if e["event"] == "proposal_delivered"]
    assert moved[0]["evidence"] == f"proposal:{sent['proposal_id']} draft:{sent['draft_id']}"
    terms = await house.inside.rooms.deals.of("default", talk.conversation.id)
    assert (terms.value_halalas, terms.source) == (300100, "proposal")
    record = await made(house, "GET", f"/structured-outputs/{sent['record_id']}")
    assert record["output"]["total_halalas"] == 300100
    assert record["output"]["price_list_sha256"] == sent["price_list_sha256"]


async def test_the_paper_is_arabic_and_english_and_always_the_same_bytes(house, talk):
    await talk.goes_to("qualified", Sami(house))
    arabic = await offered(
        house, talk, ("starter", 3), discount_percent=10, discount_reason="عميل أول", language="ar"
    )
    assert (arabic["discount_halalas"], arabic["total_halalas"]) == (45015, 405135)
    text, pages = words_of(await paper_of(house, arabic))
    assert pages == 1
    assert sorted("رعسضرع")[0] in text
    assert "4,501.50" in text
    assert "4,051.35" in text
    assert "80" in text, "what the lead answered"
    english = await offered(house, talk, ("starter", 3), language="en")
    text, _ = words_of(await paper_of(house, english))
    assert "Starter plan, monthly" in text
    assert "SAR 4,501.50" in text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"lines": [{"price_id": "gone", "quantity": 1}]}, 422),
        ({"lines": [{"price_id": "starter", "quantity": 0}]}, 422),
        ({"lines": [{"price_id": "starter"}, {"price_id": "starter"}]}, 422),
        ({"lines": []}, 422),
        ({"lines": [{"price_id": "starter", "unit_halalas": 1}]}, 422),
        ({"lines": [{"price_id": "starter", "quantity": True}]}, 422),
        ({"lines": [{"price_id": "starter", "quantity": "2"}]}, 422),
        ({"discount_percent": 5.0, "discount_reason": "x"}, 422),
        ({"discount_percent": 5}, 422),
        ({"discount_percent": 51, "discount_reason": "x"}, 422),
        ({"note": "نضمن لكم مضاعفة المبيعات"}, 422),
        ({"conversation_id": "01NOBODY"}, 404),
        ({"valid_days": 61}, 422),
    ],
)
async def test_what_is_not_on_the_list_or_not_sayable_is_refused(house, talk, change, status):
    await talk.says("السلام عليكم")
    body = {"conversation_id": talk.conversation.id, "lines": [{"price_id": "starter"}], **change}
    answer = await call(house, "POST", "/proposals", body)
    assert answer.status_code == status, answer.text
    assert (await call(house, "GET", f"/proposals?conversation_id={talk.conversation.id}")).json()["total"] == 0


async def test_without_a_price_list_there_is_no_proposal(house, talk):
    await talk.says("السلام عليكم")
    await put_in_force(house, {})
    try:
        body = {"conversation_id": talk.conversation.id, "lines": [{"price_id": "starter"}]}
        answer = await call(house, "POST", "/proposals", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "no_price_list")
        assert "قائمة الأسعار" in answer.json()["message_ar"]
    finally:
        await put_in_force(house, {"policies/prices.yml": PRICES})


async def test_fifty_thousand_riyals_take_a_second_yes_of_an_admin(house, talk):
    await talk.goes_to("qualified", Sami(house))
    waiting = await offered(house, talk, ("pilot", 1))
    approval = await made(house, "GET", f"/approvals/{waiting['approval_id']}")
    assert [step["role"] for step in approval["steps"]] == ["approver", "admin"]
    await agrees(house, waiting["approval_id"])
    await settles(house)
    await talk.looks()
    assert not [text for text in talk.replies if "/offers/" in text]
    await agrees(house, waiting["approval_id"], role="admin", who="founder")
    await becomes(house, f"/proposals/{waiting['proposal_id']}", lambda p: p["status"] == "sent")


async def test_a_no_sends_nothing_and_a_stop_ends_what_waits(house, talk, new_talk):
    await talk.goes_to("qualified", Sami(house))
    waiting = await offered(house, talk)
    seen = await made(house, "GET", f"/approvals/{waiting['approval_id']}")
    await made(
        house,
        "POST",
        f"/approvals/{waiting['approval_id']}/reject",
        {"v": seen["v"], "note": "no"},
        role="approver",
    )
    await becomes(house, f"/proposals/{waiting['proposal_id']}", lambda p: p["status"] == "rejected")
    assert not [text for text in talk.replies if "/offers/" in text]

    other = new_talk()
    await other.says("السلام عليكم")
    held = await offered(house, other)
    await other.says("وقفوا الرسايل")
    late = await call(
        house,
        "POST",
        "/proposals",
        {"conversation_id": other.conversation.id, "lines": [{"price_id": "starter"}]},
    )
    assert late.status_code == 409
    seen = await made(house, "GET", f"/approvals/{held['approval_id']}")
    await call(house, "POST", f"/approvals/{held['approval_id']}/approve", {"v": seen["v"]}, role="approver")
    await settles(house)
    await other.looks()
    assert not [text for text in other.replies if "/offers/" in text]


async def test_a_link_that_was_changed_or_is_too_old_opens_nothing(house, talk):
    await talk.goes_to("qualified", Sami(house))
    waiting = await offered(house, talk, valid_days=1)
    found = await house.inside.rooms.offers.proposals.read("default", waiting["proposal_id"])
    path = house.inside.rooms.offers.proposals.address(found).removeprefix("https://dealix.example")
    assert (await house.http.get(path)).status_code == 200
    broken = [f"{path[:-1]}0" if path[-1] != "0" else f"{path[:-1]}1", f"{path}x", "/offers/x", "/offers/%00.ff"]
    assert {(await house.http.get(one)).status_code for one in broken} == {404}
    assert (await house.http.get(path.replace("/offers/", "/offers/pay/"))).status_code == 404
    await house.moves(days=3)
    gone = await house.http.get(path)
    assert (gone.status_code, gone.json()["code"]) == (410, "link_expired")


async def test_the_same_request_is_one_proposal(house, talk):
    await talk.goes_to("qualified", Sami(house))
    body = {"conversation_id": talk.conversation.id, "lines": [{"price_id": "starter"}]}
    answers = [
        await call(house, "POST", "/proposals", body, headers={"idempotency-key": f"same-{talk.phone}"})
        for _ in range(2)
    ]
    assert len({answer.json()["proposal_id"] for answer in answers}) == 1
    await settles(house)
    listed = await made(house, "GET", f"/proposals?conversation_id={talk.conversation.id}")
    assert listed["total"] == 1


async def test_what_was_sent_is_not_asked_for_again_and_what_was_cancelled_does_not_wait(house, talk, outside):
    await talk.goes_to("meeting_done", Sami(house))
    sent = await offered(house, talk, ("starter", 2))
    await agrees(house, sent["approval_id"])
    await becomes(house, f"/proposals/{sent['proposal_id']}", lambda seen: seen["status"] == "sent")
    actions = f"/conversations/{talk.conversation.id}/actions"
    again = await made(house, "POST", f"{actions}/send_proposal", {"facts": {"proposal_id": sent["proposal_id"]}})
    cancelled = await offered(house, talk, ("starter", 3))
    listed = (await made(house, "GET", actions))["actions"]
    (failed,) = [one for one in listed if one["id"] == again["id"]]
    assert failed["state"] == "failed" and failed["reason_ar"]
    assert (await made(house, "GET", f"/proposals/{sent['proposal_id']}"))["status"] == "sent"
    (begun,) = [one for one in listed if one["approval_id"] == cancelled["approval_id"]]
    await made(house, "POST", f"{actions}/{begun['id']}/cancel")
    path = f"/proposals/{cancelled['proposal_id']}"
    assert await becomes(house, path, lambda seen: seen["status"] == "cancelled")
    approval = await made(house, "GET", f"/approvals/{cancelled['approval_id']}")
    assert approval["status"] == "cancelled"
