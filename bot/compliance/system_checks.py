"""
What is measured about the system itself: its addresses, its doors, the walls between tenants, and what it issues.

A check reads and never writes, but for the isolation probe, whose one write must be refused by the database.
"""

from bot.compliance.asked import Asked
from bot.compliance.findings import Finding, Status, judged, unknown

# Doors that cannot ask who calls: health, what a provider signs, and pages that send a stranger to the entrance.
OPEN_DOORS = ("/healthz", "/readyz")
OPEN_BEHIND = ("/webhooks/", "/telegram/", "/offers/")

# What a collection would be called if the product issued invoices.
_INVOICES = ("invoice", "credit_note", "zatca")


async def configured_addresses_use_tls(asked: Asked) -> Finding:
    """Every address in the settings is encrypted, or never leaves this machine."""
    check = "configured_addresses_use_tls"
    endpoints = asked.sources.endpoints(asked.tenant_id)
    known = [e for e in endpoints if e.is_configured]
    open_ones = [f"{e.name}: {e.shown}" for e in known if not e.is_safe]
    missing = [e.name for e in endpoints if not e.is_configured]
    if missing and not open_ones:
        return unknown(
            check,
            asked.at,
            f"nobody knows how strangers reach {', '.join(missing)}: set DEALIX_PUBLIC_URL to the https address",
            "لا يُعرف كيف يصل الخارج إلى الخدمة: عيّن DEALIX_PUBLIC_URL بعنوان https",
        )
    return judged(
        check,
        asked.at,
        violations=open_ones,
        looked_at=len(known),
        good_en="every configured address uses TLS; which version, the two ends settle, and is not measured here",
        good_ar="كل عنوان مهيأ يستخدم TLS؛ أما رقم النسخة فيتفق عليه الطرفان ولا يُقاس هنا",
        bad_en=f"{len(open_ones)} configured addresses are not encrypted: {', '.join(open_ones)}",
        bad_ar=f"{len(open_ones)} عنوانًا مهيأً بلا تشفير: {', '.join(open_ones)}",
    )


async def no_invoices_are_issued(asked: Asked) -> Finding:
    """The product keeps no invoices, so rules about them do not apply."""
    check = "no_invoices_are_issued"
    isolation = asked.sources.isolation
    names = await isolation.collections() if isolation else ()
    issued = [name for name in names if any(word in name for word in _INVOICES)]
    if issued:
        return unknown(
            check,
            asked.at,
            f"this installation stores {', '.join(issued)}: somebody must assess its invoices",
            f"تحفظ هذه المنصة {', '.join(issued)}: يجب تقييم فواتيرها",
        )
    return Finding(
        check,
        Status.NOT_APPLICABLE,
        asked.at,
        "the product issues no invoices",
        "المنتج لا يصدر فواتير",
        numbers={"collections": len(names)},
    )


async def routes_ask_who_calls(asked: Asked) -> Finding:
    """Every door of the web application asks who calls, but for health and what a provider signs."""
    check = "routes_ask_who_calls"
    routes = asked.sources.routes() if asked.sources.routes else ()
    if not routes:
        return unknown(
            check,
            asked.at,
            "the table of routes is known only to a running service: scan over its API",
            "جدول المسارات معروف للخدمة العاملة فقط: نفّذ الفحص عبر واجهتها",
        )
    unguarded = [r.path for r in routes if not r.asks_who and not _may_be_open(r.path)]
    return judged(
        check,
        asked.at,
        violations=sorted(set(unguarded)),
        looked_at=len(routes),
        good_en="every route but health and signed webhooks asks who calls",
        good_ar="كل مسار يتحقق من هوية الطالب ما عدا فحص الحالة ونداءات المزودين الموقعة",
        bad_en=f"{len(set(unguarded))} routes answer without asking who calls",
        bad_ar=f"{len(set(unguarded))} مسارًا يستجيب دون التحقق من هوية الطالب",
    )


def _may_be_open(path: str) -> bool:
    return path in OPEN_DOORS or path.startswith(OPEN_BEHIND)


async def tenants_are_kept_apart(asked: Asked) -> Finding:
    """The self-check that ships with this build: what would leave a tenant is refused here and now."""
    check = "tenants_are_kept_apart"
    if asked.sources.isolation is None:
        return unknown(
            check,
            asked.at,
            "this build has no self-check of the walls between tenants",
            "لا يوجد في هذا الإصدار فحص ذاتي للعزل بين المستأجرين",
        )
    probes = await asked.sources.isolation.probe(asked.tenant_id)
    holes = [probe.name for probe in probes if not probe.is_refused]
    return judged(
        check,
        asked.at,
        violations=holes,
        looked_at=len(probes),
        good_en="the self-check tried to leave this tenant and was refused each time",
        good_ar="حاول الفحص الذاتي الخروج من نطاق المستأجر ورُفض في كل مرة",
        bad_en=f"{len(holes)} ways out of a tenant are open: {', '.join(holes)}",
        bad_ar=f"{len(holes)} منفذًا مفتوحًا خارج نطاق المستأجر: {', '.join(holes)}",
    )
