"""What the page of the sales pack says."""

from admin.console.sentences import Sentences

SENTENCES: Sentences = {
    "title": ("Dealix · حقيبة البيع", "Dealix · Sales pack"),
    "heading": ("حقيبة البيع", "Sales pack"),
    "lead": (
        "تُصنع من سجل العبارات والأسعار والقواعد السارية الآن، فلا تختلف عما يقوله النظام.",
        "Made from the claims, prices and rules in force now, so it never differs from what the bot says.",
    ),
    "show_one_pager": ("صفحة التعريف", "One pager"),
    "show_hub": ("دليل المسوق", "Marketer hub"),
    "pack_language": ("لغة الحقيبة", "Language of the pack"),
    "in_ar": ("العربية", "Arabic"),
    "in_en": ("الإنجليزية", "English"),
    "print": ("طباعة", "Print"),
    "download_html": ("تنزيل HTML", "Download HTML"),
    "download_pdf": ("تنزيل PDF", "Download PDF"),
    "preview": ("معاينة", "Preview"),
    "reading": ("تُجمع الحقيبة من القواعد", "Gathering the pack from the rules"),
    "to_copy": ("جاهز للنسخ", "Ready to copy"),
    "claims": ("عبارات", "Claims"),
    "answers": ("الرد على الاعتراضات", "Answers to objections"),
    "no_claims": ("لا عبارة معتمدة بعد", "Nothing is approved yet"),
    "no_claims_hint": (
        "تُضاف العبارات مع دليلها في سجل العبارات.",
        "Claims are added with their evidence in the registry of claims.",
    ),
    "copy": ("نسخ", "Copy"),
    "copied": ("نُسخ النص", "Copied"),
    "with_condition": ("لا تُقال إلا مع شرطها", "only with its condition"),
    "approved": ("معتمدة", "approved"),
    "left_out": ("خارج الحقيبة", "Not in the pack"),
    "why_expired": ("انتهت صلاحيتها", "no longer valid"),
    "why_forbidden_words": ("فيها عبارات ممنوعة", "has words that must never be said"),
    "why_no_condition": ("بلا شرط", "without its condition"),
    "why_no_evidence": ("بلا دليل", "without evidence"),
    "from_rules": ("نسخة القواعد", "Rules version"),
}
