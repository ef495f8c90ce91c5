"""
Every sentence that an approver reads in Telegram, in Arabic and English.

Names of stages, intents and reasons to hold are not here: they come from whoever wires the bot, so that the card,
the console and the rule book use one word for one thing.
"""

from typing import Literal

Language = Literal["ar", "en"]
LANGUAGES: tuple[Language, ...] = ("ar", "en")

SENTENCES: dict[str, tuple[str, str]] = {
    # What a card says first: where the draft is now.
    "held": ("🟡 رد بانتظار قرارك", "🟡 A reply waits for you"),
    "held_warn": ("🟠 رد ينتظر قرارك منذ {minutes} دقيقة", "🟠 A reply has waited {minutes} min for you"),
    "held_due": ("🔴 رد تجاوز مهلته وينتظر قرارك", "🔴 A reply is overdue and waits for you"),
    "held_follow_up": ("🟡 متابعة لعميل صامت، بانتظار قرارك", "🟡 A follow-up to a silent contact waits for you"),
    "snoozed": ("💤 مؤجل حتى {at}", "💤 Snoozed until {at}"),
    "queued": ("✅ معتمد · جارٍ الإرسال…", "✅ Approved · sending…"),
    "queued_quiet": ("✅ معتمد · يُرسل بعد الوقت الهادئ، {at}", "✅ Approved · leaves after quiet hours, {at}"),
    "queued_auto": ("📤 جارٍ الإرسال…", "📤 Sending…"),
    "accepted": ("📤 قبل المزوّد الرسالة", "📤 Accepted by the provider"),
    "sent": ("✓ أُرسلت", "✓ Sent"),
    "delivered": ("✓✓ وصلت إلى جوال العميل", "✓✓ Delivered to the contact's phone"),
    "read": ("👁 قرأها العميل", "👁 Read by the contact"),
    "simulated": ("🧪 محاكاة فقط: لم تُرسل إلى أحد", "🧪 Simulated only: it was sent to nobody"),
    "failed": ("⛔ لم تُرسل", "⛔ Not sent"),
    "unknown": ("❓ لا نعلم هل وصلت الرسالة", "❓ We do not know whether it arrived"),
    "unknown_advice": (
        "افتح المحادثة في واتساب وتحقق، ثم اضغط «وصلت» أو «أرسلها مجددًا».",
        "Look into the chat on WhatsApp, then press “It arrived” or “Send again”.",
    ),
    "rejected": ("❌ مرفوض", "❌ Rejected"),
    "expired": ("⌛ انتهت المهلة ولم تُرسل", "⌛ Expired, not sent"),
    "cancelled": ("🚫 ملغى ولم يُرسل", "🚫 Cancelled, not sent"),
    "outdated": (
        "🔁 قديم: كتب العميل من جديد، والمسودة الجديدة في بطاقتها",
        "🔁 Outdated: the contact wrote again; the new draft has its own card",
    ),
    "taken_over": ("🙋 أنت مع العميل الآن؛ البوت صامت", "🙋 A human has this contact; the bot is silent"),
    # Who decided.
    "by_approved": ("اعتمده {name} عند {at}", "Approved by {name} at {at}"),
    "by_rejected": ("رفضه {name} عند {at}: {reason}", "Rejected by {name} at {at}: {reason}"),
    "by_taken_over": ("تولى {name} المحادثة عند {at}", "Taken over by {name} at {at}"),
    "by_arrived": ("أكد {name} وصولها عند {at}", "{name} saw at {at} that it arrived"),
    "by_send_again": ("طلب {name} إرسالها مجددًا عند {at}", "{name} asked at {at} to send it again"),
    "by_auto": ("أرسلها البوت بنفسه", "Sent by the bot itself"),
    "through": ("عبر {channel}", "through {channel}"),
    "receipt_accepted": ("📤 قُبلت {at}", "📤 accepted {at}"),
    "receipt_sent": ("✓ أُرسلت {at}", "✓ sent {at}"),
    "receipt_delivered": ("✓✓ وصلت {at}", "✓✓ delivered {at}"),
    "receipt_read": ("👁 قُرئت {at}", "👁 read {at}"),
    "receipt_failed": ("⛔ فشلت {at}", "⛔ failed {at}"),
    "note": ("السبب", "Because"),
    # The parts of a card.
    "no_name": ("بلا اسم", "no name"),
    "no_phone": ("رقم مخفي", "hidden number"),
    "human_mode": ("🙋 المحادثة مع إنسان الآن", "🙋 A human has this conversation now"),
    "proposes": ("اعتمادك ينقل الصفقة: {event}", "Your yes moves the deal: {event}"),
    "why": ("🧠 لماذا", "🧠 Why"),
    "no_rule": ("لم تنطبق أي قاعدة", "no rule spoke"),
    "held_because": ("✋ أُوقف لأن", "✋ Held because"),
    "source": ("📎 المصدر", "📎 Source"),
    "source_version": ("نسخة {version}", "version {version}"),
    "otherwise": ("لولا ذلك لأُرسل وحده.", "Without this it would have left by itself."),
    "last_lines": ("💬 آخر الرسائل", "💬 Last messages"),
    "proposed": ("✉️ الرد المقترح", "✉️ Proposed reply"),
    "model_proposes": ("🤖 اقتراح نموذج لغوي، غير معتمد", "🤖 A language model proposes, nobody has agreed"),
    "text_now": ("✉️ النص", "✉️ Text"),
    "diff": ("✏️ عدّله {name}", "✏️ Edited by {name}"),
    "hidden_signs": (
        "⚠️ في النص محارف لا تُرى، حُذفت من العرض فقط",
        "⚠️ The text holds invisible signs, left out of this view only",
    ),
    "text_is_cut": ("النص أطول من البطاقة: اضغط «النص كاملًا»", "Longer than a card: press “Full text”"),
    "deadlines": ("⏳ عند {now}", "⏳ As of {now}"),
    "due_in": ("بقي {left} للقرار ({at})", "{left} left to decide ({at})"),
    "due_since": ("تجاوز المهلة منذ {left} ({at})", "overdue for {left} ({at})"),
    "expires_in": ("ينتهي بعد {left} ({at})", "expires in {left} ({at})"),
    "if_nobody": ("إن لم يقرر أحد فلن يُرسل.", "If nobody decides, it is not sent."),
    "rules_version": ("القواعد", "Rules"),
    "who_contact": ("العميل", "Contact"),
    "who_bot": ("البوت", "Bot"),
    "who_human": ("الفريق", "Team"),
    "who_phone": ("من الجوال", "From the phone"),
    "not_text": ("[{kind}]", "[{kind}]"),
    "flag_verify_payment": ("💰 يقول إنه دفع: تحقق من الحساب", "💰 Says they paid: check the account"),
    "flag_complaint": ("⚠️ شكوى", "⚠️ A complaint"),
    "flag_suspect_opt_out": ("⚠️ ربما يريد إيقاف الرسائل", "⚠️ May want no more messages"),
    "flag_opt_out": ("🛑 طلب إيقاف الرسائل", "🛑 Asked for no more messages"),
    "flag_hand_to_human": ("🙋 يريد إنسانًا", "🙋 Wants a human"),
    "flag_secret": ("🔒 أرسل رقمًا أو سرًا حساسًا", "🔒 Sent a secret or a card number"),
    "flag_erasure_request": ("🗑 يطلب حذف بياناته", "🗑 Asks to erase their data"),
    "flag_access_request": ("📄 يطلب الاطلاع على بياناته", "📄 Asks what we hold about them"),
    "flag_correction_request": ("✏️ يطلب تصحيح بياناته", "✏️ Asks to correct their data"),
    "flag_resume_consent": ("🔔 يريد الرسائل من جديد", "🔔 Wants messages again"),
    "flag_repeat_please": ("🔁 لم تصل رسالته كاملة", "🔁 Their message did not come through"),
    # What our own words need before they leave.
    "flag_forbidden": ("⛔ في النص عبارة ممنوعة: عدّله", "⛔ The text says what must never be said: edit it"),
    "flag_restricted_without_qualifier": (
        "⚠️ في النص ادعاء ينقصه شرطه",
        "⚠️ The text has a claim without its condition",
    ),
    "flag_expired_claim": ("⚠️ في النص ادعاء انتهت صلاحيته", "⚠️ The text has a claim that is no longer valid"),
    "flag_unbacked_percentage": ("⚠️ في النص نسبة بلا دليل معتمد", "⚠️ The text has a percentage without evidence"),
    "flag_unbacked_figure": ("⚠️ في النص رقم بلا دليل معتمد", "⚠️ The text has a figure without evidence"),
    "flag_competitor": ("⚠️ في النص اسم منافس", "⚠️ The text names a competitor"),
    "flag_superlative": ("⚠️ في النص تفضيل بلا دليل", "⚠️ The text has a superlative without evidence"),
    # Reasons to refuse.
    "wrong_intent": ("فهم خاطئ", "Wrong intent"),
    "tone": ("الأسلوب", "Tone"),
    "price": ("السعر", "Price"),
    "not_now": ("ليس الآن", "Not now"),
    "other": ("سبب آخر", "Other"),
    # Buttons.
    "do_approve": ("✅ اعتماد", "✅ Approve"),
    "do_edit": ("✏️ تعديل", "✏️ Edit"),
    "do_reject": ("❌ رفض", "❌ Reject"),
    "do_take_over": ("🙋 أتولى المحادثة", "🙋 Take over"),
    "do_snooze_15": ("💤 15 د", "💤 15 m"),
    "do_snooze_60": ("💤 ساعة", "💤 1 h"),
    "do_snooze_180": ("💤 3 ساعات", "💤 3 h"),
    "do_arrived": ("✅ وصلت", "✅ It arrived"),
    "do_send_again": ("🔁 أرسلها مجددًا", "🔁 Send again"),
    "do_hand_back": ("🤖 أعدها إلى البوت", "🤖 Hand back to the bot"),
    "do_verify_payment": ("💰 تأكيد الدفع", "💰 Verify payment"),
    "do_payment_yes": ("💰 نعم، المبلغ في الحساب", "💰 Yes, the money is in the account"),
    "do_full_text": ("📄 النص كاملًا", "📄 Full text"),
    "do_contact": ("👤 العميل", "👤 Contact"),
    "do_write": ("✍️ اكتب له", "✍️ Write"),
    "do_open_card": ("📋 البطاقة", "📋 Card"),
    "do_back": ("↩️ رجوع", "↩️ Back"),
    # What a tap answers.
    "ok_approved": ("معتمد، جارٍ الإرسال", "Approved, sending"),
    "ok_rejected": ("رُفض", "Rejected"),
    "ok_snoozed": ("مؤجل حتى {at}", "Snoozed until {at}"),
    "ok_taken_over": ("المحادثة معك؛ البوت صامت", "It is yours; the bot is silent"),
    "ok_handed_back": ("عاد البوت إلى الرد", "The bot answers again"),
    "ok_arrived": ("سُجّل أنها وصلت", "Noted: it arrived"),
    "ok_send_again": ("ستُرسل مجددًا", "It will be sent again"),
    "ok_payment": ("سُجّل الدفع وانتقلت الصفقة", "Payment noted, the deal moved on"),
    "ok_opened": ("البطاقة في الأسفل", "The card is below"),
    "already_human": ("المحادثة مع إنسان بالفعل", "A human has it already"),
    "already_bot": ("المحادثة مع البوت بالفعل", "The bot has it already"),
    "payment_not_now": ("لا ينتظر هذا العميل تأكيد دفع الآن", "This contact does not wait for a payment now"),
    "sure_payment": ("هل رأيت المبلغ في الحساب بنفسك؟", "Have you seen the money in the account yourself?"),
    "pick_reason": ("لماذا ترفضه؟ اختر سببًا", "Why not? Choose a reason"),
    "not_for_you": ("هذا الزر ليس لك. · This button is not for you.",) * 2,
    "only_private": ("في المحادثة الخاصة فقط. · Only in a private chat.",) * 2,
    "old_button": (
        "هذا الزر قديم ولم يعد يعمل. اكتب /queue",
        "This button is too old to work. Write /queue",
    ),
    "database_away": (
        "قاعدة البيانات لا تجيب الآن. ضغطتك محفوظة وسأكررها بنفسي.",
        "The database does not answer now. Your tap is kept and I will repeat it myself.",
    ),
    "failed_here": (
        "حدث خطأ عندنا وسُجّل. لم يتغير شيء بسبب هذه الضغطة إن لم تتغير البطاقة.",
        "Something failed on our side and was noted. If the card did not change, nothing was done.",
    ),
    # Editing and writing.
    "edit_prompt": ("✏️ رد على هذه الرسالة بالنص الجديد.", "✏️ Reply to this message with the new text."),
    "edit_prompt_now": ("النص الحالي (اضغطه لنسخه):", "The text now (tap to copy):"),
    "edit_placeholder": ("النص الجديد", "The new text"),
    "edited": (
        "✏️ تغيّر النص. راجع البطاقة ثم اضغط اعتماد.",
        "✏️ The text is changed. Look at the card, then press Approve.",
    ),
    "edit_refused": ("✋ لم يتغير النص: {why}", "✋ The text was not changed: {why}"),
    "your_text": ("نصك (اضغطه لنسخه):", "Your text (tap to copy):"),
    "unknown_prompt": (
        "لا أعرف لأي رسالة هذا الرد. اضغط «تعديل» على البطاقة من جديد.",
        "I do not know what this replies to. Press Edit on the card again.",
    ),
    "edits_not_followed": (
        "لا أتابع تعديل الرسائل المرسلة. أرسل النص ردًا جديدًا.",
        "I do not follow changes of sent messages. Send the text as a new reply.",
    ),
    "only_text": ("أفهم النص فقط هنا.", "I only understand text here."),
    "write_prompt": (
        "✍️ رد على هذه الرسالة بما تريد أن يقرأه {name}. يمر بالحواجز نفسها (إيقاف الرسائل، نافذة الخدمة).",
        "✍️ Reply to this message with what {name} should read. It passes the same gate (opt-out, window).",
    ),
    "write_placeholder": ("رسالتك إلى العميل", "Your message to the contact"),
    "write_refused": ("✋ لم تُرسل: {why}", "✋ Not sent: {why}"),
    # Rings: short messages that make the phone ring.
    "ring_warn": ("⏰ ينتظر منذ {minutes} دقيقة", "⏰ Waiting for {minutes} minutes"),
    "ring_due": ("🔴 تجاوز المهلة بـ {left}", "🔴 Overdue by {left}"),
    "ring_snooze": ("💤 انتهى التأجيل: القرار لك الآن", "💤 The snooze is over: your turn"),
    # Notices.
    "notice_opted_out": (
        "🛑 أوقف {name} الرسائل. أُلغي كل ما كان سيُرسل إليه.",
        "🛑 {name} opted out. All is cancelled.",
    ),
    "notice_opt_out_suspected": (
        "⚠️ ربما يريد {name} إيقاف الرسائل. الردود الآلية له متوقفة حتى يتضح.",
        "⚠️ {name} may want no more messages. Automatic replies to them wait.",
    ),
    "notice_complaint": (
        "⚠️ اشتكى {name}. الردود الآلية له متوقفة.",
        "⚠️ {name} complains. Automatic replies wait.",
    ),
    "notice_human_requested": ("🙋 يطلب {name} التحدث مع إنسان.", "🙋 {name} asks for a human."),
    "notice_erasure_requested": ("🗑 يطلب {name} حذف بياناته.", "🗑 {name} asks us to erase their data."),
    "notice_access_requested": ("📄 يطلب {name} الاطلاع على بياناته.", "📄 {name} asks what we hold about them."),
    "notice_correction_requested": ("✏️ يطلب {name} تصحيح بياناته.", "✏️ {name} asks us to correct their data."),
    "notice_secret_pasted": (
        "🔒 أرسل {name} سرًا أو رقم بطاقة. النص محجوب هنا.",
        "🔒 {name} sent a secret or a card number. It is hidden here.",
    ),
    "notice_wrote_to_human": ("💬 كتب {name} والمحادثة معك", "💬 {name} wrote; the conversation is yours"),
    "notice_answered_from_phone": (
        "📱 رد أحدكم على {name} من الجوال، فصمت البوت.",
        "📱 Somebody answered {name} from the phone, so the bot is silent.",
    ),
    "notice_send_failed": ("⛔ لم تصل رسالتنا إلى {name}.", "⛔ Our message to {name} was not sent."),
    "notice_parked": (
        "🧯 تعذّر فهم حدث من {name} بعد محاولات؛ وُضع جانبًا للمشغّل.",
        "🧯 An event of {name} failed repeatedly and was put aside for the operator.",
    ),
    "notice_flood": (
        "🌊 رسائل كثيرة من {name} في وقت قصير. الردود الآلية تنتظر قرارك.",
        "🌊 Too many messages from {name} in a short time. Automatic replies wait for you.",
    ),
    "notice_other": ("ℹ️ {kind}: {name}", "ℹ️ {kind}: {name}"),
    # Lists and pages.
    "queue_title": ("📋 ينتظر قرارك: {count}", "📋 Waiting for you: {count}"),
    "queue_empty": (
        "✨ لا شيء ينتظر. ستصلك بطاقة فور حاجتنا إليك.",
        "✨ Nothing waits. A card comes when needed.",
    ),
    "queue_more": ("و{count} غيرها؛ تظهر بعد البت في هذه.", "and {count} more, shown once these are decided."),
    "ago": ("منذ {left}", "{left} ago"),
    "doubt": ("❓ وصولها غير معروف", "❓ in doubt"),
    "find_usage": ("اكتب: ‎/find ثم اسمًا أو آخر أرقام الجوال", "Write: /find and a name or last digits"),
    "find_none": ("لا أحد بهذا الاسم أو الرقم.", "Nobody by that name or number."),
    "find_title": ("🔎 وجدت {count}", "🔎 Found {count}"),
    "contact_usage": ("اكتب: ‎/contact ثم المعرّف، أو ابحث بـ ‎/find", "Write: /contact and an id, or use /find"),
    "contact_stage": ("📍 المرحلة", "📍 Stage"),
    "contact_bot": ("🤖 البوت يرد", "🤖 The bot answers"),
    "contact_human": ("🙋 مع إنسان حتى {at}", "🙋 With a human until {at}"),
    "contact_suppressed": ("🛑 أوقف الرسائل: لا يُرسل إليه شيء", "🛑 Opted out: nothing is sent to them"),
    "contact_paused": ("⏸ الردود الآلية له متوقفة: {why}", "⏸ Automatic replies wait: {why}"),
    "contact_window": ("🪟 نافذة الرد مفتوحة: بقي {left} ({at})", "🪟 Window open: {left} left ({at})"),
    "contact_window_closed": ("🪟 نافذة الرد مغلقة", "🪟 The reply window is closed"),
    "contact_answers": ("📝 إجاباته", "📝 Answers"),
    "contact_no_answers": ("لم يجب عن أسئلة بعد", "no answers yet"),
    "contact_drafts": ("📨 مسودات مفتوحة: {count}", "📨 Open drafts: {count}"),
    "paused_now": (
        "⏸ أوقفت الردود الآلية. من الآن ينتظر كل رد قرارك؛ الرسائل تصل وتُقرأ كالعادة، وطلب الإيقاف يعمل.",
        "⏸ Automatic replies are off. Every reply waits for you; messages still come in, opt-outs still work.",
    ),
    "paused_by": (
        "⏸ أوقفها {name} عند {at}. للاستئناف: /resume",
        "⏸ Paused by {name} at {at}. To go on: /resume",
    ),
    "resumed": (
        "▶️ عادت الردود الآلية كما ضبطها العمل. ما ينتظر قرارك يبقى ينتظر.",
        "▶️ Automatic replies are on again, as the business set them. What waits for you keeps waiting.",
    ),
    "not_paused": ("▶️ الردود الآلية تعمل أصلًا.", "▶️ Automatic replies are already on."),
    "brief_title": ("📊 الملخص", "📊 Brief"),
    "brief_morning": ("☀️ ملخص الصباح", "☀️ Morning brief"),
    "brief_evening": ("🌙 ملخص المساء", "🌙 Evening summary"),
    "brief_window": ("من {since} إلى {until}", "From {since} to {until}"),
    "brief_no_data": ("لا بيانات: لم تصل أي رسالة في هذه المدة.", "No data: no message came in this time."),
    "brief_now": ("الآن", "Now"),
    "brief_waiting": ("ينتظر قرارك", "Waiting for you"),
    "brief_overdue": ("تجاوز المهلة", "Overdue"),
    "brief_in_doubt": ("وصوله غير معروف", "In doubt"),
    "brief_period": ("في المدة", "In this time"),
    "brief_inbound": ("رسائل وصلت", "Messages in"),
    "brief_by_bot": ("رد بها البوت وحده", "Answered by the bot"),
    "brief_approved": ("اعتُمد", "Approved"),
    "brief_opted_out": ("أوقفوا الرسائل", "Opted out"),
    "brief_stages": ("المراحل", "Stages"),
    "brief_oldest": ("الأقدم انتظارًا", "Waiting longest"),
    "brief_paused": ("⏸ الردود الآلية متوقفة", "⏸ Automatic replies are off"),
    "lang_set": ("اللغة: العربية", "Language: English"),
    "lang_usage": ("اكتب ‎/lang ar أو ‎/lang en", "Write /lang ar or /lang en"),
    "not_understood": (
        "لم أفهم. رد على بطاقة لتعديل نصها، أو اكتب /help",
        "I did not understand. Reply to a card to change its text, or write /help",
    ),
    "help": (
        "أنا بوت الاعتماد. تصلك بطاقة حين يحتاج رد أو طلب إلى قرارك، ولا يُرسل شيء موقوف بدونك.\n"
        "/queue ما ينتظرك، ردودًا وطلبات\n/approvals طلبات الموافقة\n/find بحث عن عميل\n/contact عميل واحد\n"
        "/privacy طلبات أصحاب البيانات\n/brief أرقام اليوم\n/pause إيقاف الردود الآلية\n/resume استئنافها\n"
        "/away تفويض زميل حتى يوم تحدده\n/back إنهاء التفويض\n/whoami من أنت هنا\n/tenant تبديل المنشأة\n"
        "/bind ربط حسابك برمز من المسؤول\n/lang ar أو en",
        "I am the approval bot. A card comes when a reply or a request needs you; "
        "nothing held leaves without you.\n"
        "/queue what waits, replies and requests\n/approvals requests for approval\n/find search contacts\n"
        "/contact one contact\n/privacy data requests\n/brief today's numbers\n/pause stop automatic replies\n"
        "/resume start them again\n/away lend your approvals until a day\n/back end that\n"
        "/whoami who you are here\n/tenant switch tenant\n"
        "/bind your account, with a code from an admin\n/lang ar or en",
    ),
    "card_closed": ("🔒 لم تعد هذه البطاقة لك. · This card is no longer yours.",) * 2,
    "card_unknown": ("🗑 لم تعد هذه المسودة موجودة.", "🗑 This draft no longer exists."),
    # Spans of time.
    "minutes": ("{n} د", "{n} min"),
    "hours": ("{n} س", "{n} h"),
    "hours_minutes": ("{h} س {m} د", "{h} h {m} min"),
    "days": ("{n} ي", "{n} d"),
    "tomorrow": ("{at} غدًا", "{at} tomorrow"),
}

COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("queue", "ما ينتظر قرارك", "What waits for you"),
    ("approvals", "طلبات الموافقة", "Requests for approval"),
    ("privacy", "طلبات أصحاب البيانات", "Data requests"),
    ("brief", "أرقام اليوم", "Today's numbers"),
    ("find", "بحث عن عميل", "Search contacts"),
    ("contact", "عميل واحد", "One contact"),
    ("pause", "إيقاف الردود الآلية", "Stop automatic replies"),
    ("resume", "استئناف الردود الآلية", "Start automatic replies again"),
    ("away", "تفويض زميل حتى يوم", "Lend your approvals until a day"),
    ("back", "إنهاء التفويض", "End what you lent"),
    ("whoami", "من أنت هنا", "Who you are here"),
    ("tenant", "تبديل المنشأة", "Switch tenant"),
    ("bind", "ربط حسابك برمز", "Bind your account with a code"),
    ("lang", "اللغة: ar أو en", "Language: ar or en"),
    ("help", "مساعدة", "Help"),
)


def say(key: str, language: Language, **values: object) -> str:
    """One sentence in one language; values that strangers wrote come in already made safe."""
    return SENTENCES[key][LANGUAGES.index(language)].format(**values)
