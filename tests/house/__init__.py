"""
Dealix running for a test: the real installation on a real database, reached over HTTP, with fake providers.

    async def test_a_price_question_opens_the_talk(talk, sami):
        await talk.says("كم السعر؟")            # a webhook of the provider, posted to the running app
        talk.hears("price_on_request")           # what the fake provider took, as one of our wordings
        talk.is_in("qualifying")
        await talk.says("حولت المبلغ")
        talk.waits_for_a_human()
        await sami.approves(talk)                # over HTTP, as an approver
        talk.hears("payment_claim_received")

Rule 1: what a contact hears is read from the provider's ledger, never from our own database.
Rule 2: time moves by `house.moves(hours=1)` and only forwards; nothing sleeps to let hours pass.
"""

from tests.house.clock import Clock
from tests.house.running import RunningHouse
from tests.house.sami import Sami
from tests.house.talk import Talk

__all__ = ["Clock", "RunningHouse", "Sami", "Talk"]
