"""
Every sentence that the readers of a book can complain with, and the same in Arabic.

Rule 1: the English is the sentence as the code writes it, with {names} where it puts words; the Arabic uses the
        same names. The first line that fits is taken, so a longer sentence stands before a shorter one.
"""

KINDS = {
    "fact": "حقيقة",
    "fact in given": "حقيقة في given",
    "result": "نتيجة",
    "key": "مفتاح",
    "key in then": "مفتاح في then",
    "event": "حدث",
    "event to propose": "حدث مقترح",
    "wording": "نص",
    "hold reason": "سبب تعليق",
    "silence reason": "سبب سكوت",
    "flag": "علامة",
    "action": "إجراء",
    "status": "حالة",
    "stage": "مرحلة",
    "intent": "قصد",
    "also_intent": "قصد",
    "heard": "صفحة فهم",
    "also_heard": "صفحة فهم",
    "expects": "نوع سؤال",
    "kind of question": "نوع سؤال",
    "answer": "جواب",
    "kind": "نوع رسالة",
    "button": "زر",
    "script": "كتابة",
    "language": "لغة",
    "opt_out": "نوع إيقاف",
    "kind of opt-out": "نوع إيقاف",
    "circumstance": "ظرف",
    "likeness": "شبه",
    "chapter": "باب",
    "safety page": "صفحة سلامة",
    "word": "كلمة",
    "file beside the chapters": "ملف بجانب الأبواب",
    "key of start": "مفتاح في start",
    "key of a step": "مفتاح في الخطوة",
    "key of expect": "مفتاح في expect",
    "kind of message": "نوع رسالة",
    "cause": "مسبب الحدث",
    "question": "سؤال",
    "lines": "سطرا",
    "words": "كلمة",
    "emoji": "رمزا تعبيريا",
    "questions": "سؤالا",
    "int": "رقما صحيحا",
    "float": "رقما",
    "str": "نصا",
    "bool": "true أو false",
}
"""What the code calls the things that a word can be."""

SENTENCES: tuple[tuple[str, str], ...] = (
    # words that are not in the vocabulary
    (
        'unknown {kind} "{word}". Did you mean "{near}"? Use one of: {listed}.',
        "«{word}» كلمة غير معروفة هنا ({kind}). هل تقصدون «{near}»؟ المتاح: {listed}.",
    ),
    (
        'unknown {kind} "{word}". Use one of: {listed}.',
        "«{word}» كلمة غير معروفة هنا ({kind}). المتاح: {listed}.",
    ),
    (
        'unknown {kind} "{word}". Did you mean "{near}"?',
        "«{word}» كلمة غير معروفة هنا ({kind}). هل تقصدون «{near}»؟",
    ),
    ('unknown {kind} "{word}".', "«{word}» كلمة غير معروفة هنا ({kind}). اختاروا من القائمة المعروفة."),
    # files
    ("this folder does not exist. Give the folder of a book.", "هذا المجلد غير موجود. حددوا مجلد القواعد."),
    ("files of a book end in .yml. Rename it.", "ملفات القواعد تنتهي بـ .yml. غيّروا اسم الملف."),
    ("the file is not UTF-8. Save it as UTF-8.", "الملف ليس بترميز UTF-8. احفظوه بهذا الترميز."),
    ("the file has {size} bytes, more than {most}. Split it.", "حجم الملف {size} بايت، والحد {most}. قسّموه."),
    (
        "a file must be a map of keys and values at its top.",
        "يجب أن يبدأ الملف بمفاتيح وقيم، مثل id: ثم title:.",
    ),
    ("the text holds a broken character. Write it again.", "في النص حرف تالف. أعيدوا كتابته."),
    ("this is not YAML: {why}", "هذا ليس YAML صحيحا: {why} راجعوا المسافات وعلامات التنصيص."),
    (
        "anchors and aliases are not allowed. Write the words out.",
        "لا يسمح بعلامتي & و* في YAML. اكتبوا الكلمات كاملة.",
    ),
    ("the tag {tag} is not allowed. Remove it.", "الوسم {tag} غير مسموح. احذفوه."),
    ("more than {most} levels. Write it flatter.", "مستويات متداخلة أكثر من {most}. بسّطوا الكتابة."),
    ("a key must be a word.", "المفتاح يجب أن يكون كلمة. اكتبوا كلمة قبل النقطتين."),
    ('found duplicate key "{name}". Keep one of them.', "المفتاح «{name}» مكرر. أبقوا واحدا."),
    ("a file holds one document. Make two files of it.", "الملف يحمل مستندا واحدا. اجعلوه ملفين."),
    ("this file is missing. A book that understands needs it.", "هذا الملف ناقص، والفهم يحتاجه. أضيفوه."),
    (
        "this file is the book's own. A layer may add to: {files}.",
        "هذا الملف خاص بالقواعد الأساسية. يمكن لطبقة المنشأة أن تضيف إلى: {files}.",
    ),
    (
        '"{key}" is in the book already, and a layer cannot change it. Use another name.',
        "«{key}» موجود في القواعد الأساسية ولا يمكن تغييره من الطبقة. استخدموا اسما آخر.",
    ),
    (
        'opt-outs are heard by means of "{key}", so no words can be added to it. Write a set of your own.',
        "طلبات الإيقاف تفهم بواسطة «{key}» فلا تضاف إليها كلمات. اكتبوا مجموعة خاصة بكم.",
    ),
    (
        "by this page a safety page decides who is written to, so it cannot be replaced. Give yours another id.",
        "بهذه الصفحة تقرر صفحة سلامة من تجوز مراسلته، فلا يمكن استبدالها. أعطوا صفحتكم معرّفا آخر.",
    ),
    (
        "the book says by which clock quiet hours count. Leave timezone out.",
        "القواعد الأساسية تحدد التوقيت الذي تحسب به أوقات الهدوء. احذفوا timezone.",
    ),
    (
        "an opt-out is believed by its likeness only from at_least: {least} on and with never_if: {never}; "
        "understand opt_out_suspected below that",
        "لا يصدق طلب إيقاف بمجرد الشبه إلا من at_least: {least} فما فوق ومع never_if: {never}؛ "
        "وما دونه يفهم opt_out_suspected.",
    ),
    # the whole book
    (
        "this book has no words. Add the chapter understanding.",
        "لا يوجد باب فهم في هذه القواعد. أضيفوا باب understanding.",
    ),
    (
        'the safety page "{page}" is not in {order}. Add it at its place.',
        "صفحة السلامة «{page}» غير موجودة في {order}. أضيفوها في مكانها.",
    ),
    (
        "a safety page cannot be replaced, only added to. Write a page of your own with another id.",
        "لا يمكن استبدال صفحة سلامة، بل الإضافة إليها فقط. اكتبوا صفحة بمعرّف آخر.",
    ),
    (
        "a page that hears an opt-out cannot be replaced, only added to. Give yours another id.",
        "لا يمكن استبدال صفحة تفهم طلب الإيقاف، بل الإضافة إليها فقط. اختاروا معرّفا آخر لصفحتكم.",
    ),
    (
        'it can fire together with "{other}" and neither is more specific. Add a line to one.',
        "قد تعمل مع «{other}» على رسالة واحدة ولا إحداهما أدق. أضيفوا سطرا إلى شروط إحداهما.",
    ),
    (
        "it neither says anything nor says why it is silent. Add say or silence.",
        "لا تقول شيئا ولا تذكر سبب السكوت. أضيفوا say أو silence.",
    ),
    ('the id "{page}" is also in {file}. Rename one.', "المعرّف «{page}» موجود أيضا في {file}. غيّروا أحدهما."),
    (
        '"{page}" is a page of the chapter {chapter}. Move it there, or give it another id.',
        "«{page}» صفحة من باب {chapter}. انقلوها إليه أو اختاروا معرّفا آخر.",
    ),
    (
        "this file has one key, safest_first, with a list of page ids.",
        "هذا الملف فيه مفتاح واحد safest_first وتحته قائمة بمعرّفات الصفحات.",
    ),
    (
        "no page here fires always. Add one with `when: always`, for the rest.",
        "لا توجد هنا صفحة تعمل دائما. أضيفوا صفحة شرطها when: always لما تبقى.",
    ),
    (
        "the book has {ways} ways for pages to be true, more than {most}. Use fewer pages.",
        "في القواعد {ways} طريقة لتحقق الصفحات، والحد {most}. قللوا الصفحات.",
    ),
    (
        "it needs {needs} things at once, more than {most}. Make several pages of it.",
        "تشترط {needs} أمرا معا، والحد {most}. قسّموها إلى صفحات.",
    ),
    # a page
    (
        'the key "{key}" is missing. Write it; the order is {order}.',
        "المفتاح «{key}» ناقص. اكتبوه؛ الترتيب: {order}.",
    ),
    (
        '"{key}" stands where "{expected}" belongs. Keep the key order.',
        "«{key}» في مكان «{expected}». حافظوا على ترتيب المفاتيح.",
    ),
    ('"{first}" comes before "{key}"; the order is {order}', "«{first}» يأتي قبل «{key}»؛ الترتيب: {order}."),
    ('"{key}" is missing', "المفتاح «{key}» ناقص. اكتبوه."),
    ('"{key}" must be a sentence or a word. Write one.', "«{key}» يجب أن يكون جملة أو كلمة. اكتبوها."),
    ('"{day}" is not a day. Write it as 2027-01-31.', "«{day}» ليس تاريخا. اكتبوه مثل 2027-01-31."),
    ('"then" must say something: {keys}.', "يجب أن يحتوي then على قرار: {keys}."),
    ("A page of the chapter {chapter} may say: {keys}.", "صفحات باب {chapter} تقرر فقط: {keys}."),
    (
        'the id "{page}" and the file name "{name}" differ. Make them equal.',
        "المعرّف «{page}» يختلف عن اسم الملف «{name}». اجعلوهما متطابقين.",
    ),
    (
        'the id "{page}" is not the file name "{name}"',
        "المعرّف «{page}» يختلف عن اسم الملف «{name}». اجعلوهما متطابقين.",
    ),
    (
        "one must fire and one must stay silent. Add the other example.",
        "يلزم مثال تعمل فيه الصفحة ومثال تسكت فيه. أضيفوا الناقص.",
    ),
    (
        "two lines contradict each other, so it can never fire. Change one.",
        "سطران في الشروط متناقضان، فلن تعمل أبدا. عدّلوا أحدهما.",
    ),
    (
        "a page says something or stays silent, not both. Drop one.",
        "الصفحة إما ترد أو تسكت، لا الاثنان. احذفوا say أو silence.",
    ),
    (
        "a proposal waits for an approver. Add a hold that says why.",
        "الخطوة المقترحة تنتظر الموافقة. أضيفوا hold بالسبب.",
    ),
    (
        "a page goes on at once or proposes, not both. Drop one.",
        "الصفحة إما تنقل الصفقة فورا أو تقترح النقل، لا الاثنان. احذفوا go أو propose.",
    ),
    (
        '"{event}" is not possible at {stages}. Name the stage in when.',
        "«{event}» غير ممكن في {stages}. حددوا المرحلة في when.",
    ),
    # when
    ("{ways} ways to be true, more than {most}. Split it.", "للصفحة {ways} طريقة لتتحقق، والحد {most}. قسّموها."),
    ('"when" must be a list of lines, or {always}.', "يجب أن يكون when قائمة أسطر، أو الكلمة {always}."),
    (
        "a line of `when` names one fact, as in `- stage: new_lead`. Split it.",
        "كل سطر في when يذكر حقيقة واحدة، مثل: - stage: new_lead. قسّموا السطر.",
    ),
    (
        "`any` needs a list of two lines or more. Write them, or drop `any`.",
        "يحتاج any إلى سطرين أو أكثر. اكتبوها أو احذفوا any.",
    ),
    (
        "inside `any` stand facts only, one level deep. If you need more, write two rules.",
        "داخل any حقائق فقط وبمستوى واحد. إن احتجتم أكثر فاكتبوا صفحتين.",
    ),
    ('"{fact}" takes words, or is_not with words.', "«{fact}» يأخذ كلمات، أو is_not مع كلمات."),
    (
        '"{fact}" takes a whole number, as in `{example}`.',
        "«{fact}» يأخذ رقما صحيحا، مثل: {example}.",
    ),
    ('"{fact}" is true or false, not "{value}".', "«{fact}» إما true أو false، وليس «{value}»."),
    (
        '"{fact}" takes above or below and a number, as in `{example}`.',
        "«{fact}» يأخذ above أو below مع رقم، مثل: {example}.",
    ),
    (
        '"{key}" is an empty list. Name at least one {kind}.',
        "«{key}» قائمة فارغة. اذكروا {kind} واحدا على الأقل.",
    ),
    ('"{word}" stands twice. Keep one.', "«{word}» مكرر. أبقوا واحدا."),
    # examples
    (
        "an example has name, given and expect, in this order.",
        "المثال فيه name ثم given ثم expect بهذا الترتيب.",
    ),
    ("an example has name, given and expect", "المثال فيه name وgiven وexpect. أكملوا الناقص."),
    (
        "given is a map of facts; expect is a map of results or the word nothing.",
        "given فيه حقائق الرسالة؛ وexpect فيه النتائج أو الكلمة nothing.",
    ),
    (
        "a page needs examples: one that fires, one that stays silent.",
        "تحتاج الصفحة أمثلة: واحدا تعمل فيه وواحدا تسكت فيه.",
    ),
    (
        "a page needs an example that fires and one that expects nothing",
        "تحتاج الصفحة مثالا تعمل فيه ومثالا نتيجته nothing. أضيفوا الناقص.",
    ),
    (
        '"{name}": the page must stay silent, but it fired.',
        "المثال «{name}»: يجب أن تسكت الصفحة لكنها عملت.",
    ),
    (
        '"{name}": the page must fire, but {others} decided.',
        "المثال «{name}»: يجب أن تعمل الصفحة لكن القرار كان من {others}.",
    ),
    (
        '"{name}": {key} must be {wanted}, but is {found}.',
        "المثال «{name}»: {key} يجب أن يكون {wanted} لكنه {found}.",
    ),
    ("`tests` is a list of examples", "tests قائمة أمثلة. ابدؤوا كل مثال بشرطة."),
    ("`given` needs `says`", "يحتاج given إلى says: نص الرسالة."),
    ("`expect` is `nothing` or has an `intent`", "expect إما nothing أو فيه intent."),
    # understanding
    ("`when` is a list; begin its lines with a dash", "when قائمة؛ ابدؤوا أسطرها بشرطة."),
    (
        "`when` needs a line `says`, or one line `resembles` instead of it",
        "يحتاج when إلى سطر says، أو سطر resembles بدلا منه.",
    ),
    ("a line of `when` has one key and its value", "كل سطر في when فيه مفتاح واحد وقيمته. قسّموا السطر."),
    ("at_most_words takes a number of words", "at_most_words يأخذ عدد كلمات، مثل 9."),
    (
        "this takes a list of phrases; put a phrase that looks like a number in quotes",
        "هنا قائمة عبارات؛ ضعوا العبارة التي تشبه رقما بين علامتي تنصيص.",
    ),
    ("not_near takes `words` and `within`", "not_near يأخذ words وwithin."),
    ("`within` is a number of words, `clause` or `message`", "within عدد كلمات، أو clause أو message."),
    ("resembles takes {keys}", "resembles يأخذ {keys}."),
    ("`at_least` is a number between 0 and 1", "at_least رقم بين 0 و1."),
    (
        "what only resembles {what} is understood as {intent}, never more",
        "ما يشبه {what} فقط يُفهم على أنه {intent} ولا شيء أقوى. عدّلوا understand.",
    ),
    (
        "a guess has a confidence below {most}; a person reads it first",
        "التخمين ثقته أقل من {most}، ويقرؤه إنسان أولا. خفّضوا confidence.",
    ),
    (
        'there is no table "{table}". The one that ships is "{known}"; test with it',
        "لا يوجد جدول «{table}». الجدول المتوفر «{known}»؛ اختبروا به.",
    ),
    ("`then` needs `understand` and `confidence`", "يحتاج then إلى understand وconfidence."),
    ("`confidence` is a number above 0 and up to 1", "confidence رقم أكبر من 0 ولا يزيد على 1."),
    ("`instead_at` maps stages to intents", "instead_at يربط كل مرحلة بقصد."),
    ("a page is a mapping that begins with `id:`", "الصفحة مفاتيح وقيم تبدأ بـ id:."),
    ('unknown name "{name}"', "اسم غير معروف: «{name}». اختاروا من القائمة المعروفة."),
    (
        'the set "{name}" is missing; the language layer itself needs it',
        "المجموعة «{name}» ناقصة، والفهم يحتاجها. أعيدوها.",
    ),
    ('in the phrase "{phrase}", {rest}', "في العبارة «{phrase}»: {rest}"),
    # the grammar of phrases
    ("column {column}: {rest}", "(الموضع {column}) {rest}"),
    ('"{text}" cannot stand here', "«{text}» لا يصح هنا. راجعوا كتابة العبارات."),
    (
        'no set "{name}" in words.yml. Did you mean "{near}"?',
        "لا توجد مجموعة «{name}» في words.yml. هل تقصدون «{near}»؟",
    ),
    ('no set "{name}" in words.yml', "لا توجد مجموعة «{name}» في words.yml. أضيفوها أو صححوا الاسم."),
    ('the set "{name}" contains itself', "المجموعة «{name}» تحتوي نفسها. احذفوا ذلك."),
    (
        "this phrase would match anything; name at least one word that must be there",
        "هذه العبارة تطابق أي كلام؛ اذكروا كلمة واحدة لازمة على الأقل.",
    ),
    ("an empty choice; write [x] for an optional word", "خيار فارغ؛ الكلمة الاختيارية تكتب هكذا [كلمة]."),
    (
        'no lexeme "{name}" in lexemes.yml. Did you mean "{near}"?',
        "لا توجد مفردة «{name}» في lexemes.yml. هل تقصدون «{near}»؟",
    ),
    ('no lexeme "{name}" in lexemes.yml', "لا توجد مفردة «{name}» في lexemes.yml. أضيفوها أو صححوا الاسم."),
    ('no form "{name}". Did you mean "{near}"?', "لا توجد صيغة «{name}». هل تقصدون «{near}»؟"),
    ('no form "{name}"', "لا توجد صيغة «{name}». راجعوا الصيغ المتاحة."),
    ('"{text}" has no letters', "«{text}» بلا حروف. اكتبوا كلمة."),
    ('cannot read "{text}"; see the phrase grammar', "تعذرت قراءة «{text}»؛ راجعوا طريقة كتابة العبارات."),
    ("<< needs its >> at the end", "العلامة << تحتاج >> في آخر العبارة."),
    ('"{text}" closes nothing', "«{text}» يغلق قوسا لم يفتح. احذفوه."),
    ('"{opened}" is never closed; add "{closing}"', "«{opened}» لم يغلق؛ أضيفوا «{closing}»."),
    ('"{text}" is too short for any ending', "«{text}» أقصر من أن يقبل أي نهاية. أطيلوا الكلمة."),
    (
        '"{text}" is too short for a typing mistake; four letters at least',
        "«{text}» أقصر من أن نقبل فيه خطأ إملائيا؛ أربعة حروف على الأقل.",
    ),
    # whole chats
    (
        "no step says what to expect. Add expect to one.",
        "لا توجد خطوة تذكر النتيجة المتوقعة. أضيفوا expect لواحدة.",
    ),
    (
        '"{key}" stands where "{expected}" belongs. The order is {order}.',
        "«{key}» في مكان «{expected}». الترتيب: {order}.",
    ),
    (
        'the id "{page}" is not the file name "{name}". Rename one.',
        "المعرّف «{page}» يختلف عن اسم الملف «{name}». غيّروا أحدهما.",
    ),
    ("start is a map with some of: {keys}.", "start فيه مفاتيح من: {keys}."),
    ("expect is a map with some of: {keys}.", "expect فيه مفاتيح من: {keys}."),
    ("slots is a map of questions and their answers.", "slots يربط كل سؤال بجوابه."),
    (
        '"{name}" takes one answer. Write it, in quotes when it is a sentence.',
        "«{name}» يأخذ جوابا واحدا. اكتبوه بين علامتي تنصيص إن كان جملة.",
    ),
    ('"{key}" takes true or false, not "{value}".', "«{key}» إما true أو false، وليس «{value}»."),
    ('"{key}" takes a number of minutes, not "{value}".', "«{key}» يأخذ عدد دقائق، وليس «{value}»."),
    ('"{key}" takes a text. Put it in quotes.', "«{key}» يأخذ نصا. ضعوه بين علامتي تنصيص."),
    ('"approves" takes yes.', "approves قيمتها yes."),
    ("chat is a list of steps. Begin each of them with a dash.", "chat قائمة خطوات. ابدؤوا كل خطوة بشرطة."),
    (
        "the chat has {steps} steps, more than {most}. Make two chats of it.",
        "في المحادثة {steps} خطوة، والحد {most}. اجعلوها محادثتين.",
    ),
    (
        "a step is a map: {keys}, and what to expect.",
        "الخطوة مفاتيح وقيم: {keys}، ثم النتيجة المتوقعة.",
    ),
    ("a step is one thing: {keys}. Make several of it.", "الخطوة شيء واحد: {keys}. قسّموها."),
    (
        "waits says itself how many minutes. Remove this.",
        "waits يذكر الدقائق بنفسه. احذفوا هذا السطر.",
    ),
    (
        "only an event has somebody who causes it. Remove by.",
        "المسبب للأحداث فقط. احذفوا by.",
    ),
    (
        "the contact says nothing. Write what, or name a kind or a button.",
        "لم يقل العميل شيئا. اكتبوا نصه أو حددوا نوع الرسالة أو الزر.",
    ),
    (
        'only what a contact says has "{key}". Remove it here.',
        "«{key}» لرسائل العميل فقط. احذفوه من هنا.",
    ),
    # sentences of the bot
    (
        'The wording "{key}" is used but not written. Add it.',
        "النص «{key}» مستخدم لكنه غير مكتوب. أضيفوه.",
    ),
    (
        '"{key}" uses the button "{button}" that is not written. Add it.',
        "نص «{key}» يستخدم الزر «{button}» وهو غير مكتوب. أضيفوه.",
    ),
    ('"{key}" is also in {file}. Keep one.', "«{key}» موجود أيضا في {file}. أبقوا واحدا."),
    (
        '"{key}" has the unknown word "{name}". Use {known}.',
        "في «{key}» كلمة غير معروفة «{name}». المتاح: {known}.",
    ),
    ('"{key}" is missing in {language}. Write it.', "نص «{key}» ناقص باللغة ({language}). اكتبوه."),
    (
        '"{key}" expects "{value}". Use one of: {known}.',
        "في «{key}» نوع سؤال غير معروف «{value}». المتاح: {known}.",
    ),
    (
        '"{key}" has different blanks in its languages. Use the same.',
        "فراغات «{key}» تختلف بين اللغتين. اجعلوها واحدة.",
    ),
    (
        '"{key}" has {found} buttons, more than {most}. Drop some.',
        "في «{key}» {found} أزرار، والحد {most}. احذفوا بعضها.",
    ),
    (
        '"{key}" in {language} has the unknown blank "{name}".',
        "في «{key}» ({language}) فراغ غير معروف «{name}». صححوا الاسم.",
    ),
    (
        '"{key}" in {language} has a brace that closes no blank. {how}',
        "في «{key}» ({language}) قوس لا يغلق فراغا. اكتبوا اسم الفراغ بين قوسين { }.",
    ),
    (
        '"{key}" in {language} is longer than {most} characters. Shorten it.',
        "نص «{key}» ({language}) أطول من {most} حرفا. اختصروه.",
    ),
    (
        '"{key}" in {language} has {found} {kind}, more than {most}. Cut it.',
        "نص «{key}» ({language}) طويل: {found} {kind}، والحد {most}. اختصروه.",
    ),
    (
        '"{key}" in {language} promises something with "{word}". Say what we do instead.',
        "في «{key}» ({language}) وعد بكلمة «{word}». اذكروا ما نفعله بدلا من ذلك.",
    ),
    (
        '"{key}" in {language} states a figure. Figures come from blanks only.',
        "في «{key}» ({language}) رقم مكتوب. الأرقام تأتي من الفراغات فقط.",
    ),
    ("must have exactly these keys: {keys}.", "يجب أن تكون فيه هذه المفاتيح فقط: {keys}."),
    ('{name} must be a whole number, not "{value}".', "{name} رقم صحيح، وليس «{value}»."),
    # claims
    (
        "only the book says which figures claim nothing. Write an approved claim instead.",
        "القواعد الأساسية وحدها تحدد الأرقام التي لا تعد ادعاء. اكتبوا ادعاء معتمدا بدلا من ذلك.",
    ),
    (
        "an approved claim names its evidence: a test or a data set. Add evidence.",
        "الادعاء المعتمد يذكر دليله: اختبارا أو بيانات. أضيفوا evidence.",
    ),
    (
        "a restricted claim has a qualifier that must stand beside it. Add one.",
        "الادعاء المقيد له قيد يذكر معه. أضيفوا qualifier.",
    ),
    (
        "a claim that stops a text has an example that it catches. Add caught.",
        "الادعاء الذي يوقف نصا يحتاج مثالا يلتقطه. أضيفوا caught.",
    ),
    (
        'the book forbids "{name}", and a layer cannot change that. Use another id.',
        "القواعد الأساسية تمنع «{name}» ولا يمكن للطبقة تغيير ذلك. استخدموا معرّفا آخر.",
    ),
    ('the set "{name}" is there already. Use another name.', "المجموعة «{name}» موجودة. استخدموا اسما آخر."),
    ('the lexeme "{name}" is there already. Use another name.', "المفردة «{name}» موجودة. استخدموا اسما آخر."),
    (
        '"{claim}" does not catch this. Mend said_as, or the example.',
        "«{claim}» لا يلتقط هذا المثال. صححوا said_as أو المثال.",
    ),
    (
        '"{claim}" catches "{words}" here. Narrow said_as, or add an except.',
        "«{claim}» يلتقط «{words}» هنا خطأ. ضيّقوا said_as أو أضيفوا except.",
    ),
    ('"{key}" must be a map from a name to its words. Write one.', "«{key}» يربط كل اسم بكلماته. اكتبوه كذلك."),
    (
        '"{key}" must be a map from an id to its entry. Write {none} for none.',
        "«{key}» يربط كل معرّف بمحتواه. اكتبوا {none} إن لم يوجد شيء.",
    ),
    # templates
    ("a name at Meta has at most {most} characters. Shorten it.", "الاسم لدى ميتا حده {most} حرفا. اختصروه."),
    (
        "a code to sign in is nobody's campaign and no follow-up. Leave used_for out.",
        "قالب رمز الدخول لا يصلح لحملة ولا لمتابعة. احذفوا used_for.",
    ),
    (
        "Meta takes at most {most} characters here, not {count}. Shorten it.",
        "تقبل ميتا هنا {most} حرفا على الأكثر، والمكتوب {count}. اختصروه.",
    ),
    (
        '"{key}" says nothing in ar or en. Write the words that Meta has approved.',
        "«{key}» خال بالعربية والإنجليزية. اكتبوا النص الذي اعتمدته ميتا.",
    ),
    (
        "a filled value is one line of at most {most} characters. Shorten it.",
        "القيمة البديلة سطر واحد حده {most} حرفا. اختصروها.",
    ),
    (
        "otherwise is written for every language of the body or for none; {language} lacks it.",
        "تكتب القيمة البديلة لكل لغات النص أو لا تكتب أبدا؛ تنقصها {language}.",
    ),
    (
        '"{code}" is no code of Meta. Write it as en_US or ar.',
        "«{code}» ليس رمز لغة لدى ميتا. اكتبوه مثل en_US أو ar.",
    ),
    (
        "the {language} body has the numbers {numbers} and {count} fills. "
        "Number the blanks from 1 without a gap, and write one fill for each.",
        "في نص {language} الأرقام {numbers} وعدد القيم {count}. رقموا الفراغات من 1 بلا انقطاع، ولكل فراغ قيمة.",
    ),
    (
        "a blank is written {open}1{close}, and only in the body. Mend it.",
        "يكتب الفراغ برقم بين قوسين مزدوجين، وفي متن النص فقط. صححوه.",
    ),
    (
        "Meta refuses a {language} body that begins or ends with a blank. Add a word.",
        "ترفض ميتا نصا ({language}) يبدأ أو ينتهي بفراغ. أضيفوا كلمة.",
    ),
    (
        '"{words}" must never be said ({claim}). Remove it.',
        "«{words}» من العبارات الممنوعة ({claim}). احذفوها.",
    ),
    (
        '"{words}" claims something that no claim accounts for. Name it in claims.',
        "«{words}» ادعاء لا يسنده ادعاء معتمد. اذكروا معرّفه في claims.",
    ),
    # deadlines, quiet hours, follow-ups, prices
    (
        'only a safety page may say "flag: {flag}". Move the page, or drop it.',
        "لا تقول «flag: {flag}» إلا صفحة سلامة. انقلوا الصفحة أو احذفوا السطر.",
    ),
    (
        'only a safety page may say "go: opted_out". Move the page, or drop it.',
        "لا تقول «go: opted_out» إلا صفحة سلامة. انقلوا الصفحة أو احذفوا السطر.",
    ),
    (
        'a stop is "go: opted_out" and "flag: opt_out" together. Write both.',
        "الإيقاف هو «go: opted_out» و«flag: opt_out» معا. اكتبوا السطرين.",
    ),
    (
        'a stop is confirmed at once: "say: {say}" and no hold. Write it so.',
        "يؤكد الإيقاف فورا: «say: {say}» بلا تعليق. اكتبوه هكذا.",
    ),
    (
        "only the book itself says when a contact may be written to again. Drop resume_consent.",
        "القواعد الأصلية وحدها تقرر متى تجوز مراسلة العميل من جديد. احذفوا resume_consent.",
    ),
    (
        "from {day} on, by the season here, {file} line {line}: {rest}",
        "ابتداء من {day}، بسبب الموسم هنا، {file} السطر {line}: {rest}",
    ),
    (
        "seasons begin or end on {found} days, more than {most}. Drop some.",
        "تبدأ المواسم أو تنتهي في {found} يوما، وهذا أكثر من {most}. احذفوا بعضها.",
    ),
    ("it ends before it begins. Change since or until.", "تنتهي قبل أن تبدأ. عدّلوا since أو until."),
    ("working hours end before they begin. Change one of them.", "ساعات العمل تنتهي قبل أن تبدأ. عدّلوا إحداهما."),
    (
        "warn, due and expiry must come in this order, not {order}. Change one.",
        "الترتيب هو التنبيه ثم الاستحقاق ثم الانتهاء، وليس {order}. عدّلوا أحدها.",
    ),
    (
        "a {draft} cannot leave after the service window. Write true, or leave it out.",
        "{draft} لا يخرج بعد نافذة الخدمة. اكتبوا true أو احذفوا السطر.",
    ),
    (
        'there is no kind of draft or request "{name}". Use one of: {kinds}.',
        "لا يوجد نوع مسودة أو طلب «{name}». المتاح: {kinds}.",
    ),
    (
        "the owner is told before the time is due. Make it the same or longer.",
        "يُبلَّغ المسؤول قبل انتهاء المهلة. اجعلوا المدة مساوية لها أو أطول.",
    ),
    (
        '"{key}" is for class B, where a human agrees. Remove it.',
        "«{key}» للفئة B التي يوافق فيها إنسان. احذفوه.",
    ),
    (
        'what says "{key}" is never done by the rules alone. Remove "by_book".',
        "ما فيه «{key}» لا تنفذه القواعد وحدها أبدًا. احذفوا by_book.",
    ),
    (
        "nobody may ask for an action of class C. Remove it.",
        "لا يجوز لأحد أن يطلب إجراء من الفئة C. احذفوه.",
    ),
    (
        '"{name}" is "{other}" in another spelling. Remove one.',
        "«{name}» هو «{other}» بكتابة أخرى. احذفوا أحدهما.",
    ),
    (
        "a cadence has at most {most} steps, not {steps}. Remove some.",
        "للمتابعة {most} خطوات على الأكثر وليس {steps}. احذفوا بعضها.",
    ),
    (
        '"{other}" follows "{one}" sooner than 20 hours. Give it more time.',
        "«{other}» تأتي بعد «{one}» بأقل من 20 ساعة. زيدوا المدة.",
    ),
    (
        '"{step}" comes sooner than 20 hours after our answer. Give it more time.',
        "«{step}» تأتي قبل مرور 20 ساعة على ردنا. زيدوا المدة.",
    ),
    (
        '"{stage}" has the cadence "{name}" already. Remove it from one.',
        "مرحلة «{stage}» لها متابعة «{name}» من قبل. احذفوها من إحداهما.",
    ),
    (
        'the step "{step}" is also in "{other}". Rename one.',
        "الخطوة «{step}» موجودة أيضا في «{other}». غيّروا اسم إحداهما.",
    ),
    (
        "a holiday begins in one of these ways: {ways}. Write one.",
        "تبدأ الإجازة بإحدى هذه الطرق: {ways}. اكتبوا واحدة.",
    ),
    (
        '"{day}" is not a month and a day. Write it as "09-23", in quotation marks.',
        '«{day}» ليس شهرا ويوما. اكتبوه مثل "09-23" بين علامتي تنصيص.',
    ),
    (
        "not every Hijri month has a day {day}. Write day_after_hijri with day 29 of that month.",
        "ليس في كل شهر هجري يوم {day}. اكتبوا day_after_hijri مع يوم 29 من الشهر.",
    ),
    ('there is no day "{day}". Change it.', "لا يوجد يوم «{day}». صححوه."),
    (
        '"{amount}" is not an amount. Write whole halalas: 150000 for one thousand five hundred riyals.',
        "«{amount}» ليس مبلغا. اكتبوه بالهللات: 150000 تعني ألفا وخمسمئة ريال.",
    ),
    ("the last day is before the first. Change one of them.", "اليوم الأخير قبل الأول. عدّلوا أحدهما."),
    ("{what} begins when it ends. Change one of them.", "{what} تبدأ وقت نهايتها. عدّلوا أحد الوقتين."),
    (
        '"{key}" is in degrees from {low} to {high}, such as 24.71. Change it.',
        "«{key}» درجات من {low} إلى {high}، مثل 24.71. صححوه.",
    ),
    (
        "nights and mornings leave less than eight hours of a day. Shorten one of them.",
        "أوقات الهدوء تترك أقل من ثماني ساعات في اليوم. قصّروا أحدها.",
    ),
    (
        "Friday is quiet for more than five hours. Use the weekend for whole days.",
        "هدوء الجمعة أكثر من خمس ساعات. استخدموا weekend للأيام الكاملة.",
    ),
    ("a weekend has at most {most} days. Name fewer.", "نهاية الأسبوع {most} أيام على الأكثر. اذكروا أقل."),
    ("more than {most} holidays. Remove those that have passed.", "أكثر من {most} إجازة. احذفوا ما مضى."),
    (
        'the city "{name}" is in the book already. Leave it out.',
        "المدينة «{name}» موجودة في القواعد. احذفوها من هنا.",
    ),
    (
        '"{key}" is quiet for less than in the book. A layer may widen it, not narrow it.',
        "هدوء «{key}» أقل مما في القواعد الأساسية. يمكن للطبقة توسيعه لا تضييقه.",
    ),
    (
        'there is no time zone "{name}". Write it as Asia/Riyadh.',
        "لا توجد منطقة زمنية «{name}». اكتبوها مثل Asia/Riyadh.",
    ),
    ("{what} must be a map with some of: {keys}. Write one.", "{what} يكتب كمفاتيح وقيم من: {keys}."),
    ('{what} lacks "{key}". Write it.', "ينقص {what} المفتاح «{key}». اكتبوه."),
    ('an item of "{key}" must be words. Write them.', "كل عنصر في «{key}» يجب أن يكون كلمات. اكتبوها."),
    ('"{key}" is empty. Write at least one.', "«{key}» فارغ. اكتبوا واحدا على الأقل."),
    ('"{key}" is true or false, nothing else. Write one of them.', "«{key}» إما true أو false. اكتبوا أحدهما."),
    (
        '"{key}" must be a whole number from {least} to {most}, not "{value}". Change it.',
        "«{key}» رقم صحيح من {least} إلى {most}، وليس «{value}». صححوه.",
    ),
    (
        '"{time}" is not a time of day. Write it as "21:00", in quotation marks.',
        '«{time}» ليس وقتا. اكتبوه مثل "21:00" بين علامتي تنصيص.',
    ),
    (
        '"{span}" is not a span of time. Write it as 15 minutes, 20 hours or 3 days.',
        "«{span}» ليس مدة. اكتبوها مثل 15 minutes أو 20 hours أو 3 days.",
    ),
    (
        '"{key}" is longer than {most}, the most that is allowed. Shorten it.',
        "«{key}» أطول من {most} وهو الحد. قصّروه.",
    ),
    (
        "a list has at most {most} items, not {count}. Remove some.",
        "القائمة {most} عنصرا على الأكثر وفيها {count}. احذفوا بعضها.",
    ),
    ("red comes before amber. Change one of them.", "الأحمر يأتي قبل الأصفر. غيّروا أحدهما."),
    (
        'the line "{name}" has no threshold. Write amber_from, red_from or another.',
        "السطر «{name}» بلا حد. اكتبوا amber_from أو red_from أو غيرهما.",
    ),
    ('"{key}" must be a list. Begin each item with a dash.', "«{key}» قائمة. ابدؤوا كل عنصر بشرطة."),
    (
        'the id "{name}" must be lower_case Latin letters, digits and _.',
        "المعرّف «{name}» يكتب بحروف لاتينية صغيرة وأرقام و_ فقط.",
    ),
    # last, because their beginnings could be anything
    ('"{key}" takes a {kind}, not "{value}".', "«{key}» يأخذ {kind} وليس «{value}»."),
    ('"{phrase}": {rest}.', "«{phrase}»: {rest}"),
    ("{name}: column {column}: {rest}", "{name} (الموضع {column}): {rest}"),
)
