"""
What the four providers post to our webhooks, with the proof that each of them adds.

Every builder gives a `Webhook(body, headers, query)` for the accounts of the fake server:

    hook = bodies.text("meta_cloud", "كم السعر؟", phone="966501234567", message_id="wamid.1", at=now)
    await client.post(f"/webhooks/{channel}", content=hook.body, headers=hook.headers, params=hook.query)

For any provider: `text`, `button`, `receipt`, `state`. For one provider's special kinds: `green`, `ultramsg`,
`fonnte`, `meta` take the inner part and put the envelope and the proof around it.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.whatsapp.accounts import ACCOUNTS, Accounts

PROVIDERS = ("green_api", "ultramsg", "fonnte", "meta_cloud")


@dataclass(frozen=True, slots=True)
class Webhook:
    """One POST as a provider makes it."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


def text(
    provider: str,
    words: str,
    *,
    phone: str,
    message_id: str,
    at: datetime,
    name: str = "أبو فهد",
    accounts: Accounts = ACCOUNTS,
) -> Webhook:
    """A contact writes a text."""
    seconds = int(at.timestamp())
    if provider == "green_api":
        said = {"typeMessage": "textMessage", "textMessageData": {"textMessage": words}}
        return green(said, chat=f"{phone}@c.us", message_id=message_id, at=at, name=name, accounts=accounts)
    if provider == "ultramsg":
        data = {"id": f"false_{phone}@c.us_{message_id}", "type": "chat", "body": words, "pushname": name}
        return ultramsg({**data, "from": f"{phone}@c.us", "fromMe": False, "time": seconds}, accounts=accounts)
    if provider == "fonnte":
        fields = {"sender": phone, "message": words, "name": name, "inboxid": message_id}
        return fonnte({**fields, "timestamp": str(seconds)}, accounts=accounts)
    message = {"type": "text", "text": {"body": words}}
    return meta_message(message, phone=phone, message_id=message_id, at=at, name=name, accounts=accounts)


def button(
    provider: str,
    button_id: str,
    title: str,
    *,
    phone: str,
    message_id: str,
    at: datetime,
    about: str = "",
    accounts: Accounts = ACCOUNTS,
) -> Webhook:
    """A contact taps a button; where a provider has none, the title comes as a text."""
    if provider == "green_api":
        tapped = {"stanzaId": about, "selectedId": button_id, "selectedDisplayText": title}
        said = {"typeMessage": "templateButtonsReplyMessage", "templateButtonReplyMessage": tapped}
        return green(said, chat=f"{phone}@c.us", message_id=message_id, at=at, accounts=accounts)
    if provider == "meta_cloud":
        reply = {"type": "button_reply", "button_reply": {"id": button_id, "title": title}}
        message = {"type": "interactive", "interactive": reply, "context": {"id": about}}
        return meta_message(message, phone=phone, message_id=message_id, at=at, accounts=accounts)
    return text(provider, title, phone=phone, message_id=message_id, at=at, accounts=accounts)


def receipt(
    provider: str,
    status: str,
    *,
    provider_message_id: str,
    phone: str,
    at: datetime,
    reference: str = "",
    error_code: int = 131026,
    accounts: Accounts = ACCOUNTS,
) -> Webhook:
    """A provider says that one of our messages is `sent`, `delivered`, `read` or `failed`."""
    seconds = int(at.timestamp())
    if provider == "green_api":
        body = {
            "typeWebhook": "outgoingMessageStatus",
            "chatId": f"{phone}@c.us",
            "timestamp": seconds,
            "idMessage": provider_message_id,
            "status": status,
            "sendByApi": True,
        }
        return green_envelope(body, accounts=accounts)
    if provider == "ultramsg":
        ack = {"sent": "server", "delivered": "device", "failed": "unsent"}.get(status, status)
        data = {
            "id": f"true_{phone}@c.us_3EB0{provider_message_id}",
            "to": f"{phone}@c.us",
            "ack": ack,
            "fromMe": True,
        }
        top = {"id": provider_message_id, "referenceId": reference}
        return ultramsg({**data, "time": seconds}, event="message_ack", top=top, accounts=accounts)
    if provider == "fonnte":
        return fonnte(
            {"id": provider_message_id, "stateid": "", "status": status, "state": ""}, accounts=accounts
        )
    item: dict[str, Any] = {
        "id": provider_message_id,
        "status": status,
        "timestamp": str(seconds),
        "recipient_id": phone,
    }
    if reference:
        item["biz_opaque_callback_data"] = reference
    if status == "failed":
        item["errors"] = [{"code": error_code, "title": "failed"}]
    return meta({"statuses": [item]}, accounts=accounts)


def state(provider: str, is_linked: bool, *, at: datetime, accounts: Accounts = ACCOUNTS) -> Webhook:
    """A provider says whether the phone is linked; Ultramsg never does, Meta speaks of the account."""
    if provider == "green_api":
        word = "authorized" if is_linked else "notAuthorized"
        body = {"typeWebhook": "stateInstanceChanged", "timestamp": int(at.timestamp()), "stateInstance": word}
        return green_envelope(body, accounts=accounts)
    if provider == "fonnte":
        word = "connect" if is_linked else "disconnect"
        return fonnte({"status": word, "timestamp": str(int(at.timestamp())), "reason": ""}, accounts=accounts)
    if provider == "meta_cloud":
        ban = {"waba_ban_state": "REINSTATE" if is_linked else "DISABLE"}
        value = {"event": "VERIFIED_ACCOUNT" if is_linked else "DISABLED_UPDATE", "ban_info": ban}
        return meta(value, field_name="account_update", with_number=False, accounts=accounts)
    raise ValueError(f"{provider} tells no state by webhook")


def green(
    message_data: Mapping[str, Any],
    *,
    chat: str,
    message_id: str,
    at: datetime,
    name: str = "أبو فهد",
    sender: str = "",
    type_webhook: str = "incomingMessageReceived",
    accounts: Accounts = ACCOUNTS,
) -> Webhook:
    """Put Green API's envelope around `messageData`."""
    body = {
        "typeWebhook": type_webhook,
        "timestamp": int(at.timestamp()),
        "idMessage": message_id,
        "senderData": {"chatId": chat, "sender": sender or chat, "chatName": name, "senderName": name},
        "messageData": message_data,
    }
    return green_envelope(body, accounts=accounts)


def green_envelope(fields: Mapping[str, Any], *, accounts: Accounts = ACCOUNTS) -> Webhook:
    """Add the instance and the token to a notification of any type."""
    instance = {
        "idInstance": int(accounts.green_instance),
        "wid": "966550000001@c.us",
        "typeInstance": "whatsapp",
    }
    headers = {"authorization": f"Bearer {accounts.green_webhook_token}", "content-type": "application/json"}
    return Webhook(_bytes({**fields, "instanceData": instance}), headers)


def ultramsg(
    data: Mapping[str, Any],
    *,
    event: str = "message_received",
    top: Mapping[str, Any] | None = None,
    accounts: Accounts = ACCOUNTS,
) -> Webhook:
    """Put Ultramsg's envelope around `data`; its webhooks name the instance without the word."""
    instance = accounts.ultramsg_instance.removeprefix("instance")
    body = {"event_type": event, "instanceId": instance, "id": "", "referenceId": "", **(top or {}), "data": data}
    return Webhook(_bytes(body), {"content-type": "application/json"}, {"secret": accounts.ultramsg_secret})


def fonnte(fields: Mapping[str, Any], *, accounts: Accounts = ACCOUNTS) -> Webhook:
    """Add the device and the secret to Fonnte's flat body."""
    body = {"device": accounts.fonnte_device, "secret": accounts.fonnte_secret, **fields}
    return Webhook(_bytes(body), {"content-type": "application/json"})


def meta_message(
    message: Mapping[str, Any],
    *,
    phone: str,
    message_id: str,
    at: datetime,
    name: str = "أبو فهد",
    user_id: str = "",
    accounts: Accounts = ACCOUNTS,
) -> Webhook:
    """Put sender, id, time, envelope and signature around one message; `phone` may be empty for a `user_id`."""
    contact: dict[str, Any] = {"profile": {"name": name}}
    sender: dict[str, Any] = {"id": message_id, "timestamp": str(int(at.timestamp()))}
    if phone:
        contact["wa_id"] = sender["from"] = phone
    if user_id:
        contact["user_id"] = sender["from_user_id"] = user_id
    return meta({"contacts": [contact], "messages": [{**sender, **message}]}, accounts=accounts)


def meta(
    *values: Mapping[str, Any],
    field_name: str = "messages",
    with_number: bool = True,
    accounts: Accounts = ACCOUNTS,
) -> Webhook:
    """Put Meta's envelope around one `value` or several, each its own change, and sign the bytes."""
    metadata = {
        "display_phone_number": "966550000004",
        "phone_number_id": accounts.meta_phone_number_id,
    }
    common: dict[str, Any] = {"messaging_product": "whatsapp"}
    if with_number:
        common["metadata"] = metadata
    changes = [{"field": field_name, "value": {**common, **value}} for value in values]
    tree = {"object": "whatsapp_business_account", "entry": [{"id": "77", "changes": changes}]}
    return signed(_escaped(tree), accounts=accounts)


def signed(body: bytes, *, accounts: Accounts = ACCOUNTS) -> Webhook:
    """Sign bytes as Meta does."""
    digest = hmac.new(accounts.meta_app_secret.encode(), body, hashlib.sha256).hexdigest()
    return Webhook(body, {"x-hub-signature-256": f"sha256={digest}", "content-type": "application/json"})


def _bytes(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


def _escaped(tree: Mapping[str, Any]) -> bytes:
    """Meta signs JSON with escaped letters and slashes; who parses and writes it again gets other bytes."""
    return json.dumps(tree, ensure_ascii=True).replace("/", "\\/").encode()
