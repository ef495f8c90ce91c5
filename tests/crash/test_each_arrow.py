"""
SIGKILL at each arrow of the ten steps, and a start on the same folder: nothing is lost, nothing is said twice.

Where to kill is arranged from outside: a provider that hangs keeps the process inside a call, the pause for
bursts keeps it between recording and claiming, a held draft between commit and release.
"""

import asyncio

import pytest

from tests.crash.lead import Lead
from tests.fakes.whatsapp import ACCOUNTS, bodies
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house.process import Product
from tests.house.running import eventually


@pytest.mark.parametrize("with_its_database", [False, True], ids=["alone", "with its database"])
async def test_between_the_200_and_the_claim(product, whatsapp, with_its_database):
    """Answered 200, and killed before anybody looked."""
    leads = [Lead(product, provider) for provider in PROVIDERS]
    answers = await asyncio.gather(*(lead.says("كم السعر؟") for lead in leads))
    await product.reboots(with_its_database=with_its_database)
    await product.comes_to_rest()

    assert {answer.status_code for answer in answers} == {200}
    for lead in leads:
        # A call that had begun is in doubt where the provider keeps no record; all others are answered.
        contact = await lead.contact()
        assert contact["stage"] == "qualifying"
        assert len(contact["outbox"]) == 1
        assert len(lead.arrived) <= 1
        assert contact["outbox"][0]["status"] in ("accepted", "unknown")
        if contact["outbox"][0]["status"] == "accepted":
            assert len(lead.arrived) == 1


async def test_between_the_200_and_the_claim_of_somebody_we_know(product, whatsapp):
    """A contact at rest, whom nothing but this message would wake again."""
    lead = Lead(product)
    await lead.says("السلام عليكم")
    await lead.draft_that_is("accepted")
    await product.comes_to_rest()
    assert (await lead.says("كم السعر؟")).status_code == 200
    await product.reboots(with_its_database=True)
    await product.comes_to_rest(within=15)

    contact = await lead.contact()
    assert contact["stage"] == "qualifying"
    assert contact["outbox"][-1]["status"] in ("accepted", "unknown")


async def test_a_webhook_that_comes_again_after_the_crash_is_known(product, whatsapp):
    lead = Lead(product)
    hook = lead.writes("كم السعر؟")
    await product.is_told(lead.provider, hook)
    await eventually(lambda: lead.arrived)
    await product.reboots()
    again = await product.is_told(lead.provider, hook)
    await product.comes_to_rest()

    assert again.json()["new"] == 0
    assert len(lead.arrived) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_in_the_middle_of_the_call_after_the_provider_took_it(product, whatsapp, provider):
    lead = Lead(product, provider)
    whatsapp.script(provider, "timeout_after_accept", times=1)
    await lead.says("كم السعر؟")
    await eventually(lambda: lead.arrived)
    await product.reboots()
    draft = await lead.draft_that_is("unknown", "accepted")

    if provider in ("green_api", "ultramsg"):
        draft = await lead.draft_that_is("accepted")
        assert [draft["provider_message_ids"][-1]] == [entry.id for entry in lead.arrived]
    else:
        assert draft["status"] == "unknown"
        assert draft["id"] in [card["draft_id"] for card in await product.queue()]
        assert (await product.asks("POST", f"drafts/{draft['id']}/arrived")).status_code == 200
    await product.comes_to_rest()
    assert len(lead.arrived) == 1
    assert sum(whatsapp.calls.values()) == 1


async def test_in_the_middle_of_a_call_that_nobody_took(product, whatsapp):
    """The provider closes without a word while we die: only Sami may send it again."""
    lead = Lead(product, "fonnte")
    whatsapp.script("fonnte", "slow:60", times=1)
    await lead.says("كم السعر؟")
    await eventually(lambda: whatsapp.calls["fonnte"])
    await product.reboots()
    draft = await lead.draft_that_is("unknown")
    await asyncio.sleep(1)

    assert lead.arrived == []
    assert sum(whatsapp.calls.values()) == 1
    answers = [await product.asks("POST", f"drafts/{draft['id']}/send-again") for _ in range(2)]
    await product.comes_to_rest()
    assert [answer.status_code for answer in answers] == [200, 409]
    assert [entry.text for entry in lead.arrived] == [draft["text"]]


async def test_between_two_attempts(product, whatsapp):
    """The first provider refused for certain, the second was being called: the third is not."""
    lead = Lead(product, "green_api")
    whatsapp.script("green_api", "refuse:466", times=1)
    whatsapp.script("ultramsg", "timeout_after_accept", times=1)
    await lead.says("كم السعر؟")
    await eventually(lambda: lead.arrived)
    await product.reboots()
    await lead.draft_that_is("accepted")

    assert dict(whatsapp.calls) == {"green_api": 1, "ultramsg": 1}
    assert [entry.provider for entry in lead.arrived] == ["ultramsg"]


async def test_between_commit_and_release(product, whatsapp):
    lead = Lead(product)
    await lead.says("حولت المبلغ")
    held = await lead.draft_that_is("held")
    await product.reboots(with_its_database=True)
    (card,) = [card for card in await product.queue() if card["draft_id"] == held["id"]]

    assert (card["text"], lead.arrived) == (held["text"], [])
    await asyncio.gather(
        *(product.asks("POST", f"drafts/{held['id']}/approve", text_version=1) for _ in range(3))
    )
    await lead.draft_that_is("accepted")
    assert [entry.text for entry in lead.arrived] == [held["text"]]


async def test_between_release_and_send(product, whatsapp):
    """
    Approved, 200, and killed at once.

    The worker may have been inside the provider's call already: then the send is in doubt, and nobody repeats it.
    """
    lead = Lead(product, "ultramsg")
    await lead.says("حولت المبلغ")
    held = await lead.draft_that_is("held")
    answer = await product.asks("POST", f"drafts/{held['id']}/approve", text_version=1)
    await product.reboots()
    ended = await lead.draft_that_is("accepted", "unknown")

    assert answer.status_code == 200
    assert len(ended["attempts"]) == 1
    arrived = [entry.text for entry in lead.arrived]
    assert arrived == [held["text"]] or (ended["status"] == "unknown" and arrived == [])


async def test_while_a_message_waits_for_its_next_round(product, whatsapp):
    lead = Lead(product, "green_api")
    for provider in PROVIDERS:
        whatsapp.script(provider, "rate_limit", times=1)
    await lead.says("كم السعر؟")
    await eventually(lambda: whatsapp.calls["fonnte"])
    while not (tried := (await lead.draft_that_is("queued"))["attempts"]) or tried[-1]["channel"] != "fonnte":
        await asyncio.sleep(0.05)  # a call that a kill cuts off is another matter
    await product.reboots()
    await lead.draft_that_is("accepted")

    assert len(lead.arrived) == 1


async def test_an_opt_out_survives(product, whatsapp):
    """A draft waits, the contact says stop, 200, and killed at once."""
    lead = Lead(product)
    await lead.says("حولت المبلغ")
    held = await lead.draft_that_is("held")
    assert (await lead.says("وقفوا الرسايل")).status_code == 200
    await product.reboots(with_its_database=True)
    await product.comes_to_rest()
    contact = await lead.contact()

    assert (contact["stage"], contact["suppression"]["reason"]) == ("opted_out", "user_optout")
    assert {draft["id"]: draft["status"] for draft in contact["outbox"]}[held["id"]] == "cancelled"
    assert len(lead.arrived) <= 1
    refused = await product.asks("POST", f"drafts/{held['id']}/approve", text_version=1)
    await lead.says("كم السعر؟")
    await product.comes_to_rest()
    assert refused.status_code == 409
    assert held["text"] not in [entry.text for entry in lead.arrived]
    assert len(lead.arrived) <= 1


async def test_a_receipt_survives(product, whatsapp):
    lead = Lead(product)
    await lead.says("كم السعر؟")
    draft = await lead.draft_that_is("accepted")
    channel = draft["attempts"][-1]["channel"]  # another one while an earlier test's refusal lets the first rest
    receipt = bodies.receipt(
        channel,
        "read",
        provider_message_id=draft["provider_message_ids"][0],
        phone=lead.phone,
        at=lead.clock(),
    )
    assert (await product.is_told(channel, receipt)).status_code == 200
    await product.reboots(with_its_database=True)

    await lead.draft_that_is("read")


async def test_an_orderly_stop_finishes_what_is_in_hand(product, whatsapp):
    lead = Lead(product)
    for provider in PROVIDERS:
        whatsapp.script(provider, "slow:1", times=1)
    await lead.says("كم السعر؟")
    await eventually(lambda: whatsapp.calls)
    code = await product.stops()
    await product.boots()

    assert code in (0, -15)  # the web server passes SIGTERM on when everything is done
    assert len(lead.arrived) == 1
    assert (await lead.draft_that_is("accepted"))["attempts"][0]["send_class"] == "accepted"


async def test_a_second_process_on_the_same_folder_refuses_to_start(product):
    second = Product(product.folder, product.fake)
    second._said = product.folder / "second.log"
    with pytest.raises(AssertionError, match="another Dealix is running"):
        await second.boots()
    await second.http.aclose()


async def test_none_of_its_lives_wrote_down_a_body_or_a_secret(product, whatsapp):
    """Comes last: everything above was said by now."""
    account = ACCOUNTS
    await product.http.post("/webhooks/green_api", content=b'{"secret words', headers={"authorization": "x"})
    said = product.said

    assert "timeline_caught_up" in said
    for secret in (
        account.green_token,
        account.green_webhook_token,
        account.ultramsg_token,
        account.fonnte_token,
        account.meta_token,
        account.meta_app_secret,
    ):
        assert secret not in said
    assert "9665" not in said.replace("96655000000", "")
    assert "السعر" not in said
    assert "Traceback" not in said
