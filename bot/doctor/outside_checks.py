"""Everybody outside: providers, Telegram, the broker, who signs people in, telemetry, and our own port."""

import asyncio
import errno
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.doctor.findings import Finding, not_checked, ok, problem, warning
from bot.doctor.hands import Patient, TelegramFacts
from bot.errors import DealixError
from bot.ports import Health
from bot.settings import Settings
from bot.tenants import ChannelConfig

_HTTPS_PORT, _NATS_PORT = 443, 4222


async def check_providers(patient: Patient) -> list[Finding]:
    """Ask every channel whether it could send, without sending."""
    channels = [channel for tenant in patient.tenants for channel in tenant.channels]
    live = [channel for channel in channels if channel.provider != "simulated"]
    if not live:
        return [
            not_checked(
                "providers", "no provider is configured: the phone is simulated", "لا مزود مهيأ: الهاتف محاكاة"
            )
        ]
    probed = await asyncio.gather(*(_probe(patient, channel) for channel in live))
    return [finding for found in probed for finding in found]


async def _probe(patient: Patient, channel: ChannelConfig) -> list[Finding]:
    check = f"providers.{channel.id}"
    try:
        health = await patient.hands.probe(channel)
    except DealixError as wrong:
        return [problem(check, (wrong.message_en, wrong.message_ar), _CANNOT_SEND, _SEE_SETTINGS)]
    return [_healthy(check, channel, health), *_authentic(channel)]


_CANNOT_SEND = ("Nothing can leave by this channel.", "لا يخرج شيء عبر هذه القناة.")
_SEE_SETTINGS = ("See its settings in .env or the tenants file.", "راجع إعداداتها في ‎.env‎ أو ملف المنشآت.")


def _healthy(check: str, channel: ChannelConfig, health: Health) -> Finding:
    english, _, arabic = health.detail.partition("\n")
    told = (f"{channel.id}: {health.state}. {english}", f"{channel.id}: {health.state}. {arabic or english}")
    if health.state == "ok":
        return ok(check, f"{channel.id} can send", f"{channel.id} تستطيع الإرسال")
    if health.can_send:
        return warning(check, told, ("It sends, with trouble.", "ترسل بصعوبة."), _SEE_SETTINGS)
    if health.state == "auth_failed":
        return problem(
            check,
            told,
            _CANNOT_SEND,
            ("Take a fresh token from the provider's console.", "خذ رمزًا جديدًا من لوحة المزود."),
        )
    return problem(
        check,
        told,
        _CANNOT_SEND,
        (
            "See the provider's console: is the phone linked, the instance paid, the network open?",
            "راجع لوحة المزود: هل الهاتف مربوط والاشتراك سارٍ والشبكة مفتوحة؟",
        ),
    )


def _authentic(channel: ChannelConfig) -> Iterator[Finding]:
    check = f"providers.{channel.id}.webhook"
    if channel.webhook_secret.get_secret_value():
        yield ok(check, f"webhooks of {channel.id} carry a secret", f"طلبات {channel.id} تحمل سرًا")
    elif channel.provider == "meta_cloud":
        yield problem(
            check,
            (f"{channel.id} has no app secret", f"{channel.id} بلا app secret"),
            ("Every webhook of Meta is refused.", "تُرفض كل طلبات Meta."),
            ("Set WHATSAPP_APP_SECRET (webhook_secret in the tenants file).", "عيّن WHATSAPP_APP_SECRET."),
        )
    else:
        yield warning(
            check,
            (f"webhooks of {channel.id} carry no secret", f"طلبات {channel.id} بلا سر"),
            (
                "Whoever learns the address can forge messages of your contacts.",
                "من يعرف العنوان يستطيع تزوير رسائل عملائك.",
            ),
            ("Set its webhook secret here and at the provider.", "عيّن سر الطلبات هنا ولدى المزود."),
        )


async def check_telegram(patient: Patient) -> list[Finding]:
    """The bot's token, how updates come, and whether it may write to the approvers."""
    settings = patient.settings
    if not settings.telegram_bot_token.get_secret_value():
        return [not_checked("telegram", "Telegram is not configured", "تيليجرام غير مهيأ")]
    chats = sorted({chat for tenant in patient.tenants for chat in tenant.approvers})
    return list(_telegram(settings, await patient.hands.telegram(chats)))


def _telegram(settings: Settings, facts: TelegramFacts) -> Iterator[Finding]:
    nobody = ("Nobody can approve in Telegram.", "لا يستطيع أحد الموافقة في تيليجرام.")
    if facts.silent:
        yield problem(
            "telegram.token",
            (f"Telegram does not answer ({facts.silent})", f"تيليجرام لا يستجيب ({facts.silent})"),
            nobody,
            ("See whether this machine reaches TELEGRAM_API_URL.", "تأكد أن الجهاز يصل إلى TELEGRAM_API_URL."),
        )
        return
    if facts.refused:
        yield problem(
            "telegram.token",
            (f"Telegram refuses the token: {facts.refused}", f"تيليجرام يرفض الرمز: {facts.refused}"),
            nobody,
            (
                "Take the token from @BotFather into TELEGRAM_BOT_TOKEN.",
                "خذ الرمز من ‎@BotFather‎ إلى TELEGRAM_BOT_TOKEN.",
            ),
        )
        return
    yield ok("telegram.token", f"the token opens @{facts.name}", f"الرمز يفتح ‎@{facts.name}‎")
    yield from _updates(settings, facts)
    for chat in facts.unknown_chats:
        yield problem(
            "telegram.approvers",
            (f"approver {chat} has not started the bot", f"المعتمِد {chat} لم يبدأ محادثة مع البوت"),
            ("Telegram lets no bot write first: they see no card.", "لا يكتب البوت أولًا: لا تصله بطاقات."),
            (f"Let them open @{facts.name} and press Start.", f"ليفتح ‎@{facts.name}‎ ويضغط Start."),
        )
    if not facts.unknown_chats:
        yield ok("telegram.approvers", "every approver can be written to", "يمكن مراسلة كل المعتمِدين")


def _updates(settings: Settings, facts: TelegramFacts) -> Iterator[Finding]:
    ours = urlsplit(settings.public_url).hostname or ""
    if not settings.telegram_webhook_secret.get_secret_value():
        if facts.webhook_host:
            yield warning(
                "telegram.updates",
                (
                    f"a webhook at {facts.webhook_host} takes this bot's updates",
                    f"العنوان {facts.webhook_host} يأخذ تحديثات هذا البوت",
                ),
                (
                    "Dealix asks for updates and takes that webhook away when it starts; two installations "
                    "with one token take them from each other.",
                    "يحذفه Dealix عند التشغيل؛ وتركيبان برمز واحد يتخاطفان التحديثات.",
                ),
                (
                    "One bot for each installation; make another at @BotFather.",
                    "بوت واحد لكل تركيب؛ أنشئ آخر لدى ‎@BotFather‎.",
                ),
            )
        else:
            yield ok("telegram.updates", "updates are asked for", "تُطلب التحديثات دوريًا")
    elif facts.webhook_error:
        yield problem(
            "telegram.updates",
            (
                f"Telegram cannot bring updates: {facts.webhook_error}",
                f"لا يستطيع تيليجرام إيصال التحديثات: {facts.webhook_error}",
            ),
            ("Taps of approvers do not arrive.", "لا تصل نقرات المعتمِدين."),
            (
                "See the proxy, its certificate, and DEALIX_PUBLIC_URL.",
                "راجع الوكيل وشهادته و DEALIX_PUBLIC_URL.",
            ),
        )
    elif facts.webhook_host and ours and facts.webhook_host != ours:
        yield problem(
            "telegram.updates",
            (
                f"updates go to {facts.webhook_host}, not to {ours}",
                f"التحديثات تذهب إلى {facts.webhook_host} لا إلى {ours}",
            ),
            ("Another installation uses this bot.", "تركيب آخر يستعمل هذا البوت."),
            ("One bot for each installation.", "بوت واحد لكل تركيب."),
        )
    else:
        yield ok("telegram.updates", "updates are brought by webhook", "تصل التحديثات عبر webhook")


async def check_broker(patient: Patient) -> list[Finding]:
    """Whether each broker greets as NATS does."""
    said = patient.settings.nats_url.get_secret_value()
    if not said:
        return [
            not_checked(
                "broker",
                "no broker is configured: processes sweep the database",
                "لا وسيط مهيأ: تمسح العمليات قاعدة البيانات",
            )
        ]
    found = []
    for url in (part.strip() for part in said.split(",") if part.strip()):
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        place = f"{parts.hostname}:{parts.port or _NATS_PORT}"
        wrong = await patient.hands.broker(place)
        found.append(
            ok("broker", f"the broker at {place} greets", f"الوسيط في {place} يستجيب")
            if not wrong
            else warning(
                "broker",
                (f"the broker at {place} does not greet ({wrong})", f"الوسيط في {place} لا يستجيب ({wrong})"),
                (
                    "Processes find each other's work by sweeping, some seconds later.",
                    "تجد العمليات العمل بالمسح بعد ثوانٍ.",
                ),
                (
                    "See whether nats-server runs and DEALIX_NATS_URL names it.",
                    "تأكد أن nats-server يعمل وأن DEALIX_NATS_URL صحيح.",
                ),
            )
        )
    return found


async def check_identity_provider(patient: Patient) -> list[Finding]:
    if not patient.settings.oidc_issuer:
        return [not_checked("identity_provider", "none is configured", "لا مزود هوية مهيأ")]
    wrong = await patient.hands.identity_provider()
    if not wrong:
        return [ok("identity_provider", "its discovery document is as it must be", "وثيقة مزود الهوية سليمة")]
    return [
        problem(
            "identity_provider",
            (f"nobody can sign in by it: {wrong}", f"لا يمكن الدخول عبره: {wrong}"),
            ("The console and the API refuse its people.", "ترفض اللوحة والواجهة مستخدميه."),
            (
                "Write DEALIX_OIDC_ISSUER exactly as the provider does, and see whether we reach it.",
                "اكتب DEALIX_OIDC_ISSUER كما يكتبه المزود تمامًا وتأكد من الوصول إليه.",
            ),
        )
    ]


async def check_telemetry(patient: Patient) -> list[Finding]:
    settings = patient.settings
    named = (
        settings.otel_endpoint,
        settings.otel_traces_endpoint,
        settings.otel_metrics_endpoint,
        settings.otel_logs_endpoint,
    )
    endpoints = sorted({url for url in named if url})
    if not endpoints or settings.otel_disabled:
        return [not_checked("telemetry", "no endpoint is configured", "لا وجهة قياس مهيأة")]
    found = []
    for url in endpoints:
        parts = urlsplit(url)
        port = parts.port or (_HTTPS_PORT if parts.scheme == "https" else 80)
        wrong = await patient.hands.reaches(parts.hostname or "", port)
        place = f"{parts.hostname}:{port}"
        found.append(
            ok("telemetry", f"{place} takes connections", f"يقبل {place} الاتصال")
            if not wrong
            else warning(
                "telemetry",
                (f"nobody takes connections at {place} ({wrong})", f"لا أحد يقبل الاتصال في {place} ({wrong})"),
                ("Traces and metrics are dropped; messages go on.", "تُسقط القياسات وتستمر الرسائل."),
                (
                    "See the collector, and OTEL_EXPORTER_OTLP_ENDPOINT.",
                    "راجع المجمّع و OTEL_EXPORTER_OTLP_ENDPOINT.",
                ),
            )
        )
    return found


async def check_port(patient: Patient) -> list[Finding]:
    """Our port is free, or it is Dealix that answers there."""
    host, port = patient.settings.host, patient.settings.port
    if port == 0:
        return [ok("port", "any free port is taken", "يُؤخذ أي منفذ متاح")]
    here = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 (compared, not bound)
    answer = await patient.hands.ask(f"http://{f'[{here}]' if ':' in here else here}:{port}/healthz")
    if _is_dealix(answer.body):
        return [ok("port", f"Dealix answers at {host}:{port}", f"يستجيب Dealix في {host}:{port}")]
    taken = _why_not_bound(host, port)
    if not taken:
        return [
            ok(
                "port",
                f"{host}:{port} is free: no service listens there",
                f"{host}:{port} متاح: لا خدمة تستمع عليه",
            )
        ]
    return [
        problem(
            "port",
            (f"{host}:{port} cannot be opened ({taken})", f"لا يمكن فتح {host}:{port} ({taken})"),
            ("Dealix cannot open its door.", "لا يستطيع Dealix فتح بابه."),
            (
                "End who holds it, or set DEALIX_HOST and DEALIX_PORT.",
                "أوقف من يشغله أو عيّن DEALIX_HOST و DEALIX_PORT.",
            ),
        )
    ]


def _is_dealix(body: str) -> bool:
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("status") == "alive"


def _why_not_bound(host: str, port: int) -> str:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as taken:
        return errno.errorcode.get(taken.errno or 0, type(taken).__name__)
    return ""
