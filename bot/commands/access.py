"""
Users and keys on the command line: `dealix users ...`, `dealix keys ...`.

Rule 1: a running service takes over what is changed here within a second.
Rule 2: what is secret is printed once, alone on the last line, so that a script can take it.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from bot.access.machine_keys import LONGEST_DAYS, SCOPES
from bot.access.opening import Who, open_desk
from bot.access.principal import MACHINE_ROLES, ROLES
from bot.access.user import User
from bot.access.users import CODE_LASTS
from bot.alerts import Alerts
from bot.audit import Audit
from bot.building import new_id, now
from bot.commands.terminal import out, person, stop, with_room
from bot.commands.workroom import Workroom
from bot.errors import DealixError
from bot.people import Human
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

T = TypeVar("T")

users = typer.Typer(no_args_is_help=True, add_completion=False, help="Who may do what.")
keys = typer.Typer(no_args_is_help=True, add_completion=False, help="Keys of machines.")

TenantId = Annotated[str, typer.Option("--tenant", help="Of which tenant.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]
Name = Annotated[str, typer.Argument(help="The person's name, or the user's id.")]
RoleNames = Annotated[list[str], typer.Option("--role", help=f"Once for each: {', '.join(ROLES)}.")]


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="As the history will show them.")],
    role: RoleNames,
    email: Annotated[str, typer.Option(help="As the identity provider writes it.")] = "",
    telegram_id: Annotated[int, typer.Option(help="The id of their Telegram account, if you are sure.")] = 0,
    tenant: TenantId = DEFAULT_TENANT,
    by: By = "operator",
) -> None:
    """Make somebody known."""

    async def work(who: Who, human: Human) -> User:
        return await who.users.add(tenant, name, frozenset(role), human, email=email, telegram_id=telegram_id)

    _tell(_with_desk(work, tenant, by))


@users.command("list")
def list_users(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Everybody, also those who were deactivated."""

    async def work(who: Who, _: Human) -> tuple[User, ...]:
        return (await who.users.people(tenant)).users

    for user in _with_desk(work, tenant, "operator"):
        _tell(user)


@users.command("roles")
def set_roles(name: Name, role: RoleNames, tenant: TenantId = DEFAULT_TENANT, by: By = "operator") -> None:
    """Give somebody these roles instead of those they had."""

    async def work(who: Who, human: Human) -> User:
        user = await _meant(who, tenant, name)
        return await who.users.set_roles(tenant, user.id, frozenset(role), human)

    _tell(_with_desk(work, tenant, by))


@users.command("bind")
def bind(name: Name, tenant: TenantId = DEFAULT_TENANT, by: By = "operator") -> None:
    """Print a code with which somebody binds their Telegram account, once."""

    async def work(who: Who, human: Human) -> str:
        user = await _meant(who, tenant, name)
        return await who.users.bind_code(tenant, user.id, human)

    code = _with_desk(work, tenant, by)
    minutes = int(CODE_LASTS.total_seconds() // 60)
    out.print(f"Within {minutes} minutes, let them send this to the Telegram bot:")
    out.print(f"/bind {code}", markup=False)


@users.command("deactivate")
def deactivate(name: Name, tenant: TenantId = DEFAULT_TENANT, by: By = "operator") -> None:
    """Put somebody out, by every door, within a second."""

    async def work(who: Who, human: Human) -> User:
        user = await _meant(who, tenant, name)
        return await who.users.deactivate(tenant, user.id, human)

    _tell(_with_desk(work, tenant, by))


@users.command("activate")
def activate(name: Name, tenant: TenantId = DEFAULT_TENANT, by: By = "operator") -> None:
    """Let somebody in again."""

    async def work(who: Who, human: Human) -> User:
        user = await _meant(who, tenant, name)
        return await who.users.activate(tenant, user.id, human)

    _tell(_with_desk(work, tenant, by))


@users.command("log-out")
def log_out(name: Name, tenant: TenantId = DEFAULT_TENANT, by: By = "operator") -> None:
    """End every session of somebody on the console."""

    async def work(who: Who, human: Human) -> User:
        user = await _meant(who, tenant, name)
        await who.reception.leave_everywhere(tenant, user.human, human)
        return user

    _tell(_with_desk(work, tenant, by))


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[str], typer.Option("--scope", help=f"Once for each: {', '.join(SCOPES)}; each also as SCOPE:read.")
    ],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help=f"Once for each: {', '.join(MACHINE_ROLES)}; by default service."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How long it is valid.")] = 90,
    tenant: TenantId = DEFAULT_TENANT,
    by: By = "operator",
) -> None:
    """Make a key, and print it: this once."""

    async def work(who: Who, human: Human) -> str:
        roles, valid_for = frozenset(role or ("service",)), timedelta(days=days)
        _, token = await who.keys.create(tenant, name, roles, frozenset(scope), valid_for, human)
        return token

    out.print(_with_desk(work, tenant, by), markup=False, soft_wrap=True)


@keys.command("list")
def list_keys(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Every key, newest first; never the secret."""

    async def work(who: Who, _: Human) -> list[str]:
        lines = []
        for key in await who.keys.all(tenant):
            state = "revoked" if key.revoked_at else "valid" if key.is_good(now()) else "expired"
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
            lines.append(
                f"{key.id}  {state:8}until {key.expires_at:%Y-%m-%d}  used {used}  {key.name}: "
                f"{', '.join(sorted(key.roles))} for {', '.join(sorted(key.scopes))}"
            )
        return lines

    for line in _with_desk(work, tenant, "operator"):
        out.print(line, markup=False, soft_wrap=True)


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `dealix keys list` shows it.")],
    tenant: TenantId = DEFAULT_TENANT,
    by: By = "operator",
) -> None:
    """Refuse a key from now on, everywhere, within a second."""

    async def work(who: Who, human: Human) -> str:
        return (await who.keys.revoke(tenant, key_id, human)).name

    out.print(f"{_with_desk(work, tenant, by)}: revoked", markup=False)


def _with_desk(work: Callable[[Who, Human], Awaitable[T]], tenant: str, by: str) -> T:
    human = person(by)

    async def at_desk(room: Workroom) -> T:
        who = open_desk(
            settings=Settings(),
            store=room.store,
            tenants=room.tenants,
            audit=Audit(room.store, now, new_id),
            alerts=Alerts(room.store.alerts, now, new_id),
            now=now,
            new_id=new_id,
        )
        try:
            return await work(who, human)
        except DealixError as refused:
            stop(f"{refused.message_en}\n{refused.message_ar}")

    return with_room(at_desk, tenant)


async def _meant(who: Who, tenant_id: str, name: str) -> User:
    """By name, or by id. Raises NotFound."""
    return await who.users.by_name(tenant_id, name) or await who.users.get(tenant_id, name)


def _tell(user: User) -> None:
    state = "" if user.is_active else "  deactivated"
    doors = [
        name for name, has in (("telegram", user.telegram_id), ("sign-in", user.email or user.subject)) if has
    ]
    out.print(
        f"{user.id}  {user.name}: {', '.join(sorted(user.roles))}{state}  {' '.join(doors)}".rstrip(),
        markup=False,
        soft_wrap=True,
    )
