"""The templates of the fake Meta account, and what Meta says of a send that names one."""

import re
from dataclasses import dataclass, replace
from typing import Any

_BLANK = re.compile(r"\{\{(\d+)\}\}")
_REFUSED = {"PAUSED": "132015", "DISABLED": "132016", "REJECTED": "132001", "PENDING": "132001"}


@dataclass(frozen=True, slots=True)
class MetaTemplate:
    """One template as the account holds it."""

    name: str
    language: str
    body: str
    footer: str = ""
    status: str = "APPROVED"
    category: str = "UTILITY"
    buttons: bool = False

    @property
    def numbers(self) -> int:
        return len(set(_BLANK.findall(self.body)))

    def row(self) -> dict[str, Any]:
        components: list[dict[str, Any]] = [{"type": "BODY", "text": self.body}]
        if self.footer:
            components.append({"type": "FOOTER", "text": self.footer})
        if self.buttons:
            components.append({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}]})
        return {
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "components": components,
            "id": f"{self.name}-{self.language}",
        }

    def filled(self, values: list[str]) -> str:
        body = _BLANK.sub(lambda blank: values[int(blank[1]) - 1], self.body)
        return f"{body}\n\n{self.footer}" if self.footer else body


class Shelf:
    """What the account holds; it stays when the fake is cleared."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], MetaTemplate] = {}

    def hold(self, template: MetaTemplate) -> None:
        self._held[template.name, template.language] = template

    def turn(self, name: str, status: str) -> None:
        """All languages of a template get another status."""
        for key, held in self._held.items():
            if held.name == name:
                self._held[key] = replace(held, status=status)

    def drop(self, name: str) -> None:
        self._held = {key: held for key, held in self._held.items() if held.name != name}

    def page(self, after: str, limit: int) -> dict[str, Any]:
        rows = [held.row() for held in self._held.values()]
        start = int(after or 0)
        end = start + limit
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(rows):
            paging["next"] = "https://graph.example/next"
        return {"data": rows[start:end], "paging": paging}

    def read(self, content: Any) -> tuple[str, str]:
        """(words, code of the refusal): one of them is empty."""
        if not isinstance(content, dict):
            return "", "100"
        code = content.get("language", {}).get("code", "")
        held = self._held.get((content.get("name", ""), code))
        if held is None:
            return "", "132001"
        if held.status != "APPROVED":
            return "", _REFUSED[held.status]
        body = next((c for c in content.get("components", []) if c.get("type") == "body"), {"parameters": []})
        values = [parameter.get("text") for parameter in body["parameters"] if parameter.get("type") == "text"]
        if len(values) != held.numbers or len(values) != len(body["parameters"]):
            return "", "132000"
        if any(not isinstance(v, str) or not v or re.search(r"[\n\t]| {5,}", v) for v in values):
            return "", "132012"
        return held.filled(values), ""
