"""One article: its line in the list, and the whole of it with what may be done."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from admin.console.draw import button, gated, put
from admin.console.place import Place
from admin.console.sentences import LANGUAGES, named
from admin.console.times import day, day_and_clock
from bot.knowledge.article import Article, ArticleStatus
from bot.knowledge.room import APPROVERS, EDITORS
from bot.people import Human

Press = Callable[[str], Awaitable[None]]

_CHIPS = {"draft": "", "submitted": "gold", "approved": "good", "expired": "bad", "retired": ""}

# What takes something away is asked twice, with room for a reason.
ASKED_TWICE = ("send_back", "retire", "discard")


@dataclass(frozen=True, slots=True)
class Line:
    """An article in the list."""

    article: Article
    status: str
    finding: str = ""
    """What is to be mended, in words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The open article; equal when it need not be drawn anew."""

    article: Article
    status: str
    versions: tuple[tuple[int, str], ...]
    flags: tuple[tuple[str, tuple[str, ...]], ...]
    is_newest: bool
    is_own: bool
    """Whether the visitor wrote or submitted it."""
    asked: str
    is_busy: bool


def status_of(article: Article, is_expired: bool) -> str:
    """What the chip says."""
    if article.is_submitted:
        return "submitted"
    if article.status is ArticleStatus.APPROVED and is_expired:
        return "expired"
    return article.status.value


def title_of(article: Article, language: str) -> str:
    """In a language, else in the one there is."""
    first, second = (language, "en" if language == "ar" else "ar")
    return article.content.text(first).title or article.content.text(second).title or article.id


def draw_line(place: Place, line: Line, open_it: Callable[[Article], Awaitable[None]]) -> None:
    """A line of the list."""
    article, say = line.article, place.say
    look = "card late" if line.status == "expired" else "card decided-card"
    with put("section", look, data_article=article.id, data_version=str(article.version)):
        with put("header", "card-who"):
            put("strong", "request-title", title_of(article, place.language), dir="auto")
            put("span", f"chip-is {_CHIPS[line.status]}", say(f"status_{line.status}"))
            put("span", "faint tiny", say("version", n=article.version))
        if line.finding:
            put("p", "reason", line.finding, dir="auto")
        with put("div", "bench-row"):
            put("code", "faint tiny", article.id, dir="ltr")
            ends = article.content.expires_at
            if ends is not None:
                put("span", "faint tiny", f"{say('fact_expires')}: {day(ends)}")
            opening = button(say("open"), lambda: open_it(article), look="small", data_open=article.id)
            opening.props["aria-label"] = f"{say('open')}: {title_of(article, place.language)}"


def draw_whole(place: Place, shown: Shown, press: Press) -> None:
    """All of an article, and what may be done with it."""
    article, say = shown.article, place.say
    with put("article", "sheet grow-in", data_reading=article.id, data_status=shown.status):
        with put("header", "card-who"):
            put("h2", "request-title", title_of(article, place.language), dir="auto")
            put("span", f"chip-is {_CHIPS[shown.status]}", say(f"status_{shown.status}"))
            put("code", "faint tiny", article.id, dir="ltr")
        _draw_versions(place, shown, press)
        with put("div", "know-texts"):
            for language in LANGUAGES:
                _draw_text(place, article, language)
        for language, names in shown.flags:
            words = "، ".join(named("flag", name, place.language) for name in names)
            put("p", "reason", f"{say('flags')} ({say(f'in_{language}')}): {words}")
        if article.content.tags:
            with put("ul", "know-tags"):
                for tag in article.content.tags:
                    put("li", text=tag, dir="auto")
        with put("dl", "facts"):
            for name, value in _facts(place, article):
                put("dt", text=name)
                put("dd", text=value, dir="auto")
        _draw_deeds(place, shown, press)


def _draw_versions(place: Place, shown: Shown, press: Press) -> None:
    if len(shown.versions) > 1:
        with put("div", "choose-one", role="group", aria_label=place.say("versions")):
            for number, _ in shown.versions:
                pressed = "true" if number == shown.article.version else "false"
                button(
                    place.say("version", n=number),
                    lambda n=number: press(f"version:{n}"),
                    aria_pressed=pressed,
                    data_version_of=str(number),
                )


def _draw_text(place: Place, article: Article, language: str) -> None:
    text = article.content.text(language)
    direction = "rtl" if language == "ar" else "ltr"
    with put("section", dir=direction if text.title else "auto", lang=language, data_text=language):
        if not text.title:
            put("p", "faint", f"{place.say(f'in_{language}')}: {place.say('not_written')}", lang=place.language)
            return
        put("h3", text=text.title)
        put("p", "know-body", text.body)


def _facts(place: Place, article: Article) -> Iterator[tuple[str, str]]:
    say, content = place.say, article.content
    yield say("fact_source"), content.source or "—"
    yield say("fact_owner"), content.owner or "—"
    for name, at in (("reviewed", content.reviewed_at), ("expires", content.expires_at)):
        yield say(f"fact_{name}"), day(at) if at else say("no_day")
    yield say("fact_writers"), "، ".join(place.name_of(by.name) for by in article.writers)
    done: tuple[tuple[str, Human, object], ...] = (
        ("submitted", article.submitted_by, article.submitted_at),
        ("approved", article.approved_by, article.approved_at),
        ("retired", article.retired_by, article.retired_at),
    )
    for name, by, at in done:
        if at is not None:
            yield say(f"fact_{name}"), f"{place.name_of(by.name)} · {day_and_clock(at)}"  # type: ignore[arg-type]
    if article.why_retired:
        yield say("why"), article.why_retired


def _draw_deeds(place: Place, shown: Shown, press: Press) -> None:
    say = place.say
    with put("div", "know-do"):
        for deed, roles, look in _deeds(shown):
            why_not = "" if place.may(roles) else place.needs(roles)
            if deed == "approve" and not why_not and shown.is_own:
                why_not = say("own_words")
            if shown.is_busy:
                why_not = say("reading")
            name = "next_version" if deed == "edit" and shown.article.status != ArticleStatus.DRAFT else deed
            asks = f"ask:{deed}" if deed in ASKED_TWICE else deed
            gated(say(name), lambda a=asks: press(a), why_not, look=look, data_do=deed)
    if shown.asked:
        with put("div", "know-do", role="group", aria_label=say(shown.asked)):
            if shown.asked != "discard":
                put(
                    "input",
                    type="text",
                    maxlength="300",
                    aria_label=say("why"),
                    placeholder=say("why"),
                    data_why="",
                )
            sure = button(say(f"yes_{shown.asked}"), None, look="danger", data_sure=shown.asked)
            said = "dealix.values('[data-why]')[0]" if shown.asked != "discard" else "''"
            sure.on(
                "click",
                lambda event, deed=shown.asked: press(f"{deed}:{_one(event.args)}"),
                js_handler=f"() => emit({said})",
            )
            button(say("leave_it"), lambda: press("ask:"), data_leave_it="")


def _one(args: object) -> str:
    return str(args[0] if isinstance(args, list) and args else args or "")


def _deeds(shown: Shown) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(deed, who may, look), in the order of the buttons."""
    if not shown.is_newest:
        if shown.article.status is ArticleStatus.APPROVED:
            yield "retire", (*EDITORS, "approver"), "danger"
        return
    if shown.status == "submitted":
        yield "approve", APPROVERS, "main narrow"
        yield "send_back", APPROVERS, ""
    if shown.status == "draft":
        yield "submit", EDITORS, "main narrow"
    yield "edit", EDITORS, ""
    if shown.article.status is ArticleStatus.DRAFT:
        yield "discard", EDITORS, "danger"
    if shown.article.status is ArticleStatus.APPROVED:
        yield "retire", (*EDITORS, "approver"), "danger"
