"""Sami decides, over HTTP like any other approver."""

from typing import Any

import httpx

from bot.conversation import Draft, Status
from tests.house.running import RunningHouse
from tests.house.talk import Talk


class Sami:
    """One approver; his verbs answer the response, and `approves` insists on success."""

    def __init__(self, house: RunningHouse, subject: str = "sami") -> None:
        self.house = house
        self.headers = house.token("approver", subject)

    async def approves(self, talk: Talk, draft: Draft | None = None) -> None:
        """Say yes to the one draft that waits, and let it go its way."""
        answer = await self.taps_approve(draft or one_held(talk))
        assert answer.status_code == 200, answer.text
        await talk.looks()

    async def taps_approve(self, draft: Draft) -> httpx.Response:
        """Say yes to a draft as it was seen, and take whatever comes back."""
        return await self._post(f"drafts/{draft.id}/approve", text_version=draft.text_version)

    async def edits(self, draft: Draft, text: str) -> httpx.Response:
        return await self._post(f"drafts/{draft.id}/edit", text_version=draft.text_version, text=text)

    async def rejects(self, draft: Draft, reason: str = "tone") -> httpx.Response:
        return await self._post(f"drafts/{draft.id}/reject", reason=reason)

    async def snoozes(self, draft: Draft, minutes: int = 15) -> httpx.Response:
        return await self._post(f"drafts/{draft.id}/snooze", minutes=minutes)

    async def says_it_arrived(self, draft: Draft) -> httpx.Response:
        return await self._post(f"drafts/{draft.id}/arrived")

    async def sends_again(self, draft: Draft) -> httpx.Response:
        return await self._post(f"drafts/{draft.id}/send-again")

    async def takes_over(self, talk: Talk) -> httpx.Response:
        return await self._post(f"conversations/{talk.conversation.id}/take-over")

    async def hands_back(self, talk: Talk) -> httpx.Response:
        return await self._post(f"conversations/{talk.conversation.id}/hand-back")

    async def writes(self, talk: Talk, text: str) -> httpx.Response:
        return await self._post(f"conversations/{talk.conversation.id}/messages", text=text)

    async def reports(self, talk: Talk, event: str) -> httpx.Response:
        """Tell the deal what really happened."""
        return await self._post(f"conversations/{talk.conversation.id}/events", event=event, evidence="a record")

    async def queue(self) -> list[dict[str, Any]]:
        answer = await self.house.http.get("/api/v1/drafts", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["drafts"])

    async def _post(self, path: str, **body: Any) -> httpx.Response:
        return await self.house.http.post(f"/api/v1/{path}", json=body, headers=self.headers)


def one_held(talk: Talk) -> Draft:
    (draft,) = talk.drafts(Status.HELD)
    return draft
