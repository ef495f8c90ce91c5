"""
An OpenID provider on a port of its own: discovery, keys, the page to sign in, and codes turned into id tokens.

It can misbehave: `rotates()`, `is_slow`, `alters` (claims of the next id tokens), `lists` (more in its list of
keys), `calls_itself` (another issuer), `takes_codes_twice`, and `stop()`.
"""

from tests.fakes.oidc.server import CLIENT_ID, CLIENT_SECRET, FakeOidc

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "FakeOidc"]
