"""
The people of a tenant: who they are, by what we know them again, and what they may do.

Rule 1: one person is one user, whether they come by a name, by Telegram, or from the identity provider; whoever
        is bound to a user acts as that user everywhere, so that nobody agrees to their own work by another door.
Rule 2: all users of a tenant are one document, changed in one conditional write: two admins who take each other's
        role away at once cannot both succeed, and a name, a Telegram id or an identity is one person's.
Rule 3: once a tenant has an admin it keeps one; the last cannot be taken away.
Rule 4: every change is in the audit log, with what was before and after.
Rule 5: a change counts in every process within a second.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.access.principal import ROLES, console_human
from bot.access.turnstile import Turnstile
from bot.access.user import People, Rosters, User
from bot.audit import Audit
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.people import Human, folded
from bot.tenant import Tenant

# How old what we know about people may be.
FRESH_FOR = timedelta(seconds=1)

# Long enough to walk to one's phone.
CODE_LASTS = timedelta(minutes=15)

# Nobody's list of colleagues is longer; it keeps one document small.
MOST_USERS = 500

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_TRIES = 8


class Taken(NotAllowed):
    """A name, a Telegram id, an e-mail or an identity that is somebody else's."""

    code, status = "taken", 409


class LastAdmin(NotAllowed):
    """Without this one nobody could say who may do what."""

    code, status = "last_admin", 409


class BadCode(NotAllowed):
    """A code to bind a Telegram account that is wrong, used or too old."""

    code, status = "bad_code", 422


class Busy(NotAllowed):
    """Others changed the same list again and again; nothing was done."""

    code, status = "busy", 409


class Users:
    """Who is who, for all tenants of this installation."""

    def __init__(
        self,
        rosters: Rosters,
        tenants: Mapping[str, Tenant],
        audit: Audit,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        new_code: Callable[[], str],
        turnstile: Turnstile,
    ) -> None:
        """`new_code` makes what nobody guesses within a quarter of an hour."""
        self._turnstile = turnstile
        self._rosters = rosters
        self._tenants = tenants
        self._audit = audit
        self._now = now
        self._new_id = new_id
        self._new_code = new_code
        self._seen: dict[str, tuple[People, datetime]] = {}

    # Who somebody is

    async def people(self, tenant_id: str) -> People:
        """Everybody of a tenant, at most a second old."""
        known = self._seen.get(tenant_id)
        now = self._now()
        if known is not None and timedelta(0) <= now - known[1] < FRESH_FOR:
            return known[0]
        people = await self._rosters.read(tenant_id)
        self._seen[tenant_id] = (people, now)
        return people

    def as_last_seen(self, tenant_id: str) -> People:
        """The same without asking the database, for an open page between two looks."""
        return self._seen.get(tenant_id, (People(), None))[0]

    async def get(self, tenant_id: str, user_id: str) -> User:
        """Raises NotFound."""
        return _of((await self.people(tenant_id)), user_id)

    async def by_name(self, tenant_id: str, name: str) -> User | None:
        """The user whom a token, a link or a terminal names; also one who was deactivated."""
        return _named(await self.people(tenant_id), name)

    async def by_telegram(self, telegram_id: int) -> list[tuple[str, User]]:
        """
        (tenant, user) for every tenant of which the owner of a Telegram account is a user.

        Deactivated users are among them, so that an id that also stands in the settings lets nobody in any more.
        """
        if not telegram_id:
            return []
        return [
            (tenant_id, user)
            for tenant_id in self._tenants
            if (user := (await self.people(tenant_id)).find(lambda u: u.telegram_id == telegram_id)) is not None
        ]

    async def by_identity(self, issuer: str, subject: str, email: str = "") -> list[tuple[str, User]]:
        """
        (tenant, user) for every tenant that knows this person of the identity provider.

        `email` only when the provider has verified it: it recognises who never came before. From then on the
        subject does, because an address can be given to the next colleague.
        """
        found: list[tuple[str, User]] = []
        for tenant_id in self._tenants:
            people = await self.people(tenant_id)
            user = people.find(lambda u: u.subject == subject and u.issuer == issuer)
            if user is None and email:
                user = people.find(lambda u: not u.subject and u.email == email.casefold())
            if user is not None:
                found.append((tenant_id, user))
        return found

    # Changes

    async def add(
        self,
        tenant_id: str,
        name: str,
        roles: frozenset[str],
        by: Human,
        *,
        email: str = "",
        telegram_id: int = 0,
        issuer: str = "",
        subject: str = "",
    ) -> User:
        """Raises BadRequest, Taken."""
        shown = console_human(name).name
        if folded(shown) in ROLES:
            raise BadRequest(f"{shown} is a role; write the name of a person", f"«{shown}» اسم دور؛ اكتب اسم شخص")
        user = User(
            id=self._new_id(),
            name=shown,
            roles=_roles(roles),
            created_at=_in_milliseconds(self._now()),
            telegram_id=_telegram_id(telegram_id),
            email=_email(email),
            issuer=_issuer(issuer, subject),
            subject=subject,
        )

        def added(people: People) -> People:
            if len(people.users) >= MOST_USERS:
                raise BadRequest(
                    f"a tenant has at most {MOST_USERS} users", f"لكل منشأة {MOST_USERS} مستخدم على الأكثر"
                )
            _raise_taken(people, user)
            return replace(people, users=(*people.users, user))

        await self._change(tenant_id, added)
        await self._audit.note(tenant_id, "user_added", by, user=user.id, user_name=user.name, after=_told(user))
        return user

    async def set_roles(self, tenant_id: str, user_id: str, roles: frozenset[str], by: Human) -> User:
        """Raises NotFound, BadRequest, LastAdmin."""
        wanted = _roles(roles)
        return await self._alter(
            tenant_id, user_id, "user_roles_changed", by, lambda user: replace(user, roles=wanted)
        )

    async def deactivate(self, tenant_id: str, user_id: str, by: Human) -> User:
        """This person may do nothing any more, by any door. Raises NotFound, LastAdmin."""
        return await self._alter(
            tenant_id,
            user_id,
            "user_deactivated",
            by,
            lambda user: replace(user, is_active=False, code_sha256="", code_until=None),
        )

    async def activate(self, tenant_id: str, user_id: str, by: Human) -> User:
        """Raises NotFound."""
        return await self._alter(
            tenant_id, user_id, "user_activated", by, lambda user: replace(user, is_active=True)
        )

    async def know(
        self, tenant_id: str, user_id: str, by: Human, *, email: str = "", issuer: str = "", subject: str = ""
    ) -> User:
        """Say who this person is at the identity provider. Raises NotFound, BadRequest, Taken."""
        address, named_by = _email(email), _issuer(issuer, subject)
        return await self._alter(
            tenant_id,
            user_id,
            "user_identity_changed",
            by,
            lambda user: replace(user, email=address, issuer=named_by, subject=subject),
        )

    async def recognise(self, tenant_id: str, user: User, issuer: str, subject: str) -> User:
        """Remember the subject of somebody who was found by a verified e-mail. Raises Taken."""
        if user.subject:
            return user
        return await self._alter(
            tenant_id,
            user.id,
            "user_identity_changed",
            user.human,
            lambda now: now if now.subject else replace(now, issuer=issuer, subject=subject),
        )

    async def bind_code(self, tenant_id: str, user_id: str, by: Human) -> str:
        """
        A code with which this person binds their Telegram account, once, within a quarter of an hour.

        Only its hash is stored. Raises NotFound, and BadRequest for somebody deactivated.
        """
        code = self._new_code()
        until = self._now() + CODE_LASTS

        def coded(user: User) -> User:
            if not user.is_active:
                raise BadRequest(f"{user.name} is deactivated; activate first", f"{user.name} موقوف؛ فعّله أولًا")
            return replace(user, code_sha256=_sha256(code), code_until=until)

        await self._alter(tenant_id, user_id, "user_code_made", by, coded)
        return code

    async def bind_telegram(self, code: str, telegram_id: int) -> tuple[str, User]:
        """
        Make the owner of a Telegram account the user for whom the code was made; answers (tenant, user).

        Raises BadCode, Taken, and LockedOut for an account that tried too many wrong ones.
        """
        wanted, now = _sha256(code), self._now()
        await self._turnstile.require_open(f"telegram:{telegram_id}", "bind_code")
        for tenant_id in self._tenants:
            user = (await self._rosters.read(tenant_id)).find(lambda u: _opens(u, wanted, now))
            if user is not None:
                return tenant_id, await self._bind(tenant_id, user, wanted, telegram_id)
        await self._turnstile.be_wrong(f"telegram:{telegram_id}", "bind_code")
        raise _bad_code()

    async def unbind_telegram(self, tenant_id: str, user_id: str, by: Human) -> User:
        """Raises NotFound."""
        return await self._alter(
            tenant_id, user_id, "user_telegram_unbound", by, lambda user: replace(user, telegram_id=0)
        )

    async def _bind(self, tenant_id: str, user: User, code_sha256: str, telegram_id: int) -> User:
        def bound(found: User) -> User:
            if not _opens(found, code_sha256, self._now()):
                raise _bad_code()  # somebody was faster with the same code
            return replace(found, telegram_id=_telegram_id(telegram_id), code_sha256="", code_until=None)

        return await self._alter(tenant_id, user.id, "user_telegram_bound", user.human, bound)

    async def _alter(
        self, tenant_id: str, user_id: str, what: str, by: Human, change: Callable[[User], User]
    ) -> User:
        """Change one user, and note it when that made a difference."""
        was = became = None

        def altered(people: People) -> People:
            nonlocal was, became
            was = _of(people, user_id)
            became = change(was)
            if became == was:
                return people
            _raise_taken(people, became)
            after = replace(people, users=tuple(became if u.id == user_id else u for u in people.users))
            _raise_without_admin(people, after)
            return after

        await self._change(tenant_id, altered)
        assert was is not None and became is not None
        if became != was:
            told = {"user": became.id, "user_name": became.name}
            await self._audit.note(tenant_id, what, by, **told, before=_told(was), after=_told(became))
        return became

    async def _change(self, tenant_id: str, change: Callable[[People], People]) -> None:
        for _ in range(_TRIES):
            before = await self._rosters.read(tenant_id)
            after = change(before)
            if after is before or await self._rosters.write(tenant_id, after):
                self._seen.pop(tenant_id, None)
                return
        raise Busy(
            "others are changing the users at this moment; try again",
            "يغيّر آخرون قائمة المستخدمين الآن؛ حاول مرة أخرى",
        )


def _of(people: People, user_id: str) -> User:
    user = people.find(lambda u: u.id == user_id)
    if user is None:
        raise NotFound(f"there is no user {user_id}", f"لا يوجد مستخدم {user_id}")
    return user


def _named(people: People, name: str) -> User | None:
    key = folded(name)
    return people.find(lambda u: folded(u.name) == key) if key else None


def _raise_taken(people: People, user: User) -> None:
    """Whatever we know a person by belongs to one person."""
    others = [other for other in people.users if other.id != user.id]
    for what_en, what_ar, is_taken in (
        ("the name", "الاسم", any(folded(o.name) == folded(user.name) for o in others)),
        ("the Telegram account", "حساب تيليجرام", any(o.telegram_id == user.telegram_id != 0 for o in others)),
        ("the e-mail", "البريد", any(o.email == user.email != "" for o in others)),
        (
            "the identity",
            "الهوية",
            any((o.issuer, o.subject) == (user.issuer, user.subject) and o.subject for o in others),
        ),
    ):
        if is_taken:
            raise Taken(
                f"{what_en} belongs to another user of this tenant", f"{what_ar} لمستخدم آخر في هذه المنشأة"
            )


def _raise_without_admin(before: People, after: People) -> None:
    if _has_admin(before) and not _has_admin(after):
        raise LastAdmin(
            "this is the last admin; make somebody else an admin first",
            "هذا آخر مدير؛ عيّن مديرًا آخر أولًا",
        )


def _has_admin(people: People) -> bool:
    return any(user.is_active and "admin" in user.roles for user in people.users)


def _opens(user: User, code_sha256: str, now: datetime) -> bool:
    """Whether a code is this user's; hashes of random codes are compared, so the time it takes tells nothing."""
    is_open = user.is_active and user.code_until is not None and now < user.code_until
    return is_open and user.code_sha256 == code_sha256


def _bad_code() -> BadCode:
    return BadCode(
        "this code is wrong, used or older than 15 minutes; ask an admin for a new one",
        "هذا الرمز خاطئ أو مستعمل أو مضى عليه 15 دقيقة؛ اطلب من المدير رمزًا جديدًا",
    )


def _told(user: User) -> dict[str, object]:
    """What the audit log keeps of a user; of an e-mail and a code only whether there is one."""
    return {
        "roles": sorted(user.roles),
        "is_active": user.is_active,
        "telegram_id": user.telegram_id,
        "has_email": bool(user.email),
        "subject": user.subject,
    }


def _roles(roles: frozenset[str]) -> frozenset[str]:
    unknown = sorted(roles - set(ROLES))
    if unknown or not roles:
        raise BadRequest(
            f"choose roles from {', '.join(ROLES)}" + (f"; not {', '.join(unknown)}" if unknown else ""),
            f"اختر الأدوار من {', '.join(ROLES)}" + (f"؛ لا {', '.join(unknown)}" if unknown else ""),
        )
    return roles


def _email(email: str) -> str:
    address = email.strip().casefold()
    if address and not _EMAIL.fullmatch(address):
        raise BadRequest("this is no e-mail address", "هذا ليس عنوان بريد")
    return address


def _issuer(issuer: str, subject: str) -> str:
    if subject and not issuer:
        raise BadRequest(
            "there is no identity provider here that could know this subject; set DEALIX_OIDC_ISSUER",
            "لا يوجد هنا مزوّد هوية يعرف هذا المعرّف؛ عيّن DEALIX_OIDC_ISSUER",
        )
    return issuer if subject else ""


def _telegram_id(telegram_id: int) -> int:
    if telegram_id < 0 or telegram_id >= 2**52:
        raise BadRequest("this is no Telegram id of a person", "هذا ليس معرّف تيليجرام لشخص")
    return telegram_id


def _in_milliseconds(moment: datetime) -> datetime:
    """As the database gives it back."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _sha256(code: str) -> str:
    """Codes are typed by people: case, spaces and hyphens do not count."""
    meant = code.replace("-", "").replace(" ", "").casefold()
    return hashlib.sha256(meant.encode("utf-8", "replace")).hexdigest()
