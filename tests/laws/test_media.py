"""A file that a contact sends is fetched by nobody, until a person asks for it."""

from tests.fakes.whatsapp import bodies


async def test_a_file_is_listed_for_people_and_fetched_by_nobody(talk, house):
    file = {
        "downloadUrl": f"{house.fake.url}/file.jpg",
        "mimeType": "image/jpeg",
        "fileName": "receipt.jpg",
        "caption": "حولت المبلغ",
        "jpegThumbnail": "",
    }
    said = {"typeMessage": "imageMessage", "fileMessageData": file}
    webhook = bodies.green(said, chat=f"{talk.phone}@c.us", message_id="3EBFILE1", at=house.clock())
    await talk.sends(webhook)
    headers = house.token("approver", "sami")
    address = f"/api/v1/conversations/{talk.conversation.id}/media"
    listed = (await house.http.get(address, headers=headers)).json()
    asked = await house.http.post(f"{address}/{listed['media'][0]['ref']}", headers=headers)

    assert [(one["kind"], one["mime_type"]) for one in listed["media"]] == [("image", "image/jpeg")]
    assert talk.phone not in str(listed) and "file.jpg" not in str(listed)
    # The fake lives on this machine over http, as an attacker's address would: nothing calls it.
    assert (asked.status_code, asked.json()["code"]) == (422, "media_refused")
    talk.waits_for_a_human()
