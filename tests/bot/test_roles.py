"""What a process does, whose turn it is in a conversation, and who hears a ring."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bell import Bell
from bot.conversation import Attempt, Conversation, Draft, DraftKind, Status, Waiting, with_attempt
from bot.errors import Misconfigured
from bot.roles import ALL, PARTS, Duty, Role, duties_of, part_of, read
from bot.settings import Settings
from bot.tenant import Pace
from bot.timers import next_look, next_turn

NOW = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
LEAD = ("default", "01J")


@pytest.mark.parametrize(
    ("said", "roles"),
    [
        ((), ALL),
        (("",), ALL),
        (("web",), {Role.WEB}),
        (("web,worker", " sender "), {Role.WEB, Role.WORKER, Role.SENDER}),
        (("WEB", "web"), {Role.WEB}),
    ],
)
def test_roles_are_named_one_by_one_or_with_commas_or_not_at_all(said, roles):
    assert read(said) == roles


def test_a_role_that_does_not_exist_is_named_in_both_languages():
    with pytest.raises(Misconfigured) as refused:
        read(["web", "wroker"])

    assert "wroker" in refused.value.message_en
    assert "wroker" in refused.value.message_ar
    assert refused.value.message_en != refused.value.message_ar


def settings(tmp_path: Path, **more: str) -> Settings:
    return Settings(_env_file=None, DEALIX_DATA_DIR=tmp_path, **more)  # type: ignore[call-arg]


def test_a_process_with_some_roles_needs_a_database_that_others_can_reach(tmp_path):
    with pytest.raises(Misconfigured, match="MONGODB_URI") as refused:
        settings(tmp_path, DEALIX_ROLES="worker").check()

    assert "قاعدة البيانات" in refused.value.message_ar
    settings(tmp_path, DEALIX_ROLES="worker", MONGODB_URI="mongodb://db").check()
    settings(tmp_path, DEALIX_ROLES="web,worker,sender,bot,timers").check()
    settings(tmp_path).check()


def test_the_broker_password_is_a_secret(tmp_path):
    known = settings(tmp_path, DEALIX_NATS_URL="nats://dealix:hush@broker:4222")

    assert "nats://dealix:hush@broker:4222" in known.secrets
    assert "hush" not in repr(known)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=200, max_size=200, unique=True))
def test_contacts_are_spread_over_all_parts_and_stay_where_they_are(ids):
    parts = [part_of("default", one) for one in ids]

    assert parts == [part_of("default", one) for one in ids]
    assert set(parts) <= set(range(PARTS))
    assert len(set(parts)) > PARTS / 2


def conversation() -> Conversation:
    return Conversation("01J", "default", ("phone:966501234567",), NOW)


def draft(status: Status) -> Draft:
    made = Draft("d", DraftKind.REPLY, status, "hello", "en", "c", NOW)
    if status is Status.HELD:
        made.warn_at = NOW + timedelta(minutes=15)
    if status in (Status.SENDING, Status.UNKNOWN):
        with_attempt(made, Attempt("a", "green_api", NOW, "me"))
    return made


@pytest.mark.parametrize(
    ("status", "duty"),
    [
        (Status.HELD, Duty.TIMERS),
        (Status.QUEUED, Duty.SENDER),
        (Status.SENDING, Duty.SENDER),
        (Status.UNKNOWN, Duty.SENDER),
    ],
)
def test_every_draft_that_waits_is_somebodys_turn(status, duty):
    waits = conversation()
    waits.outbox.append(draft(status))

    turn = next_turn(waits, Pace())

    assert turn is not None
    assert turn[1] is duty
    assert next_look(waits, Pace()) == turn[0]


def test_a_message_that_waits_is_read_before_anything_is_sent():
    waits = conversation()
    waits.outbox.append(draft(Status.QUEUED))
    waits.mailbox.append(Waiting("k", "message", "green_api", NOW, "c", {}))

    turn = next_turn(waits, Pace())

    assert turn is not None
    assert turn[1] is Duty.WORKER


def test_nobodys_turn_is_nobodys():
    assert next_turn(conversation(), Pace()) is None


class Line:
    """What would travel to other processes."""

    def __init__(self, is_open: bool = True) -> None:
        self.is_open = is_open
        self.rung: list[tuple[Duty, int]] = []
        self.told: list[tuple[str, str]] = []

    def ring(self, duty, part, name, at):
        self.rung.append((duty, part))

    def changed(self, name):
        self.told.append(name)


@pytest.mark.parametrize(
    ("duties", "is_ours", "is_open", "heard_here", "travels"),
    [
        ({Duty.WORKER}, True, True, True, False),
        ({Duty.WORKER}, False, True, False, True),
        ({Duty.SENDER}, True, True, False, True),
        (set(), False, True, False, True),
        ({Duty.WORKER}, False, False, True, False),
        ({Duty.SENDER}, False, False, False, False),
    ],
)
def test_a_ring_is_heard_by_whoever_looks_after_the_contact(duties, is_ours, is_open, heard_here, travels):
    bell, line, heard = Bell(frozenset(duties), lambda duty, part: is_ours), Line(is_open), []
    bell.over(line)
    bell.to_worker(lambda name, at: heard.append(name))

    bell.ring(*LEAD)

    assert heard == ([LEAD] if heard_here else [])
    assert line.rung == ([(Duty.WORKER, part_of(*LEAD))] if travels else [])


async def test_a_change_is_told_here_and_elsewhere_and_one_from_elsewhere_only_here():
    bell, line = Bell(), Line()
    bell.over(line)
    with bell.watching() as changes:
        bell.changed(*LEAD)
        assert await anext(changes) == LEAD
        bell.saw_change(("default", "02K"))
        assert await anext(changes) == ("default", "02K")

    assert line.told == [LEAD]


def test_timers_are_a_duty_and_doors_are_none():
    assert duties_of({Role.WEB, Role.BOT}) == frozenset()
    assert duties_of(ALL) == frozenset(Duty)
