"""A result as it is kept: plain JSON with its hash, read back through its model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from bot.errors import DealixError
from bot.evidence.canonical import sha256
from bot.outputs.models import Output

_OUTPUT: TypeAdapter[Output] = TypeAdapter(Output)


class OutputChanged(DealixError):
    """A stored result is not what was stored; somebody changed it in the database."""

    code, status = "output_changed", 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A result as it is kept."""

    tenant_id: str
    id: str
    kind: str
    about: str
    """The id of what it is about: a conversation, an approval, a pack."""
    content: Mapping[str, Any]
    """Plain JSON, as the model writes it."""
    content_sha256: str
    created_at: datetime

    @property
    def output(self) -> Output:
        """The result itself. Raises OutputChanged."""
        if sha256(self.content) != self.content_sha256:
            raise OutputChanged(
                f"the result {self.id} is not what was stored", f"النتيجة {self.id} ليست كما خُزّنت"
            )
        try:
            return _OUTPUT.validate_python(dict(self.content))
        except ValidationError as unreadable:
            raise OutputChanged(
                f"the result {self.id} cannot be read any more", f"تعذرت قراءة النتيجة {self.id}"
            ) from unreadable


class Outputs(Protocol):
    """Where results are kept; nothing in it is ever changed."""

    async def add(self, stored: Stored) -> None: ...

    async def get(self, tenant_id: str, output_id: str) -> Stored | None: ...

    async def listed(self, tenant_id: str, kind: str, about: str, limit: int) -> list[Stored]:
        """Newest first; an empty kind or id means any."""
