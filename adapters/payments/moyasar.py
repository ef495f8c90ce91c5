"""
Moyasar: payment links (`/v1/invoices`) and its webhooks.

Sources, read in November 2026: docs.moyasar.com/api/invoices/01-create-invoice (amount in halalas, 100 at least,
`status: initiated`, `url` for the payer), docs.moyasar.com/api/other/webhooks/webhook-reference (payment events,
six tries until a 2xx), docs.moyasar.com/guides/dashboard/setting-up-webhooks (a secret token that stands in each
notice). An order has no key of ours that makes it unique, so it carries our request id in its metadata, and who
tries again looks for it. Not tried against the live service: whether a list of invoices can be asked for by
metadata; we read its newest page and look ourselves.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.wire import Answer, JsonLine, Silence, health_of
from bot.errors import BadSignature
from bot.payments.provider import (
    NoLink,
    Notice,
    NoticeKind,
    Order,
    OrderTrouble,
    PaymentLink,
    UnreadableNotice,
)
from bot.ports import Health

NAME = "moyasar"
URL = "https://api.moyasar.com"

_KINDS = {
    "payment_paid": NoticeKind.PAID,
    "payment_captured": NoticeKind.PAID,
    "payment_refunded": NoticeKind.MONEY_BACK,
    "payment_voided": NoticeKind.MONEY_BACK,
}
# What the payment itself says must agree with what the notice is called.
_STATUSES = {
    NoticeKind.PAID: ("paid", "captured"),
    NoticeKind.MONEY_BACK: ("refunded", "voided"),
}
_LONGEST = 200


class Moyasar:
    """`bot.payments.provider.PaymentProvider`: one tenant's account."""

    name = NAME

    def __init__(self, secret_key: str, webhook_secret: str, now: Callable[[], datetime], url: str = URL) -> None:
        self._now = now
        self.is_live = secret_key.startswith("sk_live_")
        self._secret = webhook_secret
        self._is_https = url.startswith("https://")
        self._line = JsonLine(f"{url.rstrip('/')}/v1", basic=(secret_key, ""))

    async def find(self, order: Order) -> PaymentLink | NoLink | None:
        """Among the newest invoices: a lost one was made a moment ago."""
        try:
            answer = await self._line.call("GET", "/invoices", params={"metadata[request_id]": order.request_id})
        except Silence as silence:
            return NoLink(OrderTrouble.AWAY, "no_answer", silence.latency_ms)
        if answer.status != 200:
            return _trouble(answer)
        listed = answer.fields.get("invoices")
        for invoice in listed if isinstance(listed, list) else ():
            if _is_same(invoice, order):
                return self._link(invoice)
        return None

    async def make(self, order: Order) -> PaymentLink | NoLink:
        body = {
            "amount": order.amount_halalas,
            "currency": order.currency,
            "description": order.description,
            "expired_at": order.expires_at.astimezone(UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "metadata": {"request_id": order.request_id},
        }
        try:
            answer = await self._line.call("POST", "/invoices", body)
        except Silence as silence:
            return NoLink(OrderTrouble.AWAY, "no_answer", silence.latency_ms)
        if answer.status not in (200, 201):
            return _trouble(answer)
        if answer.fields.get("amount") != order.amount_halalas or answer.fields.get("currency") != order.currency:
            return NoLink(OrderTrouble.REFUSED, "other_amount", answer.latency_ms)
        return self._link(answer.fields)

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """The token first, compared in the same time whatever it is; then what it says."""
        tree = _tree(body)
        said = tree.get("secret_token")
        given = said if isinstance(said, str) else ""
        is_ours = hmac.compare_digest(given.encode("utf-8", "replace"), self._secret.encode())
        if not self._secret or not is_ours:
            raise BadSignature(
                "the secret_token of this notice is not the one of our account",
                "قيمة secret_token في هذا الإشعار ليست لحسابنا",
            )
        payment = tree.get("data")
        if not isinstance(payment, dict):
            raise _unreadable()
        kind = _KINDS.get(str(tree.get("type", "")), NoticeKind.OTHER)
        if payment.get("status") not in _STATUSES.get(kind, ()):
            kind = NoticeKind.OTHER
        metadata = payment.get("metadata")
        return Notice(
            event_id=_text(tree.get("id")),
            kind=kind,
            payment_id=_text(payment.get("id")),
            order_ref=_text(payment.get("invoice_id"), is_needed=False),
            request_id=_text(metadata.get("request_id"), is_needed=False) if isinstance(metadata, dict) else "",
            amount_halalas=_amount(kind, payment),
            currency=_text(payment.get("currency")).upper(),
            is_live=tree.get("live") is True,
        )

    async def probe(self) -> Health:
        """Ask something that changes nothing."""
        try:
            return health_of(await self._line.call("GET", "/invoices"), self._now())
        except Silence as silence:
            return health_of(silence, self._now())

    async def close(self) -> None:
        await self._line.close()

    def _link(self, invoice: Mapping[str, Any]) -> PaymentLink | NoLink:
        ref, url = invoice.get("id"), invoice.get("url")
        is_address = isinstance(url, str) and url.startswith("https://" if self._is_https else "http")
        if not isinstance(ref, str) or not ref or not is_address:
            return NoLink(OrderTrouble.REFUSED, "no_address")
        return PaymentLink(ref, str(url))


def _is_same(invoice: Any, order: Order) -> bool:
    metadata = invoice.get("metadata") if isinstance(invoice, dict) else None
    return (
        isinstance(metadata, dict)
        and metadata.get("request_id") == order.request_id
        and invoice.get("amount") == order.amount_halalas
        and invoice.get("currency") == order.currency
        and invoice.get("status") in ("initiated", "paid")
    )


def _trouble(answer: Answer) -> NoLink:
    if answer.status in (401, 403):
        return NoLink(OrderTrouble.AUTH_FAILED, f"http_{answer.status}", answer.latency_ms)
    if answer.status == 429 or answer.status >= 500:
        return NoLink(OrderTrouble.AWAY, f"http_{answer.status}", answer.latency_ms, answer.retry_after_seconds)
    return NoLink(OrderTrouble.REFUSED, f"http_{answer.status}", answer.latency_ms)


def _tree(body: bytes) -> Mapping[str, Any]:
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise BadSignature("this is no notice of ours", "هذا ليس إشعارًا لحسابنا")
    return tree


def _text(value: object, *, is_needed: bool = True) -> str:
    if value is None and not is_needed:
        return ""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise _unreadable()
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise _unreadable()
    return value


def _amount(kind: NoticeKind, payment: Mapping[str, Any]) -> int:
    """`refunded` is the sum of all refunds of a payment; one that was voided went back whole."""
    refunded = payment.get("refunded")
    if kind is NoticeKind.MONEY_BACK and refunded:
        return _whole(refunded)
    return _whole(payment.get("amount"))


def _unreadable() -> UnreadableNotice:
    return UnreadableNotice(
        "this notice of a payment is not what Moyasar documents", "إشعار الدفع هذا ليس كما تصفه ميسّر"
    )
