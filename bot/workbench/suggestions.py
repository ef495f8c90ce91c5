"""
What humans keep changing, as proposals to the rules.

Rule 1: only drafts that somebody let go or refused count; an edit that was never agreed to proves nothing.
Rule 2: a proposed text was written by a human in a draft; only what filled a blank becomes that blank again.
Rule 3: a draft that was made from an older text of its sentence is no evidence about the present one.
Rule 4: nothing changes by itself: a proposal is an edit of one file that somebody makes, replays and publishes.
"""

import asyncio
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rapidfuzz import fuzz
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from bot.playbook import WORDING_FOLDER, Playbook
from bot.shown_text import masked
from bot.store import Store
from flows.wording import LANGUAGES, UnknownWording, WordingError, Wordings
from rules.sheet import read

# Twice may be chance, or one difficult customer.
LEAST_TIMES = 3
LEAST_CONTACTS = 2

# A sentence that is left alone more often than not is kept.
LEAST_SHARE = 0.5

# Below this the texts say different things: humans answered each contact in their own way, and no one text is
# what they would all have wanted.
LEAST_AGREEMENT = 0.6

TEXTS_SHOWN = 5

# «1» or «5» stands in any text by chance; shorter values than this prove nothing.
LEAST_OF_A_VALUE = 3

OWN_FILE = f"{WORDING_FOLDER}own.yml"

# What a refusal says about a sentence, and about who understood the message; other reasons are about the moment.
_ABOUT_THE_SENTENCE = ("tone", "price")
_ABOUT_THE_MEANING = "wrong_intent"

_FACTS = ("draft", "wording", "language", "intent", "heard", "drafted", "text", "reason")
_BLANK = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Written:
    """A text that humans wrote instead of ours, blanks open."""

    text: str
    times: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that humans keep changing."""

    kind: str
    """`reworded | refused_wording | misunderstood`"""
    subject: str
    """The key of a sentence, or the id of a page."""
    times: int
    drafts: int
    """How many drafts of this sentence or page humans have decided about."""
    path: str
    """The file to edit, or the page to look at."""
    language: str = ""
    reason: str = ""
    """The code of the refusals."""
    intent: str = ""
    """What the page had understood."""
    present: str = ""
    texts: tuple[Written, ...] = ()
    """What was written instead, the most frequent first; without phone numbers."""
    agreement: float = 0.0
    """0 to 1: how alike those texts are to the proposed one."""
    proposed: str = ""
    """The text to take; empty when they differ too much for one."""
    lost_blanks: tuple[str, ...] = ()
    """Blanks of the present text that the proposed one leaves out: it must go in every language."""
    edit: str = ""
    """The whole text of `path` with the proposal in it."""
    problems: tuple[str, ...] = ()
    """What stands in the way of the edit as it is."""

    @property
    def en(self) -> str:
        """The suggestion in a sentence."""
        often = f"{self.times} of {self.drafts} drafts"
        return {
            "reworded": f'The sentence "{self.subject}" ({self.language}) was edited in {often}.',
            "refused_wording": f'Drafts with "{self.subject}" were refused ({self.reason}) in {often}.',
            "misunderstood": f'"{self.reason}" in {often} of the page {self.subject}.',
        }[self.kind]

    @property
    def ar(self) -> str:
        often = f"{self.times} من {self.drafts} مسودات"
        return {
            "reworded": f"عُدّلت الجملة «{self.subject}» ({self.language}) في {often}.",
            "refused_wording": f"رُفضت مسودات فيها «{self.subject}» ({self.reason}) في {often}.",
            "misunderstood": f"«{self.reason}» في {often} من الصفحة {self.subject}.",
        }[self.kind]


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a human made of one draft."""

    conversation: str
    wording: str
    language: str
    intent: str
    heard: str
    drafted: str
    text: str
    """Empty when nothing was edited."""
    reason: str
    """Empty when it was let go."""


async def suggestions(
    store: Store, tenant_id: str, playbook: Playbook, since: datetime, until: datetime
) -> tuple[Suggestion, ...]:
    """What the decisions of a span of time suggest, the most frequent first; nothing when there is too little."""
    return await asyncio.to_thread(_suggested, await _decisions(store, tenant_id, since, until), playbook)


def _suggested(decided: Sequence[_Decided], playbook: Playbook) -> tuple[Suggestion, ...]:
    found = [*_reworded(decided, playbook), *_refused(decided, playbook), *_misunderstood(decided, playbook)]
    return tuple(sorted(found, key=lambda s: (-s.times, -s.times / s.drafts, s.kind, s.subject, s.language)))


async def _decisions(store: Store, tenant_id: str, since: datetime, until: datetime) -> list[_Decided]:
    """The last decision about each draft that was made by rules."""
    latest: dict[str, _Decided] = {}
    kinds = ("draft_approved", "draft_rejected")
    async for item in store.timeline.each(tenant_id, kinds, since, until, _FACTS):
        facts = {name: str(item.entry.data.get(name, "")) for name in _FACTS}
        if facts["wording"]:
            draft = facts.pop("draft")
            latest[draft] = _Decided(item.conversation_id, **facts)
    return list(latest.values())


# sentences that are written anew


def _reworded(decided: Sequence[_Decided], playbook: Playbook) -> list[Suggestion]:
    released = _grouped((d.wording, d.language, d) for d in decided if not d.reason)
    found = [
        suggestion
        for (key, language), group in released.items()
        if (suggestion := _rewording(key, language, group, playbook.wordings)) is not None
    ]
    proposals: dict[str, dict[str, str]] = {}
    for suggestion in found:
        if suggestion.proposed:
            proposals.setdefault(suggestion.subject, {})[suggestion.language] = suggestion.proposed
    return [_with_edit(suggestion, proposals.get(suggestion.subject, {}), playbook) for suggestion in found]


def _rewording(key: str, language: str, group: Sequence[_Decided], wordings: Wordings) -> Suggestion | None:
    try:
        present = wordings.text(key, language)
    except UnknownWording:  # retired meanwhile
        return None
    shape = _shape_of(present)
    made_of_it = [(d, values) for d in group if (values := shape.fullmatch(_even(d.drafted))) is not None]
    edited = [(d, open_blanks(d.text, values.groupdict())) for d, values in made_of_it if d.text]
    edited = [(d, text) for d, text in edited if text != _even(present)]
    if not _is_enough(len(edited), len(made_of_it), {d.conversation for d, _ in edited}):
        return None
    texts = Counter(text for _, text in edited)
    best, agreement = closest_to_the_others(texts)
    is_one = agreement >= LEAST_AGREEMENT
    return Suggestion(
        kind="reworded",
        subject=key,
        language=language,
        times=len(edited),
        drafts=len(made_of_it),
        path=OWN_FILE,
        present=present,
        texts=tuple(Written(masked(text), times) for text, times in texts.most_common(TEXTS_SHOWN)),
        agreement=round(agreement, 2),
        proposed=masked(best) if is_one else "",
        lost_blanks=tuple(b for b in _blanks(present) if b not in _blanks(best)) if is_one else (),
    )


def open_blanks(text: str, values: Mapping[str, str]) -> str:
    """Put the blanks back where the values stand that had filled them, long ones first: they may hold others."""
    names = {value: name for name, value in values.items() if len(value) >= LEAST_OF_A_VALUE}
    if not names:
        return _even(text)
    longest_first = "|".join(re.escape(value) for value in sorted(names, key=len, reverse=True))
    # A value inside a longer word or figure is another word or figure.
    standing_alone = re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)")
    return standing_alone.sub(lambda found: f"{{{names[found[0]]}}}", _even(text))


def closest_to_the_others(texts: Counter[str]) -> tuple[str, float]:
    """The text that is most like all of them, each counted as often as it was written, and how alike they are."""
    total = sum(texts.values())
    likeness = {
        text: sum(fuzz.ratio(text, other) / 100 * times for other, times in texts.items()) / total
        for text in texts
    }
    best = max(texts, key=lambda text: (likeness[text], texts[text], text))
    return best, likeness[best]


def _shape_of(present: str) -> re.Pattern[str]:
    """What a text must look like to be this sentence with its blanks filled."""
    parts: list[str] = []
    seen: set[str] = set()
    for number, part in enumerate(_BLANK.split(_even(present))):
        if number % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.+?)")
            seen.add(part)
    return re.compile("".join(parts), re.DOTALL)


def _even(text: str) -> str:
    """The same lines without blanks at their ends; what an editor adds there is nobody's wish."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def _blanks(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_BLANK.findall(text)))


# the edit of a file


def _with_edit(suggestion: Suggestion, texts: Mapping[str, str], playbook: Playbook) -> Suggestion:
    if not suggestion.proposed:
        return suggestion
    key = suggestion.subject
    path = next((p for p, text in playbook.own.items() if p.startswith(WORDING_FOLDER) and _holds(text, key)), "")
    path = path or OWN_FILE
    edit = _edited(playbook.own.get(path, ""), key, texts, playbook.wordings)
    problems = _problems({**playbook.files, path: edit}, path, key)
    return replace(suggestion, path=path, edit=edit, problems=problems)


def _holds(file: str, key: str) -> bool:
    return key in read(file, "").content


def _edited(file: str, key: str, texts: Mapping[str, str], wordings: Wordings) -> str:
    """The file with new texts for one key; everything else in it stays as it is written."""
    yaml = YAML()
    yaml.width = 10_000  # sentences are not broken
    content = yaml.load(file) or CommentedMap()
    if key not in content:
        entry = CommentedMap()
        if expects := wordings.expects(key):
            entry["expects"] = expects
        if buttons := wordings.buttons(key):
            entry["buttons"] = list(buttons)
        for language in LANGUAGES:
            entry[language] = LiteralScalarString(wordings.text(key, language) + "\n")
        content[key] = entry
    for language, text in texts.items():
        content[key][language] = LiteralScalarString(text + "\n")
    content[key].fa.set_block_style()
    written = io.StringIO()
    yaml.dump(content, written)
    return written.getvalue()


def _problems(files: Mapping[str, str], path: str, key: str) -> tuple[str, ...]:
    """What the check of sentences would say about this key."""
    texts = {p.removeprefix(WORDING_FOLDER): text for p, text in files.items() if p.startswith(WORDING_FOLDER)}
    own = path.removeprefix(WORDING_FOLDER)
    layers = [{name: text for name, text in texts.items() if name != own}, {own: texts[own]}]
    try:
        Wordings.of(layers)
    except WordingError as refused:
        return tuple(problem for problem in refused.problems if f'"{key}"' in problem)
    return ()


# what is refused


def _refused(decided: Sequence[_Decided], playbook: Playbook) -> list[Suggestion]:
    """Sentences that humans refuse for their tone or their price."""
    found = []
    for (key, language), group in _grouped((d.wording, d.language, d) for d in decided).items():
        for reason in _ABOUT_THE_SENTENCE:
            refused = [d for d in group if d.reason == reason]
            if _is_enough(len(refused), len(group), {d.conversation for d in refused}):
                present = playbook.wordings.text(key, language) if key in playbook.wordings.keys else ""
                path = _path_of_wording(key, playbook)
                found.append(
                    Suggestion(
                        "refused_wording",
                        key,
                        len(refused),
                        len(group),
                        path,
                        language=language,
                        reason=reason,
                        present=present,
                    )
                )
    return found


def _misunderstood(decided: Sequence[_Decided], playbook: Playbook) -> list[Suggestion]:
    """Pages that hear what was not meant."""
    found = []
    for (page, intent), group in _grouped((d.heard, d.intent, d) for d in decided if d.heard).items():
        refused = [d for d in group if d.reason == _ABOUT_THE_MEANING]
        if _is_enough(len(refused), len(group), {d.conversation for d in refused}):
            path = next((p for p in playbook.files if p.endswith(f"/{page}.yml")), "")
            found.append(
                Suggestion(
                    "misunderstood",
                    page,
                    len(refused),
                    len(group),
                    path,
                    reason=_ABOUT_THE_MEANING,
                    intent=intent,
                )
            )
    return found


def _path_of_wording(key: str, playbook: Playbook) -> str:
    paths = [p for p in (*playbook.own, *playbook.files) if p.startswith(WORDING_FOLDER)]
    return next((p for p in paths if _holds(playbook.files[p], key)), "")


def _grouped(items: Iterable[tuple[str, str, _Decided]]) -> dict[tuple[str, str], list[_Decided]]:
    groups: dict[tuple[str, str], list[_Decided]] = {}
    for one, other, decided in items:
        groups.setdefault((one, other), []).append(decided)
    return groups


def _is_enough(times: int, drafts: int, contacts: set[str]) -> bool:
    return times >= LEAST_TIMES and times / drafts >= LEAST_SHARE and len(contacts) >= LEAST_CONTACTS
