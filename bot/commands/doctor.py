"""`dealix doctor`: what is wrong with this set-up, and how to make it right."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import typer
from dotenv import dotenv_values
from pydantic import ValidationError

from bot import tenants as tenancy
from bot.commands.doctor_hands import RealHands
from bot.commands.terminal import out
from bot.doctor import round as rounds
from bot.doctor import settings_checks
from bot.doctor.findings import Finding, State, not_checked, problem
from bot.doctor.hands import Patient
from bot.errors import DealixError
from bot.settings import Settings
from bot.tenants import TenantConfig

_SIGNS = {State.OK: "✓", State.WARNING: "!", State.PROBLEM: "✗", State.NOT_CHECKED: "-"}
_STYLES = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "bold red", State.NOT_CHECKED: "dim"}
_WORDS = {
    "en": {
        "why": "why it matters: ",
        "do": "what to do: ",
        "ok": "{n} fine",
        "warning": "{n} warnings",
        "problem": "{n} problems",
        "not_checked": "{n} not checked",
        "seconds": "s",
    },
    "ar": {
        "why": "لماذا يهم: ",
        "do": "ما العمل: ",
        "ok": "السليم {n}",
        "warning": "التحذيرات {n}",
        "problem": "المشكلات {n}",
        "not_checked": "ما لم يُفحص {n}",
        "seconds": "ث",
    },
}


def doctor_command(
    language: Annotated[
        Literal["ar", "en", ""], typer.Option(help="ar or en; by default as the terminal's locale says.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs: both languages, every check.")] = False,
) -> None:
    """Look at settings, database, rules, providers and machine; say what is wrong and what to do."""
    began = time.monotonic()
    found = asyncio.run(_examine())
    if as_json:
        typer.echo(
            json.dumps(
                {"is_well": rounds.is_well(found), "checks": [_as_json(one) for one in found]},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        _tell(found, language or _language(os.environ), time.monotonic() - began)
    sys.stdout.flush()
    raise typer.Exit(0 if rounds.is_well(found) else 1)


async def _examine() -> list[Finding]:
    try:
        settings = Settings()
    except ValidationError as invalid:
        return _unreadable(invalid)
    try:
        tenants: Sequence[TenantConfig] = tenancy.configured(settings)
        wrong: list[Finding] = []
    except DealixError as refused:
        tenants, wrong = (), [_no_tenants(refused)]
    patient = Patient(settings, tenants, RealHands(settings, tenants), os.environ, _env_file())
    secrets = (*settings.secrets, *tenancy.secrets_of(list(tenants)))
    return [*wrong, *await rounds.examine(patient, secrets)]


def _env_file() -> Mapping[str, str]:
    try:
        return dict.fromkeys(dotenv_values(settings_checks.ENV_FILE, interpolate=False), "")
    except (OSError, UnicodeDecodeError):
        return {}


def _unreadable(invalid: ValidationError) -> list[Finding]:
    """Only the name and the rule are said: the value may be a secret."""
    return [
        problem(
            "settings.values",
            (
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}",
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}",
            ),
            ("Dealix does not start like this.", "لا يبدأ Dealix هكذا."),
            ("Correct it; .env.example says what it takes.", "صحّحه؛ انظر ‎.env.example‎."),
        )
        for one in invalid.errors(include_input=False, include_context=False)
    ] + [not_checked("everything_else", "the settings must be right first", "يجب تصحيح الإعدادات أولًا")]


def _no_tenants(refused: DealixError) -> Finding:
    return problem(
        "settings.tenants",
        (refused.message_en, refused.message_ar),
        ("Dealix does not start like this.", "لا يبدأ Dealix هكذا."),
        ("Correct it; docs/tenants.md shows the form.", "صحّحه؛ انظر docs/tenants.md."),
    )


def _language(environment: Mapping[str, str]) -> str:
    said = next((environment[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(n)), "")
    return "ar" if said.lower().startswith("ar") else "en"


def _tell(found: Sequence[Finding], language: str, seconds: float) -> None:
    words = _WORDS[language]
    for one in found:
        out.print(f"{_SIGNS[one.state]} ", style=_STYLES[one.state], end="", markup=False)
        out.print(f"{one.check}: {one.what.said(language)}", markup=False)
        for name, said in (("why", one.why), ("do", one.do)):
            if said.said(language):
                out.print(f"    {words[name]}{said.said(language)}", markup=False)
    counts = Counter(one.state for one in found)
    out.print(
        " · ".join(words[state.value].format(n=counts[state]) for state in State)
        + f" ({seconds:.1f} {words['seconds']})",
        markup=False,
    )


def _as_json(one: Finding) -> dict[str, object]:
    texts = {"what": one.what, "why": one.why, "do": one.do}
    return {
        "check": one.check,
        "status": one.state.value,
        **{name: {"en": said.en, "ar": said.ar} for name, said in texts.items()},
    }
