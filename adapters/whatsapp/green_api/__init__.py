"""Green API: an unofficial gateway that sends as a linked device of the tenant's phone."""

from adapters.whatsapp.green_api.provider import GreenApi

__all__ = ["GreenApi"]
