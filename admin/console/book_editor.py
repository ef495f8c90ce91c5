"""
A file of the book in the hands of a writer: the text, what the checks say, and its examples.

Rule 1: what is typed is kept until it is saved or given up, whatever happens around it.
Rule 2: nobody's text is overwritten unseen: a file that somebody else saved meanwhile is shown first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments

from admin.console import difference
from admin.console.book_shelf import Entry
from admin.console.check_panel import CheckPanel
from admin.console.checker import Asked, Checker, Found
from admin.console.draw import Part, argument, button, put
from admin.console.phrases import can_take, with_phrase
from admin.console.place import Place
from bot.workbench.editions import Change


@dataclass(slots=True)
class Draft:
    """What is typed, and from which text it began."""

    key: str
    base: str | None
    """The text of the file when the writer began or last saved; None when there was none."""
    text: str
    theirs: str | None = None
    """What somebody else saved meanwhile; None while nobody has."""
    has_conflict: bool = False

    @property
    def is_dirty(self) -> bool:
        return self.text != (self.base or "")


Save = Callable[[Draft], Awaitable[bool]]


class BookEditor:
    """The editor of one file."""

    def __init__(
        self,
        place: Place,
        entry: Entry,
        change: Change,
        draft: Draft,
        save: Save,
        close: Callable[[], None],
        jump: Callable[[str, int], None],
    ) -> None:
        """`save` answers whether it was saved; `jump` leads to a line of another file."""
        self._place = place
        self._entry = entry
        self._change = change
        self.draft = draft
        self._save = save
        self._close = close
        self._jump_elsewhere = jump
        self._checker = Checker(place, self._told)
        self._panel = CheckPanel(place, self._jump)

    def build(self, line: int = 0) -> None:
        """Draw it, with the cursor's line in sight."""
        say = self._place.say
        with put("article", "sheet editing", data_editing=self._entry.key):
            with put("header", "page-is"):
                with put("div", "page-is-what"):
                    put("h2", text=self._entry.called(self._place.language), dir="auto")
                    put("code", "faint", self._entry.path, dir="ltr")
                with put("div", "page-is-do"):
                    self._dirt = Part(put("span"), self._draw_dirt)
                    button(say("save"), self.save, look="main", data_save="", title="Ctrl+S")
                    button(say("done"), self._close, data_done="")
            self._conflict = Part(put("div"), self._draw_conflict)
            with put("div", "beside wide-left"):
                with put("div", "code-box", dir="ltr"):
                    self._code = ui.codemirror(
                        self.draft.text,
                        on_change=lambda event: self._typed(event.value),
                        keymap={"Mod-s": self.save},
                        language="YAML",
                        indent="  ",
                        line_wrapping=True,
                    ).props(f'aria-label="{self._entry.path}"')
                with put("div", "code-says"):
                    if self._entry.shelf == "understanding":
                        self._phrase = Part(put("div"), self._draw_phrase)
                        self._phrase.show(can_take(self.draft.text))
                    self._panel.build()
        self._refresh()
        self._checker.look_at(Asked(self._change, self._entry.path, self.draft.text))
        if line:
            self._jump(self._entry.path, line)

    def follow(self, change: Change, now: str | None) -> None:
        """The change was saved by somebody, perhaps by us: `now` is the text of this file in it."""
        self._change = change
        draft = self.draft
        if now != draft.base and not draft.has_conflict and now != draft.text:
            if draft.is_dirty:
                draft.has_conflict, draft.theirs = True, now
            else:
                draft.base, draft.text = now, now or ""
                self._code.set_value(draft.text)
        elif now == draft.text:
            draft.base, draft.has_conflict = now, False
        self._refresh()

    async def save(self) -> None:
        """Save what is typed."""
        await self._save(self.draft)
        self._refresh()

    def stop(self) -> None:
        """The editor is closed."""
        self._checker.stop()

    def _typed(self, text: str) -> None:
        self.draft.text = text
        self._refresh()
        self._checker.look_at(Asked(self._change, self._entry.path, text))

    def _told(self, found: Found) -> None:
        self._panel.show(found)
        if self._entry.shelf == "understanding":
            self._phrase.show(can_take(self.draft.text))

    def _refresh(self) -> None:
        self._dirt.show(self.draft.is_dirty)
        self._conflict.show((self.draft.has_conflict, self.draft.theirs))

    def _jump(self, path: str, line: int) -> None:
        if path != self._entry.path:
            self._jump_elsewhere(path, line)
            return
        lines = self.draft.text.count("\n") + 1
        place = max(1, min(line, lines))
        self._code.decorations = [{"kind": "line", "line": place, "class": "line-meant"}]
        self._code.reveal_line(place)

    # pieces

    def _draw_dirt(self, is_dirty: bool) -> None:
        say = self._place.say
        look = "gold" if is_dirty else "good"
        words = say("unsaved") if is_dirty else say("saved")
        put("span", f"chip-is {look}", words, data_dirty=str(is_dirty).lower(), role="status")

    def _draw_conflict(self, state: tuple[bool, str | None]) -> None:
        has_conflict, theirs = state
        if not has_conflict:
            return
        say = self._place.say
        with put("section", "conflict", role="alert", data_conflict=""):
            put("p", text=say("conflict"))
            put("p", "faint", say("conflict_hint"))
            difference.draw(self._place, theirs or "", self.draft.text)
            with put("div", "ask-do"):
                button(say("keep_mine"), self._keep_mine, data_keep_mine="")
                button(say("take_theirs"), self._take_theirs, data_take_theirs="")

    async def _keep_mine(self) -> None:
        self.draft.base, self.draft.has_conflict = self.draft.theirs, False
        await self.save()

    def _take_theirs(self) -> None:
        draft = self.draft
        draft.base, draft.text, draft.has_conflict = draft.theirs, draft.theirs or "", False
        self._code.set_value(draft.text)
        self._refresh()

    def _draw_phrase(self, can_add: bool) -> None:
        if not can_add:
            return
        say = self._place.say
        with put("form", "phrase", onsubmit="return false"):
            with put("label"):
                put("span", text=say("add_phrase"))
                put("input", type="text", dir="auto", placeholder=say("add_phrase_hint"), data_phrase="")
            add = button(say("add"), picture="plus", data_add_phrase="")
            add.props.update({"type": "submit"})
        add.on(
            "click",
            self._add_phrase,
            js_handler="() => emit(dealix.take(document.querySelector('[data-phrase]')))",
        )

    def _add_phrase(self, event: GenericEventArguments) -> None:
        phrase = argument(event).strip()
        if phrase and can_take(self.draft.text):
            self._code.set_value(with_phrase(self.draft.text, phrase))
