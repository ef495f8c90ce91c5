"""
What is measured about records: consents, requests of data subjects, the two chains, and reasons of decisions.

A check reads and never writes; a room that is not there makes its finding `not_assessed`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.compliance.asked import Asked
from bot.compliance.findings import Finding, judged, unknown
from bot.compliance.registers import ConsentRecord, DataRequest
from bot.compliance.sending_checks import sends
from bot.compliance.sends import Send
from bot.compliance.sources import Chain

# Twelve calendar months are never longer than this.
LONGEST_CONSENT = timedelta(days=366)

# After this long what was done about a request must have been verified.
PROVED_WITHIN = timedelta(days=1)

# What a contact opens by writing is no row of a register: its id says when, and it ends with the service window.
OPENED_BY_WRITING = "inbound_service"
WINDOW = timedelta(hours=24)


async def consents_are_specific(asked: Asked) -> Finding:
    """Every consent says for what, over which channel, and where it comes from."""
    check = "consents_are_specific"
    if asked.sources.consents is None:
        return unknown(check, asked.at, *_MISSING["consents"])
    records = await asked.sources.consents.granted(asked.tenant_id)
    vague = [r.id for r in records if not (r.purpose and r.channel and r.source)]
    return judged(
        check,
        asked.at,
        violations=vague,
        looked_at=len(records),
        good_en="every consent names its purpose, its channel and its source",
        good_ar="كل موافقة تذكر غرضها وقناتها ومصدرها",
        bad_en=f"{len(vague)} of {len(records)} consents do not say for what, where or from whom",
        bad_ar=f"{len(vague)} من {len(records)} موافقة لا تذكر الغرض أو القناة أو المصدر",
    )


async def consents_expire(asked: Asked) -> Finding:
    """Every consent ends within twelve months, and no message rested on one that had ended."""
    check = "consents_expire"
    if asked.sources.consents is None:
        return unknown(check, asked.at, *_MISSING["consents"])
    records = await asked.sources.consents.granted(asked.tenant_id)
    endless = [r.id for r in records if _is_endless(r)]
    rested = [send for send in await sends(asked) if send.consent_id and send.is_proactive]
    named = {
        r.id: r for r in await asked.sources.consents.by_ids(asked.tenant_id, [s.consent_id for s in rested])
    }
    late = [s.entry_id for s in rested if not (_held(named.get(s.consent_id), s.at) or _in_window(s))]
    return judged(
        check,
        asked.at,
        violations=[*endless, *late],
        looked_at=len(records) + len(rested),
        good_en="every consent ends within twelve months, and none was used after its end",
        good_ar="كل موافقة تنتهي خلال اثني عشر شهرًا ولم تُستخدم أي منها بعد انتهائها",
        bad_en=f"{len(endless)} consents have no end within twelve months; {len(late)} messages rested on none "
        "that was in force",
        bad_ar=f"{len(endless)} موافقة بلا نهاية خلال اثني عشر شهرًا، و{len(late)} رسالة بلا موافقة سارية وقتها",
        endless=len(endless),
        used_after_end=len(late),
    )


def _is_endless(record: ConsentRecord) -> bool:
    return record.expires_at is None or record.expires_at - record.granted_at > LONGEST_CONSENT


def _held(record: ConsentRecord | None, at: datetime) -> bool:
    """Whether a consent was in force then."""
    if record is None or record.granted_at > at:
        return False
    ends = [end for end in (record.expires_at, record.ended_at) if end is not None]
    return all(at < end for end in ends)


def _in_window(send: Send) -> bool:
    """Whether a message rests on what its own contact wrote less than a day before."""
    kind, _, rest = send.consent_id.partition(":")
    conversation_id, _, moment = rest.rpartition(":")
    if kind != OPENED_BY_WRITING or conversation_id != send.conversation_id:
        return False
    try:
        wrote_at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return timedelta(0) <= send.at - wrote_at < WINDOW


async def access_requests_are_on_time(asked: Asked) -> Finding:
    """Nobody waits longer than the law allows for access, correction or restriction."""
    return await _on_time("access_requests_are_on_time", asked, ("access", "correction", "restriction"))


async def deletion_requests_are_on_time(asked: Asked) -> Finding:
    """Nobody waits longer than the law allows to be deleted."""
    return await _on_time("deletion_requests_are_on_time", asked, ("deletion",))


async def _on_time(check: str, asked: Asked, kinds: Sequence[str]) -> Finding:
    if asked.sources.requests is None:
        return unknown(check, asked.at, *_MISSING["requests"])
    requests = [r for r in await asked.sources.requests.requests(asked.tenant_id) if r.kind in kinds]
    overdue = [r.id for r in requests if _is_overdue(r, asked.at)]
    unproved = [r.id for r in requests if _lacks_proof(r, asked.at)]
    waiting = sum(r.closed_at is None for r in requests)
    return judged(
        check,
        asked.at,
        violations=[*overdue, *unproved],
        looked_at=len(requests),
        good_en="no request is overdue, and what was done about each is verified",
        good_ar="لا يوجد طلب متأخر، وما نُفّذ تم التحقق منه",
        bad_en=f"{len(overdue)} requests are overdue, and {len(unproved)} were closed without proof",
        bad_ar=f"{len(overdue)} طلبًا تجاوز مهلته، و{len(unproved)} أُغلق دون تحقق؛ عالجها الآن",
        waiting=waiting,
        overdue=len(overdue),
    )


def _is_overdue(request: DataRequest, at: datetime) -> bool:
    return request.closed_at is None and request.due_at <= at


def _lacks_proof(request: DataRequest, at: datetime) -> bool:
    return request.closed_at is not None and not request.is_proved and at - request.closed_at > PROVED_WITHIN


async def consent_chain_holds(asked: Asked) -> Finding:
    """The history of consents is chained, and every link holds."""
    return await _holds("consent_chain_holds", asked, asked.sources.consent_chain, "consent_chain")


async def audit_chain_holds(asked: Asked) -> Finding:
    """The history of everything is chained, and every link holds."""
    return await _holds("audit_chain_holds", asked, asked.sources.audit_chain, "audit_chain")


async def _holds(check: str, asked: Asked, chain: Chain | None, room: str) -> Finding:
    if chain is None:
        return unknown(check, asked.at, *_MISSING[room])
    report = await chain.verify(asked.tenant_id)
    if report.unsealed and not report.entries and not report.first_broken:
        return unknown(
            check,
            asked.at,
            f"{report.unsealed} entries wait to be chained and none is; look again in a minute",
            f"{report.unsealed} قيدًا ينتظر التسلسل ولم يُسلسل أي قيد بعد؛ أعد النظر بعد دقيقة",
        )
    broken = [report.first_broken] if report.first_broken else []
    return judged(
        check,
        asked.at,
        violations=broken,
        looked_at=report.entries,
        good_en="every link of the chain holds",
        good_ar="جميع حلقات السلسلة سليمة",
        bad_en=f"the chain is broken, first at {report.first_broken} ({report.why}); somebody changed a record",
        bad_ar=f"السلسلة مكسورة وأول كسر عند {report.first_broken}؛ عدّل أحدهم سجلًا",
        entries=report.entries,
        unsealed=report.unsealed,
    )


async def decisions_are_explained(asked: Asked) -> Finding:
    """Every decision of the rules says which pages of which book said so."""
    seen, bare = 0, []
    decided = asked.sources.history.each(
        asked.tenant_id, ("decided",), asked.since, asked.until, ("because.rule", "book_version")
    )
    async for item in decided:
        seen += 1
        if not (item.entry.data.get("because") and item.entry.data.get("book_version")):
            bare.append(item.entry.id)
    return judged(
        "decisions_are_explained",
        asked.at,
        violations=bare,
        looked_at=seen,
        good_en="every automatic decision of the last 30 days names the rules that made it",
        good_ar="كل قرار آلي خلال آخر 30 يومًا يذكر القواعد التي أوجبته",
        bad_en=f"{len(bare)} of {seen} decisions do not say which rule made them",
        bad_ar=f"{len(bare)} من {seen} قرارًا لا يذكر القاعدة التي أوجبته",
    )


_MISSING = {
    "consents": (
        "this build keeps no register of consents, so nothing can be measured",
        "لا يوجد سجل موافقات في هذا الإصدار، فلا يمكن القياس",
    ),
    "requests": (
        "this build keeps no register of requests by data subjects, so nothing can be measured",
        "لا يوجد سجل لطلبات أصحاب البيانات في هذا الإصدار، فلا يمكن القياس",
    ),
    "consent_chain": (
        "the history of consents is not chained in this build, so nobody can tell whether it was changed",
        "سجل الموافقات غير متسلسل في هذا الإصدار، فلا يمكن التحقق من سلامته",
    ),
    "audit_chain": (
        "the history is not chained in this build, so nobody can tell whether it was changed",
        "سجل التدقيق غير متسلسل في هذا الإصدار، فلا يمكن التحقق من سلامته",
    ),
}
