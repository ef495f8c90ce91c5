"""
What an operator sets, from the environment or `.env`; nothing is needed to start.

Rule 1: every setting stands in `.env.example` with a sentence (a test compares them).
Rule 2: a secret has no default. A provider without its variables is not configured; half of them is an error.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import roles
from bot.errors import Misconfigured
from bot.tenant import Autonomy

NO_SECRET = SecretStr("")

Sampler = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]


class Settings(BaseSettings):
    """The environment, validated."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", alias="DEALIX_HOST")
    port: int = Field(8080, alias="DEALIX_PORT", ge=0, le=65535)
    data_dir: Path = Field(Path("data"), alias="DEALIX_DATA_DIR")
    autonomy: Autonomy = Field(Autonomy.SAFE_REPLIES, alias="DEALIX_AUTONOMY")
    public_url: str = Field("", alias="DEALIX_PUBLIC_URL")
    tenants_file: Path | None = Field(None, alias="DEALIX_TENANTS_FILE")
    tenant_name: str = Field("Dealix", alias="DEALIX_TENANT_NAME")
    burst_seconds: float = Field(2.5, alias="DEALIX_BURST_SECONDS", ge=0, le=30)
    channel_replies_a_minute: int = Field(6_000, alias="DEALIX_CHANNEL_REPLIES_A_MINUTE", ge=1)
    daily_limit: int = Field(15, alias="WHATSAPP_DAILY_LIMIT")
    approval_above_a_day: int = Field(10, alias="DEALIX_APPROVAL_ABOVE_A_DAY")
    rate_limit_per_second: int | None = Field(None, alias="WHATSAPP_RATE_LIMIT_PER_SECOND")
    rate_limit_per_minute: int | None = Field(None, alias="WHATSAPP_RATE_LIMIT_PER_MINUTE")
    late_minutes: float = Field(15, alias="DEALIX_LATE_MINUTES", gt=0)
    export_days: int = Field(7, alias="DEALIX_EXPORT_DAYS", ge=1, le=30)
    erase_after_days: int = Field(0, alias="DEALIX_ERASE_AFTER_DAYS", ge=0, le=30)
    channel_order: Annotated[tuple[str, ...], NoDecode] = Field(
        ("green_api", "ultramsg", "fonnte", "meta_cloud"), alias="DEALIX_CHANNEL_ORDER"
    )
    may_change_number: bool = Field(default=True, alias="DEALIX_MAY_CHANGE_NUMBER")
    transfer_rules_file: Path | None = Field(None, alias="DEALIX_TRANSFER_RULES_FILE")
    anchor_file: Path | None = Field(None, alias="DEALIX_ANCHOR_FILE")
    backup_passphrase: SecretStr = Field(NO_SECRET, alias="DEALIX_BACKUP_PASSPHRASE")
    test_numbers: Annotated[tuple[str, ...], NoDecode] = Field((), alias="DEALIX_TEST_NUMBERS")
    media_hosts: Annotated[tuple[str, ...], NoDecode] = Field((), alias="DEALIX_MEDIA_HOSTS")
    public_price_ar: str = Field("", alias="DEALIX_PUBLIC_PRICE_AR")
    public_price_en: str = Field("", alias="DEALIX_PUBLIC_PRICE_EN")
    rules_backend: Literal["both", "reference", "durable"] = Field("both", alias="RULES_BACKEND")
    require_idempotency_key: Annotated[tuple[Literal["api", "os"], ...], NoDecode] = Field(
        ("api",), alias="DEALIX_REQUIRE_IDEMPOTENCY_KEY"
    )
    simulator: Literal["auto", "on", "off"] = Field("auto", alias="DEALIX_SIMULATOR")

    model_provider: str = Field("openai", alias="DEALIX_MODEL_PROVIDER", min_length=1, max_length=40)
    model_url: str = Field("", alias="DEALIX_MODEL_URL")
    model_key: SecretStr = Field(NO_SECRET, alias="DEALIX_MODEL_KEY")
    model_names: str = Field("", alias="DEALIX_MODEL")
    model_fallback_provider: str = Field("fallback", alias="DEALIX_MODEL_FALLBACK_PROVIDER", min_length=1)
    model_fallback_url: str = Field("", alias="DEALIX_MODEL_FALLBACK_URL")
    model_fallback_key: SecretStr = Field(NO_SECRET, alias="DEALIX_MODEL_FALLBACK_KEY")
    model_fallback_names: str = Field("", alias="DEALIX_MODEL_FALLBACK_NAMES")
    model_answers_as: Literal["json_schema", "json_object", "none"] = Field(
        "json_schema", alias="DEALIX_MODEL_ANSWERS_AS"
    )
    model_timeout_seconds: float = Field(15, alias="DEALIX_MODEL_TIMEOUT_SECONDS", gt=0, le=60)
    model_budget_halalas: int = Field(1_000, alias="DEALIX_MODEL_BUDGET_HALALAS", ge=0, le=10_000_000)
    model_prices_file: Path | None = Field(None, alias="DEALIX_MODEL_PRICES_FILE")
    sar_per_usd: Decimal = Field(Decimal("3.75"), alias="DEALIX_SAR_PER_USD", gt=0, le=100)

    oidc_issuer: str = Field("", alias="DEALIX_OIDC_ISSUER")
    oidc_client_id: str = Field("", alias="DEALIX_OIDC_CLIENT_ID")
    oidc_client_secret: SecretStr = Field(NO_SECRET, alias="DEALIX_OIDC_CLIENT_SECRET")
    oidc_audience: str = Field("", alias="DEALIX_OIDC_AUDIENCE")
    jwks_url: str = Field("", alias="DEALIX_JWKS_URL")
    oidc_tenant_claim: str = Field("", alias="DEALIX_OIDC_TENANT_CLAIM")
    oidc_roles_claim: str = Field("", alias="DEALIX_OIDC_ROLES_CLAIM")
    requests_limit: str = Field("6000/minute", alias="DEALIX_REQUESTS_LIMIT")
    wrong_tries_limit: str = Field("20/5 minutes", alias="DEALIX_WRONG_TRIES_LIMIT")
    limits_storage: SecretStr = Field(NO_SECRET, alias="DEALIX_LIMITS_STORAGE")
    trusted_proxies: str = Field("127.0.0.1", alias="DEALIX_TRUSTED_PROXIES")

    metrics: Literal["auto", "open", "off"] = Field("auto", alias="DEALIX_METRICS")
    metrics_key: SecretStr = Field(NO_SECRET, alias="DEALIX_METRICS_KEY")
    otel_service_name: str = Field("dealix", alias="OTEL_SERVICE_NAME")
    otel_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    otel_traces_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    otel_metrics_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    otel_logs_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_LOGS_ENDPOINT")
    otel_headers: SecretStr = Field(NO_SECRET, alias="OTEL_EXPORTER_OTLP_HEADERS")
    otel_sampler: Sampler = Field("parentbased_always_on", alias="OTEL_TRACES_SAMPLER")
    otel_sampler_argument: float = Field(1.0, alias="OTEL_TRACES_SAMPLER_ARG", ge=0, le=1)
    otel_console: bool = Field(default=False, alias="OTEL_CONSOLE")
    otel_disabled: bool = Field(default=False, alias="OTEL_SDK_DISABLED")

    mongodb_uri: SecretStr = Field(NO_SECRET, alias="MONGODB_URI")
    mongodb_database: str = Field("dealix", alias="MONGODB_DATABASE")
    roles: Annotated[tuple[str, ...], NoDecode] = Field((), alias="DEALIX_ROLES")
    nats_url: SecretStr = Field(NO_SECRET, alias="DEALIX_NATS_URL")
    nats_credentials_file: Path | None = Field(None, alias="DEALIX_NATS_CREDENTIALS_FILE")
    mongodb_driver: Literal["pymongo", "motor"] = Field("pymongo", alias="MONGODB_DRIVER")

    green_api_url: str = Field("https://api.green-api.com", alias="GREEN_API_URL")
    green_api_instance_id: str = Field("", alias="GREEN_API_INSTANCE_ID")
    green_api_token: SecretStr = Field(NO_SECRET, alias="GREEN_API_TOKEN")
    green_api_webhook_token: SecretStr = Field(NO_SECRET, alias="GREEN_API_WEBHOOK_TOKEN")

    ultramsg_url: str = Field("https://api.ultramsg.com", alias="ULTRAMSG_URL")
    ultramsg_instance_id: str = Field("", alias="ULTRAMSG_INSTANCE_ID")
    ultramsg_token: SecretStr = Field(NO_SECRET, alias="ULTRAMSG_TOKEN")
    ultramsg_webhook_secret: SecretStr = Field(NO_SECRET, alias="ULTRAMSG_WEBHOOK_SECRET")

    fonnte_url: str = Field("https://api.fonnte.com", alias="FONNTE_URL")
    fonnte_token: SecretStr = Field(NO_SECRET, alias="FONNTE_TOKEN")
    fonnte_webhook_secret: SecretStr = Field(NO_SECRET, alias="FONNTE_WEBHOOK_SECRET")

    whatsapp_graph_url: str = Field("https://graph.facebook.com", alias="WHATSAPP_GRAPH_URL")
    whatsapp_graph_version: str = Field("v23.0", alias="WHATSAPP_GRAPH_VERSION")
    whatsapp_phone_number_id: str = Field("", alias="WHATSAPP_PHONE_NUMBER_ID")
    whatsapp_api_token: SecretStr = Field(NO_SECRET, alias="WHATSAPP_API_TOKEN")
    whatsapp_app_secret: SecretStr = Field(NO_SECRET, alias="WHATSAPP_APP_SECRET")
    whatsapp_verify_token: SecretStr = Field(NO_SECRET, alias="WHATSAPP_VERIFY_TOKEN")
    whatsapp_waba_id: str = Field("", alias="WHATSAPP_WABA_ID")

    hubspot_url: str = Field("https://api.hubapi.com", alias="HUBSPOT_URL")
    hubspot_token: SecretStr = Field(NO_SECRET, alias="HUBSPOT_TOKEN")
    hubspot_contact_property: str = Field(
        "dealix_contact_id", alias="HUBSPOT_CONTACT_PROPERTY", pattern=r"^[a-z][a-z0-9_]{0,99}$"
    )
    hubspot_deal_property: str = Field(
        "dealix_deal_id", alias="HUBSPOT_DEAL_PROPERTY", pattern=r"^[a-z][a-z0-9_]{0,99}$"
    )
    moyasar_url: str = Field("https://api.moyasar.com", alias="MOYASAR_URL")
    moyasar_secret_key: SecretStr = Field(NO_SECRET, alias="MOYASAR_SECRET_KEY")
    moyasar_webhook_secret: SecretStr = Field(NO_SECRET, alias="MOYASAR_WEBHOOK_SECRET")

    calendar_url: SecretStr = Field(NO_SECRET, alias="DEALIX_CALENDAR_URL")
    meeting_minutes: int = Field(30, alias="DEALIX_MEETING_MINUTES", ge=10, le=240)
    meeting_place: str = Field("", alias="DEALIX_MEETING_PLACE", max_length=300)
    meetings_tenant: str = Field("default", alias="DEALIX_MEETINGS_TENANT")
    calendly_link: str = Field("", alias="CALENDLY_LINK")
    calendly_signing_key: SecretStr = Field(NO_SECRET, alias="CALENDLY_SIGNING_KEY")
    smtp_host: str = Field("", alias="DEALIX_SMTP_HOST")
    smtp_port: int = Field(587, alias="DEALIX_SMTP_PORT", ge=1, le=65535)
    smtp_user: str = Field("", alias="DEALIX_SMTP_USER")
    smtp_password: SecretStr = Field(NO_SECRET, alias="DEALIX_SMTP_PASSWORD")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", alias="DEALIX_SMTP_SECURITY")
    mail_from: str = Field("", alias="DEALIX_MAIL_FROM")

    telegram_api_url: str = Field("https://api.telegram.org", alias="TELEGRAM_API_URL")
    telegram_bot_token: SecretStr = Field(NO_SECRET, alias="TELEGRAM_BOT_TOKEN")
    telegram_approver_ids: Annotated[tuple[int, ...], NoDecode] = Field((), alias="TELEGRAM_APPROVER_IDS")
    telegram_webhook_secret: SecretStr = Field(NO_SECRET, alias="TELEGRAM_WEBHOOK_SECRET")

    @field_validator("require_idempotency_key", mode="before")
    @classmethod
    def _groups(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return (
            () if value.strip() == "none" else tuple(group.strip() for group in value.split(",") if group.strip())
        )

    @field_validator(
        "roles", "media_hosts", "channel_order", "test_numbers", "telegram_approver_ids", mode="before"
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that is set, to be cut out of logs."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(v.get_secret_value() for v in values if isinstance(v, SecretStr) and v.get_secret_value())

    @property
    def burst_quiet(self) -> timedelta:
        return timedelta(seconds=self.burst_seconds)

    def check(self) -> None:
        """Raises Misconfigured when half of a provider or of Telegram is set, or roles have nowhere to meet."""
        if roles.read(self.roles) != roles.ALL and not self.mongodb_uri.get_secret_value():
            raise Misconfigured(
                "a process with only some roles needs MONGODB_URI: the embedded database belongs to one process "
                "that does everything; set it, or leave out --role and DEALIX_ROLES",
                "العملية التي تؤدي بعض الأدوار فقط تحتاج MONGODB_URI: قاعدة البيانات المدمجة لعملية واحدة "
                "تؤدي كل شيء؛ عيّنه أو احذف ‎--role‎ وDEALIX_ROLES",
            )
        _both(
            "Moyasar",
            MOYASAR_SECRET_KEY=self.moyasar_secret_key,
            MOYASAR_WEBHOOK_SECRET=self.moyasar_webhook_secret,
        )
        _both("Green API", GREEN_API_INSTANCE_ID=self.green_api_instance_id, GREEN_API_TOKEN=self.green_api_token)
        _both("Ultramsg", ULTRAMSG_INSTANCE_ID=self.ultramsg_instance_id, ULTRAMSG_TOKEN=self.ultramsg_token)
        _both(
            "Meta Cloud API",
            WHATSAPP_PHONE_NUMBER_ID=self.whatsapp_phone_number_id,
            WHATSAPP_API_TOKEN=self.whatsapp_api_token,
        )
        if (self.oidc_client_id or self.oidc_audience or self.jwks_url) and not self.oidc_issuer:
            raise Misconfigured(
                "the identity provider is half configured: set DEALIX_OIDC_ISSUER too",
                "إعداد مزوّد الهوية ناقص: عيّن DEALIX_OIDC_ISSUER أيضًا",
            )
        if self.oidc_issuer and not (self.oidc_client_id or self.oidc_audience):
            raise Misconfigured(
                "the identity provider opens nothing: set DEALIX_OIDC_CLIENT_ID for the console, "
                "DEALIX_OIDC_AUDIENCE for the API, or both",
                "مزوّد الهوية لا يفتح شيئًا: عيّن DEALIX_OIDC_CLIENT_ID للوحة "
                "أو DEALIX_OIDC_AUDIENCE للواجهة أو كليهما",
            )
        if self.oidc_audience and self.oidc_audience == self.oidc_client_id:
            raise Misconfigured(
                "DEALIX_OIDC_AUDIENCE is the same as DEALIX_OIDC_CLIENT_ID, so whoever signs in to the console "
                "would hold a token for the API; register the API at the provider under a name of its own",
                "DEALIX_OIDC_AUDIENCE يساوي DEALIX_OIDC_CLIENT_ID؛ سجّل الواجهة لدى المزوّد باسم مستقل",
            )
        _both("mail", DEALIX_SMTP_HOST=self.smtp_host, DEALIX_MAIL_FROM=self.mail_from)
        _both("Calendly", CALENDLY_LINK=self.calendly_link, CALENDLY_SIGNING_KEY=self.calendly_signing_key)
        if self.smtp_user and self.smtp_security == "none":
            raise Misconfigured(
                "DEALIX_SMTP_SECURITY=none would say the mail password in the clear: use starttls or tls, or "
                "leave DEALIX_SMTP_USER out",
                "DEALIX_SMTP_SECURITY=none يكشف كلمة مرور البريد: "
                "استعمل starttls أو tls أو احذف DEALIX_SMTP_USER",
            )
        _both(
            "Telegram",
            TELEGRAM_BOT_TOKEN=self.telegram_bot_token,
            TELEGRAM_APPROVER_IDS=",".join(map(str, self.telegram_approver_ids)),
        )


def _both(what: str, **pair: str | SecretStr) -> None:
    values = {name: v.get_secret_value() if isinstance(v, SecretStr) else v for name, v in pair.items()}
    missing = [name for name, value in values.items() if not value]
    if missing and len(missing) < len(values):
        raise Misconfigured(
            f"{what} is half configured: set {' and '.join(missing)} too, or none of {', '.join(values)}",
            f"إعداد {what} ناقص: عيّن {' و '.join(missing)} أيضًا أو احذف البقية",
        )
