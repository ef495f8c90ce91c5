"""What leaves over the API about a contact: never the whole phone."""

from typing import Any


async def test_drafts_and_contacts_over_the_api_show_no_whole_phone(house: Any, new_talk: Any) -> None:
    talk = new_talk()
    await talk.says("دفعت المبلغ")
    draft = talk.waits_for_a_human()
    headers = house.token("approver")

    queue = await house.http.get("/api/v1/drafts", headers=headers)
    contact = await house.http.get(f"/api/v1/conversations/{talk.conversation.id}", headers=headers)

    assert draft.id in queue.text
    assert draft.id in contact.text
    assert talk.conversation.phone not in queue.text
    assert talk.conversation.phone not in contact.text
