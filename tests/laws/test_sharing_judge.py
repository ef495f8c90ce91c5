"""The judgement of a request to pass data on, over everything that can be asked."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Conversation, Said
from bot.errors import BadRequest, Misconfigured
from bot.sharing.catalogue import Level, classify, shipped
from bot.sharing.countries import CountryRules, Listing, Zone, rules_of
from bot.sharing.files import file_of
from bot.sharing.judge import REASONS, ContactConsent, Terms, judge
from bot.sharing.partners import Agreement, Partner, PartnerFacts
from bot.sharing.request import STEPS, SharingStatus

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)

countries = st.sampled_from(["SA", "AE", "BH", "DE"])
days = st.one_of(st.none(), st.sampled_from([TODAY - DAY, TODAY, TODAY + DAY]))
categories = st.lists(st.sampled_from([c.id for c in shipped().categories]), min_size=1, max_size=5)
consents = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=6)
RULES = CountryRules(
    "1",
    "a source",
    "SA",
    {
        "AE": Listing("AE", "a source", TODAY, TODAY),
        "BH": Listing("BH", "a source", TODAY - 9 * DAY, TODAY - DAY),
    },
)


@given(
    countries,
    categories,
    consents,
    st.sampled_from(["exclude", "block"]),
    st.sampled_from(["", "assessment-1"]),
    st.sampled_from(Agreement),
    days,
    days,
    st.booleans(),
)
def test_nothing_goes_anywhere_without_its_ground(
    country, asked, agreed, policy, assessment, agreement, since, until, is_active
):
    facts = PartnerFacts("p", country, "o", "o@p.example", agreement, "ref", since, until, is_active)
    every = tuple(ContactConsent(str(n), share, abroad, "") for n, (share, abroad) in enumerate(agreed))
    classification = classify(shipped().of(asked))

    found = judge(
        Terms(classification, policy, assessment), Partner("p", "t", facts, NOW, NOW), every, RULES, TODAY
    )

    is_home, is_listed = country == "SA", country == "AE"
    is_signed = (
        agreement is Agreement.SIGNED
        and since is not None
        and since <= TODAY
        and (until is None or until >= TODAY)
    )
    may_go = [c for c in every if c.may_share and (is_home or is_listed or c.may_leave_country)]
    assert list(found.included) == may_go and set(found.excluded) == set(every) - set(may_go)
    is_good = bool(may_go) and is_active and (is_home or (is_listed and is_signed) or bool(assessment))
    if is_listed and not is_signed:
        is_good = False
    if policy == "block" and len(may_go) < len(every):
        is_good = False
    assert found.is_blocked == (not is_good), found
    assert not found.code or all(REASONS[found.code])
    needs_dpo = classification.level is Level.RESTRICTED or not (is_home or is_listed)
    assert found.steps == (("approver", "dpo") if needs_dpo else ("approver",))


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_only_what_is_in_the_catalogue_is_taken(names):
    known = {c.id for c in shipped().categories}

    try:
        taken = shipped().of(names)
    except BadRequest:
        assert set(names) - known
    else:
        assert {c.id for c in taken} == set(names) <= known


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_the_file_holds_as_many_rows_as_contacts_whatever_they_are_called(names):
    import csv
    import io

    contacts = [Conversation("c", "t", (), NOW, name=name) for name in names]
    content = file_of(contacts, shipped().of(["contact_name"]), "csv").decode().removeprefix("\ufeff")

    rows = list(csv.reader(io.StringIO(content, newline="")))

    assert rows[0] == ["row", "contact_name"] and len(rows) == len(names) + 1
    for row, name in zip(rows[1:], names, strict=True):
        assert row[1] in (name, f"'{name}")
        assert not row[1].lstrip().startswith(("=", "+", "-", "@"))


def test_message_content_is_what_the_contact_wrote_and_not_what_we_did():
    contact = Conversation("c", "t", (), NOW)
    contact.recent = [Said("contact", "كم السعر؟", NOW), Said("bot", "أهلًا", NOW), Said("human", "مرحبا", NOW)]

    content = file_of([contact], shipped().of(["message_content"]), "json").decode()

    assert "كم السعر؟" in content and "أهلًا" not in content and "مرحبا" not in content


def test_what_ships_lists_no_country_but_our_own():
    rules = rules_of(None)

    assert rules.zone("SA", TODAY) is Zone.HOME and not rules.adequate
    assert {rules.zone(c, TODAY) for c in ("AE", "BH", "KW", "OM", "QA", "US")} == {Zone.OTHER}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "home: SA",
        "- a",
        "edition: [",
        'edition: "1"\nowner: legal\nsource: a source\nhome: sa\nreviewed_on: 2026-01-01',
    ],
)
def test_a_file_of_countries_that_cannot_be_used_stops_the_start(tmp_path, text):
    file = tmp_path / "countries.yml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(Misconfigured) as refused:
        rules_of(file)
    assert "DEALIX_TRANSFER_RULES_FILE" in refused.value.message_en and refused.value.message_ar

    with pytest.raises(Misconfigured):
        rules_of(tmp_path / "nowhere.yml")


def test_a_request_only_moves_forward():
    order = [
        SharingStatus.REQUESTED,
        SharingStatus.PENDING_APPROVAL,
        SharingStatus.APPROVED,
        SharingStatus.EXPORTED,
        SharingStatus.DOWNLOADED,
        SharingStatus.DELETED,
    ]
    for before, steps in STEPS.items():
        for after in steps:
            if before in order and after in order:
                assert order.index(after) > order.index(before)
    for final in (SharingStatus.BLOCKED, SharingStatus.REJECTED, SharingStatus.EXPIRED, SharingStatus.DELETED):
        assert not STEPS[final]
