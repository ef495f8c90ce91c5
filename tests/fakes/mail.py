"""A mail server: takes letters, refuses them, or hangs up at the worst moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default as modern

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PASSWORD = "right-password"


@dataclass
class FakeMail:
    """What came in, and what goes wrong."""

    port: int = 0
    letters: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    at_rcpt: str = ""
    """The answer to RCPT, empty to take it."""
    at_data: str = ""
    """The answer after the letter, empty to take it; `hang_up` and `nonsense` for none that counts."""

    async def handle_RCPT(self, server, session: Session, envelope: Envelope, address: str, _options) -> str:
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=modern))
        self.recipients += envelope.rcpt_tos
        if self.at_data == "hang_up":
            server.transport.abort()
            return "250 never heard"
        if self.at_data == "nonsense":
            server.transport.write(b"what?\r\n")
            server.transport.abort()
            return "250 never heard"
        return self.at_data or "250 taken"

    def knows(self, _server, _session, _envelope, _mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@asynccontextmanager
async def fake_mail() -> AsyncIterator[FakeMail]:
    fake = FakeMail()
    loop = asyncio.get_running_loop()
    lines: list[SMTP] = []

    def line() -> SMTP:
        made = SMTP(fake, authenticator=fake.knows, auth_require_tls=False, loop=loop, hostname="mail.test")
        lines.append(made)
        return made

    server = await loop.create_server(line, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        await server.wait_closed()
        for one in lines:
            if one.transport is not None:
                one.transport.abort()
        tasks = [one._handler_coroutine for one in lines if one._handler_coroutine is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
