"""
The isolation walk of Telegram: everything that an update can reach, tried with another tenant's ids.

A handler that is added and not listed here fails the first test.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.mongo.store import MongoStore
from bot.conversation import Status
from tests.admin.telegram.house import OTHER, TENANT, House
from tests.admin.telegram.test_alerts import warns
from tests.admin.telegram.test_approval_cards import asks
from tests.admin.telegram.test_privacy_cards import demands
from tests.admin.telegram.test_rule_cards import submitted
from tests.fakes.telegram import FakeTelegram, Person

SECRETS = ("أسرار", "خصم لأحمد", "شكر أدفأ", "Clinic", "محاولة ممنوعة clinic")

# What somebody of the other tenant writes or taps for each handler; {} are ids of the first tenant.
WRITTEN = {
    "commands.message.queue": ["/queue"],
    "commands.message.brief": ["/brief"],
    "commands.message.help": ["/help", "/start"],
    "commands.message.find": ["/find أسرار", "/find 1111222"],
    "commands.message.contact": ["/contact {conversation}"],
    "commands.message.pause": ["/pause"],
    "commands.message.resume": ["/resume"],
    "commands.message.lang": ["/lang en", "/lang ar"],
    "fallback.message.queue": ["القائمة"],
    "fallback.message.brief": ["ملخص"],
    "fallback.message.help": ["مساعدة"],
    "fallback.message.not_understood": ["{draft}"],
    "approvals.message.on_list": ["/approvals"],
    "privacy.message.on_list": ["/privacy"],
    "away.message.on_away": ["/away 2026-12-01"],
    "away.message.on_back": ["/back"],
    "staff.message.bind": ["/bind {draft}"],
    "staff.message.whoami": ["/whoami"],
    "staff.message.tenant": ["/tenant riyadh-clinic", "/tenant"],
}
DRAFT_DOES = (
    "approve edit pick_reason reject_tone take_over hand_back arrived send_again verify_payment payment_sure "
    "full_text open_card back snooze_15"
)
TAPPED = {
    "taps.callback_query.on_draft": [f"d:{do}:{{draft}}:1" for do in DRAFT_DOES.split()],
    "contacts.callback_query.on_contact": [
        f"c:{do}:{{conversation}}" for do in ("show", "write", "take_over", "hand_back")
    ],
    "rules.callback_query.on_change": [
        f"r:{do}:{{change}}:{v}" for do in ("agree", "pick", "refuse_later", "back") for v in range(5)
    ],
    "approvals.callback_query.on_tap": [
        f"a:{do}:{{approval}}:1" for do in ("approve", "reject", "details", "open")
    ],
    "alerts.callback_query.on_tap": [f"n:{do}:{{alert}}" for do in ("ok", "open")],
    "away.callback_query.on_tap": ["w:pick:20261201:telegram.1001", "w:lend:20261201:telegram.1001", "w:end:-:-"],
    "fallback.callback_query.old_button": ["x:{draft}"],
    "staff.callback_query.tenant": ["t:use:{tag}"],
}
REPLIED = {
    "replies.message.on_reply": "نص",
    "replies.message.on_file": "",
    "replies.edited_message.on_changed_reply": "نص",
}


@pytest.fixture
async def street(store: MongoStore, telegram: FakeTelegram, sami: Person, tmp_path: Path) -> AsyncIterator[House]:
    house = House(store, telegram, approvers=(), folder=tmp_path)
    house.let_decide((sami.chat.id,), (2002,))
    await house.opens()
    yield house
    await house.closes()


async def test_every_handler_has_a_case(street: House) -> None:
    cases = {*WRITTEN, *TAPPED, *REPLIED}

    assert set(street.bots[0].handlers()) == cases


async def test_nothing_of_a_tenant_is_reached_from_another(
    street: House, sami: Person, telegram: FakeTelegram
) -> None:
    baker = telegram.person(2002, "Baker")
    draft = await street.holds("رد فيه أسرار", name="أسرار", phone="966501111222")
    conversation = await street.conversation_of(draft.id)
    change, asked = await submitted(street), await asks(street)
    await warns(street, "clinic")
    request = await demands(street)
    for seen in ("رد فيه أسرار", "شكر أدفأ", "خصم لأحمد", "محاولة ممنوعة clinic", "معرفة ما نحفظه"):
        await sami.sees(seen)
    ids = {
        "draft": draft.id,
        "conversation": conversation.id,
        "change": change,
        "approval": asked.id,
        "alert": (await street.alerts.latest(TENANT))[0].id,
        "tag": sami.messages[0].buttons[0]["callback_data"].rpartition("@")[2],
    }
    before = await _everything(street, draft.id, change, asked.id, request.id)
    await street.at(OTHER).holds("رد المخبز", phone="966509999999")
    own = await baker.sees("رد المخبز")

    for lines in WRITTEN.values():
        for line in lines:
            await baker.types(line.format(**ids))
    for taps in TAPPED.values():
        for data in taps:
            await baker.sends_tap(data.format(**ids), own, within=20)
            await baker.sends_tap(f"{data.format(**ids)}@{ids['tag']}", own, within=20)
    for message in sami.messages:
        replied = await baker.replies("نص المخبز", to=message)
        await baker.changes(replied, "نص آخر")
    await baker.types("/whoami")
    await baker.sees("لك أن تقرر", within=30)

    assert await _everything(street, draft.id, change, asked.id, request.id) == before
    read = [text for m in baker.messages for text in (m.text, *m.before)]
    assert not [text for text in read for secret in SECRETS if secret in text]
    assert not any(secret in popup for popup, _ in telegram.world.popups.values() for secret in SECRETS)
    assert (await street.desk.posture(TENANT)).is_paused is False
    assert await street.delegations.list(TENANT) == []


async def _everything(house: House, draft_id: str, change_id: str, approval_id: str, request_id: str) -> object:
    """What must not have moved."""
    draft = await house.draft(draft_id)
    conversation = await house.conversation_of(draft_id)
    assert draft.status is Status.HELD
    return (
        draft.text,
        draft.status,
        draft.snoozed_until,
        conversation.mode,
        conversation.stage,
        len(conversation.outbox),
        (await house.workbench.change(TENANT, change_id)).state,
        (await house.centre.get(TENANT, approval_id)).status,
        (await house.centre.get(TENANT, approval_id)).v,
        (await house.rights.show(TENANT, request_id)).v,
        [alert.seen_by for alert in await house.alerts.latest(TENANT)],
    )
