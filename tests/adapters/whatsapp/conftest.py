"""The fake providers and one channel at each of them."""

from collections.abc import AsyncIterator

import pytest

from tests.adapters.whatsapp.seats import SEATS, Seat
from tests.fakes.whatsapp import FakeWhatsApp


@pytest.fixture
async def fake() -> AsyncIterator[FakeWhatsApp]:
    async with FakeWhatsApp() as server:
        yield server


@pytest.fixture(params=SEATS, ids=[seat.name for seat in SEATS])
async def seat(request: pytest.FixtureRequest, fake: FakeWhatsApp) -> AsyncIterator[Seat]:
    """Each of the four providers in turn, connected to the fake."""
    connected = request.param.connected(fake)
    yield connected
    await connected.provider.close()
