"""How fast the approval bot works; tests turn the same screws that production leaves alone."""

from dataclasses import dataclass, field

from admin.telegram.post import Pace


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between looks and tries."""

    poll_seconds: int = 25
    """How long Telegram may hold a question for updates open."""
    sweep_seconds: float = 3.0
    """How often the database is asked for cards that no ring announced."""
    settle_seconds: float = 0.05
    """Changes that come together are shown together."""
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 30.0
    """Between tries while Telegram or the database is away."""
    closed_chat_seconds: float = 600.0
    """Between tries with a person who blocked the bot or never started it."""
    daily_tick_seconds: float = 30.0
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Telegram brings the updates to us instead of being asked."""

    url: str
    """`https://host/telegram/webhook`; empty when the operator registers it with Telegram."""
    secret: str
    """1 to 256 of `A-Za-z0-9_-`; comes back in a header with every update."""
