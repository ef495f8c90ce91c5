"""
A proposal in words: what stands on its paper, what its message says, what whoever agrees to it reads.

Rule 1: an amount is said on the paper and to whoever agrees, never in the message: a chat is read by others too.
Rule 2: dates are Gregorian, of the day in Riyadh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.money import riyals, said
from bot.proposals.paper import Row, Sheet, Table
from bot.proposals.proposal import Proposal
from flows.qualification import UNKNOWN

RIYADH = ZoneInfo("Asia/Riyadh")

QUESTIONS: Mapping[str, tuple[str, str]] = {
    "monthly_leads": ("عدد العملاء المحتملين شهريًا", "Leads a month"),
    "follow_up_problem": ("أكبر مشكلة في المتابعة", "Biggest problem in following up"),
    "has_sales_team": ("فريق مبيعات", "Sales team"),
    "monthly_budget_sar": ("الميزانية الشهرية بالريال", "Monthly budget in SAR"),
    "start_date": ("موعد البدء", "Start"),
}

_YES_NO = {"yes": ("نعم", "Yes"), "no": ("لا", "No")}


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    number: str
    made_for: str
    issued: str
    valid: str
    needs: str
    needs_columns: tuple[str, str]
    lines: str
    line_columns: tuple[str, ...]
    subtotal: str
    discount: str
    total: str
    prices: str
    vat: str
    footer: str


_WORDS = {
    "ar": _Words(
        "عرض سعر",
        "رقم العرض",
        "مقدم إلى",
        "تاريخ الإصدار",
        "ساري حتى",
        "ما فهمناه من احتياجكم",
        ("السؤال", "إجابتكم"),
        "البنود والأسعار",
        ("البند", "الكمية", "سعر الوحدة", "المبلغ"),
        "المجموع",
        "الخصم",
        "الإجمالي",
        "الأسعار بالريال السعودي من قائمة الأسعار السارية في تاريخ الإصدار، نسخة",
        "ضريبة القيمة المضافة تُضاف حيث تنطبق، ما لم يُذكر خلاف ذلك في اسم البند.",
        "هذا العرض لمن وُجّه إليه، وليس فاتورة ولا عقدًا.",
    ),
    "en": _Words(
        "Proposal",
        "Number",
        "Made for",
        "Issued",
        "Valid until",
        "What we understood of your needs",
        ("Question", "Your answer"),
        "Items and prices",
        ("Item", "Quantity", "Unit price", "Amount"),
        "Subtotal",
        "Discount",
        "Total",
        "Prices are in Saudi riyals, from the price list that holds on the date of issue, version",
        "Value added tax is added where it applies, unless the name of an item says otherwise.",
        "This proposal is for whom it was made, and is neither an invoice nor a contract.",
    ),
}


def day_of(at: datetime) -> str:
    """`2026-03-02`, in Riyadh."""
    return at.astimezone(RIYADH).date().isoformat()


def last_day_of(proposal: Proposal) -> str:
    """The last day on which it holds."""
    return day_of(proposal.valid_until - timedelta(seconds=1))


def sheet_of(proposal: Proposal, house: str) -> Sheet:
    """What is printed."""
    words, language = _WORDS[proposal.language], proposal.language
    facts = (
        (words.made_for, proposal.customer or "-"),
        (words.number, proposal.number),
        (words.issued, day_of(proposal.issued_at)),
        (words.valid, last_day_of(proposal)),
    )
    needs = _needs(proposal)
    tables = (Table(words.needs, words.needs_columns, needs),) if needs else ()
    return Sheet(
        language=language,
        house=house,
        title=words.title,
        subtitle=f"{words.number} {proposal.number}",
        facts=facts,
        tables=(*tables, Table(words.lines, words.line_columns, _rows(proposal, words))),
        paragraphs=(
            *((proposal.note,) if proposal.note else ()),
            f"{words.prices} {proposal.price_list_sha256[:12]}.",
            words.vat,
        ),
        footer=words.footer,
        made_at=proposal.issued_at,
    )


def _needs(proposal: Proposal) -> tuple[Row, ...]:
    column = 0 if proposal.language == "ar" else 1
    told = [(name, proposal.answers.get(name, "")) for name in QUESTIONS]
    return tuple(
        Row((QUESTIONS[name][column], _YES_NO.get(value, (value, value))[column]))
        for name, value in told
        if value and value != UNKNOWN
    )


def _rows(proposal: Proposal, words: _Words) -> tuple[Row, ...]:
    language = proposal.language
    rows = [
        Row(
            (
                line.name(language),
                str(line.quantity),
                said(line.unit_halalas, language),
                said(line.amount_halalas, language),
            )
        )
        for line in proposal.lines
    ]
    if proposal.discount_halalas:
        rows.append(Row((words.subtotal, "", "", said(proposal.subtotal_halalas, language))))
        rows.append(
            Row(
                (
                    f"{words.discount} {proposal.discount_percent}%",
                    "",
                    "",
                    said(-proposal.discount_halalas, language),
                )
            )
        )
    return (*rows, Row((words.total, "", "", said(proposal.total_halalas, language)), is_strong=True))


def message_of(proposal: Proposal, house: str, address: str) -> str:
    """What the contact reads in the chat."""
    until = last_day_of(proposal)
    if proposal.language == "ar":
        return (
            f"هذا عرضنا لكم من {house}، رقم {proposal.number}:\n{address}\n"
            f"الرابط خاص بكم ويعمل حتى {until}. يسعدنا الرد على أي سؤال."
        )
    return (
        f"Here is our proposal from {house}, number {proposal.number}:\n{address}\n"
        f"The link is yours alone and works until {until}. We are glad to answer any question."
    )


def asked_of(proposal: Proposal, message: str) -> tuple[str, str, str, str]:
    """(title_en, title_ar, summary_en, summary_ar) for whoever agrees: every line, and the words themselves."""
    total = riyals(proposal.total_halalas)
    lines_en = "\n".join(
        f"- {one.name_en} x {one.quantity}: SAR {riyals(one.amount_halalas)}" for one in proposal.lines
    )
    lines_ar = "\n".join(
        f"- {one.name_ar} × {one.quantity}: {riyals(one.amount_halalas)} ريال" for one in proposal.lines
    )
    off_en = (
        f"\nDiscount {proposal.discount_percent}%: {proposal.discount_reason}"
        if proposal.discount_percent
        else ""
    )
    off_ar = (
        f"\nخصم {proposal.discount_percent}%: {proposal.discount_reason}" if proposal.discount_percent else ""
    )
    until = last_day_of(proposal)
    return (
        f"Proposal {proposal.number}: SAR {total}",
        f"عرض {proposal.number}: {total} ريال",
        f"{lines_en}{off_en}\nTotal: SAR {total}, valid until {until}\n\nThe message:\n{message}",
        f"{lines_ar}{off_ar}\nالإجمالي: {total} ريال، ساري حتى {until}\n\nالرسالة:\n{message}",
    )


def fields_of(proposal: Proposal) -> dict[str, Any]:
    """A proposal as the API shows it."""
    return {
        "proposal_id": proposal.id,
        "number": proposal.number,
        "conversation_id": proposal.conversation_id,
        "status": proposal.status.value,
        "reason": proposal.reason,
        "language": proposal.language,
        "currency": "SAR",
        "lines": [
            {
                "price_id": line.price_id,
                "name_ar": line.name_ar,
                "name_en": line.name_en,
                "quantity": line.quantity,
                "unit_halalas": line.unit_halalas,
                "amount_halalas": line.amount_halalas,
            }
            for line in proposal.lines
        ],
        "subtotal_halalas": proposal.subtotal_halalas,
        "discount_percent": proposal.discount_percent,
        "discount_halalas": proposal.discount_halalas,
        "discount_reason": proposal.discount_reason,
        "total_halalas": proposal.total_halalas,
        "price_list_sha256": proposal.price_list_sha256,
        "book_version": proposal.book_version,
        "issued_at": proposal.issued_at,
        "valid_until": proposal.valid_until,
        "made_by": proposal.made_by.name,
        "paper_sha256": proposal.paper_sha256,
        "paper_bytes": proposal.paper_bytes,
        "record_id": proposal.record_id,
        "approval_id": proposal.approval_id,
        "approved_by": proposal.approved_by.name,
        "draft_id": proposal.draft_id,
        "sent_at": proposal.sent_at,
    }
