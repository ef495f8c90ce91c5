"""
The same request twice has one effect and one answer: what is remembered per Idempotency-Key.

Rule 1: a key belongs to one caller of one tenant, and to one request: method, address and canonical body. The
        same key on another request is refused, also while the first one runs.
Rule 2: the reservation is written before the request is handled; whoever comes meanwhile is told to come again.
Rule 3: what failed on our side, or collided, is not an answer: the reservation is let go, and the next try works
        for it again, under the same effect id.
Rule 4: a reservation whose process died is taken over when its lease is over. The key alone cannot tell how far
        the dead one came, so what acts names its effect by `effect_id`, which survives.
Rule 5: what has expired is gone when it is read, however late the database clears it away.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import rfc8785

from bot.errors import BadRequest, DealixError

# Clients repeat within minutes; a day covers a queue that was stuck overnight.
LASTS = timedelta(hours=24)
SHORTEST = timedelta(hours=1)

# A request that nobody has renewed for this long belongs to a dead process.
LEASE = timedelta(seconds=60)

# The draft of the header's standard names no length; UUIDs have 36.
LONGEST_KEY = 255

# An answer that does not fit is not kept: a database document ends at 16 MB.
LARGEST_ANSWER_BYTES = 4 * 1024 * 1024

# Losing a race this often means a fault of ours, not bad luck.
_MAX_RACES = 20

# These say nothing about the request itself: somebody was faster or too fast, may not do it yet, or we broke.
_NOT_AN_ANSWER = frozenset({401, 403, 405, 408, 409, 413, 425, 429})


class KeyMissing(DealixError):
    """A route that acts was called without a key."""

    code, status = "idempotency_key_required", 400


class BadKey(DealixError):
    code, status = "bad_idempotency_key", 400


class KeyReused(BadRequest):
    """The key names another request already."""

    code, status = "idempotency_key_reused", 422


class StillRunning(DealixError):
    """The same request is being handled now."""

    code, status = "request_in_progress", 409
    retry_after_seconds = 2


class AnswerNotKept(DealixError):
    """The request was handled; its answer was not to be kept."""

    code, status = "answer_not_kept", 409


@dataclass(frozen=True, slots=True)
class Answer:
    """What a finished request was answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    """None when it was not kept: it showed a secret once, or was too large."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """One key of one caller."""

    tenant_id: str
    principal: str
    key: str
    fingerprint: str
    holder: str
    """Changes with every handling; whoever lost it may not write any more."""
    effect_id: str
    """The same for every handling of this request."""
    lease_until: datetime
    expires_at: datetime
    answer: Answer | None = None


class Reservations(Protocol):
    """Where they are remembered, for all processes."""

    async def insert(self, fresh: Reservation) -> bool:
        """False when this key of this caller is there already."""

    async def find(self, tenant_id: str, principal: str, key: str) -> Reservation | None: ...

    async def replace(self, fresh: Reservation, holder: str, lease_until: datetime | None = None) -> bool:
        """Put it in the place of the one that this holder has, with this lease if one is named."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request with a key."""

    tenant_id: str
    principal: str
    key: str
    method: str
    target: str
    """Path and query."""
    body: bytes
    is_json: bool

    @property
    def fingerprint(self) -> str:
        canonical = _canonical(self.body) if self.is_json else self.body
        parts = (self.method.encode(), self.target.encode("utf-8", "surrogatepass"), canonical)
        return hashlib.sha256(b"\x00".join(parts)).hexdigest()


@dataclass(slots=True)
class Claim:
    """The right to handle a request."""

    reservation: Reservation = field(repr=False)

    @property
    def effect_id(self) -> str:
        return self.reservation.effect_id


class Idempotency:
    """Reserve, answer again, let go."""

    def __init__(
        self,
        reservations: Reservations,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        lasts: timedelta = LASTS,
    ) -> None:
        """Raises ValueError when answers would be forgotten sooner than SHORTEST."""
        if lasts < SHORTEST:
            raise ValueError(f"answers are kept for at least {SHORTEST}")
        self._reservations = reservations
        self._now = now
        self._new_id = new_id
        self._lasts = lasts

    async def begin(self, wanted: Wanted) -> Claim | Answer:
        """
        The right to handle a request, or the answer that it was given before.

        Raises BadKey, KeyReused, StillRunning, AnswerNotKept.
        """
        _check_key(wanted.key)
        fingerprint = wanted.fingerprint
        for _ in range(_MAX_RACES):
            fresh = self._fresh(wanted, fingerprint)
            if await self._reservations.insert(fresh):
                return Claim(fresh)
            found = await self._reservations.find(wanted.tenant_id, wanted.principal, wanted.key)
            if found is None:
                continue  # cleared away between our two looks
            taken = self._in_place_of(found, fresh)
            if isinstance(taken, Answer):
                return taken
            if await self._reservations.replace(taken, found.holder, found.lease_until):
                return Claim(taken)
        raise StillRunning(*_RUNNING)

    def _in_place_of(self, found: Reservation, fresh: Reservation) -> Reservation | Answer:
        """What follows from a key that is there already."""
        now = self._now()
        if found.expires_at <= now:
            return fresh
        if found.fingerprint != fresh.fingerprint:
            raise KeyReused(*_REUSED)
        if found.answer is not None:
            if found.answer.body is None:
                raise AnswerNotKept(*_NOT_KEPT)
            return found.answer
        if found.lease_until > now:
            raise StillRunning(*_RUNNING)
        return replace(fresh, effect_id=found.effect_id)

    def _fresh(self, wanted: Wanted, fingerprint: str) -> Reservation:
        now = self._now()
        return Reservation(
            wanted.tenant_id,
            wanted.principal,
            wanted.key,
            fingerprint,
            holder=self._new_id(),
            effect_id=self._new_id(),
            lease_until=now + LEASE,
            expires_at=now + self._lasts,
        )

    async def renew(self, claim: Claim) -> bool:
        """Hold on to a request that takes long; False when it is somebody else's by now."""
        longer = replace(claim.reservation, lease_until=self._now() + LEASE)
        return await self._reservations.replace(longer, longer.holder)

    async def finish(self, claim: Claim, answer: Answer) -> bool:
        """Keep the answer, or let go when it is none; False when somebody else took over meanwhile."""
        held = claim.reservation
        if answer.status >= 500 or answer.status in _NOT_AN_ANSWER:
            return await self.let_go(claim)
        if answer.body is not None and len(answer.body) > LARGEST_ANSWER_BYTES:
            answer = replace(answer, body=None)
        return await self._reservations.replace(replace(held, answer=answer), held.holder)

    async def let_go(self, claim: Claim) -> bool:
        """The next try may begin at once; it stays bound to this request, and keeps its effect id."""
        held = claim.reservation
        return await self._reservations.replace(replace(held, lease_until=self._now()), held.holder)


def _check_key(key: str) -> None:
    if not key.strip() or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadKey(
            f"the Idempotency-Key header must hold 1 to {LONGEST_KEY} printable ASCII characters, and stand "
            "once; a fresh UUID is a good one",
            f"ترويسة Idempotency-Key يجب أن تحوي من حرف إلى {LONGEST_KEY} من أحرف ASCII المطبوعة وأن ترد "
            "مرة واحدة؛ استعمل UUID جديدًا",
        )


def _canonical(body: bytes) -> bytes:
    """JSON in the one form of RFC 8785; bytes that have no such form count as they are."""
    try:
        return rfc8785.dumps(json.loads(body))
    except (ValueError, RecursionError):
        return body


def header_of(values: list[str]) -> str:
    """The key that a request names, empty when it names none. Raises BadKey when it names several."""
    if len(set(values)) > 1:
        _check_key("")
    return values[0] if values else ""


def safe_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What may be said again to whoever repeats a request: never a cookie, never a date."""
    return tuple(
        (name, headers[name]) for name in ("content-type", "content-language", "location") if name in headers
    )


_REUSED = (
    "this Idempotency-Key was used for another request (another address or body); use a fresh key for each",
    "استُعمل هذا المفتاح Idempotency-Key لطلب آخر (عنوان أو محتوى مختلف)؛ استعمل مفتاحًا جديدًا لكل طلب",
)
_RUNNING = (
    "a request with this Idempotency-Key is being handled; send it again after Retry-After seconds",
    "يوجد طلب بالمفتاح Idempotency-Key نفسه قيد التنفيذ؛ أعد الإرسال بعد ثوانٍ كما في Retry-After",
)
_NOT_KEPT = (
    "this request was carried out, and its answer was not kept because it showed a secret or was too large; "
    "look at what it made, and use a fresh key to do it again",
    "نُفّذ هذا الطلب من قبل ولم تُحفظ إجابته لأنها تعرض سرًا مرة واحدة أو لأنها كبيرة؛ راجع نتيجته، "
    "واستعمل مفتاحًا جديدًا لتكراره",
)
