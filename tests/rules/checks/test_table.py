"""All checks together: on the book that we ship, and on what somebody lists."""

import re
import time

from rules.checks import CHECKS, examine
from tests.rules.checks.conftest import LIFECYCLE

_ARABIC = re.compile("[\u0621-\u064a]")

# Twice what it takes on a busy machine of two cores: whoever types does not wait for it.
SOON_SECONDS = 1.0


def test_the_shipped_book_has_no_errors(shipped, sentences):
    errors = [str(f) for f in examine(shipped, LIFECYCLE, sentences) if f.level == "error"]

    assert errors == []


def test_every_finding_says_what_to_do_in_both_languages(small, shipped, sentences):
    small.says("price_public", ar="{price}", en="{price}", blanks=("price",))
    small.page("routing", "price", "intent: ask_price", "say: price_public; act: [send_sms, classify_reply]")
    small.page("safety", "mute", "stage: qualified", "silence: acknowledged")
    findings = [
        *examine(shipped, LIFECYCLE, sentences),
        *examine(small.load(backend="reference"), LIFECYCLE, small.sentences),
    ]

    assert len({finding.code for finding in findings}) > 12
    for finding in findings:
        assert str(finding) == f"{finding.file} line {finding.line}: {finding.what_en}"
        assert _ARABIC.search(finding.what_ar) and finding.what_en != finding.what_ar
        assert finding.what_en.endswith((".", "`")) and finding.what_ar.endswith(".")
        assert "{" not in finding.what_en.replace("{above: 0}", "").replace("{price}", "").replace(
            "{is_not: op", ""
        )


def test_findings_come_errors_first_and_in_the_order_of_the_files(small):
    small.page("routing", "price", "intent: ask_price", "say: price_public; act: [send_sms]")

    found = examine(small.load(backend="reference"), LIFECYCLE, {})

    assert [f.level for f in found] == sorted(f.level for f in found)
    errors = [(f.file, f.line) for f in found if f.level == "error"]
    assert errors == sorted(errors)


def test_every_check_is_listed_once_with_a_line_in_both_languages():
    codes = [check.code for check in CHECKS]

    assert len(codes) == len(set(codes))
    for check in CHECKS:
        assert check.en and _ARABIC.search(check.ar)


def test_whoever_types_does_not_wait(shipped, sentences):
    examine(shipped, LIFECYCLE, sentences)
    began = time.thread_time()
    examine(shipped, LIFECYCLE, sentences)

    assert time.thread_time() - began < SOON_SECONDS
