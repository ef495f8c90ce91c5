"""Telemetry that is off, broken or cut off changes nothing for anybody, and says so once."""

import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.telemetry.exports import SAY_EVERY_SECONDS, Complaints
from tests.fakes.collector import FakeCollector
from tests.fakes.whatsapp import FakeWhatsApp, bodies
from tests.house.process import Product

ROOT = Path(__file__).parents[2]
CANARY = "كناري-السجل-٩٩"

# What opens telemetry, in a process whose libraries are as `{break_them}` leaves them.
_OPENS = """
import sys
{break_them}
from bot import logs
from bot.settings import Settings
from bot.telemetry import measures, spans
from bot.telemetry.opening import open_telemetry
logs.configure(())
opened = open_telemetry(Settings(_env_file=None, {settings}), "0.1.0", "x")
with spans.span("send.attempt", provider="green_api") as span:
    span.tag(outcome="accepted"); span.link(""); span.fail("nothing")
measures.sent("green_api", "accepted", 0.1)
print(opened.traces, opened.page() is not None, spans.here() != "")
"""

_ABSENT = """
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("opentelemetry", "prometheus_client"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""

# The API is there and the SDK is not what it was: an update that stopped half-way.
_HALF = """
import types
import opentelemetry
sys.modules["opentelemetry.sdk.trace"] = types.ModuleType("opentelemetry.sdk.trace")
"""

_ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"'


@pytest.mark.parametrize(
    ("break_them", "settings", "printed", "warned"),
    [
        ("", "", "False True False", ["telemetry_goes_nowhere"]),
        ("", 'DEALIX_METRICS="off"', "False False False", ["telemetry_goes_nowhere"]),
        ("", "OTEL_SDK_DISABLED=True, " + _ENDPOINT, "False True False", ["telemetry_goes_nowhere"]),
        (_ABSENT, _ENDPOINT, "False False False", ["telemetry_is_off"]),
        (_ABSENT, 'DEALIX_METRICS="off"', "False False False", ["telemetry_goes_nowhere"]),
        (_HALF, _ENDPOINT, "False False False", ["telemetry_is_off"]),
        ("", _ENDPOINT, "True True False", []),
    ],
)
def test_it_opens_as_far_as_it_can_and_warns_once(break_them, settings, printed, warned):
    program = _OPENS.format(break_them=break_them, settings=settings)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == printed
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines if line["level"] == "warning"] == warned


_SAMPLES = """
from bot.settings import Settings
from bot.telemetry import spans
from bot.telemetry.opening import open_telemetry
open_telemetry(Settings(_env_file=None, {settings}, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"), "0", "x")
kept = 0
for _ in range(2_000):
    with spans.span("inbound.record"):
        here = spans.here()
        with spans.span("conversation.handle", within=here, is_entry=True):
            inner = spans.here()
            assert inner.split("-")[1] == here.split("-")[1] and inner[-2:] == here[-2:]
            kept += int(here[-2:], 16) & 1
print(kept)
"""


@pytest.mark.parametrize(
    ("settings", "least", "most"),
    [
        ("", 2_000, 2_000),
        ('OTEL_TRACES_SAMPLER="always_off"', 0, 0),
        ('OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG=0.1', 120, 290),
    ],
)
def test_as_many_traces_are_kept_as_was_asked_for_and_each_of_them_whole(settings, least, most):
    program = _SAMPLES.format(settings=settings or "DEALIX_PORT=0")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert least <= int(done.stdout.split()[-1]) <= most


def test_trouble_with_delivery_is_said_once_a_minute(capsys):
    now = 0.0
    complaints = Complaints(lambda: now)
    for second in range(180):
        now = float(second)
        complaints.about("traces", "not taken")
    said = capsys.readouterr().out.count("telemetry_not_delivered")

    assert said == 180 / SAY_EVERY_SECONDS


@pytest.fixture(scope="module")
def library() -> FakeCollector:
    with FakeCollector() as collector:
        yield collector


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def watched(tmp_path_factory, library):
    """`dealix up` that sends everything within moments."""
    async with FakeWhatsApp() as fake:
        quick = {f"OTEL_{queue}_SCHEDULE_DELAY": "100" for queue in ("BSP", "BLRP")}
        product = Product(
            tmp_path_factory.mktemp("watched"),
            fake,
            OTEL_EXPORTER_OTLP_ENDPOINT=library.url,
            OTEL_METRIC_EXPORT_INTERVAL="300",
            **quick,
        )
        try:
            await product.boots()
            yield product
        finally:
            await product.ends()


async def until(is_so, within=40.0, complaint=lambda: "it never happened"):
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline, complaint()
        await asyncio.sleep(0.05)


def said_by(phone, words, message_id):
    return bodies.text("green_api", words, phone=phone, message_id=message_id, at=datetime.now(UTC), name=CANARY)


async def test_spans_numbers_and_lines_of_a_real_process_arrive_and_carry_nothing_personal(watched, library):
    phone = "966561234567"
    webhook = said_by(phone, f"السلام عليكم {CANARY}", "LOG1")
    for told in (webhook, said_by("966561234568", "السلام عليكم", "LOG2")):
        assert (await watched.is_told("green_api", told)).status_code == 200
    unreadable = await watched.http.post(
        "/webhooks/green_api", content=f"[{CANARY}".encode(), headers=webhook.headers, params=webhook.query
    )
    assert unreadable.json()["status"] == "quarantined"
    await until(
        lambda: library.called("send.attempt"), complaint=lambda: f"{library.asked} {watched.said[-3_000:]}"
    )
    await until(lambda: any(line["event"] == "body_quarantined" for line in library.lines))
    await until(lambda: "dealix.sends" in library.numbers)

    (line,) = [line for line in library.lines if line["event"] == "body_quarantined"]
    assert line["correlation_id"] and line["trace_id"] == line["trace"]
    assert line["trace"] in {span.trace for span in library.spans}
    assert line["severity"] == "warning"
    everything = library.everything
    assert CANARY not in everything and phone not in everything and phone[3:] not in everything
    assert watched.fake.url not in everything and "green-token" not in everything
    assert CANARY not in watched.said
    sent = library.called("send.attempt")[0]
    told = on_the_command_line(watched, "trace", sent.says("correlation_id"), "--language", "ar")
    assert told.returncode == 0 and "message_received" in told.stdout and "attempt_ended" in told.stdout
    assert sent.trace in told.stdout and CANARY not in told.stdout
    unknown = on_the_command_line(watched, "trace", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert unknown.returncode == 1 and "nothing here" in unknown.stderr


def on_the_command_line(product, *words):
    program = [sys.executable, "-c", "from bot.cli import main; main()", *words]
    environment = {**product._environment(), "COLUMNS": "200"}
    return subprocess.run(
        program, cwd=product.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


async def test_an_endpoint_that_dies_slows_nothing_and_holds_no_end_up(watched, library):
    library.refuses = True
    before = watched.said.count("telemetry_not_delivered")
    try:
        for number in range(20):
            webhook = said_by(f"9665700000{number:02}", "السلام عليكم", f"DEAD{number}")
            began = time.monotonic()
            assert (await watched.is_told("green_api", webhook)).status_code == 200
            assert time.monotonic() - began < 5
        await until(lambda: sum(len(watched.arrived(f"9665700000{n:02}")) for n in range(20)) == 20)
        await until(lambda: watched.said.count("telemetry_not_delivered") > before)
        # At most one line for each kind of trouble within this minute.
        told = [line for line in watched.said.splitlines() if "telemetry_not_delivered" in line]
        signals = [json.loads(line)["signal"] for line in told]
        assert len(signals) == len(set(signals))
        began = time.monotonic()
        await watched.stops()
        assert time.monotonic() - began < 20
    finally:
        library.refuses = False


SERVICES = ("web", "worker")


async def test_a_trace_goes_on_in_another_process(tmp_path, mongo_uri, databases, library):
    """One process takes the message in, another decides and sends."""
    database = databases.take()
    shared = {
        "MONGODB_URI": mongo_uri,
        "MONGODB_DATABASE": database,
        "OTEL_EXPORTER_OTLP_ENDPOINT": library.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    async with FakeWhatsApp() as fake:
        roles = ("web,bot,timers", "worker,sender")
        fleet = []
        for role in roles:
            folder = tmp_path / role.partition(",")[0]
            folder.mkdir()
            fleet.append(
                Product(folder, fake, DEALIX_ROLES=role, OTEL_SERVICE_NAME=role.partition(",")[0], **shared)
            )
        try:
            await asyncio.gather(*(product.boots() for product in fleet))
            assert (
                await fleet[0].is_told("green_api", said_by("966581234567", "السلام عليكم", "FLEET"))
            ).status_code == 200
            wanted = ("inbound.record", "conversation.handle", "send.attempt")

            def mine():
                return {s.name: s for s in library.spans if s.name in wanted and s.service in SERVICES}

            await until(lambda: len(mine()) == 3)
            spans = mine()
            assert [spans[name].service for name in wanted] == ["web", "worker", "worker"]
            assert len({span.trace for span in spans.values()}) == 1
            assert spans["conversation.handle"].parent == spans["inbound.record"].id
            assert spans["send.attempt"].parent == spans["conversation.handle"].id
            assert "dealix_sends_total{" in (await fleet[1].http.get("/metrics")).text
        finally:
            await asyncio.gather(*(product.stops() for product in fleet if product._process))
            await asyncio.gather(*(product.http.aclose() for product in fleet))
    await databases.give_back([database])
