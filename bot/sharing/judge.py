"""
May this be passed on, now? The one judgement, made when it is asked for and again when it is exported. Pure.

Rule 1: the default is no, and every no has a code and a reason in both languages.
Rule 2: who has not agreed is not in the file; by policy, one such contact stops the whole request.
Rule 3: what a partner, a country or a consent was when somebody approved does not count; what it is now does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.sharing.catalogue import Classification
from bot.sharing.countries import CountryRules, Zone
from bot.sharing.partners import Partner

EXCLUDE, BLOCK = "exclude", "block"
POLICIES = (EXCLUDE, BLOCK)

REASONS = {
    "blocked_no_consent": (
        "no contact of this request has agreed to their data being shared",
        "لم يوافق أي عميل في هذا الطلب على مشاركة بياناته",
    ),
    "blocked_some_without_consent": (
        "some contacts have not agreed, and the request allows no exception",
        "بعض العملاء لم يوافقوا على مشاركة بياناتهم، والطلب لا يقبل الاستثناء",
    ),
    "blocked_export_restricted": (
        "this country is not on the list of the legal department: each contact must have agreed to a transfer "
        "abroad, and the transfer must have been assessed",
        "هذه الدولة ليست في قائمة الإدارة القانونية: يلزم قبول كل عميل بنقل بياناته خارج المملكة، "
        "وتقييم موثق للنقل",
    ),
    "blocked_dpa_missing": (
        "data goes to this country only under a signed data processing agreement that runs today",
        "لا تُنقل البيانات إلى هذه الدولة إلا باتفاقية معالجة بيانات موقعة وسارية",
    ),
    "blocked_partner_inactive": ("this partner is switched off", "هذا الشريك موقوف"),
    "blocked_by_policy": (
        "the policy of actions does not let this be asked for",
        "سياسة الإجراءات لا تسمح بطلب هذا",
    ),
    "blocked_not_permitted": (
        "the approval permits this no longer; ask again",
        "لم تعد الموافقة تسمح بهذا الإجراء؛ قدّم طلبًا جديدًا",
    ),
    "blocked_too_large": (
        "the file would be too large; share fewer contacts or categories at a time",
        "حجم الملف أكبر من المسموح؛ شارك عملاء أو فئات أقل في كل مرة",
    ),
}
"""Why something is blocked: (English, Arabic)."""


@dataclass(frozen=True, slots=True)
class ContactConsent:
    """What one contact has agreed to, as it is now."""

    contact_id: str
    may_share: bool
    may_leave_country: bool
    reason: str
    """Why not, as the consent room says it; empty when they agreed."""
    record_ids: tuple[str, ...] = ()
    """The records that say so."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for, as far as the judgement needs it."""

    classification: Classification
    consent_policy: str
    transfer_assessment_ref: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer."""

    code: str
    """Empty when it may go on."""
    zone: Zone
    steps: tuple[str, ...]
    """One role for each yes that is needed, each of another person."""
    included: tuple[ContactConsent, ...]
    excluded: tuple[ContactConsent, ...]

    @property
    def is_blocked(self) -> bool:
        return bool(self.code)


def judge(
    terms: Terms, partner: Partner, consents: Sequence[ContactConsent], rules: CountryRules, today: date
) -> Judgement:
    """Whether and for whom the data may go to this partner."""
    zone = rules.zone(partner.facts.country, today)
    goes_abroad = zone is Zone.OTHER
    included = tuple(c for c in consents if c.may_share and (c.may_leave_country or not goes_abroad))
    excluded = tuple(c for c in consents if c not in included)
    needs_dpo = terms.classification.needs_dpo or goes_abroad
    return Judgement(
        code=_refusal(terms, partner, zone, consents, included, today),
        zone=zone,
        steps=("approver", "dpo") if needs_dpo else ("approver",),
        included=included,
        excluded=excluded,
    )


def _refusal(
    terms: Terms,
    partner: Partner,
    zone: Zone,
    consents: Sequence[ContactConsent],
    included: Sequence[ContactConsent],
    today: date,
) -> str:
    if not partner.facts.is_active:
        return "blocked_partner_inactive"
    if not any(c.may_share for c in consents):
        return "blocked_no_consent"
    if zone is Zone.OTHER and not (terms.transfer_assessment_ref and included):
        return "blocked_export_restricted"
    if zone is Zone.ADEQUATE and not partner.has_agreement(today):
        return "blocked_dpa_missing"
    if terms.consent_policy == BLOCK and len(included) < len(consents):
        return "blocked_some_without_consent"
    return ""
