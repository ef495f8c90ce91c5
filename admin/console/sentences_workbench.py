"""What several pages of the workbench say: about changes, checks, differences and what was found."""

from admin.console.sentences import Sentences

SENTENCES: Sentences = {
    "no_title": ("بلا عنوان", "untitled"),
    "before": ("قبل", "Before"),
    "after": ("بعد", "After"),
    "equal_lines": ("{n} سطرًا لم يتغير", "{n} equal lines"),
    "and_more": ("و{n} غيرها", "and {n} more"),
    "version": ("بصمة القواعد", "Version of the rules"),
    "in_force_n": ("السارية الآن: النسخة {n}", "In force now: edition {n}"),
    "in_force_shipped": ("السارية الآن: القواعد التي نشحنها", "In force now: the rules that we ship"),
    "change_words": ("{title} · {name} · الملفات: {n}", "{title} · {name} · files: {n}"),
    "files_n": ("ملفات معدّلة: {n}", "files changed: {n}"),
    "state_open": ("قيد الكتابة", "being written"),
    "state_submitted": ("ينتظر موافقة", "waits for a yes"),
    "state_published": ("منشور", "published"),
    "state_refused": ("مرفوض", "refused"),
    "state_withdrawn": ("مسحوب", "withdrawn"),
    "submit": ("اعرضه للموافقة", "Submit for a yes"),
    "nothing_changed_yet": ("لا يغيّر هذا التعديل شيئًا بعد", "This change changes nothing yet"),
    "touched_meanwhile": (
        "نُشرت بعد بدء هذا التعديل: {files}. راجعها في صفحة النسخ ثم حدّث التعديل.",
        "Published since this change began: {files}. Look at them on Versions, then bring the change up to date.",
    ),
    # checks
    "checking": ("نفحص ما كتبت…", "Checking what you wrote…"),
    "check_fine": ("لا خطأ هنا", "Nothing wrong here"),
    "check_fine_but": ("لا خطأ هنا، وفي {n} مواضع ما يستحق النظر", "Nothing wrong; {n} things to look at"),
    "check_wrong": ("{n} مما يمنع النشر", "{n} in the way of publishing"),
    "check_examples_fail": ("{n} من الأمثلة لا تتحقق", "{n} examples do not come true"),
    "line_n": ("سطر {n}", "line {n}"),
    "examples_now": ("الأمثلة الآن", "The examples, run now"),
    # submission
    "checking_all": (
        "نفحص الكتاب كله ونشغّل كل الأمثلة والمحادثات…",
        "Checking the whole book, all examples and chats…",
    ),
    "replaying": ("نعيد قرارات الأسبوع: {done} من {total}", "Deciding last week again: {done} of {total}"),
    "submit_done": (
        "«{title}» ينتظر الآن موافقة شخص آخر",
        "“{title}” now waits for somebody else's yes",
    ),
    "submit_refused": ("لا يمكن عرضه بعد", "It cannot be submitted yet"),
    "submit_broken": ("في {n} مواضع ما يلزم إصلاحه:", "{n} things to mend:"),
    "found_pages": ("{n} صفحة", "{n} pages"),
    "found_examples": ("{n} مثالًا تحقق", "{n} examples came true"),
    "found_chats": ("{n} محادثة تحققت", "{n} chats came true"),
    "found_warnings": ("{n} ملاحظات", "{n} warnings"),
    "found_no_decisions": ("لا قرارات سابقة لإعادتها", "no past decisions to replay"),
    "found_replay": ("يتغير {n} من {total} قرارًا", "{n} of {total} past decisions differ"),
    "change_ended": (
        "انتهى هذا التعديل: نُشر أو رُفض أو سُحب",
        "This change ended: published, refused or withdrawn",
    ),
}
