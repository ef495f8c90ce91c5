"""Limits are settings with hard maxima; whatever is beyond them stops the start, in both languages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.departures.limit_terms import PACES, Rate, day_ends, day_of, pace_of
from bot.errors import Misconfigured
from bot.settings import Settings
from bot.tenant import Tenant
from bot.tenants import configured, tenant_of


def settings(**more: object) -> Settings:
    return Settings(_env_file=None, **more)


def the_tenant(**more: object) -> Tenant:
    config = settings(**more)
    (one,) = configured(config)
    return tenant_of(one, config)


META = {"WHATSAPP_PHONE_NUMBER_ID": "1", "WHATSAPP_API_TOKEN": "t", "WHATSAPP_APP_SECRET": "s"}
GREEN = {"GREEN_API_INSTANCE_ID": "1", "GREEN_API_TOKEN": "t"}


def test_without_a_setting_the_day_has_fifteen_and_ten_of_them_need_no_second_yes() -> None:
    limits = the_tenant().limits
    assert (limits.unasked_for_a_day, limits.approval_above) == (15, 10)


def test_each_provider_has_its_own_pace_and_a_linked_phone_types_like_a_person_unasked() -> None:
    limits = the_tenant(**META, **GREEN).limits
    assert limits.pace("meta_cloud").every == Rate(80, 4_800)
    assert limits.pace("green_api").unasked_for == Rate(1, 60)
    assert limits.pace("a channel that nobody configured") == PACES["green_api"]


def test_a_slower_number_is_slower_in_everything() -> None:
    limits = the_tenant(**META, WHATSAPP_RATE_LIMIT_PER_SECOND=2).limits
    assert limits.pace("meta_cloud").every == Rate(2, 120)
    assert limits.pace("meta_cloud").unasked_for == Rate(2, 120)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WHATSAPP_DAILY_LIMIT", 1_001),
        ("WHATSAPP_DAILY_LIMIT", -1),
        ("DEALIX_APPROVAL_ABOVE_A_DAY", 51),
        ("DEALIX_APPROVAL_ABOVE_A_DAY", -1),
        ("WHATSAPP_RATE_LIMIT_PER_SECOND", 0),
        ("WHATSAPP_RATE_LIMIT_PER_SECOND", 1_001),
        ("WHATSAPP_RATE_LIMIT_PER_MINUTE", 60_001),
    ],
)
def test_beyond_a_hard_maximum_nothing_starts(name: str, value: int) -> None:
    with pytest.raises(Misconfigured) as refused:
        the_tenant(**GREEN, **{name: value})
    assert str(value) in refused.value.message_en
    assert str(value) in refused.value.message_ar
    assert "must be from" in refused.value.message_en
    assert "يجب" in refused.value.message_ar


FILE = """
tenants:
  - id: shop
    name: Shop
    limits: {limits}
    channels:
      - {{id: phone, provider: ultramsg, instance_id: "1", token: "t", pace: {pace}}}
"""


def from_file(tmp_path: Path, limits: str = "{}", pace: str = "{}") -> Tenant:
    file = tmp_path / "tenants.yml"
    file.write_text(FILE.format(limits=limits, pace=pace))
    config = settings(DEALIX_TENANTS_FILE=file)
    (one,) = configured(config)
    return tenant_of(one, config)


def test_a_tenant_of_the_file_sets_its_own(tmp_path: Path) -> None:
    tenant = from_file(
        tmp_path,
        "{unasked_for_a_day: 4, approval_above: 2}",
        "{a_second: 3, a_minute: 20, unasked_for_a_minute: 5}",
    )
    assert (tenant.limits.unasked_for_a_day, tenant.limits.approval_above) == (4, 2)
    assert tenant.limits.pace("phone").every == Rate(3, 20)
    assert tenant.limits.pace("phone").unasked_for == Rate(1, 5)


@pytest.mark.parametrize(
    ("limits", "pace", "named"),
    [
        ("{unasked_for_a_day: 2000}", "{}", "limits.unasked_for_a_day"),
        ("{}", "{a_second: 0}", "phone: a_second"),
        ("{}", "{unasked_for_a_minute: 100000}", "phone: unasked_for_a_minute"),
        ("{a_week: 3}", "{}", "a_week"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, limits: str, pace: str, named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        from_file(tmp_path, limits, pace)


def test_what_nobody_asked_for_is_never_faster_than_the_number() -> None:
    pace = pace_of("c", "green_api", a_second=1, a_minute=2, unasked_for_a_second=9, unasked_for_a_minute=90)
    assert pace.unasked_for == Rate(1, 2)


def test_a_day_is_a_day_in_riyadh() -> None:
    assert day_of(datetime(2026, 3, 1, 20, 59, tzinfo=UTC)) == "2026-03-01"
    assert day_of(datetime(2026, 3, 1, 21, 0, tzinfo=UTC)) == "2026-03-02"
    assert day_ends(datetime(2026, 3, 1, 20, 59, tzinfo=UTC)) == datetime(2026, 3, 1, 21, 0, tzinfo=UTC)
    assert day_ends(datetime(2026, 3, 1, 21, 0, tzinfo=UTC)) == datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
