"""What all controls mean together is what anybody would count by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.compliance.attestations import Attestation
from bot.compliance.checks import CHECKS
from bot.compliance.controls import Category, Control, Risk, catalogue_of, shipped
from bot.compliance.findings import Finding, Status, got_worse, worst
from bot.compliance.posture import Assessment, Stand, heat_map, posture_of
from bot.compliance.scans import assess
from bot.errors import Misconfigured

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def control(number: int = 1, risk: Risk = Risk.HIGH, category: Category = Category.NCA, **more) -> Control:
    return Control(
        id=f"NCA-C{number:02}",
        category=category,
        risk=risk,
        title_en="a title",
        title_ar="عنوان",
        owner="admin",
        source="somewhere",
        reviewed_on=date(2026, 11, 23),
        **more,
    )


standings = st.lists(
    st.tuples(st.sampled_from(Risk), st.sampled_from(Category), st.sampled_from(Status)), max_size=40
)


def assessed(rows) -> list[Assessment]:
    return [
        Assessment(control(n, risk, category), status, "measured", NOW)
        for n, (risk, category, status) in enumerate(rows)
    ]


@given(standings)
def test_rate_and_posture_are_what_one_counts_by_hand(rows):
    found = posture_of(assessed(rows))

    applicable = [row for row in rows if row[2] is not Status.NOT_APPLICABLE]
    compliant = [row for row in rows if row[2] is Status.COMPLIANT]
    by_hand = Decimal(100 * len(compliant)) / len(applicable) if applicable else Decimal(0)
    assert abs(found.rate - by_hand) <= Decimal("0.05") and found.rate.as_tuple().exponent == -1
    bad = {Status.NON_COMPLIANT, Status.NOT_ASSESSED}
    if any(risk is Risk.CRITICAL and status in bad for risk, _, status in rows):
        assert found.posture is Stand.AT_RISK
    elif any(status in (*bad, Status.PARTIAL) for _, _, status in rows):
        assert found.posture is Stand.PARTIAL
    else:
        assert found.posture is Stand.COMPLIANT
    assert sum(found.counts.values()) == found.total == len(rows)
    assert len(found.unassessed) == sum(status is Status.NOT_ASSESSED for _, _, status in rows)


@given(standings)
def test_the_heat_map_counts_every_open_control_once_and_names_it(rows):
    assessments = assessed(rows)

    cells = heat_map(assessments)

    assert len(cells) == len(Category) * len(Risk) == len({(c.category, c.risk) for c in cells})
    for cell in cells:
        by_hand = [
            a.control.id
            for a, (risk, category, status) in zip(assessments, rows, strict=True)
            if (risk, category) == (cell.risk, cell.category)
            and status in (Status.NON_COMPLIANT, Status.PARTIAL, Status.NOT_ASSESSED)
        ]
        assert list(cell.controls) == by_hand and cell.count == len(by_hand)


def test_two_of_three_is_a_rate_of_66_7():
    rows = [(Risk.LOW, Category.PDPL, s) for s in (Status.COMPLIANT, Status.COMPLIANT, Status.PARTIAL)]

    assert str(posture_of(assessed([*rows, (Risk.LOW, Category.ZATCA, Status.NOT_APPLICABLE)])).rate) == "66.7"


@given(st.lists(st.sampled_from(Status), min_size=1))
def test_the_worst_finding_speaks_for_the_control(statuses):
    found = worst([Finding("a_check", s, NOW, "en", "ar") for s in statuses])

    for bad in (Status.NON_COMPLIANT, Status.NOT_ASSESSED, Status.PARTIAL, Status.COMPLIANT):
        if bad in statuses:
            assert found is bad
            return
    assert found is Status.NOT_APPLICABLE


def test_what_nobody_measured_or_attested_is_not_assessed_and_never_partial():
    manual, measured = control(1), control(2, checks=("a_check",))

    for assessment in assess([manual, measured], {}, [], NOW):
        assert assessment.status is Status.NOT_ASSESSED
        assert assessment.note_en and assessment.note_ar


def attestation(at: datetime, expires_at: datetime, status: Status = Status.COMPLIANT) -> Attestation:
    return Attestation("A", "t", "NCA-C01", status, "I looked", "doc-7", "", "api:dpo", "dpo", at, expires_at)


def test_an_attestation_counts_until_it_ends():
    ends = NOW + timedelta(days=30)
    attested = [attestation(NOW, ends)]

    def at(moment: datetime) -> Status:
        (found,) = assess([control()], {}, attested, moment)
        return found.status

    assert at(NOW - timedelta(seconds=1)) is Status.NOT_ASSESSED
    assert at(NOW) is Status.COMPLIANT
    assert at(ends - timedelta(seconds=1)) is Status.COMPLIANT
    assert at(ends) is Status.NOT_ASSESSED


def test_an_attestation_never_outweighs_a_measurement():
    measured = {"NCA-C01": (Finding("a_check", Status.NON_COMPLIANT, NOW, "en", "ar"),)}
    checked = control(checks=("a_check",))

    (found,) = assess([checked], measured, [attestation(NOW, NOW + timedelta(days=9))], NOW)

    assert (found.status, found.basis) == (Status.NON_COMPLIANT, "measured")


def test_the_later_attestation_stands():
    ends = NOW + timedelta(days=30)
    later = attestation(NOW + timedelta(hours=1), ends, Status.NON_COMPLIANT)

    (found,) = assess([control()], {}, [attestation(NOW, ends), later], NOW + timedelta(hours=2))

    assert found.status is Status.NON_COMPLIANT


def test_a_measurement_that_is_too_old_says_nothing_about_today():
    checked = control(checks=("a_check",), valid_for=timedelta(days=3))
    measured = {checked.id: (Finding("a_check", Status.COMPLIANT, NOW, "en", "ar"),)}

    (fresh,) = assess([checked], measured, [], NOW + timedelta(days=3))
    (old,) = assess([checked], measured, [], NOW + timedelta(days=3, seconds=1))

    assert fresh.status is Status.COMPLIANT
    assert old.status is Status.NOT_ASSESSED and "scan again" in old.note_en


@given(st.sampled_from(Status), st.sampled_from(Status))
def test_only_what_became_worse_and_is_open_is_a_regression(before, after):
    order = [
        Status.NOT_APPLICABLE,
        Status.COMPLIANT,
        Status.PARTIAL,
        Status.NOT_ASSESSED,
        Status.NON_COMPLIANT,
    ]

    is_worse = order.index(after) > max(order.index(before), order.index(Status.COMPLIANT))

    assert got_worse(before, after) == is_worse


def test_the_fourteen_controls_ship_with_owner_source_review_and_both_languages():
    controls = shipped(CHECKS).controls

    assert {c.id: (c.category.value, c.risk.value) for c in controls} == {
        "PDPL-C01": ("pdpl", "critical"),
        "PDPL-C02": ("pdpl", "high"),
        "PDPL-C03": ("pdpl", "high"),
        "PDPL-C04": ("pdpl", "high"),
        "PDPL-C05": ("pdpl", "high"),
        "PDPL-C10": ("pdpl", "critical"),
        "PDPL-C13": ("pdpl", "critical"),
        "ZATCA-C01": ("zatca", "critical"),
        "ZATCA-C02": ("zatca", "high"),
        "SDAIA-C01": ("sdaia", "high"),
        "SDAIA-C02": ("sdaia", "critical"),
        "NCA-C01": ("nca", "critical"),
        "NCA-C02": ("nca", "critical"),
        "NCA-C04": ("nca", "high"),
    }
    for c in controls:
        assert c.owner and c.source and c.reviewed_on
        assert any("\u0600" <= sign <= "\u06ff" for sign in c.title_ar) and c.title_en.isascii()


def test_a_control_with_a_check_that_does_not_exist_stops_the_start():
    page = """
edition: "1"
controls:
  - {id: NCA-C01, category: nca, risk: low, title: {en: A title, ar: عنوان ما}, owner: admin, source: a law,
     reviewed_on: 2026-11-23, valid_days: 1, checks: [measures_nothing]}
"""
    try:
        catalogue_of(page, CHECKS)
    except Misconfigured as refused:
        assert "measures_nothing" in refused.message_en and "measures_nothing" in refused.message_ar
    else:
        raise AssertionError("it was taken")
