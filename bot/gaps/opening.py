"""Puts the watch over the channels together."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.alerts import Alerts
from bot.gaps.compare import Comparison
from bot.gaps.room import Gaps
from bot.intake import Channel, Intake
from bot.ports import Chain
from bot.privacy.fingerprints import Fingerprints
from bot.store import Store


def open_room(
    *,
    store: Store,
    channels: Mapping[str, Channel],
    chains: Mapping[str, Chain],
    intake: Intake,
    fingerprints: Fingerprints,
    alerts: Alerts,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Gaps:
    """The watch over the channels of one installation."""

    async def was_erased(tenant_id: str, keys: Sequence[str], at: datetime) -> bool:
        """Whether a contact was forgotten after they wrote something."""
        known_as = fingerprints.with_fingerprints(tenant_id, keys)
        asked = await store.data_requests.of_contact(tenant_id, known_as)
        return any(
            one.kind == "deletion"
            and one.status == "completed"
            and one.closed_at is not None
            and at <= one.closed_at
            for one in asked
        )

    comparison = Comparison(store.channel_watches, intake, was_erased, now, new_id)
    return Gaps(store.channel_watches, comparison, channels, chains, alerts, now, store.unreachable)
