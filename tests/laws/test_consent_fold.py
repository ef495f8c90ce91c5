"""What holds for a person, channel and purpose follows from what was granted and revoked, in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.consent import (
    ALL,
    BASES,
    CHANNELS,
    EXPLICIT,
    GRANTED,
    PURPOSES,
    REASONS,
    REVOKED,
    ConsentEvent,
    Inbound,
    a_year_after,
    judge,
)

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def granted(at: datetime = NOW - 30 * DAY, **changes: object) -> ConsentEvent:
    event = ConsentEvent(
        id=f"g{at:%m%d%H}",
        tenant_id="default",
        contact_id="c1",
        keys=("phone:966501234567",),
        phone_e164="966501234567",
        channel="whatsapp",
        purpose="marketing",
        action=GRANTED,
        basis="explicit_consent",
        source="api",
        evidence_ref="form 7",
        text="",
        text_version="",
        actor="",
        at=at,
        recorded_at=at,
        expires_at=a_year_after(at),
    )
    return replace(event, **changes)


def revoked(at: datetime = NOW - 10 * DAY, **changes: object) -> ConsentEvent:
    event = granted(at, id=f"r{at:%m%d%H}", action=REVOKED, basis="", source="chat", expires_at=None)
    return replace(event, **changes)


def reason(*events: ConsentEvent, channel="whatsapp", purpose="marketing", at=NOW, inbound=None) -> str:
    return judge(events, channel, purpose, at, inbound).reason


def test_nothing_is_allowed_by_default():
    assert reason() == "none"


def test_a_grant_is_named_as_the_record():
    event = granted()
    answer = judge([event], "whatsapp", "marketing", NOW)
    assert (answer.is_allowed, answer.record_id) == (True, event.id)


@pytest.mark.parametrize("channel", [c for c in CHANNELS if c != "whatsapp"])
def test_another_channel_is_another_question(channel):
    assert reason(granted(), channel=channel) == "none"


@pytest.mark.parametrize("purpose", [p for p in PURPOSES if p != "marketing"])
def test_another_purpose_is_another_question(purpose):
    assert reason(granted(), purpose=purpose) == "none"


def test_it_expires_after_twelve_calendar_months_to_the_moment():
    event = granted(datetime(2024, 2, 29, 10, 0, tzinfo=UTC))
    end = datetime(2025, 2, 28, 10, 0, tzinfo=UTC)
    assert event.expires_at == end
    assert reason(event, at=end - timedelta(microseconds=1)) == "granted"
    assert reason(event, at=end) == "expired"
    assert reason(replace(event, expires_at=None), at=end) == "expired"


def test_it_begins_at_its_own_time():
    event = granted(NOW + DAY)
    assert reason(event) == "not_yet_valid"
    assert reason(event, at=NOW + DAY) == "granted"


def test_a_revocation_stands_until_the_contact_grants_explicitly_later():
    assert reason(granted(), revoked()) == "revoked"
    assert reason(revoked(), granted(NOW - 5 * DAY)) == "granted"
    assert reason(revoked(), granted(NOW - 5 * DAY, basis="existing_client")) == "revoked"


def test_what_is_imported_never_undoes_a_revocation_whatever_its_date():
    for at in (NOW - 20 * DAY, NOW - 5 * DAY, NOW - HOUR):
        assert reason(revoked(), granted(at, source="import")) == "revoked"


def test_a_grant_of_the_same_moment_does_not_undo_a_revocation():
    at = NOW - 10 * DAY
    assert reason(granted(at), revoked(at)) == "revoked"


def test_a_grant_for_a_later_day_does_not_outlast_the_revocation_that_comes_before_that_day():
    ahead = granted(NOW - 5 * DAY, recorded_at=NOW - 30 * DAY)
    assert reason(ahead, at=NOW - 5 * DAY) == "granted"
    assert reason(ahead, revoked()) == "revoked"
    assert reason(ahead, revoked(channel=ALL, purpose=ALL)) == "revoked"
    assert reason(ahead, revoked(), granted(NOW - 2 * DAY)) == "granted"


def test_a_stop_revokes_every_channel_and_purpose():
    stop = revoked(channel=ALL, purpose=ALL)
    events = [stop, *(granted(channel=c, purpose=p) for c in CHANNELS for p in PURPOSES)]
    assert {reason(*events, channel=c, purpose=p) for c in CHANNELS for p in PURPOSES} == {"revoked"}


def test_before_it_was_revoked_it_was_granted():
    assert reason(granted(), revoked(), at=NOW - 11 * DAY) == "granted"


INBOUND = Inbound("c1", NOW - HOUR, NOW + 23 * HOUR)


def test_who_writes_opens_an_answer_on_whatsapp_while_the_window_is_open_and_never_marketing():
    open_ones = {
        (c, p) for c in CHANNELS for p in PURPOSES if reason(channel=c, purpose=p, inbound=INBOUND) != "none"
    }
    assert open_ones == {("whatsapp", "service"), ("whatsapp", "sales_reply")}
    assert reason(purpose="service", inbound=INBOUND, at=INBOUND.closes_at) == "none"
    assert judge([], "whatsapp", "service", NOW, INBOUND).record_id == INBOUND.record_id


def test_writing_after_a_revocation_does_not_undo_it():
    assert reason(revoked(purpose="service"), purpose="service", inbound=INBOUND) == "revoked"


@st.composite
def events(draw):
    at = NOW + timedelta(hours=draw(st.integers(-24 * 500, 24 * 20)))
    channel = draw(st.sampled_from(CHANNELS[:2]))
    purpose = draw(st.sampled_from(PURPOSES[:3]))
    if draw(st.booleans()):
        whole = draw(st.booleans())
        return revoked(at, channel=ALL if whole else channel, purpose=ALL if whole else purpose)
    lasts = draw(st.integers(1, 24 * 500))
    return granted(
        at,
        id=f"g{draw(st.integers(0, 10**6))}",
        channel=channel,
        purpose=purpose,
        basis=draw(st.sampled_from(BASES)),
        source=draw(st.sampled_from(("api", "chat", "import"))),
        expires_at=at + timedelta(hours=lasts),
    )


ASKED = {"channel": st.sampled_from(CHANNELS[:2]), "purpose": st.sampled_from(PURPOSES[:3])}


@given(
    found=st.lists(events(), max_size=8, unique_by=lambda event: event.id),
    order=st.randoms(use_true_random=False),
    **ASKED,
)
def test_the_order_in_which_events_are_learned_changes_nothing(found, order, channel, purpose):
    shuffled = [*found, *found[:2]]
    order.shuffle(shuffled)
    assert judge(shuffled, channel, purpose, NOW) == judge(found, channel, purpose, NOW)


@given(found=st.lists(events(), max_size=8, unique_by=lambda event: event.id), **ASKED)
def test_an_allowance_always_names_a_living_grant_for_exactly_this(found, channel, purpose):
    answer = judge(found, channel, purpose, NOW)
    assert answer.reason in REASONS
    if not answer.is_allowed:
        return
    record = next(e for e in found if e.id == answer.record_id and e.channel == channel and e.purpose == purpose)
    stops = [e for e in found if e.action == REVOKED and e.is_about(channel, purpose) and e.at <= NOW]
    assert record.action == GRANTED
    assert record.at <= NOW < record.expires_at
    assert all(s.at < record.at for s in stops)
    assert not stops or (record.basis in EXPLICIT and record.source != "import")


@given(found=st.lists(events(), max_size=8, unique_by=lambda event: event.id), more=events(), **ASKED)
def test_another_revocation_never_opens_anything(found, more, channel, purpose):
    stop = replace(more, action=REVOKED, expires_at=None)
    before, after = judge(found, channel, purpose, NOW), judge([*found, stop], channel, purpose, NOW)
    assert before.is_allowed or not after.is_allowed
