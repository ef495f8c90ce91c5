"""
The two forms of the playground: a whole talk pasted in, and the talk as a test chat taken out.

Rule 1: what is copied, downloaded and added to a change is one text, and it is shown before.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments

from admin.console.draw import Part, button, gated, put
from admin.console.place import WRITES, Place
from admin.console.playground_books import Choice, change_of
from admin.console.playground_chat import chat_yaml
from admin.console.playground_talk import Talk
from admin.console.times import RIYADH
from bot.workbench.chat_reader import FOLDER, MOST_STEPS

# A title that fits on a line; the rest of a long first message says nothing more.
TITLE_LETTERS = 60


@dataclass(frozen=True, slots=True)
class _Face:
    form: str
    """`"" | paste | chat`"""
    text: str = ""
    path: str = ""
    to_change: str = ""
    """The title of the change that the chat can be added to."""


class AskPanel:
    """A form between the choices and the phones; one at a time, or none."""

    def __init__(
        self,
        place: Place,
        paste: Callable[[str], Awaitable[None]],
        talk: Callable[[], Talk | None],
        choice: Callable[[], Choice | None],
    ) -> None:
        self._place = place
        self._paste = paste
        self._talk = talk
        self._choice = choice
        self._form = ""
        self._chat_id = ""

    def build(self) -> None:
        self._part: Part[_Face] = Part(put("div", "play-ask"), self._draw)

    def show(self) -> None:
        """Keep the form true to the talk."""
        self._part.show(self._face())

    async def open_paste(self) -> None:
        self._open("" if self._form == "paste" else "paste")

    async def open_chat(self) -> None:
        # Named once, when it is opened: a name that followed the clock would redraw the form under one's hands.
        self._chat_id = f"talk_{self._place.now().astimezone(RIYADH):%Y_%m_%d_%H_%M}"
        self._open("" if self._form == "chat" else "chat")

    def _open(self, form: str) -> None:
        self._form = form
        self.show()

    def _face(self) -> _Face:
        talk, choice = self._talk(), self._choice()
        if self._form != "chat" or talk is None:
            return _Face(self._form)
        if not talk.rounds:
            self._form = ""
            return _Face("")
        chat_id = self._chat_id
        title = " ".join(talk.rounds[0].deed.text.split())[:TITLE_LETTERS] or chat_id
        text = chat_yaml(chat_id, title, self._place.say("chat_why"), talk.start, talk.rounds)
        to_change = choice.title if choice and choice.is_change else ""
        return _Face("chat", text, f"{FOLDER}{chat_id}.yml", to_change)

    def _draw(self, face: _Face) -> None:
        if face.form == "paste":
            self._draw_paste()
        elif face.form == "chat":
            self._draw_chat(face)

    def _draw_paste(self) -> None:
        say = self._place.say
        with put("section", "sheet ask-sheet", aria_label=say("paste")):
            put("p", "faint", say("paste_hint", n=MOST_STEPS), id="paste-hint")
            put(
                "textarea",
                "paste-field",
                rows="5",
                placeholder=say("paste_here"),
                aria_label=say("paste"),
                aria_describedby="paste-hint",
                data_paste_field="",
                data_autofocus="",
                dir="auto",
                maxlength="40000",
            )
            with put("div", "actions"):
                run = button(say("paste_run"), look="main narrow", data_paste_run="")
                run.on(
                    "click",
                    self._pasted,
                    js_handler="() => emit(document.querySelector('[data-paste-field]').value)",
                )
                button(say("close"), self.open_paste)

    async def _pasted(self, event: GenericEventArguments) -> None:
        text = str(event.args[0] if isinstance(event.args, list) else event.args or "")
        if text.strip():
            self._form = ""
            await self._paste(text)

    def _draw_chat(self, face: _Face) -> None:
        place, say = self._place, self._place.say
        with put("section", "sheet ask-sheet", aria_label=say("as_chat"), data_chat=face.path):
            put("p", "faint", say("as_chat_hint"))
            put("pre", "code chat-text", face.text, tabindex="0", data_chat_text="", aria_label=face.path)
            with put("div", "actions"):
                copy = button(say("chat_copy"), None, look="main narrow", data_chat_copy="")
                copy.on("click", self._copied, args=[], js_handler=_COPY)
                button(say("chat_download"), lambda: self._download(face), data_chat_download="")
                why_not = (
                    place.needs(WRITES)
                    if not place.may(WRITES)
                    else ""
                    if face.to_change
                    else say("chat_no_change")
                )
                gated(say("chat_add"), lambda: self._add(face), why_not, data_chat_add="")
                button(say("close"), self.open_chat)
                put("code", "faint", face.path, dir="ltr")

    def _copied(self, _: GenericEventArguments) -> None:
        self._place.tell(self._place.say("chat_copied"))

    def _download(self, face: _Face) -> None:
        ui.download.content(face.text, face.path.removeprefix(FOLDER), "application/yaml")

    async def _add(self, face: _Face) -> None:
        place = self._place

        async def add() -> None:
            place.require(*WRITES)
            change = await change_of(place, self._choice())
            bench = place.house.workbench
            await bench.edit(place.tenant_id, change.id, change.v, face.path, face.text, place.visitor)

        if await place.act(add()):
            place.tell(place.say("chat_added", path=f"\u2068{face.path}\u2069"))
            self._open("")


# Without TLS a browser has no clipboard for scripts, except on this very machine; selecting works everywhere.
_COPY = (
    "async () => { const pre = document.querySelector('[data-chat-text]');"
    " getSelection().selectAllChildren(pre);"
    " if (navigator.clipboard) await navigator.clipboard.writeText(pre.textContent);"
    " else document.execCommand('copy'); emit(); }"
)
