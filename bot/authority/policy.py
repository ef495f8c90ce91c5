"""
May this be done? One answer for people, machines and our own code, from one table.

Rule 1: the default is no. A name that does not stand in the table is refused, like a blank one.
Rule 2: the order of the questions is fixed (`policy_questions.py`); the first that says no decides.
Rule 3: every refusal is written down. An attempt at something forbidden is told to the admins, too.
Rule 4: nothing here does anything. Class B needs a grant, which only an approval makes and the doer uses up.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files

from bot.access import ROLES
from bot.alerts import Alerts
from bot.audit import Audit
from bot.authority.policy_questions import QUESTIONS, Asking, Outcome, Ruling, rule
from bot.errors import NotAllowed
from rules.policies.actions import ActionClass, Actions, read_actions

__all__ = [
    "QUESTIONS",
    "Asking",
    "MissingCorrelation",
    "Outcome",
    "Policy",
    "PolicyRefused",
    "Ruling",
    "rule",
    "shipped_actions",
]

FILE = "actions.yml"


class PolicyRefused(NotAllowed):
    """The policy says no, and no approval would change that."""

    code, status = "policy_refused", 403

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(ruling.message_en, ruling.message_ar)
        self.code = ruling.code
        self.details = {"action": ruling.action, "action_class": ruling.action_class, "policy": ruling.version}


class MissingCorrelation(PolicyRefused):
    """Class B without saying what it belongs to, or B+ without naming what proves it."""

    status = 422


@cache
def shipped_actions() -> Actions:
    """The table of this installation. Raises BookError."""
    text = files("rules").joinpath(FILE).read_text("utf-8")
    return read_actions(text, FILE, ROLES)


class Policy:
    """The table, with somebody who writes down what it refused."""

    def __init__(self, table: Actions, audit: Audit, alerts: Alerts, now: Callable[[], datetime]) -> None:
        self.table = table
        self._now = now
        self._audit = audit
        self._alerts = alerts

    async def judge(self, asking: Asking) -> Ruling:
        """Judge one asking; a refusal is in the audit before this returns."""
        ruling = rule(self.table, asking)
        if ruling.outcome is Outcome.BLOCK and asking.tenant_id:
            await self._refused(asking, ruling)
        return ruling

    async def require(self, asking: Asking) -> Ruling:
        """As `judge`; raises PolicyRefused for a no that no approval would change."""
        ruling = await self.judge(asking)
        if ruling.outcome is Outcome.BLOCK:
            raise self.refusal(ruling)
        return ruling

    @staticmethod
    def refusal(ruling: Ruling) -> PolicyRefused:
        """A no as the error that a caller sees."""
        return (MissingCorrelation if ruling.code.startswith("missing_") else PolicyRefused)(ruling)

    async def _refused(self, asking: Asking, ruling: Ruling) -> None:
        await self._audit.note(
            asking.tenant_id,
            "action_refused",
            asking.by,
            correlation_id=asking.correlation_id,
            action=ruling.action,
            action_class=ruling.action_class,
            reason=ruling.code,
            policy=ruling.version,
        )
        if ruling.action_class == ActionClass.FORBIDDEN:
            await self._alerts.tell(
                asking.tenant_id,
                "action_forbidden",
                f"somebody tried something forbidden: {ruling.action or 'an action without a name'}",
                f"محاولة لإجراء ممنوع: {ruling.action or 'إجراء بلا اسم'}",
                f"by {asking.by.name or asking.by.id or 'nobody we know'}; {ruling.code}",
                # Whoever tries it again and again is told of once an hour.
                f"forbidden:{ruling.action}:{asking.by.id}:{self._now():%Y-%m-%dT%H}",
                about=ruling.action,
                correlation_id=asking.correlation_id,
            )
