"""
One desk for everybody who comes: a person or a machine, with a token, a key or a session.

Rule 1: whoever is a user of the tenant has the roles of the user, now; deactivated, none. What their token says
        counts only for names that are nobody's.
Rule 2: a wrong credential is counted against the address that sent it, and a lock-out is in the audit log once.
Rule 3: which machine, user or session was meant never shows in what a stranger reads.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.access.kept import MARK, EndedSessions
from bot.access.keyring import SESSION_LASTS, Keyring, Session, bearer_token, not_valid
from bot.access.machine_keys import MachineKeys
from bot.access.principal import LONGEST_NAME, Principal, PutOut, Unauthenticated, console_human
from bot.access.provider import Identity, Provider, no_such_person
from bot.access.turnstile import Turnstile, network_of
from bot.access.user import People, User
from bot.access.users import Users
from bot.alerts import Alerts
from bot.audit import Audit
from bot.errors import BadRequest
from bot.people import Human, folded
from bot.tenant import Tenant

logger = structlog.get_logger()

# Ended elsewhere, a session is over here after this long.
FRESH_FOR = timedelta(seconds=1)


# The id of somebody whom only the identity provider knows.
STRANGER = "oidc:"


class Reception:
    """Who somebody is, and whether they still may come in."""

    def __init__(
        self,
        users: Users,
        keys: MachineKeys,
        ended: EndedSessions,
        turnstile: Turnstile,
        audit: Audit,
        alerts: Alerts,
        tenants: Mapping[str, Tenant],
        now: Callable[[], datetime],
        unreachable: tuple[type[Exception], ...],
        provider: Provider | None = None,
    ) -> None:
        self.provider = provider
        self.turnstile = turnstile
        self._users = users
        self._keys = keys
        self._ended = ended
        self._audit = audit
        self._alerts = alerts
        self._tenants = tenants
        self._now = now
        self._unreachable = unreachable
        self._seen: dict[str, tuple[dict[str, datetime], datetime]] = {}

    @property
    def issuer(self) -> str:
        """The identity provider's name, empty when there is none."""
        return self.provider.config.issuer if self.provider is not None else ""

    # Over HTTP

    async def bearer(self, keyring: Keyring, authorization: str, address: str) -> Principal:
        """Whom an `Authorization` header names. Raises Unauthenticated, LockedOut, TooMany, ProviderAway."""
        token = bearer_token(authorization)
        try:
            principal = await self._proved(keyring, token)
        except Unauthenticated:
            await self.was_wrong(address)
            raise
        await self.turnstile.ask(f"{principal.tenant_id}:{principal.human.id}")
        return principal

    async def _proved(self, keyring: Keyring, token: str) -> Principal:
        if token.startswith(MARK):
            return await self._keys.read(token)
        try:
            ours = keyring.bearer(token)
        except Unauthenticated:
            if self.provider is None:
                raise
            return await self._of_provider(await self.provider.bearer(token, self._now()))
        if ours.tenant_id not in self._tenants:
            raise not_valid("no such tenant here")
        user = None if ours.is_nameless else await self._users.by_name(ours.tenant_id, ours.subject)
        return ours if user is None else _as_user(ours.tenant_id, user)

    async def _of_provider(self, identity: Identity) -> Principal:
        """Somebody whom the provider vouches for: a user of ours, or what its claims say."""
        known = await self._known(identity)
        if known is not None:
            return _as_user(*known)
        tenant_id = self._claimed_tenant(identity)
        if not tenant_id or not identity.roles:
            raise no_such_person()
        stranger = Human(f"{STRANGER}{identity.subject}", _name_of(identity))
        return Principal(identity.subject, tenant_id, identity.roles, None, stranger)

    async def _known(self, identity: Identity) -> tuple[str, User] | None:
        found = await self._users.by_identity(identity.issuer, identity.subject, identity.email)
        if identity.tenant:
            found = [one for one in found if one[0] == identity.tenant]
        if len(found) > 1:
            # Whoever came before stays who they are, though another tenant has written their address down since.
            found = [one for one in found if one[1].subject] or found
        if len(found) > 1:
            raise Unauthenticated(
                "you are a user of several tenants, and your token does not say which; "
                "set DEALIX_OIDC_TENANT_CLAIM",
                "أنت مستخدم في أكثر من منشأة ورمزك لا يحدد أيها؛ عيّن DEALIX_OIDC_TENANT_CLAIM",
            )
        if not found:
            return None
        tenant_id, user = found[0]
        if not user.is_active:
            raise _deactivated()
        return tenant_id, await self._users.recognise(tenant_id, user, identity.issuer, identity.subject)

    def _claimed_tenant(self, identity: Identity) -> str:
        assert self.provider is not None
        if self.provider.config.tenant_claim:
            return identity.tenant if identity.tenant in self._tenants else ""
        return next(iter(self._tenants)) if len(self._tenants) == 1 else ""

    async def was_wrong(self, address: str, what: str = "credential") -> None:
        """Count a wrong try; the one that begins a lock-out is written down. Raises LockedOut."""
        if not await self.turnstile.be_wrong(address, what):
            return
        network = network_of(address)
        logger.warning("caller_locked_out", network=network, what=what)
        try:
            # Nobody knows whom they were after: everybody whose data is here may know of it.
            for tenant_id in self._tenants:
                await self._audit.note(tenant_id, "caller_locked_out", network=network, tried=what)
                await self._alert(tenant_id, network, what)
        except self._unreachable as away:
            logger.warning("lock_out_not_noted", reason=type(away).__name__)

    async def _alert(self, tenant_id: str, network: str, what: str) -> None:
        await self._alerts.tell(
            tenant_id,
            key=f"locked_out:{what}:{network}:{self._now():%Y%m%d%H%M}",
            kind="caller_locked_out",
            title_en="An address was locked out after too many wrong credentials",
            title_ar="مُنع عنوان من الدخول بعد محاولات خاطئة كثيرة",
            detail=f"{network} {what}",
        )

    # On the console

    async def signed_in(self, identity: Identity) -> tuple[str, User]:
        """(tenant, who) came back from the identity provider. Raises Unauthenticated."""
        known = await self._known(identity)
        if known is not None:
            return known
        principal = await self._of_provider(identity)
        # Not in the list of users: the claims say who it is, for as long as this session lasts.
        return principal.tenant_id, User(principal.human.id, principal.human.name, principal.roles, self._now())

    async def role_of(self, tenant_id: str, name: str, role: str) -> str:
        """The role of the user of this name; `role` for a name that is nobody's. Raises Unauthenticated."""
        user = await self._users.by_name(tenant_id, console_human(name).name)
        if user is None:
            return role
        if not user.is_active:
            raise _deactivated()
        return user.role

    async def visitor(self, session: Session) -> Session:
        """Who sits there, as of now. Raises Unauthenticated when they are out."""
        if session.tenant_id not in self._tenants:
            raise not_valid("no such tenant here")
        await self.look(session.tenant_id)
        return self._as_of_now(session)

    async def look(self, tenant_id: str) -> None:
        """Learn what has changed, at most a second ago."""
        await self._users.people(tenant_id)
        known = self._seen.get(tenant_id)
        now = self._now()
        if known is None or not timedelta(0) <= now - known[1] < FRESH_FOR:
            self._seen[tenant_id] = (await self._ended.all(tenant_id), now)

    def require_still_in(self, session: Session) -> None:
        """For an open page: as of the last look. Raises Unauthenticated."""
        if self._as_of_now(session).roles != session.roles:
            raise PutOut(
                "what you may do here was changed; load the page again",
                "تغيّرت صلاحياتك هنا؛ حمّل الصفحة من جديد",
            )

    def _as_of_now(self, session: Session) -> Session:
        user = _sitting(session, self._users.as_last_seen(session.tenant_id))
        if user is not None and not user.is_active:
            raise _deactivated()
        if user is not None:
            found = replace(session, visitor=user.human, roles=user.roles)
        elif session.user_id:
            found = replace(session, visitor=Human(session.user_id, session.visitor.name))
        else:
            found = session
        ended = self._seen.get(session.tenant_id, ({}, None))[0]
        if (session.id and f"session:{session.id}" in ended) or _is_before(found, ended):
            raise PutOut("you left; come in again", "غادرت؛ ادخل من جديد")
        return found

    async def leave(self, session: Session) -> None:
        """End one session: a copy of its cookie opens nothing any more."""
        if session.id:
            await self._end(session.tenant_id, f"session:{session.id}", self._now())

    async def leave_everywhere(self, tenant_id: str, human: Human, by: Human) -> None:
        """End every session of a person."""
        await self._end(tenant_id, f"person:{human.id}", self._now())
        await self._audit.note(tenant_id, "sessions_ended", by, person=human.id, person_name=human.name)

    async def _end(self, tenant_id: str, key: str, before: datetime) -> None:
        await self._ended.add(tenant_id, key, before, before + SESSION_LASTS)
        self._seen.pop(tenant_id, None)


def _sitting(session: Session, people: People) -> User | None:
    """The user whose session it is; None for somebody who is not in the list."""
    name, subject = folded(session.visitor.name), session.user_id.removeprefix(STRANGER)
    if not session.user_id:
        return people.find(lambda u: folded(u.name) == name)
    if session.user_id != subject:
        return people.find(lambda u: u.subject == subject)
    user = people.find(lambda u: u.id == session.user_id)
    if user is None:
        raise _deactivated()
    return user


def _name_of(identity: Identity) -> str:
    """A name fit to be shown, whatever the provider calls somebody."""
    for name in (identity.name[:LONGEST_NAME], identity.subject[:LONGEST_NAME]):
        with suppress(BadRequest):
            return console_human(name).name
    return "somebody of the identity provider"


def _is_before(session: Session, ended: Mapping[str, datetime]) -> bool:
    before = ended.get(f"person:{session.visitor.id}")
    return before is not None and session.since < before


def _as_user(tenant_id: str, user: User) -> Principal:
    if not user.is_active:
        raise _deactivated()
    return Principal(user.name, tenant_id, user.roles, None, user.human)


def _deactivated() -> PutOut:
    return PutOut(
        "this person may not come in any more; ask an admin of your tenant",
        "لم يعد لهذا الشخص حق الدخول؛ راجع مدير منشأتك",
    )
