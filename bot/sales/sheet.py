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
    return Sheet(
        language=pack.language,
        house=pack.house,
        title=pack.house,
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
        footer=f"{say['as_of']} {pack.as_of.date().isoformat()} · {say['rules_version']} {pack.book_version}",
        made_at=pack.as_of,
    )
