"""The articles and questions of this folder, and the hands that write, submit and approve over HTTP."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bot.knowledge.papers import Paper, read_paper
from flows.plain_yaml import read
from tests.house.running import RunningHouse

HERE = Path(__file__).parent
URL = "/api/v1/knowledge"


def papers() -> list[Paper]:
    """Every article of the folder."""
    return [read_paper(path) for path in sorted((HERE / "articles").glob("*.md"))]


def questions() -> dict[str, list[Any]]:
    """Group -> [question, article], and under `nothing` what none of them answers."""
    return dict(read((HERE / "questions.yml").read_text(encoding="utf-8")))  # type: ignore[arg-type]


class Desk:
    """Noura writes, Sami approves."""

    def __init__(self, house: RunningHouse) -> None:
        self._house = house
        self.noura = house.token("rules_editor", "Noura")
        self.sami = house.token("approver", "Sami")

    async def asks(self, method: str, path: str, who: dict[str, str], **more: Any) -> httpx.Response:
        return await self._house.http.request(method, f"{URL}{path}", headers=who, **more)

    async def writes(self, **more: Any) -> dict[str, Any]:
        made = await self.asks("POST", "/articles", self.noura, json=article(**more))
        assert made.status_code == 201, made.text
        return made.json()

    async def publishes(self, **more: Any) -> dict[str, Any]:
        """Write, submit and approve."""
        made = await self.writes(**more)
        return await self.lets_answer(made["id"])

    async def lets_answer(self, article_id: str) -> dict[str, Any]:
        submitted = await self.asks("POST", f"/articles/{article_id}/submit", self.noura)
        assert submitted.status_code == 200, submitted.text
        approved = await self.asks("POST", f"/articles/{article_id}/approve", self.sami)
        assert approved.status_code == 200, approved.text
        return approved.json()


def article(**more: Any) -> dict[str, Any]:
    """A body that can be approved."""
    name = uuid4().hex[:8]
    return {
        "id": f"a-{name}",
        "ar": {"title": f"عنوان {name}", "body": f"نص {name}"},
        "en": {"title": f"title {name}", "body": f"text {name}"},
        "source": "the handbook",
        "owner": "Noura",
        **more,
    }
