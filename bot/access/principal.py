"""
Who asks, once it is proved: a person or a machine, for one tenant, with roles.

Rule 1: one person has one id everywhere. Whoever is a user of the tenant is `user:<id>` in Telegram, on a page
        and over HTTP; only strangers to the list of users are known by the way they came.
Rule 2: a machine never has a role in which humans decide.
"""

from dataclasses import dataclass
from unicodedata import category, normalize

from bot.errors import BadRequest, DealixError
from bot.people import Human, folded

ROLES = ("admin", "approver", "rules_editor", "executive", "agent", "service", "dpo")

# What a program may be: it reports, reads, and proposes. To approve, to decide about data and to say who may do
# what is for people; that is what they are asked for.
MACHINE_ROLES = ("service", "agent", "executive", "rules_editor")

LONGEST_NAME = 60


class Unauthenticated(DealixError):
    """Nobody we know."""

    code, status = "unauthenticated", 401


class PutOut(Unauthenticated):
    """Somebody whom we knew a moment ago: they left elsewhere, or an admin put them out."""


class Forbidden(DealixError):
    """Somebody we know, who may not do this."""

    code, status = "forbidden", 403


class OutOfScope(Forbidden):
    """A key that was not made for this group of routes."""

    code = "out_of_scope"


class TooMany(DealixError):
    """Asked too often; says when to come back."""

    code, status = "too_many_requests", 429

    def __init__(self, message_en: str, message_ar: str, retry_after_seconds: int) -> None:
        super().__init__(message_en, message_ar)
        self.details = {"retry_after_seconds": max(1, retry_after_seconds)}


class LockedOut(TooMany):
    """Too many credentials that were none."""

    code = "locked_out"


class ProviderAway(DealixError):
    """The identity provider does not answer, and without it this credential cannot be judged."""

    code, status = "identity_provider_away", 503

    def __init__(self) -> None:
        super().__init__(
            "the identity provider does not answer; try again in a moment",
            "مزوّد الهوية لا يستجيب؛ حاول بعد قليل",
        )
        self.details = {"retry_after_seconds": 5}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    subject: str
    tenant_id: str
    roles: frozenset[str]
    scopes: frozenset[str] | None = None
    """The groups of routes that a machine's key opens; None for whoever may go everywhere its roles allow."""
    person: Human | None = None
    """A user of the tenant, or a machine; None for a name in a token that is nobody's."""

    @property
    def role(self) -> str:
        """The first of the roles, for those who show one."""
        return next((role for role in ROLES if role in self.roles), "")

    @property
    def human(self) -> Human:
        """The same person as an actor: in decisions, the history and the audit log."""
        if self.person is not None:
            return self.person
        name = " ".join(self.subject.split())
        return Human(f"api:{name.casefold()}", name)

    @property
    def is_nameless(self) -> bool:
        """Whether the credential names a role and nobody in particular."""
        return self.person is None and folded(self.subject) in ROLES

    def require(self, *roles: str) -> None:
        """Raises Forbidden unless one of the roles is one of these."""
        if self.roles.isdisjoint(roles):
            have = " and ".join(role for role in ROLES if role in self.roles)
            raise Forbidden(
                f"the role {have} may not do this; it takes {' or '.join(roles)}",
                f"الدور {have} لا يملك هذه الصلاحية؛ المطلوب {' أو '.join(roles)}",
            )


def console_human(name: str) -> Human:
    """The person of this name on the console; however the name is typed, it is one person. Raises BadRequest."""
    shown = " ".join(normalize("NFC", name).split())
    if not any(sign.isalnum() for sign in shown) or len(shown) > LONGEST_NAME or any(map(_is_hidden, shown)):
        raise BadRequest(
            f"write a name of 1 to {LONGEST_NAME} letters, without signs that nobody sees",
            f"اكتب اسمًا من حرف إلى {LONGEST_NAME} حرفًا، بلا رموز خفية",
        )
    return Human(f"console:{shown.casefold()}", shown)


def _is_hidden(sign: str) -> bool:
    return category(sign) in ("Cc", "Cf", "Co", "Cs")
