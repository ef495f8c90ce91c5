"""
HubSpot: contacts and deals by batch upsert, so that one contact is one record however often it is written.

Contract: `POST /crm/v3/objects/{contacts,deals}/batch/upsert` with `idProperty`, answers 200 or 207
(`numErrors`, `errors`); read in November 2026. v3 is called legacy beside the dated paths and goes on to work.
Erasing: `POST /crm/v3/objects/contacts/gdpr-delete` (204; for good, within their thirty days), and for deals,
which have no such verb, a name that names nobody and then `DELETE` (204; restorable for ninety days). Both take
the id of theirs, which `batch/read` finds by our own (200, or 207 with what is not there among the errors).
`idProperty` must be a property with unique values, which HubSpot makes only once somebody creates it: our id
stands in one of its own, because a phone is not unique there and a contact of WhatsApp has no mail address.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.wire import Answer, JsonLine, Silence, health_of
from bot.crm.crm import ContactCard, DealCard, NotWritten, Trouble, Written
from bot.ports import Health

NAME = "hubspot"
URL = "https://api.hubapi.com"

# What HubSpot takes in one call.
BATCH = 100

# HubSpot's own first pipeline; another one is a setting of theirs that we do not read.
PIPELINE = "default"
STAGES: Mapping[str, str] = {
    "new_lead": "appointmentscheduled",
    "qualifying": "appointmentscheduled",
    "qualified": "qualifiedtobuy",
    "nurturing": "appointmentscheduled",
    "meeting_booked": "appointmentscheduled",
    "meeting_done": "presentationscheduled",
    "proposal_sent": "decisionmakerboughtin",
    "negotiating": "decisionmakerboughtin",
    "payment_requested": "contractsent",
    "pilot_active": "contractsent",
    "closed_won": "closedwon",
    "closed_lost": "closedlost",
    "opted_out": "closedlost",
}

# What a deal is called whose contact was forgotten, until it is deleted.
NAMELESS = "-"

Input = dict[str, Any]


class _Refused(Exception):
    """Some of it was not done."""

    def __init__(self, trouble: NotWritten) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


class HubSpot:
    """`bot.crm.crm.Crm`: one tenant's account."""

    name = NAME

    def __init__(
        self,
        token: str,
        now: Callable[[], datetime],
        contact_property: str = "dealix_contact_id",
        deal_property: str = "dealix_deal_id",
        url: str = URL,
    ) -> None:
        self._now = now
        self.key_id = hashlib.sha256(f"hubspot|{token}".encode()).hexdigest()[:12]
        self._contact_property = contact_property
        self._deal_property = deal_property
        self._line = JsonLine(url, headers={"authorization": f"Bearer {token}"})

    async def contacts(self, cards: Sequence[ContactCard]) -> Written | NotWritten:
        return await self._upsert("contacts", [self._contact(card) for card in cards])

    async def deals(self, cards: Sequence[DealCard]) -> Written | NotWritten:
        return await self._upsert("deals", [self._deal(card) for card in cards])

    async def join(self, deal_ref: str, contact_ref: str) -> NotWritten | None:
        """The default association; putting it there twice leaves one."""
        path = f"/crm/v4/objects/deals/{deal_ref}/associations/default/contacts/{contact_ref}"
        try:
            answer = await self._line.call("PUT", path)
        except Silence as silence:
            return NotWritten(Trouble.AWAY, "no_answer", silence.latency_ms)
        return None if answer.status in (200, 201, 204) else _trouble(answer)

    async def forget(self, our_ids: Sequence[str]) -> NotWritten | None:
        """The deals first: found by our id, they need no contact."""
        try:
            for ref in await self._found("deals", self._deal_property, our_ids):
                path = f"/crm/v3/objects/deals/{ref}"
                await self._erase("PATCH", path, {"properties": {"dealname": NAMELESS}})
                await self._erase("DELETE", path)
            for ref in await self._found("contacts", self._contact_property, our_ids):
                await self._erase("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": ref})
        except Silence as silence:
            return NotWritten(Trouble.AWAY, "no_answer", silence.latency_ms)
        except _Refused as refused:
            return refused.trouble
        return None

    async def _found(self, kind: str, id_property: str, our_ids: Sequence[str]) -> Sequence[str]:
        """The ids of theirs. Raises Silence, _Refused."""
        inputs = [{"id": our_id} for our_id in our_ids]
        body = {"idProperty": id_property, "properties": [id_property], "inputs": inputs}
        answer = await self._line.call("POST", f"/crm/v3/objects/{kind}/batch/read", body)
        if answer.status not in (200, 207):
            raise _Refused(_trouble(answer))
        results = answer.fields.get("results")
        if not isinstance(results, list):
            raise _Refused(NotWritten(Trouble.AWAY, "unreadable", answer.latency_ms))
        refs = [one.get("id") for one in results if isinstance(one, dict)]
        return [ref for ref in refs if isinstance(ref, str) and ref.isalnum()]

    async def _erase(self, method: str, path: str, body: Input | None = None) -> None:
        """What is gone already is erased. Raises Silence, _Refused."""
        answer = await self._line.call(method, path, body)
        if answer.status not in (200, 204, 404):
            raise _Refused(_trouble(answer))

    async def probe(self) -> Health:
        """Ask something that changes nothing."""
        try:
            answer = await self._line.call("GET", "/crm/v3/objects/contacts", params={"limit": "1"})
            return health_of(answer, self._now())
        except Silence as silence:
            return health_of(silence, self._now())

    async def close(self) -> None:
        await self._line.close()

    async def _upsert(self, kind: str, inputs: Sequence[Input]) -> Written | NotWritten:
        refs: dict[str, str] = {}
        refused: dict[str, str] = {}
        latency_ms = 0.0
        for begin in range(0, len(inputs), BATCH):
            some = inputs[begin : begin + BATCH]
            try:
                answer = await self._line.call("POST", f"/crm/v3/objects/{kind}/batch/upsert", {"inputs": some})
            except Silence as silence:
                return NotWritten(Trouble.AWAY, "no_answer", silence.latency_ms)
            if answer.status not in (200, 201, 207):
                return _trouble(answer)
            latency_ms += answer.latency_ms
            _read(answer, some, refs, refused)
        return Written(refs, refused, latency_ms)

    def _contact(self, card: ContactCard) -> Input:
        properties = {
            self._contact_property: card.id,
            "phone": f"+{card.phone}" if card.phone else "",
            "firstname": card.name,
        }
        return _input(card.id, self._contact_property, properties)

    def _deal(self, card: DealCard) -> Input:
        properties = {
            self._deal_property: card.id,
            "dealname": card.name,
            "pipeline": PIPELINE,
            "dealstage": STAGES[card.stage],
        }
        if card.amount_halalas is not None:
            whole, rest = divmod(card.amount_halalas, 100)
            properties["amount"] = f"{whole}.{rest:02}"
        return _input(card.id, self._deal_property, properties)


def _input(our_id: str, id_property: str, properties: Mapping[str, str]) -> Input:
    told = {name: value for name, value in properties.items() if value}
    return {"id": our_id, "idProperty": id_property, "properties": told, "objectWriteTraceId": our_id}


def _read(answer: Answer, inputs: Sequence[Input], refs: dict[str, str], refused: dict[str, str]) -> None:
    """Which of ours became which of theirs; what is in neither list was not written."""
    results = answer.fields.get("results")
    for result in results if isinstance(results, list) else ():
        our_id = _ours(result, inputs)
        if our_id and isinstance(result.get("id"), str):
            refs[our_id] = result["id"]
    errors = answer.fields.get("errors")
    for error in errors if isinstance(errors, list) else ():
        for our_id in _named(error):
            refused[our_id] = str(error.get("category") or "refused").lower()[:60]
    for one in inputs:
        if one["id"] not in refs:
            refused.setdefault(one["id"], "not_answered")


def _ours(result: Any, inputs: Sequence[Input]) -> str:
    if not isinstance(result, dict):
        return ""
    properties = result.get("properties")
    told = properties if isinstance(properties, dict) else {}
    for one in inputs:
        if result.get("objectWriteTraceId") == one["id"] or told.get(one["idProperty"]) == one["id"]:
            return str(one["id"])
    # An answer that names none, about the only one that was asked for, is about that one.
    return str(inputs[0]["id"]) if len(inputs) == 1 and not result.get("objectWriteTraceId") else ""


def _named(error: Any) -> Sequence[str]:
    context = error.get("context") if isinstance(error, dict) else None
    if not isinstance(context, dict):
        return ()
    names = [context.get("objectWriteTraceId"), context.get("ids"), context.get("id")]
    flat = [item for name in names for item in (name if isinstance(name, list) else [name])]
    return [item for item in flat if isinstance(item, str)]


def _trouble(answer: Answer) -> NotWritten:
    code = str(answer.fields.get("category") or f"http_{answer.status}").lower()[:60]
    if answer.status in (401, 403):
        return NotWritten(Trouble.AUTH_FAILED, code, answer.latency_ms)
    if answer.status == 429:
        return NotWritten(Trouble.BUSY, code, answer.latency_ms, answer.retry_after_seconds)
    if answer.status >= 500 or answer.status in (408, 423, 477):
        return NotWritten(Trouble.AWAY, code, answer.latency_ms, answer.retry_after_seconds)
    return NotWritten(Trouble.REFUSED, code, answer.latency_ms)
