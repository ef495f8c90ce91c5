"""What the fake providers were asked to send: who to, which words, when, and how they behaved."""

from dataclasses import dataclass

from tests.fakes.whatsapp.wire import Asked


@dataclass(slots=True)
class Heard:
    """One request to send."""

    provider: str
    recipient: str
    """As the provider was told."""
    text: str
    behaviour: str
    at: float
    """Unix seconds at which the request had been read."""
    ended_at: float = 0.0
    """When the answer, or nothing, had been given; 0 while the caller waits."""
    is_taken: bool = False


def addressed(asked: Asked) -> tuple[str, str]:
    """To whom and what, in any of the four contracts; empty where a request is malformed."""
    fields = asked.json() or asked.form()
    recipient = next((fields[n] for n in ("chatId", "to", "target", "recipient") if fields.get(n)), "")
    text = next((fields[n] for n in ("message", "body") if isinstance(fields.get(n), str)), "")
    if not text:
        inner = fields.get("text") or (fields.get("interactive") or {}).get("body") or {}
        text = (inner.get("body") or inner.get("text") or "") if isinstance(inner, dict) else ""
    return str(recipient), str(text)
