"""What the operator's numbers say in the language of the page. Pure: a standing in, cards out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from admin.console.operations_cards import Bars, Facts, Hours, Line, Lines
from admin.console.place import Place
from admin.console.tiles import Tile
from admin.console.times import clock, day_and_clock, span
from bot.operations import LATE_INBOUND, STALE_BACKUP, ChannelLine, DraftRow, Hour, Standing, Waiting

_LOOKS = {"ok": "good", "degraded": "gold", "paused": "gold"} | dict.fromkeys(
    ("down", "auth_failed", "silent"), "bad"
)


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does about one trouble, and where."""

    key: str
    text: str
    href: str = ""
    see: str = ""


def is_broken(one: ChannelLine) -> bool:
    """Whether contacts do not get what is sent here."""
    return one.state in ("down", "auth_failed", "silent") or one.breaker == "open"


class Words:
    """Of one page."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._say = place.say

    def deed(self, now: Standing, name: str) -> Deed:
        """One trouble of `troubles` as a number and the next step."""
        say, leaf, see = self._say, "", ""
        values: dict[str, object] = {}
        match name:
            case "inbound" if now.inbound and now.inbound.oldest_at:
                values = {"age": self._span(now.at - now.inbound.oldest_at), "n": now.inbound.waiting}
            case "drafts" if now.held:
                leaf, values = "approvals", {"n": now.held.overdue}
            case "doubtful" if now.doubtful:
                leaf, values = "approvals", {"n": now.doubtful.count}
            case "channels" | "paused":
                wanted = [one for one in now.channels or () if is_broken(one) or one.state == name]
                named = (self._place.channel(one.channel) for one in wanted)
                values = {"names": joined(named, self._place.language)}
            case "dead" if now.dead:
                leaf, values = "runs", {"runs": now.dead.runs, "events": now.dead.events}
            case "disk" if now.disk:
                values = {"free": _bytes(now.disk.free_bytes)}
            case "backup" if now.backup and now.backup.at:
                values = {"ago": self._ago(now.at, now.backup.at)}
            case "alerts":
                leaf, values = "approvals", {"n": len(now.alerts or ())}
        if leaf:
            see = say(f"go_{leaf}")
        key = "do_backup_never" if name == "backup" and not values else f"do_{name}"
        href = self._place.address("runs", show="dead") if leaf == "runs" else leaf and self._place.address(leaf)
        return Deed(name, say(key, **values), href, see)

    # the tiles

    def tiles(self, now: Standing) -> tuple[Tile, ...]:
        say, overdue = self._say, now.held.overdue if now.held else 0
        in_doubt = bool(now.doubtful and now.doubtful.count)
        return (
            self._lag(now),
            self._count("drafts", now, now.held, say("drafts_is", n=overdue), is_bad=overdue > 0),
            self._count("doubt", now, now.doubtful, say("doubt_is"), is_bad=in_doubt),
            self._count("outgoing", now, now.outgoing, say("outgoing_is"), is_bad=False),
            self._dead(now),
            self._open_alerts(now),
        )

    def _lag(self, now: Standing) -> Tile:
        if now.inbound is None:
            return self._no_tile("lag", "inbound", now)
        oldest = now.inbound.oldest_at
        means = self._say("lag_is", n=now.inbound.waiting)
        if oldest is None:
            return Tile("lag", self._say("lag"), self._say("lag_none"), means)
        age = now.at - oldest
        return Tile("lag", self._say("lag"), self._span(age), means, is_bad=age > LATE_INBOUND)

    def _count(self, key: str, now: Standing, waiting: Waiting | None, means: str, *, is_bad: bool) -> Tile:
        if waiting is None:
            return self._no_tile(key, "drafts", now)
        return Tile(key, self._say(key), str(waiting.count), means, is_bad=is_bad)

    def _dead(self, now: Standing) -> Tile:
        if now.dead is None:
            return self._no_tile("dead", "dead", now)
        total = now.dead.runs + now.dead.events
        means = self._say("dead_is", runs=now.dead.runs, events=now.dead.events)
        return Tile("dead", self._say("dead"), str(total), means, is_bad=total > 0)

    def _open_alerts(self, now: Standing) -> Tile:
        if now.alerts is None:
            return self._no_tile("alerts", "alerts", now)
        count = len(now.alerts)
        is_bad = any(one.level > 0 for one in now.alerts)
        return Tile("alerts", self._say("alerts"), str(count), self._say("alerts_is"), is_bad=is_bad)

    def _no_tile(self, key: str, part: str, now: Standing) -> Tile:
        return Tile(key, self._say(key), self._say("unknown_short"), self._why(now, part))

    # the cards

    def hours(self, now: Standing) -> Hours:
        found = now.hours or ()
        rows = tuple(
            self._bars(found, name, look)
            for name, look in (("received", "blue"), ("accepted", "good"), ("failed", "bad"))
        )
        return Hours(
            self._say("hours"), self._say("hours_is"), rows, self._say("hours_empty"), self._why(now, "hours")
        )

    def _bars(self, found: Sequence[Hour], name: str, look: str) -> Bars:
        values = tuple(int(getattr(hour, name)) for hour in found)
        what = self._say(name)
        labels = tuple(
            self._say("bar_is", at=clock(hour.at), n=value, what=what)
            for hour, value in zip(found, values, strict=True)
        )
        return Bars(what, look, values, labels, self._say("most", n=max(values, default=0), total=sum(values)))

    def urgent(self, now: Standing) -> Lines:
        return self._drafts("urgent", now, now.held, "urgent_is", "urgent_empty")

    def doubtful(self, now: Standing) -> Lines:
        return self._drafts("doubt", now, now.doubtful, "doubt_is", "doubt_empty")

    def _drafts(self, key: str, now: Standing, waiting: Waiting | None, means: str, none: str) -> Lines:
        rows = waiting.oldest if waiting else ()
        lines = tuple(self._draft(now.at, row) for row in rows)
        unknown = self._why(now, "drafts")
        to = self._place.address("approvals")
        return Lines(key, self._say(key), self._say(means), lines, self._say(none), unknown, to, self._say("see"))

    def _draft(self, at: datetime, row: DraftRow) -> Line:
        ago = self._say("ago", time=self._span(at - row.since))
        name = self._say("draft_of", id=row.draft_id[-6:])
        if row.status == "unknown":
            return Line(row.draft_id, name, "", "", (self._say("called", ago=ago),))
        if row.due_at is None:
            return Line(row.draft_id, name, self._say("no_deadline"), "", (self._say("made", ago=ago),))
        is_late = row.due_at <= at
        mark = self._say("late_by" if is_late else "left", time=self._span(abs(row.due_at - at)))
        return Line(row.draft_id, name, mark, "bad" if is_late else "gold", (self._say("made", ago=ago),))

    def channels(self, now: Standing) -> Lines:
        lines = tuple(self._channel(now.at, one) for one in now.channels or ())
        return self._lines("channels", now, lines)

    def _channel(self, at: datetime, one: ChannelLine) -> Line:
        say, more = self._say, []
        if one.breaker in ("open", "half_open"):
            more.append(say(f"breaker_{one.breaker}"))
        if one.paused_until is not None:
            more.append(say("paused", at=day_and_clock(one.paused_until)))
        elif one.state != "ok":
            more.append(one.detail_ar if self._place.language == "ar" else one.detail_en)
        if one.sends is None:
            more.append(say("no_calls"))
        else:
            more.append(say("calls", good=one.sends.accepted, all=one.sends.calls))
            if one.sends.last_success_at:
                more.append(say("last_good", ago=self._ago(at, one.sends.last_success_at)))
            if one.sends.last_error_at:
                what = self._error(one.sends.last_error)
                more.append(say("last_bad", ago=self._ago(at, one.sends.last_error_at), what=what))
        name = self._place.channel(one.channel)
        return Line(one.channel, name, self._named("state", one.state), _LOOKS.get(one.state, ""), tuple(more))

    def _error(self, found: str) -> str:
        """`not_sent_fallback 500` -> its words, with the provider's own code beside them."""
        send_class, _, code = found.partition(" ")
        words = self._named("class", send_class)
        return f"{words} (\u2066{code}\u2069)" if code else words

    def _named(self, family: str, name: str) -> str:
        """Words of this page; a name that nobody has put into words is shown readable."""
        key = f"{family}_{name}"
        return self._say(key) if key in self._place.sentences else name.replace("_", " ")

    def alerts(self, now: Standing) -> Lines:
        arabic = self._place.language == "ar"
        lines = tuple(
            Line(a.id, a.title_ar if arabic else a.title_en, "", "", (self._ago(now.at, a.at),))
            for a in (now.alerts or ())[:8]
        )
        found = self._lines("alerts", now, lines)
        to = self._place.address("approvals")
        return Lines(found.key, found.title, found.means, lines, found.none, found.unknown, to, self._say("see"))

    def limits(self, now: Standing) -> Lines:
        say = self._say
        lines = tuple(
            Line(
                one.name,
                self._named("limit", one.name),
                say("limit_line", used=one.used, limit=one.limit),
                "bad" if not one.left else "",
            )
            for one in (now.limits.budgets if now.limits else ())
        )
        return self._lines("limits", now, lines)

    def processes(self, now: Standing) -> Lines:
        lines = tuple(
            Line(
                one.id,
                f"…{one.id[-6:]}",
                self._say("holds", n=len(one.seats)),
                "good",
                (joined((self._named("duty", duty) for duty in one.duties), self._place.language),)
                if one.duties
                else (),
                is_code=True,
            )
            for one in now.processes or ()
        )
        return self._lines("processes", now, lines)

    def _lines(self, key: str, now: Standing, lines: tuple[Line, ...]) -> Lines:
        none = {"processes": "alone", "limits": "no_limits"}.get(key, "nothing")
        return Lines(key, self._say(key), self._say(f"{key}_is"), lines, self._say(none), self._why(now, key))

    def backup(self, now: Standing) -> Facts:
        say, found = self._say, now.backup
        if found is None:
            return Facts("backup", say("backup"), (), self._why(now, "backup"))
        if found.at is None:
            return Facts("backup", say("backup"), ((say("never"), say("no_backup")),), is_bad=True)
        pairs = (
            (day_and_clock(found.at), self._ago(now.at, found.at)),
            (say("sealed" if found.is_sealed else "open"), say("rows", n=found.rows)),
            (say("size"), _bytes(found.size_bytes)),
        )
        return Facts("backup", say("backup"), pairs, is_bad=now.at - found.at > STALE_BACKUP)

    def disk(self, now: Standing) -> Facts:
        say, found = self._say, now.disk
        if found is None:
            return Facts("disk", say("disk"), (), self._why(now, "disk"))
        named = (("folder", found.folder_bytes), ("database", found.database_bytes), ("free", found.free_bytes))
        return Facts("disk", say("disk"), tuple((say(name), _bytes(size)) for name, size in named))

    def versions(self, now: Standing) -> Facts:
        say, found = self._say, now.versions
        if found is None:
            return Facts("versions", say("versions"), (), self._why(now, "versions"))
        edition = say("edition_n", n=found.edition) if found.edition else say("edition_shipped")
        pairs = (
            ("Dealix", found.dealix),
            (say("rules"), f"{edition} · {found.rules}"),
            (say("database"), f"MongoDB {found.database}"),
            ("Python", found.python),
            (say("format"), str(found.data_format)),
        )
        return Facts("versions", say("versions"), pairs)

    # small things

    def _why(self, now: Standing, part: str) -> str:
        """Why a part is not known; empty when it is."""
        return self._say("not_known", why=now.missing[part]) if part in now.missing else ""

    def _ago(self, now: datetime, at: datetime) -> str:
        return self._say("ago", time=self._span(now - at))

    def _span(self, length: timedelta) -> str:
        if length < timedelta(minutes=2):
            return self._say("seconds", n=max(0, int(length.total_seconds())))
        if length >= timedelta(days=2):
            return self._say("days", n=length.days)
        return span(length, self._place.language)


def _bytes(size: int) -> str:
    """`\u20661.4 GB\u2069`, which reads the same from either side."""
    value, unit = float(size), "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if value < 1_000:
            break
        value, unit = value / 1_000, bigger
    return (
        f"\u2066{value:.0f} {unit}\u2069"
        if unit in ("B", "kB") or value >= 100
        else f"\u2066{value:.1f} {unit}\u2069"
    )


def joined(names: Iterable[str], language: str) -> str:
    """A list as it is written in the language."""
    return ("، " if language == "ar" else ", ").join(names)
