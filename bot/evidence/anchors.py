"""
Heads of chains, sent where whoever has the database does not reach: there a shortened chain is missed.

Rule 1: once a day, and only when something was sealed since, the head becomes an anchor: stored, appended to a
        file outside the database, and told to the tenant's admins, whose phones keep it.
Rule 2: an anchor names a number and a hash; nothing about anybody is in it.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.alerts import Alerts
from bot.evidence.blocks import Anchor, anchor_hash
from bot.evidence.canonical import utc_text
from bot.evidence.chain import Known
from bot.evidence.seals import to_the_millisecond
from bot.evidence.signing import Signature, Signer
from bot.store import Store

logger = structlog.get_logger()

# How much of a chain could be cut off unseen by those who only keep anchors.
EVERY = timedelta(days=1)
LOOK_EVERY_SECONDS = 600.0

_GIVEN = re.compile(r"(?P<seq>[1-9][0-9]{0,17}):(?P<hash>[0-9a-f]{64})")


class Anchors:
    """Drops anchors, and reads back those that were kept outside."""

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, object],
        signer: Signer,
        now: Callable[[], datetime],
        told: Alerts | None,
        file: Path,
    ) -> None:
        """
        Args:
            told: whom an anchor is sent to; None keeps them in the file and the database only.
            file: where anchors are appended, one line of JSON each.
        """
        self._store = store
        self._tenants = tenants
        self._signer = signer
        self._now = now
        self._told = told
        self._file = file

    async def run(self) -> None:
        """The job: one anchor a day for every tenant in whose chain something was added."""
        for tenant_id in list(self._tenants):
            try:
                anchors = await self._store.seals.anchors(tenant_id)
                if not anchors or self._now() - anchors[-1].at >= EVERY:
                    await self.drop(tenant_id)
            except self._store.unreachable as away:
                logger.warning("anchors_wait_for_database", tenant=tenant_id, reason=type(away).__name__)

    async def drop(self, tenant_id: str) -> Anchor | None:
        """Anchor the head of a chain now; None when there is none. The same head is sent once."""
        head = await self._store.seals.head(tenant_id)
        if head is None:
            return None
        bare = Anchor(tenant_id, head.seq, head.hash, to_the_millisecond(self._now()), Signature("", ""))
        signature = self._signer.sign("anchor", anchor_hash(bare))
        anchor = Anchor(tenant_id, head.seq, head.hash, bare.at, signature)
        if await self._store.seals.keep_anchor(anchor):
            await asyncio.to_thread(self._append, anchor)
            await self._tell(anchor)
        return anchor

    async def stored(self, tenant_id: str) -> list[Anchor]:
        """The anchors of a tenant in the database, oldest first."""
        return await self._store.seals.anchors(tenant_id)

    def kept_outside(self, tenant_id: str) -> list[Known]:
        """The anchors of a tenant in the file. Raises ValueError for a line that is none."""
        if not self._file.exists():
            return []
        lines = [json.loads(line) for line in self._file.read_text().splitlines() if line.strip()]
        mine = [line for line in lines if line["tenant"] == tenant_id]
        return [Known(int(line["seq"]), str(line["hash"]), "file") for line in mine]

    def _append(self, anchor: Anchor) -> None:
        line = {
            "tenant": anchor.tenant_id,
            "seq": anchor.seq,
            "hash": anchor.hash,
            "at": utc_text(anchor.at),
            "key_id": anchor.signature.key_id,
            "signature": anchor.signature.value,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    async def _tell(self, anchor: Anchor) -> None:
        if self._told is None:
            return
        await self._told.tell(
            anchor.tenant_id,
            "chain_anchored",
            "Keep this message: it proves that nobody has shortened the audit log.",
            "احتفظ بهذه الرسالة: بها يُثبت أن أحدًا لم يقتطع من سجل التدقيق.",
            f"{anchor.seq}:{anchor.hash}",
            f"anchor:{anchor.seq}",
        )


def read_anchor(text: str) -> Known:
    """`42:<64 hex digits>`, as it was sent. Raises ValueError."""
    found = _GIVEN.fullmatch(text.strip())
    if found is None:
        raise ValueError("an anchor is written as it was sent: the number of a block, a colon, 64 hex digits")
    return Known(int(found["seq"]), found["hash"])
