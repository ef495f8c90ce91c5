"""What the page of one message's story says."""

from admin.console.sentences import Sentences

SENTENCES: Sentences = {
    "title": ("Dealix · قصة رسالة", "Dealix · A message's story"),
    "heading": ("قصة رسالة", "A message's story"),
    "lead": (
        "كل ما سببته رسالة واحدة وصلت، بالترتيب: كيف فُهمت وبأي قواعد، ومن قرر وبعد كم، وماذا قال المزود.",
        "Everything that one message caused, in order: how it was understood and by which rules, who decided and "
        "after how long, what the provider said.",
    ),
    "id": ("معرّف الارتباط", "Correlation id"),
    "show": ("اعرض القصة", "Tell the story"),
    "nothing": ("لا قصة معروضة", "No story is open"),
    "nothing_hint": (
        "ألصق معرّف ارتباط: يوجد على الموافقات وفي السجل وفي أجوبة ‎/os.",
        "Paste a correlation id: it stands on approvals, in the log and in what /os answers.",
    ),
    "took": ("استغرقت {took} · الخطوات: {n}", "It took {took} · steps: {n}"),
    "after": ("بعد {gap}", "after {gap}"),
    "at_once": ("فورًا", "at once"),
    "has_trouble": ("فيها تعثر", "had trouble"),
    "went_well": ("بلا تعثر", "no trouble"),
    "facts": ("الحقائق", "Facts"),
}
