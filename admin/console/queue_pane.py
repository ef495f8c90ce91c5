"""Sami's side: what waits for him, and what he decided."""

from collections.abc import Awaitable, Callable

from admin.console.card_face import Face, Hands, draw_decided, draw_waiting, face_of
from admin.console.contact_bar import ContactBar
from admin.console.draft_deeds import DraftDeeds
from admin.console.draw import Part, Rows, icon, put
from admin.console.lead import Caller
from admin.console.place import Place
from admin.console.scene import Scene
from bot.cards import Card


class QueuePane:
    """Draws the queue and passes on what Sami decides."""

    def __init__(
        self,
        place: Place,
        caller: Callable[[], Caller],
        choose: Callable[[Caller], Awaitable[None]],
        *,
        has_writer: bool = True,
    ) -> None:
        self._place = place
        self._deeds = DraftDeeds(place)
        self._contact = ContactBar(place, caller, has_writer=has_writer)
        self._choose = choose
        self._modes: dict[str, str] = {}
        self._edited: dict[str, Card] = {}
        self._scene: Scene | None = None

    def build(self) -> None:
        with put("div", "pane-scroll"):
            self._contact.build()
            self._empty = Part(put("div"), self._draw_empty)
            self._queue: Rows[Face | str] = Rows(put("div", "queue"), self._draw_card)
            self._title = Part(put("div"), self._draw_title)
            self._decided: Rows[Card] = Rows(put("div", "queue"), lambda card: draw_decided(self._place, card))

    def show(self, scene: Scene) -> None:
        self._scene = scene
        cards = {card.draft_id: card for card in scene.queue}
        on_the_phone = scene.deal.conversation_id if scene.deal else ""
        # Most urgent first, as everywhere; but what concerns the lead on the phone stands on top.
        waiting = sorted(scene.queue, key=lambda card: card.conversation_id != on_the_phone)
        for draft_id in [d for d in self._modes if d not in cards and self._modes[d] != "edit"]:
            del self._modes[draft_id]
        shown = [self._face(card) for card in waiting]
        orphans = [card for draft_id, card in self._edited.items() if draft_id not in cards]
        self._contact.show(scene.deal)
        self._empty.show(not scene.queue and not orphans)
        self._queue.show(
            [row for face in shown for row in self._rows(face, is_gone=False)]
            + [row for card in orphans for row in self._rows(face_of_edit(card), is_gone=True)]
        )
        self._title.show(bool(scene.decided))
        self._decided.show([(card.draft_id, card) for card in scene.decided])

    def _rows(self, face: Face, *, is_gone: bool) -> list[tuple[str, Face | str]]:
        """A card; a draft that went while its editor is open keeps the editor, untouched, below a notice."""
        draft_id = face.card.draft_id
        notice: list[tuple[str, Face | str]] = [(f"gone {draft_id}", draft_id)] if is_gone else []
        return [*notice, (draft_id, face)]

    def _face(self, card: Card) -> Face:
        mode = self._modes.get(card.draft_id, "")
        if mode == "edit":
            # As it was when the pen was taken up: a redraw would take the words from under the hand.
            return face_of_edit(self._edited[card.draft_id])
        return face_of(self._place, card, mode)

    def _draw_empty(self, is_empty: bool) -> None:
        if is_empty:
            with put("div", "blank"):
                icon("check")
                put("p", text=self._place.say("queue_empty"))

    def _draw_title(self, has_some: bool) -> None:
        if has_some:
            put("h3", "between", self._place.say("queue_decided"))

    def _draw_card(self, face: Face | str) -> None:
        deeds = self._deeds
        hands = Hands(deeds.act, self._open, self._save, deeds.reject, self._snooze, self._look_at)
        if isinstance(face, str):
            put("p", "gone", self._place.say("gone_while_editing"), role="alert", data_gone=face)
            return
        draw_waiting(self._place, face, hands)

    def _open(self, card: Card, mode: str) -> None:
        before = self._modes.get(card.draft_id, "")
        # A closed question leaves its name, so that its button takes the focus back.
        self._modes[card.draft_id] = f"after {before}" if mode in ("", before) else mode
        if self._modes[card.draft_id] == "edit":
            self._edited[card.draft_id] = card
        else:
            self._edited.pop(card.draft_id, None)
        if self._scene is not None:
            self.show(self._scene)

    async def _save(self, card: Card, text: str) -> None:
        if await self._deeds.save(card, text):
            self._open(card, "")

    async def _snooze(self, card: Card, minutes: int) -> None:
        if await self._deeds.snooze(card, minutes):
            self._open(card, "")

    async def _look_at(self, card: Card) -> None:
        """Show this lead on the phone."""
        found = await self._place.house.store.conversations.read(self._place.tenant_id, card.conversation_id)
        if found is not None:
            await self._choose(Caller(found.phone, found.name))


def face_of_edit(card: Card) -> Face:
    """A card in the hands of a writer: nothing in it changes with time."""
    return Face(card, "edit", "", is_overdue=False)
