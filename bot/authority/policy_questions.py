"""
The questions of the policy, in their order. Pure.

Rule 1: the default is no. A name that does not stand in the table is refused, like a blank one.
Rule 2: the first question that says no decides, with a code and a sentence in both languages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.people import NOBODY, Human
from rules.policies.actions import Action, ActionClass, Actions, letters_of


class Outcome(StrEnum):
    """What may happen now."""

    ALLOW = "allow"
    NEEDS_APPROVAL = "needs_approval"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody wants to do something."""

    tenant_id: str
    action: str
    by: Human = NOBODY
    roles: tuple[str, ...] = ()
    """Empty for our own code, which asks for what its routes have checked already."""
    correlation_id: str = ""
    """From upstream: what this belongs to."""
    evidence: str = ""
    """The id of what proves that it should happen."""
    about_tenant: str = ""
    """The tenant whose things are meant, where a caller names one; empty means its own."""
    has_consent: bool | None = None
    """What the consents say about the contact; None where nobody has asked."""
    has_grant: bool = False
    """Whether a grant for exactly this was used up or is about to be."""
    is_over_budget: bool = False
    is_on_trial: bool = False
    """Whether this caller is new here, and even what is safe waits for a human."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer."""

    outcome: Outcome
    code: str
    message_en: str
    message_ar: str
    action: str
    """The name in the table, or what was asked for when it stands nowhere."""
    action_class: str
    """`A`, `B`, `B+`, `C`; empty for a name of no action."""
    owner: str
    version: str
    cost_halalas: int = 0
    kind: str = "request"
    four_eyes: bool = False

    @property
    def is_allowed(self) -> bool:
        return self.outcome is Outcome.ALLOW


_Answer = tuple[Outcome, str, str, str]
Question = Callable[[Asking, Action | None], _Answer | None]


def rule(table: Actions, asking: Asking, questions: Sequence[Question] | None = None) -> Ruling:
    """Judge one asking; pure. `questions` are all of them, but for a test that takes one away."""
    action = table.find(asking.action)
    for question in QUESTIONS if questions is None else questions:
        answer = question(asking, action)
        if answer is not None:
            outcome, code, en, ar = answer
            return _ruling(table, asking, action, outcome, code, en, ar)
    return _ruling(table, asking, action, Outcome.ALLOW, "allowed", "this may be done", "هذا الإجراء مسموح")


def _no_tenant(asking: Asking, _action: Action | None) -> _Answer | None:
    if asking.tenant_id:
        return None
    return Outcome.BLOCK, "no_tenant", "nobody said for which tenant; ask again with one", "لم تُحدَّد المنشأة"


def _forbidden(asking: Asking, action: Action | None) -> _Answer | None:
    if not letters_of(asking.action):
        return Outcome.BLOCK, "empty_action", "no action was named; name one", "لم يُذكر اسم الإجراء؛ اذكره"
    if action is None or action.action_class is not ActionClass.FORBIDDEN:
        return None
    return (
        Outcome.BLOCK,
        "forbidden_action",
        f"{action.name} is never done here, and nobody can allow it",
        f"الإجراء «{action.title_ar}» ممنوع دائمًا ولا يملك أحد السماح به",
    )


def _unknown(asking: Asking, action: Action | None) -> _Answer | None:
    if action is not None:
        return None
    return (
        Outcome.BLOCK,
        "unknown_action",
        f"there is no action {asking.action[:60]!r} in the policy; GET /api/v1/policy lists them",
        "هذا الإجراء غير موجود في السياسة؛ راجع القائمة في ‎/api/v1/policy",
    )


def _other_tenant(asking: Asking, _action: Action | None) -> _Answer | None:
    if asking.about_tenant in ("", asking.tenant_id):
        return None
    return (
        Outcome.BLOCK,
        "cross_tenant",
        "one tenant never acts on what belongs to another",
        "لا يجوز لمنشأة التصرف في بيانات منشأة أخرى",
    )


def _role(asking: Asking, action: Action | None) -> _Answer | None:
    assert action is not None
    if not asking.roles or action.roles & set(asking.roles):
        return None
    takes = sorted(action.roles)
    return (
        Outcome.BLOCK,
        "role_not_allowed",
        f"{action.name} takes one of the roles {', '.join(takes)}",
        f"الإجراء «{action.title_ar}» يتطلب أحد الأدوار: {'، '.join(takes)}",
    )


def _correlation(asking: Asking, action: Action | None) -> _Answer | None:
    assert action is not None
    if action.action_class is not ActionClass.APPROVAL or asking.correlation_id.strip():
        return None
    return (
        Outcome.BLOCK,
        "missing_correlation_id",
        f"{action.name} is class B: send the correlation id of what it belongs to",
        f"الإجراء «{action.title_ar}» من الفئة B: أرسل معرّف الارتباط لما يتبعه",
    )


def _evidence(asking: Asking, action: Action | None) -> _Answer | None:
    assert action is not None
    if not action.needs_evidence or asking.evidence.strip():
        return None
    return (
        Outcome.BLOCK,
        "missing_evidence",
        f"{action.name} is class B+: name what proves that it should happen",
        f"الإجراء «{action.title_ar}» من الفئة B+: اذكر الدليل الذي يبرره",
    )


def _consent(asking: Asking, action: Action | None) -> _Answer | None:
    assert action is not None
    if not action.needs_consent or asking.has_consent is not False:
        return None
    return (
        Outcome.BLOCK,
        "no_consent",
        f"the contact has not agreed to {action.name}",
        f"لم يوافق العميل على «{action.title_ar}»",
    )


def _budget(asking: Asking, _action: Action | None) -> _Answer | None:
    if not asking.is_over_budget or asking.has_grant:
        return None
    return (
        Outcome.NEEDS_APPROVAL,
        "over_budget",
        "the budget of today is used up; somebody must agree to this one",
        "استُنفدت ميزانية اليوم؛ يلزم أن يوافق أحد على هذا الإجراء",
    )


def _trial(asking: Asking, _action: Action | None) -> _Answer | None:
    if not asking.is_on_trial or asking.has_grant:
        return None
    return (
        Outcome.NEEDS_APPROVAL,
        "on_trial",
        "this caller is new here; somebody must agree first",
        "هذا المستدعي جديد هنا؛ تلزم موافقة بشرية أولًا",
    )


def _approval(asking: Asking, action: Action | None) -> _Answer | None:
    assert action is not None
    if action.action_class is ActionClass.SAFE or asking.has_grant:
        return None
    return (
        Outcome.NEEDS_APPROVAL,
        "needs_approval",
        f"{action.name} waits until somebody agrees",
        f"الإجراء «{action.title_ar}» ينتظر موافقة بشرية",
    )


QUESTIONS: tuple[Question, ...] = (
    _no_tenant,
    _forbidden,
    _unknown,
    _other_tenant,
    _role,
    _correlation,
    _evidence,
    _consent,
    _trial,
    _budget,
    _approval,
)
"""In this order; the first that says no decides."""


def _ruling(
    table: Actions, asking: Asking, action: Action | None, outcome: Outcome, code: str, en: str, ar: str
) -> Ruling:
    # An empty name is class C: nobody asks for nothing by accident.
    shown = action.shown_class if action else ("" if letters_of(asking.action) else str(ActionClass.FORBIDDEN))
    return Ruling(
        outcome=outcome,
        code=code,
        message_en=en,
        message_ar=ar,
        action=action.name if action else asking.action[:60],
        action_class=shown,
        owner=table.owner,
        version=table.version,
        cost_halalas=action.cost_halalas if action else 0,
        kind=action.kind if action else "request",
        four_eyes=bool(action and action.four_eyes),
    )
