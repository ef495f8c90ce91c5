"""
Which script and which language a text is in, so that the reply can be in the same one.

Law 1: scripts are counted, never guessed: every language identifier we measured calls Arabizi French or English.
Law 2: Arabic written in Latin letters is Arabic.
"""

import re

# A digit that stands for an Arabic letter has a letter beside it; b2b, mp3 and 24h are ordinary words.
_DIGIT_LETTER = re.compile(r"[a-z]+[235679]+[a-z]*|[235679]+[a-z]{2,}")
_TECHNICAL = re.compile(r"(?:b2b|b2c|c2c|p2p|e2e|s3|mp3|mp4|h264|web3|gpt\d*|4g|5g|v\d+|q\d|\d+(?:k|m|h|am|pm|st|nd|rd|th"
                        r"|min|mins|days?|hrs?|hours?|weeks?|months?|sar|sr|usd|x))$")  # fmt: skip
_ARTICLE = re.compile(r"(?:w|b|f|l)?(?:al|el|il)[bcdfghjkmnqrstwyz3579][a-z0-9]{2,}$")

ARABIZI_WORDS = frozenset(
    """
    abi abgha abghi aby abee nabi nabgha nbi abghaa 3ayez 3awez ayez bedi biddi wdi widdi kam bkam bekam be kaam
    la laa ma mu mo moo mob msh mish mesh mosh mafi mafe ya yalla wallah wallahi inshallah inshalla nshallah
    insha allah alhamdulillah hamdella salam salaam slm alsalam assalam marhaba mar7aba ahlan ahlain hala
    shukran shokran shukrn shkran mashkoor mashkor mshkor yslmo yeslamo teslam tslm afwan
    wesh wsh wish esh eish aish shu sho shoo shno shlon shlonkom keef kef kaif kifak keefak leh lesh laish leish
    wain wen wein fen feen meta mata emta ayna
    ana enta enti ento entom antum e7na ehna na7nu homa howa heya
    tamam tmam tayeb tayyeb tyb 6ayeb zain zen kwayes kowayes helo 7elo mumtaz momtaz
    aywa aiwa eywa ayh naam na3am akeed akid ok khalas 5alas khlas bas bs lakin laken alhin alheen al7in
    bukra bokra boukra bukrah badain ba3den badeen baadain
    lo law low lw eza iza momken mumkin yemken mohtam muhtam mohtamin mehtam muhtamin mhtm mwafiq mwafeq mowafeq
    muwafiq mowafqin tawakalna dafa3t 7awalt hawalt tahweel ta7weel rsayel rasayel rasael rsail raqmi rqmi
    trasel trslon tersel tersloon trsl trslo irsal ersal arsel waqef wagef wagfo wgfo wagif wqfo waqfo tawqef ilgha
    elgha alghi algho sherka sherkah shrka sharika sherakah shoraka fatora fatoorah se3r sir as3ar
    hatha hada hatha hadi hay fe fee fi 3la ala 3an an min men ma3a maa maak wiyak wa o aw
    """.split()
) - {"be", "an", "low", "ok", "law", "men", "or", "an"}

ENGLISH_WORDS = frozenset(
    """
    a about after again all already also am an and another any anyone anything are around as ask at back be because
    been before being best better big book booked business but buy by call can cannot cant check come company contact
    could customer customers day days deal demo did didnt do does doesnt dont done each email end even ever every
    everything few find first for from full get getting give go going good got great had has have havent he help her
    here him his how however i id if im in info interested into is isnt it its ive just keep know last later leave let
    lets like list long look looking made make many maybe me meet meeting message messages messaging month monthly
    more most much must my name need never new next no not nothing now of off offer ok okay old on once one only open
    or other our out over paid pay payment people person please plan price pricing problem proposal question quick
    quit ready really receive received remove right sales same say see send sending sent service set should show
    sign since so some someone soon sorry start still stop stopped subscribe subscription such support sure take
    talk team tell texting than thank thanks that thats the their them then there these they thing think this those
    time to today tomorrow too try unsubscribe until up us use used using very want was way we week well went were
    what whats when where which while who why will with without wont work working would wrong year yes yesterday yet
    you your yours cancel cancelled agreed accept declined invoice transferred nope yeah yep cool nice perfect awesome
    hello hi hey morning evening afternoon dear regards number data delete details cost costs expensive discount budget
    human agent real bot robot complaint terrible worst scam spam reschedule postpone busy partner partnership reseller
    """.split()
)


def looks_arabizi(latin_words: list[str]) -> bool:
    """True when Latin words spell Arabic."""
    arabic = english = 0
    for word in latin_words:
        if word in ENGLISH_WORDS:
            english += 1
        elif word in ARABIZI_WORDS or is_arabizi_shaped(word):
            arabic += 1
    return arabic > 0 and arabic >= english


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
