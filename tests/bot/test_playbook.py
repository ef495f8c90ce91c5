"""Rules in force: read safely, good for every later day, and one tenant's trouble no other's."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.people import Human
from bot.playbook import (
    MOST_SEASON_DAYS,
    EditionRefused,
    Playbooks,
    RulesRefused,
    riyadh_day,
    season_days,
    shipped,
)
from bot.workbench.editions import Edition, How
from rules.layers import Layer

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BASE = shipped()
THE_REST = "routing/the_rest_waits_for_a_human.yml"
NOURA, SAMI = Human("console:noura", "Noura"), Human("console:sami", "Sami")
SENTENCE = "thanks_reply:\n  ar: {ar}\n  en: With pleasure.\n"
BROKEN = {"routing/zz.yml": "x: 1\n"}


def season(line):
    """The page that takes whatever no other takes, with a season."""
    return {THE_REST: BASE.files[THE_REST].replace("when: always", f"{line}\nwhen: always")}


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self):
        return self.at


@dataclass
class Shelf:
    """Editions in memory, as the database hands them out."""

    kept: dict[tuple[str, int], Edition] = field(default_factory=dict)

    def put(self, tenant, number, files):
        self.kept[tenant, number] = Edition(tenant, number, "v", files, How.PUBLISHED, "", NOURA, SAMI, NOW)

    async def heads(self):
        tenants = sorted({tenant for tenant, _ in self.kept})
        return [(tenant, max(n for t, n in self.kept if t == tenant)) for tenant in tenants]

    async def edition(self, tenant_id, number):
        return self.kept.get((tenant_id, number))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def playbooks(clock):
    return Playbooks(BASE, "reference", clock)


def thanks(playbooks, tenant):
    return playbooks.of(tenant).wordings.text("thanks_reply", "ar")


# seasons


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("until: 2026-11-23", "2026-11-24"),
        ("until: 2027-02-28", "2027-03-01"),
        ("until: 2026-12-31", "2027-01-01"),
    ],
)
def test_rules_that_cannot_be_used_one_day_are_refused_before_it(playbooks, line, day):
    own = season(line)
    playbooks.compose("one", own)  # today they can

    with pytest.raises(RulesRefused) as refused:
        playbooks.prove("one", own)

    (problem,) = refused.value.problems
    assert problem.file == f"one:{THE_REST}"
    assert BASE.files[THE_REST].splitlines()[problem.line - 1].startswith("when:")  # where the season was put
    assert f"from {day} on" in problem.what
    assert "no page here fires always" in problem.what


def test_a_season_that_harms_nobody_is_proved(playbooks):
    page = BASE.files["approval/" + _an_approval_page()]
    own = {
        "approval/zz_offer.yml": _renamed(page, "zz_offer").replace(
            "when:", "since: 2026-12-01\nuntil: 2026-12-31\nwhen:", 1
        )
    }

    proved = playbooks.prove("one", own)

    assert proved.version == playbooks.compose("one", own).version
    assert list(season_days([Layer("one", own)], date(2026, 11, 23))) == [date(2026, 12, 1), date(2027, 1, 1)]


def test_only_later_days_of_pages_are_asked_about():
    files = {
        "routing/a.yml": "since: 2026-11-23\nuntil: 2026-11-22",
        "routing/b.yml": "since: 2026-11-24\nuntil: 2026-02-31",
        "routing/c.yml": "until: [",
        "routing/d.yml": "until: 9999-12-31",
        "wording/e.yml": "until: 2026-12-01",
    }

    assert list(season_days([Layer("one", files)], date(2026, 11, 23))) == [date(2026, 11, 24)]


def test_more_seasons_than_can_be_looked_at_are_refused(playbooks):
    page = BASE.files["approval/" + _an_approval_page()]
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(MOST_SEASON_DAYS + 1)]
    own = {
        f"approval/zz_{n}.yml": _renamed(page, f"zz_{n}").replace("when:", f"since: {day}\nwhen:", 1)
        for n, day in enumerate(days)
    }

    with pytest.raises(RulesRefused, match=f"more than {MOST_SEASON_DAYS}"):
        playbooks.prove("one", own)


async def test_a_tenant_without_rules_for_the_new_day_keeps_its_own_and_stops_nobody(playbooks, clock):
    shelf = Shelf()
    shelf.put("one", 1, {**season("until: 2026-11-23"), "wording/own.yml": SENTENCE.format(ar="العفو.")})
    await playbooks.start(shelf)
    version = playbooks.of("one").version

    clock.at += timedelta(days=1)
    shelf.put("two", 1, {"wording/own.yml": SENTENCE.format(ar="حياك الله.")})
    for _ in range(2):
        await playbooks.look()

    assert (playbooks.of("one").version, thanks(playbooks, "one")) == (version, "العفو.")
    assert (playbooks.edition("two"), thanks(playbooks, "two")) == (1, "حياك الله.")
    assert playbooks.today == date(2026, 11, 24)


async def test_a_season_ends_over_night_without_anybody_publishing(playbooks, clock):
    name = _an_approval_page()
    page = _renamed(BASE.files[f"approval/{name}"], "zz_offer")
    shelf = Shelf()
    shelf.put("one", 1, {"approval/zz_offer.yml": page.replace("when:", "until: 2026-11-23\nwhen:", 1)})
    await playbooks.start(shelf)
    assert "zz_offer" in {page.id for page in playbooks.of("one").book.pages}

    clock.at += timedelta(days=1)
    await playbooks.look()

    assert "zz_offer" not in {page.id for page in playbooks.of("one").book.pages}


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 23, 20, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 21, 0, tzinfo=UTC), date(2026, 11, 24)),
    ],
)
def test_a_day_begins_when_it_begins_in_riyadh(moment, day):
    assert riyadh_day(moment) == day
    assert Playbooks(BASE, "reference", lambda: moment).today == day


# one tenant's trouble


async def test_an_edition_that_cannot_be_read_leaves_the_tenant_what_it_has(playbooks):
    shelf = Shelf()
    shelf.put("one", 1, {"wording/own.yml": SENTENCE.format(ar="العفو.")})
    await playbooks.start(shelf)

    shelf.put("one", 2, BROKEN)
    shelf.put("two", 1, {"wording/own.yml": SENTENCE.format(ar="حياك الله.")})
    await playbooks.look()

    assert (playbooks.edition("one"), thanks(playbooks, "one")) == (1, "العفو.")
    assert thanks(playbooks, "two") == "حياك الله."


async def test_a_start_with_an_edition_that_cannot_be_read_says_how_to_go_back(playbooks):
    shelf = Shelf()
    shelf.put("one", 1, {"wording/own.yml": SENTENCE.format(ar="العفو.")})
    shelf.put("one", 2, BROKEN)
    shelf.put("one", 3, BROKEN)

    with pytest.raises(EditionRefused) as refused:
        await playbooks.start(shelf)

    command = "dealix rules rollback 1 --tenant one --as NAME"
    assert command in refused.value.message_en
    assert command in refused.value.message_ar
    assert command in str(refused.value)
    assert any("routing/zz.yml" in problem.file for problem in refused.value.problems)
    assert "routing/zz.yml السطر 1: المفتاح" in refused.value.message_ar


async def test_a_tolerant_start_tells_it_and_takes_everybody_else(playbooks):
    shelf = Shelf()
    shelf.put("one", 1, BROKEN)
    shelf.put("two", 1, {"wording/own.yml": SENTENCE.format(ar="حياك الله.")})
    told = []

    await playbooks.start(shelf, told.append)
    await playbooks.look()

    assert [(one.tenant_id, one.number, one.back_to) for one in told] == [("one", 1, 0)]
    assert playbooks.of("one").version == playbooks.shipped.version
    assert thanks(playbooks, "two") == "حياك الله."


# a tenant's own files


@pytest.mark.parametrize(
    ("path", "text", "line", "says"),
    [
        ("wording/own.yml", "# ours\nx:\n  ar: 2024-99-99\n  en: hi\n", 2, '"x" in ar states a figure'),
        ("wording/own.yml", "x: " + "[" * 20_000, 1, "more than 30 levels"),
        ("wording/own.yml", "x: " + "[" * 3_000 + "]" * 3_000, 1, "more than 30 levels"),
        ("wording/own.yml", "a: hi\nb: &b hi\n", 2, "anchors and aliases are not allowed"),
        ("wording/own.yml", "a: 1\n\nb: !!set {c}\n", 3, "is not allowed"),
        ("wording/own.yml", "a:\n  ar: هلا\n  en: hi\na:\n  ar: هلا\n  en: hi\n", 4, "duplicate key"),
        ("wording/own.yml", "x:\n  ar: هلا\n  en: \ud800\n", 1, "broken character"),
        ("wording/own.yml", "\ny:\n  ar: هلا\n  en: hi\n  buttons: 5\n", 2, '"y.buttons" must be a list'),
        ("wording/own.yml", "\n\ny:\n  ar: [هلا]\n  en: hi\n", 3, 'an item of "y.ar" must be words'),
        ("wording/own.yml", "- a\n", 1, "must be a map"),
        ("qualification.yml", "x: " + "[" * 3_000 + "]" * 3_000, 1, "more than 30 levels"),
        ("qualification.yml", "minimum_monthly_leads: 2024-99-99\n", 1, "exactly these keys"),
        (
            "qualification.yml",
            "minimum_monthly_leads: 5\nminimum_monthly_budget_sar: 2024-99-99\nmost_unknown_answers: 1\n",
            2,
            '"minimum_monthly_budget_sar" must be a whole number',
        ),
    ],
)
def test_a_file_that_is_no_plain_data_is_a_problem_with_its_line(playbooks, path, text, line, says):
    with pytest.raises(RulesRefused) as refused:
        playbooks.compose("one", {path: text})

    assert [(p.file, p.line) for p in refused.value.problems if says in p.what] == [(f"one:{path}", line)]


def test_what_is_wrong_with_sentences_and_thresholds_is_told_at_once(playbooks):
    own = {"wording/own.yml": "x: [", "qualification.yml": "x: 1", "routing/zz.yml": "x: 1"}

    with pytest.raises(RulesRefused) as refused:
        playbooks.compose("one", own)

    assert {f"one:{path}" for path in own} <= {problem.file for problem in refused.value.problems}
    assert not any("used but not written" in problem.what for problem in refused.value.problems)


def _an_approval_page():
    return next(p.partition("/")[2] for p in sorted(BASE.files) if p.startswith("approval/"))


def _renamed(page, name):
    lines = page.splitlines(keepends=True)
    return "".join(f"id: {name}\n" if line.startswith("id:") else line for line in lines)
