"""The methods of the Bot API that the approval bot uses, with the refusals that Telegram would give."""

import json
from typing import Any

from tests.fakes.telegram.markup import BadMarkup, units, visible
from tests.fakes.telegram.state import Chat, ShownMessage, World, seconds

BOT_ID = 123456
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "Approvals", "username": "approvals_bot"}


class Refusal(Exception):
    """Telegram says no."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class Methods:
    """What each method does to the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def do(self, method: str, params: dict[str, Any]) -> Any:
        """Answers the result. Raises Refusal."""
        deed = getattr(self, f"_{method}", None)
        if deed is None:
            raise Refusal(404, "Not Found: method not found")
        return deed(params)

    def _getMe(self, _params: dict[str, Any]) -> Any:
        return {**BOT, "can_join_groups": False}

    def _getWebhookInfo(self, _params: dict[str, Any]) -> Any:
        return {"url": self._world.webhook.get("url", ""), "pending_update_count": len(self._world.updates)}

    def _getChat(self, params: dict[str, Any]) -> Any:
        chat = self._world.chats.get(int(params["chat_id"]))
        if chat is None or not chat.started:
            raise Refusal(400, "Bad Request: chat not found")
        return {"id": chat.id, "type": "private"}

    def _setMyCommands(self, params: dict[str, Any]) -> Any:
        if not all(1 <= len(entry["description"]) <= 256 for entry in json.loads(params["commands"])):
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        return True

    def _setWebhook(self, params: dict[str, Any]) -> Any:
        self._world.webhook = dict(params)
        self._world.ring()
        return True

    def _deleteWebhook(self, params: dict[str, Any]) -> Any:
        self._world.webhook = {}
        if params.get("drop_pending_updates") == "true":
            self._world.updates.clear()
        return True

    def _sendMessage(self, params: dict[str, Any]) -> Any:
        chat = self._open_chat(params)
        markup = json.loads(params.get("reply_markup") or "{}")
        text, shown = _read(params)
        reply = json.loads(params.get("reply_parameters") or "{}")
        message = ShownMessage(
            chat_id=chat.id,
            message_id=self._world.message_id(),
            html=text,
            text=shown,
            keyboard=_keyboard(markup),
            force_reply=bool(markup.get("force_reply")),
            reply_to=reply.get("message_id"),
            sent_at=seconds(),
        )
        chat.messages.append(message)
        self._world.ring()
        return as_message(message, chat)

    def _editMessageText(self, params: dict[str, Any]) -> Any:
        message, chat = self._message(params)
        text, shown = _read(params)
        keyboard = _keyboard(json.loads(params.get("reply_markup") or "{}"))
        if (message.text, message.keyboard) == (shown, keyboard):
            raise Refusal(400, NOT_MODIFIED)
        message.before.append(message.text)
        message.html, message.text, message.keyboard = text, shown, keyboard
        self._world.ring()
        return as_message(message, chat)

    def _editMessageReplyMarkup(self, params: dict[str, Any]) -> Any:
        message, chat = self._message(params)
        keyboard = _keyboard(json.loads(params.get("reply_markup") or "{}"))
        if message.keyboard == keyboard:
            raise Refusal(400, NOT_MODIFIED)
        message.keyboard = keyboard
        self._world.ring()
        return as_message(message, chat)

    def _deleteMessage(self, params: dict[str, Any]) -> Any:
        message, _ = self._message(params, "message to delete not found")
        message.is_deleted = True
        self._world.ring()
        return True

    def _answerCallbackQuery(self, params: dict[str, Any]) -> Any:
        query_id, text = params["callback_query_id"], params.get("text", "")
        known = any(u.get("callback_query", {}).get("id") == query_id for u in self._world.history)
        if not known:
            raise Refusal(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        if len(text) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        self._world.popups[query_id] = (text, params.get("show_alert") == "true")
        self._world.ring()
        return True

    def _open_chat(self, params: dict[str, Any]) -> Chat:
        chat = self._world.chats.get(int(params["chat_id"]))
        if chat is None:
            raise Refusal(400, "Bad Request: chat not found")
        if not chat.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        if chat.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        return chat

    def _message(
        self, params: dict[str, Any], missing: str = "message to edit not found"
    ) -> tuple[ShownMessage, Chat]:
        chat = self._open_chat(params)
        message = self._world.message(chat.id, int(params["message_id"]))
        if message is None:
            raise Refusal(400, f"Bad Request: {missing}")
        return message, chat


NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def as_message(message: ShownMessage, chat: Chat) -> dict[str, Any]:
    """The message object that Telegram returns and puts into taps and replies."""
    shown: dict[str, Any] = {
        "message_id": message.message_id,
        "from": BOT,
        "chat": {"id": chat.id, "type": "private", "first_name": chat.name},
        "date": 1_769_800_000 + message.message_id,
        "text": message.text,
    }
    if message.keyboard:
        shown["reply_markup"] = {"inline_keyboard": message.keyboard}
    return shown


def _read(params: dict[str, Any]) -> tuple[str, str]:
    text = params.get("text", "")
    try:
        shown = visible(text) if params.get("parse_mode") == "HTML" else text.strip()
    except BadMarkup as bad:
        raise Refusal(400, f"Bad Request: {bad}") from bad
    if not shown:
        raise Refusal(400, "Bad Request: message text is empty")
    if units(shown) > 4096:
        raise Refusal(400, "Bad Request: message is too long")
    return text, shown


def _keyboard(markup: dict[str, Any]) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = markup.get("inline_keyboard") or []
    for button in (button for row in rows for button in row):
        if "url" in button:
            if not button["url"].startswith(("https://", "http://", "tg://")):
                raise Refusal(400, "Bad Request: BUTTON_URL_INVALID")
        elif not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        if not button.get("text"):
            raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    return rows
