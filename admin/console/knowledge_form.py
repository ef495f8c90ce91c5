"""The form in which an article is written, in both languages at once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from nicegui.events import GenericEventArguments

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.sentences import LANGUAGES
from bot.errors import BadRequest
from bot.knowledge.article import LONGEST_BODY, LONGEST_SOURCE, LONGEST_TITLE, Article, Content, Text

FIELDS = (
    "id", "title_ar", "body_ar", "title_en", "body_en", "tags", "source", "owner", "reviewed_at", "expires_at",
)  # fmt: skip

_VALUES = "dealix.values(" + ", ".join(f"'[data-field={name}]'" for name in FIELDS) + ")"
_SAVE = f"() => emit({_VALUES})"
_SAVE_ON_KEY = (
    f"(e) => {{ if ((e.ctrlKey || e.metaKey) && e.code === 'KeyS') {{ e.preventDefault(); emit({_VALUES}); }} }}"
)


@dataclass(frozen=True, slots=True)
class Writing:
    """What is being written: an article, or nothing yet."""

    article: Article | None


@dataclass(frozen=True, slots=True)
class Written:
    """What came out of the form."""

    article_id: str
    content: Content


def draw(
    place: Place,
    writing: Writing,
    save: Callable[[Sequence[str]], Awaitable[None]],
    close: Callable[[], Awaitable[None]],
) -> None:
    """The form; `save` gets what is typed, in the order of FIELDS."""
    say, article = place.say, writing.article
    content = article.content if article else Content(owner=place.visitor.name)

    async def saved(event: GenericEventArguments) -> None:
        given = event.args[0] if event.args and isinstance(event.args[0], list) else event.args
        await save([str(value) for value in given])

    with put("article", "sheet know-form", data_writing=article.id if article else "new") as sheet:
        put("h2", text=say("writing", id=article.id) if article else say("writing_new"))
        _line(say("field_id"), "id", article.id if article else "", 80, "ltr", is_fixed=article is not None)
        with put("div", "know-sides"):
            for language in LANGUAGES:
                text = content.text(language)
                direction = "rtl" if language == "ar" else "ltr"
                with put("section"):
                    put("h3", text=say(f"in_{language}"))
                    _line(say("field_title"), f"title_{language}", text.title, LONGEST_TITLE, direction)
                    with put("label"):
                        put("span", text=say("field_body"))
                        put(
                            "textarea",
                            rows="7",
                            dir=direction,
                            maxlength=str(LONGEST_BODY),
                            defaultValue=text.body,
                            data_field=f"body_{language}",
                        )
        with put("div", "know-meta"):
            _line(say("field_tags"), "tags", "، ".join(content.tags), 1_300, "auto")
            _line(say("field_source"), "source", content.source, LONGEST_SOURCE, "auto")
            _line(say("field_owner"), "owner", content.owner, LONGEST_TITLE, "auto")
            _line(say("field_reviewed"), "reviewed_at", _day(content.reviewed_at), 10, "ltr", kind="date")
            _line(say("field_expires"), "expires_at", _day(content.expires_at), 10, "ltr", kind="date")
        with put("div", "know-do"):
            saving = button(say("save"), None, look="main narrow", data_save="", title="Ctrl+S")
            saving.on("click", saved, js_handler=_SAVE)
            button(say("leave_it"), close, data_close="")
    sheet.on("keydown", saved, js_handler=_SAVE_ON_KEY)


def written(place: Place, values: Sequence[str]) -> Written:
    """What was typed, as an article. Raises BadRequest."""
    typed = {name: value.strip() for name, value in zip(FIELDS, values, strict=True)}
    tags = typed["tags"].replace("،", ",").replace("\n", ",").split(",")
    content = Content(
        ar=Text(typed["title_ar"], typed["body_ar"]),
        en=Text(typed["title_en"], typed["body_en"]),
        tags=tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip())),
        source=typed["source"],
        owner=typed["owner"],
        reviewed_at=_moment(place, typed["reviewed_at"]),
        expires_at=_moment(place, typed["expires_at"]),
    )
    return Written(typed["id"], content)


def _line(
    name: str, field: str, value: str, longest: int, direction: str, *, kind: str = "text", is_fixed: bool = False
) -> None:
    with put("label"):
        put("span", text=name)
        made = put("input", type=kind, dir=direction, maxlength=str(longest), data_field=field)
        # The value at the start; what is typed afterwards is the browser's.
        made.props["value" if kind == "date" else "defaultValue"] = value
        if is_fixed:
            made.props["readonly"] = ""


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def _moment(place: Place, typed: str) -> datetime | None:
    if not typed:
        return None
    try:
        return datetime.combine(date.fromisoformat(typed), time(), UTC)
    except ValueError as no_day:
        english, arabic = place.sentences["bad_day"][1], place.sentences["bad_day"][0]
        raise BadRequest(english, arabic) from no_day
