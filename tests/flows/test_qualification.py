"""Five questions, one at a time, until it is clear whether we fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.qualification import (
    SLOTS,
    UNKNOWN,
    Filling,
    Thresholds,
    ThresholdsUnreadable,
    after,
    fill,
    next_question,
    result,
)

THRESHOLDS = Thresholds(minimum_monthly_leads=20, minimum_monthly_budget_sar=500, most_unknown_answers=3)
GOOD = {
    "monthly_leads": "80",
    "follow_up_problem": "الفريق يتأخر بالرد",
    "has_sales_team": "no",
    "monthly_budget_sar": "3000",
    "start_date": "بعد رمضان",
}


def test_questions_come_in_their_order_and_each_only_once():
    answered, seen = {}, []
    while (ask := next_question(answered)) is not None:
        seen.append((ask.slot, ask.expects, ask.step, ask.steps))
        answered[ask.slot] = "x"

    assert seen == [
        ("monthly_leads", "number", 1, 5),
        ("follow_up_problem", "text", 2, 5),
        ("has_sales_team", "yes_no", 3, 5),
        ("monthly_budget_sar", "number", 4, 5),
        ("start_date", "date", 5, 5),
    ]


@pytest.mark.parametrize(
    ("asked", "answer", "numbers", "text", "value"),
    [
        ("monthly_leads", "number", (80,), "80", "80"),
        ("monthly_leads", "number", (80,), "تقريبا ثمانين", "80"),
        ("monthly_leads", "other", (3, 80), "80 من 3 فروع", "80"),
        ("monthly_leads", "number", (20, 50), "من 20 الى 50", "50"),
        ("monthly_leads", "no", (), "لا يوجد", "0"),
        ("monthly_leads", "dont_know", (), "مدري", UNKNOWN),
        ("monthly_budget_sar", "other", (3000,), "3000 ريال", "3000"),
        ("has_sales_team", "yes", (), "ايه عندنا", "yes"),
        ("has_sales_team", "no", (), "لا", "no"),
        ("has_sales_team", "other", (5,), "خمسة مندوبين", "yes"),
        ("has_sales_team", "number", (0,), "0", "no"),
        ("follow_up_problem", "", (), "  الفريق\nيتأخر   بالرد ", "الفريق يتأخر بالرد"),
        ("follow_up_problem", "dont_know", (), "ما أدري", UNKNOWN),
        ("start_date", "", (), "الشهر الجاي", "الشهر الجاي"),
        ("start_date", "number", (15,), "يوم 15", "يوم 15"),
    ],
)
def test_an_answer_fills_the_question_that_was_asked(asked, answer, numbers, text, value):
    filling = fill(asked=asked, asked_times=1, answer=answer, numbers=numbers, text=text)

    assert filling == Filling(asked, value)


def test_a_number_that_nobody_asked_for_fills_nothing():
    assert fill(asked="", asked_times=0, answer="number", numbers=(80,), text="80") == Filling()
    assert fill(asked="opt_out_check", asked_times=1, answer="yes", text="نعم") == Filling()


@pytest.mark.parametrize("asked", ["monthly_leads", "has_sales_team", "monthly_budget_sar"])
def test_words_instead_of_a_number_are_asked_back_once_and_then_kept(asked):
    first = fill(asked=asked, asked_times=1, answer="", text="كثير والله")
    second = fill(asked=asked, asked_times=2, answer="", text="كثير والله")

    assert first == Filling(ask_again=True)
    assert second == Filling(asked, "كثير والله")


def test_an_empty_second_answer_is_unknown():
    assert fill(asked="follow_up_problem", asked_times=1, answer="", text=" ") == Filling(ask_again=True)
    assert fill(asked="follow_up_problem", asked_times=2, answer="", text=" ") == Filling(
        "follow_up_problem", UNKNOWN
    )


@given(st.sampled_from([slot.name for slot in SLOTS]), st.integers(1, 4),
       st.sampled_from(["", "yes", "no", "number", "dont_know", "other"]),
       st.lists(st.integers(0, 10**9), max_size=3), st.text(max_size=400))  # fmt: skip
def test_no_question_is_asked_a_third_time(asked, times, answer, numbers, text):
    filling = fill(asked=asked, asked_times=times, answer=answer, numbers=numbers, text=text)

    assert filling.ask_again == (not filling.slot)
    assert not (filling.ask_again and times >= 2)
    if filling.slot:
        assert filling.slot == asked
        assert 0 < len(filling.value) <= 300


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "qualified"),
        ({"monthly_leads": "20"}, "qualified"),
        ({"monthly_leads": "19"}, "not_qualified"),
        ({"monthly_leads": UNKNOWN}, "qualified"),
        ({"monthly_leads": "كثير"}, "qualified"),
        ({"monthly_budget_sar": "500"}, "qualified"),
        ({"monthly_budget_sar": "499"}, "not_qualified"),
        ({"has_sales_team": "yes"}, "qualified"),
        (dict.fromkeys(["monthly_leads", "monthly_budget_sar", "start_date"], UNKNOWN), "qualified"),
        (dict.fromkeys([slot.name for slot in SLOTS[1:]], UNKNOWN), "not_qualified"),
    ],
)  # fmt: skip
def test_the_result_follows_the_thresholds(changed, expected):
    assert expected == result({**GOOD, **changed}, THRESHOLDS)


@pytest.mark.parametrize("missing", [slot.name for slot in SLOTS])
def test_without_an_answer_there_is_no_result(missing):
    assert result({name: value for name, value in GOOD.items() if name != missing}, THRESHOLDS) == "incomplete"


def test_after_an_answer_comes_the_next_question():
    step = after({"monthly_leads": "80"}, Filling("monthly_leads", "80"), "monthly_leads", THRESHOLDS)

    assert (step.result, step.event, step.say, step.ask.slot) == (
        "incomplete", "", "ask_next_question", "follow_up_problem",
    )  # fmt: skip


def test_after_nonsense_comes_the_same_question_again():
    step = after({}, Filling(ask_again=True), "monthly_leads", THRESHOLDS)

    assert (step.event, step.say, step.ask.slot, step.ask.step) == ("", "ask_question_again", "monthly_leads", 1)


def test_after_the_last_answer_comes_the_result():
    fits = after(GOOD, Filling("start_date", "x"), "start_date", THRESHOLDS)
    small = after({**GOOD, "monthly_leads": "2"}, Filling("start_date", "x"), "start_date", THRESHOLDS)

    assert (fits.event, fits.say, fits.ask) == ("qualified", "qualified_offer_meeting", None)
    assert (small.event, small.say, small.ask) == ("not_qualified", "not_a_fit_now", None)


def test_the_published_thresholds_can_be_read():
    assert Thresholds.load().minimum_monthly_leads > 0


@pytest.mark.parametrize("content", [
    "minimum_monthly_leads: 5", "", "- 1",
    "minimum_monthly_leads: -5\nminimum_monthly_budget_sar: 1\nmost_unknown_answers: 1",
    "minimum_monthly_leads: many\nminimum_monthly_budget_sar: 1\nmost_unknown_answers: 1",
])  # fmt: skip
def test_broken_thresholds_stop_the_start(tmp_path, content):
    path = tmp_path / "qualification.yml"
    path.write_text(content)

    with pytest.raises(ThresholdsUnreadable, match=r"qualification\.yml"):
        Thresholds.load(path)


FIT = {"minimum_monthly_leads": 5, "minimum_monthly_budget_sar": 1, "most_unknown_answers": 0}


def test_thresholds_that_somebody_else_has_read_are_the_same():
    text = "\n".join(f"{name}: {value}" for name, value in FIT.items())

    assert Thresholds.of(FIT) == Thresholds.of(text) == Thresholds(5, 1, 0)


@pytest.mark.parametrize(
    "value", ["many", "20", 1.5, True, None, -1, 10**10, [5], {"a": 1}, "9" * 5_000], ids=lambda v: str(v)[:12]
)
def test_what_is_no_threshold_is_named_by_its_key(value):
    with pytest.raises(ThresholdsUnreadable) as failed:
        Thresholds.of({**FIT, "minimum_monthly_leads": value, "most_unknown_answers": value})

    assert [key for key, _ in failed.value.problems] == ["minimum_monthly_leads", "most_unknown_answers"]
    assert all(len(what) < 200 for _, what in failed.value.problems)


@pytest.mark.parametrize("text", ["x: 2024-99-99", "x: " + "[" * 3_000 + "]" * 3_000, "x: &a 1\ny: *a", "x: ["])
def test_thresholds_that_are_no_plain_file_are_refused(text):
    with pytest.raises(ThresholdsUnreadable):
        Thresholds.of(text)
