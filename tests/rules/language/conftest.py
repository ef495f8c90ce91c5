"""The real book, read once for all tests of the language layer."""

import pytest

from rules.language.shelf import read_shelf
from rules.language.understanding import Understander


@pytest.fixture(scope="session")
def understander() -> Understander:
    return read_shelf()
