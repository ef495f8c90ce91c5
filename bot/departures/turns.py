"""Whose turn it is: contacts as they came, tenant by tenant, so that nobody's backlog is everybody's."""

from collections import OrderedDict, deque

Name = tuple[str, str]


class Turns:
    """Contacts that may be looked at now."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[Name]] = OrderedDict()
        self._names: set[Name] = set()

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: Name) -> None:
        """Let it stand in line, once."""
        if name not in self._names:
            self._names.add(name)
            self._of.setdefault(name[0], deque()).append(name)

    def take(self) -> Name:
        """The first of the tenant that waited longest for a turn; there must be one."""
        tenant_id, line = self._of.popitem(last=False)
        name = line.popleft()
        if line:
            self._of[tenant_id] = line  # behind all others
        self._names.discard(name)
        return name
