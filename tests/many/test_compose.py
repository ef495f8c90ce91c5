"""The compose file names things that exist: roles, settings, services, volumes; all of it is watched."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.mongo import schema
from bot.roles import Role, read
from bot.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yml").read_text("utf-8"))


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if service.get("image") == "dealix"}


def test_there_are_two_of_each_role(compose):
    roles = {name: read([service["environment"]["DEALIX_ROLES"]]) for name, service in ours(compose).items()}

    assert sorted(role for each in roles.values() for role in each) == sorted(Role)
    assert {service["deploy"]["replicas"] for service in ours(compose).values()} == {2}


def test_every_setting_in_it_exists(compose):
    known = {field.alias for field in Settings.model_fields.values()}
    named = {name for service in ours(compose).values() for name in service["environment"]}

    assert named <= known
    assert {"MONGODB_URI", "DEALIX_NATS_URL", "DEALIX_DATA_DIR"} <= named
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert set(re.findall(r"\b((?:DEALIX|MONGODB)_\w+)=", dockerfile)) <= known


def test_whatever_stays_is_watched_and_whatever_is_named_is_there(compose):
    services = compose["services"]
    for name, service in services.items():
        assert "healthcheck" in service or name == "mongo-init", name
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(compose["networks"])
        mounted = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert mounted <= set(compose["volumes"])
    assert all("data" in volume for service in ours(compose).values() for volume in service["volumes"])


def test_database_and_broker_are_reached_from_inside_only(compose):
    assert compose["networks"]["inside"] == {"internal": True}
    for name, service in compose["services"].items():
        if service.get("image") != "dealix":
            assert service["networks"] == ["inside"], name
            assert "ports" not in service


def test_the_image_is_built_in_two_stages_and_runs_as_nobody_in_particular():
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")

    assert dockerfile.count("FROM python:3.11-slim") == 2
    assert "USER dealix" in dockerfile.split("FROM")[-1]
    copied = re.findall(r"^COPY (?!--from)([\w. \-/]+) \S+$", dockerfile, re.MULTILINE)
    assert all((ROOT / part).exists() for line in copied for part in line.split())


def test_the_page_names_every_collection_that_is_not_spread_by_its_tenant():
    page = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    table = dict(re.findall(r"^\| `(\w+)` \| `?([^|`]+?)`? \|", page, re.MULTILINE))

    others = {s.name: ", ".join(s.spread_by) for s in schema.SHELVES if s.spread_by != ("tenant_id",)}

    assert {
        name: "" if keys == "not spread" else keys for name, keys in table.items() if name in others
    } == others
