"""
Meta's webhooks, taken apart: one body holds many entries, changes, messages and statuses.

Rule 1: every level is walked and every item becomes an event, in the order of the body.
Rule 2: an app's webhook brings the news of all its numbers: what is for another number is ignored, and a body
        that holds nothing of ours is not ours.
Rule 3: a person is known by the business-scoped id first; the phone may be missing.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp.body import hash_of, id_at, key_of, list_at, moment_at, number_at, object_at, text_at
from adapters.whatsapp.contacts import Who, bsuid
from adapters.whatsapp.meta_cloud import codes, templates
from adapters.whatsapp.meta_cloud.messages import content_of
from bot import phones
from bot.errors import UnreadableBody
from bot.events import (
    ChannelState,
    DeliveryReceipt,
    DeliveryStatus,
    Ignored,
    InboundMessage,
    Kind,
    OptOutSignal,
    OutgoingEcho,
    ProviderEvent,
)

Tree = Mapping[str, Any]

_ACCOUNT_TROUBLE = ("DISABLED_UPDATE", "ACCOUNT_RESTRICTION", "ACCOUNT_DELETED")
_ACCOUNT_WELL = ("REINSTATE", "ACCOUNT_RECONNECTED", "VERIFIED_ACCOUNT")


def read(tree: Tree, phone_number_id: str, now: datetime, account: str = "") -> list[ProviderEvent]:
    """
    Give the events of a webhook.

    Args:
        account: the business account whose templates are ours; empty when nobody has said which.

    Raises: UnreadableBody, when everything in it is for other numbers.
    """
    told = [
        (object_at(change), object_at(entry))
        for entry in list_at(tree, "entry")
        for change in list_at(entry, "changes")
        if isinstance(change, Mapping)
    ]
    changes = [change for change, _ in told]
    if not changes:
        return [Ignored(hash_of(tree), "no entry with changes: not a WhatsApp webhook", tree)]
    numbers = [id_at(change, "value", "metadata", "phone_number_id") for change in changes]
    named = [number for number in numbers if number]
    if named and phone_number_id not in named:
        raise UnreadableBody(
            f"This body is for phone number id {named[0][:30]}, and this channel is {phone_number_id}.",
            f"هذا الطلب لرقم المعرّف {named[0][:30]}، وهذه القناة للمعرّف {phone_number_id}.",
        )
    events: list[ProviderEvent] = []
    for (change, entry), number in zip(told, numbers, strict=True):
        field = text_at(change, "field")
        if number and number != phone_number_id:
            events.append(Ignored(hash_of(change), "for another phone number id", change))
        elif field in templates.NEWS and account and templates.account_of(entry) != account:
            events.append(Ignored(hash_of(change), "template of another account", change))
        elif field in templates.NEWS:
            events.append(templates.news_of(field, change, object_at(change, "value"), now, entry))
        else:
            events.extend(_of_change(change, now))
    return events


def _of_change(change: Tree, now: datetime) -> Iterator[ProviderEvent]:
    field, value = text_at(change, "field"), object_at(change, "value")
    if field == "account_update":
        yield _account(change, value)
        return
    found = False
    for name, reader in _READERS:
        for item in list_at(value, name):
            found = True
            yield reader(object_at(item), value, now)
    # `errors` beside messages explain one of them; alone they speak of the number.
    for error in list_at(value, "errors") if not found else ():
        found = True
        yield _error(object_at(error), value)
    if not found:
        yield Ignored(hash_of(change), f"field {field[:60] or '?'}", change)


def _message(message: Tree, value: Tree, now: datetime) -> ProviderEvent:
    message_id = id_at(message, "id")
    key = key_of(message_id) if message_id else hash_of(message)
    if id_at(message, "group_id"):
        return Ignored(key, "group", message)
    sort = text_at(message, "type")
    if sort == "system":
        # A changed number or identity is not something that the contact said, and nobody answers it.
        return Ignored(key, f"system: {text_at(message, 'system', 'type')[:60] or '?'}", message)
    person, name = _person(message, value, "from", "from_user_id")
    if not person.keys:
        return Ignored(key, "no sender", message)
    content = content_of(message)
    if content is None:
        return Ignored(key, f"message of type {sort[:60] or '?'}", message)
    about = content.pop("concerns", "") or id_at(message, "context", "id")
    return InboundMessage(
        key=key,
        contact_keys=person.keys,
        phone=person.phone,
        profile_name=name,
        sent_at=moment_at(message, now, "timestamp"),
        provider_message_id=message_id,
        concerns=about,
        raw=message,
        **content,
    )


def _status(status: Tree, value: Tree, now: datetime) -> ProviderEvent:
    message_id, word = id_at(status, "id"), id_at(status, "status")
    key = key_of(message_id, "status", word) if message_id else hash_of(status)
    if id_at(status, "recipient_type") == "group":
        return Ignored(key, "group", status)
    progress = codes.PROGRESS.get(word)
    if progress is None or not message_id:
        return Ignored(key, f"message status {word[:40] or '?'}", status)
    failed = progress is DeliveryStatus.FAILED
    code = _first_code(list_at(status, "errors")) if failed else None
    person, _ = _person(status, value, "recipient_id", "recipient_user_id")
    return DeliveryReceipt(
        key=key,
        provider_message_ids=(message_id,),
        status=progress,
        our_reference=id_at(status, "biz_opaque_callback_data"),
        contact_keys=person.keys,
        at=moment_at(status, now, "timestamp"),
        send_class=codes.failure_of(code) if failed else None,
        provider_code=str(code) if code is not None else "",
        raw=status,
    )


def _echo(echo: Tree, value: Tree, now: datetime) -> ProviderEvent:
    message_id = id_at(echo, "id")
    person, _ = _person(echo, value, "to", "to_user_id")
    return OutgoingEcho(
        key=key_of(message_id, "echo") if message_id else hash_of(echo),
        contact_keys=person.keys,
        provider_message_id=message_id,
        by_api=False,  # Meta sends echoes only for what was typed in the WhatsApp Business app.
        text=(content_of(echo) or {}).get("text", ""),
        sent_at=moment_at(echo, now, "timestamp"),
        raw=echo,
    )


def _preference(preference: Tree, value: Tree, now: datetime) -> ProviderEvent:
    wish = text_at(preference, "value").strip().lower()
    person, _ = _person(preference, value, "wa_id", "user_id")
    key = key_of("preference", *(person.keys or ("?",)), wish, text_at(preference, "timestamp"))
    if wish not in ("stop", "resume", "signup") or not person.keys:
        return Ignored(key, f"user preference {wish[:40] or '?'}", preference)
    at = moment_at(preference, now, "timestamp")
    return OptOutSignal(key, person.keys, wish != "stop", at, preference)


def _call(call: Tree, value: Tree, now: datetime) -> ProviderEvent:
    call_id = id_at(call, "id")
    key = key_of(call_id, "call") if call_id else hash_of(call)
    person, name = _person(call, value, "from", "from_user_id")
    if text_at(call, "direction") == "BUSINESS_INITIATED" or not person.keys:
        return Ignored(key_of(key, "ours"), "call of our own or without a caller", call)
    return InboundMessage(
        key=key,
        contact_keys=person.keys,
        kind=Kind.CALL,
        phone=person.phone,
        profile_name=name,
        sent_at=moment_at(call, now, "timestamp"),
        provider_message_id=call_id,
        raw=call,
    )


def _other(item: Tree, value: Tree, now: datetime) -> ProviderEvent:
    return Ignored(hash_of(item), "group update", item)


_READERS: tuple[tuple[str, Callable[[Tree, Tree, datetime], ProviderEvent]], ...] = (
    ("messages", _message),
    ("statuses", _status),
    ("message_echoes", _echo),
    ("user_preferences", _preference),
    ("calls", _call),
    ("groups", _other),
)


def _error(error: Tree, value: Tree) -> ProviderEvent:
    code = _first_code([error])
    cause = codes.ERRORS.get(code) if code is not None else None
    if cause is not None and cause.needs_alert:
        return ChannelState(hash_of([value, error]), False, cause.detail, None, value)
    return Ignored(hash_of([value, error]), f"error {code if code is not None else '?'}", value)


def _account(change: Tree, value: Tree) -> ProviderEvent:
    event = text_at(value, "event").upper()
    ban = text_at(value, "ban_info", "waba_ban_state").upper()
    if event in _ACCOUNT_WELL or ban == "REINSTATE":
        words = "Meta says that the account is in order.\nميتا تقول إن الحساب سليم."
        return ChannelState(hash_of(change), True, words, None, change)
    if event in _ACCOUNT_TROUBLE:
        words = "Meta has disabled or restricted the account.\nميتا أوقفت الحساب أو قيّدته."
        return ChannelState(hash_of(change), False, words, None, change)
    return Ignored(hash_of(change), f"account update {event[:60] or '?'}", change)


def _person(item: Tree, value: Tree, phone_field: str, id_field: str) -> tuple[Who, str]:
    """Find who an item is from or for, with the name that the body gives."""
    phone = phones.from_provider(id_at(item, phone_field))
    user_id = bsuid(id_at(item, id_field))
    contacts = [object_at(contact) for contact in list_at(value, "contacts")]
    for contact in contacts:
        its_phone = phones.from_provider(id_at(contact, "wa_id"))
        its_id = bsuid(id_at(contact, "user_id"))
        same = (phone and phone == its_phone) or (user_id and user_id == its_id)
        # An item without a sender of its own can only be the one contact's.
        if same or (len(contacts) == 1 and not phone and not user_id):
            name = text_at(contact, "profile", "name") or text_at(contact, "profile", "username")
            return Who(bsuid=user_id or its_id, phone=phone or its_phone), name
    return Who(bsuid=user_id, phone=phone), ""


def _first_code(errors: list[Any]) -> int | None:
    for error in errors:
        code = number_at(error, "code")
        if code is not None:
            return int(code)
    return None
