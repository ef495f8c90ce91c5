"""A server out in the world: TLS with names of its own, on this machine, saying whatever a test scripts."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes.listener import Listener

NAMES = ("files.example", "graph.example", "elsewhere.example")


class FarAway:
    """Answers GETs by path; remembers the requests it saw."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.answers: dict[str, bytes | list[bytes]] = {}
        self.pause_seconds = 0.0
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.port = 0

    async def __aenter__(self) -> "FarAway":
        certificate, key = _certificate(self._folder)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        self._listener = Listener(self._serve, context=context)
        await self._listener.start()
        self.port = self._listener.port
        self.trusting = ssl.create_default_context(cafile=str(certificate))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.stop()

    def says(self, path: str, body: bytes = b"", status: str = "200 OK", **headers: str) -> str:
        """Script a path; answers its URL at the first name."""
        named = {"content-length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        self.answers[path] = f"HTTP/1.1 {status}\r\n{head}connection: close\r\n\r\n".encode() + body
        return self.url(path)

    def drips(self, path: str, parts: list[bytes]) -> str:
        """Script a body without an end that is announced."""
        self.answers[path] = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", *parts]
        return self.url(path)

    def url(self, path: str, host: str = "files.example") -> str:
        return f"https://{host}:{self.port}{path}"

    def hosts(self, *names: str) -> tuple[str, ...]:
        return tuple(f"{name}:{self.port}" for name in names)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] if host in NAMES else []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *rest = head.rstrip().split("\r\n")
            path = line.split(" ")[1]
            self.seen.append((path, {k.casefold(): v for k, v in (one.split(": ", 1) for one in rest)}))
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            for part in answer if isinstance(answer, list) else [answer]:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(self.pause_seconds)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "far away")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in NAMES]), critical=False)
        .sign(key, hashes.SHA256())
    )
    where, secret = folder / "certificate.pem", folder / "key.pem"
    where.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return where, secret


def is_loopback(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """What stands for the public internet here."""
    return address == ipaddress.ip_address("127.0.0.1")
