"""Tokens: only ours, only now, only for the tenant that they name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from bot.access import ALGORITHM, AUDIENCE, ISSUER, Forbidden, Keyring, Unauthenticated

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def test_a_token_opens_its_own_tenant_with_its_role(tmp_path: Path) -> None:
    token = Keyring(tmp_path).issue("acme", "approver", NOW, HOUR)

    principal = Keyring(tmp_path).read(f"Bearer {token}")

    assert (principal.tenant_id, principal.role) == ("acme", "approver")
    with pytest.raises(Forbidden):
        principal.require("admin")


def test_the_key_is_for_its_owner_only_and_is_made_once(tmp_path: Path) -> None:
    first = Keyring(tmp_path).issue("a", "admin", NOW, HOUR)

    assert Keyring(tmp_path).read(f"Bearer {first}").tenant_id == "a"
    assert (tmp_path / "token.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer abc.def.ghi", "Bearer \x00"])
def test_what_is_no_token_of_ours_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(Unauthenticated):
        Keyring(tmp_path).read(header)


def test_a_token_of_another_installation_is_refused(tmp_path: Path) -> None:
    foreign = Keyring(tmp_path / "other").issue("a", "admin", NOW, HOUR)

    with pytest.raises(Unauthenticated):
        Keyring(tmp_path / "ours").read(f"Bearer {foreign}")


@pytest.mark.parametrize(
    "change",
    [
        {"exp": NOW - HOUR},
        {"aud": "somebody-else"},
        {"iss": "somebody-else"},
        {"role": "emperor"},
        {"exp": None},
        {"tenant": None},
    ],
)
def test_a_token_with_a_wrong_or_missing_claim_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    keyring = Keyring(tmp_path)
    keyring.issue("a", "admin", NOW, HOUR)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "x",
        "tenant": "a",
        "role": "admin",
        "iat": NOW,
        "exp": NOW + HOUR,
        **change,
    }
    key = (tmp_path / "token.key").read_bytes()
    token = jwt.encode({name: value for name, value in claims.items() if value is not None}, key, ALGORITHM)

    with pytest.raises(Unauthenticated):
        keyring.read(f"Bearer {token}")


def test_an_unsigned_token_is_refused(tmp_path: Path) -> None:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "x",
        "tenant": "a",
        "role": "admin",
        "iat": NOW,
        "exp": NOW + HOUR,
    }

    with pytest.raises(Unauthenticated):
        Keyring(tmp_path).read(f"Bearer {jwt.encode(claims, '', 'none')}")


@pytest.mark.parametrize("name", ["approver", "Approver", " APPROVER ", "appro\u200bver", "\uff41pprover"])
def test_a_role_is_nobodys_name_however_it_is_written(tmp_path: Path, name: str) -> None:
    keyring = Keyring(tmp_path)
    assert keyring.bearer(keyring.issue("acme", "approver", NOW, HOUR, name)).is_nameless
    assert not keyring.bearer(keyring.issue("acme", "approver", NOW, HOUR, "Noura")).is_nameless
