"""Tenants and channels: from the environment, or from a file, or a refusal that says what to change."""

from pathlib import Path

import pytest

from bot.errors import Misconfigured
from bot.settings import Settings
from bot.tenants import configured, secrets_of

FILE = """
tenants:
  - id: acme
    name: Acme
    approvers: [7]
    channels:
      - {id: acme_green, provider: green_api, instance_id: "7105", token: "${ACME_TOKEN}"}
  - id: zed
    name: Zed
    channels:
      - {id: zed_fonnte, provider: fonnte, token: "${ZED_TOKEN}"}
"""


OWN = FILE.replace(
    "    approvers: [7]\n",
    '    approvers: [7]\n    database: {uri: "mongodb://acme:${ACME_TOKEN}@db.example:27017/", name: acme_db}\n',
)


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]


def test_nothing_configured_means_one_tenant_with_a_simulated_phone() -> None:
    (tenant,) = configured(settings())

    assert tenant.id == "default"
    assert [c.provider for c in tenant.channels] == ["simulated"]


def test_each_configured_provider_is_a_channel_of_its_name_in_the_tenants_order() -> None:
    (tenant,) = configured(
        settings(
            FONNTE_TOKEN="f-token-1",
            GREEN_API_INSTANCE_ID="7105",
            GREEN_API_TOKEN="g-token-1",
            DEALIX_CHANNEL_ORDER="fonnte,green_api",
        )
    )

    assert [c.id for c in tenant.channels] == ["fonnte", "green_api"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"GREEN_API_TOKEN": "g"}, "GREEN_API_INSTANCE_ID"),
        ({"ULTRAMSG_INSTANCE_ID": "instance1"}, "ULTRAMSG_TOKEN"),
        ({"WHATSAPP_API_TOKEN": "t"}, "WHATSAPP_PHONE_NUMBER_ID"),
        ({"TELEGRAM_BOT_TOKEN": "1:a"}, "TELEGRAM_APPROVER_IDS"),
    ],
)
def test_half_a_configuration_is_refused_with_the_missing_name(values: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        settings(**values).check()


def test_no_provider_and_no_simulator_is_refused() -> None:
    with pytest.raises(Misconfigured, match="DEALIX_SIMULATOR"):
        configured(settings(DEALIX_SIMULATOR="off"))


def test_a_file_brings_several_tenants_with_secrets_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yml"
    file.write_text(FILE, encoding="utf-8")

    tenants = configured(
        settings(DEALIX_TENANTS_FILE=file), {"ACME_TOKEN": "acme-secret", "ZED_TOKEN": "zed-secret"}
    )

    assert [(t.id, t.channels[0].id) for t in tenants] == [("acme", "acme_green"), ("zed", "zed_fonnte")]
    assert secrets_of(tenants) == ("acme-secret", "zed-secret")
    assert "acme-secret" not in repr(tenants)


def test_a_tenant_may_have_a_database_of_its_own_whose_password_is_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yml"
    file.write_text(OWN, encoding="utf-8")

    acme, zed = configured(settings(DEALIX_TENANTS_FILE=file), {"ACME_TOKEN": "p%40ss", "ZED_TOKEN": "z"})

    assert acme.database is not None
    assert (acme.database.name, zed.database) == ("acme_db", None)
    assert {"p%40ss", "p@ss", "mongodb://acme:p%40ss@db.example:27017/"} <= set(secrets_of([acme]))
    assert "p%40ss" not in repr(acme)


@pytest.mark.parametrize(
    "shared",
    [
        {"MONGODB_URI": "mongodb://house:h@DB.example:27017/", "MONGODB_DATABASE": "acme_db"},
        {"MONGODB_URI": "mongodb://DB.example:27017", "MONGODB_DATABASE": "acme_db"},
    ],
)
def test_a_database_of_ones_own_is_not_everybodys(tmp_path: Path, shared: dict[str, str]) -> None:
    file = tmp_path / "tenants.yml"
    file.write_text(OWN, encoding="utf-8")

    with pytest.raises(Misconfigured, match="already that of everybody"):
        configured(settings(DEALIX_TENANTS_FILE=file, **shared), {"ACME_TOKEN": "p", "ZED_TOKEN": "z"})


def test_two_tenants_do_not_share_one_tenants_database(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yml"
    taken = '    name: Zed\n    database: {uri: "mongodb://zed:y@db.example:27017", name: acme_db}\n'
    file.write_text(OWN.replace("    name: Zed\n", taken), encoding="utf-8")

    with pytest.raises(Misconfigured, match="acme_db of zed is already that of acme"):
        configured(settings(DEALIX_TENANTS_FILE=file), {"ACME_TOKEN": "p", "ZED_TOKEN": "z"})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (FILE.replace("${ZED_TOKEN}", "${NOBODY_SET_THIS}"), "NOBODY_SET_THIS"),
        (FILE.replace("zed_fonnte", "acme_green"), "acme_green is configured twice"),
        (FILE.replace("provider: fonnte", "provider: carrier_pigeon"), "provider"),
        (FILE.replace("name: Zed", "nome: Zed"), "nome"),
        (FILE + "    public_price: {ar: ريال}\n", "public price in ar and in en"),
        (OWN.replace("mongodb://", "postgres://"), "mongodb://"),
        (OWN.replace("acme_db", "acme.db"), "database.name"),
        (OWN.replace(", name: acme_db", ""), "database.name"),
        ("tenants: [", "not YAML"),
        ("tenants: []", "tenants"),
    ],
)
def test_a_mistake_in_the_file_is_refused_with_its_place(tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / "tenants.yml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(Misconfigured, match=complaint):
        configured(settings(DEALIX_TENANTS_FILE=file), {"ACME_TOKEN": "a", "ZED_TOKEN": "z"})
