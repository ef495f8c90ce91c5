"""Puts the desk together, from settings and the store."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.access.machine_keys import MachineKeys
from bot.access.provider import Provider, ProviderConfig, Wire
from bot.access.reception import Reception
from bot.access.turnstile import Turnstile
from bot.access.users import Users
from bot.alerts import Alerts
from bot.audit import Audit
from bot.settings import Settings
from bot.store import Store
from bot.tenant import Tenant

# Read aloud and typed on a phone: no 0, 1, l, o, i, u. Ten of thirty are 49 bits, for a quarter of an hour and a
# few tries.
_CODE_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_CODE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Who:
    """Everything about who may come in."""

    users: Users
    keys: MachineKeys
    reception: Reception


def open_desk(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    audit: Audit,
    alerts: Alerts,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Who:
    """Raises Misconfigured."""
    turnstile = Turnstile(
        settings.requests_limit, settings.wrong_tries_limit, settings.limits_storage.get_secret_value()
    )
    users = Users(store.users, tenants, audit, now, new_id, new_code, turnstile)
    keys = MachineKeys(store.api_keys, tenants, audit, now, secrets.token_bytes, as_text)
    reception = Reception(
        users, keys, store.ended_sessions, turnstile, audit, alerts, tenants, now, store.unreachable
    )
    return Who(users, keys, reception)


def identity_provider(settings: Settings, wire: Wire) -> Provider | None:
    """The identity provider that an operator has set; None when there is none."""
    if not settings.oidc_issuer:
        return None
    config = ProviderConfig(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        public_url=settings.public_url.rstrip("/"),
        audience=settings.oidc_audience,
        jwks_url=settings.jwks_url,
        tenant_claim=settings.oidc_tenant_claim,
        roles_claim=settings.oidc_roles_claim,
    )
    return Provider(config, wire)


def new_code() -> str:
    """What somebody types into Telegram to be known there."""
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def as_text(secret: bytes) -> str:
    """Random bytes as they stand in a header: 43 signs for 32 bytes."""
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
