"""
Every word of a rule file, described for whoever writes one: in Arabic and in English.

Rule 1: a word of the vocabulary without a line here fails a test; stages, intents, reasons and sentences have
        their names in the wordings.
"""

Described = dict[str, tuple[str, str]]
"""Word -> (Arabic, English)."""

FILES: Described = {
    "safety": ("صفحة سلامة: تقرر وحدها وتتقدم على غيرها.", "A safety page: it decides alone, and wins."),
    "routing": ("صفحة توجيه: الخطوة التالية وما يقال.", "The deal's next step, and what is said."),
    "replies": ("صفحة رد: ما يقال حين لا يقول التوجيه شيئا.", "A reply, where routing says nothing."),
    "approval": ("صفحة موافقة: ما ينتظر إنسانا.", "An approval page: what waits for a human."),
    "follow_up": ("صفحة متابعة: ما يُنفذ إضافة إلى الرد.", "A follow-up page: what is done besides."),
    "understanding": ("صفحة فهم: ما يقوله العميل ومعناه.", "What contacts say, and what it means."),
    "words": ("مجموعات كلمات تكتب في العبارات بـ @الاسم.", "Sets of words and phrases; phrases say @name."),
    "lexemes": ("مفردات بكل صيغها، تكتب في العبارات بـ %الاسم.", "Words in all their forms; phrases say %name."),
    "short_answers": ("معنى «نعم» و«لا» والرقم وحده.", "What a bare yes, no or number means."),
    "priorities": ("أي قصدين يحكم الرسالة: الأعلى أولا.", "Which of two intents governs: the higher one."),
    "wording": ("نصوص البوت بالعربية والإنجليزية.", "What the bot says, in Arabic and English."),
    "chat": ("محادثة كاملة تُختبر بها القواعد.", "A whole chat as a test of the rules."),
}  # fmt: skip

KEYS: Described = {
    "id": ("اسم الصفحة، وهو اسم الملف نفسه.", "The page's name: the same as its file's."),
    "title": ("القاعدة في جملة.", "The rule in a sentence."),
    "title_ar": ("القاعدة في جملة عربية.", "The rule in an Arabic sentence."),
    "status": ("حالة الصفحة.", "Whether the page is in force."),
    "owner": ("الفريق المسؤول عنها.", "The team that answers for it."),
    "why": ("سبب وجود القاعدة.", "Why the rule is there."),
    "since": ("أول يوم تعمل فيه، مثل 2027-01-01.", "The first day on which it is in force, as 2027-01-01."),
    "until": ("آخر يوم تعمل فيه، مثل 2027-01-31.", "The last day on which it is in force, as 2027-01-31."),
    "known_gaps": ("ما لا تغطيه الصفحة بعد.", "What the page does not cover yet."),
    "when": ("متى تعمل: يجب أن تتحقق كل الأسطر. أو always.", "When it fires: every line must hold. Or: always."),
    "then": ("ماذا تقرر.", "What it decides."),
    "tests": ("أمثلة: واحد تعمل فيه وواحد تسكت فيه.", "Examples: one that fires, one that stays silent."),
    "any": ("يكفي واحد من هذه الأسطر.", "One of these lines is enough."),
    "is_not": ("أي كلمة غير هذه.", "Any word but these."),
    "above": ("أكبر من.", "More than."),
    "below": ("أقل من.", "Less than."),
    "name": ("اسم المثال.", "The example in a few words."),
    "given": ("الرسالة وموقع الصفقة.", "The message, and where the deal stands."),
    "expect": ("النتيجة المتوقعة، أو nothing إن كانت الصفحة تسكت.", "What must come of it, or nothing."),
    "ar": ("النص بالعربية.", "The sentence in Arabic."),
    "en": ("النص بالإنجليزية.", "The sentence in English."),
    "buttons": ("أزرار الرد، ثلاثة على الأكثر.", "Its reply buttons, three at most."),
    "start": ("من أين تبدأ المحادثة.", "Where the chat begins."),
    "chat": ("خطوات المحادثة بالترتيب.", "What happens, in order."),
}  # fmt: skip

STATUSES: Described = {
    "draft": ("مسودة: لا تعمل بعد.", "Not in force yet."),
    "shadow": ("مراقبة: تُسجل نتيجتها دون أثر.", "Watched: what it would do is logged, without effect."),
    "live": ("مفعلة.", "In force."),
    "retired": ("موقوفة.", "No longer in force."),
}

FACTS: Described = {
    "stage": ("مرحلة الصفقة.", "Where the deal stands."),
    "intent": ("القصد الأهم في الرسالة.", "What the message means above all."),
    "also_intent": ("قصد بين مقاصد الرسالة، وإن لم يكن الأهم.", "One of all that the message means."),
    "heard": (
        "صفحة الفهم التي حددت القصد الأهم.",
        "The page of understanding that found what it means above all.",
    ),
    "also_heard": ("صفحة فهم سمعت شيئا في الرسالة.", "A page of understanding that heard something in it."),
    "expects": ("ما طلبه سؤالنا الأخير.", "What our last question asked for."),
    "answer": ("الجواب المختصر في الرسالة.", "The plain answer that the message is."),
    "kind": ("نوع الرسالة.", "The form of the message."),
    "button": ("الزر الذي ضغطه العميل.", "The button that was pressed."),
    "script": ("حروف الرسالة.", "The letters that it is written in."),
    "language": ("لغة الرد.", "The language to answer in."),
    "opt_out": ("طلب إيقاف الرسائل: صريح أو محتمل.", "Whether it asks us to stop: surely, or perhaps."),
    "has_secret": ("فيها كلمة مرور أو رقم بطاقة.", "A password, key or card number was pasted."),
    "is_late": ("وصلتنا متأخرة.", "It reached us late."),
    "is_first_reply_to_outbound": (
        "أول رد على رسالة بدأناها.",
        "The first answer to a message that we sent first.",
    ),
    "has_public_price": ("للمنشأة سعر معلن.", "The tenant has a price that the bot may say."),
    "confidence": ("ثقة الفهم من 0 إلى 1.", "How sure the meaning is, from 0 to 1."),
    "unclear_before": ("رسائل غير مفهومة قبلها.", "Messages in a row that nobody understood before it."),
    "slots_filled": ("أسئلة التأهيل المجابة.", "Qualification questions answered so far."),
    "slots_missing": ("أسئلة التأهيل الباقية.", "Qualification questions still open."),
    "text_length": ("طول النص بالحروف.", "Length of the text in characters."),
    "text_longer_than": ("نص أطول من هذا العدد من الحروف.", "A text of more characters than this."),
    "says": ("نص رسالة العميل.", "What the contact writes."),
}

THEN: Described = {
    "go": ("خطوة تنقل الصفقة فورا.", "A step that the deal takes at once."),
    "say": ("النص الذي يقال.", "The sentence that is said."),
    "hold": ("سبب انتظار موافقة إنسان.", "Why a human must agree first."),
    "propose": ("خطوة لا تتم إلا بموافقة.", "A step that only an approver's yes takes."),
    "flag": ("علامة على المحادثة.", "An effect on the conversation."),
    "act": ("إجراء إضافي.", "Something to be done besides."),
    "silence": ("سبب عدم الرد.", "Why nothing is said."),
    "held": ("هل ينتظر الرد إنسانا.", "Whether the answer waits for a human."),
}

EVENTS: Described = {
    "start_qualifying": ("بدء أسئلة التأهيل.", "Begin the qualification questions."),
    "qualified": ("العميل مناسب.", "The lead fits us."),
    "not_qualified": ("العميل غير مناسب الآن.", "The lead does not fit us now."),
    "parked": ("يؤجل للمتابعة لاحقا.", "Park the lead for later."),
    "needs_time": ("يحتاج وقتا بعد الاجتماع.", "Needs time after the meeting."),
    "negotiate": ("يبدأ التفاوض.", "The negotiation begins."),
    "opted_out": ("أوقف الرسائل.", "Asked us to stop."),
    "booking_confirmed": ("تأكد الموعد.", "The meeting is booked."),
    "meeting_held": ("تم الاجتماع.", "The meeting was held."),
    "no_show_recorded": ("لم يحضر.", "The meeting was missed."),
    "meeting_cancelled": ("أُلغي الموعد.", "The meeting was cancelled."),
    "proposal_delivered": ("وصل العرض.", "The proposal was delivered."),
    "deal_accepted": ("قُبل العرض.", "The proposal was accepted."),
    "deal_rejected": ("رُفض العرض.", "The proposal was turned down."),
    "payment_verified": ("تأكد الدفع.", "The payment was verified."),
    "payment_declined": ("لن يدفع.", "The payment was declined."),
    "pilot_converted": ("اشترك بعد التجربة.", "The pilot became a customer."),
    "pilot_churned": ("لم يكمل بعد التجربة.", "The pilot ended without a deal."),
    "interest_lost": ("لم يعد مهتما.", "The interest is lost."),
    "consent_renewed": ("وافق من جديد على الرسائل.", "Agreed to messages again."),
}

FLAGS: Described = {
    "opt_out": ("أوقفوا كل الرسائل لهذا العميل.", "Stop all messages to this contact."),
    "suspect_opt_out": ("ربما يطلب الإيقاف: يتوقف كل إرسال آلي.", "Perhaps a stop: everything automatic pauses."),
    "hand_to_human": ("يتولى إنسان المحادثة.", "A human takes the conversation over."),
    "complaint": ("شكوى.", "A complaint."),
    "verify_payment": ("تحققوا من الدفع.", "Somebody must verify the money."),
    "secret": ("فيها سر: لا يُحفظ ولا يُعرض.", "It holds a secret: not stored, not shown."),
    "erasure_request": ("طلب يخص البيانات الشخصية.", "A request about personal data."),
    "access_request": ("يطلب الاطلاع على بياناته.", "Wants to see the data we hold."),
    "correction_request": ("يطلب تصحيح بياناته.", "Wants the data we hold corrected."),
    "resume_consent": ("يعود الإرسال بطلب العميل.", "The contact wants to hear from us again."),
    "repeat_please": ("نطلب إعادة الإرسال.", "We ask for the message again."),
}

ACTIONS: Described = {
    "send_whatsapp": ("إرسال واتساب.", "Send a WhatsApp message."),
    "send_email": ("إرسال بريد.", "Send an e-mail."),
    "send_sms": ("إرسال رسالة نصية.", "Send an SMS."),
    "book_meeting": ("حجز موعد.", "Book a meeting."),
    "send_proposal": ("إرسال عرض.", "Send a proposal."),
    "request_payment": ("طلب دفع.", "Ask for a payment."),
    "enroll_sequence": ("متابعة لاحقة.", "Follow up later."),
    "classify_reply": ("تصنيف الرد.", "Classify the reply."),
    "escalate_human": ("تصعيد لإنسان.", "Bring in a human."),
    "sync_crm": ("تحديث نظام العملاء.", "Bring it to the CRM."),
    "log_activity": ("تسجيل النشاط.", "Log it with the deal."),
    "onboard_customer": ("تهيئة العميل الجديد.", "Onboard the customer."),
    "generate_report": ("إعداد تقرير.", "Make a report."),
    "do_nothing": ("لا شيء.", "Nothing."),
}

KINDS: Described = {
    "text": ("نص.", "A text."),
    "button": ("ضغطة زر.", "A button."),
    "image": ("صورة.", "A picture."),
    "video": ("فيديو.", "A video."),
    "audio": ("ملف صوتي.", "An audio file."),
    "voice": ("رسالة صوتية.", "A voice note."),
    "document": ("ملف.", "A document."),
    "sticker": ("ملصق.", "A sticker."),
    "location": ("موقع.", "A location."),
    "contact_card": ("بطاقة اتصال.", "A contact card."),
    "reaction": ("تفاعل.", "A reaction."),
    "edit": ("تعديل رسالة.", "An edited message."),
    "deletion": ("حذف رسالة.", "A deleted message."),
    "poll": ("تصويت.", "A poll."),
    "call": ("مكالمة.", "A call."),
    "order": ("طلب شراء.", "An order."),
    "unreadable": ("رسالة لم يظهر محتواها.", "A message whose content did not arrive."),
    "other": ("نوع آخر.", "Something else."),
}

EXPECTS: Described = {
    "": ("لا سؤال مفتوح.", "No question is open."),
    "yes_no": ("نعم أو لا.", "Yes or no."),
    "number": ("رقم.", "A number."),
    "date": ("تاريخ أو وقت.", "A day or a time."),
    "choice": ("اختيار.", "A choice."),
    "text": ("كلام حر.", "Free words."),
    "opt_out_check": ("هل نوقف الرسائل؟", "Whether to stop the messages."),
    "question": ("ما يطلبه السؤال الذي في الفراغ.", "Whatever the question in its blank asks for."),
}

ANSWERS: Described = {
    "": ("ليست جوابا مختصرا.", "No plain answer."),
    "yes": ("نعم.", "Yes."),
    "okay": ("تمام.", "Okay."),
    "no": ("لا.", "No."),
    "cancel": ("إلغاء.", "Cancel."),
    "number": ("رقم.", "A number."),
    "dont_know": ("لا أدري.", "Does not know."),
    "other": ("جواب آخر.", "Another answer."),
}

SCRIPTS: Described = {
    "arabic": ("عربية.", "Arabic letters."),
    "latin": ("لاتينية.", "Latin letters."),
    "mixed": ("خليط.", "Both."),
    "none": ("بلا حروف.", "No letters."),
}

LANGUAGES: Described = {"ar": ("العربية.", "Arabic."), "en": ("الإنجليزية.", "English.")}

OPT_OUTS: Described = {
    "": ("لا.", "No."),
    "hard": ("صريح: ينفذ فورا.", "Surely: obeyed at once."),
    "suspected": ("محتمل: نسأل مرة.", "Perhaps: asked once."),
}

BUTTONS: Described = {
    "": ("لا زر.", "No button."),
    "opt_out_yes": ("نعم، أوقفوا الرسائل.", "Yes, stop the messages."),
    "opt_out_no": ("لا، كملوا.", "No, go on."),
}

SLOTS: Described = {
    "monthly_leads": ("عدد العملاء في الشهر.", "Contacts a month."),
    "follow_up_problem": ("أكبر مشكلة في المتابعة.", "The biggest problem in following up."),
    "has_sales_team": ("هل لديهم فريق مبيعات.", "Whether they have a sales team."),
    "monthly_budget_sar": ("الميزانية الشهرية بالريال.", "The monthly budget in SAR."),
    "start_date": ("متى يبدؤون.", "When they want to start."),
}

HEARING: Described = {
    "says": ("واحدة من هذه العبارات، ومن كل سطر says آخر.", "One of these phrases, of each line says."),
    "unless": ("ليست في الجملة نفسها.", "None of these in the clause of the match."),
    "unless_in_message": ("ليست في أي مكان من الرسالة.", "None of these anywhere in the message."),
    "not_near": ("ليست قريبة بهذا العدد من الكلمات.", "None of these within so many words."),
    "words": ("العبارات الممنوعة قربها.", "The phrases that must not be near."),
    "within": ("عدد كلمات، أو clause، أو message.", "A number of words, clause or message."),
    "stage": ("في هذه المراحل فقط.", "Only at these stages."),
    "expects": ("بعد سؤال من هذا النوع فقط.", "Only after such a question of ours."),
    "never_if": ("لا تُفهم من سؤال أو شرط أو مستقبل.", "Never out of a question, a condition or a future."),
    "first_reply": ("أول رد على رسالة بدأناها فقط.", "Only as the first answer to a message that we sent first."),
    "at_most_words": ("في الرسائل القصيرة فقط.", "Only in messages of so many words."),
    "resembles": ("بدلا من says: شبه الرسالة كلها.", "Instead of says: how like something the whole message is."),
    "what": ("بماذا تشبه.", "What it must be like."),
    "at_least": ("درجة الشبه من 0 إلى 1.", "How like it must be, from 0 to 1."),
    "table": ("جدول الشبه.", "The table that says how like."),
    "understand": ("القصد المفهوم.", "What it means."),
    "confidence": ("الثقة: 0.9 فأكثر للأكيد.", "How sure: 0.9 and more is firm."),
    "instead_at": ("قصد آخر في مرحلة معينة.", "Another intent at a stage."),
    "if_negated": ("القصد عند النفي، أو same.", "What it means when negated, or same."),
    "opt_out": ("طلب إيقاف صريح أو محتمل.", "A sure or a suspected stop."),
    "only_if_nothing_else": ("فقط إن لم يُفهم غيرها.", "Only if nothing else was heard."),
    "silences_others": ("تُسكت غيرها.", "Silences the other pages."),
}  # fmt: skip

LIKENESSES: Described = {
    "opt_out": ("طلب إيقاف.", "An opt-out."),
    "an_intent": ("أقرب قصد.", "Whichever intent it is most like."),
}

NEVER_IF: Described = {
    "question": ("سؤال.", "A question."),
    "condition": ("شرط.", "A condition."),
    "future": ("مستقبل.", "A future."),
    "negation": ("نفي.", "A negation."),
}

TABLES: Described = {
    "verb": ("جذوع أفعال؛ الصيغ تُشتق.", "Stems of verbs; the forms are made from them."),
    "noun": ("أسماء؛ الصيغ تُشتق.", "Nouns; the forms are made from them."),
    "exact": ("كلمات كما هي.", "Words as they are written."),
    "not": ("كلمات تشبهها ولا تقصد.", "Words that look alike and are not meant."),
    "answers": ("عبارات كل جواب، وهي الرسالة كلها.", "The phrases of each answer; each is the whole message."),
    "openings": ("بدايات كل جواب.", "What each answer may begin with."),
    "by_expects": (
        "المعنى بحسب سؤالنا ثم الجواب ثم المرحلة.",
        "What it means by our question, the answer, the stage.",
    ),
    "by_stage": ("المعنى بحسب المرحلة ثم الجواب.", "What it means by the stage and the answer."),
    "safest_first": ("الأسلم أولا.", "The safest one first."),
    "any": ("أي مرحلة.", "Any stage."),
}

CHATS: Described = {
    "says": ("ما يكتبه العميل.", "What the contact writes."),
    "kind": ("نوع الرسالة.", "The form of the message."),
    "button": ("الزر الذي ضغطه.", "The button that was pressed."),
    "event": ("حدث من مصدر موثوق أو من المعتمد.", "An event of a verified source, or of an approver."),
    "by": ("من سبّب الحدث.", "Who causes the event."),
    "approves": ("المعتمد يوافق على الرد المنتظر.", "The approver agrees to what waits."),
    "writes": ("الفريق يكتب بنفسه.", "The team writes by itself."),
    "waits": ("تمر دقائق دون أن يكتب أحد.", "Minutes pass in which nobody writes."),
    "minutes_later": ("بعد كم دقيقة.", "How many minutes later."),
    "stage": ("المرحلة بعد الخطوة.", "The stage, after the step."),
    "slots": ("أجوبة التأهيل.", "Answers to the qualification questions."),
    "language": ("لغة الرد.", "The language of the answer."),
    "autonomy": ("ما يجوز أن يخرج آليا.", "What may leave by itself."),
    "asked": ("السؤال المفتوح، أو nothing.", "The question that is open, or nothing."),
    "has_public_price": ("للمنشأة سعر معلن.", "The tenant has a public price."),
    "intent": ("القصد المفهوم.", "What it means."),
    "say": ("النص الذي قيل، أو nothing.", "The sentence that was said, or nothing."),
    "held": ("هل ينتظر إنسانا.", "Whether it waits for a human."),
    "hold": ("أسباب الانتظار، أو nothing.", "Why it waits, or nothing."),
    "flag": ("العلامات، أو nothing.", "The flags, or nothing."),
    "silence": ("سبب السكوت، أو nothing.", "Why nothing was said, or nothing."),
    "proposes": ("الخطوة المقترحة أو مرحلتها، أو nothing.", "The proposed step or its stage, or nothing."),
    "hears": ("كلمات في نص الرد.", "Words of the answer as the contact reads it."),
}
