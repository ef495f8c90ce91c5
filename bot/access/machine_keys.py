"""
Keys of machines: made for a purpose, shown once, and gone within a second when somebody says so.

    dlx_<tenant>.<prefix>.<secret>

The prefix finds the key, the tenant says among whose. The secret is 256 random bits, so a plain SHA-256 of the
whole is what we keep: a slow hash protects what people choose and others guess. Nobody guesses this, and the slow
one would be paid on every request.

Rule 1: who reads our database learns no key.
Rule 2: a key opens the groups of routes that it was made for; a route that belongs to no group it opens never.
Rule 3: expired or revoked, it is refused like one that never existed.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.access.kept import MARK, MachineKey, MachineKeyStore
from bot.access.principal import MACHINE_ROLES, OutOfScope, Principal, Unauthenticated, console_human
from bot.audit import Audit
from bot.errors import BadRequest, NotFound
from bot.people import Human
from bot.tenant import Tenant

# Groups of routes, named as the routers' tags are. A scope is a group, or `group:read` for looking only.
SCOPES = (
    "actions",
    "bookings",
    "approvals",
    "bulk",
    "campaigns",
    "channels",
    "compliance",
    "connectors",
    "contradictions",
    "deals",
    "drafts",
    "evidence",
    "executive",
    "forecast",
    "golden_path",
    "knowledge",
    "limits",
    "media",
    "memory",
    "models",
    "operations",
    "onboarding",
    "os",
    "payments",
    "pilots",
    "privacy",
    "proposals",
    "rules",
    "runs",
    "sales",
    "sharing",
    "structured_outputs",
    "tasks",
    "templates",
    "trace",
)

# For whoever holds a key at all: what the API can do, and who one is.
FOR_EVERYBODY = frozenset({"description", "me"})

# Revoked elsewhere, a key is refused here after this long.
FRESH_FOR = timedelta(seconds=1)

# When it was last used is for people who clean up; a write for every request would be for nobody.
NOTED_EVERY = timedelta(minutes=1)

LONGEST_DAYS = 366
MOST_KEYS = 1_000
_REMEMBERED = 10_000

_SHAPE = re.compile(r"dlx_([a-z][a-z0-9_-]{0,39})\.([0-9a-f]{12})\.([A-Za-z0-9_-]{43})", re.ASCII)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class MachineKeys:
    """The keys of all tenants."""

    def __init__(
        self,
        store: MachineKeyStore,
        tenants: Mapping[str, Tenant],
        audit: Audit,
        now: Callable[[], datetime],
        new_secret: Callable[[int], bytes],
        as_text: Callable[[bytes], str],
    ) -> None:
        """`new_secret` gives so many random bytes, `as_text` writes them for a header."""
        self._store = store
        self._tenants = tenants
        self._audit = audit
        self._now = now
        self._new_secret = new_secret
        self._as_text = as_text
        self._seen: dict[tuple[str, str], tuple[MachineKey, datetime]] = {}

    async def create(
        self,
        tenant_id: str,
        name: str,
        roles: frozenset[str],
        scopes: frozenset[str],
        valid_for: timedelta,
        by: Human,
    ) -> tuple[MachineKey, str]:
        """A key and what to send; the latter is told this once. Raises BadRequest."""
        _check(roles, scopes, valid_for)
        if len(await self._store.all(tenant_id)) >= MOST_KEYS:
            raise BadRequest(f"a tenant has at most {MOST_KEYS} keys", f"لكل منشأة {MOST_KEYS} مفتاح على الأكثر")
        now = self._now()
        prefix = self._new_secret(6).hex()
        token = f"{MARK}{tenant_id}.{prefix}.{self._as_text(self._new_secret(32))}"
        key = MachineKey(
            id=prefix,
            tenant_id=tenant_id,
            name=console_human(name).name,
            roles=roles,
            scopes=scopes,
            created_at=now,
            created_by=by,
            expires_at=now + valid_for,
            sha256=_sha256(token),
        )
        await self._store.add(key)
        await self._audit.note(tenant_id, "key_created", by, key=key.id, key_name=key.name, after=_told(key))
        return key, token

    async def all(self, tenant_id: str) -> Sequence[MachineKey]:
        return await self._store.all(tenant_id)

    async def get(self, tenant_id: str, key_id: str) -> MachineKey:
        """Raises NotFound."""
        key = await self._store.find(tenant_id, key_id)
        if key is None:
            raise NotFound(f"there is no key {key_id}", f"لا يوجد مفتاح {key_id}")
        return key

    async def revoke(self, tenant_id: str, key_id: str, by: Human) -> MachineKey:
        """From now on nobody comes in with it; again is no error. Raises NotFound."""
        key = await self.get(tenant_id, key_id)
        now = self._now()
        if await self._store.revoke(tenant_id, key_id, by.id, now):
            await self._audit.note(tenant_id, "key_revoked", by, key=key.id, key_name=key.name, before=_told(key))
        self._seen.pop((tenant_id, key_id), None)
        return await self.get(tenant_id, key_id)

    async def read(self, token: str) -> Principal:
        """Which machine a token names. Raises Unauthenticated."""
        shape = _SHAPE.fullmatch(token)
        if shape is None or shape[1] not in self._tenants:
            raise _refused()
        now = self._now()
        key = await self._known(shape[1], shape[2], now)
        if key is None or not hmac.compare_digest(key.sha256, _sha256(token)) or not key.is_good(now):
            raise _refused()
        await self._note_use(key, now)
        return Principal(key.name, key.tenant_id, key.roles, key.scopes, Human(f"key:{key.id}", key.name))

    async def _known(self, tenant_id: str, key_id: str, now: datetime) -> MachineKey | None:
        seen = self._seen.get((tenant_id, key_id))
        if seen is not None and timedelta(0) <= now - seen[1] < FRESH_FOR:
            return seen[0]
        key = await self._store.find(tenant_id, key_id)
        if key is None:
            self._seen.pop((tenant_id, key_id), None)
            return None
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[tenant_id, key_id] = (key, now)
        return key

    async def _note_use(self, key: MachineKey, now: datetime) -> None:
        if key.last_used_at is not None and now - key.last_used_at < NOTED_EVERY:
            return
        await self._store.used(key.tenant_id, key.id, now, now - NOTED_EVERY)
        self._seen[key.tenant_id, key.id] = (replace(key, last_used_at=now), now)


def require_scope(scopes: frozenset[str] | None, groups: Sequence[str], method: str) -> None:
    """
    Let a machine in where its key leads.

    Args:
        scopes: of the key; None for people, whose roles decide alone.
        groups: the tags of the route. One without a tag is nobody's, so that a new router cannot forget this.

    Raises OutOfScope.
    """
    if scopes is None or not FOR_EVERYBODY.isdisjoint(groups):
        return
    opened = {scope for group in groups for scope in (group, f"{group}:read")}
    if method not in _SAFE_METHODS:
        opened = set(groups)
    if scopes.isdisjoint(opened):
        wanted = " or ".join(groups) or "a person"
        raise OutOfScope(
            f"this key was not made for this: it takes the scope {wanted}; an admin makes keys",
            f"لم يُصدر هذا المفتاح لهذا؛ النطاق المطلوب: {wanted}. المدير يصدر المفاتيح",
        )


def _check(roles: frozenset[str], scopes: frozenset[str], valid_for: timedelta) -> None:
    if not roles or not roles <= set(MACHINE_ROLES):
        raise BadRequest(
            f"a key is a machine's: choose its roles from {', '.join(MACHINE_ROLES)}; humans decide the rest",
            f"المفتاح لآلة: اختر أدواره من {', '.join(MACHINE_ROLES)}؛ ما يقرره الإنسان يحتاج إنسانًا",
        )
    unknown = sorted(scope for scope in scopes if scope.removesuffix(":read") not in SCOPES)
    if unknown or not scopes:
        raise BadRequest(
            f"choose scopes from {', '.join(SCOPES)}, each also as <scope>:read"
            + (f"; not {', '.join(unknown)}" if unknown else ""),
            f"اختر النطاقات من {', '.join(SCOPES)}، ولكل منها ‎:read للقراءة فقط"
            + (f"؛ لا {', '.join(unknown)}" if unknown else ""),
        )
    if not timedelta(0) < valid_for <= timedelta(days=LONGEST_DAYS):
        raise BadRequest(
            f"a key is valid for 1 to {LONGEST_DAYS} days", f"صلاحية المفتاح من يوم إلى {LONGEST_DAYS} يومًا"
        )


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "this key is not valid here: wrong, expired or revoked; ask an admin for a new one",
        "هذا المفتاح غير صالح هنا: خاطئ أو منتهٍ أو ملغى؛ اطلب من المدير مفتاحًا جديدًا",
    )


def _told(key: MachineKey) -> dict[str, object]:
    return {
        "roles": sorted(key.roles),
        "scopes": sorted(key.scopes),
        "expires_at": key.expires_at.isoformat(),
    }


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
