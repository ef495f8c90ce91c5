"""
Who the tenants are and which channels they have: from the environment for one, from a file for several.

The file is YAML; `${NAME}` stands for an environment variable, so that secrets stay out of it. Every mistake in
it is reported with its place before anything starts.
"""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.departures.limit_terms import LimitTerms, pace_of, terms_of
from bot.errors import Misconfigured
from bot.settings import Settings
from bot.tenant import Autonomy, Pace, Tenant

DEFAULT_TENANT = "default"

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")

# It becomes a part of an address and of a field name in the database.
ChannelId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
# What every system that MongoDB runs on accepts as the name of a database.
DatabaseName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,38}$")]
ProviderName = Literal["green_api", "ultramsg", "fonnte", "meta_cloud", "simulated"]


class PaceConfig(BaseModel):
    """How fast one number may send; what is left out is what its provider takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    a_second: int | None = None
    a_minute: int | None = None
    unasked_for_a_second: int | None = None
    unasked_for_a_minute: int | None = None


class LimitsConfig(BaseModel):
    """How much one tenant may send unasked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unasked_for_a_day: int = LimitTerms().unasked_for_a_day
    approval_above: int = LimitTerms().approval_above


class ChannelConfig(BaseModel):
    """One number of one tenant on one provider; which fields are needed depends on the provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: ChannelId
    provider: ProviderName
    url: str = ""
    instance_id: str = ""
    """Green API and Ultramsg: the instance; Meta: the phone number id."""
    token: SecretStr = SecretStr("")
    webhook_secret: SecretStr = SecretStr("")
    """Green API: the webhook token; Ultramsg and Fonnte: the secret; Meta: the app secret."""
    verify_token: SecretStr = SecretStr("")
    graph_version: str = "v23.0"
    account: str = ""
    """Meta: the id of the business account, whose templates are asked for."""
    sender_identity: str = ""
    pace: PaceConfig = PaceConfig()


class DatabaseConfig(BaseModel):
    """A database of a tenant's own, with a user that can reach nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: SecretStr
    name: DatabaseName

    @field_validator("uri")
    @classmethod
    def _an_address(cls, uri: SecretStr) -> SecretStr:
        if not uri.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("a database's address begins with mongodb:// or mongodb+srv://")
        return uri

    @property
    def place(self) -> tuple[str, str]:
        """Which database of which servers, whoever asks."""
        address = self.uri.get_secret_value().partition("://")[2].rpartition("@")[2]
        return address.partition("/")[0].lower(), self.name

    @property
    def secrets(self) -> tuple[str, ...]:
        """The address, and the password in it as it stands there and as it is typed."""
        uri = self.uri.get_secret_value()
        user = uri.partition("://")[2].rpartition("@")[0]
        password = user.partition(":")[2]
        return tuple(dict.fromkeys(filter(None, (uri, password, unquote_plus(password)))))


class CrmConfig(BaseModel):
    """A tenant's customer records at HubSpot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "https://api.hubapi.com"
    token: SecretStr
    contact_property: str = "dealix_contact_id"
    deal_property: str = "dealix_deal_id"


class PaymentsConfig(BaseModel):
    """A tenant's account at Moyasar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "https://api.moyasar.com"
    secret_key: SecretStr
    webhook_secret: SecretStr = Field(min_length=8)


class TenantConfig(BaseModel):
    """One tenant of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: ChannelId
    name: str = Field(min_length=1, max_length=80)
    autonomy: Autonomy = Autonomy.SAFE_REPLIES
    may_change_number: bool = False
    approvers: tuple[int, ...] = ()
    test_numbers: tuple[str, ...] = ()
    public_price: dict[Literal["ar", "en"], str] = Field(default_factory=dict)
    city: str = ""
    database: DatabaseConfig | None = None
    """Its own; without one its rows stand in the common database, kept apart by us."""
    limits: LimitsConfig = LimitsConfig()
    crm: CrmConfig | None = None
    payments: PaymentsConfig | None = None
    channels: tuple[ChannelConfig, ...] = Field(min_length=1)

    @field_validator("public_price")
    @classmethod
    def _both_languages_or_none(cls, price: dict[str, str]) -> dict[str, str]:
        if price and not all(price.get(language, "").strip() for language in ("ar", "en")):
            raise ValueError("say the public price in ar and in en, or leave it out")
        return price


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tenants: tuple[TenantConfig, ...] = Field(min_length=1)


def configured(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[TenantConfig]:
    """The tenants of this installation. Raises Misconfigured."""
    if settings.tenants_file is None:
        return [_from_environment(settings)]
    tenants = _from_file(settings.tenants_file, environment)
    _each_its_own_database(tenants, settings)
    return list(tenants)


def tenant_of(config: TenantConfig, settings: Settings) -> Tenant:
    """What the heart knows about a tenant; no secret among it. Raises Misconfigured."""
    return Tenant(
        id=config.id,
        name=config.name,
        channels=tuple(channel.id for channel in config.channels),
        autonomy=config.autonomy,
        may_change_number=config.may_change_number,
        approver_chats=config.approvers,
        test_numbers=config.test_numbers,
        has_public_price=bool(config.public_price),
        public_price=dict(config.public_price),
        city=config.city,
        pace=Pace(burst_quiet=settings.burst_quiet, late_after=timedelta(minutes=settings.late_minutes)),
        limits=_limits_of(config),
    )


def _limits_of(config: TenantConfig) -> LimitTerms:
    paces = {
        channel.id: pace_of(channel.id, channel.provider, **channel.pace.model_dump())
        for channel in config.channels
    }
    return terms_of(config.limits.unasked_for_a_day, config.limits.approval_above, paces)


def secrets_of(configs: list[TenantConfig]) -> tuple[str, ...]:
    """Every secret of every channel and database, to be cut out of logs."""
    found = (
        secret.get_secret_value()
        for config in configs
        for channel in config.channels
        for secret in (channel.token, channel.webhook_secret, channel.verify_token)
    )
    outside = (
        secret.get_secret_value()
        for config in configs
        for secret in (
            *((config.crm.token,) if config.crm else ()),
            *((config.payments.secret_key, config.payments.webhook_secret) if config.payments else ()),
        )
    )
    addresses = (secret for config in configs if config.database for secret in config.database.secrets)
    return (*(secret for secret in (*found, *outside) if secret), *addresses)


def _from_environment(settings: Settings) -> TenantConfig:
    channels = {channel.id: channel for channel in _channels_of(settings)}
    unknown = [name for name in settings.channel_order if name not in _PROVIDER_NAMES]
    if unknown:
        raise Misconfigured(f"DEALIX_CHANNEL_ORDER names {', '.join(unknown)}: use {', '.join(_PROVIDER_NAMES)}")
    ordered = [channels[name] for name in settings.channel_order if name in channels]
    ordered += [channel for name, channel in channels.items() if name not in settings.channel_order]
    if not ordered and settings.simulator == "off":
        raise Misconfigured(
            "no WhatsApp provider is configured and DEALIX_SIMULATOR is off: set one of them",
            "لا يوجد مزود واتساب مهيأ والمحاكي مغلق: عيّن أحدهما",
        )
    if not ordered or settings.simulator == "on":
        ordered.append(ChannelConfig(id="simulated", provider="simulated"))
    prices = {"ar": settings.public_price_ar, "en": settings.public_price_en}
    if any(prices.values()) and not all(prices.values()):
        raise Misconfigured(
            "set DEALIX_PUBLIC_PRICE_AR and DEALIX_PUBLIC_PRICE_EN together, or neither",
            "عيّن DEALIX_PUBLIC_PRICE_AR و DEALIX_PUBLIC_PRICE_EN معًا أو اتركهما",
        )
    pace = PaceConfig(a_second=settings.rate_limit_per_second, a_minute=settings.rate_limit_per_minute)
    return TenantConfig(
        id=DEFAULT_TENANT,
        name=settings.tenant_name,
        autonomy=settings.autonomy,
        may_change_number=settings.may_change_number,
        approvers=settings.telegram_approver_ids,
        test_numbers=settings.test_numbers,
        public_price={language: price for language, price in prices.items() if price},
        channels=tuple(channel.model_copy(update={"pace": pace}) for channel in ordered),
        limits=LimitsConfig(unasked_for_a_day=settings.daily_limit, approval_above=settings.approval_above_a_day),
        crm=_crm_of(settings),
        payments=_payments_of(settings),
    )


def _crm_of(settings: Settings) -> CrmConfig | None:
    if not settings.hubspot_token.get_secret_value():
        return None
    return CrmConfig(
        url=settings.hubspot_url,
        token=settings.hubspot_token,
        contact_property=settings.hubspot_contact_property,
        deal_property=settings.hubspot_deal_property,
    )


def _payments_of(settings: Settings) -> PaymentsConfig | None:
    if not settings.moyasar_secret_key.get_secret_value():
        return None
    return PaymentsConfig(
        url=settings.moyasar_url,
        secret_key=settings.moyasar_secret_key,
        webhook_secret=settings.moyasar_webhook_secret,
    )


_PROVIDER_NAMES = ("green_api", "ultramsg", "fonnte", "meta_cloud")


def _channels_of(settings: Settings) -> list[ChannelConfig]:
    """One channel per provider whose variables are set, named like the provider."""
    every = [
        ChannelConfig(
            id="green_api",
            provider="green_api",
            url=settings.green_api_url,
            instance_id=settings.green_api_instance_id,
            token=settings.green_api_token,
            webhook_secret=settings.green_api_webhook_token,
        ),
        ChannelConfig(
            id="ultramsg",
            provider="ultramsg",
            url=settings.ultramsg_url,
            instance_id=settings.ultramsg_instance_id,
            token=settings.ultramsg_token,
            webhook_secret=settings.ultramsg_webhook_secret,
        ),
        ChannelConfig(
            id="fonnte",
            provider="fonnte",
            url=settings.fonnte_url,
            token=settings.fonnte_token,
            webhook_secret=settings.fonnte_webhook_secret,
        ),
        ChannelConfig(
            id="meta_cloud",
            provider="meta_cloud",
            url=settings.whatsapp_graph_url,
            instance_id=settings.whatsapp_phone_number_id,
            token=settings.whatsapp_api_token,
            webhook_secret=settings.whatsapp_app_secret,
            verify_token=settings.whatsapp_verify_token,
            graph_version=settings.whatsapp_graph_version,
            account=settings.whatsapp_waba_id,
        ),
    ]
    return [channel for channel in every if channel.token.get_secret_value()]


def _from_file(path: Path, environment: Mapping[str, str]) -> tuple[TenantConfig, ...]:
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return _unique(_File.model_validate(_expanded(content, environment)).tenants)
    except OSError as unreadable:
        raise Misconfigured(f"DEALIX_TENANTS_FILE: {path} cannot be read: {unreadable.strerror}") from unreadable
    except YAMLError as broken:
        raise Misconfigured(f"{path} is not YAML: {' '.join(str(broken).split())}") from broken
    except ValidationError as invalid:
        errors = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors(include_input=False))
        raise Misconfigured(f"{path}: {'; '.join(errors)}") from invalid


def _unique(tenants: tuple[TenantConfig, ...]) -> tuple[TenantConfig, ...]:
    for what, ids in (
        ("tenant", [t.id for t in tenants]),
        ("channel", [c.id for t in tenants for c in t.channels]),
    ):
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise Misconfigured(f"the {what} {', '.join(twice)} is configured twice: give each its own id")
    return tenants


def _each_its_own_database(tenants: tuple[TenantConfig, ...], settings: Settings) -> None:
    """Raises Misconfigured when two tenants share what is to be one tenant's, or one shares it with everybody."""
    taken: dict[tuple[str, str], str] = {}
    if settings.mongodb_uri.get_secret_value():
        everybody = DatabaseConfig(uri=settings.mongodb_uri, name=settings.mongodb_database)
        taken[everybody.place] = "everybody"
    for tenant in tenants:
        if tenant.database is None:
            continue
        owner = taken.setdefault(tenant.database.place, tenant.id)
        if owner != tenant.id:
            raise Misconfigured(
                f"the database {tenant.database.name} of {tenant.id} is already that of {owner}: a tenant's own "
                "database holds nobody else's rows",
                f"قاعدة البيانات {tenant.database.name} الخاصة بـ {tenant.id} مستعملة من {owner}: "
                "القاعدة الخاصة لا تحمل بيانات غير صاحبها",
            )


def _expanded(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _expanded(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item, environment) for item in value]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if name not in environment:
            raise Misconfigured(f"the tenants file wants the variable {name}, which is not set")
    return _VARIABLE.sub(lambda found: environment[found[1]], value)
