"""
What contacts may demand about their own data, from the moment it is written down until it is done.

Rule 1: whoever wants to be forgotten, or the use of their data restricted, hears nothing from that moment on;
        what cannot be undone waits for a human's yes, or for the day that the operator has settled.
Rule 2: a request is closed once. A rejection says why, and lifts what the request had stopped.
Rule 3: a deletion is completed when a search finds nothing left, here and in the customer records that we wrote;
        until then it is processing, and begun again.
Rule 4: what is overdue is told, and so is a lost key, without which nobody who was erased is recognised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.alerts import Alerts
from bot.audit import Audit
from bot.contacts import Contact, contact_of
from bot.conversation import Conversation
from bot.errors import AlreadyDecided, BadRequest, NotFound
from bot.notebook import Log, Notebook
from bot.people import NOBODY, Human
from bot.privacy.data_exports import Export, ExportRows, export_of
from bot.privacy.data_requests import (
    COMPLETED,
    DUE_AFTER,
    KINDS,
    PENDING,
    PROCESSING,
    REJECTED,
    DataRequest,
    DataRequestRows,
    reference_of,
)
from bot.privacy.data_rights_in_talk import close_ask, has_answered, lift, take_in
from bot.privacy.erasure import Erasures
from bot.privacy.personal import PersonalRows

logger = structlog.get_logger()

# A working week before the law's day somebody should have begun.
WARN_BEFORE = timedelta(days=7)

CORRECTABLE = ("name",)
"""Besides these, every qualification answer that the contact has given."""

WATCH_EVERY_SECONDS = 60.0

# Somebody must look at what a search still finds; reading every collection each minute helps nobody meanwhile.
TRY_AGAIN_AFTER = timedelta(minutes=15)

# Erasing at another service takes seconds, and a second look there half a minute.
LOOK_ELSEWHERE_AFTER = timedelta(minutes=1)
LISTED_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things last, as the operator settled it."""

    export_lasts: timedelta = timedelta(days=7)
    erase_after: timedelta | None = None
    """After how long a deletion is carried out without anybody's yes; None when it takes one."""


class DataRights:
    """The same functions for the API, the command line, Telegram and the console."""

    def __init__(
        self,
        notebook: Notebook,
        rows: DataRequestRows,
        exports: ExportRows,
        personal: PersonalRows,
        erasures: Erasures,
        audit: Audit,
        alerts: Alerts,
        terms: Terms,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._notebook = notebook
        self._rows = rows
        self._exports = exports
        self._personal = personal
        self._erasures = erasures
        self._audit = audit
        self._alerts = alerts
        self._terms = terms
        self._now = now
        self._new_id = new_id
        self._in_hand: set[str] = set()
        self._try_again_at: dict[str, datetime] = {}

    def now(self) -> datetime:
        """By the clock that requests are due by."""
        return self._now()

    async def list(self, tenant_id: str, status: str = "", limit: int = LISTED_AT_MOST) -> Sequence[DataRequest]:
        """Newest first, of one status or of all."""
        return await self._rows.latest(tenant_id, status, limit)

    async def show(self, tenant_id: str, request_id: str) -> DataRequest:
        """One request, by its id or by the number that the contact was told. Raises NotFound."""
        request = await self._rows.read(tenant_id, request_id)
        if request is None:
            raise NotFound(f"there is no data request {request_id} here", "لا يوجد طلب بيانات بهذا الرقم هنا")
        return request

    async def create(
        self, tenant_id: str, kind: str, contact: str, by: Human, via: str, note: str = ""
    ) -> DataRequest:
        """
        Write a contact's request down for them; one that is open already is answered instead of a second one.

        Raises BadRequest for a kind that does not exist, NotFound for a contact that does not.
        """
        if kind not in KINDS:
            raise BadRequest(
                f"{kind!r} is no kind of request: choose one of {', '.join(KINDS)}",
                f"نوع طلب غير معروف؛ اختر من: {', '.join(KINDS)}",
            )
        found = await contact_of(self._notebook.store, tenant_id, contact)
        same = [r for r in await self._rows.of_contact(tenant_id, found.keys) if r.kind == kind]
        waiting = next((request for request in same if request.is_open), None)
        if waiting is not None:
            return waiting
        request = self._fresh(tenant_id, kind, found, len(same) + 1, by, via, note)
        await self._rows.add(request)
        if found.conversation is not None:
            await self._notebook.change(tenant_id, found.id, lambda talk, log: take_in(talk, request, by, log))
        else:
            told = {"request": request.id, "kind": kind, "reference": request.reference, "via": via}
            await self._audit.note(tenant_id, "data_request_received", by, **told)
        return request

    async def complete(
        self, tenant_id: str, request_id: str, by: Human, correction: Mapping[str, str] | None = None
    ) -> DataRequest:
        """
        Do what is asked for, and close the request.

        A deletion comes back `processing` when a search still found something; it goes on by itself.
        Raises NotFound, AlreadyDecided, BadRequest (nothing to correct with, nothing exported or answered).
        """
        request = await self._open_one(tenant_id, request_id)
        match request.kind:
            case "deletion":
                return await self.erase(tenant_id, request.id, by)
            case "correction":
                request = await self._correct(request, correction or {})
            case "access":
                await self._require_answer(request)
            case "restriction":
                await self._restrict(request)
        return await self._close(request, COMPLETED, by)

    async def reject(self, tenant_id: str, request_id: str, by: Human, reason: str) -> DataRequest:
        """Close a request without doing it. Raises BadRequest without a reason, NotFound, AlreadyDecided."""
        if not reason.strip():
            raise BadRequest("say why the request is rejected", "اذكر سبب رفض الطلب")
        request = await self._open_one(tenant_id, request_id)
        if request.kind == "deletion" and request.status == PROCESSING:
            raise AlreadyDecided("this deletion has begun and cannot be undone", "بدأ الحذف ولا يمكن التراجع عنه")
        rejected = await self._close(request, REJECTED, by, reason.strip())
        await self._tell_rejected(rejected)
        return rejected

    async def lift(self, tenant_id: str, request_id: str, by: Human) -> DataRequest:
        """End a restriction that was completed, at the contact's wish. Raises NotFound, BadRequest."""
        request = await self.show(tenant_id, request_id)
        if request.kind != "restriction" or request.status != COMPLETED:
            raise BadRequest("only a restriction that is in force can be lifted", "لا يُرفع إلا تقييد سارٍ")
        for conversation_id in request.subject.conversation_ids:
            await self._notebook.change(
                tenant_id, conversation_id, lambda talk, log: lift(talk, request.id, by, log)
            )
        return request

    async def export(self, tenant_id: str, request_id: str, by: Human) -> DataRequest:
        """Put together everything that is held about the contact, and keep it for its days. Raises NotFound."""
        request = await self._open_one(tenant_id, request_id)
        if request.kind != "access":
            raise BadRequest("only a request for access is answered with an export", "التصدير لطلبات الاطلاع فقط")
        now = self._now()
        company = self._notebook.tenants[tenant_id].name
        # Found as a deletion would find them, so that what is shown is what would be forgotten.
        subject = await self._erasures.widened(tenant_id, request.subject)
        rows = await self._personal.about(tenant_id, subject)
        export = export_of(request, rows, company, by.id, now, now + self._terms.export_lasts)
        await self._exports.keep(tenant_id, export)
        counts = {name: len(found) for name, found in rows.items()}
        exported = replace(request, export_sha256=export.sha256, counts=counts)
        if request.status == PENDING:
            exported = replace(exported, status=PROCESSING, processing_since=now)
        request = await self._written(exported)
        await self._note(request, "data_exported", by, sha256=export.sha256, expires_at=export.expires_at)
        return request

    async def download(self, tenant_id: str, request_id: str, by: Human) -> Export:
        """What was exported, told to the audit log. Raises NotFound when there is none, or its days are over."""
        request = await self.show(tenant_id, request_id)
        export = await self._exports.read(tenant_id, request.id, self._now())
        if export is None:
            raise NotFound(
                f"there is no export of {request.reference}, or it has expired; make one first",
                "لا يوجد ملف تصدير لهذا الطلب أو انتهت مدته؛ أنشئ ملفًا جديدًا",
            )
        await self._note(request, "data_export_downloaded", by, sha256=export.sha256)
        return export

    async def erase(self, tenant_id: str, request_id: str, by: Human) -> DataRequest:
        """Carry out a deletion, from wherever it was broken off. Raises NotFound, AlreadyDecided, BadRequest."""
        request = await self._open_one(tenant_id, request_id)
        if request.kind != "deletion":
            raise BadRequest("only a request for deletion is carried out by erasing", "الحذف لطلبات الحذف فقط")
        if request.status == PENDING:
            begun = replace(request, status=PROCESSING, processing_since=self._now(), decided_by=by.id)
            request = await self._written(begun)
            await self._note(request, "erasure_agreed", by)
        self._in_hand.add(request.id)
        try:
            erased = await self._erasures.run(request, by)
        finally:
            self._in_hand.discard(request.id)
        if erased.left or erased.elsewhere:
            pause = TRY_AGAIN_AFTER if erased.left else LOOK_ELSEWHERE_AFTER
            self._try_again_at[request.id] = self._now() + pause
            request = await self._written(replace(request, counts={**erased.left, **erased.elsewhere}))
            if erased.left:
                await self._tell_left(request)
            return request
        now = self._now()
        counts = {**_merged(request.counts, erased.changed), "left": 0}
        done = replace(
            request,
            status=COMPLETED,
            closed_at=now,
            verified_at=now,
            subject=erased.subject,
            evidence_ref="erased",
            counts=counts,
        )
        done = await self._written(done)
        await self._audit.note(
            tenant_id, "contact_erased", by, request=done.id, reference=done.reference, rows=sum(counts.values())
        )
        return done

    async def watch(self) -> None:
        """Go on with what was broken off, carry out what is due by policy, and tell what is overdue."""
        has_another_key = await self._erasures.has_another_key()
        for tenant_id in self._notebook.tenants:
            try:
                if has_another_key:
                    await self._tell_lost_key(tenant_id)
                for request in await self._rows.open_ones(tenant_id):
                    await self._look_after(request)
            except self._notebook.store.unreachable as away:
                # A tenant's own database may be away; the others' requests are due all the same.
                logger.warning("data_requests_wait", tenant=tenant_id, reason=type(away).__name__)

    async def _look_after(self, request: DataRequest) -> None:
        now, after = self._now(), self._terms.erase_after
        is_agreed = request.status == PROCESSING
        if after is not None and request.kind == "deletion" and request.requested_at + after <= now:
            is_agreed = True
        waits = request.id in self._in_hand or now < self._try_again_at.get(request.id, now)
        if request.kind == "deletion" and is_agreed and not waits:
            try:
                request = await self.erase(request.tenant_id, request.id, NOBODY)
            except AlreadyDecided:
                return  # another process was faster
        if not request.is_open or now < request.due_at - WARN_BEFORE:
            return
        is_over = request.is_overdue(now)
        en, ar = ("is overdue", "تجاوز موعده") if is_over else ("is due within a week", "يحين موعده خلال أسبوع")
        await self._alerts.tell(
            request.tenant_id,
            "data_request_overdue" if is_over else "data_request_due_soon",
            f"The data request {request.reference} ({request.kind}) {en}",
            f"طلب البيانات {request.reference} {ar}",
            f"due at {request.due_at:%Y-%m-%d %H:%M} UTC, {request.status}",
            f"data_request:{request.id}:{'overdue' if is_over else 'soon'}",
            audience=("admin", "dpo"),
            about=request.id,
            level=2 if is_over else 1,
        )

    async def _tell_lost_key(self, tenant_id: str) -> None:
        await self._alerts.tell(
            tenant_id,
            "fingerprint_key_lost",
            "Erased contacts are not recognised: bring back the folder of keys that belongs to this database",
            "لا يمكن التعرف على العملاء المحذوفين: أعد مجلد المفاتيح الخاص بقاعدة البيانات هذه",
            "contacts.key in the folder of keys is not the one that the fingerprints were made with",
            "fingerprint_key_lost",
            audience=("admin", "dpo"),
            level=2,
        )

    async def _tell_rejected(self, request: DataRequest) -> None:
        """Nothing is sent by itself: why somebody is refused a right is for a person to write."""
        await self._alerts.tell(
            request.tenant_id,
            "data_request_rejected",
            f"The data request {request.reference} was rejected and the contact not told yet: write to them why",
            f"رُفض طلب البيانات {request.reference} ولم يُبلَّغ صاحبه بعد؛ اكتب له سبب الرفض",
            f"{request.kind}, due at {request.due_at:%Y-%m-%d %H:%M} UTC",
            f"data_request:{request.id}:rejected",
            audience=("admin", "dpo"),
            about=request.id,
        )

    async def _tell_left(self, request: DataRequest) -> None:
        where = ", ".join(f"{name}: {count}" for name, count in sorted(request.counts.items()))
        await self._alerts.tell(
            request.tenant_id,
            "erasure_incomplete",
            f"The deletion {request.reference} is not complete: a search still finds the contact",
            f"لم يكتمل الحذف {request.reference}: ما زال البحث يجد بيانات العميل",
            where,
            f"data_request:{request.id}:left",
            audience=("admin", "dpo"),
            about=request.id,
        )

    def _fresh(
        self, tenant_id: str, kind: str, found: Contact, number: int, by: Human, via: str, note: str
    ) -> DataRequest:
        now = self._now()
        # The same id that the chat would give: two who write the same wish down at once write it once.
        request_id = f"{found.id}-{kind}-{number}" if found.id else self._new_id()
        return DataRequest(
            id=request_id,
            tenant_id=tenant_id,
            reference=reference_of(tenant_id, request_id),
            kind=kind,
            status=PENDING,
            subject=found.subject,
            via=via,
            requested_by=by.id,
            requested_at=now,
            due_at=now + DUE_AFTER,
            evidence_ref=note,
            correlation_id=request_id,
        )

    async def _open_one(self, tenant_id: str, request_id: str) -> DataRequest:
        request = await self.show(tenant_id, request_id)
        if not request.is_open:
            raise AlreadyDecided(
                f"the request {request.reference} is {request.status} already", "هذا الطلب مغلق بالفعل"
            )
        return request

    async def _correct(self, request: DataRequest, correction: Mapping[str, str]) -> DataRequest:
        wanted = {name: value.strip() for name, value in correction.items() if value.strip()}
        if not wanted:
            raise BadRequest("say what is right, for example name", "اذكر القيمة الصحيحة، مثل الاسم (name)")

        def edit(conversation: Conversation, log: Log) -> None:
            for name, value in wanted.items():
                if name in CORRECTABLE:
                    setattr(conversation, name, value)
                elif name in conversation.slots:
                    conversation.slots[name] = replace(conversation.slots[name], value=value)
                else:
                    known = ", ".join((*CORRECTABLE, *conversation.slots))
                    raise BadRequest(
                        f"{name!r} is not held about this contact: choose of {known}",
                        f"هذا الحقل غير محفوظ لهذا العميل؛ اختر من: {known}",
                    )
            log.add("data_corrected", "", request=request.id, fields=sorted(wanted))

        for conversation_id in request.subject.conversation_ids:
            await self._notebook.change(request.tenant_id, conversation_id, edit)
        name = wanted.get("name", request.subject.name)
        return replace(request, correction=wanted, subject=replace(request.subject, name=name))

    async def _require_answer(self, request: DataRequest) -> None:
        if request.export_sha256:
            return
        for conversation_id in request.subject.conversation_ids:
            talk = await self._notebook.store.conversations.read(request.tenant_id, conversation_id)
            if talk is not None and has_answered(talk, request.id):
                return
        raise BadRequest(
            "nothing was answered yet: approve the draft with the answer, or make the export first",
            "لم يُرسل جواب بعد: وافق على مسودة الجواب أو أنشئ ملف التصدير أولًا",
        )

    async def _restrict(self, request: DataRequest) -> None:
        if not request.subject.conversation_ids:
            raise BadRequest(
                "there is no conversation with this contact whose use could be restricted",
                "لا توجد محادثة مع هذا العميل ليُقيّد استخدامها",
            )

    async def _close(self, request: DataRequest, status: str, by: Human, reason: str = "") -> DataRequest:
        closed = replace(request, status=status, closed_at=self._now(), decided_by=by.id, reason=reason)
        closed = await self._written(closed)
        told = {"request": closed.id, "kind": closed.kind, "reference": closed.reference}
        if not closed.subject.conversation_ids:
            await self._audit.note(closed.tenant_id, f"data_request_{status}", by, **told)

        def edit(conversation: Conversation, log: Log) -> None:
            close_ask(conversation, closed)
            log.add(f"data_request_{status}", "", by=by.id, by_name=by.name, **told)

        for conversation_id in closed.subject.conversation_ids:
            await self._tell(closed.tenant_id, conversation_id, edit)
        return closed

    async def _tell(
        self, tenant_id: str, conversation_id: str, edit: Callable[[Conversation, Log], None]
    ) -> None:
        """Change a conversation, if it is still there."""
        try:
            await self._notebook.change(tenant_id, conversation_id, edit)
        except NotFound:
            logger.info("conversation_is_gone", conversation=conversation_id)

    async def _written(self, request: DataRequest) -> DataRequest:
        if not await self._rows.write(request):
            raise AlreadyDecided(
                f"somebody else has just changed the request {request.reference}; look at it again",
                "غيّر شخص آخر هذا الطلب قبل لحظات؛ اعرضه من جديد",
            )
        return replace(request, v=request.v + 1)

    async def _note(self, request: DataRequest, what: str, by: Human, **more: object) -> None:
        told = {"request": request.id, "kind": request.kind, "reference": request.reference, **more}
        await self._audit.note(
            request.tenant_id, what, by, conversation_id=next(iter(request.subject.conversation_ids), ""), **told
        )


def _merged(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    names = {**one, **other}
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in names if name != "left"}
