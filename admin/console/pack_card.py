"""One evidence pack: what it is about, what is in it, whether it is as it was signed, and who looked at it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nicegui.events import GenericEventArguments

from admin.console.draw import argument, button, put
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.evidence.packs import Pack, PackStatus, Review, Verdict
from bot.evidence.words import TYPE_WORDS, item_name

_CHIP = {
    PackStatus.READY: "good",
    PackStatus.REVIEWED: "good",
    PackStatus.INCOMPLETE: "bad",
    PackStatus.SUPERSEDED: "",
}
FORMS = ("html", "json", "zip")


@dataclass(frozen=True, slots=True)
class Shown:
    """A pack as the page shows it."""

    pack: Pack
    status: PackStatus
    review: Review | None
    verdict: Verdict | None
    """What the last check on this page found; None before one."""
    is_open: bool
    is_reviewing: bool


@dataclass(frozen=True, slots=True)
class Hands:
    """What its buttons do."""

    turn: Callable[[], Awaitable[None]]
    verify: Callable[[], Awaitable[None]]
    ask: Callable[[], Awaitable[None]]
    review: Callable[[str], Awaitable[None]]
    take: Callable[[str], Awaitable[None]]


def draw(place: Place, shown: Shown, hands: Hands) -> None:
    """The card of one pack."""
    pack, say = shown.pack, place.say
    envelope = pack.envelope
    title = str(envelope.get("title_ar" if place.language == "ar" else "title", ""))
    with put("section", "card decided-card", data_pack=pack.id, data_status=shown.status.value):
        with put("header", "card-who"):
            put("span", "code", f"#{pack.seq}", dir="ltr")
            put("strong", "request-title", title, dir="auto")
            put("span", "chip-is blue", TYPE_WORDS[place.language][pack.type])
            put("span", f"chip-is {_CHIP[shown.status]}", say(f"pack_{shown.status}"))
        put("p", "faint tiny", say("pack_line", n=len(_items(envelope)), at=day_and_clock(pack.created_at)))
        if pack.missing:
            put(
                "p",
                "reason",
                say(
                    "pack_missing",
                    what=("، " if place.language == "ar" else ", ").join(
                        item_name(m, place.language) for m in pack.missing
                    ),
                ),
            )
        if shown.review is not None:
            reviewed = shown.review
            put(
                "p",
                "faint",
                say("reviewed_by", name=place.name_of(reviewed.by_name), at=day_and_clock(reviewed.verified_at)),
            )
        if shown.verdict is not None:
            _draw_verdict(place, shown.verdict)
        with put("div", "actions"):
            button(say("verify"), hands.verify, picture="shield", data_verify="")
            for form in FORMS:
                button(say(f"take_{form}"), lambda form=form: hands.take(form), look="quiet", data_take=form)
            if shown.review is None and shown.status is PackStatus.READY:
                button(say("review"), hands.ask, picture="check", data_review="")
        if shown.is_reviewing:
            _draw_review(place, pack, hands)
        words = say("hide_details") if shown.is_open else say("show_details")
        turned = button(words, hands.turn, look="quiet small", data_turn=pack.id)
        turned.props.update({"aria-expanded": str(shown.is_open).lower()})
        if shown.is_open:
            _draw_envelope(place, pack)


def _items(envelope: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(envelope.get("items", ()))


def _draw_verdict(place: Place, verdict: Verdict) -> None:
    say, first = place.say, verdict.first_broken
    look = "stand good" if verdict.is_valid else "stand bad"
    words = say("pack_valid", n=verdict.chain_length) if first is None else say("pack_broken", n=first.seq)
    put("p", look, words, data_verdict="valid" if first is None else first.fault.value)
    for problem in verdict.problems:
        put("p", "faint", f"{say(f'fault_{problem.fault}')} · {problem.detail}", dir="auto")


def _draw_review(place: Place, pack: Pack, hands: Hands) -> None:
    say, key = place.say, f"review-{pack.id}"

    async def sure(event: GenericEventArguments) -> None:
        await hands.review(argument(event))

    with put("div", "choice", role="group", aria_label=say("review_is")):
        put("p", text=say("review_is"))
        put("textarea", "editor", "", data_note=key, dir="auto", maxlength="500", aria_label=say("review_is"))
        made = button(say("review_sure"), look="main", data_review_sure="")
        made.on("click", sure, js_handler=f"() => emit(document.querySelector('[data-note=\"{key}\"]').value)")


def _draw_envelope(place: Place, pack: Pack) -> None:
    say = place.say
    with put("dl", "facts"):
        for name, value in (
            ("number", pack.id),
            ("entity", f"{pack.entity_type}: {pack.entity_id}"),
            ("revision", str(pack.revision)),
            ("hash", pack.hash),
            ("before", str(pack.envelope.get("prev_hash", ""))),
            ("key", pack.signature.key_id),
            ("signature", pack.signature.value),
        ):
            put("dt", text=say(f"pack_{name}"))
            put("dd", "code", value, dir="ltr")
    for item in _items(pack.envelope):
        with put("details", "pack-item"):
            with put("summary"):
                put("strong", text=item_name(str(item["type"]), place.language))
                put("span", "faint tiny", str(item["source"]), dir="ltr")
            put("p", "code", f"sha256 {item['sha256']}", dir="ltr")
            put("pre", "pack-data", json.dumps(item["data"], ensure_ascii=False, indent=2), dir="auto")
