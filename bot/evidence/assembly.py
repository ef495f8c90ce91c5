"""
Assembles packs from records, checks them, and keeps what reviewers saw.

Rule 1: before anything is assembled everything that happened is sealed, so that a pack rests on sealed entries.
Rule 2: of two who assemble at once one wins; the other finds that pack.
Rule 3: a check walks the whole chain of packs: a pack is as good as everything before it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from bot.audit import Audit
from bot.errors import AlreadyDecided, BadRequest, NotFound
from bot.evidence import partner_path, recipes
from bot.evidence.blocks import NO_BLOCK
from bot.evidence.canonical import sha256
from bot.evidence.packs import (
    Content,
    Fault,
    NotAvailable,
    Pack,
    PackRefused,
    PackStatus,
    PackType,
    Problem,
    Review,
    Text,
    Verdict,
    envelope_of,
    item_hash,
    text_hash,
    text_hashes,
)
from bot.evidence.seals import Seals, to_the_millisecond
from bot.evidence.signing import PublicKey, Signature, Signer
from bot.people import NOBODY, Human
from bot.store import Store

# Losing so often means that somebody assembles in a loop.
MAX_RACES = 20
PAGE = 50
LISTED_AT_MOST = 200

EVER = datetime.fromtimestamp(0, UTC)

ASSEMBLED = "evidence_pack_assembled"

Maker = Callable[[str, str], Awaitable[Content]]
"""A tenant and an entity -> what a pack about it holds."""


class Evidence:
    """The packs of all tenants."""

    def __init__(
        self,
        store: Store,
        seals: Seals,
        signer: Signer,
        audit: Audit,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        new_salt: Callable[[], str],
    ) -> None:
        self._store = store
        self._seals = seals
        self._signer = signer
        self._audit = audit
        self._now = now
        self._new_id = new_id
        self._new_salt = new_salt
        self._makers: dict[str, Maker] = {}

    def learn(self, pack_type: PackType, maker: Maker) -> None:
        """Let another room say what goes into packs of a type: from its own records, never from who asks."""
        self._makers[pack_type] = maker

    async def assemble(
        self,
        tenant_id: str,
        pack_type: str,
        entity_id: str,
        by: Human = NOBODY,
        correlation_id: str = "",
        supersedes: str = "",
    ) -> Pack:
        """
        Make a pack about a deal, an incident or a scan.

        Args:
            entity_id: the id of the conversation, of the event (a correlation id), or of the scan.
            supersedes: the complete pack that this one corrects. One that is not complete is superseded anyway.

        Raises BadRequest, NotAvailable, NotFound, PackRefused (there is one already).
        """
        content = await self._content(tenant_id, pack_type, entity_id)
        for _ in range(MAX_RACES):
            earlier = await self._superseded(tenant_id, pack_type, entity_id, supersedes)
            last = await self._store.packs.last(tenant_id)
            pack, texts = self._made(tenant_id, pack_type, content, by, correlation_id, earlier, last)
            if await self._store.packs.add(pack, texts):
                await self._note(pack, by)
                return pack
        raise PackRefused(
            f"{MAX_RACES} other packs were assembled meanwhile; try again",
            f"جُمعت {MAX_RACES} حزمة أخرى في هذه الأثناء؛ حاول من جديد",
        )

    async def lacking(self, tenant_id: str, pack_type: str, entity_id: str) -> tuple[str, ...]:
        """What a pack would lack that was assembled now. Raises as `assemble` does."""
        return (await self._content(tenant_id, pack_type, entity_id)).missing

    async def get(self, tenant_id: str, pack_id: str) -> Pack:
        """One pack. Raises NotFound."""
        pack = await self._store.packs.get(tenant_id, pack_id)
        if pack is None:
            raise NotFound(f"there is no evidence pack {pack_id}", "لا توجد حزمة إثبات بهذا المعرّف")
        return pack

    async def listed(
        self, tenant_id: str, pack_type: str = "", entity_id: str = "", limit: int = LISTED_AT_MOST
    ) -> Sequence[Pack]:
        """Newest first."""
        return await self._store.packs.listed(tenant_id, pack_type, entity_id, min(limit, LISTED_AT_MOST))

    async def current(self, tenant_id: str, pack_type: str, entity_id: str) -> Pack | None:
        """The pack about an entity that no other supersedes."""
        found = await self._store.packs.about(tenant_id, pack_type, entity_id)
        return found[-1] if found else None

    async def texts(self, pack: Pack) -> Sequence[Text]:
        """What people wrote, as far as nobody was forgotten since."""
        return await self._store.packs.texts(pack.tenant_id, pack.id)

    async def status(self, pack: Pack) -> PackStatus:
        """How far a pack is now."""
        current = await self.current(pack.tenant_id, pack.type, pack.entity_id)
        if current is not None and current.id != pack.id:
            return PackStatus.SUPERSEDED
        if not pack.is_complete:
            return PackStatus.INCOMPLETE
        return PackStatus.REVIEWED if await self.review_of(pack) else PackStatus.READY

    async def review_of(self, pack: Pack) -> Review | None:
        return (await self._store.packs.reviews(pack.tenant_id, [pack.id])).get(pack.id)

    def key_of(self, pack: Pack) -> PublicKey:
        """The public key that a pack names. Raises PackRefused when it is none of ours."""
        for key in self._signer.public_keys():
            if key.id == pack.signature.key_id:
                return key
        raise PackRefused(
            "this pack names a key that is none of ours; verify it before you pass it on",
            "تذكر هذه الحزمة مفتاحًا ليس من مفاتيحنا؛ تحقق منها قبل أن تسلمها لأحد",
        )

    async def verify(self, tenant_id: str, pack_id: str) -> Verdict:
        """Compute a pack again, and every one of its chain. Raises NotFound."""
        pack = await self.get(tenant_id, pack_id)
        problems, length = await self._chain(tenant_id)
        own = [p for p in [*self._faults(pack), *await self._false_texts(pack)] if p not in problems]
        return Verdict(pack_id, pack.hash, sha256(pack.envelope), tuple(own + problems), length)

    async def review(self, tenant_id: str, pack_id: str, by: Human, note: str) -> Review:
        """Keep that somebody has looked at a valid pack. Raises NotFound, PackRefused, AlreadyDecided."""
        pack = await self.get(tenant_id, pack_id)
        verdict = await self.verify(tenant_id, pack_id)
        if verdict.first_broken is not None:
            raise PackRefused(
                f"this pack does not verify ({verdict.first_broken.fault}), so nobody can review it",
                f"هذه الحزمة لا تجتاز التحقق ({verdict.first_broken.fault})، فلا يمكن لأحد مراجعتها",
            )
        if not pack.is_complete:
            raise PackRefused(
                f"this pack lacks {', '.join(pack.missing)}: assemble it again when that is there",
                f"ينقص هذه الحزمة {'، '.join(pack.missing)}: اجمعها من جديد عند توفرها",
            )
        review = Review(tenant_id, pack_id, by.id, by.name, note, to_the_millisecond(self._now()), pack.hash)
        if not await self._store.packs.add_review(review):
            first = (await self._store.packs.reviews(tenant_id, [pack_id]))[pack_id]
            raise AlreadyDecided(
                f"{first.by_name} has reviewed this pack at {first.verified_at:%Y-%m-%d %H:%M} UTC",
                f"سبق أن راجع {first.by_name} هذه الحزمة",
            )
        await self._audit.note(tenant_id, "evidence_pack_reviewed", by, pack=pack_id, sha256=pack.hash)
        return review

    # What goes in

    async def _content(self, tenant_id: str, pack_type: str, entity_id: str) -> Content:
        maker = self._makers.get(pack_type)
        if maker is None and pack_type in recipes.NOT_AVAILABLE:
            raise NotAvailable(*recipes.NOT_AVAILABLE[pack_type])
        await self._seals.seal(tenant_id)
        if maker is not None:
            return await maker(tenant_id, entity_id)
        if pack_type == PackType.DEAL_CLOSURE:
            return await self._deal(tenant_id, entity_id)
        if pack_type == PackType.INCIDENT_RESPONSE:
            return await self._incident(tenant_id, entity_id)
        if pack_type == PackType.COMPLIANCE_AUDIT:
            return await self._audit_of(tenant_id, entity_id)
        if pack_type in partner_path.TYPES:
            return await self._partner_path(tenant_id, pack_type, entity_id)
        known = ", ".join(PackType)
        raise BadRequest(
            f"{pack_type!r} is no type of pack: choose one of {known}", f"نوع حزمة غير معروف؛ اختر من: {known}"
        )

    async def _deal(self, tenant_id: str, conversation_id: str) -> Content:
        conversation = await self._store.conversations.read(tenant_id, conversation_id)
        story = await self._story(tenant_id, conversation_id=conversation_id)
        if conversation is None and not story.rows:
            raise NotFound(f"there is no deal {conversation_id} here", "لا توجد صفقة بهذا المعرّف هنا")
        cards = await self._store.outputs.listed(tenant_id, "lead_score_card", conversation_id, 1)
        return recipes.deal_closure(conversation_id, conversation, story, cards)

    async def _incident(self, tenant_id: str, entity_id: str) -> Content:
        for kind, chosen in (("conversation", "conversation_id"), ("event", "correlation_id")):
            story = await self._story(tenant_id, **{chosen: entity_id})
            if story.rows:
                return recipes.incident_response(kind, entity_id, story)
        raise NotFound(
            f"nothing is known of a conversation or an event {entity_id}",
            "لا شيء معروف عن محادثة أو حدث بهذا المعرّف",
        )

    async def _audit_of(self, tenant_id: str, scan_id: str) -> Content:
        scan = await self._store.compliance.scan(tenant_id, scan_id)
        if scan is None:
            raise NotFound(f"there is no compliance scan {scan_id}", "لا يوجد فحص امتثال بهذا المعرّف")
        report = await self._seals.verify(tenant_id)
        broken = report.first_broken
        chain = {
            "valid": report.is_valid,
            "blocks": report.blocks,
            "entries": report.entries,
            "head_seq": report.head_seq,
            "head_hash": report.head_hash,
            "first_broken": f"{broken.kind} at block {broken.block}" if broken else "",
        }
        return recipes.compliance_audit(scan, chain)

    async def _partner_path(self, tenant_id: str, pack_type: str, case_id: str) -> Content:
        case = await self._store.golden_paths.read(tenant_id, case_id)
        if case is None:
            raise NotFound(f"there is no golden path {case_id}", "لا يوجد مسار ذهبي بهذا المعرّف")
        partner_path.check(pack_type, case)
        made = [
            await self._store.outputs.get(tenant_id, output_id)
            for output_id in (case.dossier_id, case.economics_id, case.packet_id)
            if output_id
        ]
        approval = await self._store.approvals.read(tenant_id, case.approval_id) if case.approval_id else None
        story = await self._story(tenant_id, correlation_id=case.correlation_id)
        return partner_path.content(case, [one for one in made if one], approval, story)

    async def _story(
        self, tenant_id: str, *, conversation_id: str = "", correlation_id: str = ""
    ) -> recipes.Story:
        most = recipes.STORY_AT_MOST
        rows = await self._store.seals.story(tenant_id, conversation_id, correlation_id, most + 1)
        # What happened while this pack is made belongs to the next one.
        sealed = [row for row in rows[:most] if row.block is not None]
        return recipes.Story(tuple(sealed), is_whole=len(rows) <= most)

    # How it is written

    async def _superseded(self, tenant_id: str, pack_type: str, entity_id: str, wanted: str) -> Pack | None:
        """The pack that the new one stands in for. Raises PackRefused."""
        current = await self.current(tenant_id, pack_type, entity_id)
        if wanted and (current is None or current.id != wanted):
            raise PackRefused(
                f"the pack {wanted} is not the one in force about {entity_id}; look at the list",
                "الحزمة التي تريد استبدالها ليست السارية؛ راجع القائمة",
            )
        if current is not None and current.is_complete and not wanted:
            raise PackRefused(
                f"there is a complete pack about {entity_id} already: {current.id}; to correct it, name it in "
                "`supersedes`",
                f"توجد حزمة مكتملة بالفعل: {current.id}؛ لتصحيحها اذكرها في supersedes",
            )
        return current

    def _made(
        self,
        tenant_id: str,
        pack_type: str,
        content: Content,
        by: Human,
        correlation_id: str,
        earlier: Pack | None,
        last: Pack | None,
    ) -> tuple[Pack, list[Text]]:
        pack_id, at = self._new_id(), to_the_millisecond(self._now())
        seq = last.seq + 1 if last else 1
        revision = earlier.revision + 1 if earlier else 1
        envelope, texts = envelope_of(
            tenant_id=tenant_id,
            pack_id=pack_id,
            seq=seq,
            pack_type=pack_type,
            content=content,
            created_at=at,
            created_by=by,
            correlation_id=correlation_id,
            supersedes=earlier.id if earlier else "",
            revision=revision,
            prev_hash=last.hash if last else NO_BLOCK,
            new_salt=self._new_salt,
        )
        hashed = sha256(envelope)
        pack = Pack(
            tenant_id=tenant_id,
            id=pack_id,
            seq=seq,
            type=pack_type,
            entity_type=content.entity_type,
            entity_id=content.entity_id,
            revision=revision,
            envelope=envelope,
            hash=hashed,
            signature=self._signer.sign("pack", hashed),
            created_at=at,
        )
        return pack, texts

    async def _note(self, pack: Pack, by: Human) -> None:
        """In the audit log, where it is sealed: whoever removes the last pack is found by this entry."""
        await self._audit.note(
            pack.tenant_id,
            ASSEMBLED,
            by,
            pack=pack.id,
            seq=pack.seq,
            sha256=pack.hash,
            pack_type=pack.type,
            entity=pack.entity_id,
            missing=list(pack.missing),
            supersedes=pack.supersedes,
        )

    # How it is checked

    def _faults(self, pack: Pack) -> list[Problem]:
        """What is wrong with one pack itself."""

        def fault(kind: Fault, detail: str) -> Problem:
            return Problem(kind, pack.seq, pack.id, detail)

        found = []
        items = pack.envelope.get("items")
        for number, item in enumerate(items if isinstance(items, list) else ()):
            if not isinstance(item, dict) or item.get("sha256") != item_hash(item):
                found.append(fault(Fault.ITEM_CHANGED, f"item {number} is not what was packed"))
        if sha256(pack.envelope) != pack.hash:
            found.append(fault(Fault.PACK_CHANGED, "its hash is another"))
        if not self._signer.is_genuine("pack", pack.hash, Signature(pack.signature.key_id, pack.signature.value)):
            found.append(fault(Fault.BAD_SIGNATURE, "none of our keys has signed it"))
        if pack.strange:
            found.append(fault(Fault.MISPLACED, f"the row differs from the envelope: {', '.join(pack.strange)}"))
        return found

    async def _false_texts(self, pack: Pack) -> list[Problem]:
        """Texts beside a pack that are not what it names; those that are gone were forgotten."""
        named = text_hashes(pack.envelope.get("items"))
        texts = await self.texts(pack)
        wrong = [t for t in texts if t.sha256 not in named or text_hash(t.salt, t.text) != t.sha256]
        told = Problem(Fault.TEXT_CHANGED, pack.seq, pack.id, "a text beside it is not what it names")
        return [told] if wrong else []

    async def _chain(self, tenant_id: str) -> tuple[list[Problem], int]:
        """The first thing that is wrong in the chain of a tenant's packs, and how many packs it has."""
        before, expected = NO_BLOCK, 1
        while True:
            page = await self._store.packs.after(tenant_id, expected - 1, PAGE)
            for pack in page:
                if pack.seq != expected:
                    return [Problem(Fault.GAP, expected, "", f"pack {expected} is not there")], expected - 1
                faults = self._faults(pack)
                if pack.envelope.get("prev_hash") != before:
                    faults.append(Problem(Fault.WRONG_LINK, pack.seq, pack.id, "it names another pack before it"))
                if faults:
                    return faults[:1], expected - 1
                before, expected = pack.hash, expected + 1
            if len(page) < PAGE:
                return await self._cut(tenant_id, expected - 1), expected - 1

    async def _cut(self, tenant_id: str, length: int) -> list[Problem]:
        """Whether the audit log knows of a later pack than the last."""
        until = self._now() + timedelta(days=1)
        told = await self._store.timeline.of_kind(tenant_id, ASSEMBLED, EVER, until, PAGE)
        for known in sorted((one.entry.data for one in told), key=lambda data: int(data["seq"])):
            if int(known["seq"]) > length:
                detail = "the audit log knows of it"
                return [Problem(Fault.CUT_OFF, int(known["seq"]), str(known["pack"]), detail)]
        return []
