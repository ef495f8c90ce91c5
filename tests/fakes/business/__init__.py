"""
HubSpot and Moyasar, as far as we speak to them: one real HTTP server that keeps records and checks keys.

    with FakeBusiness() as outside:
        ... HUBSPOT_URL=outside.url, MOYASAR_URL=outside.url ...
        outside.contacts, outside.deals, outside.invoices
        outside.next_answers.append((429, {"retry-after": "2"}, {}))    # before whatever would be answered
"""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

HUBSPOT_TOKEN = "pat-na1-test"
MOYASAR_KEY = "sk_test_key"
WEBHOOK_SECRET = "a-secret-of-the-webhook"

Answer = tuple[int, dict[str, str], Any]


class FakeBusiness:
    """Takes what is right, refuses what is not, and can be told to misbehave."""

    def __init__(self) -> None:
        self._numbers = count(501)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.clear()

    def clear(self) -> None:
        """As on the first day."""
        self.contacts: dict[str, dict[str, str]] = {}
        self.deals: dict[str, dict[str, str]] = {}
        self.archived: list[dict[str, str]] = []
        """Deals that somebody deleted; HubSpot keeps them for a while."""
        self.joined: set[tuple[str, str]] = set()
        self.invoices: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.next_answers: list[Answer] = []
        self.forbids = ""
        """What the key may not do: paths that end so; nothing when it is empty."""
        self.hangs_up_after_work = 0
        """So often the work is done and nobody hears of it."""

    def __enter__(self) -> "FakeBusiness":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, method: str, path: str, auth: str, body: Any) -> Answer | None:
        """None: hang up."""
        self.asked.append((method, path, body))
        if self.forbids and path.endswith(self.forbids):
            return 403, {}, {"status": "error", "category": "MISSING_SCOPES"}
        if self.next_answers:
            return self.next_answers.pop(0)
        answer = (
            self._moyasar(method, path, auth, body)
            if path.startswith("/v1/")
            else self._hubspot(method, path, auth, body)
        )
        if self.hangs_up_after_work:
            self.hangs_up_after_work -= 1
            return None
        return answer

    def _hubspot(self, method: str, path: str, auth: str, body: Any) -> Answer:
        if auth != f"Bearer {HUBSPOT_TOKEN}":
            return 401, {}, {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no"}
        if path.startswith("/crm/v3/objects/") and path.endswith("/batch/upsert"):
            kept = self.contacts if "contacts" in path else self.deals
            return 200, {}, {"status": "COMPLETE", "results": [self._upsert(kept, one) for one in body["inputs"]]}
        if path.startswith("/crm/v3/objects/") and path.endswith("/batch/read"):
            return self._read(self.contacts if "contacts" in path else self.deals, body)
        if path == "/crm/v3/objects/contacts/gdpr-delete" and body["objectId"] in self.contacts:
            del self.contacts[body["objectId"]]
            return 204, {}, None
        ref = path.removeprefix("/crm/v3/objects/deals/")
        if ref in self.deals and method == "PATCH":
            self.deals[ref].update(body["properties"])
            return 200, {}, {"id": ref, "properties": self.deals[ref]}
        if ref in self.deals and method == "DELETE":
            self.archived.append(self.deals.pop(ref))
            return 204, {}, None
        if path.startswith("/crm/v4/objects/deals/"):
            parts = path.split("/")
            self.joined.add((parts[5], parts[9]))
            return 200, {}, {"status": "COMPLETE"}
        return 404, {}, {"category": "OBJECT_NOT_FOUND"}

    def _read(self, kept: dict[str, dict[str, str]], body: Any) -> Answer:
        wanted = {one["id"] for one in body["inputs"]}
        found = [
            {"id": ref, "properties": told}
            for ref, told in kept.items()
            if told.get(body["idProperty"]) in wanted
        ]
        if len(found) == len(wanted):
            return 200, {}, {"status": "COMPLETE", "results": found}
        errors = [{"status": "error", "category": "OBJECT_NOT_FOUND", "context": {"ids": sorted(wanted)}}]
        return 207, {}, {"status": "COMPLETE", "results": found, "numErrors": 1, "errors": errors}

    def _upsert(self, kept: dict[str, dict[str, str]], one: dict[str, Any]) -> dict[str, Any]:
        name, value = one["idProperty"], one["id"]
        ref = next((ref for ref, told in kept.items() if told.get(name) == value), "")
        is_new = not ref
        ref = ref or str(next(self._numbers))
        kept[ref] = {**kept.get(ref, {}), **one["properties"]}
        trace = one.get("objectWriteTraceId")
        return {"id": ref, "new": is_new, "properties": kept[ref], "archived": False, "objectWriteTraceId": trace}

    def _moyasar(self, method: str, path: str, auth: str, body: Any) -> Answer:
        wanted = base64.b64encode(f"{MOYASAR_KEY}:".encode()).decode()
        if auth != f"Basic {wanted}":
            return 401, {}, {"type": "authentication_error", "message": "Invalid authorization credentials"}
        if method == "GET":
            return 200, {}, {"invoices": list(reversed(self.invoices)), "meta": {"current_page": 1}}
        if not isinstance(body.get("amount"), int) or body["amount"] < 100 or not body.get("description"):
            return 400, {}, {"type": "invalid_request_error", "message": "Validation Failed"}
        number = next(self._numbers)
        made = {
            **body,
            "id": f"inv-{number}",
            "status": "initiated",
            "url": f"{self.url}/invoices/inv-{number}?lang=ar",
        }
        self.invoices.append(made)
        return 201, {}, made


def notice(
    invoice: dict[str, Any],
    *,
    payment: str = "pay-1",
    secret: str = WEBHOOK_SECRET,
    event: str = "evt-1",
    kind: str = "payment_paid",
    **changes: Any,
) -> dict[str, Any]:
    """What Moyasar posts when somebody paid."""
    data = {
        "id": payment,
        "status": {"payment_paid": "paid", "payment_refunded": "refunded"}.get(kind, "failed"),
        "amount": invoice["amount"],
        "currency": invoice["currency"],
        "invoice_id": invoice["id"],
        "metadata": invoice.get("metadata"),
        **changes,
    }
    return {
        "id": event,
        "type": kind,
        "created_at": "2026-11-23T10:00:00.000Z",
        "secret_token": secret,
        "account_name": "Dealix",
        "live": False,
        "data": data,
    }


def _handler_of(outside: FakeBusiness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(size)
            path = self.path.partition("?")[0]
            answer = outside.answer(
                self.command, path, self.headers.get("authorization", ""), json.loads(raw) if raw else None
            )
            if answer is None:
                self.close_connection = True
                return
            status, headers, tree = answer
            content = b"" if status == 204 else json.dumps(tree).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
