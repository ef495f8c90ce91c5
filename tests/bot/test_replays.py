"""What a replay says about a change of rules, and what it costs those who do not ask for it."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Conversation, LogEntry
from bot.decision import decide
from bot.pipeline import HIDDEN
from bot.playbook import Playbook, RulesRefused, compose, shipped
from bot.store import TimelineEntry
from bot.tenant import Tenant
from bot.workbench.replay_report import Count, Report
from bot.workbench.replaying import Judge
from bot.workbench.replays import ReplayBusy, ReplayFailed, Replays, replay
from bot.workbench.stored_questions import Skipped, Stored, as_line, export, of_file, of_line, of_lines
from rules.layers import Layer
from rules.verdict import Question

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BASE = shipped()
GREETING = "routing/a_greeting_is_returned.yml"
NO_GREETING = {GREETING: BASE.files[GREETING].replace("status: live", "status: retired")}
OTHER_WORDS = {"wording/own.yml": "greeting_short: {ar: هلا والله ومرحبا., en: Hello there.}\n"}
OUR_STOP = {
    "understanding/our_own_stop.yml": """\
id: our_own_stop
title: Our customers say it like this
status: live
owner: compliance
why: >
  Heard in our shop.
when:
  - says:
      - "طفوا النور علي"
  - stage: [new_lead, qualifying, qualified, nurturing, meeting_booked, meeting_done, proposal_sent, \
negotiating, payment_requested, pilot_active, closed_won, closed_lost, opted_out]
then:
  understand: unsubscribe
  confidence: 0.97
  opt_out: hard
tests:
  - name: hears it
    given: {says: "طفوا النور علي"}
    expect: {intent: unsubscribe}
  - name: a greeting
    given: {says: "السلام عليكم"}
    expect: nothing
"""
}


def asks(text: str, stage: str = "qualifying", **more: Any) -> Stored:
    beside = {name: more.pop(name) for name in ("asked", "asked_times", "answers", "where") if name in more}
    return Stored(Question(text, stage=stage, **more), **beside)


async def replayed(questions: Any, before: dict[str, str], after: dict[str, str], **more: Any) -> Report:
    return await replay(questions, BASE, before, after, tenant_id="acme", day=DAY, **more)


async def test_a_retired_page_shows_who_waits_now_and_which_rules_said_so() -> None:
    questions = [asks("صباح الخير", where="c1"), asks("كم السعر"), asks("صباح الخير", where="c2")]

    report = await replayed(questions, {}, NO_GREETING)

    assert (report.decisions, report.changed, report.newly_held) == (3, 2, 2)
    assert report.by_kind == (("newly_held", 2),)
    assert report.by_wording == (Count("greeting_short", "not_understood_draft", 2),)
    assert report.by_gate == (Count("free", "hold.not_understood", 2),)
    assert report.by_intent == report.by_stage == ()
    (example,) = report.examples
    assert (example.text, example.stage, example.where, example.times) == ("صباح الخير", "qualifying", "c1", 2)
    assert "a_greeting_is_returned" in {why.page for why in example.before.because}
    assert "the_rest_waits_for_a_human" in {why.page for why in example.after.because}
    assert report.old_version != report.new_version
    assert report.blocks == ()


async def test_a_lost_opt_out_stands_first_and_blocks() -> None:
    questions = [asks("صباح الخير"), asks("طفوا النور علي")]

    report = await replayed(questions, OUR_STOP, NO_GREETING)

    assert report.lost_opt_outs == 1
    assert report.examples[0].kind == "lost_opt_out"
    assert report.examples[0].before.flags == ("opt_out",)
    assert "our_own_stop" in {why.page for why in report.examples[0].before.because}
    assert report.lost_safety == report.examples[:1]
    assert len(report.blocks) == len(report.blocks_ar) == 1
    assert Count("opted_out", "qualifying", 1) in report.by_stage


async def test_a_newly_heard_opt_out_is_named_and_does_not_block() -> None:
    report = await replayed([asks("طفوا النور علي")], {}, OUR_STOP)

    assert report.by_kind == (("new_opt_out", 1),)
    assert report.blocks == ()


async def test_a_sentence_that_cannot_be_completed_blocks() -> None:
    """Nobody fills in a meeting time where a greeting is returned."""
    no_time = {"wording/own.yml": "greeting_short: {ar: 'هلا {first_time}', en: 'Hi {first_time}'}\n"}

    report = await replayed([asks("صباح الخير"), asks("شكرا")], {}, no_time)

    assert report.by_kind == (("failed", 1),)
    assert report.by_gate == (Count("free", "failed", 1),)
    assert report.blocks


async def test_writing_to_a_contact_who_opted_out_blocks() -> None:
    silence = "safety/an_opted_out_contact_hears_nothing.yml"
    order = BASE.files["safety/order.yml"].replace("  - an_opted_out_contact_hears_nothing\n", "")
    talkative = Layer("", {**BASE.files, "safety/order.yml": order})
    del talkative.files[silence]
    careful = {
        silence: BASE.files[silence],
        "safety/order.yml": "safest_first:\n  - an_opted_out_contact_hears_nothing\n",
    }

    report = await replay([asks("كم السعر", "opted_out")], talkative, careful, {}, tenant_id="acme", day=DAY)

    assert report.by_kind == (("speaks_after_opt_out", 1),)
    assert report.examples[0].before.gate == "silent"
    assert report.blocks


async def test_bringing_a_contact_back_without_a_new_wish_blocks() -> None:
    page = "understanding/asks_for_messages_again.yml"
    broad = BASE.files[page].replace("  - says:\n", '  - says:\n      - "وش الجديد"\n', 1)
    before, after = BASE, Layer("", {**BASE.files, page: broad})
    questions = [asks("وش الجديد", "opted_out")]
    judge = Judge(
        *(compose(base, {}, name="acme", backend="reference", today=DAY) for base in (before, after)),
        Tenant("acme", "{company}"),
    )
    for item in questions:
        judge.ask(item)

    assert judge.report().by_kind == (("brought_back", 1),)
    assert judge.report().blocks and judge.report().blocks_ar


async def test_new_words_for_the_same_sentence_are_a_change() -> None:
    report = await replayed([asks("صباح الخير"), asks("Good morning")], {}, OTHER_WORDS)

    assert report.by_kind == (("text", 2),)
    assert report.by_wording == (Count("greeting_short", "greeting_short", 2),)
    assert {example.after.says for example in report.examples} == {"هلا والله ومرحبا.", "Hello there."}


async def test_thresholds_are_replayed_with_the_answers_that_were_given() -> None:
    """Who has 30 customers a month fits today, and does not when 50 are the least."""
    answers = (
        ("monthly_leads", "30"),
        ("follow_up_problem", "كثير"),
        ("has_sales_team", "yes"),
        ("monthly_budget_sar", "900"),
    )
    question = Question("بكرة", stage="qualifying", expects="date", slots=tuple(name for name, _ in answers))
    complete = Stored(question, "start_date", 1, answers)
    stricter = BASE.files["qualification.yml"].replace("minimum_monthly_leads: 20", "minimum_monthly_leads: 50")

    report = await replayed([complete], {}, {"qualification.yml": stricter})

    assert report.by_stage == (Count("qualified", "nurturing", 1),)
    assert report.by_wording == (Count("qualified_offer_meeting", "not_a_fit_now", 1),)
    assert report.without_answers == 0


async def test_what_cannot_be_asked_again_is_counted_and_named() -> None:
    questions = [asks("صباح الخير"), *of_lines([b"{}\n", b"\n", '{"text": "•••"}'.encode()])]

    report = await replayed(questions, {}, NO_GREETING)

    assert report.decisions == 1
    assert dict(report.skipped) == {"unreadable": 1, "secret_was_hidden": 1}
    assert [left.where for left in report.skipped_examples] == ["line 1", "line 3"]


async def test_nothing_to_decide_is_no_verdict_about_a_change() -> None:
    report = await replayed([], {}, NO_GREETING)

    assert not report.has_data
    assert report.blocks == ()


async def test_a_report_goes_through_json_and_comes_back_equal() -> None:
    report = await replayed([asks("صباح الخير", where="c1"), *of_lines([b"no"])], OUR_STOP, NO_GREETING)

    assert Report.of(json.loads(json.dumps(report.as_data()))) == report
    assert report.examples[0].text == "صباح الخير"
    assert not any(example.text or example.where for example in report.without_texts().examples)


async def test_no_phone_number_is_shown() -> None:
    report = await replayed([asks("كم السعر؟ رقمي 0501234567 او a@b.sa")], {}, _price_is_held())

    (example,) = report.examples
    assert "05••••••67" in example.text
    assert "0501234567" not in json.dumps(report.as_data())
    assert "a@b.sa" not in json.dumps(report.as_data())


def _price_is_held() -> dict[str, str]:
    page = "understanding/asks_the_price.yml"
    return {page: BASE.files[page].replace("status: live", "status: retired")}


async def test_rules_that_do_not_load_are_refused_with_file_and_line() -> None:
    broken = {"routing/ours.yml": "id: ours\ntitle: No rule\n"}

    with pytest.raises(RulesRefused) as refused:
        await replayed([asks("صباح الخير")], {}, broken)

    assert refused.value.problems[0].file == "acme:routing/ours.yml"


async def test_the_bar_moves_and_the_service_goes_on_meanwhile() -> None:
    seen: list[tuple[int, int]] = []
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            started = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - started)

    ticking = asyncio.create_task(tick())
    await replayed(
        [asks(f"صباح الخير {n}") for n in range(900)], {}, NO_GREETING, progress=lambda *s: seen.append(s)
    )
    ticking.cancel()

    assert seen[0] == (0, 900)
    assert seen[-1] == (900, 900)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(seen) >= 4
    assert longest < 1.0  # rules take longer to be read than that


# the process


def _children_of(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            words = (status.parent / "cmdline").read_bytes()
        except OSError:  # gone while we looked
            continue
        if int(fields[1]) == parent and b"bot.workbench.replaying" in words and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


async def _endless() -> Any:
    while True:
        await asyncio.sleep(0.01)
        yield asks("صباح الخير")


async def _started(task: asyncio.Task[Any]) -> int:
    while not (found := _children_of(os.getpid())):
        assert not task.done(), task.result()
        await asyncio.sleep(0.02)
    return found[0]


async def test_a_cancelled_replay_leaves_no_process() -> None:
    task = asyncio.create_task(replayed(_endless(), {}, NO_GREETING))
    await _started(task)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert _children_of(os.getpid()) == []


async def test_a_dead_process_is_an_error_that_says_what_to_do() -> None:
    task = asyncio.create_task(replayed(_endless(), {}, NO_GREETING))
    os.kill(await _started(task), signal.SIGKILL)

    with pytest.raises(ReplayFailed, match=r"killed by signal 9.*start it again"):
        await task


async def test_the_process_steps_aside_for_everybody_else() -> None:
    task = asyncio.create_task(replayed(_endless(), {}, NO_GREETING))
    child = await _started(task)

    while (niceness := os.getpriority(os.PRIO_PROCESS, child)) == 0 and not task.done():
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert niceness >= 10


SERVICE = """
import asyncio
from datetime import date
from bot.playbook import shipped
from bot.workbench.replays import replay
from bot.workbench.stored_questions import Stored
from rules.layers import Layer
from rules.verdict import Question

async def endless():
    while True:
        await asyncio.sleep(0.01)
        yield Stored(Question("hello"))

asyncio.run(replay(endless(), shipped(), {}, {}, tenant_id="acme", day=date(2026, 3, 2)))
"""


async def test_a_killed_service_leaves_no_replay_behind() -> None:
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVICE)
    while not (children := _children_of(service.pid)):
        await asyncio.sleep(0.05)

    service.kill()
    await service.wait()

    for _ in range(400):
        if not _is_alive(children[0]):
            return
        await asyncio.sleep(0.05)
    os.kill(children[0], signal.SIGKILL)
    pytest.fail("the replay outlived its service by 20 seconds")


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# what was stored


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(BASE, {}, name="", backend="reference", today=DAY)


def decided(
    playbook: Playbook, number: int, question: Question, at: datetime, tenant: str = "acme"
) -> TimelineEntry:
    """What the timeline keeps of a decision."""
    conversation = Conversation(f"c{number}", tenant, (), at, stage=question.stage)
    decision = decide(conversation, question, Tenant(tenant, "Acme"), playbook)
    return TimelineEntry(
        tenant,
        f"c{number}",
        LogEntry(f"c{number}:1:0", "decided", at, f"e{number}", decision.facts(hidden=HIDDEN)),
    )


async def test_the_decisions_of_a_window_are_decided_again(store: Any, playbook: Playbook) -> None:
    greeting = Question("صباح الخير", stage="qualifying")
    secret = Question("كلمة المرور: hunter2!A")
    await store.timeline.add(
        [
            decided(playbook, 1, greeting, NOW - timedelta(days=8)),
            decided(playbook, 2, greeting, NOW - timedelta(days=2)),
            decided(playbook, 3, secret, NOW - timedelta(days=1)),
            decided(playbook, 4, greeting, NOW - timedelta(days=1), tenant="other"),
        ]
    )
    replays = Replays(store, lambda: BASE, lambda: DAY)
    seen: list[tuple[int, int]] = []

    report = await replays.over("acme", {}, NO_GREETING, NOW - timedelta(days=7), NOW, lambda *s: seen.append(s))

    assert (report.decisions, report.changed) == (1, 1)
    assert report.skipped == (("secret_was_hidden", 1),)
    assert report.examples[0].where == "c2"
    assert (report.since, report.until) == (NOW - timedelta(days=7), NOW)
    assert seen[-1] == (2, 2)


# whose turn it is


class LongHistory:
    """A timeline in which a week has two decisions, and a year has no end of them."""

    def __init__(self, decision: TimelineEntry) -> None:
        self._decision = decision
        self.read_of_the_year = 0

    async def count(self, tenant_id: str, what: str, since: datetime, until: datetime) -> int:
        return 2 if until - since <= WEEK else 1_000_000

    async def each(
        self, tenant_id: str, kinds: Any, since: datetime, until: datetime, fields: Any = ()
    ) -> AsyncIterator[TimelineEntry]:
        if until - since <= WEEK:
            for _ in range(2):
                yield self._decision
            return
        while True:
            await asyncio.sleep(0.001)
            self.read_of_the_year += 1
            yield self._decision


WEEK, YEAR = timedelta(days=7), timedelta(days=365)


@pytest.fixture
def history(playbook: Playbook) -> LongHistory:
    return LongHistory(decided(playbook, 1, Question("صباح الخير", stage="qualifying"), NOW))


def replays_of(history: LongHistory, patience: float = 60.0) -> Replays:
    store: Any = SimpleNamespace(timeline=history)
    return Replays(store, lambda: BASE, lambda: DAY, patience)


async def _reads_on(history: LongHistory) -> None:
    before = history.read_of_the_year
    while history.read_of_the_year < before + 20:
        await asyncio.sleep(0.01)


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_week_is_replayed_while_a_year_rests(history: LongHistory) -> None:
    replays = replays_of(history)
    year = asyncio.create_task(replays.over("acme", {}, NO_GREETING, NOW - YEAR, NOW))
    await _reads_on(history)

    week = asyncio.create_task(replays.over("acme", {}, NO_GREETING, NOW - WEEK, NOW))
    while len(_children_of(os.getpid())) < 2:
        await asyncio.sleep(0.02)
    resting = history.read_of_the_year
    report = await week
    rested = history.read_of_the_year

    assert (report.decisions, report.changed) == (2, 2)
    assert rested - resting <= 1, "at most the one decision that was being read"
    await _reads_on(history)  # and goes on afterwards
    await _ended(year)


async def test_whoever_would_wait_too_long_is_told_in_both_languages(history: LongHistory) -> None:
    replays = replays_of(history, patience=0.2)
    year = asyncio.create_task(replays.over("acme", {}, NO_GREETING, NOW - YEAR, NOW))
    await _reads_on(history)

    with pytest.raises(ReplayBusy, match="another replay has been running") as busy:
        await replays.over("acme", {}, NO_GREETING, NOW - YEAR, NOW)

    assert "تعمل إعادة تشغيل أخرى" in busy.value.message_ar
    assert not year.done()
    await _ended(year)


async def test_a_cancelled_replay_gives_its_turn_to_the_next(history: LongHistory) -> None:
    replays = replays_of(history, patience=30)
    first = asyncio.create_task(replays.over("acme", {}, NO_GREETING, NOW - YEAR, NOW))
    process = await _started(first)
    second = asyncio.create_task(replays.over("acme", {}, NO_GREETING, NOW - YEAR, NOW))
    await asyncio.sleep(0.1)

    await _ended(first)

    assert await _started(second) != process
    await _ended(second)
    assert _children_of(os.getpid()) == []


async def test_an_exported_file_holds_the_same_questions_and_is_its_owners(
    store: Any, playbook: Playbook, tmp_path: Path
) -> None:
    question = Question("80", stage="qualifying", expects="number", slots=(), language_before="ar")
    await store.timeline.add(
        [decided(playbook, 1, question, NOW), decided(playbook, 2, Question("pwd: hunter2"), NOW)]
    )
    file = tmp_path / "decided.jsonl"

    counted = await export(store.timeline, "acme", NOW, NOW + timedelta(seconds=1), file)

    assert counted == (1, 1)
    (item,) = of_file(file)
    assert item == Stored(question, answers=(), where="c1", at=NOW)
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        await export(store.timeline, "acme", NOW, NOW + timedelta(seconds=1), file)


# files


def _lines(*lines: str) -> Iterator[Stored | Skipped]:
    return of_lines(line.encode() for line in lines)


def test_a_line_is_a_text_and_whatever_else_is_known() -> None:
    (item,) = _lines('{"text": "كم السعر", "stage": "qualifying", "intent": "ask_price"}')

    assert item == Stored(Question("كم السعر", stage="qualifying"), where="line 1")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"text": "hi", "stage": "qualifing"}', 'Did you mean "qualifying"'),
        ('{"text": "hi", "stge": "qualifying"}', 'did you mean "stage"'),
        ('{"text": 7}', "text is missing"),
        ('{"text": "hi", "slots": "all"}', "slots"),
        ('{"text": "hi", "is_late": "yes"}', "is_late is not a bool"),
        ('{"text": "hi", "unclear_before": true}', "unclear_before is not a int"),
        ('{"question": 1}', "question is not an object"),
        ('{"text": "hi", "at": "yesterday"}', "write it as 2027-01-31"),
        ('{"text": "hi", "asked": "shoe_size"}', "shoe_size"),
        ('["hi"]', "it is not an object"),
        ("hi", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('{"text": ' + "9" * 5_000 + "}", "it is not JSON"),
    ],
)
def test_a_bad_line_says_what_is_wrong_with_it(line: str, complaint: str) -> None:
    (good, bad) = _lines('{"text": "hi"}', line)

    assert isinstance(good, Stored)
    assert isinstance(bad, Skipped)
    assert bad.where == "line 2"
    assert complaint in bad.detail


@given(st.lists(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: json.dumps({"text": t}).encode())))
def test_every_line_is_a_question_or_is_named(lines: list[bytes]) -> None:
    items = list(of_lines(lines))

    assert len(items) == sum(bool(line.strip()) for line in lines)


@given(
    st.builds(
        Stored,
        st.builds(Question, st.text(), slots=st.just(("monthly_leads",)), unclear_before=st.integers(0, 9)),
        asked=st.sampled_from(["", "monthly_leads"]),
        asked_times=st.integers(0, 3),
        answers=st.none() | st.just((("monthly_leads", "80"),)),
        where=st.text(),
        at=st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_question_written_down_is_the_same_question(item: Stored) -> None:
    assert of_line(json.loads(json.dumps(as_line(item)))) == item
