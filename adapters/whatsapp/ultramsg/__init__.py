"""Ultramsg: an unofficial gateway that sends as a linked device of the tenant's phone."""

from adapters.whatsapp.ultramsg.provider import Ultramsg

__all__ = ["Ultramsg"]
