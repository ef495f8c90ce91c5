"""Campaigns: many messages after one yes, to nobody who did not agree, and to nobody twice."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bot.campaigns.audience import consent_trouble
from bot.campaigns.campaign import draft_id_of, hash_of_audience
from bot.campaigns.work import CampaignWork
from bot.privacy.consent import ConsentEvent, judge
from bot.tenants import DEFAULT_TENANT
from rules.policies.templates import Template
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house import Talk
from tests.house.clock import Clock
from tests.house.databases import Databases
from tests.house.running import RunningHouse, running, settings_for
from tests.laws.test_follow_ups import comes_to, is_open_for
from tests.laws.test_templates import at_meta, tells

TEMPLATE = "see_it_yourself"
PATIENCE_SECONDS = 40
OVER = ("done", "cancelled", "stopped", "rejected")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def agency(
    mongo_uri: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningHouse]:
    """A house of this file's own: a day's messages are counted for each tenant."""
    database = databases.take()
    async with FakeWhatsApp() as fake:
        limits = {"WHATSAPP_DAILY_LIMIT": 1000, "DEALIX_MAY_CHANGE_NUMBER": False}
        of_its_own = settings_for(fake.url, mongo_uri, database, tmp_path_factory.mktemp("agency"), **limits)
        async with running(of_its_own, fake, Clock()) as house:
            yield house
    await databases.give_back([database])


class Marketer:
    """Noura proposes, Sami decides."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house

    async def asks(
        self, method: str, path: str = "", role: str = "admin", who: str = "noura", **more: Any
    ) -> httpx.Response:
        headers = {**self.house.token(role, who), **more.pop("headers", {})}
        return await self.house.http.request(method, f"/api/v1/campaigns{path}", headers=headers, **more)

    async def proposes(
        self, contacts: list[str], template: str = TEMPLATE, path: str = "", **more: Any
    ) -> httpx.Response:
        key = more.pop("key", uuid4().hex)
        body = {"name": "autumn", "template": template, "audience": {"contacts": contacts}, **more}
        return await self.asks("POST", path, json=body, headers={"idempotency-key": key})

    async def sees(self, campaign_id: str) -> dict[str, Any]:
        answer = await self.asks("GET", f"/{campaign_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def waits_for(self, campaign_id: str, *statuses: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (campaign := await self.sees(campaign_id))["status"] not in statuses:
            assert time.monotonic() < deadline, campaign
            await asyncio.sleep(0.05)
        return campaign

    async def sami_says(self, campaign_id: str, verdict: str = "approve", who: str = "sami") -> httpx.Response:
        approval_id = (await self.waits_for(campaign_id, "waiting_for_approval"))["approval_id"]
        sami = self.house.token("approver", who)
        seen = await self.house.http.get(f"/api/v1/approvals/{approval_id}", headers=sami)
        path = f"/api/v1/approvals/{approval_id}/{verdict}"
        return await self.house.http.post(path, json={"v": seen.json()["v"]}, headers=sami)

    async def items(self, campaign_id: str, **params: Any) -> list[dict[str, Any]]:
        answer = await self.asks("GET", f"/{campaign_id}/items", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    async def grants(self, phone: str, purpose: str = "marketing") -> None:
        wanted = {
            "contact": phone,
            "channel": "whatsapp",
            "purpose": purpose,
            "basis": "form_submission",
            "evidence_ref": "form 7",
        }
        answer = await self.house.http.post(
            "/api/v1/consents", json=wanted, headers=self.house.token("dpo", "dina")
        )
        assert answer.status_code == 201, answer.text

    async def agreed(self, count: int) -> list[Talk]:
        """People who have never written, and agreed on a form."""
        talks = [Talk(self.house, "meta_cloud") for _ in range(count)]
        for talk in talks:
            await self.grants(talk.phone)
        return talks


@pytest_asyncio.fixture(loop_scope="session")
async def marketer(agency: RunningHouse) -> AsyncIterator[Marketer]:
    """At a time when messages may leave, with a template that stands well."""
    at_meta(agency, TEMPLATE)
    at_meta(agency)
    await comes_to(agency, lambda quiet, at: is_open_for(quiet, at, timedelta(hours=2)))
    await agency.moves(seconds=1)
    await agency.inside.trust.templates.look()
    yield Marketer(agency)
    agency.heals()
    agency.fake.templates.drop(TEMPLATE)
    await agency.moves(days=1)


def sent(talk: Talk) -> list[str]:
    return talk.replies


async def test_each_contact_who_agreed_gets_the_words_that_sami_agreed_to_once(marketer):
    talks = await marketer.agreed(3)
    stranger = Talk(marketer.house)
    taken = await marketer.proposes([*(talk.phone for talk in talks), stranger.phone, talks[0].phone])
    assert taken.status_code == 202, taken.text
    preview = taken.json()
    assert (preview["count"], preview["progress"]) == (3, {"done": 0, "total": 3})
    assert [(one["reason"], one["count"]) for one in preview["excluded"]] == [("no_consent", 1)]
    assert all(one["reason_ar"] and one["reason_en"] for one in preview["excluded"])
    await marketer.waits_for(preview["id"], "waiting_for_approval")
    assert [sent(talk) for talk in talks] == [[], [], []]

    answer = await marketer.sami_says(preview["id"])
    assert answer.status_code == 200, answer.text
    over = await marketer.waits_for(preview["id"], *OVER)

    assert (over["status"], over["counts"]["sent"], over["counts"]["excluded"]) == ("done", 3, 1), over
    assert over["progress"] == {"done": 3, "total": 3}
    for talk in talks:
        (words,) = sent(talk)
        assert words.startswith("مرحبا بك، تدعوك ") and words.endswith("للإيقاف اكتب: إيقاف")
        await talk.looks()
        (draft,) = talk.conversation.outbox
        assert draft.attempts[0].consent_id and draft.attempts[0].channel == "meta_cloud"
    assert sent(stranger) == []
    assert (
        await marketer.house.inside.trust.privacy.consents.bare_sends(
            DEFAULT_TENANT, marketer.house.clock() - timedelta(days=2), marketer.house.clock() + timedelta(days=1)
        )
        == []
    )


async def test_who_asked_does_not_agree_and_a_no_sends_nothing(marketer):
    (talk,) = await marketer.agreed(1)
    campaign = (await marketer.proposes([talk.phone])).json()
    own = await marketer.sami_says(campaign["id"], who="noura")
    assert own.status_code in (403, 409), own.text
    assert (await marketer.sami_says(campaign["id"], "reject")).status_code == 200
    over = await marketer.waits_for(campaign["id"], *OVER)

    assert (over["status"], over["end_reason"], sent(talk)) == ("rejected", "rejected", [])


async def test_who_wrote_to_us_has_not_agreed_to_a_campaign(marketer):
    talk = Talk(marketer.house, "meta_cloud")
    await talk.says("كم السعر؟")
    talk.heard_so_far()
    answer = await marketer.proposes([talk.phone])

    assert answer.status_code == 422, answer.text
    assert "no_consent" in answer.text


async def test_a_consent_for_one_purpose_is_none_for_another(marketer):
    talk = Talk(marketer.house, "meta_cloud")
    await marketer.grants(talk.phone, "service")
    preview = await marketer.proposes([talk.phone], path="/preview")

    assert preview.status_code == 200, preview.text
    assert preview.json()["count"] == 0


async def test_who_stops_or_withdraws_after_the_yes_hears_nothing(marketer):
    stays, stops, withdraws = await marketer.agreed(3)
    campaign = (await marketer.proposes([t.phone for t in (stays, stops, withdraws)])).json()
    await marketer.waits_for(campaign["id"], "waiting_for_approval")
    await stops.says("وقفوا الرسايل")
    dpo = marketer.house.token("dpo", "dina")
    body = {"contact": withdraws.phone}
    revoked = await marketer.house.http.post("/api/v1/consents/revoke", json=body, headers=dpo)
    assert revoked.status_code in (200, 201), revoked.text
    stops.heard_so_far()
    before = len(sent(stops))
    await marketer.sami_says(campaign["id"])
    over = await marketer.waits_for(campaign["id"], *OVER)

    assert over["counts"]["sent"] == 1 and over["counts"]["refused"] == 2, over
    reasons = {item["reason"] for item in await marketer.items(campaign["id"], status="refused")}
    assert reasons == {"opted_out", "consent_revoked"}
    assert len(sent(stays)) == 1 and len(sent(stops)) == before and sent(withdraws) == []


async def test_a_campaign_stops_when_meta_pauses_its_template(marketer):
    talks = await marketer.agreed(3)
    campaign = (await marketer.proposes([talk.phone for talk in talks])).json()
    await marketer.waits_for(campaign["id"], "waiting_for_approval")
    await tells(marketer.house, "PAUSED", TEMPLATE, later=1)
    await marketer.sami_says(campaign["id"])
    over = await marketer.waits_for(campaign["id"], *OVER)

    assert (over["status"], over["end_reason"]) == ("stopped", "template_paused")
    assert over["end_reason_ar"] and over["counts"]["cancelled"] == 3
    assert [sent(talk) for talk in talks] == [[], [], []]


async def test_a_template_that_meta_refuses_at_the_send_stops_the_rest(marketer):
    talks = await marketer.agreed(30)
    campaign = (await marketer.proposes([talk.phone for talk in talks])).json()
    await marketer.waits_for(campaign["id"], "waiting_for_approval")
    marketer.house.fake.templates.turn(TEMPLATE, "DISABLED")
    await marketer.sami_says(campaign["id"])
    over = await marketer.waits_for(campaign["id"], *OVER)
    await marketer.house.settles()

    assert (over["status"], over["end_reason"]) == ("stopped", "template_disabled")
    assert not any(sent(talk) for talk in talks)
    assert marketer.house.fake.calls["meta_cloud"] < 30


async def test_what_is_cancelled_ends_at_once_and_cannot_be_cancelled_twice(marketer):
    (talk,) = await marketer.agreed(1)
    campaign = (await marketer.proposes([talk.phone])).json()
    await marketer.waits_for(campaign["id"], "waiting_for_approval")
    first = await marketer.asks("POST", f"/{campaign['id']}/cancel")
    again = await marketer.asks("POST", f"/{campaign['id']}/cancel")
    late = await marketer.house.http.get(
        f"/api/v1/approvals/{first.json()['approval_id']}", headers=marketer.house.token("approver", "sami")
    )

    assert (first.status_code, first.json()["status"], again.status_code) == (200, "cancelled", 409)
    assert late.json()["status"] == "cancelled"
    assert sent(talk) == []


async def test_too_many_who_do_not_want_it_stop_a_campaign(marketer):
    talks = await marketer.agreed(50)
    campaign = (await marketer.proposes([talk.phone for talk in talks])).json()
    await marketer.waits_for(campaign["id"], "waiting_for_approval")
    marketer.house.fake.script("meta_cloud", "refuse:131050")
    await marketer.sami_says(campaign["id"])
    over = await marketer.waits_for(campaign["id"], *OVER)

    assert (over["status"], over["end_reason"]) == ("stopped", "complaints")
    assert 20 <= over["complaints"] <= 45 and over["counts"]["cancelled"] > 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"template": "nobody"}, 422),
        ({"template": "talk_goes_on"}, 422),
        ({"channel": "green_api"}, 422),
        ({"language": "fr"}, 422),
        ({"audience": {}}, 422),
        ({"audience": {"stages": ["opted_out"]}}, 422),
        ({"name": " "}, 422),
        ({"text": "anything"}, 422),
    ],
)
async def test_only_a_template_for_campaigns_from_a_number_that_carries_it(marketer, changes, status):
    body = {"name": "x", "template": TEMPLATE, "audience": {"contacts": ["966500000001"]}, **changes}
    answer = await marketer.asks("POST", json=body)

    assert answer.status_code == status, answer.text


async def test_the_same_request_twice_is_one_campaign(marketer):
    (talk,) = await marketer.agreed(1)
    key = uuid4().hex
    first = (await marketer.proposes([talk.phone], key=key)).json()
    second = (await marketer.proposes([talk.phone], key=key)).json()

    assert first["id"] == second["id"]
    await marketer.asks("POST", f"/{first['id']}/cancel")


# A process that dies between any two writes


class Died(Exception):
    """The process is gone."""


class Mortal:
    """A door of the store that dies after so many calls."""

    def __init__(self, door: Any, left: list[int]) -> None:
        self._door, self._left = door, left

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._door, name)
        if not callable(verb):
            return verb

        async def call(*args: Any, **more: Any) -> Any:
            self._left[0] -= 1
            if self._left[0] == 0:
                raise Died
            answer = await verb(*args, **more)
            self._left[0] -= 1
            if self._left[0] == 0:
                raise Died
            return answer

        return call


async def test_a_death_between_any_two_writes_makes_each_message_once(marketer):
    house = marketer.house
    talks = await marketer.agreed(3)
    campaign = (await marketer.proposes([talk.phone for talk in talks])).json()
    await marketer.waits_for(campaign["id"], "waiting_for_approval")
    real: CampaignWork = house.inside.trust.campaigns._work
    rows = real._rows
    deaths, left = 0, [0]
    real._rows = Mortal(rows, left)
    try:
        await marketer.sami_says(campaign["id"])
        for at in range(1, 400):
            left[0] = at
            try:
                stored = await rows.read(DEFAULT_TENANT, campaign["id"])
                begun = await real.begin(stored)
                went = await real.go_on(begun)
            except Died:
                deaths += 1
                continue
            await house.settles()
            if went.is_over:
                break
    finally:
        real._rows = rows
    over = await marketer.waits_for(campaign["id"], *OVER)

    assert deaths > 5
    assert over["counts"]["sent"] == 3, over
    assert [len(sent(talk)) for talk in talks] == [1, 1, 1]
    assert Counter(entry.reference for entry in house.fake.ledger).most_common(1)[0][1] == 1


# Laws of the parts


@given(st.lists(st.text(min_size=1, max_size=5), unique=True), st.randoms())
def test_the_hash_of_an_audience_is_of_its_members_alone(contacts, chance):
    shuffled = list(contacts)
    chance.shuffle(shuffled)

    assert hash_of_audience(contacts) == hash_of_audience(shuffled)
    assert hash_of_audience([*contacts, "one more"]) != hash_of_audience(contacts)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_the_id_of_a_message_follows_from_the_campaign_and_the_contact(campaign, one, other):
    assert len(draft_id_of(campaign, one)) == 26
    assert (draft_id_of(campaign, one) == draft_id_of(campaign, other)) == (one == other)


_WHEN = st.integers(-500, 500)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["granted", "revoked"]),
            st.sampled_from(["whatsapp", "email", "all"]),
            st.sampled_from(["marketing", "service", "sales_reply", "all"]),
            st.sampled_from(["form_submission", "existing_client"]),
            _WHEN,
        ),
        max_size=6,
    ),
    st.sampled_from(["marketing", "utility"]),
)
def test_nobody_is_in_an_audience_without_a_living_consent_for_exactly_that(told, category):
    now = Clock()()
    events = [
        ConsentEvent(
            id=str(number),
            tenant_id="t",
            contact_id="",
            keys=("phone:1",),
            phone_e164="1",
            channel=channel if action == "revoked" or channel != "all" else "whatsapp",
            purpose=purpose if action == "revoked" or purpose != "all" else "marketing",
            action=action,
            basis=basis if action == "granted" else "",
            source="api",
            evidence_ref="x",
            text="",
            text_version="",
            actor="a",
            at=now + timedelta(days=days),
            recorded_at=now + timedelta(days=days),
        )
        for number, (action, channel, purpose, basis, days) in enumerate(told)
    ]
    template = Template("t", "", "", category, ("campaign",), {"ar": "x"})
    purpose = "marketing" if category == "marketing" else "service"
    trouble = consent_trouble(events, template, now)

    assert (trouble == "") == judge(events, "whatsapp", purpose, now).is_allowed
    if not any(e.action == "granted" and e.channel == "whatsapp" and e.purpose == purpose for e in events):
        assert trouble
