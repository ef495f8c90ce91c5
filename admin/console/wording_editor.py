"""
One sentence that the bot says, in both languages, as it will look on a phone.

Rule 1: what is typed is kept until it is saved; a sentence that somebody else saved meanwhile is shown first.
"""

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from nicegui.events import GenericEventArguments

from admin.console.book_shelf import Sentence
from admin.console.check_panel import CheckPanel
from admin.console.checker import Asked, Checker, Found
from admin.console.draw import Part, button, put
from admin.console.place import Place
from admin.console.wording_file import FileBroken, file_for, written
from bot.workbench.editions import Change
from flows.wording import MOST_EMOJI, MOST_LINES, MOST_WORDS

# How often a preview follows the typing.
FOLLOW_SECONDS = 0.25

LANGUAGES = (("ar", "rtl"), ("en", "ltr"))

_BOTH = "() => emit(dealix.values('[data-wording=ar]', '[data-wording=en]'))"
_SAVE_ON_KEY = (
    "(e) => { if ((e.ctrlKey || e.metaKey) && e.code === 'KeyS') { e.preventDefault();"
    " emit(dealix.values('[data-wording=ar]', '[data-wording=en]')); } }"
)


@dataclass(slots=True)
class WordingDraft:
    """What is typed, and from which sentence it began."""

    key: str
    base: Sentence
    now: Sentence
    theirs: Sentence | None = None

    @property
    def is_dirty(self) -> bool:
        return (self.now.ar, self.now.en) != (self.base.ar, self.base.en)


Save = Callable[[WordingDraft], Awaitable[bool]]


class WordingEditor:
    """The form of one sentence."""

    def __init__(
        self,
        place: Place,
        change: Change,
        own: dict[str, str],
        draft: WordingDraft,
        save: Save,
        close: Callable[[], None],
        jump: Callable[[str, int], None],
    ) -> None:
        """`own` is the tenant's own files with the change applied."""
        self._place = place
        self._change = change
        self._own = own
        self.draft = draft
        self._save = save
        self._close = close
        self._checker = Checker(place, self._told)
        self._panel = CheckPanel(place, jump)
        self._previews: dict[str, Part[tuple[str, str]]] = {}

    def build(self) -> None:
        """Draw it."""
        say, draft = self._place.say, self.draft
        with put("article", "sheet editing", data_editing=draft.key):
            with put("header", "page-is"):
                with put("div", "page-is-what"):
                    put("h2", text=say("wording"))
                    put("code", "faint", draft.now.key, dir="ltr")
                with put("div", "page-is-do"):
                    self._dirt = Part(put("span"), self._draw_dirt)
                    save = button(say("save"), look="main", data_save="", title="Ctrl+S")
                    save.on("click", self._saved, js_handler=_BOTH)
                    button(say("done"), self._close, data_done="")
            self._conflict = Part(put("div"), self._draw_conflict)
            with put("div", "wordings"):
                for language, direction in LANGUAGES:
                    with put("section", "wording-side", dir=direction, lang=language):
                        self._build_field(language, direction)
            if draft.now.buttons:
                put("p", "faint", say("has_buttons", names=" · ".join(draft.now.buttons)))
            put("p", "faint", say("blanks_hint"))
            self._panel.build()
        self._refresh()
        self._check()

    def _build_field(self, language: str, direction: str) -> None:
        with put("label"):
            put("span", text=self._place.say(f"in_{language}"))
            field = put(
                "textarea",
                rows="6",
                dir=direction,
                defaultValue=getattr(self.draft.now, language),
                data_wording=language,
            )
            field.on("input", self._typed, throttle=FOLLOW_SECONDS, js_handler=_BOTH)
            field.on("keydown", self._saved, js_handler=_SAVE_ON_KEY)
        self._previews[language] = Part(put("div"), self._draw_preview)

    def follow(self, change: Change, own: dict[str, str], now: Sentence) -> None:
        """The change was saved by somebody, perhaps by us: `now` is the sentence in it."""
        self._change, self._own = change, own
        draft = self.draft
        same = (now.ar, now.en) == (draft.base.ar, draft.base.en)
        if not same and (now.ar, now.en) != (draft.now.ar, draft.now.en):
            draft.theirs = now
        elif not same:
            draft.base, draft.theirs = now, None
        self._refresh()

    def stop(self) -> None:
        """The form is closed."""
        self._checker.stop()

    def _typed(self, event: GenericEventArguments) -> None:
        self._take(event)
        self._refresh()
        self._check()

    async def _saved(self, event: GenericEventArguments) -> None:
        self._take(event)
        await self._save(self.draft)
        self._refresh()

    def _take(self, event: GenericEventArguments) -> None:
        given = event.args[0] if event.args and isinstance(event.args[0], list) else event.args
        arabic, english = map(str, given)
        self.draft.now = replace(self.draft.now, ar=arabic, en=english)

    def _check(self) -> None:
        path = file_for(self.draft.key, self._own)
        try:
            text = written(self._own.get(path, ""), self.draft.now)
        except FileBroken:
            text = self._own.get(path, "")
        self._checker.look_at(Asked(self._change, path, text))

    def _told(self, found: Found) -> None:
        self._panel.show(found)

    def _refresh(self) -> None:
        self._dirt.show(self.draft.is_dirty)
        self._conflict.show(self.draft.theirs)
        for language, _ in LANGUAGES:
            self._previews[language].show((language, getattr(self.draft.now, language)))

    def _draw_dirt(self, is_dirty: bool) -> None:
        say = self._place.say
        words = say("unsaved") if is_dirty else say("saved")
        look = "gold" if is_dirty else "good"
        put("span", f"chip-is {look}", words, data_dirty=str(is_dirty).lower(), role="status")

    def _draw_preview(self, state: tuple[str, str]) -> None:
        language, text = state
        say = self._place.say
        with put("p", "counts", dir="rtl" if self._place.language == "ar" else "ltr"):
            for name, count, most in _counts(text):
                look = "bad" if count > most else ""
                put("span", f"chip-is {look}", say(f"count_{name}", n=count, most=most), data_count_of=name)
        with put("div", "wall"):
            put("p", "bubble theirs", text.strip() or "…", dir="auto", data_preview=language)

    def _draw_conflict(self, theirs: Sentence | None) -> None:
        if theirs is None:
            return
        say = self._place.say
        with put("section", "conflict", role="alert", data_conflict=""):
            put("p", text=say("conflict"))
            put("p", "faint", say("conflict_hint"))
            for text in (theirs.ar, theirs.en):
                put("p", "bubble theirs", text, dir="auto")
            with put("div", "ask-do"):
                keep = button(say("keep_mine"), data_keep_mine="")
                keep.on("click", self._keep_mine, js_handler=_BOTH)

    async def _keep_mine(self, event: GenericEventArguments) -> None:
        if self.draft.theirs is not None:
            self.draft.base, self.draft.theirs = self.draft.theirs, None
        await self._saved(event)


def _counts(text: str) -> tuple[tuple[str, int, int], ...]:
    """What a contact still reads: (name, how many, at most)."""
    emoji = sum(unicodedata.category(sign) == "So" for sign in text)
    return (
        ("words", len(text.split()), MOST_WORDS),
        ("lines", len(text.strip().splitlines()), MOST_LINES),
        ("emoji", emoji, MOST_EMOJI),
    )
