"""
The last gate before telemetry leaves: what may leave, and that nobody hears of a dead endpoint every second.

Rule 1: a span leaves with the attributes of `spans.TAGS` and a few of HTTP that name no address; events (faults
        with their messages) and foreign status texts stay here.
Rule 2: a span of a call to a provider outside any work of ours (a probe) does not leave.
Rule 3: what cannot be delivered is dropped and counted; it is said once a minute.
"""

import logging
import re
import time
from collections.abc import Callable, Sequence

import structlog
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status

from bot.telemetry import measures
from bot.telemetry.spans import TAGS

log = structlog.get_logger()

PREFIX = "dealix."
OURS = "dealix"

_OF_HTTP = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "http.status_code",
        "server.address",
    }
)
_ALLOWED = frozenset(PREFIX + tag for tag in TAGS) | _OF_HTTP
_METHOD = re.compile(r"[A-Z]{3,10}")

SAY_EVERY_SECONDS = 60.0


class Complaints:
    """One line a minute for each kind of trouble, with how often it happened meanwhile."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}
        self._kept: dict[str, int] = {}

    def about(self, signal: str, reason: str) -> None:
        """Something went wrong."""
        now, last = self._clock(), self._said.get(signal)
        self._kept[signal] = self._kept.get(signal, 0) + 1
        if last is None or now - last >= SAY_EVERY_SECONDS:
            self._said[signal] = now
            times = self._kept.pop(signal)
            log.warning("telemetry_not_delivered", signal=signal, reason=reason, times=times)


class Hushed(logging.Handler):
    """What the libraries of telemetry say about themselves, said once a minute and without details."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__(logging.WARNING)
        self._complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        """The text stays here: it may quote an address, and addresses hold keys."""
        self._complaints.about("opentelemetry", record.name)


class CarefulSpans(SpanExporter):
    """Lets spans out without anything that nobody allowed."""

    def __init__(self, to: SpanExporter, complaints: Complaints) -> None:
        self._to = to
        self._complaints = complaints

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand on what may leave."""
        leaving = [careful(span) for span in spans if not _is_probe(span)]
        done = self._to.export(leaving) if leaving else SpanExportResult.SUCCESS
        if done is not SpanExportResult.SUCCESS:
            measures.telemetry_lost("traces")
            self._complaints.about("traces", "not taken")
        return done

    def shutdown(self) -> None:
        """No more."""
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Hand on what waits."""
        return self._to.force_flush(timeout_millis)


class CarefulLogs(LogRecordExporter):
    """Lets log lines out; they were redacted where they were written."""

    def __init__(self, to: LogRecordExporter, complaints: Complaints) -> None:
        self._to = to
        self._complaints = complaints

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Hand on."""
        done = self._to.export(batch)
        if done is not LogRecordExportResult.SUCCESS:
            measures.telemetry_lost("logs")
            self._complaints.about("logs", "not taken")
        return done

    def shutdown(self) -> None:
        """No more."""
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 10_000) -> bool:
        """Hand on what waits: an exporter keeps nothing back."""
        return True


class CarefulMetrics(MetricExporter):
    """Lets metrics out; their labels are a closed list."""

    def __init__(self, to: MetricExporter, complaints: Complaints) -> None:
        super().__init__(to._preferred_temporality, to._preferred_aggregation)
        self._to = to
        self._complaints = complaints

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object
    ) -> MetricExportResult:
        """Hand on."""
        done = self._to.export(metrics_data, timeout_millis, **kwargs)
        if done is not MetricExportResult.SUCCESS:
            measures.telemetry_lost("metrics")
            self._complaints.about("metrics", "not taken")
        return done

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Hand on what waits."""
        return self._to.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """No more."""
        self._to.shutdown(timeout_millis, **kwargs)


def careful(span: ReadableSpan) -> ReadableSpan:
    """The same span, without what nobody allowed."""
    is_ours = span.instrumentation_scope is not None and span.instrumentation_scope.name == OURS
    attributes = {name: value for name, value in (span.attributes or {}).items() if name in _ALLOWED}
    return ReadableSpan(
        name=span.name if is_ours else _name_of_call(span, attributes),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=(),
        links=span.links,
        kind=span.kind,
        status=span.status if is_ours else Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _is_probe(span: ReadableSpan) -> bool:
    return span.kind is SpanKind.CLIENT and span.parent is None


def _name_of_call(span: ReadableSpan, attributes: dict[str, object]) -> str:
    """The method, and the route as it is written in our code; never the address that somebody called."""
    method = span.name.partition(" ")[0]
    shown = method if _METHOD.fullmatch(method) else "HTTP"
    return f"{shown} {attributes['http.route']}" if "http.route" in attributes else shown
