"""
Everything that can go wrong, and who acts on it.

DealixError
  InboundRefused            the web answers 4xx and the provider sees it
    BadSignature            401: the caller cannot prove who it is
    UnknownChannel          404: no channel of that name here
    BodyTooLarge            413: more bytes than any provider sends
  UnreadableBody            the web keeps the raw body in quarantine; an operator reads it
  MailboxFull               the web keeps the raw body in quarantine; somebody floods one contact
  StaleConversation         the worker reads the conversation again and repeats the step
  NotAllowed                the human who asked is told why
    AlreadyDecided          ... somebody was faster; says who and when
    Outdated                ... the lead wrote again; a new draft exists or is on its way
    Expired                 ... the time to decide has passed
    NotFound                ... there is no such thing in this tenant
    BadRequest              ... what was asked for cannot be done as written
  Misconfigured             the process refuses to start and says which setting to change

Outcomes are not errors: held, rejected, refused by a provider, ambiguous are values.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class DealixError(Exception):
    """
    Something a caller must act on.

    `message_en` and `message_ar` are fit for a human: what happened, to what, what to do.
    """

    code = "error"
    status = 500
    details: Mapping[str, Any] = MappingProxyType({})
    """What a program needs besides: plain data, shown with the refusal."""

    def __init__(self, message_en: str, message_ar: str = "") -> None:
        super().__init__(message_en)
        self.message_en = message_en
        self.message_ar = message_ar or message_en


class InboundRefused(DealixError):
    code, status = "inbound_refused", 400


class BadSignature(InboundRefused):
    code, status = "bad_signature", 401


class UnknownChannel(InboundRefused):
    code, status = "unknown_channel", 404


class BodyTooLarge(InboundRefused):
    code, status = "body_too_large", 413


class UnreadableBody(DealixError):
    """The body is authentic but is not what this provider documents."""

    code, status = "unreadable_body", 200


class MailboxFull(DealixError):
    """One contact's document cannot take another event."""

    code, status = "mailbox_full", 200


class StaleConversation(DealixError):
    """Somebody else changed the conversation between our read and our write."""

    code, status = "stale_conversation", 409


class NotAllowed(DealixError):
    code, status = "not_allowed", 403


class AlreadyDecided(NotAllowed):
    code, status = "already_decided", 409


class Outdated(NotAllowed):
    code, status = "outdated", 409


class Expired(NotAllowed):
    code, status = "expired", 409


class NotFound(NotAllowed):
    code, status = "not_found", 404


class BadRequest(NotAllowed):
    code, status = "bad_request", 422


class Misconfigured(DealixError):
    code, status = "misconfigured", 500
