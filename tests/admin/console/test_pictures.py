"""Every picture that a page asks for is drawn somewhere: a missing one would show as a grey square."""

import re
from pathlib import Path

CONSOLE = Path(__file__).parents[3] / "admin" / "console"
ASKED = re.compile(r"""\b(?:icon|empty)\(\s*"([a-z-]+)"|picture="([a-z-]+)\"""")


def test_no_page_asks_for_a_picture_that_nobody_drew():
    drawn = {
        name
        for sheet in (CONSOLE / "static").glob("*.css")
        for name in re.findall(r"\.ico-([a-z-]+)", sheet.read_text("utf-8"))
    }
    asked = {
        one or other for page in CONSOLE.glob("*.py") for one, other in ASKED.findall(page.read_text("utf-8"))
    }

    assert len(asked) > 10
    assert asked <= drawn, asked - drawn
