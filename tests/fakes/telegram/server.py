"""
A fake Telegram: a real HTTP server that speaks the Bot API to the bot, with people in it for the tests.

    async with FakeTelegram() as telegram:
        sami = telegram.person(1001, "Sami")
        ... start Dealix with TELEGRAM_API_URL=telegram.url and TELEGRAM_BOT_TOKEN=telegram.token ...
        card = await sami.sees("بانتظار قرارك")          # waits until a message says so
        popup = await sami.taps("approve", on=card)       # waits for the answer of the tap
        await sami.sees("وصلت", on=card)                  # the same message, edited
        await sami.taps("edit"); await sami.replies("نص جديد")
        await sami.types("/queue")

        telegram.goes_down(); telegram.comes_back()       # connections break
        telegram.has_trouble("retry_after", method="sendMessage", times=1, seconds=2)
        telegram.has_trouble("html", times=3)             # a proxy's 502 page
        telegram.has_trouble("drop_answer", method="sendMessage", times=1)   # done, but nobody hears it
        sami.blocks(); stranger = telegram.person(666, "X"); telegram.person(2, "Y", started=False)
        telegram.replays(popup.update)                    # the same update, delivered again

Rule 1: it refuses what Telegram refuses: bad markup, long texts, long button data, needless edits, closed chats.
Rule 2: it lives outside the bot: kill the bot, and chats, messages and unconfirmed updates are kept.

By hand or from another process: `python -m tests.fakes.telegram --port 8081`, then
    GET  /_/chats/1001            its messages          POST /_/chats/1001        {"name": "Sami"}
    POST /_/chats/1001/taps       {"button": "approve", "message_id": 7?}   answers the popup
    POST /_/chats/1001/types      {"text": "/queue"}
    POST /_/chats/1001/replies    {"text": "...", "to": 7?}
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.fakes.telegram.methods import BOT_ID, Methods, Refusal
from tests.fakes.telegram.people import Person
from tests.fakes.telegram.state import Call, Chat, ShownMessage, World, seconds

HTML_502 = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(slots=True)
class Trouble:
    """Something that goes wrong, for some calls, some times."""

    how: str
    """`down | html | retry_after | server_error | conflict | drop_answer`"""
    method: str = ""
    """Empty for every method."""
    chat_id: int = 0
    times: int = 1_000_000
    seconds: float = 1

    def concerns(self, call: Call) -> bool:
        return (
            self.times > 0
            and self.method in ("", call.method)
            and self.chat_id in (0, int(call.params.get("chat_id", 0)))
        )


class FakeTelegram:
    """One bot, its chats, and everything that can go wrong on the way."""

    def __init__(self, token: str = f"{BOT_ID}:TEST-TOKEN", port: int = 0) -> None:
        self.token = token
        self.url = ""
        self.world = World()
        self._port = port
        self._methods = Methods(self.world)
        self._troubles: list[Trouble] = []
        self._polls = 0
        self._runner: web.AppRunner | None = None
        self._courier: asyncio.Task[None] | None = None

    async def start(self) -> Self:
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_route("*", "/_/chats/{chat}", self._chat)
        app.router.add_post("/_/chats/{chat}/{verb}", self._verb)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._courier = asyncio.create_task(self._deliver(), name="telegram courier")
        return self

    async def stop(self) -> None:
        if self._courier:
            self._courier.cancel()
            await asyncio.gather(self._courier, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def person(self, chat_id: int, name: str, *, started: bool = True) -> Person:
        """Somebody with Telegram; not started means that they never wrote to the bot."""
        chat = self.world.chats.setdefault(chat_id, Chat(chat_id, name, started))
        return Person(self.world, chat)

    @property
    def calls(self) -> list[Call]:
        return self.world.calls

    def has_trouble(
        self, how: str, *, method: str = "", chat_id: int = 0, times: int = 1_000_000, seconds: float = 1
    ) -> Trouble:
        trouble = Trouble(how, method, chat_id, times, seconds)
        self._troubles.append(trouble)
        return trouble

    def goes_down(self) -> None:
        self.has_trouble("down")
        self.world.ring()

    def comes_back(self) -> None:
        """End every trouble."""
        self._troubles.clear()

    def replays(self, update: dict[str, Any]) -> None:
        self.world.push_again(update)

    def pushes(self, event: dict[str, Any]) -> dict[str, Any]:
        """Any update at all, for instance from a group."""
        return self.world.push(event)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.match_info["method"], await _params(request), seconds())
        self.world.calls.append(call)
        if request.match_info["token"] != self.token:
            return _refuse(Refusal(401, "Unauthorized"))
        trouble = next((t for t in self._troubles if t.concerns(call)), None)
        if trouble is not None:
            trouble.times -= 1
            if trouble.how != "drop_answer":
                return _troubled(trouble, request)
        try:
            result = await self._get_updates(call) if call.method == "getUpdates" else self._do(call)
        except Refusal as refusal:
            return _refuse(refusal)
        if trouble is not None:
            return _hang_up(request)
        return web.json_response({"ok": True, "result": result})

    def _do(self, call: Call) -> Any:
        return self._methods.do(call.method, call.params)

    async def _get_updates(self, call: Call) -> list[dict[str, Any]]:
        if self.world.webhook:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it",
            )
        self._polls += 1
        mine = self._polls
        self.world.ring()  # whoever polls already must notice that another one came
        offset = int(call.params.get("offset") or 0)
        self.world.updates = [u for u in self.world.updates if u["update_id"] >= offset]
        deadline = seconds() + float(call.params.get("timeout") or 0)
        while True:
            if mine != self._polls:
                raise Refusal(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            if self.world.updates or seconds() >= deadline or self._is_down:
                return self.world.updates[:100]
            await self.world.changes(deadline - seconds())

    @property
    def _is_down(self) -> bool:
        return any(t.how == "down" and not t.method for t in self._troubles)

    async def _deliver(self) -> None:
        """Bring updates to the webhook, again and again until it says 2xx."""
        async with aiohttp.ClientSession() as session:
            while True:
                hook = self.world.webhook
                if not (hook and self.world.updates):
                    await self.world.changes(60)
                    continue
                headers = {"X-Telegram-Bot-Api-Secret-Token": hook.get("secret_token", "")}
                try:
                    async with session.post(hook["url"], json=self.world.updates[0], headers=headers) as answer:
                        is_taken = answer.status < 300
                except aiohttp.ClientError:
                    is_taken = False
                if is_taken:
                    del self.world.updates[0]
                else:
                    await asyncio.sleep(0.1)

    async def _chat(self, request: web.Request) -> web.Response:
        chat_id = int(request.match_info["chat"])
        if request.method == "POST":
            self.person(chat_id, (await request.json()).get("name", "Sami"))
        chat = self.world.chats.get(chat_id)
        messages = [m for m in chat.messages if not m.is_deleted] if chat else []
        return web.json_response([_plain(message) for message in messages])

    async def _verb(self, request: web.Request) -> web.Response:
        person = self.person(int(request.match_info["chat"]), "Sami")
        body = await request.json()
        wanted = self.world.message(person.chat.id, int(body.get("message_id") or body.get("to") or 0))
        match request.match_info["verb"]:
            case "taps":
                popup = await person.taps(body["button"], on=wanted)
                return web.json_response({"text": popup.text, "is_alert": popup.is_alert})
            case "types":
                return web.json_response(await person.types(body["text"]))
            case "replies":
                return web.json_response(await person.replies(body["text"], to=wanted))
            case verb:
                raise web.HTTPNotFound(text=f"no verb {verb}")


async def _params(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    form = await request.post()
    return {**request.query, **{name: str(value) for name, value in form.items()}}


def _refuse(refusal: Refusal) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.code)


def _troubled(trouble: Trouble, request: web.Request) -> web.StreamResponse:
    match trouble.how:
        case "html":
            return web.Response(status=502, text=HTML_502, content_type="text/html")
        case "retry_after":
            after = max(1, round(trouble.seconds))
            return _refuse(Refusal(429, f"Too Many Requests: retry after {after}", retry_after=after))
        case "server_error":
            return _refuse(Refusal(500, "Internal Server Error"))
        case "conflict":
            return _refuse(Refusal(409, "Conflict: terminated by other getUpdates request"))
        case "down":
            return _hang_up(request)
        case how:
            raise ValueError(f"no trouble of the kind {how!r}")


def _hang_up(request: web.Request) -> web.Response:
    """The caller sees a broken connection and cannot know what was done."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _plain(message: ShownMessage) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "text": message.text,
        "html": message.html,
        "buttons": json.loads(json.dumps(message.keyboard)),
        "force_reply": message.force_reply,
        "reply_to": message.reply_to,
        "before": message.before,
    }
