"""Who is meant: a contact by the id of their conversation, a key of theirs, or a phone as somebody typed it."""

from dataclasses import dataclass

from bot.conversation import Conversation
from bot.errors import NotFound
from bot.phones import BadPhone, normalise
from bot.privacy.data_requests import Subject
from bot.store import Store

_PHONE = "phone:"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody of whom we know at least a key."""

    keys: tuple[str, ...]
    phone: str
    conversation: Conversation | None = None

    @property
    def id(self) -> str:
        return self.conversation.id if self.conversation else ""

    @property
    def subject(self) -> Subject:
        name = self.conversation.name if self.conversation else ""
        return Subject(self.keys, self.phone, name, (self.id,) if self.id else ())


async def contact_of(store: Store, tenant_id: str, named: str) -> Contact:
    """
    Find a contact of a tenant; a phone that has never written is a contact without a conversation.

    Raises NotFound for what is neither a conversation here nor a phone.
    """
    if ":" in named and not named.startswith(_PHONE):
        known = await store.conversations.by_key(tenant_id, named)
        return _known(known) if known else Contact((named,), "")
    named = named.removeprefix(_PHONE)
    known = await store.conversations.read(tenant_id, named)
    if known is not None:
        return _known(known)
    try:
        phone = normalise(named)
    except BadPhone as no_phone:
        raise NotFound(
            "there is no such contact here; give a phone with digits only, or the id of a conversation",
            "لا يوجد عميل بهذا المعرّف هنا؛ اكتب رقم الجوال بالأرقام فقط أو معرّف المحادثة",
        ) from no_phone
    known = await store.conversations.by_key(tenant_id, f"phone:{phone}")
    return _known(known) if known else Contact((f"phone:{phone}",), phone)


def _known(conversation: Conversation) -> Contact:
    return Contact(conversation.keys, conversation.phone, conversation)
