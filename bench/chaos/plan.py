"""
A seed makes a plan: who writes what when, in which order it reaches us, and what breaks when. Pure.

Rule 1: the same seed, size and shape make the same plan, message by message and fault by fault.
Rule 2: what a stop is, is not a matter of taste here: `stops.txt` holds spellings of which the labels of our
        readers say so and which the shipped book hears at every stage.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.chaos.tenants import TENANTS, ChaosTenant

HERE = Path(__file__).parent
CORPUS = HERE.parents[1] / "rules" / "corpus"
LABELLED = ("written_wide.jsonl", "developed_on.jsonl")
STOP = "stop"

ANSWERS = (
    "80",
    "الرد يتأخر على العملاء",
    "نعم",
    "2000",
    "الشهر الجاي",
    "300 تقريبا",
    "5000 ريال",
    "yes",
    "maybe 120",
)
AGAIN = ("START", "تشغيل الرسائل", "رجعوني للرسائل", "ابي ترجعون ترسلون لي")
GREETINGS = ("السلام عليكم", "hello", "مرحبا، كم السعر؟", "Hi, how much is it?")
PAYMENTS = ("حولت المبلغ", "تم التحويل قبل شوي", "I have transferred the money", "دفعت والإيصال مرفق")

# What a talk may be about after its opening; labels are the corpus' own, and the weight says how often. What is
# held for a human is rare enough for people whose Telegram takes one message a second.
TOPICS: Mapping[str, float] = {
    "ask_price": 10,
    "ask_details": 6,
    "wants_demo": 5,
    "interested": 7,
    "answer": 14,
    "negotiating": 2,
    "paid": 2,
    "payment": 1.5,
    "complaint": 0.5,
    "human_request": 0.5,
    "question_other": 1,
    "thanks": 2,
    "default": 1,
    STOP: 6,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a lead."""

    at: float
    """Seconds after the start at which the provider first posts it."""
    token: str
    text: str
    label: str
    copies: tuple[float, ...] = ()
    """Seconds after that at which it is delivered once more."""
    late_by: float = 0.0
    """How many seconds earlier the contact says to have written it."""
    batch: int = 0
    """Messages with the same number come in one body, where a provider has batches."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One person who writes to one tenant."""

    tenant: str
    channel: str
    provider: str
    phone: str
    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Forgery:
    """A webhook without the right proof."""

    at: float
    tenant: str
    channel: str
    provider: str
    phone: str
    token: str


@dataclass(frozen=True, slots=True)
class Break:
    """One fault that is to be made."""

    at: float
    kind: str
    target: str = ""
    """A role, a provider's channel, or nothing."""
    seconds: float = 0.0
    how: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will be done to the product."""

    seed: int
    shape: str
    seconds: float
    leads: tuple[Lead, ...]
    forgeries: tuple[Forgery, ...]
    breaks: tuple[Break, ...]
    patience: Mapping[str, int] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return sum(len(lead.steps) for lead in self.leads)


# What may be broken, how often beside the kills, and for how long; a number is a weight.
AROUND: Mapping[str, int] = {
    "provider": 30,
    "freeze": 3,
    "db_kill": 3,
    "db_freeze": 2,
    "telegram": 6,
    "nats_kill": 3,
    "nats_wipe": 1,
    "twin": 1,
    "silence": 4,
}
ONLY_WITH_BROKER = frozenset({"nats_kill", "nats_wipe"})
PROVIDER_TROUBLES = (
    ("timeout_after_accept", 3),
    ("cut_reply", 4),
    ("rate_limit:2", 4),
    ("server_error", 2),
    ("html_200", 2),
    ("slow:1.5", 4),
    ("slow:0.2", 4),
    ("slow:17", 1),
    ("down", 2),
    ("unlinked", 1),
)
TELEGRAM_TROUBLES = ("down", "html", "retry_after", "server_error", "drop_answer")
# Beside the kills, something else breaks about this often.
SECONDS_PER_FAULT = 3.0
KINDS = frozenset({"kill", *AROUND})
# Of several processes, which one is hit; whoever calls providers is hit most.
ROLES = ("sender", "sender", "sender", "worker", "worker", "web", "bot", "timers")


def make(seed: int, shape: str, conversations: int, seconds: float, kills: int, only: Sequence[str] = ()) -> Plan:
    """
    A plan for so many conversations within so many seconds.

    Args:
        shape: `one` process or `many`.
        only: kinds of faults to keep; all when empty.
    """
    chance = random.Random(f"{seed}:{shape}:{conversations}")
    leads = tuple(_batched(_leads(chance, seed, conversations, seconds), chance))
    forgeries = tuple(_forgery(chance, seed, seconds, number) for number in range(max(4, conversations // 25)))
    breaks = _breaks(random.Random(f"{seed}:breaks"), shape, seconds, kills)
    kept = tuple(b for b in breaks if not only or b.kind in only)
    return Plan(seed, shape, seconds, leads, forgeries, kept)


def token_of(seed: int, number: int) -> str:
    """Part of a message id; a check finds it again wherever the id went."""
    return f"CH{seed % 0x10000:04X}x{number:06}"


def _leads(chance: random.Random, seed: int, conversations: int, seconds: float) -> list[Lead]:
    words = _words()
    leads: list[Lead] = []
    number = 0
    for index in range(conversations):
        tenant = chance.choice(TENANTS)
        channel = chance.choice(tenant.channels)
        # Now and then somebody writes to two businesses; to each they are somebody of its own.
        stranger = next((x for x in leads[-20:] if x.tenant != tenant.id), None)
        phone = stranger.phone if stranger and chance.random() < 0.05 else f"9665{seed % 100:02}{index:06}"
        steps = []
        for at, label, text in _talk(chance, words, seconds, tenant):
            number += 1
            steps.append(_step(chance, at, token_of(seed, number), text, label))
        name = f"أبو {tenant.canary}" if chance.random() < 0.5 else f"{tenant.canary} {index}"
        leads.append(Lead(tenant.id, channel.id, channel.provider, phone, name, tuple(steps)))
    return leads


def _talk(
    chance: random.Random, words: Mapping[str, Sequence[str]], seconds: float, tenant: ChaosTenant
) -> list[tuple[float, str, str]]:
    """Times, labels and texts of one talk: an opening, some turns, sometimes a stop in the middle."""
    at = chance.random() * seconds * 0.85
    talk = [(at, "greeting", chance.choice(GREETINGS))]
    is_stopped = False
    for _ in range(chance.choice((1, 2, 3, 3, 4, 5, 6))):
        at += chance.choice((0.1, 0.3, 1.0, 2.0, 4.0, 8.0)) * (0.5 + chance.random())
        label = chance.choices(list(TOPICS), list(TOPICS.values()))[0]
        if is_stopped and chance.random() < 0.3:
            talk.append((at, "again", chance.choice(AGAIN)))
            is_stopped = False
            continue
        text = chance.choice(words[label])
        if label != STOP and chance.random() < 0.1:
            text = f"{text} ({tenant.canary})"
        is_stopped |= label == STOP
        talk.append((at, label, text))
    return [turn for turn in talk if turn[0] < seconds]


def _step(chance: random.Random, at: float, token: str, text: str, label: str) -> Step:
    copies = []
    if chance.random() < 0.15:
        copies.append(0.0)  # twice at once
    if chance.random() < 0.08:
        copies.append(2 + chance.random() * 20)  # and once more, later
    if chance.random() < 0.05:
        at += 2 + chance.random() * 4  # overtaken by the next one
    late = 60 * (20 + chance.random() * 100) if chance.random() < 0.03 else 0.0
    return Step(at, token, text, label, tuple(copies), late)


def _batched(leads: list[Lead], chance: random.Random) -> list[Lead]:
    """Let neighbours in time on one number of Meta's come in one body."""
    numbered: dict[str, int] = {}
    for channel in sorted({lead.channel for lead in leads if lead.provider == "meta_cloud"}):
        steps = sorted((s for lead in leads if lead.channel == channel for s in lead.steps), key=lambda s: s.at)
        group, begun, size = 0, -9.0, 0
        for step in steps:
            if group and step.at - begun < 1.5 and size < 8:
                numbered[step.token] = group
                size += 1
            else:
                group = len(numbered) + 1_000_000 if chance.random() < 0.3 else 0
                begun, size = step.at, 1
                if group:
                    numbered[step.token] = group
    return [
        Lead(x.tenant, x.channel, x.provider, x.phone, x.name, tuple(_in_batch(s, numbered) for s in x.steps))
        for x in leads
    ]


def _in_batch(step: Step, numbered: Mapping[str, int]) -> Step:
    batch = numbered.get(step.token, 0)
    return Step(step.at, step.token, step.text, step.label, step.copies, step.late_by, batch)


def _forgery(chance: random.Random, seed: int, seconds: float, number: int) -> Forgery:
    tenant = chance.choice(TENANTS)
    channel = chance.choice(tenant.channels)
    phone = f"9665{seed % 100:02}{chance.randrange(100):06}"
    token = token_of(seed, 900_000 + number)
    return Forgery(chance.random() * seconds, tenant.id, channel.id, channel.provider, phone, token)


def _breaks(chance: random.Random, shape: str, seconds: float, kills: int) -> list[Break]:
    """Kills spread over the time, and other faults between them; a database's faults never meet."""
    makers: Mapping[str, Callable[[float], Break]] = {
        "provider": lambda at: _provider(chance, at),
        "freeze": lambda at: Break(at, "freeze", chance.choice(ROLES), _span(chance, seconds, 5, 20)),
        "db_kill": lambda at: Break(at, "db_kill", "mongod", 0.2 + chance.random() * 2),
        "db_freeze": lambda at: Break(at, "db_freeze", "mongod", _span(chance, seconds, 2, 8)),
        "telegram": lambda at: Break(
            at, "telegram", "", 1 + chance.random() * 6, chance.choice(TELEGRAM_TROUBLES)
        ),
        "nats_kill": lambda at: Break(at, "nats_kill", "nats", 0.2 + chance.random() * 3),
        "nats_wipe": lambda at: Break(at, "nats_wipe", "nats", 3 + chance.random() * 5),
        "silence": lambda at: Break(at, "silence", "", how=f"{chance.randrange(5, 15)} contacts"),
        "twin": lambda at: Break(at, "twin", chance.choice(ROLES), _span(chance, seconds, 8, 20)),
    }
    found = [Break(_when(chance, seconds), "kill", chance.choice(ROLES)) for _ in range(kills)]
    kinds = [kind for kind in AROUND if shape == "many" or kind not in ONLY_WITH_BROKER]
    for _ in range(max(4, int(seconds / SECONDS_PER_FAULT))):
        kind = chance.choices(kinds, [AROUND[k] for k in kinds])[0]
        found.append(makers[kind](_when(chance, seconds)))
    return sorted(found, key=lambda b: b.at)


def _when(chance: random.Random, seconds: float) -> float:
    return seconds * (0.08 + 0.8 * chance.random())


def _span(chance: random.Random, seconds: float, least: float, most: float) -> float:
    """A pause of a process; a short run has short ones."""
    wanted = least + chance.random() * (most - least)
    return min(wanted, seconds / 8)


def _provider(chance: random.Random, at: float) -> Break:
    channel = chance.choice([c for tenant in TENANTS for c in tenant.channels])
    how = chance.choices([t for t, _ in PROVIDER_TROUBLES], [w for _, w in PROVIDER_TROUBLES])[0]
    return Break(at, "provider", channel.id, 0.5 + chance.random() * 4, how)


def _words() -> dict[str, list[str]]:
    """What people write, by what our readers said it means."""
    words: dict[str, list[str]] = {label: [] for label in TOPICS}
    for name in LABELLED:
        for line in (CORPUS / name).read_text("utf-8").splitlines():
            entry = json.loads(line)
            if entry["intent"] in words and entry.get("tag") != "opt_true" and len(entry["text"]) < 200:
                words[entry["intent"]].append(entry["text"])
    words[STOP] = (HERE / "stops.txt").read_text("utf-8").splitlines()
    words["answer"], words["payment"] = list(ANSWERS), list(PAYMENTS)
    return words
