"""
The simplest bot that could be written: FastAPI, a dict, one HTTP call; nothing survives it.

It shows what the language, the web framework and the HTTP client cost by themselves. Run by `python -m bench`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request

SENDS_TO = os.environ["GREEN_API_URL"] + "/waInstance1/sendMessage/token"

conversations: dict[str, dict[str, Any]] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient() as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


@app.post("/webhooks/green_api")
async def receive(request: Request) -> dict[str, str]:
    body = await request.json()
    chat = body["senderData"]["chatId"]
    conversation = conversations.setdefault(chat, {"seen": set(), "said": []})
    if body["idMessage"] in conversation["seen"]:
        return {"status": "repeated"}
    conversation["seen"].add(body["idMessage"])
    conversation["said"].append(body["messageData"]["textMessageData"]["textMessage"])
    answer = {"chatId": chat, "message": f"شكرا لك، هذه رسالتك رقم {len(conversation['said'])}"}
    sent = await app.state.client.post(SENDS_TO, json=answer)
    sent.raise_for_status()
    return {"status": "answered"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["DEALIX_PORT"]), access_log=False, log_level="warning")
