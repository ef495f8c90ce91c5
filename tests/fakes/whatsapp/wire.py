"""A request and a reply on the wire, as the fake providers see them."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read to its end."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def form(self) -> dict[str, str]:
        """Give the fields of an urlencoded form; nothing when the body is something else."""
        if self.content_type != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> dict[str, Any] | None:
        """Give the JSON object of the body, None when it is not one or is not declared as one."""
        try:
            tree = json.loads(self.body) if self.content_type == "application/json" else None
        except ValueError:
            return None
        return tree if isinstance(tree, dict) else None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def as_json(tree: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(tree, ensure_ascii=False).encode(), headers=named)


def as_html(title: str, status: int) -> Reply:
    return Reply(status, f"<html><head><title>{title}</title></head></html>".encode(), "text/html")
