"""What is wrong with one tenant stays with that one."""

import pytest

from bot.rounds import for_each


class Away(Exception):
    pass


async def test_a_tenant_without_its_database_or_with_a_fault_keeps_nobody_waiting() -> None:
    served: list[str] = []

    async def work(tenant_id: str) -> None:
        if tenant_id == "away":
            raise Away
        if tenant_id == "broken":
            raise ValueError(tenant_id)
        served.append(tenant_id)

    with pytest.raises(ValueError, match="broken"):
        await for_each("work", ["away", "one", "broken", "two"], work, (Away,))
    assert served == ["one", "two"]
    await for_each("work", ["away", "one"], work, (Away,))
    assert served == ["one", "two", "one"]
