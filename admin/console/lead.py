"""What the person at the simulated phone can do: write, tap, send a voice note or an image, start over."""

from collections.abc import Callable
from dataclasses import dataclass

from admin.console.rooms import House, Phone
from admin.console.scene import Onlooker
from bot.events import Kind, Media
from bot.phones import normalise

# Simulated leads get numbers of this row, so that nobody's own number is typed by habit.
ROW = "96655000"
ROW_SIZE = 10_000

MEDIA = {
    Kind.VOICE: Media(mime_type="audio/ogg; codecs=opus", file_name="voice-note.ogg"),
    Kind.IMAGE: Media(mime_type="image/jpeg", file_name="photo.jpg"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds the phone."""

    phone: str
    name: str


class LeadPhone:
    """Sends what a lead does, the way WhatsApp would."""

    def __init__(self, house: House, phone: Phone, tenant_id: str, new_id: Callable[[], str]) -> None:
        self._house = house
        self._phone = phone
        self._tenant_id = tenant_id
        self._new_id = new_id
        self._onlooker = Onlooker(house, tenant_id, phone.channel)

    async def says(self, caller: Caller, text: str) -> None:
        await self._send(caller, text=text)

    async def taps(self, caller: Caller, button_id: str, title: str, concerns: str) -> None:
        """Press a button under one of our messages."""
        await self._send(caller, text=title, kind=Kind.BUTTON, button_id=button_id, concerns=concerns)

    async def attaches(self, caller: Caller, kind: Kind, caption: str = "") -> None:
        """Send a voice note or an image, with what was typed as its caption."""
        await self._send(caller, text=caption, kind=kind, media=MEDIA[kind])

    async def free_number(self) -> str:
        """A number that no simulated lead has yet."""
        for n in range(1, ROW_SIZE):
            phone = f"{ROW}{n:04}"
            found = await self._house.store.conversations.by_key(self._tenant_id, f"phone:{phone}")
            if found is None and not await self._is_suppressed(phone):
                return phone
        return f"{ROW}0000"

    async def starts_over(self, caller: Caller) -> bool:
        """Forget the conversation; answers whether the phone stays opted out, because that outlives it."""
        conversation = await self._onlooker.conversation(caller.phone)
        if conversation is not None:
            await self._house.store.conversations.forget(self._tenant_id, conversation.id)
            self._house.bell.changed(self._tenant_id, conversation.id)
        return await self._is_suppressed(caller.phone)

    async def _is_suppressed(self, phone: str) -> bool:
        return bool(await self._house.store.suppressions.find(self._tenant_id, [f"phone:{phone}"]))

    async def _send(
        self,
        caller: Caller,
        *,
        text: str,
        kind: Kind = Kind.TEXT,
        button_id: str = "",
        media: Media | None = None,
        concerns: str = "",
    ) -> None:
        body = self._phone.compose(
            normalise(caller.phone),
            message_id=self._new_id(),
            text=text,
            kind=kind,
            button_id=button_id,
            media=media,
            concerns=concerns,
            profile_name=caller.name,
        )
        await self._house.intake.take(self._phone.channel, self._phone.sign(body), {}, body)
