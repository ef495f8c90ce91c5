"""
Three businesses on one installation, with two numbers each; together they use all four providers.

Each has providers of its own, with credentials of its own, people of its own in Telegram, and a word of its own
that must never be seen at another's: its canary.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.fakes.whatsapp import Accounts, FakeWhatsApp


@dataclass(frozen=True, slots=True)
class ChaosChannel:
    """One number at one provider."""

    id: str
    provider: str


@dataclass(frozen=True, slots=True)
class ChaosTenant:
    """One business."""

    id: str
    canary: str
    people: tuple[int, ...]
    """Who decides in Telegram."""
    may_change_number: bool
    channels: tuple[ChaosChannel, ...]
    accounts: Accounts


def _accounts(number: int) -> Accounts:
    return Accounts(
        green_instance=f"71050000{number:02}",
        green_token=f"green-token-{number:02}-7f3a",
        green_webhook_token=f"green-hook-{number:02}-5e8d",
        ultramsg_instance=f"instance47{number:02}",
        ultramsg_token=f"ultra-token-{number:02}-k2j4",
        ultramsg_secret=f"ultra-hook-{number:02}-77aa",
        fonnte_token=f"fonnte-token-{number:02}-QzX8",
        fonnte_device=f"9665500001{number:02}",
        fonnte_secret=f"fonnte-hook-{number:02}-31fe",
        meta_token=f"EAAG-meta-token-{number:02}",
        meta_phone_number_id=f"1099000000000{number:02}",
        meta_app_secret=f"meta-app-secret-{number:02}-c0ffee",
        meta_verify_token=f"meta-verify-{number:02}",
    )


TENANTS: tuple[ChaosTenant, ...] = (
    ChaosTenant(
        "acme",
        "kzacmeq",
        (1001, 1002),
        True,
        (ChaosChannel("acme_green", "green_api"), ChaosChannel("acme_meta", "meta_cloud")),
        _accounts(11),
    ),
    ChaosTenant(
        "binda",
        "kzbindaq",
        (2001,),
        True,
        (ChaosChannel("binda_ultra", "ultramsg"), ChaosChannel("binda_fonnte", "fonnte")),
        _accounts(22),
    ),
    ChaosTenant(
        "cora",
        "kzcoraq",
        (3001, 3002),
        False,
        (ChaosChannel("cora_meta", "meta_cloud"), ChaosChannel("cora_green", "green_api")),
        _accounts(33),
    ),
)

STRANGER = 6666
FORGED = "kzforgedq"
"""A word that only forged webhooks hold."""


def tenant_named(tenant_id: str) -> ChaosTenant:
    return next(tenant for tenant in TENANTS if tenant.id == tenant_id)


def tenants_file(path: Path, fakes: dict[str, FakeWhatsApp]) -> Path:
    """Write what an operator would write."""
    lines = ["tenants:"]
    for tenant in TENANTS:
        lines += [
            f"  - id: {tenant.id}",
            f"    name: {tenant.id.title()}",
            f"    may_change_number: {str(tenant.may_change_number).lower()}",
            f"    approvers: {list(tenant.people)}",
            "    channels:",
        ]
        for channel in tenant.channels:
            lines += [f"      - id: {channel.id}", f"        provider: {channel.provider}"]
            lines += [f"        url: {fakes[tenant.id].url}"]
            lines += [f'        {name}: "{value}"' for name, value in _credentials(tenant, channel).items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _credentials(tenant: ChaosTenant, channel: ChaosChannel) -> dict[str, str]:
    a = tenant.accounts
    identity = f"+96655000{a.green_instance[-2:]}{'01' if channel == tenant.channels[0] else '02'}"
    found = {
        "green_api": {
            "instance_id": a.green_instance,
            "token": a.green_token,
            "webhook_secret": a.green_webhook_token,
        },
        "ultramsg": {
            "instance_id": a.ultramsg_instance,
            "token": a.ultramsg_token,
            "webhook_secret": a.ultramsg_secret,
        },
        "fonnte": {"token": a.fonnte_token, "webhook_secret": a.fonnte_secret},
        "meta_cloud": {
            "instance_id": a.meta_phone_number_id,
            "token": a.meta_token,
            "webhook_secret": a.meta_app_secret,
            "verify_token": a.meta_verify_token,
        },
    }[channel.provider]
    return {**found, "sender_identity": identity}
