"""
Who asks, for which tenant, and in which roles.

Rule 1: the tenant comes from the credential, never from a parameter.
Rule 2: algorithm, issuer, audience and expiry are pinned; a credential without them is none.
Rule 3: a credential opens one door: what opens the console does not open the API, and a link that lets somebody
        in is no session.
Rule 4: who somebody is and whether they still may is read from the tenant's users, at most a second old; what a
        token says about a known person is not believed over it.

    principal.py    who asks, the roles, and the refusals
    keyring.py      tokens, sessions and links signed with the key of this installation
    machine_keys.py keys of machines: hashed, scoped, revocable
    provider.py     tokens of an OpenID provider: its keys, and what its claims mean here
    turnstile.py    how often somebody may ask, and how often somebody may be wrong
    reception.py    all of them at one desk
"""

from bot.access.keyring import (
    ALGORITHM,
    AUDIENCE,
    CONSOLE_AUDIENCE,
    ISSUER,
    LOGIN_AUDIENCE,
    LOGIN_LASTS,
    SESSION_LASTS,
    Keyring,
    Login,
    Session,
)
from bot.access.principal import (
    LONGEST_NAME,
    MACHINE_ROLES,
    ROLES,
    Forbidden,
    LockedOut,
    OutOfScope,
    Principal,
    ProviderAway,
    PutOut,
    TooMany,
    Unauthenticated,
    console_human,
)

__all__ = [
    "ALGORITHM",
    "AUDIENCE",
    "CONSOLE_AUDIENCE",
    "ISSUER",
    "LOGIN_AUDIENCE",
    "LOGIN_LASTS",
    "LONGEST_NAME",
    "MACHINE_ROLES",
    "ROLES",
    "SESSION_LASTS",
    "Forbidden",
    "Keyring",
    "LockedOut",
    "Login",
    "OutOfScope",
    "Principal",
    "ProviderAway",
    "PutOut",
    "Session",
    "TooMany",
    "Unauthenticated",
    "console_human",
]
