"""
The four contracts: each class checks a request as its provider does, and takes the message or refuses it.

A class offers `route(asked) -> verb`, and the verbs: `send`, `refusal`, `auth_failure`, and whatever else the
provider answers. `linked` says whether the phone is linked at this moment.
"""

import re
import secrets
import time
from typing import Any

from tests.fakes.whatsapp.accounts import Accounts
from tests.fakes.whatsapp.ledger import Entry, Ledger
from tests.fakes.whatsapp.templates import Shelf
from tests.fakes.whatsapp.wire import Asked, Reply, as_json


class Green:
    """Green API: JSON, the token in the path, refusals by HTTP status."""

    name = "green_api"

    def __init__(self, accounts: Accounts, ledger: Ledger) -> None:
        self._accounts, self._ledger = accounts, ledger

    def route(self, asked: Asked) -> str:
        found = re.fullmatch(r"/waInstance([^/]+)/(\w+)/(.+)", asked.path)
        return found[2] if found else ""

    def answer(self, verb: str, asked: Asked, linked: bool) -> Reply:
        refused = self._gate(asked)
        if refused:
            return refused
        if (asked.method, verb) == ("POST", "sendMessage"):
            return self._send(asked, linked)
        if (asked.method, verb) == ("GET", "getStateInstance"):
            return as_json({"stateInstance": "authorized" if linked else "notAuthorized"})
        if (asked.method, verb) == ("GET", "lastOutgoingMessages"):
            since = time.time() - 60 * float(asked.query.get("minutes", "1440"))
            return as_json([self._row(entry) for entry in self._mine() if entry.at >= since and not entry.queued])
        if (asked.method, verb) == ("GET", "lastIncomingMessages"):
            since = time.time() - 60 * float(asked.query.get("minutes", "1440"))
            return as_json(self._ledger.history.journal(since))
        if (asked.method, verb) == ("GET", "showMessagesQueue"):
            queued = [entry for entry in self._mine() if entry.queued]
            return as_json([{"type": "textMessage", "messageID": e.id, "body": _green_body(e)} for e in queued])
        return as_json({"message": "Not Found"}, 404)

    def refusal(self, code: str) -> Reply:
        status, _, text = code.partition(":")
        if status == "466":
            used = {"method": "sendmessage", "used": 100, "total": 100, "status": "QUOTE_EXCEEDED"}
            return as_json({"invokeStatus": used}, 466)
        return as_json({"message": text or "bad request data"}, int(status))

    def auth_failure(self) -> Reply:
        return as_json({"message": "Unauthorized"}, 401)

    def _gate(self, asked: Asked) -> Reply | None:
        _, instance, _, token = asked.path.split("/", 3)
        if instance != f"waInstance{self._accounts.green_instance}":
            return as_json({"message": "Forbidden"}, 403)
        return None if token == self._accounts.green_token else self.auth_failure()

    def _send(self, asked: Asked, linked: bool) -> Reply:
        body = asked.json()
        if body is None:
            return as_json({"message": "Unexpected token _ in JSON at position 0"}, 400)
        chat, text = body.get("chatId"), body.get("message")
        if not isinstance(chat, str) or not re.fullmatch(r"\d{5,20}@(c\.us|lid)", chat):
            return as_json({"message": "Validation failed. Details: 'chatId' is required"}, 400)
        if not isinstance(text, str) or not 0 < len(text) <= 20_000:
            return as_json({"message": "Validation failed. Details: 'message' length"}, 400)
        if set(body) - {"chatId", "message", "quotedMessageId", "linkPreview", "typingTime"}:
            return as_json({"message": "bad request data"}, 400)
        message_id = "3EB0" + secrets.token_hex(8).upper()
        quoted = str(body.get("quotedMessageId", ""))
        self._ledger.add(Entry(self.name, chat, text, "", message_id, time.time(), quoted, queued=not linked))
        return as_json({"idMessage": message_id})

    def _mine(self) -> list[Entry]:
        return [entry for entry in self._ledger.entries if entry.provider == self.name]

    def _row(self, entry: Entry) -> dict[str, Any]:
        return {
            "type": "outgoing",
            "idMessage": entry.id,
            "timestamp": int(entry.at),
            "typeMessage": "textMessage",
            "chatId": entry.recipient,
            "textMessage": entry.text,
            "statusMessage": "sent",
            "sendByApi": entry.by_api,
        }


def _green_body(entry: Entry) -> dict[str, str]:
    return {"chatId": entry.recipient, "message": entry.text}


class Ultra:
    """Ultramsg: a form with the token in it, everything at 200."""

    name = "ultramsg"

    def __init__(self, accounts: Accounts, ledger: Ledger) -> None:
        self._accounts, self._ledger = accounts, ledger

    def route(self, asked: Asked) -> str:
        found = re.fullmatch(r"/(instance\d+)/(.+)", asked.path)
        return found[2] if found else ""

    def answer(self, verb: str, asked: Asked, linked: bool) -> Reply:
        if not asked.path.startswith(f"/{self._accounts.ultramsg_instance}/"):
            return as_json({"error": "Instance not found"})
        form = asked.form()
        if (form.get("token") or asked.query.get("token")) != self._accounts.ultramsg_token:
            return self.auth_failure()
        if (asked.method, verb) == ("POST", "messages/chat"):
            return self._send(form, linked)
        if (asked.method, verb) == ("GET", "instance/status"):
            state = {"status": "authenticated", "substatus": "connected"}
            return as_json(
                {"status": {"accountStatus": state if linked else {"status": "qr", "substatus": "normal"}}}
            )
        if (asked.method, verb) == ("GET", "messages"):
            return self._list(asked.query)
        if (asked.method, verb) == ("GET", "chats"):
            return as_json(self._ledger.history.chats())
        if (asked.method, verb) == ("GET", "chats/messages"):
            limit = int(asked.query.get("limit", "100"))
            return as_json(self._ledger.history.of_chat(asked.query.get("chatId", ""), min(limit, 1_000)))
        return as_json({"error": "Path not found"})

    def refusal(self, code: str) -> Reply:
        return as_json({"error": code})

    def auth_failure(self) -> Reply:
        return as_json({"error": "Wrong token. Please provide token as a GET parameter."})

    def _send(self, form: dict[str, str], linked: bool) -> Reply:
        missing = [{name: "is required"} for name in ("to", "body") if not form.get(name)]
        if missing:
            return as_json({"error": missing})
        if not re.fullmatch(r"\+\d{7,15}|\d{7,15}@c\.us", form["to"]) or len(form["body"]) > 4096:
            return as_json({"error": [{"to": "has a wrong form"}]})
        number = 1000 + self._ledger.taken
        self._ledger.add(
            Entry(
                self.name,
                form["to"],
                form["body"],
                form.get("referenceId", ""),
                str(number),
                time.time(),
                form.get("msgId", ""),
                queued=not linked,
            )
        )
        return as_json({"sent": "true", "message": "ok", "id": number})

    def _list(self, query: dict[str, str]) -> Reply:
        wanted = query.get("referenceId", "")
        rows = [
            {
                "id": int(entry.id),
                "referenceId": entry.reference,
                "to": entry.recipient,
                "body": entry.text,
                "status": "queue" if entry.queued else "sent",
                "created_at": int(entry.at),
            }
            for entry in self._ledger.entries
            if entry.provider == self.name and wanted in ("", entry.reference)
        ]
        return as_json({"total": len(rows), "pages": 1, "limit": 10, "page": 1, "messages": rows[:10]})


class Fon:
    """Fonnte: a form, the bare token in a header, refusals at 200."""

    name = "fonnte"

    def __init__(self, accounts: Accounts, ledger: Ledger) -> None:
        self._accounts, self._ledger = accounts, ledger

    def route(self, asked: Asked) -> str:
        return asked.path.strip("/") if asked.path in ("/send", "/device") else ""

    def answer(self, verb: str, asked: Asked, linked: bool) -> Reply:
        if asked.headers.get("authorization") != self._accounts.fonnte_token:
            return self.auth_failure()
        if asked.method != "POST":
            return as_json({"message": "method not allowed"}, 405)
        if verb == "send":
            return self._send(asked.form(), linked)
        return as_json(
            {
                "device": self._accounts.fonnte_device,
                "device_status": "connect" if linked else "disconnect",
                "quota": "500",
                "status": True,
            }
        )

    def refusal(self, code: str) -> Reply:
        return as_json({"reason": code, "requestid": 1, "status": False})

    def auth_failure(self) -> Reply:
        return self.refusal("token invalid")

    def _send(self, form: dict[str, str], linked: bool) -> Reply:
        if not form.get("target") or not form.get("message") or len(form["message"]) > 60_000:
            return self.refusal("input invalid")
        target = _rewritten(form["target"], form.get("countryCode", "62"))
        if not re.fullmatch(r"\d{7,15}", target):
            return self.refusal("target invalid")
        if not linked and form.get("connectOnly", "true") == "true":
            return self.refusal("request invalid on disconnected device")
        message_id = str(80_000_000 + self._ledger.taken)
        reply_to = form.get("inboxid", "")
        self._ledger.add(
            Entry(self.name, target, form["message"], "", message_id, time.time(), reply_to, queued=not linked)
        )
        return as_json(
            {
                "detail": "success! message in queue",
                "id": [message_id],
                "process": "pending",
                "requestid": 7,
                "status": True,
                "target": [target],
            }
        )


def _rewritten(target: str, country_code: str) -> str:
    """Do to a number what Fonnte does unless it is told `countryCode=0`."""
    if country_code == "0" or target.startswith(country_code):
        return target
    return country_code + target.removeprefix("0")


class Meta:
    """Meta Cloud API: JSON, a bearer token, refusals by `error.code`."""

    name = "meta_cloud"

    _STATUS_OF = {"0": 401, "190": 401, "10": 403, "131005": 403, "131031": 403, "132001": 404} | dict.fromkeys(
        ("4", "17", "80007", "130429", "131048", "131056"), 429
    )
    _STATUS_OF |= dict.fromkeys(("1", "131000", "131016", "131057"), 500) | {"2": 503}

    def __init__(self, accounts: Accounts, ledger: Ledger) -> None:
        self._accounts, self._ledger = accounts, ledger
        self.templates = Shelf()

    def route(self, asked: Asked) -> str:
        found = re.fullmatch(r"/v\d+\.\d+/([^/]+)(/messages|/message_templates)?", asked.path)
        return (found[2] or "/number")[1:] if found else ""

    def answer(self, verb: str, asked: Asked, linked: bool) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {self._accounts.meta_token}":
            return self.auth_failure()
        if (asked.method, verb) == ("GET", "message_templates"):
            if asked.path.split("/")[2] != self._accounts.meta_account:
                return self.refusal("100")
            return as_json(self.templates.page(asked.query.get("after", ""), int(asked.query.get("limit", "25"))))
        if asked.path.split("/")[2] != self._accounts.meta_phone_number_id:
            return as_json({"error": {"message": "Phone number not found", "code": 100}}, 404)
        if (asked.method, verb) == ("POST", "messages"):
            return self.refusal("131031") if not linked else self._send(asked.json())
        if (asked.method, verb) == ("GET", "number") and asked.query.get("fields") == "health_status":
            word = "AVAILABLE" if linked else "BLOCKED"
            return as_json({"health_status": {"can_send_message": word, "entities": []}})
        return self.refusal("100")

    def refusal(self, code: str) -> Reply:
        error = {"message": f"(#{code}) refused", "type": "OAuthException", "code": int(code)}
        return as_json({"error": error}, self._STATUS_OF.get(code, 400))

    def auth_failure(self) -> Reply:
        return self.refusal("190")

    def _send(self, body: dict[str, Any] | None) -> Reply:
        if body is None or body.get("messaging_product") != "whatsapp":
            return self.refusal("100")
        to = body.get("to") or body.get("recipient")
        form = r"\+\d{7,15}" if "to" in body else r"[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}"
        content: tuple[str, tuple[tuple[str, str], ...]] | None
        if body.get("type") == "template":
            words, code = self.templates.read(body.get("template"))
            if code:
                return self.refusal(code)
            content = (words, ())
        else:
            content = _meta_content(body)
        if not isinstance(to, str) or not re.fullmatch(form, to) or content is None:
            return self.refusal("131009")
        text, buttons = content
        reference = str(body.get("biz_opaque_callback_data", ""))
        reply_to = str(body.get("context", {}).get("message_id", ""))
        message_id = "wamid." + secrets.token_urlsafe(24)
        self._ledger.add(Entry(self.name, to, text, reference, message_id, time.time(), reply_to, buttons))
        return as_json(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to.removeprefix("+")}],
                "messages": [{"id": message_id}],
            }
        )


def _meta_content(body: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    if body.get("type") == "text":
        text = body.get("text", {}).get("body")
        return (text, ()) if isinstance(text, str) and 0 < len(text) <= 4096 else None
    interactive = body.get("interactive", {})
    if body.get("type") != "interactive" or interactive.get("type") != "button":
        return None
    text = interactive.get("body", {}).get("text", "")
    replies = [button["reply"] for button in interactive["action"]["buttons"] if button["type"] == "reply"]
    fits = 0 < len(replies) <= 3 and all(0 < len(reply["title"]) <= 20 for reply in replies)
    if not fits or not 0 < len(text) <= 1024:
        return None
    return text, tuple((reply["id"], reply["title"]) for reply in replies)
