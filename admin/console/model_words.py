"""How the numbers of language models are read on their page."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from admin.console import operations_cards as cards
from admin.console.model_tables import Row, Table
from admin.console.place import Place
from admin.console.tiles import Tile
from admin.console.times import clock, day_and_clock
from bot.models.dashboard import Advice, Dashboard, ProviderHealth
from bot.models.figures import Figures, Hour

_STATES = {"unknown": "", "healthy": "good", "degraded": "gold", "down": "bad"}

HOURS = 24

_THOUSANDTHS = 1_000


class ModelWords:
    """Words for one visitor."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def tiles(self, seen: Dashboard) -> tuple[Tile, ...]:
        say, total, budget = self._place.say, seen.total, seen.budget
        limit = Decimal(budget.limit_halalas) / 100
        return (
            Tile("calls", say("tile_calls"), str(total.calls), say("tile_calls_is", n=total.fallback_calls)),
            Tile(
                "errors",
                say("tile_errors"),
                self._rate(total.error_rate),
                say("tile_errors_is"),
                total.error_rate is not None and total.error_rate >= Decimal("0.2"),
            ),
            Tile(
                "latency",
                say("tile_latency"),
                self._ms(total.latency_p95_ms),
                say("tile_latency_is", p50=self._ms(total.latency_p50_ms)),
            ),
            Tile("cost", say("tile_cost"), self._cost(total), say("tile_cost_is", n=total.unpriced_calls)),
            Tile(
                "each",
                say("tile_each"),
                self._money(seen.cost_per_conversation_sar),
                say("tile_each_is", n=seen.conversations),
            ),
            Tile(
                "budget",
                say("tile_budget"),
                _ltr(f"{budget.percent}%"),
                say("tile_budget_is", used=self._money(budget.used_sar), limit=_ltr(f"{limit:.2f}")),
                budget.state != "ok",
            ),
        )

    def hours(self, seen: Dashboard) -> cards.Hours:
        say = self._place.say
        found = {hour.at: hour for hour in seen.hours}
        last = seen.until.replace(minute=0, second=0, microsecond=0)
        ats = [last - timedelta(hours=back) for back in reversed(range(HOURS))]
        none = Decimal(0)
        each = [found.get(at, Hour(at, 0, 0, none)) for at in ats]

        def bars(name: str, look: str, values: list[int]) -> cards.Bars:
            labels = tuple(f"{clock(at)} · {value}" for at, value in zip(ats, values, strict=True))
            return cards.Bars(say(name), look, tuple(values), labels, say("hours_sum", n=sum(values)))

        rows = (
            bars("hours_ok", "good", [hour.ok for hour in each]),
            bars("hours_bad", "bad", [hour.not_ok for hour in each]),
            bars("hours_cost", "blue", [round(hour.cost_sar * _THOUSANDTHS) for hour in each]),
        )
        return cards.Hours(say("hours"), say("hours_mean"), rows, say("hours_none"), "")

    def tables(self, seen: Dashboard) -> tuple[Table, ...]:
        return (
            self._table("by_model", seen.by_model, seen.total.calls),
            self._table("by_provider", seen.by_provider, seen.total.calls),
            self._table("by_task", seen.by_task, seen.total.calls),
        )

    def health(self, found: Sequence[ProviderHealth]) -> cards.Lines:
        say = self._place.say
        lines = tuple(
            cards.Line(
                key=one.provider,
                name=one.provider,
                mark=say(f"state_{one.state}"),
                look=_STATES[one.state],
                more=self._about(one),
                is_code=True,
            )
            for one in found
        )
        return cards.Lines("health", say("health"), say("health_means"), lines, say("health_none"), "")

    def errors(self, seen: Dashboard) -> cards.Lines:
        say = self._place.say
        lines = tuple(
            cards.Line(key=code, name=code, mark=str(calls), look="bad", is_code=True)
            for code, calls in seen.by_error
        )
        return cards.Lines("errors", say("errors"), say("errors_mean"), lines, say("errors_none"), "")

    def advice(self, found: Sequence[Advice]) -> cards.Lines:
        say, is_arabic = self._place.say, self._place.language == "ar"
        lines = tuple(
            cards.Line(key=one.code, name=one.subject, more=(one.ar if is_arabic else one.en,), is_code=True)
            for one in found
        )
        return cards.Lines("advice", say("advice"), say("advice_means"), lines, say("advice_none"), "")

    def _about(self, one: ProviderHealth) -> tuple[str, ...]:
        say = self._place.say
        more = ["، ".join(f"\u2066{model}\u2069" for model in dict.fromkeys(model for _, model in one.models))]
        if one.calls:
            more.append(say("health_calls", n=one.calls))
        if one.last_error_at is not None:
            at = day_and_clock(one.last_error_at)
            more.append(say("health_last_error", code=_ltr(one.last_error), at=at))
        if one.breaker.until is not None:
            more.append(say("health_retry", at=day_and_clock(one.breaker.until)))
        return tuple(more)

    def _table(self, key: str, lines: Sequence[Figures], calls: int) -> Table:
        say = self._place.say
        names = ("name", "calls", "errors", "fallback", "p50", "p95", "tokens", "cost")
        return Table(
            key,
            say(key),
            tuple(say(f"col_{name}") for name in names),
            tuple(self._row(key, line, calls) for line in lines),
        )

    def _row(self, key: str, line: Figures, calls: int) -> Row:
        is_task = key == "by_task" and line.key in ("intent", "wording")
        tokens = line.input_tokens + line.output_tokens + line.cached_tokens
        return Row(
            name=self._place.say(f"task_{line.key}") if is_task else line.key,
            is_code=not is_task,
            cells=(
                str(line.calls),
                self._rate(line.error_rate),
                str(line.fallback_calls),
                self._number(line.latency_p50_ms),
                self._number(line.latency_p95_ms),
                f"{tokens:,}",
                self._cost(line),
            ),
            share=round(100 * line.calls / calls) if calls else 0,
        )

    def _cost(self, line: Figures) -> str:
        """What nobody priced is not free."""
        answered = line.ok + line.refused
        if answered and line.unpriced_calls >= answered:
            return self._place.say("unknown")
        return self._money(line.cost_sar)

    def _rate(self, rate: Decimal | None) -> str:
        return self._place.say("unknown") if rate is None else _ltr(f"{rate * 100:.1f}%")

    def _number(self, number: int | None) -> str:
        return self._place.say("unknown") if number is None else f"{number:,}"

    def _ms(self, ms: int | None) -> str:
        return self._place.say("unknown") if ms is None else self._place.say("ms", n=f"{ms:,}")

    def _money(self, amount: Decimal | None) -> str:
        """Riyals; what is less than a halala keeps its digits."""
        if amount is None:
            return self._place.say("unknown")
        return _ltr(f"{amount:,.2f}" if amount == 0 or amount >= 1 else f"{amount:.4f}")


def _ltr(text: str) -> str:
    return f"\u2066{text}\u2069"
