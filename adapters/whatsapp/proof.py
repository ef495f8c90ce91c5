"""
Prove that a webhook comes from who it says.

Rule 1: secrets are compared as bytes in constant time, and no spelling of a header can make that raise.
Rule 2: a refusal names the setting to look at, never the secret or what was sent.
"""

import hashlib
import hmac
import re

from bot.errors import BadSignature, Misconfigured

_PRINTABLE_ASCII = re.compile(r"[!-~]+")


def same_secret(given: str, wanted: str) -> bool:
    """Compare what a caller gave with what we expect; an empty expectation matches nothing."""
    # Web servers hand headers over as latin-1, so a secret in Arabic arrives in one of two spellings.
    as_text = given.encode("utf-8", "surrogatepass")
    as_header = given.encode("latin-1", "replace")
    expected = wanted.encode("utf-8", "surrogatepass")
    return bool(expected) & (hmac.compare_digest(as_text, expected) | hmac.compare_digest(as_header, expected))


def same_signature(given: str, secret: bytes, body: bytes) -> bool:
    """Check a `sha256=<hex>` signature over the raw bytes of a body."""
    expected = "sha256=" + sign(secret, body)
    return hmac.compare_digest(given.strip().encode("utf-8", "surrogatepass"), expected.encode("ascii"))


def sign(secret: bytes, body: bytes) -> str:
    """Give the hex HMAC-SHA256 of a body."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def refusal(setting: str) -> BadSignature:
    """Give the error for a caller whose proof is missing or wrong."""
    return BadSignature(
        f"The webhook's secret or signature is missing or wrong. Compare the provider's page with {setting}.",
        f"السر أو التوقيع المرفق مع الطلب مفقود أو خاطئ. قارن صفحة المزوّد مع الإعداد {setting}.",
    )


def usable_token(value: str, setting: str) -> str:
    """
    Give a credential fit for a URL or a header.

    Raises: Misconfigured, when it is empty or holds a space or a letter that cannot be sent.
    """
    token = value.strip()
    if not _PRINTABLE_ASCII.fullmatch(token):
        raise Misconfigured(
            f"{setting} is empty or holds spaces or letters that no token has. Copy it again.",
            f"الإعداد {setting} فارغ أو فيه مسافات أو أحرف لا توجد في أي رمز. انسخه من جديد.",
        )
    return token
