"""
The sales pack as pages that people read and print: complete in themselves, nothing fetched and nothing run.

Rule: what stands in the rules is text here, never markup.
"""

from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.sales.pack import Pack
from bot.sales.words import HEADINGS

_PAGES = Environment(
    loader=PackageLoader("bot", "sales"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def one_pager(pack: Pack) -> str:
    """One page for a lead, as HTML that prints well."""
    return _page("one_pager.html", pack)


def hub(pack: Pack) -> str:
    """Everything a marketer works with, as HTML that prints well."""
    return _page("hub.html", pack)


def _page(name: str, pack: Pack) -> str:
    style = resources.files("bot.sales").joinpath("pack.css").read_text(encoding="utf-8")
    return _PAGES.get_template(name).render(
        pack=pack,
        say=HEADINGS[pack.language],
        language=pack.language,
        direction="rtl" if pack.language == "ar" else "ltr",
        style=style,
        day=pack.day.isoformat(),
    )
