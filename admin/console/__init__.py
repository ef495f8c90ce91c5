"""Web pages for the people of a tenant."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI


def mount(app: FastAPI, house: Callable[[], Any]) -> None:
    """Add the pages to the application; `house` answers None until everything is ready."""
