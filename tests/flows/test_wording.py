"""What the bot says is complete, short, honest, and there in both languages."""

import unicodedata

import pytest

from flows.qualification import SLOTS
from flows.wording import (
    BLANKS,
    LANGUAGES,
    UnfilledBlank,
    UnknownWording,
    WordingError,
    Wordings,
    promises_in,
)

WORDINGS = Wordings.load()
READ_BY_CONTACTS = [key for key in WORDINGS.keys if "." not in key]


def load(tmp_path, **entries):
    for name, content in entries.items():
        (tmp_path / f"{name}.yml").write_text(content, encoding="utf-8")
    return Wordings.load(tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", READ_BY_CONTACTS)
def test_what_a_contact_reads_is_short_even_with_its_question(key, language):
    questions = [WORDINGS.render(slot.wording, language, step=5, steps=5).text for slot in SLOTS]
    values = {
        "company": "شركة ديلكس للتقنية",
        "price": "499 ريال شهريا",
        "first_time": "الأحد 4",
        "second_time": "الاثنين 5",
        "link": "https://calendly.com/us/demo?utm_content=1",
    }
    for question in questions:
        rendered = WORDINGS.render(key, language, **values, question=question, step=1, steps=5)

        assert len(rendered.text.splitlines()) <= 5
        assert len(rendered.text.split()) <= 60
        assert sum(unicodedata.category(sign) == "So" for sign in rendered.text) <= 2
        assert sum(sign in "؟?" for sign in rendered.text) <= 1
        assert len(rendered.buttons) <= 3
        assert all(0 < len(title) <= 20 for _, title in rendered.buttons)
        assert "{" not in rendered.text


@pytest.mark.parametrize("key", READ_BY_CONTACTS)
def test_arabic_is_arabic_and_english_is_english(key):
    values = dict.fromkeys(BLANKS, "7")

    def letters(language, script):
        text = WORDINGS.render(key, language, **values).text
        return [sign for sign in text if sign.isalpha() and script in unicodedata.name(sign, "")]

    assert letters("ar", "ARABIC")
    assert not letters("ar", "LATIN")
    assert letters("en", "LATIN")
    assert not letters("en", "ARABIC")


def test_a_blank_must_be_filled():
    for values in (
        {},
        {"price": "", "question": "؟"},
        {"price": None, "question": "؟"},
        {"price": "  ", "question": "؟"},
    ):
        with pytest.raises(UnfilledBlank, match="price_public"):
            WORDINGS.render("price_public", "ar", **values)


def test_a_value_is_put_in_as_it_is_and_never_read_as_a_blank():
    rendered = WORDINGS.render("price_public", "en", price="{question} \\1", question="When?", company="unused")

    assert "{question} \\1" in rendered.text
    assert rendered.text.endswith("When?")


def test_the_blanks_of_a_key_can_be_asked():
    assert set(WORDINGS.blanks("price_public")) == {"price", "question"}
    assert WORDINGS.blanks("thanks_reply") == ()


def test_an_unknown_key_or_language_is_an_error():
    with pytest.raises(UnknownWording, match="no_such_key"):
        WORDINGS.render("no_such_key", "ar")
    with pytest.raises(UnknownWording, match="fr"):
        WORDINGS.render("thanks_reply", "fr")


def test_a_version_follows_every_letter_of_a_sentence(tmp_path):
    first = load(tmp_path, replies="hello: {ar: هلا, en: Hello}\nbye: {ar: مع السلامة, en: Bye}")
    second = load(tmp_path, replies="hello: {ar: هلا, en: Hello!}\nbye: {ar: مع السلامة, en: Bye}")

    assert first.render("hello", "ar").version != second.render("hello", "ar").version
    assert first.render("bye", "ar").version == second.render("bye", "ar").version
    assert first.version != second.version


def test_a_layer_replaces_a_sentence_and_adds_one(tmp_path):
    base, layer = tmp_path / "base", tmp_path / "layer"
    base.mkdir(), layer.mkdir()
    (base / "a.yml").write_text("hello: {ar: هلا, en: Hello}\nbye: {ar: مع السلامة, en: Bye}", encoding="utf-8")
    (layer / "b.yml").write_text("hello: {ar: مرحبا, en: Hi}\nmore: {ar: زيادة, en: More}", encoding="utf-8")

    wordings = Wordings.load(base, layers=[layer])

    assert [wordings.render(key, "en").text for key in ("hello", "bye", "more")] == ["Hi", "Bye", "More"]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{ar: هلا}", '"x" is missing in en'),
        ("{ar: هلا, en: ''}", '"x" is missing in en'),
        ("{ar: هلا, en: Hi, fr: Salut}", 'unknown word "fr"'),
        ("{ar: 'هلا {company}', en: Hi}", "different blanks in its languages"),
        ("{ar: 'هلا {name}', en: 'Hi {name}'}", 'unknown blank "name"'),
        ("{ar: 'هلا {company', en: 'Hi {company'}", "a brace that closes no blank"),
        ("{ar: هلا, en: Hi, expects: money}", 'expects "money"'),
        ("{ar: هلا, en: Hi, buttons: [stop]}", 'the button "stop" that is not written'),
        ("{ar: نضمن لكم النتائج, en: Hi}", 'promises something with "نضمن"'),
        ("{ar: النتائج مضمونة, en: Hi}", "promises something"),
        ("{ar: هلا, en: We guarantee it}", "promises something"),
        ("{ar: هلا, en: Sales up by 40}", "states a figure"),
        ("{ar: السعر ٤٩٩ ريال, en: Hi}", "states a figure"),
        ("{ar: هلا, en: Ready? Sure?}", "has 2 questions, more than 1"),
        ("{ar: 'متى؟ {question}', en: 'When? {question}'}", "has 2 questions, more than 1"),
        ("{ar: هلا 🌹🌹🌹, en: Hi}", "has 3 emoji, more than 2"),
        (f"{{ar: {'كلمة ' * 61}, en: Hi}}", "has 61 words, more than 60"),
        ('{ar: هلا, en: "1\\n2\\n3\\n4\\n5\\n6"}', "has 6 lines, more than 5"),
        ("hello", '"x" is missing in ar'),
    ],
)
def test_a_bad_sentence_stops_the_start(tmp_path, entry, complaint):
    with pytest.raises(WordingError) as failed:
        load(tmp_path, replies=f"x: {entry}")

    assert complaint in str(failed.value)
    assert all(problem.startswith("replies.yml: ") for problem in failed.value.problems)


def test_a_long_button_and_a_missing_key_stop_the_start(tmp_path):
    (tmp_path / "a.yml").write_text("button.x: {ar: زر طويل جدا لا يتسع في الشاشة, en: OK}", encoding="utf-8")

    with pytest.raises(WordingError) as failed:
        Wordings.load(tmp_path, needed=["price_public"])

    assert "is longer than 20 characters" in str(failed.value)
    assert 'The wording "price_public" is used but not written' in str(failed.value)


def test_all_problems_of_all_files_are_reported_together(tmp_path):
    with pytest.raises(WordingError) as failed:
        load(tmp_path, one="x: {ar: هلا}\ny: {en: Hi}", two="x: {ar: ب, en: b}", three="[", four="- a")

    assert {problem.split(":")[0] for problem in failed.value.problems} == {
        "one.yml", "two.yml", "three.yml", "four.yml",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["نضمن لك", "نَضْمَن", "مضمـــون", "بضمان كامل", "ضمان 100%", "we guarantee", "risk-free", "١٠٠٪"]
)
def test_promises_are_found_in_every_spelling(text):
    assert promises_in(text)


@pytest.mark.parametrize("text", ["السعر ضمن الباقة", "العرض يتضمن التدريب", "a guard", "خصم 10%"])
def test_ordinary_words_are_no_promises(text):
    assert promises_in(text) == ()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("x: {ar: 2024-99-99, en: hi}", "this is not YAML"),
        ("x: {ar: [a, b], en: hi}", 'an item of "x.ar" must be words'),
        ("x: {ar: هلا, en: {a: b}}", 'an item of "x.en" must be words'),
        ("x: {ar: هلا, en: hi, expects: [text]}", 'an item of "x.expects" must be words'),
        ("x: {ar: هلا, en: hi, buttons: 5}", '"x.buttons" must be a list'),
        ("x: {ar: هلا, en: hi, buttons: stop}", '"x.buttons" must be a list'),
        ("x: {ar: هلا, en: hi, buttons: [[a]]}", '"x.buttons" must be a list'),
        ("x: " + "[" * 20_000, "more than 30 levels"),
        ("x: " + "[" * 3_000 + "]" * 3_000, "more than 30 levels"),
        ("x: &a hi\ny: *a", "anchors and aliases are not allowed"),
        ("x: !!python/name:os.system hi", "tags are not allowed"),
        ("x: {ar: هلا, en: hi}\nx: {ar: هلا, en: hi}", "this is not YAML"),
        ("x: " + "9" * 5_000, "this is not YAML"),
        ("#" * 600_000, "more than 512000 bytes"),
        ("- a", "must be a map of keys"),
    ],
)
def test_a_file_that_is_no_map_of_sentences_is_refused_and_not_built(content, complaint):
    for layers in ([{"a.yml": content}], [{"b.yml": "y: {ar: هلا, en: hi}"}, {"a.yml": content}]):
        with pytest.raises(WordingError) as failed:
            Wordings.of(layers)

        assert complaint in str(failed.value)


def test_sentences_that_somebody_else_has_read_say_the_same():
    text = Wordings.of([{"a.yml": "x: {ar: هلا, en: hi}"}])
    read = Wordings.of([{"a.yml": {"x": {"ar": "هلا", "en": "hi"}}}])

    assert (read.version, read.text("x", "ar")) == (text.version, "هلا")
