"""What somebody at a desk does for one contact: a stop is for good, a pause holds what leaves by itself."""

from dataclasses import replace
from typing import NoReturn

import pytest

from bot.conversation import Status
from bot.errors import NotFound
from bot.inbox.room import ContactDecides
from bot.people import Human
from bot.privacy.consent import judge
from bot.privacy.consents import Wanted
from bot.tenants import DEFAULT_TENANT
from tests.house.fixtures import NewTalk
from tests.house.running import RunningHouse

NOURA = Human("user:noura", "Noura")
ASKS = "كم السعر؟"


async def test_a_stop_by_hand_silences_us_for_this_phone_also_after_the_talk_is_forgotten(
    house: RunningHouse, new_talk: NewTalk
) -> None:
    talk = new_talk()
    await talk.says("مرحبا")
    inbox = house.inside.rooms.inbox

    stopped = await inbox.stop(DEFAULT_TENANT, talk.conversation.id, NOURA, "called 0501234567 and said so")
    again = await inbox.stop(DEFAULT_TENANT, talk.conversation.id, NOURA)
    talk.heard_so_far()
    await talk.says(ASKS)

    assert (stopped.stage, stopped.suppression.reason) == ("opted_out", "manual")
    assert again.suppression == stopped.suppression
    talk.hears_nothing()
    assert await house.inside.store.suppressions.find(DEFAULT_TENANT, talk.conversation.keys) == "manual"
    held = await house.inside.trust.privacy.consents.show(DEFAULT_TENANT, talk.conversation.id)
    assert not any(answer.is_allowed for _, _, answer in held.now)
    assert len(await talk.happened("opted_out")) == 1
    assert len(await talk.happened("contact_stopped")) == 1


class CutOff:
    """The power goes before the consents are withdrawn."""

    async def show(self, *_: object) -> NoReturn:
        raise ConnectionError


async def test_a_stop_that_was_cut_off_is_finished_by_asking_again(
    house: RunningHouse, new_talk: NewTalk
) -> None:
    """The contact stood there as stopped and as agreeing, and the second press said that all was done."""
    talk = new_talk()
    await talk.says("مرحبا")
    inbox, consents = house.inside.rooms.inbox, house.inside.trust.privacy.consents
    wanted = Wanted("whatsapp", "marketing", "form_submission", "form 7")
    await consents.grant(DEFAULT_TENANT, talk.conversation.id, wanted, NOURA, "desk")
    with pytest.raises(ConnectionError):
        await replace(inbox, consents=CutOff()).stop(DEFAULT_TENANT, talk.conversation.id, NOURA, "called")

    await inbox.stop(DEFAULT_TENANT, talk.conversation.id, NOURA, "called")
    await inbox.stop(DEFAULT_TENANT, talk.conversation.id, NOURA, "called")

    held = await consents.show(DEFAULT_TENANT, talk.conversation.id)
    assert not judge(held.events, "whatsapp", "marketing", house.clock()).is_allowed
    for what in ("opted_out", "contact_stopped", "consent_revoked"):
        assert len(await talk.happened(what)) == 1


async def test_a_pause_holds_what_would_leave_by_itself_and_what_a_human_writes_leaves(
    house: RunningHouse, new_talk: NewTalk
) -> None:
    talk = new_talk()
    await talk.says("مرحبا")
    inbox, approvals = house.inside.rooms.inbox, house.inside.approvals

    await inbox.pause(DEFAULT_TENANT, talk.conversation.id, NOURA)
    talk.heard_so_far()
    await talk.says(ASKS)
    talk.hears_nothing()
    assert [draft.status for draft in talk.held] == [Status.HELD]
    await approvals.write(DEFAULT_TENANT, talk.conversation.id, NOURA, "سعرنا يعتمد على العدد")
    await house.settles()
    assert talk.replies[-1] == "سعرنا يعتمد على العدد"

    await inbox.unpause(DEFAULT_TENANT, talk.conversation.id, NOURA)
    await talk.looks()
    assert talk.conversation.sends_paused == ""
    assert len(await talk.happened("sends_paused_by_human")) == 1
    assert len(await talk.happened("sends_resumed_by_human")) == 1


async def test_nobody_lifts_what_the_contact_decided_and_no_neighbour_is_reached(
    house: RunningHouse, new_talk: NewTalk
) -> None:
    talk = new_talk()
    await talk.says("وقفوا الرسائل")
    inbox = house.inside.rooms.inbox

    with pytest.raises(ContactDecides):
        await inbox.pause(DEFAULT_TENANT, talk.conversation.id, NOURA)
    for deed in (inbox.stop, inbox.pause, inbox.unpause):
        with pytest.raises(NotFound):
            await deed("somebody_else", talk.conversation.id, NOURA)
