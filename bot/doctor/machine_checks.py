"""This machine, and the rules on it."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.doctor.findings import Finding, not_checked, ok, problem, warning
from bot.doctor.hands import Patient
from bot.playbook import Playbooks, RulesRefused, shipped
from bot.tenant import Tenant
from bot.workbench.examination import examine

T = TypeVar("T")


async def check_machine(patient: Patient) -> list[Finding]:
    """Time zones and the compiled rule engine."""
    return [_zones(), _engine(patient.settings.rules_backend)]


async def check_rules(patient: Patient) -> list[Finding]:
    """The rules that we ship, with every example and chat."""
    nobody = Tenant("examined", "Dealix")
    now, backend = patient.hands.now, patient.settings.rules_backend
    try:
        found = await aside(lambda: examine(Playbooks(shipped(), backend, lambda: now), nobody, {}))
    except RulesRefused as refused:
        return [_rules_broken([str(one) for one in refused.problems])]
    wrong = [str(one) for one in (*found.problems, *found.failed_examples)]
    wrong += [f"{one.file} line {one.line}: {one.what_en}" for one in found.errors]
    wrong += [chat.told("en") for chat in found.failed_chats]
    if wrong:
        return [_rules_broken(wrong)]
    return [
        ok(
            "rules.book",
            f"{found.pages} pages, {found.examples} examples and {found.chats} chats hold",
            f"{found.pages} صفحة و{found.examples} مثالًا و{found.chats} محادثة سليمة",
        )
    ]


async def check_editions(patient: Patient) -> list[Finding]:
    """The rules in force of each tenant load."""
    address = await patient.hands.database_address()
    if not address:
        return [not_checked("rules.editions", "the database sleeps", "قاعدة البيانات متوقفة")]
    wrong = {tenant: why for tenant, why in (await patient.hands.editions(address)).items() if why}
    if not wrong:
        count = len(patient.tenants)
        return [ok("rules.editions", f"the rules of {count} tenant(s) load", f"قواعد {count} منشأة تُحمّل")]
    return [
        problem(
            "rules.editions",
            (f"the rules in force of {tenant} do not load: {why}", f"قواعد {tenant} السارية لا تُحمّل: {why}"),
            ("Dealix does not start with them.", "لا يبدأ Dealix بها."),
            (f"dealix rules rollback --tenant {tenant}", f"dealix rules rollback --tenant {tenant}"),
        )
        for tenant, why in wrong.items()
    ]


def _rules_broken(wrong: Sequence[str]) -> Finding:
    return problem(
        "rules.book",
        (f"the rules are broken: {'; '.join(wrong[:3])}", f"القواعد معطوبة: {'; '.join(wrong[:3])}"),
        ("Dealix does not start, or answers wrongly.", "لا يبدأ Dealix أو يجيب خطأ."),
        ("dealix rules check; dealix rules test", "dealix rules check ثم dealix rules test"),
    )


def _zones() -> Finding:
    try:
        ZoneInfo("Asia/Riyadh")
    except (ZoneInfoNotFoundError, OSError):
        return problem(
            "machine.zones",
            ("there is no time zone data", "لا بيانات للمناطق الزمنية"),
            ("Quiet hours of tenants elsewhere cannot be kept.", "لا يمكن مراعاة ساعات الهدوء في مناطق أخرى."),
            ("pip install tzdata, or install the system's.", "ثبّت tzdata."),
        )
    return ok("machine.zones", "time zones are known", "المناطق الزمنية معروفة")


def _engine(backend: str) -> Finding:
    if find_spec("durable_rules_engine") is not None:
        return ok("machine.rule_engine", "the compiled rule engine is here", "محرك القواعد المترجم موجود")
    what = (
        "the compiled rule engine (durable_rules) is not built",
        "محرك القواعد المترجم (durable_rules) غير مبني",
    )
    do = (
        "Install a C compiler and run make setup, or set RULES_BACKEND=reference.",
        "ثبّت مترجم C ونفّذ make setup أو عيّن RULES_BACKEND=reference.",
    )
    if backend == "durable":
        return problem("machine.rule_engine", what, ("RULES_BACKEND asks for it.", "يطلبه RULES_BACKEND."), do)
    return warning(
        "machine.rule_engine",
        what,
        (
            "The reference matcher decides alone, with nobody to compare with.",
            "المطابق المرجعي يقرر وحده بلا مقارنة.",
        ),
        do,
    )


async def aside(work: Callable[[], T]) -> T:
    """
    Do something slow beside the loop, in a thread that nobody waits for: a check that is given up must not keep
    the command from ending.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(setter: Callable[[], None]) -> None:
        if not answer.done():
            setter()

    def run() -> None:
        try:
            result = work()
        except Exception as fault:  # noqa: BLE001  (the border of a thread: whoever waits is told)
            told = fault
            _from_thread(loop, lambda: tell(lambda: answer.set_exception(told)))
        else:
            _from_thread(loop, lambda: tell(lambda: answer.set_result(result)))

    threading.Thread(target=run, daemon=True, name="doctor").start()
    return await answer


def _from_thread(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)
