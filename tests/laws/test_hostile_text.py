"""Leads are hostile text: it is answered, held or kept silent about; it decides nothing and learns nothing."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from admin.telegram.card_text import render
from bot.compliance.table import csv_of
from bot.conversation import Status
from flows.deal import APPROVAL_STAGES, STAGES
from tests.admin.telegram.house import words
from tests.admin.telegram.test_card_text import NOW, a_card
from tests.fakes.telegram.markup import visible
from tests.laws import hostile

# Where only something that really happened, or a person, can lead a deal. Whoever wants a discount negotiates:
# there every word waits for a person.
OUT_OF_REACH = (
    "meeting_booked",
    "meeting_done",
    "proposal_sent",
    "payment_requested",
    "pilot_active",
    "closed_won",
)

SHORT = [text for text in hostile.EVERYTHING if len(text) < 2_000]
ROOT = Path(__file__).parents[2]


def our_words(house) -> list[re.Pattern[str]]:
    """Everything the product ever says by itself, as patterns."""
    wordings = house.inside.playbooks.shipped.wordings
    hole, found = "\x00", []
    for key in wordings.keys:
        for language in ("ar", "en"):
            said = wordings.render(key, language, **dict.fromkeys(wordings.blanks(key), hole)).text
            found.append(re.compile(re.escape(said).replace(re.escape(hole), ".+"), re.DOTALL))
    return found


@pytest.mark.parametrize("stage", STAGES)
async def test_no_words_lead_to_money_or_let_anything_leave_where_people_decide(house, stage):
    texts = [*hostile.EVERYTHING, *(words.format(secret) for secret, words in hostile.SECRETS.items())]
    events = [{"message": text, "current_stage": stage} for text in texts]
    answer = await house.http.post("/os/bulk-process", json={"events": events}, headers=house.token("service"))
    known = our_words(house)

    for text, decided in zip(texts, answer.json()["results"], strict=True):
        assert decided["status"] == "ok", text[:100]
        moved = decided["new_stage"] != stage
        assert not (moved and decided["new_stage"] in OUT_OF_REACH), text[:100]
        if stage in APPROVAL_STAGES:
            assert decided["human_approval_required"] and not decided["auto_send_allowed"], text[:100]
        said = decided["response_message_ar"]
        assert not said or any(pattern.fullmatch(said) for pattern in known), (text[:100], said)


@pytest.mark.parametrize(
    "text", hostile.IMPERSONATION + hostile.INJECTION[:8], ids=range(len(hostile.IMPERSONATION) + 8)
)
async def test_nobody_approves_by_writing_that_they_are_somebody(talk, text):
    """A draft that waits goes on waiting, whoever the contact says they are."""
    await talk.says("حولت المبلغ")
    talk.waits_for_a_human()
    before = talk.conversation.stage
    await talk.says(text)

    drafts = talk.drafts()
    assert not any(draft.decision == "approved" or draft.grant or draft.decided_by for draft in drafts)
    assert [
        name for name in (e for e, _ in await talk.house.history(talk.conversation)) if "approved" in name
    ] == []
    assert talk.conversation.stage in (before, "qualifying", "opted_out")
    assert "payment" not in " ".join(talk.replies).lower()


@pytest.mark.parametrize("text", hostile.PAYMENT_PROOF, ids=range(len(hostile.PAYMENT_PROOF)))
async def test_where_money_is_expected_a_claim_of_payment_waits_for_a_human(talk, sami, text):
    await talk.goes_to("payment_requested", sami)
    await talk.says(text)

    talk.is_in("payment_requested")
    talk.waits_for_a_human()


@pytest.mark.parametrize(
    "text", ["حولت المبلغ", "تم الدفع", "تم التحويل", "I have paid", "payment done", "دفعت المبلغ"]
)
async def test_a_claim_of_payment_anywhere_is_checked_by_a_human(talk, text):
    await talk.says(text)

    talk.is_in("new_lead")
    talk.waits_for_a_human("hold.payment_claim")


@pytest.mark.parametrize("secret", hostile.SECRETS, ids=range(len(hostile.SECRETS)))
async def test_a_secret_reaches_neither_store_nor_reply_nor_log_nor_people(talk, house, capfd, secret):
    await talk.says(hostile.SECRETS[secret].format(secret))
    await house.inside.relay.flush()
    headers = house.token("approver", "sami")
    seen = await house.http.get(f"/api/v1/conversations/{talk.conversation.id}", headers=headers)
    printed = "".join(capfd.readouterr())

    for place in (str(await house.everything_stored()), " ".join(talk.replies), seen.text, printed):
        assert secret not in place


@pytest.mark.parametrize("text", [*hostile.MARKUP, *hostile.INJECTION, *hostile.HIDDEN], ids=repr)
def test_a_card_shows_hostile_text_as_text(text):
    """Telegram's strict reader takes the card; what it shows was escaped, so no tag is the contact's."""
    bare = visible(render(a_card(), language="ar", now=NOW, words=words))
    card = a_card(name=text[:100], said=(("contact", text),), text=text)
    drawn = render(card, language="ar", now=NOW, words=words)

    assert bare and visible(drawn)
    assert tags_of(drawn) <= {"b", "i", "code", "blockquote", "pre", "s", "u", "tg-spoiler"}
    assert "<script" not in drawn and "tg://user?id=1" not in re.sub(
        r"&[a-z#0-9]+;", " ", "".join(links_of(drawn))
    )


def test_no_page_of_the_console_takes_markup_from_anybody():
    """Pages draw text as text: the ways to draw markup are not used, so no contact can use them."""
    ways = re.compile(
        r"ui\.(html|markdown|restructured_text|mermaid)\(|innerHTML|v-html|insertAdjacentHTML|\bsanitize=False"
    )
    used = {
        path.name
        for path in (ROOT / "admin" / "console").rglob("*")
        if path.suffix in (".py", ".js", ".vue") and ways.search(path.read_text(encoding="utf-8"))
    }

    assert used == set()


@pytest.mark.parametrize("text", SHORT, ids=range(len(SHORT)))
async def test_every_hostile_text_ends_in_one_outcome_and_at_most_one_answer(talk, text):
    await talk.says(text)

    happened = {what for what, _ in await talk.house.history(talk.conversation)}
    assert happened & {"reply_queued_by_bot", "draft_held", "kept_silent"}
    assert len(talk.arrived) <= 1
    assert not any(pattern in " ".join(talk.replies) for pattern in (".yml", "because", "book_version", "rule:"))


@pytest.mark.parametrize("text", hostile.LONG, ids=["arabic", "english", "brackets", "lines"])
async def test_a_very_long_text_costs_no_more_than_an_answer(talk, text):
    await talk.says(text)

    assert talk.conversation.mailbox == []
    assert len(talk.arrived) <= 1
    assert (await talk.house.http.get("/readyz")).status_code == 200


@pytest.mark.parametrize("text", hostile.FORMULAS)
async def test_a_name_or_text_that_is_a_formula_is_only_text_in_answers(talk, house, text):
    talk.name = text
    await talk.says(f"حولت المبلغ {text}")
    answer = await house.http.get("/api/v1/drafts", headers=house.token("approver", "sami"))

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert json.loads(answer.text)["total"] >= 0
    assert talk.drafts(Status.HELD) or talk.arrived


@pytest.mark.parametrize("text", [*hostile.FORMULAS, *(f" {one}" for one in hostile.FORMULAS)])
def test_a_formula_is_only_text_in_a_table(text):
    """No cell of a table that we export begins as a spreadsheet's formula does."""
    table = csv_of(("name", "text"), [(text, f"x {text}")])
    (_, row) = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"))))

    for cell in row:
        assert not cell.strip().startswith(("=", "+", "-", "@")), cell


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]


def tags_of(drawn: str) -> set[str]:
    parser = _Tags()
    parser.feed(drawn)
    return parser.found


def links_of(drawn: str) -> list[str]:
    parser = _Tags()
    parser.feed(drawn)
    return parser.links
