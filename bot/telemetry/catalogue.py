"""
Every metric of the product: its name, what it counts, its unit and its labels.

The page `docs/telemetry.md`, the dashboard and the alert rules are compared with this list by tests.

Rule: a label has few values: providers, codes, intents, pages of the rule book; never a tenant, a contact, an id.
Whoever has more than `VALUES_AT_MOST` of them at one label sees the rest as `other`.
"""

from dataclasses import dataclass
from enum import StrEnum

VALUES_AT_MOST = 200

# From a webhook's few milliseconds to a backlog of an hour.
_LAG = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
_CALL = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40)
_WEBHOOK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# A yes comes after seconds or hours; the policy warns at 15 minutes and is due at an hour.
_HUMAN = (5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


class Kind(StrEnum):
    """How a metric behaves."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric."""

    name: str
    """Dotted, as OpenTelemetry names it."""
    kind: Kind
    meaning: str
    unit: str = ""
    """`s` and `By` become a suffix; counts have none."""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    lasts_seconds: float = 0
    """A gauge that is not said anew for this long is not shown any more; 0: until it is said otherwise."""

    @property
    def exposed(self) -> str:
        """Its name at `/metrics`; a histogram has `_bucket`, `_sum` and `_count` of it."""
        unit = {"s": "_seconds", "By": "_bytes"}.get(self.unit, "")
        stem = self.name.replace(".", "_")
        stem = stem if not unit or stem.endswith(unit) else f"{stem}{unit}"
        return f"{stem}_total" if self.kind is Kind.COUNTER else stem


# What one process reads for all, every fifteen seconds; whoever lost that seat falls silent.
_READ_BY_ONE = 60.0


def _counter(name: str, meaning: str, *labels: str, unit: str = "") -> Metric:
    return Metric(f"dealix.{name}", Kind.COUNTER, meaning, unit, labels)


def _histogram(name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(f"dealix.{name}", Kind.HISTOGRAM, meaning, "s", labels, buckets)


def _gauge(name: str, meaning: str, *labels: str, unit: str = "", lasts: float = 0) -> Metric:
    return Metric(f"dealix.{name}", Kind.GAUGE, meaning, unit, labels, lasts_seconds=lasts)


INBOUND = _counter(
    "inbound",
    "What providers told us: `new`, `repeated` (delivered again), `receipt`, `state`, `ignored`, or "
    "`quarantined` (stored raw, an operator must look)",
    "provider",
    "outcome",
)
WEBHOOK = _histogram("webhook", "From the first byte of a webhook to its answer", _WEBHOOK, "provider", "outcome")
LAG = _histogram("inbound.lag", "From the record of a message to the commit of what was decided about it", _LAG)
DECISIONS = _counter(
    "decisions",
    "Bursts of messages that were decided, by what they meant and the page of the rule book that heard it",
    "intent",
    "rule",
)
DRAFTS_MADE = _counter(
    "drafts.made", "Drafts by what became of them at once: `queued` or `held`", "kind", "status"
)
SENDS = _counter("sends", "Calls of providers, by what they came to (a send class)", "provider", "outcome")
SEND = _histogram("send", "How long a provider took to answer a send", _CALL, "provider", "outcome")
POSTPONED = _counter("sends.postponed", "Rounds over all channels in which nobody could take a message")
GIVEN_UP = _counter("sends.given_up", "Messages that no channel took in any round: a human was told")
REFUSALS = _counter("gate.refusals", "Messages that the gate did not let through, by reason", "reason")
OPT_OUTS = _counter("opt_outs", "Contacts who stopped us, by how", "source")
APPROVAL = _histogram("approval", "From a draft's birth to a human's decision about it", _HUMAN, "decision")
RECEIPTS = _counter("receipts", "Delivery receipts that found their message, by status", "provider", "status")
FAILURES = _counter("handling.failures", "Looks at a conversation that ended in a fault and are tried again")
PARKED = _counter("parked", "Events that failed again and again and were put aside for an operator")
DATABASE = _counter("database.errors", "Database operations that failed, by type of fault", "fault")
RING = _gauge("ring.connected", "1 while this process hears the ring of the others, 0 while it only sweeps")
RINGS = _counter("rings", "Rings to other processes: `sent`, `heard`, `lost`", "outcome")
SEATS = _gauge("seat.held", "1 for each seat that this process holds", "seat")
RUN_STEPS = _counter("run.steps", "Steps of workflow runs, by what they came to", "flow", "outcome")
LIMITED = _counter("limited", "Times that a budget was spent", "budget")
JOBS = _counter("background.failures", "Rounds of background work that ended in a fault", "work")
RELAY_LAG = _gauge("relay.lag", "Age of the oldest fact that is not in the timeline yet", unit="s")
RELAY_WAITING = _gauge("relay.waiting", "Facts that are not in the timeline yet")

DRAFTS = _gauge("drafts", "Drafts on their way", "status", lasts=_READ_BY_ONE)
DRAFTS_AGE = _gauge("drafts.oldest", "Age of the oldest draft on its way", "status", unit="s", lasts=_READ_BY_ONE)
DRAFTS_OVERDUE = _gauge("drafts.overdue", "Held drafts whose time to decide has passed", lasts=_READ_BY_ONE)
UNKNOWN = _gauge("sends.unknown", "Sends in doubt that nobody has resolved", lasts=_READ_BY_ONE)
DUE = _gauge("conversations.due", "Conversations that were due for more than five seconds", lasts=_READ_BY_ONE)
DUE_AGE = _gauge(
    "conversations.due.oldest", "How long the oldest of them has been due", unit="s", lasts=_READ_BY_ONE
)
QUARANTINED = _gauge("quarantine", "Bodies that wait for an operator", lasts=_READ_BY_ONE)
RUNS = _gauge("runs", "Workflow runs by status", "status", lasts=_READ_BY_ONE)
DEAD_LETTERS = _gauge("dead_letters", "Workflow runs that failed and wait for somebody", lasts=_READ_BY_ONE)
CHANNELS = _gauge(
    "channels", "Channels by what this process knows of their provider", "provider", "state", lasts=_READ_BY_ONE
)
CERTIFICATE = _gauge(
    "certificate.expires", "Until the certificate of the public address runs out", unit="s", lasts=2 * 86_400
)

BUILD = _gauge("build", "Always 1; says which version runs with which roles", "version", "roles")
STARTED = _gauge("process.start_time", "When this process started, as seconds since 1970", unit="s")
MEMORY = _gauge("process.resident_memory", "Memory of this process", unit="By")
CPU = _counter("process.cpu", "CPU time of this process", unit="s")
LOST = _counter("telemetry.lost", "Batches of telemetry that could not be delivered", "signal")

METRICS = tuple(found for found in list(vars().values()) if isinstance(found, Metric))
