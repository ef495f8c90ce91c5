"""
Twenty kills at random moments in a stream of conversations with failing providers.

Afterwards, from what the providers took and what is stored:
    every message answered 200 was handled exactly once, and has an outcome;
    no draft reached a contact twice; nothing held was sent;
    doubt is no more common than its causes, and lies before Sami;
    stages moved along the drawing; after a stop nothing but its one confirmation was said.
"""

import asyncio
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import httpx

from flows.deal import TABLE
from tests.crash.lead import Lead
from tests.fakes.whatsapp.bodies import PROVIDERS, Webhook
from tests.house.process import Product

KILLS = 20
SEED = 20260203
OUTCOMES = {"reply_queued_by_bot", "draft_held", "kept_silent"}
TROUBLES = ("ok", "ok", "auth", "cut_reply", "slow:0.1", "rate_limit", "timeout_after_accept")


class Storm:
    """Leads who write while the product dies, and what they were told."""

    def __init__(self, product: Product, chance: random.Random) -> None:
        self.product = product
        self.chance = chance
        self.leads: list[Lead] = []
        self.told: dict[str, list[str]] = {}
        """Per phone, the texts that were answered 200."""
        self.stopped_with: dict[str, int] = {}
        """Per phone, how many messages had arrived when its stop was answered 200."""
        self.unanswered: list[tuple[Lead, str, Webhook]] = []

    async def one_round(self) -> None:
        newcomers = [Lead(self.product, self.chance.choice(PROVIDERS)) for _ in range(4)]
        old = self.chance.sample(self.leads, min(4, len(self.leads)))
        self.leads += newcomers
        texts = [(lead, "كم السعر؟") for lead in newcomers]
        texts += [(lead, self.chance.choice(("80", "حولت المبلغ", "وقفوا الرسايل", "مهتم"))) for lead in old]
        redelivered, self.unanswered = self.unanswered, []
        posts = [(lead, words, lead.writes(words)) for lead, words in texts] + redelivered
        self.chance.shuffle(posts)
        await asyncio.gather(*(self._post(*post) for post in posts))

    async def _post(self, lead: Lead, words: str, hook: Webhook) -> None:
        await asyncio.sleep(self.chance.random() * 0.2)
        try:
            answer = await self.product.is_told(lead.provider, hook)
        except httpx.TransportError:
            self.unanswered.append((lead, words, hook))  # a provider would deliver it again
            return
        if answer.status_code != 200:
            self.unanswered.append((lead, words, hook))
            return
        self.told.setdefault(lead.phone, []).append(words)
        if words == "وقفوا الرسايل":
            self.stopped_with.setdefault(lead.phone, len(lead.arrived))

    async def round_with_a_kill(self) -> None:
        for provider in self.chance.sample(PROVIDERS, 2):
            self.product.fake.script(provider, self.chance.choice(TROUBLES), times=1)
        stream = asyncio.create_task(self.one_round())
        await asyncio.sleep(self.chance.random() * 0.5)
        await self.product.reboots(with_its_database=self.chance.random() < 0.3)
        await stream


async def test_after_many_kills_every_promise_still_holds(product, whatsapp):
    storm = Storm(product, random.Random(SEED))
    for _ in range(KILLS):
        await storm.round_with_a_kill()
    for provider in PROVIDERS:
        whatsapp.script(provider, "ok")
    while storm.unanswered:
        await storm.one_round()
    await product.comes_to_rest(within=90)
    contacts = {row["phone"]: row for row in await product.contacts()}

    told = sum(len(texts) for texts in storm.told.values())
    assert told > KILLS * 5
    for lead in storm.leads:
        contact = contacts[lead.phone]
        _nothing_is_lost(contact, storm.told[lead.phone])
        _nothing_is_said_twice(contact, lead)
        _stages_follow_the_drawing(contact)
        _stop_means_stop(contact, lead, storm)
    await _doubt_lies_before_sami(product, list(contacts.values()))


def _nothing_is_lost(contact: dict[str, Any], told: list[str]) -> None:
    received = Counter(e["data"]["text"] for e in contact["log"] if e["what"] == "message_received")
    assert received == Counter(told)
    writes: dict[str, set[str]] = {}
    for entry in contact["log"]:
        writes.setdefault(entry["id"].rpartition(":")[0], set()).add(entry["what"])
    assert all(write & OUTCOMES for write in writes.values() if "message_received" in write)


def _nothing_is_said_twice(contact: dict[str, Any], lead: Lead) -> None:
    tried = Counter(d["text"] for d in contact["outbox"] if d["attempts"])
    arrived = Counter(entry.text for entry in lead.arrived)
    assert arrived <= tried, (arrived - tried, lead.phone)
    for draft in contact["outbox"]:
        open_or_taken = [a for a in draft["attempts"] if a["send_class"] in (None, "accepted", "ambiguous")]
        assert len(open_or_taken) <= 1
        if draft["status"] == "accepted":
            assert arrived[draft["text"]]
        if draft["status"] == "held" or draft["wording"] == "payment_claim_reply":
            assert not draft["attempts"]
    sent_in_order = [d["text"] for d in contact["outbox"] if arrived[d["text"]]]
    assert [entry.text for entry in lead.arrived] == sent_in_order


def _stages_follow_the_drawing(contact: dict[str, Any]) -> None:
    moves = [e["data"] for e in contact["log"] if e["what"] == "stage_moved"]
    path = [(m["before"], m["event"], m["after"]) for m in moves]
    assert all(TABLE[before, event] == after for before, event, after in path)
    assert all(one[2] == other[0] for one, other in pairwise(path))
    assert contact["stage"] == (path[-1][2] if path else "new_lead")


def _stop_means_stop(contact: dict[str, Any], lead: Lead, storm: Storm) -> None:
    if lead.phone not in storm.stopped_with:
        return
    assert contact["stage"] == "opted_out"
    assert contact["suppression"]["reason"] == "user_optout"
    confirmations = [d["text"] for d in contact["outbox"] if d["kind"] == "opt_out_confirmation"]
    assert len(confirmations) <= 1
    afterwards = [entry.text for entry in lead.arrived[storm.stopped_with[lead.phone] :]]
    # A call that had begun when the stop came in may still arrive; it was not begun afterwards.
    stopped_at = min(e["at"] for e in contact["log"] if e["what"] == "opted_out")
    late = [text for text in afterwards if text not in confirmations]
    for text in late:
        (draft,) = [d for d in contact["outbox"] if d["text"] == text]
        assert draft["attempts"][-1]["started_at"] <= stopped_at
    others = {d["status"] for d in contact["outbox"] if d["kind"] != "opt_out_confirmation"}
    assert not others & {"held", "queued", "sending"}


async def _doubt_lies_before_sami(product: Product, contacts: list[dict[str, Any]]) -> None:
    """Whatever is in doubt was cut off in a call, and waits in the queue of those who decide."""
    shown = {card["draft_id"] for card in await product.queue()}
    doubted = [d for row in contacts for d in row["outbox"] if d["status"] == "unknown"]
    waiting = [d for row in await product.contacts() for d in row["outbox"] if d["status"] == "unknown"]
    assert {d["id"] for d in waiting} <= shown | {d["id"] for d in doubted}
    assert all(d["attempts"][-1]["send_class"] == "ambiguous" for d in doubted)
