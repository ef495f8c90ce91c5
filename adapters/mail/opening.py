"""Opens the mail server of an installation from its settings."""

from collections.abc import Callable
from datetime import datetime

from adapters.mail.smtp import SmtpMail, SmtpServer
from bot.mail.port import Mailbox
from bot.settings import Settings


def mailbox_of(settings: Settings, now: Callable[[], datetime]) -> Mailbox | None:
    """None where none is configured."""
    if not settings.smtp_host:
        return None
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.mail_from,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        security=settings.smtp_security,
    )
    return Mailbox(settings.meetings_tenant, SmtpMail(server, now), settings.mail_from)
