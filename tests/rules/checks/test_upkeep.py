"""Pages that somebody must look after are told."""

from datetime import date

import pytest


@pytest.mark.parametrize(
    ("status", "sentence"), [("shadow", "watched in shadow until"), ("live", "season ended on")]
)
def test_a_page_whose_day_is_over_is_told(small, status, sentence):
    small.page(
        "routing",
        "ramadan",
        "intent: greeting",
        "say: greeting_short",
        status=status,
        extra="until: 2027-03-09\n",
    )

    assert small.found("past_its_day") == []
    assert small.found("past_its_day", today=date(2027, 3, 9)) == []
    (finding,) = small.found("past_its_day", today=date(2027, 3, 10))
    assert (finding.file, finding.level) == ("routing/ramadan.yml", "warning")
    assert sentence in str(finding)


@pytest.mark.parametrize(
    ("owner", "expected"), [("TBD", True), ('"-"', True), ("غير محدد", True), ("compliance", False)]
)
def test_a_page_that_belongs_to_nobody_is_told(small, owner, expected):
    small.hears("thanks", "شكرا", means="thanks", owner=owner)

    found = small.found("owned_by_nobody")

    assert [(f.file, f.level) for f in found] == ([("understanding/thanks.yml", "warning")] if expected else [])
