"""
What each detector looks for, how bad a find is, and what to do about it.

Rule: critical are exactly those that stop something: rules like these cannot be published, and to a contact like
      this nothing is sent, until it is settled.
"""

from dataclasses import dataclass

from bot.contradictions.register import Kind, Severity

MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Detector:
    """One thing that the service looks for."""

    name: str
    letter: str
    """As the specification calls it."""
    kind: Kind
    severity: Severity
    title_en: str
    title_ar: str
    do_en: str
    do_ar: str
    blocks_en: str = ""
    blocks_ar: str = ""
    is_about_contacts: bool = False


_NO_PUBLISHING = (
    "No change of the rules can be published while it stands.",
    "لا يمكن نشر أي تعديل للقواعد ما دام قائمًا.",
)

DETECTORS = (
    Detector(
        *("rules_disagree", "a", Kind.POLICY, Severity.CRITICAL),
        "Two rules answer one message differently",
        "قاعدتان تجيبان عن رسالة واحدة جوابين مختلفين",
        "Open both pages and add a line to one, or let both expect the same.",
        "افتح الصفحتين وأضف سطرًا إلى إحداهما، أو اجعلهما تتوقعان الشيء نفسه.",
        *_NO_PUBLISHING,
    ),
    Detector(
        *("wrong_figure", "b", Kind.FACTUAL, Severity.HIGH),
        "A sentence says a price or a claim that nothing backs",
        "نص يذكر سعرًا أو ادعاءً لا يسنده شيء",
        "Say what the price list and the registry of claims say, or put it there first.",
        "اكتب ما تقوله قائمة الأسعار وسجل الادعاءات، أو أضفه هناك أولًا.",
    ),
    Detector(
        *("forbidden_claim", "c", Kind.POLICY, Severity.CRITICAL),
        "A sentence says what must never be said",
        "نص يقول ما لا يجوز قوله أبدًا",
        "Remove the words; nobody can send them anyway.",
        "احذف العبارة؛ لا يستطيع أحد إرسالها على أي حال.",
        *_NO_PUBLISHING,
    ),
    Detector(
        *("consent_and_stop", "d", Kind.POLICY, Severity.CRITICAL),
        "Somebody agreed and asked us to stop at once",
        "جهة اتصال موافِقة وموقوفة في الوقت نفسه",
        "Revoke the consent, or wait until the contact asks for messages again in the chat.",
        "اسحب الموافقة، أو انتظر حتى تطلب جهة الاتصال الرسائل من جديد في المحادثة.",
        "Nothing is sent to this contact while it stands.",
        "لا يُرسل شيء إلى جهة الاتصال هذه ما دام قائمًا.",
        is_about_contacts=True,
    ),
    Detector(
        *("stage_and_payment", "e", Kind.FACTUAL, Severity.HIGH),
        "The stage of a deal and its payment do not fit",
        "مرحلة الصفقة وحالة الدفع لا تتفقان",
        "Look the payment up, then verify it or move the deal.",
        "تحقق من الدفعة، ثم ثبّتها أو انقل الصفقة.",
        is_about_contacts=True,
    ),
    Detector(
        *("statements_conflict", "f", Kind.FACTUAL, Severity.MEDIUM),
        "A contact said two things that cannot both be true",
        "جهة الاتصال قالت أمرين لا يجتمعان",
        "Ask which of them is so before the next offer.",
        "اسأل أيهما الصحيح قبل العرض التالي.",
        is_about_contacts=True,
    ),
    Detector(
        *("text_and_setting", "g", Kind.TEMPORAL, Severity.HIGH),
        "A text promises something else than what is set",
        "نص يعد بغير ما هو مضبوط",
        "Change the text or the setting, so that both say the same.",
        "عدّل النص أو الإعداد ليتفقا.",
    ),
    Detector(
        *("metric_twice", "h", Kind.SCOPE, Severity.MEDIUM),
        "One number is defined twice",
        "رقم واحد له تعريفان",
        "Keep one definition, and let the other number have a name of its own.",
        "أبقِ تعريفًا واحدًا، واجعل للرقم الآخر اسمًا خاصًا.",
    ),
)

REPORTED = Detector(
    *(MANUAL, "", Kind.FACTUAL, Severity.MEDIUM),
    "Reported by somebody",
    "بلّغ عنه شخص",
    "Find out which side is right, and change the other.",
    "تحقق أي الطرفين صحيح وعدّل الآخر.",
)

BY_NAME = {one.name: one for one in (*DETECTORS, REPORTED)}

OF_RULES = frozenset(one.name for one in DETECTORS if not one.is_about_contacts)
OF_CONTACTS = frozenset(one.name for one in DETECTORS if one.is_about_contacts)
