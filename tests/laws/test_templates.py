"""Templates over HTTP: what leaves outside the service window, in exactly which words, and when nothing does."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.tenants import DEFAULT_TENANT
from tests.fakes.whatsapp import ACCOUNTS
from tests.fakes.whatsapp.templates import MetaTemplate
from tests.house.running import RunningHouse

CADENCE = "talk_goes_on"


def at_meta(house: RunningHouse, name: str = CADENCE, **more: Any) -> None:
    """The shipped words of a template stand at Meta."""
    template = house.inside.playbooks.policies_of(DEFAULT_TENANT).templates.find(name)
    for language, body in template.bodies.items():
        fields = {"footer": template.footers.get(language, ""), "category": template.category.upper(), **more}
        house.fake.templates.hold(MetaTemplate(name, language, body, **fields))


async def tells(house: RunningHouse, event: str, name: str = CADENCE, code: str = "ar", later: float = 0) -> None:
    """Meta posts the news of a template."""
    value = {"event": event, "message_template_name": name, "message_template_language": code}
    at = int((house.clock() + timedelta(seconds=later)).timestamp()) + 1
    change = {"field": "message_template_status_update", "value": value}
    body = json.dumps({"entry": [{"id": ACCOUNTS.meta_account, "time": at, "changes": [change]}]}).encode()
    proof = hmac.new(ACCOUNTS.meta_app_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={proof}"}
    answer = await house.http.post("/webhooks/meta_cloud", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def standing(house: RunningHouse, name: str = CADENCE, language: str = "ar") -> dict[str, Any]:
    answer = await house.http.get("/api/v1/templates", headers=house.token("admin"))
    assert answer.status_code == 200, answer.text
    return next(t for t in answer.json()["templates"] if (t["name"], t["language"]) == (name, language))


@pytest_asyncio.fixture(loop_scope="session")
async def meta(house: RunningHouse) -> RunningHouse:
    """A house whose templates stand well at Meta."""
    at_meta(house)
    await house.inside.trust.templates.look()
    return house


async def test_the_list_shows_how_each_template_stands(meta):
    assert (await standing(meta))["status"] == "approved"
    assert (await standing(meta))["trouble"] is None
    other = await standing(meta, "see_it_yourself")
    assert (other["status"], other["trouble"]) == ("missing", "template_missing")
    assert other["trouble_ar"] and other["trouble_en"]


async def test_the_news_of_meta_counts_at_once_and_old_news_does_not(meta):
    await tells(meta, "PAUSED", later=60)
    assert (await standing(meta))["trouble"] == "template_paused"
    await tells(meta, "APPROVED", later=30)
    assert (await standing(meta))["trouble"] == "template_paused"
    await tells(meta, "APPROVED", later=90)
    assert (await standing(meta))["trouble"] is None
    await meta.moves(minutes=3)


@pytest.mark.parametrize(
    "differs",
    [{"body": "غير هذا {{1}} ثم {{2}} كلام"}, {"footer": "x"}, {"buttons": True}, {"category": "MARKETING"}],
)
async def test_other_words_or_another_category_at_meta_let_nothing_leave(house, differs):
    template = house.inside.playbooks.policies_of(DEFAULT_TENANT).templates.find(CADENCE)
    fields = {"body": template.bodies["ar"], "category": "UTILITY", **differs}
    house.fake.templates.hold(MetaTemplate(CADENCE, "ar", **fields))
    await house.moves(seconds=1)
    await house.inside.trust.templates.look()

    assert (await standing(house))["trouble"] == "template_differs"


async def test_a_list_that_cannot_be_read_changes_nothing(meta):
    meta.fake.script("meta_cloud", "server_error")
    await meta.inside.trust.templates.look()

    assert (await standing(meta))["status"] == "approved"
