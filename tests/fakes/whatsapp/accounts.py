"""The credentials that the fake provider knows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accounts:
    """One account at each provider, and the secrets of its webhooks."""

    green_instance: str = "7105000042"
    green_token: str = "green-token-7f3a9b2c1d"
    green_webhook_token: str = "green-hook-5e8d"
    ultramsg_instance: str = "instance4711"
    ultramsg_token: str = "ultra-token-k2j4h6"
    ultramsg_secret: str = "ultra-hook-77aa"
    fonnte_token: str = "fonnte-token-QzX81"
    fonnte_device: str = "966550000003"
    fonnte_secret: str = "fonnte-hook-31fe"
    meta_token: str = "EAAG-meta-token-0099"
    meta_phone_number_id: str = "109900000000042"
    meta_account: str = "220000000000077"
    meta_app_secret: str = "meta-app-secret-c0ffee"
    meta_verify_token: str = "meta-verify-1b2b"


ACCOUNTS = Accounts()
