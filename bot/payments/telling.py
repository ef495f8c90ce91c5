"""A request for money in words: what the contact reads, and what whoever agrees to it reads."""

from typing import Any

from bot.money import said
from bot.payments.methods import BankAccount, PaymentMethods
from bot.payments.request import PaymentEvent, PaymentRequest


def message_of(request: PaymentRequest, house: str, account: BankAccount | None, address: str) -> str:
    """What the contact reads: how much, and where it goes."""
    amount = said(request.amount_halalas, request.language)
    if request.method == "payment_link":
        if request.language == "ar":
            return (
                f"رابط الدفع لـ{house} بمبلغ {amount}:\n{address}\n"
                f"رقم الطلب {request.number}. نؤكد لكم فور وصول المبلغ."
            )
        return (
            f"The payment link of {house} for {amount}:\n{address}\n"
            f"Request {request.number}. We confirm as soon as the payment arrives."
        )
    assert account is not None
    if request.language == "ar":
        return (
            f"نرجو تحويل {amount} إلى حساب {house}:\nالبنك: {account.bank}\nالمستفيد: {account.holder}\n"
            f"الآيبان: {account.spaced}\nاكتبوا في التحويل المرجع {request.number}.\n"
            "نؤكد لكم بعد التحقق من وصول المبلغ."
        )
    return (
        f"Please transfer {amount} to the account of {house}:\nBank: {account.bank}\nName: {account.holder}\n"
        f"IBAN: {account.spaced}\nReference for the transfer: {request.number}.\n"
        "We confirm when we have verified that it arrived."
    )


def asked_of(request: PaymentRequest, message: str) -> tuple[str, str, str, str]:
    """(title_en, title_ar, summary_en, summary_ar)"""
    en, ar = said(request.amount_halalas, "en"), said(request.amount_halalas, "ar")
    return (
        f"Ask for a payment of {en}",
        f"طلب دفع {ar}",
        f"The message, word for word:\n{message}",
        f"نص الرسالة كما ستُرسل:\n{message}",
    )


def methods_fields(methods: PaymentMethods, provider: Any) -> dict[str, Any]:
    """How a tenant is paid, as the API shows it."""
    account = methods.account
    return {
        "bank_transfer": {"bank": account.bank, "holder": account.holder, "iban": account.iban}
        if account
        else None,
        "payment_link": {"provider": provider.name, "live": provider.is_live} if provider else None,
        "preferred": methods.preferred,
        "set_by": methods.set_by.name,
        "set_at": methods.set_at,
        "v": methods.v,
    }


def request_fields(request: PaymentRequest) -> dict[str, Any]:
    """A request, as the API shows it."""
    return {
        "request_id": request.id,
        "number": request.number,
        "conversation_id": request.conversation_id,
        "status": request.status.value,
        "reason": request.reason,
        "amount_halalas": request.amount_halalas,
        "currency": request.currency,
        "method": request.method,
        "language": request.language,
        "proposal_id": request.proposal_id,
        "provider": request.provider,
        "order_ref": request.order_ref,
        "approval_id": request.approval_id,
        "approved_by": request.approved_by.name,
        "draft_id": request.draft_id,
        "made_by": request.made_by.name,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "sent_at": request.sent_at,
        "paid_at": request.paid_at,
        "payment_id": request.payment_id,
    }


WHY_HELD = {
    "": ("", ""),
    "unmatched": ("no request of ours has this order", "لا طلب لدينا بهذا الأمر"),
    "test_mode": ("test money, and this account collects real money", "مبلغ تجريبي والحساب حقيقي"),
    "other_amount": ("another amount was paid than was asked for", "المبلغ المدفوع غير المطلوب"),
    "other_currency": ("it was paid in another currency", "الدفع بعملة أخرى"),
    "paid_twice": ("this request was paid before", "سبق دفع هذا الطلب"),
    "other_stage": ("the deal does not wait for a payment now", "الصفقة لا تنتظر دفعًا الآن"),
    "contact_gone": ("the contact is not here any more", "لم يعد العميل موجودًا لدينا"),
    "money_back": ("money went back to the payer", "عاد مبلغ إلى الدافع"),
}


def event_fields(event: PaymentEvent) -> dict[str, Any]:
    """What a provider told, as the API shows it."""
    en, ar = WHY_HELD.get(event.reason, (event.reason, event.reason))
    return {
        "event_id": event.id,
        "provider": event.provider,
        "kind": event.kind,
        "payment_id": event.payment_id,
        "order_ref": event.order_ref,
        "amount_halalas": event.amount_halalas,
        "currency": event.currency,
        "outcome": event.outcome.value,
        "reason": event.reason,
        "reason_en": en,
        "reason_ar": ar,
        "request_id": event.request_id,
        "conversation_id": event.conversation_id,
        "received_at": event.received_at,
    }
