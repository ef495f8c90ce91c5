"""
The bot as a textbook writes it: FastAPI, PyMongo, python-statemachine, and one document for each thing.

It is durable, and it is ours: no public bot of this kind can be installed from the lock file. Six round trips
a message: remember the event, read the contact, write its stage, put the answer into the outbox, read it back
as the sender would, and mark it sent. It holds no order between messages of one contact, asks no human, keeps
no history, and leaves behind whatever a crash cuts off. Run by `python -m bench scale`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from pymongo import AsyncMongoClient
from pymongo.errors import DuplicateKeyError
from statemachine import State, StateMachine

SENDS_TO = os.environ["GREEN_API_URL"] + "/waInstance1/sendMessage/token"


class Talk(StateMachine):
    """Where a lead stands; every message moves it on."""

    greeted = State(initial=True)
    asked = State()
    qualified = State()
    message = greeted.to(asked) | asked.to(qualified) | qualified.to.itself()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    mongo: Any = AsyncMongoClient(os.environ["MONGODB_URI"], tz_aware=True)
    app.state.rows = mongo["textbook"]
    await app.state.rows.events.create_index("message_id", unique=True)
    await app.state.rows.contacts.create_index("chat", unique=True)
    async with httpx.AsyncClient() as client:
        app.state.client = client
        yield
    await mongo.close()


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


@app.post("/webhooks/green_api")
async def receive(request: Request) -> dict[str, str]:
    body, rows, now = await request.json(), app.state.rows, datetime.now(UTC)
    chat, text = body["senderData"]["chatId"], body["messageData"]["textMessageData"]["textMessage"]
    try:
        await rows.events.insert_one({"message_id": body["idMessage"], "body": body, "at": now})
    except DuplicateKeyError:
        return {"status": "repeated"}
    contact = await rows.contacts.find_one({"chat": chat}) or {"stage": "greeted", "said": 0}
    talk = Talk(start_value=contact["stage"])
    talk.send("message")
    moved = {
        "$set": {"stage": talk.current_state_value, "at": now},
        "$inc": {"said": 1},
        "$push": {"texts": text},
    }
    await rows.contacts.update_one({"chat": chat}, moved, upsert=True)
    answer = f"شكرا لك، هذه رسالتك رقم {contact['said'] + 1}"
    made = await rows.outbox.insert_one({"chat": chat, "text": answer, "status": "queued", "at": now})
    waiting = await rows.outbox.find_one({"_id": made.inserted_id})
    message = {"chatId": waiting["chat"], "message": waiting["text"]}
    sent = await app.state.client.post(SENDS_TO, json=message)
    sent.raise_for_status()
    result = {"$set": {"status": "sent", "provider_id": sent.json()["idMessage"]}}
    await rows.outbox.update_one({"_id": made.inserted_id}, result)
    return {"status": "answered"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["DEALIX_PORT"]), access_log=False, log_level="warning")
