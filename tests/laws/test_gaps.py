"""What providers have and we do not: found, repaired once by the way of a webhook, and told."""

from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from bot.conversation import Status
from bot.gaps.compare import LOOK_EVERY
from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import FakeWhatsApp, bodies
from tests.house import Talk
from tests.house.clock import Clock
from tests.house.running import RunningHouse, running, settings_for
from tests.house.talk import new_message_id
from tests.laws.test_consents import Keeper
from tests.laws.test_data_rights import request_of

KEEPERS = ("green_api", "ultramsg")
SOON = timedelta(minutes=5)


@pytest_asyncio.fixture(loop_scope="session")
async def watched(house: RunningHouse) -> RunningHouse:
    """The house, some time after its first look at every channel."""
    await house.inside.trust.gaps.compare()
    await passes(house, minutes=20)
    return house


async def passes(house: RunningHouse, **time: float) -> None:
    """Let time pass, and a look with it."""
    await house.moves(**time)
    await house.inside.trust.gaps.compare()
    await house.settles()


def is_lost(talk: Talk, words: str, *, at: datetime | None = None, message_id: str = "") -> bodies.Webhook:
    """The contact writes, the provider has it, and its webhook never comes."""
    hook = talk.writes(words, at=at, message_id=message_id)
    talk.house.fake.keeps(talk.provider, hook)
    return hook


async def comes(talk: Talk, words: str, *, at: datetime | None = None) -> None:
    """The contact writes, the provider has it, and its webhook comes."""
    hook = talk.writes(words, at=at)
    talk.house.fake.keeps(talk.provider, hook)
    await talk.sends(hook)


async def channel(house: RunningHouse, name: str, role: str = "admin") -> dict:
    answer = await house.http.get("/api/v1/channels", headers=house.token(role))
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json()["channels"] if one["channel"] == name)


async def alerts(house: RunningHouse, kind: str) -> list:
    found = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
    return [alert for alert in found if alert.kind == kind]


@pytest.mark.parametrize("provider", KEEPERS)
async def test_one_of_five_webhooks_that_never_came_is_repaired_once(watched, new_talk, provider):
    before = await channel(watched, provider)
    talks = [new_talk(provider) for _ in range(5)]
    for number, talk in enumerate(talks):
        if number == 2:
            lost = is_lost(talk, "كم السعر؟")
        else:
            await comes(talk, "كم السعر؟")
    await passes(watched, minutes=4)
    await passes(watched, minutes=4)
    for talk in talks:
        await talk.looks()

    assert [len(await talk.happened("message_received")) for talk in talks] == [1] * 5
    assert [len(talk.arrived) for talk in talks] == [1] * 5, "a lost message of four minutes is answered like any"
    (fact,) = await talks[2].happened("gap_repaired")
    assert fact["channel"] == provider
    assert await talks[0].happened("gap_repaired") == []
    after = await channel(watched, provider)
    assert after["gaps_found"] - before["gaps_found"] == 1
    assert after["gaps_repaired"] - before["gaps_repaired"] == 1

    await talks[2].sends(lost)

    assert len(await talks[2].happened("message_received")) == 1, (
        "the webhook that comes after all is a repetition"
    )
    assert len(talks[2].arrived) == 1


async def test_messages_of_one_contact_are_repaired_in_the_order_in_which_they_were_written(watched, new_talk):
    talk, began = new_talk(), watched.clock()
    for number in (3, 1, 2):
        is_lost(talk, f"رسالة {number}", at=began + timedelta(seconds=number))
    await passes(watched, minutes=4)
    await talk.looks()

    assert [fact["text"] for fact in await talk.happened("message_received")] == ["رسالة 1", "رسالة 2", "رسالة 3"]
    assert len(await talk.happened("decided")) == 1


async def test_nobody_gets_an_answer_by_itself_to_what_they_wrote_long_ago(watched, new_talk):
    talk = new_talk()
    is_lost(talk, "كم السعر؟")
    watched.fake.script("green_api", "server_error")
    await passes(watched, hours=20)
    watched.fake.script("green_api", "ok")
    await passes(watched, minutes=16)
    await talk.looks()

    talk.waits_for_a_human()


async def test_what_was_overtaken_by_a_later_message_waits_for_a_human(watched, new_talk):
    talk = new_talk()
    is_lost(talk, "كم السعر؟", at=watched.clock() - timedelta(seconds=30))
    await comes(talk, "السلام عليكم")
    talk.heard_so_far()
    await passes(watched, minutes=4)
    await talk.looks()

    talk.waits_for_a_human()


async def test_a_stop_that_was_lost_is_heard_however_late(watched, new_talk):
    talk = new_talk()
    is_lost(talk, "وقفوا الرسايل")
    watched.fake.script("green_api", "server_error")
    await passes(watched, hours=5)
    watched.fake.script("green_api", "ok")
    await passes(watched, minutes=16)
    await talk.looks()

    talk.is_in("opted_out")


async def test_a_message_whose_webhook_may_still_come_is_left_to_it(watched, new_talk):
    talk = new_talk()
    await passes(watched, minutes=4)
    is_lost(talk, "كم السعر؟")
    await watched.inside.trust.gaps.look(DEFAULT_TENANT)
    await talk.looks()

    assert talk.memory is None


async def test_one_alert_tells_of_an_outage_with_count_and_span(watched, new_talk):
    told = len(await alerts(watched, "channel_gaps"))
    await passes(watched, hours=2)
    for _ in range(3):
        is_lost(new_talk(), "السلام عليكم")
    await passes(watched, minutes=4)
    is_lost(new_talk(), "السلام عليكم")
    await passes(watched, minutes=4)

    found = await alerts(watched, "channel_gaps")
    assert len(found) == told + 1
    assert found[0].about == "green_api"
    assert found[0].detail.startswith("found 3, repaired 3, could not 0; sent 20")
    assert set(found[0].audience) == {"admin", "approver"}


async def test_what_the_phone_did_before_it_was_watched_stays_on_the_phone(new_house):
    house = await new_house()
    talk = Talk(house)
    is_lost(talk, "رسالة لصديق", at=house.clock() - timedelta(hours=1))
    await passes(house, minutes=1)
    await passes(house, minutes=10)
    await talk.looks()

    assert talk.memory is None


@pytest.mark.parametrize(
    "answers",
    [
        "rate_limit",
        "server_error",
        "down",
        "auth",
        "html_200",
        'reply:200:{"messages": 7}',
        'reply:200:[1, null, "x"]',
    ],
)
@pytest.mark.parametrize("provider", KEEPERS)
async def test_a_record_that_cannot_be_read_is_said_and_read_later(watched, new_talk, provider, answers):
    talk = new_talk(provider)
    is_lost(talk, "السلام عليكم")
    asked = (
        answers if answers.startswith(("server", "down", "auth", "reply")) else f"reply:{_STATUS[answers]}:<html>"
    )
    watched.fake.script(provider, asked)
    await passes(watched, minutes=4)
    while_away = await channel(watched, provider)
    watched.fake.script(provider, "ok")
    await passes(watched, minutes=30)
    await talk.looks()

    assert while_away["trouble_en"]
    assert while_away["trouble_ar"]
    if "[1" not in answers:  # junk rows are counted, and the look is whole
        assert while_away["looked_until"] != (await channel(watched, provider))["looked_until"]
        assert len(await talk.happened("message_received")) == 1
    assert (await channel(watched, provider))["trouble_en"] == ""


_STATUS = {"rate_limit": 429, "html_200": 200}


async def test_junk_between_good_rows_spoils_nothing(watched, new_talk):
    talk, stamp = new_talk(), int(watched.clock().timestamp())
    good = (
        f'{{"type":"incoming","idMessage":"{new_message_id()}","timestamp":{stamp},"typeMessage":"textMessage",'
        f'"chatId":"{talk.phone}@c.us","senderId":"{talk.phone}@c.us","textMessage":"كم السعر؟"}}'
    )
    watched.fake.script(
        "green_api", f'reply:200:[7,{{"idMessage":null}},{good},{{"timestamp":"soon","chatId":[]}}]'
    )
    await passes(watched, minutes=4)
    watched.fake.script("green_api", "ok")
    await talk.looks()

    assert len(await talk.happened("message_received")) == 1
    assert "could not be read" in (await channel(watched, "green_api"))["trouble_en"]


async def test_what_a_human_typed_on_the_phone_unheard_silences_the_bot_only_as_long_as_it_would_have(
    watched, new_talk
):
    talk = new_talk()
    await comes(talk, "كم السعر؟")
    watched.fake.type_on_the_phone(f"{talk.phone}@c.us", "أهلًا، معك خالد")
    typed = next(entry for entry in watched.fake.ledger if not entry.by_api)
    behind = watched.clock().timestamp() - typed.at
    looked = await watched.inside.trust.gaps.look(
        DEFAULT_TENANT, watched.clock() - timedelta(seconds=behind + 300), "green_api"
    )
    await passes(watched, minutes=3)
    await watched.inside.trust.gaps.look(
        DEFAULT_TENANT, watched.clock() - timedelta(seconds=behind + 600), "green_api"
    )
    await talk.looks()

    assert looked[0].is_whole
    # The clock of these tests may be days ahead of the phone's, and a look goes back seven days at most.
    is_in_reach = behind + 600 < timedelta(days=7).total_seconds()
    found = [line.text for line in talk.conversation.recent if line.who == "phone"]
    assert found == (["أهلًا، معك خالد"] if is_in_reach else [])
    until = datetime.fromtimestamp(int(typed.at), watched.clock().tzinfo) + timedelta(hours=4)
    is_silenced = talk.conversation.mode == "human"
    assert is_silenced == (until > watched.clock())
    if is_silenced:
        assert talk.conversation.human_until == until


async def test_providers_without_a_record_say_so_in_words(watched):
    for name, word in (("fonnte", "Fonnte"), ("meta_cloud", "Meta")):
        told = await channel(watched, name, "executive")
        assert told["can_compare"] is False
        assert word in told["trouble_en"]
        assert told["trouble_ar"]
        assert told["looked_until"] is None


async def test_only_who_answers_for_the_service_sees_the_channels(house):
    for role in ("approver", "rules_editor", "agent", "service", "dpo"):
        answer = await house.http.get("/api/v1/channels", headers=house.token(role))
        assert answer.status_code == 403, role


async def test_what_came_while_we_were_away_is_found_when_we_are_back(mongo_uri, databases, tmp_path_factory):
    database, folder = databases.take(), tmp_path_factory.mktemp("away")
    async with FakeWhatsApp() as fake:
        settings = settings_for(fake.url, mongo_uri, database, folder)
        clock = Clock()
        async with running(settings, fake, clock) as house:
            await house.inside.trust.gaps.compare()
        clock.moves(timedelta(minutes=30))
        talks = [Talk(house) for _ in range(3)]
        for talk in talks:
            is_lost(talk, "كم السعر؟")
        clock.moves(timedelta(hours=3))
        async with running(settings, fake, clock) as back:
            await passes(back, seconds=1)
            for talk in talks:
                talk.house = back
                await talk.looks()

            assert [len(await talk.happened("gap_repaired")) for talk in talks] == [1, 1, 1]
            assert [len(talk.drafts(Status.HELD)) for talk in talks] == [1, 1, 1]
            assert all(talk.arrived == [] for talk in talks)
            (alert,) = await alerts(back, "channel_gaps")
            assert alert.detail.startswith("found 3, repaired 3, could not 0")
    await databases.give_back([database])


async def test_who_was_forgotten_is_not_brought_back_by_the_record_of_a_provider(new_house):
    house = await new_house()
    dpo, talk = Keeper(house), Talk(house)
    await passes(house, seconds=1)
    is_lost(talk, "كم السعر؟")
    await passes(house, minutes=4)
    is_lost(talk, "عندنا مصنع تمور")
    await house.moves(seconds=10)
    await talk.says("احذفوا كل بياناتي من عندكم")
    request = await request_of(dpo, talk, "deletion")
    done = (await dpo.post(f"data-requests/{request['id']}/complete")).json()
    looked = await house.inside.trust.gaps.look(DEFAULT_TENANT, house.clock() - timedelta(hours=1), "green_api")
    await passes(house, minutes=10)
    await talk.looks()

    assert done["status"] == "completed", done
    assert looked[0].is_whole
    assert talk.memory is None
    assert (await channel(house, "green_api"))["gaps_found"] == 0, (
        "also that something of theirs was missing is gone"
    )

    is_lost(talk, "السلام عليكم")
    await passes(house, minutes=4)
    await talk.looks()

    assert len(await talk.happened("message_received")) == 1, "what they write afterwards is theirs to be heard"


class _Killed(BaseException):
    """The process ends here: nothing of ours catches it."""


async def test_a_crash_in_the_middle_of_a_repair_repeats_nothing_and_counts_everything(watched, new_talk):
    gaps = watched.inside.trust.gaps
    await passes(watched, hours=1)
    talks = [new_talk() for _ in range(4)]
    for talk in talks:
        is_lost(talk, "كم السعر؟")
    await watched.moves(minutes=4)
    dying = _Dying(watched.inside.store.channel_watches, survives=2)
    with pytest.raises(_Killed):
        await _over(gaps, dying).look(DEFAULT_TENANT, channel="green_api")
    await gaps.look(DEFAULT_TENANT, channel="green_api")
    await gaps.look(DEFAULT_TENANT, channel="green_api")
    for talk in talks:
        await talk.looks()

    assert [len(await talk.happened("message_received")) for talk in talks] == [1] * 4
    assert [len(talk.arrived) for talk in talks] == [1] * 4
    (alert, *_) = await alerts(watched, "channel_gaps")
    assert alert.detail.startswith("found 4, repaired 4, could not 0")


class _Dying:
    """The real store, in a process that is killed when it notes one repair too many."""

    def __init__(self, real, survives: int) -> None:
        self._real, self._left = real, survives

    def __getattr__(self, name):
        return getattr(self._real, name)

    async def repaired(self, *told) -> None:
        if not self._left:
            raise _Killed
        self._left -= 1
        await self._real.repaired(*told)


def _over(gaps, watches):
    """The same room, over another store."""
    comparison = type(gaps._comparison)(
        watches, gaps._comparison._intake, gaps._comparison._was_erased, gaps.now, gaps._comparison._new_id
    )
    return type(gaps)(watches, comparison, gaps.channels, gaps.chains, gaps._alerts, gaps.now, gaps._unreachable)


async def test_looks_come_every_few_minutes_by_themselves(watched):
    (before,) = [w for w in await _watches(watched) if w.channel == "green_api"]
    await passes(watched, seconds=(LOOK_EVERY + timedelta(seconds=1)).total_seconds())
    (after,) = [w for w in await _watches(watched) if w.channel == "green_api"]

    assert after.looked_at > before.looked_at
    assert after.looked_until > before.looked_until


async def _watches(house: RunningHouse) -> list:
    return await house.inside.store.channel_watches.of_tenant(DEFAULT_TENANT)
