"""
The policies of a book: data that stand beside its pages, read by the same careful reader.

Rule 1: every problem of every file is reported at once, with its line.
Rule 2: a layer comes after the book. It replaces an entry by its id; it never permits what the book forbids, nor
        wakes an hour that the book keeps quiet, nor raises a cap.
Rule 3: a book without a file of policies has the product's own defaults, which are the careful ones.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from rules.layers import path_of
from rules.notes import Notes
from rules.policies.claims import Claims, Finding
from rules.policies.claims_reader import read_claims
from rules.policies.deadlines import Deadlines, read_deadlines
from rules.policies.follow_ups import FollowUps, read_follow_ups
from rules.policies.forecast import ForecastPolicy, read_forecast
from rules.policies.onboarding import Onboarding, read_onboarding
from rules.policies.prices import Prices, read_prices
from rules.policies.quiet_hours import QuietHours
from rules.policies.quiet_reader import read_quiet_hours
from rules.policies.rag import RagPolicy, read_rag
from rules.policies.templates import Templates
from rules.policies.templates_reader import read_templates
from rules.problems import Problem, unknown
from rules.sheet import Sheet

FOLDER = "policies/"
FILES = (
    *("claims.yml", "prices.yml", "quiet_hours.yml", "approval_deadlines.yml", "follow_ups.yml"),
    *("templates.yml", "forecast.yml", "rag.yml", "onboarding.yml"),
)


@dataclass(frozen=True, slots=True)
class Policies:
    """What a book says besides its pages."""

    claims: Claims = field(default_factory=Claims)
    prices: Prices = field(default_factory=Prices)
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    deadlines: Deadlines = field(default_factory=Deadlines)
    follow_ups: FollowUps = field(default_factory=FollowUps)
    templates: Templates = field(default_factory=Templates)
    forecast: ForecastPolicy = field(default_factory=ForecastPolicy)
    rag: RagPolicy = field(default_factory=RagPolicy)
    onboarding: Onboarding = field(default_factory=Onboarding)
    plain: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Every file as plain data, the same for every way of writing it; part of the version of the book."""

    def day(self, at: datetime) -> date:
        """The day that it is at a moment, where the quiet hours are counted."""
        return at.astimezone(ZoneInfo(self.quiet_hours.zone)).date()

    def findings(self, text: str, language: str, today: date) -> tuple[Finding, ...]:
        """What the claims say about a text, with the prices of the list that hold today accounted for."""
        amounts = {price.amount_halalas for price in self.prices.valid(today)}
        return self.claims.findings(text, language, today, amounts)


def read_policies(sheets: Sequence[Sheet], problems: list[Problem], wordings: Collection[str]) -> Policies:
    """
    Read the files under `policies/` of a book and its layers, the book's own first; problems are added.

    Args:
        wordings: the wording keys that a follow-up may say.
    """
    own = [sheet for sheet in sheets if path_of(sheet.file).startswith(FOLDER)]
    notes = {sheet.file: Notes(sheet.file) for sheet in own}
    for sheet in own:
        name = path_of(sheet.file).removeprefix(FOLDER)
        if name not in FILES:
            notes[sheet.file].problem(1, unknown("file of policies", name, FILES))

    def of(name: str) -> list[Sheet]:
        return [sheet for sheet in own if path_of(sheet.file) == FOLDER + name]

    claims, prices = read_claims(of("claims.yml"), notes), read_prices(of("prices.yml"), notes)
    templates = read_templates(of("templates.yml"), notes, claims, prices)
    silent = [template.name for template in templates.used_for("follow_up")]
    policies = Policies(
        claims=claims,
        prices=prices,
        quiet_hours=read_quiet_hours(of("quiet_hours.yml"), notes),
        deadlines=read_deadlines(of("approval_deadlines.yml"), notes),
        follow_ups=read_follow_ups(of("follow_ups.yml"), notes, wordings, silent),
        templates=templates,
        forecast=read_forecast(of("forecast.yml"), notes),
        rag=read_rag(of("rag.yml"), notes),
        onboarding=read_onboarding(of("onboarding.yml"), notes),
        plain=MappingProxyType({sheet.file: sheet.plain() for sheet in own}),
    )
    for note in notes.values():
        problems += note.problems
    return policies
