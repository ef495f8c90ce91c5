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
