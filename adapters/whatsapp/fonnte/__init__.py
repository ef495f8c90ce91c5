"""Fonnte: an unofficial gateway that sends as a linked device of the tenant's phone."""

from adapters.whatsapp.fonnte.provider import Fonnte

__all__ = ["Fonnte"]
