"""The certificate of the public address, seen as a client sees it."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.telemetry.gauges import Gauges, expiry_of_certificate

ENDS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)


@pytest.fixture
def shown(tmp_path):
    """A certificate of 127.0.0.1 and its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "d")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(ENDS - timedelta(days=90)).not_valid_after(ENDS)
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file = tmp_path / "shown.pem"
    file.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem) + private)
    return file


async def test_its_end_is_read_where_we_believe_it_and_nothing_is_said_where_we_do_not(shown, monkeypatch):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]

    assert await expiry_of_certificate("127.0.0.1", port) is None  # nobody vouches for it
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    assert await expiry_of_certificate("127.0.0.1", port) == ENDS
    assert await expiry_of_certificate("localhost", port) is None  # it is another host's
    server.close()
    await server.wait_closed()
    assert await expiry_of_certificate("127.0.0.1", port) is None


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://bot.example.sa/whatsapp", ("bot.example.sa", 443)),
        ("https://bot.example.sa:8443", ("bot.example.sa", 8443)),
        ("http://bot.example.sa", None),
        ("", None),
    ],
)
async def test_it_is_asked_for_twice_a_day_where_there_is_one(address, asked):
    at, calls = ENDS, []

    async def expiry_of(host, port):
        calls.append((host, port))
        return ENDS

    gauges = Gauges(None, (), {}, lambda: at, unreachable=(), public_url=address, expiry_of=expiry_of)
    for hours in (0, 1, 10, 2, 11):
        at += timedelta(hours=hours)
        await gauges.look()

    assert calls == ([asked] * 2 if asked else [])
