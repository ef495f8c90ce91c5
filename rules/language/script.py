"""
Which script and which language a text is in, so that the reply can be in the same one.

Law 1: scripts are counted, never guessed: every language identifier we measured calls Arabizi French or English.
Law 2: Arabic written in Latin letters is Arabic.
"""

import re

# A digit that stands for an Arabic letter has a letter beside it; b2b, mp3 and 24h are ordinary words.
_DIGIT_LETTER = re.compile(r"[a-z]+[235679]+[a-z]*|[235679]+[a-z]{2,}")
_TECHNICAL = re.compile(
    r"(?:b2b|b2c|c2c|p2p|e2e|s3|mp3|mp4|h264|web3|gpt\d*|4g|5g|v\d+|q\d"
    r"|\d+(?:k|m|h|am|pm|st|nd|rd|th|min|mins|days?|hrs?|hours?|weeks?|months?|sar|sr|usd|x))$"
)
_ARTICLE = re.compile(r"(?:w|b|f|l)?(?:al|el|il)[bcdfghjkmnqrstwyz3579][a-z0-9]{2,}$")

# The small words of Arabizi, too short to be told by their consonants.
_SPELLINGS = """
ابي: abi aby abee abii
ابغي: abgha abghi abghaa abga
نبي: nabi nbi nabee
نبغي: nabgha nbgha
عايز: 3ayez 3ayz 3awez 3awz
بدي: bedi biddi bdi
ودي: wdi widdi
كم: kam kaam
بكم: bkam bekam bikam bkm
لا: la laa la2
ما: ma maa
مو: mo moo mu
مب: mob moob mub
مش: msh mish mesh mosh mush
مافي: mafi mafe maafi mafee mafeesh mafesh
يا: ya
والله: wallah walla wallahi
ان: inshallah inshalla nshallah
شكرا: shukran shokran shukrn shkran shokrn shkrn
السلام: salam salaam slm alsalam assalam asalam
مرحبا: marhaba mar7aba mr7ba
اهلا: ahlan ahlain ahleen
هلا: hala hla
مشكور: mashkoor mashkor mshkor
وش: wesh wsh wish weish
ايش: esh eish aish
شو: shu sho shoo
كيف: keef kef kaif kif kifak
شلون: shlon shloon shlonkom wshlon weshlon shlonk shlonak shlonik shlonek ashlon eshlon
بالك: balak balik balkom
ليش: lesh laish leish leh
وين: wain wen wein fen feen
متي: meta mata emta
انا: ana
انت: enta enti ento entom
احنا: e7na ehna 7na
تمام: tamam tmam
طيب: tayeb tayyeb tyb 6ayeb
زين: zain zen
حلو: helo 7elo 7lo
ايوه: aywa aiwa eywa
ايه: ayh eeh
نعم: naam na3am
اكيد: akeed akid
خلاص: khalas 5alas khlas 5las
بس: bas bs
لكن: lakin laken
الحين: alhin alheen al7in al7een alhen el7een elhin
بكره: bukra bokra boukra bukrah
بعدين: badain ba3den badeen baadain ba3dain b3den
لو: lw
اذا: eza iza itha
ممكن: momken mumkin mmkn momkn mumken
مهتم: mohtam muhtam mhtm mehtam mohtm
موافق: mwafiq mwafeq mowafeq muwafiq mwafig mwafg
موعد: maw3ed mw3ed mo3ed maw3id maw3d
الموعد: almaw3ed elmaw3ed almw3ed elmo3ed almaw3id
رقمي: raqmi rqmi ragmi rgmi rakmi
رسايل: rsayel rasayel rasael rsail resayel rasa2el rsayl
معكم: m3akom m3akm m3kom m3km ma3akom m3akum
عندكم: 3ndkm 3andkom 3endkom 3ndkom 3indkum
الغا: elgha2 elghaa ilgha2 ilgha algha2 al8a2 el8a2 elgha
عندنا: 3ndna 3endna 3indna
في: fe fee fi feh
علي: 3la 3ala ala
هذا: hatha hada haza
"""
SPELLED: dict[str, str] = {
    spelling: arabic.strip()
    for line in _SPELLINGS.strip().splitlines()
    for arabic, _, spellings in [line.partition(":")]
    for spelling in spellings.split()
}
ARABIZI_WORDS = frozenset(SPELLED)

_ENGLISH = """
a about after again all already also am an and another any anyone anything are around as ask at back be
because been before being best better big book booked business but buy by call can cannot cant check come
company contact could customer customers day days deal demo did didnt do does doesnt dont done each email
end even ever every everything few find first for from full get getting give go going good got great had
has have havent he help her here him his how however i id if im in info interested into is isnt it its ive
just keep know last later leave let lets like list long look looking made make many maybe me meet meeting
message messages messaging month monthly more most much must my name need never new next no not nothing
now of off offer ok okay old on once one only open or other our out over paid pay payment people person
please plan price pricing problem proposal question quick quit ready really receive received remove right
sales same say see send sending sent service set should show sign since so some someone soon sorry start
still stop stopped subscribe subscription such support sure take talk team tell texting than thank thanks
that thats the their them then there these they thing think this those time to today tomorrow too try
unsubscribe until up us use used using very want was way we week well went were what whats when where
which while who why will with without wont work working would wrong year yes yesterday yet you your yours
cancel cancelled agreed accept declined invoice transferred nope yeah yep cool nice perfect awesome hello
hi hey morning evening afternoon dear regards number data delete details cost costs expensive discount
budget human agent real bot robot complaint terrible worst scam spam reschedule postpone busy partner
partnership reseller
"""
ENGLISH_WORDS = frozenset(_ENGLISH.split())


def looks_arabizi(latin_words: list[str]) -> bool:
    """True when Latin words spell Arabic."""
    arabic, english = _counted(latin_words)
    return arabic > 0 and arabic >= english


def may_be_arabizi(latin_words: list[str]) -> bool:
    """True when nothing says that the Latin words are English."""
    arabic, english = _counted(latin_words)
    return arabic >= english


def _counted(latin_words: list[str]) -> tuple[int, int]:
    english = sum(word in ENGLISH_WORDS for word in latin_words)
    arabic = sum(
        word not in ENGLISH_WORDS and (word in ARABIZI_WORDS or is_arabizi_shaped(word)) for word in latin_words
    )
    return arabic, english


def is_arabizi_shaped(word: str) -> bool:
    """True when a word carries digits as letters, or the Arabic article."""
    if _TECHNICAL.match(word):
        return False
    return bool(_DIGIT_LETTER.fullmatch(word) or (_ARTICLE.match(word) and word not in ENGLISH_WORDS))


def script_of(arabic_letters: int, latin_letters: int) -> str:
    """`arabic | latin | mixed | none`; a tenth of the other script is a name or a brand, not a mixture."""
    total = arabic_letters + latin_letters
    if not total:
        return "none"
    if arabic_letters * 10 >= total * 9:
        return "arabic"
    if latin_letters * 10 >= total * 9:
        return "latin"
    return "mixed"
