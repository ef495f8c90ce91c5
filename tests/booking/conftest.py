"""A running house for every test of this folder."""

from pathlib import Path

import pytest

from tests.house.fixtures import (  # noqa: F401 (fixtures are used by their names)
    house,
    in_one_loop,
    new_house,
    new_talk,
    own_house,
    sami,
    shared_house,
    talk,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_one_loop([item for item in items if Path(__file__).parent in item.path.parents])
