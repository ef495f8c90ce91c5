"""
Decide again what was decided: today's rules and proposed ones, over the same messages; nothing is sent.

Rule 1: the thinking happens in a process of its own, behind everybody else's, so that no contact waits for it.
Rule 2: that process ends with its replay: done, cancelled, failed, or when this process dies.
Rule 3: whatever could not be asked again is counted and named.
Rule 4: a replay for publishing waits for no long one: while it thinks, the long one rests. Whoever must wait
        longer than a minute is told so instead.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sized
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.errors import DealixError
from bot.playbook import RulesRefused
from bot.store import Store
from bot.workbench.replay_report import Left, Report
from bot.workbench.stored_questions import Skipped, Stored, as_line, of_timeline
from rules.layers import Layer
from rules.problems import Problem

Progress = Callable[[int, int], None]
"""(questions done, questions in all); all is 0 while nobody knows."""

Questions = AsyncIterable[Stored | Skipped] | Iterable[Stored | Skipped]

# A tenth of a second of thinking: often enough for a bar, seldom enough that talking costs nothing.
CHUNK = 250

# While one chunk is thought about the next one is read and sent.
AHEAD = 2

# A chunk needs a tenth of a second and rules a few to be read; after this long something is stuck.
PATIENCE_SECONDS = 120.0

# Publishing looks at a week; whatever looks further back may rest meanwhile.
SHORT = timedelta(days=8)

# Longer than this nobody watches a page that does nothing.
LONGEST_WAIT_SECONDS = 60.0

# One line holds a whole report.
LONGEST_LINE = 32 * 1024 * 1024

NAMED_AT_MOST = 20

_NEEDED_BY_PYTHON = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "SYSTEMROOT")


class ReplayFailed(DealixError):
    """The process of a replay did not finish; nothing was changed or sent, and it may be started again."""

    code, status = "replay_failed", 500


class ReplayBusy(DealixError):
    """Another replay has the turn; nothing was started."""

    code, status = "replay_busy", 503


class Replays:
    """Replays of one installation: one short and one long at most, and never two that think at once."""

    def __init__(
        self,
        store: Store,
        base: Callable[[], Layer],
        today: Callable[[], date],
        longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        """`base` is what we ship; `today` the day whose seasons count."""
        self._store = store
        self._base = base
        self._today = today
        self._longest_wait_seconds = longest_wait_seconds
        self._short, self._long = asyncio.Lock(), asyncio.Lock()
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()

    async def over(
        self,
        tenant_id: str,
        before: Mapping[str, str],
        after: Mapping[str, str],
        since: datetime,
        until: datetime,
        progress: Progress = lambda done, total: None,
    ) -> Report:
        """
        What the decisions of a span of time would have been, by two sets of a tenant's own files.

        Cancelling it ends its process and gives its turn to the next.

        Raises RulesRefused when one of them cannot be used, ReplayBusy, ReplayFailed.
        """
        total = await self._store.timeline.count(tenant_id, "decided", since, until)
        if total == 0:  # a new installation need not wait for a process that has nothing to think about
            return Report("", "", 0, 0, since=since, until=until)
        questions = of_timeline(self._store.timeline, tenant_id, since, until)
        is_short = until - since <= SHORT
        async with self._first() if is_short else self._whenever_free():
            report = await replay(
                questions if is_short else self._resting(questions),
                self._base(),
                before,
                after,
                tenant_id=tenant_id,
                day=self._today(),
                total=total,
                progress=progress,
            )
        return replace(report, since=since, until=until)

    @asynccontextmanager
    async def _first(self) -> AsyncIterator[None]:
        """The turn of a short replay, while which a long one rests."""
        async with self._turn(self._short):
            self._may_go_on.clear()
            try:
                yield
            finally:
                self._may_go_on.set()

    @asynccontextmanager
    async def _whenever_free(self) -> AsyncIterator[None]:
        """The turn of a long replay; its rules are read when no short one thinks."""
        async with self._turn(self._long):
            await self._may_go_on.wait()
            yield

    @asynccontextmanager
    async def _turn(self, lock: asyncio.Lock) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._longest_wait_seconds):
                await lock.acquire()
        except TimeoutError:
            waited = f"{self._longest_wait_seconds:.0f}"
            raise ReplayBusy(
                f"another replay has been running for more than {waited} seconds; nothing was changed, try again "
                "when it has ended, or cancel it",
                f"تعمل إعادة تشغيل أخرى منذ أكثر من {waited} ثانية؛ لم يتغير شيء، حاول بعد انتهائها أو ألغها",
            ) from None
        try:
            yield
        finally:
            lock.release()

    async def _resting(self, questions: AsyncIterable[Stored | Skipped]) -> AsyncIterator[Stored | Skipped]:
        """The questions of a long replay: none comes while a short one thinks."""
        async for question in questions:
            await self._may_go_on.wait()
            yield question


async def replay(
    questions: Questions,
    base: Layer,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    tenant_id: str,
    day: date,
    total: int = 0,
    progress: Progress = lambda done, total: None,
) -> Report:
    """
    What would be different, question by question.

    Cancelling it ends its process. Raises RulesRefused, ReplayFailed.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    total = total or (len(questions) if isinstance(questions, Sized) else 0)
    left: Counter[str] = Counter()
    named: list[Left] = []
    rules = {
        "base": dict(base.files),
        "before": dict(before),
        "after": dict(after),
        "tenant": tenant_id,
        "day": day.isoformat(),
    }
    async with _thinking() as process:
        await process.say({"rules": rules})
        await process.hears()
        done = under_way = 0
        progress(0, total)
        async for chunk in _chunks(questions):
            ask = [as_line(item) for item in chunk if isinstance(item, Stored)]
            for item in chunk:
                if isinstance(item, Skipped):
                    left[item.reason] += 1
                    named.append(Left(item.reason, item.where, item.detail))
            del named[NAMED_AT_MOST:]
            await process.say({"ask": ask})
            under_way += 1
            if under_way == AHEAD:
                await process.hears()
                under_way -= 1
            done += len(chunk)
            progress(done, max(total, done) if total else 0)
        for _ in range(under_way):
            await process.hears()
        await process.say({"end": True})
        report = Report.of((await process.hears())["report"])
    return replace(
        report,
        skipped=tuple(left.most_common()),
        skipped_examples=tuple(named),
        seconds=round(loop.time() - started, 3),
    )


async def _chunks(questions: Questions) -> AsyncIterator[list[Stored | Skipped]]:
    chunk: list[Stored | Skipped] = []
    async for item in _each(questions):
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def _each(questions: Questions) -> AsyncIterator[Stored | Skipped]:
    if isinstance(questions, AsyncIterable):
        async for item in questions:
            yield item
        return
    for item in questions:
        yield item


class _Thinker:
    """The other process, as this one talks with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def say(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        try:
            await self._process.stdin.drain()
        except ConnectionError:
            raise await self._gone() from None

    async def hears(self) -> dict[str, Any]:
        """The next answer. Raises what the other process could not do."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = await self._process.stdout.readline()
        except TimeoutError:
            raise ReplayFailed(
                f"the replay said nothing for {PATIENCE_SECONDS:.0f} seconds and was stopped; a page that takes "
                "very long to match may be the reason",
                f"لم تستجب إعادة التشغيل خلال {PATIENCE_SECONDS:.0f} ثانية فأوقفت؛ قد تكون السبب صفحة بطيئة",
            ) from None
        if not line.endswith(b"\n"):
            raise await self._gone()
        answer = json.loads(line)
        if "refused" in answer:
            raise RulesRefused([Problem(file, number, what) for file, number, what in answer["refused"]])
        if "failed" in answer:
            raise ReplayFailed(
                f"the replay stopped with a fault of ours: {answer['failed']}; tell a developer",
                f"توقفت إعادة التشغيل بخطأ عندنا: {answer['failed']}؛ أبلغ المطوّر",
            )
        return answer

    async def _gone(self) -> ReplayFailed:
        code = await self._process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return ReplayFailed(
            f"the process of the replay {how}, perhaps for want of memory; nothing was changed, start it again",
            f"توقفت عملية إعادة التشغيل ({code})، ربما لنقص الذاكرة؛ لم يتغير شيء، ابدأها من جديد",
        )


@asynccontextmanager
async def _thinking() -> AsyncIterator[_Thinker]:
    """
    The process of one replay; when this ends, so does the process.

    It is no fork and no `multiprocessing`: those would run the whole service's start again, or copy its threads.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.workbench.replaying",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LONGEST_LINE,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is this process's to handle
    )
    try:
        yield _Thinker(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        assert process.stdin is not None
        process.stdin.close()


def _environment() -> dict[str, str]:
    """What Python needs to find us, and no setting of ours: they hold secrets."""
    kept = {name: os.environ[name] for name in _NEEDED_BY_PYTHON if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
