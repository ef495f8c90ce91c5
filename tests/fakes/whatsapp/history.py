"""
What providers remember of what contacts wrote, for their history endpoints; written down here from the webhook
that a test builds, whether it is posted or not.

    hook = bodies.text("green_api", "كم السعر؟", phone=..., message_id=..., at=now)
    fake.keeps("green_api", hook)        # the provider has it; whether its webhook comes is the test's business

Green API keeps two flat journals (green-api.com/en/docs/api/journals), Ultramsg a list of chats and the messages
of each. Fonnte and Meta keep nothing that could be asked for.
"""

import json
from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]

KEEPERS = ("green_api", "ultramsg")


class History:
    """What contacts wrote, by provider, in the rows that its endpoints answer."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {provider: [] for provider in KEEPERS}

    def keep(self, provider: str, body: bytes) -> None:
        """Remember what a webhook says."""
        if provider not in KEEPERS:
            raise ValueError(f"{provider} keeps no record of what contacts wrote")
        told = json.loads(body)
        self._rows[provider].append(_journal_row(told) if provider == "green_api" else dict(told["data"]))

    def clear(self) -> None:
        for rows in self._rows.values():
            rows.clear()

    def journal(self, since: float) -> list[Row]:
        """Green API: the incoming messages since a time, newest first."""
        rows = [row for row in self._rows["green_api"] if row["timestamp"] >= since]
        return sorted(rows, key=lambda row: -row["timestamp"])

    def of_chat(self, chat_id: str, limit: int) -> list[Row]:
        """Ultramsg: the latest messages of a chat, newest first."""
        rows = [row for row in self._rows["ultramsg"] if row["from"] == chat_id]
        return sorted(rows, key=lambda row: -row["time"])[:limit]

    def chats(self) -> list[Row]:
        """Ultramsg: every chat with the time of its last message."""
        last: dict[str, Row] = {}
        for row in self._rows["ultramsg"]:
            known = last.get(row["from"])
            if known is None or known["last_time"] < row["time"]:
                name = row.get("pushname", "")
                last[row["from"]] = {"id": row["from"], "name": name, "isGroup": False, "last_time": row["time"]}
        return sorted(last.values(), key=lambda row: -row["last_time"])


def _journal_row(told: Mapping[str, Any]) -> Row:
    """A journal is flat where a notification nests."""
    sender, data = told["senderData"], told["messageData"]
    row: Row = {
        "type": "incoming",
        "idMessage": told["idMessage"],
        "timestamp": told["timestamp"],
        "typeMessage": data["typeMessage"],
        "chatId": sender["chatId"],
        "senderId": sender["sender"],
        "senderName": sender.get("senderName", ""),
    }
    row |= {name: part for name, part in data.items() if isinstance(part, Mapping) and not name.endswith("Data")}
    row |= data.get("textMessageData", {}) | data.get("fileMessageData", {})
    if "extendedTextMessageData" in data:
        row["extendedTextMessage"] = data["extendedTextMessageData"]
    if "locationMessageData" in data:
        row["location"] = data["locationMessageData"]
    if "contactMessageData" in data:
        row["contact"] = data["contactMessageData"]
    return row
