"""
One letter over SMTP (RFC 5321), and what the answers prove.

Rule 1: until the letter's own bytes were written, every failure proves that nothing was sent.
Rule 2: after that, only an answer with a code proves anything; silence, a cut line or a garbled answer is doubt.
Rule 3: without STARTTLS or TLS nothing is said to a server that wants a password.
Rule 4: no address and no word of a letter gets into a result or a log.
"""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Literal

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from bot.mail.letter import Letter
from bot.mail.port import MailOutcome, MailResult
from bot.ports import Health

SECONDS = 20.0

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters are handed in."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    security: Security = "starttls"
    seconds: float = SECONDS
    trust: ssl.SSLContext | None = None
    """Whom to believe; None for what the machine believes."""


class SmtpMail:
    """`bot.mail.port.Mail` over one server; a line of its own for each letter."""

    def __init__(self, server: SmtpServer, now: Callable[[], datetime]) -> None:
        self._server = server
        self._now = now

    async def send(self, letter: Letter) -> MailResult:
        began = time.monotonic()
        outcome, detail = await self._tried(letter)
        return MailResult(outcome, detail, (time.monotonic() - began) * 1_000)

    async def probe(self) -> Health:
        """Whether the server would take a letter of ours; none is handed in."""
        line = self._line()
        try:
            await self._open(line)
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPNotSupported):
            return self._health("auth_failed", "The server refuses our password.", "الخادم لا يقبل كلمة المرور.")
        except (SMTPException, OSError, ValueError) as away:
            return self._health("down", f"No answer: {type(away).__name__}.", "لا جواب من خادم البريد.")
        finally:
            line.close()
        return self._health("ok", "The server takes letters.", "الخادم يستقبل الرسائل.")

    def _health(self, state: str, english: str, arabic: str) -> Health:
        return Health(state, f"{english}\n{arabic}", self._now())

    async def _tried(self, letter: Letter) -> tuple[MailOutcome, str]:
        message = _message(letter, self._server.sender).as_bytes(policy=WIRE)
        line = self._line()
        try:
            try:
                await self._open(line)
                await line.mail(self._server.sender)
                await line.rcpt(letter.to)
            except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPNotSupported) as refused:
                return "auth_failed", type(refused).__name__
            except SMTPResponseException as answered:
                return _by_code(answered.code), str(answered.code)
            except (SMTPException, OSError, ValueError) as away:
                return "later", type(away).__name__
            try:
                await line.data(message)
            except SMTPResponseException as answered:
                # A code of its own is an answer; what cannot be read as one comes as -1.
                return (_by_code(answered.code) if answered.code >= 400 else "unknown"), str(answered.code)
            except (SMTPException, OSError, ValueError) as doubt:
                return "unknown", type(doubt).__name__
            return "accepted", "250"
        finally:
            line.close()

    def _line(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.seconds,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=server.trust,
        )

    async def _open(self, line: SMTP) -> None:
        await line.connect()
        if self._server.user:
            await line.login(self._server.user, self._server.password)


def _by_code(code: int) -> MailOutcome:
    if code in (530, 534, 535, 538):
        return "auth_failed"
    return "refused" if 500 <= code <= 599 else "later"


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = letter.message_id
    message.set_content(letter.text, cte="base64")
    if letter.calendar:
        message.add_alternative(
            letter.calendar.decode(), subtype="calendar", params={"method": letter.method}, cte="base64"
        )
    for one in letter.attachments:
        main, _, sub = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message
