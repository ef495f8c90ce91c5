"""One control: how it stands, what was measured and when, who vouched for it, and how it stood before."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from nicegui.events import GenericEventArguments

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.times import RIYADH, day_and_clock
from bot.compliance.attestations import ATTESTABLE
from bot.compliance.findings import Finding, Status
from bot.compliance.posture import Assessment
from bot.compliance.room import Detail

LOOKS = {
    Status.COMPLIANT: "good",
    Status.NON_COMPLIANT: "bad",
    Status.PARTIAL: "gold",
    Status.NOT_ASSESSED: "",
    Status.NOT_APPLICABLE: "blue",
}

# Whoever opens a control wants to see what is wrong, not a hundred ids.
EVIDENCE_SHOWN = 12
PAST_SHOWN = 30

_FORM = (
    "() => emit(['status', 'statement', 'file', 'until'].map("
    "name => document.querySelector(`[data-attest-${name}]`).value))"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A control, with its details when it is open."""

    assessment: Assessment
    detail: Detail | None
    is_attesting: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody vouches for."""

    status: Status
    statement: str
    file_ref: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Hands:
    """What its buttons do."""

    turn: Callable[[str], Awaitable[None]]
    ask: Callable[[], Awaitable[None]]
    attest: Callable[[str, Words], Awaitable[None]]


def draw(place: Place, shown: Shown, hands: Hands, *, may_attest: bool) -> None:
    """The card of one control."""
    assessment, say = shown.assessment, place.say
    control = assessment.control
    title = control.title_ar if place.language == "ar" else control.title_en
    look = f"card control is-{assessment.status}"
    with put("section", look, data_control=control.id, data_status=assessment.status.value):
        with put("header", "card-who"):
            put("span", "code", control.id, dir="ltr")
            put("strong", "request-title", title)
            put("span", f"chip-is {LOOKS[assessment.status]}", say(f"status_{assessment.status}"))
            put("span", "chip-is", say(f"risk_{control.risk}"))
        note = assessment.note_ar if place.language == "ar" else assessment.note_en
        if note:
            put("p", "faint", note)
        for finding in assessment.findings:
            _draw_finding(place, finding)
        measured = assessment.measured_at
        basis = say(f"basis_{assessment.basis}")
        put("p", "faint tiny", f"{basis} · {day_and_clock(measured)}" if measured else basis)
        is_open = shown.detail is not None
        words = say("hide_details") if is_open else say("show_details")
        turned = button(words, lambda: hands.turn(control.id), look="quiet small", data_turn=control.id)
        turned.props.update({"aria-expanded": str(is_open).lower()})
        if shown.detail is not None:
            _draw_detail(place, shown, shown.detail, hands, may_attest=may_attest)


def _draw_finding(place: Place, finding: Finding) -> None:
    detail = finding.detail_ar if place.language == "ar" else finding.detail_en
    with put("div", f"finding is-{finding.status}"):
        put("p", text=detail, dir="auto")
        if finding.numbers:
            numbers = (f"{_number(place, name)}: {value}" for name, value in finding.numbers.items())
            put("p", "faint tiny", " · ".join(numbers))


def _number(place: Place, name: str) -> str:
    key = f"number_{name}"
    return place.say(key) if key in place.sentences else name.replace("_", " ")


def _draw_detail(place: Place, shown: Shown, detail: Detail, hands: Hands, *, may_attest: bool) -> None:
    say, control = place.say, shown.assessment.control
    with put("dl", "facts"):
        for name, value in (
            ("owner", say(f"role_{control.owner}")),
            ("source", control.source),
            ("reviewed", control.reviewed_on.isoformat()),
            ("checks", ", ".join(control.checks) or say("only_attested")),
        ):
            put("dt", text=say(f"detail_{name}"))
            put("dd", text=value, dir="auto")
    evidence = [record for finding in shown.assessment.findings for record in finding.evidence]
    if evidence:
        put("h4", text=say("evidence_n", n=len(evidence)))
        with put("ul", "evidence-list"):
            for record in evidence[:EVIDENCE_SHOWN]:
                put("li", "code", record, dir="ltr")
    if detail.past:
        put("h4", text=say("past"))
        with put("div", "past-bar", role="img", aria_label=say("past")):
            for at, status in reversed(detail.past[:PAST_SHOWN]):
                put("span", f"is-{status}", title=f"{day_and_clock(at)} · {say(f'status_{status}')}")
    for attestation in detail.attestations:
        with put("blockquote", dir="auto"):
            put("p", text=attestation.statement)
            until = day_and_clock(attestation.expires_at)
            name = place.name_of(attestation.by_name)
            put("p", "faint tiny", say("attested_by", name=name, file=attestation.file_ref, until=until))
    if control.is_manual and may_attest:
        button(say("attest"), hands.ask, picture="edit", data_attest="")
        if shown.is_attesting:
            _draw_form(place, control.id, hands)


def _draw_form(place: Place, control_id: str, hands: Hands) -> None:
    say = place.say
    today = place.now().astimezone(RIYADH).date()

    async def pressed(event: GenericEventArguments) -> None:
        status, statement, file_ref, until = event.args
        day = datetime.fromisoformat(until).date() if until else today
        expires = datetime.combine(day, time(0), RIYADH)
        await hands.attest(control_id, Words(Status(status), statement.strip(), file_ref.strip(), expires))

    with put("div", "lend-form", data_attest_form=""):
        with put("label"):
            put("span", text=say("attest_status"))
            with put("select", "pick", data_attest_status=""):
                for status in ATTESTABLE:
                    put("option", text=say(f"status_{status}"), value=status.value)
        with put("label"):
            put("span", text=say("attest_statement"))
            put("textarea", "editor", "", data_attest_statement="", dir="auto", maxlength="1000")
        with put("label"):
            put("span", text=say("attest_file"))
            put("input", "pick", data_attest_file="", dir="auto", maxlength="300")
        with put("label"):
            put("span", text=say("attest_until"))
            put(
                "input",
                "pick",
                type="date",
                value=(today + timedelta(days=180)).isoformat(),
                min=(today + timedelta(days=1)).isoformat(),
                data_attest_until="",
            )
        made = button(say("attest_sure"), look="main", data_attest_sure="")
        made.on("click", pressed, js_handler=_FORM)
