"""The shelf by itself: whose a page is, what can be done with it, and how it is found."""

import pytest

from admin.console.book_shelf import Entry, entries, find, sentences
from bot.playbook import shipped

BOOK = shipped().files
STOP = "safety/a_stop_is_obeyed_at_once.yml"
LATER = "understanding/names_a_later_time.yml"


def _entry(key: str, own: dict[str, str] | None = None, edits: dict[str, str | None] | None = None) -> Entry:
    return next(entry for entry in entries(BOOK, own or {}, edits or {}) if entry.key == key)


def test_every_file_of_the_book_stands_on_the_shelf_and_every_sentence() -> None:
    shelf = entries(BOOK, {}, {})

    assert {entry.path for entry in shelf} == set(BOOK)
    assert {entry.id for entry in shelf if entry.shelf == "wording"} == set(sentences(BOOK))
    assert {entry.origin for entry in shelf} == {"shipped"}


def test_a_page_says_whether_it_is_ours_in_place_of_ours_or_theirs() -> None:
    own = {LATER: BOOK[LATER] + "# mine\n", "routing/mine.yml": "id: mine\ntitle: Mine\n"}

    assert _entry(LATER, own).origin == "replaced"
    assert _entry("routing/mine.yml", own).origin == "own"
    assert _entry(LATER, own, {LATER: own[LATER]}).is_changed


def test_words_and_the_order_of_safety_are_added_to_and_replace_nothing() -> None:
    own = {"words.yml": "later_time: [x]\n", "safety/order.yml": "safest_first: [x]\n"}

    assert _entry("words.yml", own).origin == "own"
    assert _entry("safety/order.yml", own).origin == "own"
    assert not _entry("words.yml").is_locked


@pytest.mark.parametrize("path", [STOP, "short_answers.yml", "priorities.yml"])
def test_what_protects_people_is_locked(path: str) -> None:
    assert _entry(path).is_locked


def test_every_page_that_hears_an_opt_out_is_locked_and_no_other_one_of_understanding() -> None:
    locked = {entry.key for entry in entries(BOOK, {}, {}) if entry.is_locked and entry.shelf == "understanding"}

    assert locked == {
        path for path, text in BOOK.items() if path.startswith("understanding/") and "\n  opt_out:" in text
    }


def test_a_safety_page_of_their_own_is_theirs_to_change() -> None:
    assert not _entry("safety/mine.yml", {"safety/mine.yml": "id: mine\n"}).is_locked


def test_a_file_that_cannot_be_read_still_stands_there_to_be_mended() -> None:
    broken = _entry("routing/broken.yml", {"routing/broken.yml": "id: [\n"})

    assert (broken.id, broken.title, broken.status) == ("broken", "broken", "")


def test_a_file_taken_away_by_the_change_can_still_be_brought_back() -> None:
    gone = _entry("routing/mine.yml", {}, {"routing/mine.yml": None})

    assert gone.is_changed


def test_their_sentence_replaces_ours_under_the_same_key() -> None:
    own = {"wording/own.yml": "greeting_short:\n  ar: هلا\n  en: Hi\nmine:\n  ar: لي\n  en: Mine\n"}

    assert _entry("wording/own.yml#greeting_short", own).origin == "replaced"
    assert _entry("wording/own.yml#mine", own).origin == "own"
    assert len([e for e in entries(BOOK, own, {}) if e.id == "greeting_short"]) == 1


@pytest.mark.parametrize("words", ["الغاء", "إلغاء", "إِلْغَاء", "إلغـــاء"])
def test_a_word_is_found_in_every_spelling(words: str) -> None:
    shelf = entries(BOOK, {}, {})

    assert find(shelf, words) == find(shelf, "الغاء")
    assert "routing/a_cancelled_meeting_is_confirmed_by_a_human.yml" in {e.key for e in find(shelf, words)}


def test_every_word_must_stand_there_and_names_come_before_contents() -> None:
    shelf = entries(BOOK, {}, {})
    found = [e.key for e in find(shelf, "price talk")]

    by_name = [
        e.key for e in shelf if "price" in f"{e.title} {e.id}".lower() and "talk" in f"{e.title} {e.id}".lower()
    ]
    assert "routing/price_on_request_to_an_early_lead.yml" in by_name
    assert found[: len(by_name)] == by_name
    assert all("price" in e.text.lower() + e.id for e in shelf if e.key in found)
    assert find(shelf, "  ") == shelf
    assert find(shelf, "price قطارات") == ()


def test_a_page_is_called_by_its_title_in_the_language_of_the_reader_and_found_by_both() -> None:
    own = {"routing/mine.yml": "id: mine\ntitle: Harvest talk\ntitle_ar: حديث الحصاد\n"}
    mine = _entry("routing/mine.yml", own)

    assert (mine.called("ar"), mine.called("en")) == ("حديث الحصاد", "Harvest talk")
    assert mine in find(entries(BOOK, own, {}), "حديث الحصاد")
    assert (
        _entry("routing/other.yml", {"routing/other.yml": "id: other\ntitle: Only so\n"}).called("ar")
        == "Only so"
    )
