"""
All looks at once.

Rule 1: no look takes longer than `EACH_SECONDS`, and one that does is not checked, never fine.
Rule 2: a fault of a check is told as one, and ends no other check.
Rule 3: whatever is said goes through a last sieve: no secret of this installation stands in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from bot.doctor import database_checks, folder_checks, machine_checks, outside_checks, settings_checks
from bot.doctor.findings import Finding, State, Words, not_checked, problem
from bot.doctor.hands import Patient

EACH_SECONDS = 8.0

Look = Callable[[Patient], Awaitable[list[Finding]]]

LOOKS: Sequence[tuple[str, Look]] = (
    ("settings", settings_checks.check),
    ("folder", folder_checks.check),
    ("machine", machine_checks.check_machine),
    ("database", database_checks.check),
    ("rules", machine_checks.check_rules),
    ("rules.editions", machine_checks.check_editions),
    ("providers", outside_checks.check_providers),
    ("telegram", outside_checks.check_telegram),
    ("broker", outside_checks.check_broker),
    ("identity_provider", outside_checks.check_identity_provider),
    ("telemetry", outside_checks.check_telemetry),
    ("port", outside_checks.check_port),
)


async def examine(
    patient: Patient, secrets: Collection[str], each_seconds: float = EACH_SECONDS
) -> list[Finding]:
    """Everything, in the order of LOOKS."""
    found = await asyncio.gather(*(_look(name, look, patient, each_seconds) for name, look in LOOKS))
    hidden = sorted((secret for secret in secrets if secret), key=len, reverse=True)
    return [_without(finding, hidden) for findings in found for finding in findings]


def is_well(found: Sequence[Finding]) -> bool:
    """Whether nothing is a problem."""
    return all(finding.state is not State.PROBLEM for finding in found)


async def _look(name: str, look: Look, patient: Patient, seconds: float) -> list[Finding]:
    try:
        async with asyncio.timeout(seconds):
            return await look(patient)
    except TimeoutError:
        late = f"no answer within {seconds:.0f} s"
        return [not_checked(name, late, f"لا جواب خلال {seconds:.0f} ث")]
    except Exception as fault:  # noqa: BLE001  (the border of a check: the others go on)
        kind = type(fault).__name__
        return [
            problem(
                name,
                (f"this check itself failed ({kind})", f"فشل هذا الفحص نفسه ({kind})"),
                ("Nobody knows how this stands.", "لا أحد يعرف حال هذا."),
                ("Tell whoever maintains Dealix, with the version.", "أخبر من يصون Dealix مع رقم الإصدار."),
            )
        ]


def _without(finding: Finding, hidden: Sequence[str]) -> Finding:
    def sieved(words: Words) -> Words:
        english, arabic = words.en, words.ar
        for secret in hidden:
            english, arabic = english.replace(secret, "***"), arabic.replace(secret, "***")
        return Words(english, arabic)

    return replace(finding, what=sieved(finding.what), why=sieved(finding.why), do=sieved(finding.do))
