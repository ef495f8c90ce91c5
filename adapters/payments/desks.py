"""Each tenant's account with a payment provider: `bot.payments.provider.PaymentDesks`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from adapters.payments.moyasar import Moyasar
from bot.ports import Health
from bot.tenants import TenantConfig

# What is said of several, from the best to the worst.
WORSE = ("ok", "degraded", "down", "auth_failed")


class Desks:
    """Filled at the start from the settings."""

    def __init__(self, accounts: Mapping[str, Moyasar]) -> None:
        self._accounts = MappingProxyType(dict(accounts))

    async def probe(self) -> Health:
        """The worst of what the accounts answer to a question that changes nothing."""
        seen = [await account.probe() for account in self._accounts.values()]
        return max(seen, key=lambda health: WORSE.index(health.state))

    def of(self, tenant_id: str) -> Moyasar | None:
        return self._accounts.get(tenant_id)

    def named(self, name: str) -> Mapping[str, Moyasar]:
        return {tenant: account for tenant, account in self._accounts.items() if account.name == name}

    async def close(self) -> None:
        for account in self._accounts.values():
            await account.close()


def opened(configs: Sequence[TenantConfig], now: Callable[[], datetime]) -> Desks | None:
    """The accounts that the configuration names; None when it names none."""
    accounts = {
        config.id: Moyasar(
            config.payments.secret_key.get_secret_value(),
            config.payments.webhook_secret.get_secret_value(),
            now,
            config.payments.url,
        )
        for config in configs
        if config.payments is not None
    }
    return Desks(accounts) if accounts else None
