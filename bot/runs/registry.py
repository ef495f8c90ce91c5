"""
Which flows, in which versions, this process knows.

Rule: a run goes on with the version it was started with. One that is not known here is left to a process that
knows it, unless a newer version says how it takes such runs over.
"""

from collections.abc import Iterator

from bot.errors import NotFound
from bot.runs.flow import Flow, kind_of


class Flows:
    """The flows of this process; filled at the start."""

    def __init__(self) -> None:
        self._flows: dict[str, Flow] = {}
        self._heirs: dict[str, Flow] = {}

    def register(self, flow: Flow) -> None:
        """Make a flow known. Raises ValueError for a version that is known already."""
        if flow.kind in self._flows:
            raise ValueError(f"the flow {flow.kind} is registered twice")
        self._flows[flow.kind] = flow
        for old in flow.takes_over:
            heir = self._heirs.get(kind_of(flow.name, old))
            if heir is None or heir.version < flow.version:
                self._heirs[kind_of(flow.name, old)] = flow

    def newest(self, name: str) -> Flow:
        """What a new run is started with. Raises NotFound."""
        versions = [flow for flow in self._flows.values() if flow.name == name]
        if not versions:
            known = ", ".join(sorted({flow.name for flow in self._flows.values()})) or "-"
            raise NotFound(
                f"there is no flow {name!r}; known are: {known}", f"لا يوجد مسار عمل «{name}»؛ المعروف: {known}"
            )
        return max(versions, key=lambda flow: flow.version)

    def of(self, name: str, version: int) -> Flow | None:
        """The flow a run goes on with: its own version, or a newer one that takes it over."""
        kind = kind_of(name, version)
        return self._flows.get(kind) or self._heirs.get(kind)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every flow and version whose runs this process can go on with."""
        return tuple(dict.fromkeys((*self._flows, *self._heirs)))

    def __iter__(self) -> Iterator[Flow]:
        return iter(self._flows.values())
