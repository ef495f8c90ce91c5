"""
What contacts demand about their data, and what they have agreed to: each request until it is done, each consent
with the record it rests on.

Rule 1: what cannot be undone is asked once more, and says what will be gone.
Rule 2: a phone is shown masked; the whole of it is only in an export, for whoever answers for data protection.
"""

from nicegui import ui
from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console import consent_pane, data_request_card
from admin.console.consent_pane import Held
from admin.console.draw import Part, Rows, argument, button, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.pressing import Pressing
from admin.console.states import empty
from admin.console.tiles import Tile, draw_tiles
from bot.errors import BadRequest, NotFound
from bot.privacy.consents import Shown, Wanted
from bot.privacy.data_requests import KINDS, DataRequest

READERS = ("admin", "dpo", "approver", "agent")
KEEPERS = ("admin", "dpo")

VIA = "console"
FILTERS = ("open", "overdue", "closed")

_NEW = (
    "() => emit([document.querySelector('[data-new-kind]').value,"
    " document.querySelector('[data-new-contact]').value,"
    " document.querySelector('[data-new-note]').value])"
)


class PrivacyPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._room = place.house.trust.privacy
        wanted = query.get("show", "")
        self._show = wanted if wanted in FILTERS else "open"
        self._wanted = query.get("request", "")
        """The request to which a link led; it stands first."""
        self._contact = ""
        self._held: Shown | None = None
        self._modes: dict[str, str] = {}
        self._pressing = Pressing(place, self._look, lambda name: self._modes.pop(name, None))
        self._watch = Watch(place, self._look, every=4.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "privacy"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._tiles: Part[tuple[tuple[Tile, ...], str]] = Part(put("div"), self._draw_tiles)
            with put("div", "columns turned"):
                with put("div", "main grow-in"):
                    self._none: Part[str] = Part(put("div"), self._draw_none)
                    self._rows: Rows[data_request_card.Shown] = Rows(put("div", "queue"), self._draw_row)
                if self._place.may(READERS):  # whoever may not read here has nothing to fill in
                    with put("aside", "side"):
                        with put("section", "sheet"):
                            self._draw_new()
                        with put("section", "sheet"):
                            self._search()
                            self._consents: Part[Held | None] = Part(put("div"), self._draw_consents)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, now = self._place, self._place.now()
        place.require(*READERS)
        requests = list(await self._room.rights.list(place.tenant_id))
        led_to = next((r for r in requests if self._wanted in (r.id, r.reference)), None)
        if led_to is not None:
            self._show, self._wanted = "open" if led_to.is_open else "closed", led_to.id
        open_ones = [r for r in requests if r.is_open]
        late = [r for r in open_ones if r.is_overdue(now)]
        closed = [r for r in requests if not r.is_open]
        chosen = {"open": sorted(open_ones, key=lambda r: r.due_at), "overdue": late, "closed": closed}
        tiles = (
            self._tile("open", len(open_ones)),
            self._tile("overdue", len(late), is_bad=bool(late)),
            self._tile("closed", len(closed)),
        )
        self._tiles.show((tiles, self._show))
        self._none.show("" if chosen[self._show] else self._show)
        rows = sorted(chosen[self._show], key=lambda r: r.id != self._wanted)
        self._rows.show([(r.id, self._shown(r)) for r in rows])
        self._consents.show(Held(self._held, place.may(KEEPERS)) if self._held else None)

    def _tile(self, key: str, count: int, *, is_bad: bool = False) -> Tile:
        say = self._place.say
        return Tile(key, say(f"tile_{key}"), str(count), say(f"tile_{key}_is"), is_bad)

    def _shown(self, request: DataRequest) -> data_request_card.Shown:
        return data_request_card.shown_of(
            self._place,
            request,
            may_act=self._place.may(KEEPERS),
            mode=self._modes.get(request.id, ""),
            is_busy=self._pressing.busy == request.id,
        )

    # what is shown

    def _draw_tiles(self, state: tuple[tuple[Tile, ...], str]) -> None:
        tiles, chosen = state
        draw_tiles(tiles, chosen, self._choose)

    def _draw_none(self, show: str) -> None:
        if show:
            with put("div", "sheet"):
                empty("check", self._place.say(f"none_{show}"), self._place.say(f"none_{show}_hint"))

    def _draw_row(self, shown: data_request_card.Shown) -> None:
        request = shown.request
        data_request_card.draw(self._place, shown, lambda what, words="": self._press(request, what, words))

    def _draw_new(self) -> None:
        say = self._place.say

        async def pressed(event: GenericEventArguments) -> None:
            kind, contact, note = event.args
            await self._pressing.do(
                "new", lambda: self._create(kind, contact.strip(), note.strip()), "ok_created", READERS
            )

        with put("div", "sheet-head"):
            put("h2", text=say("new_request"))
        put("p", "faint tiny", say("new_request_is"))
        with put("div", "lend-form"):
            with put("label"):
                put("span", text=say("new_kind"))
                with put("select", "pick", data_new_kind=""):
                    for kind in KINDS:
                        put("option", text=say(f"kind_{kind}"), value=kind)
            with put("label"):
                put("span", text=say("contact"))
                put("input", "pick", data_new_contact="", dir="ltr", maxlength="200", placeholder="05…")
            with put("label"):
                put("span", text=say("new_note"))
                put("input", "pick", data_new_note="", dir="auto", maxlength="300")
            made = button(say("create"), look="main", data_create="")
            made.on("click", pressed, js_handler=_NEW)

    def _search(self) -> None:
        say = self._place.say

        async def pressed(event: GenericEventArguments) -> None:
            self._contact = argument(event).strip()
            await self._place.act(self._find())

        with put("div", "sheet-head"):
            put("h2", text=say("consents"))
        put("p", "faint tiny", say("consents_are"))
        with put("div", "lend-form"):
            with put("label"):
                put("span", text=say("contact"))
                field = put("input", "pick", data_find="", dir="ltr", maxlength="200", placeholder="05…")
            field.on("keydown", pressed, js_handler="(e) => { if (e.key === 'Enter') emit(e.target.value); }")
            made = button(say("find"), picture="search", data_find_it="")
            made.on("click", pressed, js_handler="() => emit(document.querySelector('[data-find]').value)")

    def _draw_consents(self, held: Held | None) -> None:
        if held is not None:
            consent_pane.draw(self._place, held, self._grant, self._revoke)

    # what is done

    async def _choose(self, show: str) -> None:
        self._show, self._wanted = show, ""
        self._place.remember(show="" if show == "open" else show)
        await self._place.act(self._look())

    async def _press(self, request: DataRequest, what: str, words: str) -> None:
        """One button of a request: `ask:<what>` opens its question, the name itself does it."""
        if what.startswith("ask:"):
            asked = what.removeprefix("ask:")
            self._modes[request.id] = "" if self._modes.get(request.id) == asked else asked
            await self._place.act(self._look())
            return
        rights, tenant_id, by = self._room.rights, self._place.tenant_id, self._place.visitor

        async def work() -> None:
            self._place.require(*KEEPERS)
            match what:
                case "export":
                    await rights.export(tenant_id, request.id, by)
                case "download_html" | "download_json":
                    await self._download(request, what.removeprefix("download_"))
                case "correct":
                    await rights.complete(tenant_id, request.id, by, {"name": words})
                case "complete" | "erase":
                    await rights.complete(tenant_id, request.id, by)
                case "reject":
                    await rights.reject(tenant_id, request.id, by, words)
                case "lift":
                    await rights.lift(tenant_id, request.id, by)

        await self._pressing.do(request.id, work, f"ok_{what}", READERS)

    async def _download(self, request: DataRequest, form: str) -> None:
        place = self._place
        export = await self._room.rights.download(place.tenant_id, request.id, place.visitor)
        content = export.html if form == "html" else export.json
        with place.client:
            ui.download(content, f"{request.reference}.{form}")

    async def _create(self, kind: str, contact: str, note: str) -> None:
        if not contact:
            raise BadRequest("say whose data: a phone", "حدد صاحب البيانات: رقم الجوال")
        place = self._place
        await self._room.rights.create(place.tenant_id, kind, contact, place.visitor, VIA, note)
        self._show = "open"

    async def _find(self) -> None:
        self._held = None
        try:
            if self._contact:
                self._place.require(*READERS)
                self._held = await self._room.consents.show(self._place.tenant_id, self._contact)
        except NotFound:
            await self._look()
            raise
        await self._look()

    async def _grant(self, wanted: Wanted) -> None:
        async def work() -> None:
            self._place.require(*KEEPERS)
            await self._room.consents.grant(
                self._place.tenant_id, self._contact, wanted, self._place.visitor, VIA
            )
            await self._find()

        await self._pressing.do("consent", work, "ok_granted", READERS)

    async def _revoke(self, evidence: str) -> None:
        async def work() -> None:
            self._place.require(*KEEPERS)
            await self._room.consents.revoke(
                self._place.tenant_id, self._contact, self._place.visitor, VIA, evidence_ref=evidence
            )
            await self._find()

        await self._pressing.do("consent", work, "ok_revoked", READERS)
