"""The public price that the bot may say: that of the price list when one holds today, else the tenant's own."""

from dataclasses import replace
from datetime import datetime

from bot.tenant import Tenant
from rules.policies import Policies


def priced(tenant: Tenant, policies: Policies, at: datetime) -> Tenant:
    """The tenant with the price that holds on this day."""
    today = policies.day(at)
    if not policies.prices.public(today):
        return tenant
    said = {language: policies.prices.sentence(language, today) for language in ("ar", "en")}
    return replace(tenant, has_public_price=True, public_price=said)
