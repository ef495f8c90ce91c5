"""Why something was not done, in the words of the person who asked."""

import html
import re

from admin.telegram.card_outcome import decision_line, status_line
from admin.telegram.faces import Faces
from admin.telegram.sentences import Language, say
from bot.approvals import Approvals
from bot.cards import Card
from bot.errors import AlreadyDecided, NotAllowed, NotFound

_MARKUP = re.compile(r"<[^>]+>|[\u2066-\u2069\u200e\u200f]")


class Refusals:
    """Turns what the heart refused into a sentence."""

    def __init__(self, approvals: Approvals, tenant_id: str, faces: Faces) -> None:
        self._approvals = approvals
        self._tenant_id = tenant_id
        self._faces = faces

    async def why(self, refused: NotAllowed, chat_id: int, draft_id: str = "") -> str:
        language = await self._faces.languages.of(chat_id)
        if isinstance(refused, AlreadyDecided) and draft_id:
            # The heart names times in UTC; the card that the person looks at does not.
            try:
                return self.state_of(await self._approvals.card(self._tenant_id, draft_id), language)
            except NotFound:
                return say("card_unknown", language)
        return refused.message_ar if language == "ar" else refused.message_en

    def state_of(self, card: Card, language: Language) -> str:
        """Where a draft is and who decided, as plain text."""
        now = self._faces.now()
        lines = [status_line(card, now, language), decision_line(card, now, language)]
        return html.unescape(_MARKUP.sub("", "\n".join(line for line in lines if line)))
