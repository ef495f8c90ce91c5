"""
What an examiner of pages finds wrong with one: unnamed buttons, too little contrast, orders that mislead.

`assert grave(page) == []` after the page has drawn what it shows; a violation reads as its rule and where it is.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What keeps somebody out; the rest is advice.
GRAVE = ("serious", "critical")

# What is still coming in has half its colours; what moves for ever is not waited for.
_AT_REST = """Promise.all(document.getAnimations()
    .filter((one) => one.effect.getTiming().iterations !== Infinity)
    .map((one) => one.finished.catch(() => 0)))"""


def grave(page: Page, within: str = "") -> list[str]:
    """The violations that keep somebody out, on the page or on one part of it, each with where it is."""
    page.evaluate(f"{_AT_REST}.then(() => 0)")
    found = Axe().run(page, context=within or None).response["violations"]
    return [
        f"{one['id']}: {node['target'][0]} ({node['html'][:160]})"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
