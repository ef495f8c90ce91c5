"""What evidence says to people, in both languages."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.evidence.chain import Break

BREAKS_EN: Mapping[Break, str] = MappingProxyType(
    {
        Break.CHANGED: "it does not say what was sealed",
        Break.MISSING: "a sealed entry is not there any more",
        Break.INSERTED: "something claims to be sealed that was never sealed",
        Break.REORDERED: "everything is there, in another order",
        Break.BAD_SIGNATURE: "none of our keys has signed it",
        Break.GAP: "a block is not there any more",
        Break.WRONG_LINK: "it names another block before it",
        Break.CUT_OFF: "the end of the chain is not there any more",
        Break.REWRITTEN: "it is not the block that an anchor names",
        Break.FALSE_ERASURE: "it was emptied, and no erasure of ours says so",
    }
)

BREAKS_AR: Mapping[Break, str] = MappingProxyType(
    {
        Break.CHANGED: "المحتوى مختلف عما خُتم",
        Break.MISSING: "قيد مختوم لم يعد موجودًا",
        Break.INSERTED: "قيد يدّعي أنه مختوم ولم يُختم قط",
        Break.REORDERED: "كل شيء موجود لكن بترتيب آخر",
        Break.BAD_SIGNATURE: "لم يوقّعه أي من مفاتيحنا",
        Break.GAP: "كتلة لم تعد موجودة",
        Break.WRONG_LINK: "يشير إلى كتلة سابقة أخرى",
        Break.CUT_OFF: "نهاية السلسلة لم تعد موجودة",
        Break.REWRITTEN: "ليست الكتلة التي تذكرها المرساة",
        Break.FALSE_ERASURE: "أُفرغ القيد ولا يوجد محو موقّع منا يغطيه",
    }
)

TYPE_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "deal_closure": "Closure of a deal",
            "compliance_audit": "Compliance audit",
            "incident_response": "Incident",
            "weekly_pack": "Weekly pack",
            "quarterly_review": "Quarterly review",
            "board_report": "Board report",
            "golden_path": "Golden path of a partner",
            "decision_record": "Record of a decision",
        },
        "ar": {
            "deal_closure": "إغلاق صفقة",
            "compliance_audit": "تدقيق امتثال",
            "incident_response": "واقعة",
            "weekly_pack": "حزمة أسبوعية",
            "quarterly_review": "مراجعة فصلية",
            "board_report": "تقرير مجلس الإدارة",
            "golden_path": "المسار الذهبي لشريك",
            "decision_record": "سجل قرار",
        },
    }
)

STATUS_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {"ready": "complete", "incomplete": "incomplete"},
        "ar": {"ready": "مكتملة", "incomplete": "ناقصة"},
    }
)

_ITEMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "deal": ("The deal", "الصفقة"),
        "stage_history": ("Stages", "المراحل"),
        "payment": ("Payment", "الدفع"),
        "approvals": ("Decisions of people", "قرارات الأشخاص"),
        "messages": ("Messages received", "الرسائل الواردة"),
        "decisions": ("Decisions of the rules", "قرارات القواعد"),
        "sends": ("Sending and delivery", "الإرسال والتسليم"),
        "consent": ("Consent", "الموافقات"),
        "audit_entries": ("Sealed entries of the audit log", "القيود المختومة في سجل التدقيق"),
        "what_happened": ("What happened", "ما الذي حدث"),
        "scan": ("The scan", "الفحص"),
        "controls": ("Controls", "الضوابط"),
        "audit_chain": ("The audit log", "سجل التدقيق"),
        "lead_score_card": ("Score of the lead", "تقييم العميل"),
        "partner_dossier": ("Dossier of the partner", "ملف الشريك"),
        "economics_model": ("Economics", "الجدوى الاقتصادية"),
        "approval_packet": ("What was asked for", "ما طُلبت الموافقة عليه"),
        "decision": ("The decision", "القرار"),
        "week": ("The week", "الأسبوع"),
        "weeks": ("Weekly packs", "الحزم الأسبوعية"),
        "forecast": ("Forecast and actual", "التوقع والفعلي"),
        "accuracy": ("Accuracy of forecasts", "دقة التوقعات"),
        "rag": ("Lines and their colours", "البنود وألوانها"),
        "numbers": ("Numbers", "الأرقام"),
        "completed_this_week": ("Completed this week", "ما أُنجز هذا الأسبوع"),
        "planned_next_week": ("Planned for next week", "المخطط للأسبوع القادم"),
        "blockers": ("Blockers", "العوائق"),
        "risk_summary": ("Risks", "المخاطر"),
        "decisions_pending": ("Decisions that wait", "قرارات تنتظر"),
        "restatements": ("Restatements", "أرقام مصححة"),
        "whole_story": ("the rest of the story", "بقية القصة"),
    }
)

PAGE_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "missing": "This pack is incomplete; it lacks",
            "pack": "Pack",
            "about": "About",
            "number": "Number",
            "created_at": "Assembled",
            "created_by": "By",
            "supersedes": "Supersedes",
            "hash": "SHA-256",
            "before": "Pack before it",
            "signature": "Signature (Ed25519)",
            "key": "Key",
            "source": "Source:",
            "forgotten": "(forgotten at the contact's wish)",
            "note": "This page is for reading; pack.json is what is signed. It is tamper-evident: every change "
            "shows. Phones and addresses are masked, and what people wrote appears as a short beginning.",
        },
        "ar": {
            "missing": "هذه الحزمة ناقصة، وينقصها",
            "pack": "الحزمة",
            "about": "بشأن",
            "number": "الرقم",
            "created_at": "تاريخ الجمع",
            "created_by": "بواسطة",
            "supersedes": "تحل محل",
            "hash": "بصمة SHA-256",
            "before": "الحزمة السابقة",
            "signature": "التوقيع (Ed25519)",
            "key": "المفتاح",
            "source": "المصدر:",
            "forgotten": "(حُذف بطلب صاحبه)",
            "note": "هذه الصفحة للقراءة، والموقّع هو الملف pack.json. الحزمة كاشفة للعبث: كل تغيير يظهر. "
            "أرقام الجوال والعناوين محجوبة، وما كتبه الناس يظهر بدايته فقط.",
        },
    }
)


def item_name(kind: str, language: str) -> str:
    """What an item of a pack is called."""
    english, arabic = _ITEMS.get(kind, (kind, kind))
    return arabic if language == "ar" else english
