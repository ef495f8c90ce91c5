"""Meta WhatsApp Cloud API: the official way, with a registered number."""

from adapters.whatsapp.meta_cloud.provider import MetaCloud

__all__ = ["MetaCloud"]
