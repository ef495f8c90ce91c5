"""The one-pager as a sheet of paper."""

from bot.proposals.paper import Row, Sheet, Table
from bot.sales.pack import Pack
from bot.sales.words import HEADINGS


def sheet_of(pack: Pack) -> Sheet:
    """The one-pager as a sheet of paper."""
    say = HEADINGS[pack.language]
    claims = tuple(Row((claim.sentence,)) for claim in pack.claims) or (Row((say["none"],)),)
    prices = tuple(Row((line.sentence,)) for line in pack.prices.lines) or (
        Row((pack.prices.sentence or say["quote"],)),
    )
    day = pack.day.isoformat()
    return Sheet(
        language=pack.language,
        house=pack.house,
        title=say["what_we_do"],
        subtitle=pack.opening,
        facts=(),
        tables=(
            Table(say["approved"], (say["claim"],), claims),
            Table(say["prices"], (say["prices"],), prices),
            Table(
                say["icp"],
                (say["icp"], say["minimum"]),
                (
                    Row((say["minimum_leads"], str(pack.icp.minimum_monthly_leads))),
                    Row((say["minimum_budget"], f"{pack.icp.minimum_monthly_budget_sar:,}")),
                ),
            ),
        ),
        paragraphs=(),
        footer=f"{say['as_of']} {_apart(day)} · {say['rules_version']} {_apart(pack.book_version)}",
        made_at=pack.as_of,
    )


def _apart(text: str) -> str:
    """Set from left to right whatever stands around it: after Arabic a date would be read backwards."""
    return f"\u2066{text}\u2069"
