"""
The sales pack before somebody's eyes: the page as it is handed out, and each sentence ready to be copied.

Rule: what is shown, printed, downloaded and copied is one pack, gathered at the same moment.
"""

import json
from dataclasses import dataclass

from nicegui import ui
from starlette.datastructures import QueryParams

from admin.console.draw import Part, button, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.sentences import LANGUAGES
from admin.console.states import empty, loading
from bot.sales import pages
from bot.sales.pack import Pack
from bot.sales.words import HEADINGS

READERS = ("admin", "approver", "rules_editor", "executive", "agent", "dpo")
FORMS = ("one_pager", "hub")

# Rules change by two people and rarely; the pack follows within this time.
LOOK_EVERY_SECONDS = 5.0

_PRINT = "() => document.querySelector('[data-preview]').contentWindow.print()"


@dataclass(frozen=True, slots=True)
class _Face:
    """What is shown; equal when nothing need be drawn anew."""

    form: str
    language: str
    page: str
    has_pdf: bool


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One text to copy."""

    key: str
    name: str
    text: str
    note: str = ""


class SalesPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        form, language = query.get("show", ""), query.get("in", "")
        self._form = form if form in FORMS else FORMS[0]
        self._language = language if language in LANGUAGES else place.language
        self._watch = Watch(place, self._look, LOOK_EVERY_SECONDS)

    def build(self) -> None:
        say = self._place.say
        with put("div", "sales"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            with put("div", "columns turned"):
                with put("div", "main grow-in"):
                    self._bar: Part[tuple[str, str, bool]] = Part(put("div"), self._draw_bar)
                    self._preview: Part[_Face | None] = Part(put("div"), self._draw_preview)
                with put("aside", "side grow-in", aria_label=say("to_copy")):
                    self._texts: Part[tuple[_Sentence, ...] | None] = Part(put("div"), self._draw_texts)
                    self._left: Part[tuple[tuple[str, str], ...]] = Part(put("div"), self._draw_left)
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, sales = self._place, self._place.house.rooms.sales
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        pack = sales.pack(place.tenant_id, self._language)
        draw = pages.one_pager if self._form == "one_pager" else pages.hub
        self._wait.show(False)
        self._bar.show((self._form, self._language, sales.prints))
        self._preview.show(_Face(self._form, self._language, draw(pack), sales.prints))
        self._texts.show(self._sentences(pack))
        self._left.show(tuple((one.what, one.why) for one in pack.left_out))

    def _sentences(self, pack: Pack) -> tuple[_Sentence, ...]:
        say, names = self._place.say, HEADINGS[self._place.language]
        claims = [
            _Sentence(
                f"claim-{claim.id}", claim.id, claim.sentence, say("with_condition") if claim.qualifier else ""
            )
            for claim in pack.claims
        ]
        answers = [
            _Sentence(f"answer-{a.objection}-{a.wording}", names[a.objection], a.text, a.wording)
            for a in pack.answers
        ]
        return (*claims, *answers)

    # what is shown

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw_bar(self, state: tuple[str, str, bool]) -> None:
        form, language, has_pdf = state
        say = self._place.say
        with put("div", "bench-row"):
            with put("div", "choose-one", role="group", aria_label=say("preview")):
                for name in FORMS:
                    self._choice(say(f"show_{name}"), name == form, name, language, data_show=name)
            with put("div", "choose-one", role="group", aria_label=say("pack_language")):
                for name in LANGUAGES:
                    self._choice(say(f"in_{name}"), name == language, form, name, data_pack_language=name)
            printing = button(say("print"), None, look="main narrow", data_print="")
            printing.on("click", js_handler=_PRINT)
            button(say("download_html"), self._download_html, data_download="html")
            if has_pdf:
                button(say("download_pdf"), self._download_pdf, data_download="pdf")

    def _choice(self, text: str, is_chosen: bool, form: str, language: str, **attributes: str) -> None:
        pressed = "true" if is_chosen else "false"
        button(text, lambda: self._choose(form, language), aria_pressed=pressed, **attributes)

    def _draw_preview(self, face: _Face | None) -> None:
        if face is not None:
            put(
                "iframe",
                "pack-preview",
                title=self._place.say(f"show_{face.form}"),
                srcdoc=face.page,
                sandbox="allow-same-origin allow-modals",
                data_preview=face.form,
                data_language=face.language,
            )

    def _draw_texts(self, sentences: tuple[_Sentence, ...] | None) -> None:
        say = self._place.say
        with put("section", "sheet"):
            put("h2", text=say("to_copy"))
            if not sentences:
                empty("chat", say("no_claims"), say("no_claims_hint"))
            for sentence in sentences or ():
                with put("div", "alert-row", data_sentence=sentence.key):
                    put("strong", "tiny", sentence.name, dir="auto")
                    put("p", "said-text", sentence.text, dir="auto", data_copy_text=sentence.key)
                    if sentence.note:
                        put("span", "faint tiny", sentence.note, dir="auto")
                    selector = json.dumps(f"[data-copy-text='{sentence.key}']")
                    copying = button(say("copy"), None, look="small", data_copy=sentence.key)
                    copying.on(
                        "click",
                        self._copied,
                        js_handler=(
                            "async () => { const said = document.querySelector("
                            + selector
                            + "); getSelection().selectAllChildren(said);"
                            " if (navigator.clipboard) await navigator.clipboard.writeText(said.textContent);"
                            " else document.execCommand('copy'); emit(''); }"
                        ),
                    )

    def _draw_left(self, left: tuple[tuple[str, str], ...]) -> None:
        if left:
            with put("section", "sheet", data_left_out=""):
                put("h2", text=self._place.say("left_out"))
                for what, why in left:
                    with put("p", "tiny"):
                        put("code", "faint", what, dir="ltr")
                        put("span", text=f" · {self._place.say(f'why_{why}')}")

    # what is done

    async def _choose(self, form: str, language: str) -> None:
        self._form, self._language = form, language
        self._place.remember(show=form, **{"in": language})
        await self._place.act(self._look())

    async def _download_html(self) -> None:
        sales, place = self._place.house.rooms.sales, self._place

        async def downloading() -> None:
            place.require(*READERS)
            draw = sales.one_pager if self._form == "one_pager" else sales.hub
            page = draw(place.tenant_id, self._language)
            with place.client:
                ui.download.content(page, f"{self._form}-{self._language}.html", "text/html")

        await place.act(downloading())

    async def _download_pdf(self) -> None:
        sales, place = self._place.house.rooms.sales, self._place

        async def downloading() -> None:
            place.require(*READERS)
            content = await sales.printed(place.tenant_id, self._language)
            with place.client:
                ui.download(content, f"one-pager-{self._language}.pdf")

        await place.act(downloading())

    def _copied(self) -> None:
        self._place.tell(self._place.say("copied"))
