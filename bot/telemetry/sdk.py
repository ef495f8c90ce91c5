"""
OpenTelemetry, set up for one process: where spans, numbers and lines are kept and sent.

Rule 1: everything leaves in batches from bounded queues in threads of their own; a full queue drops.
Rule 2: nothing is registered globally: two houses in one process do not disturb each other, and a strange library
        that traces by itself sends nothing through us.
Rule 3: whoever calls us does not continue their trace in ours, and providers do not learn ours.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    MetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from bot.phones import without_phones
from bot.telemetry import measures
from bot.telemetry.catalogue import METRICS, Kind, Metric
from bot.telemetry.exports import (
    OURS,
    PREFIX,
    CarefulLogs,
    CarefulMetrics,
    CarefulSpans,
    Complaints,
    Hushed,
)
from bot.telemetry.spans import TAGS, Tag

# Codes and names are shorter; whatever is longer is not one.
TAG_CHARACTERS = 120

_SEVERITIES = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
_LINE = logging.getLogger("opentelemetry")


@dataclass(frozen=True, slots=True)
class Target:
    """Where one kind of telemetry goes."""

    endpoint: str = ""
    """The whole address; empty: nowhere."""
    console: bool = False

    @property
    def is_on(self) -> bool:
        return bool(self.endpoint) or self.console


@dataclass(frozen=True, slots=True)
class Plan:
    """What is on."""

    service: str
    version: str
    instance: str
    traces: Target = Target()
    metrics: Target = Target()
    logs: Target = Target()
    headers: Mapping[str, str] = field(default_factory=dict)
    sampler: str = "parentbased_always_on"
    sampler_argument: float = 1.0
    keeps_numbers: bool = True
    """Whether metrics are kept for `/metrics`."""


class Kept:
    """The span of OpenTelemetry, as ours."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def tag(self, **tags: Tag) -> None:
        """Say what it was about; a trace that is not kept is not written on."""
        if not self._span.is_recording():
            return
        for name, value in tags.items():
            if name not in TAGS:
                raise ValueError(f"{name!r} is not among the tags of spans; see bot.telemetry.spans.TAGS")
            self._span.set_attribute(PREFIX + name, _short(value))

    def link(self, traceparent: str) -> None:
        """It is about that too."""
        if (found := read(traceparent)) is not None:
            self._span.add_link(found)

    def fail(self, reason: str) -> None:
        """It went wrong."""
        self._span.set_status(Status(StatusCode.ERROR, reason[:TAG_CHARACTERS]))


class Traces:
    """`spans.Tracing` by OpenTelemetry."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer(OURS)

    @contextmanager
    def begin(
        self, name: str, within: str, linked: Sequence[str], tags: dict[str, Tag], *, is_entry: bool
    ) -> Iterator[Kept]:
        """A span that is open inside the block."""
        parent = _context_of(within)
        if parent is None and is_entry:
            parent = contexts.Context()
        links = [Link(found) for text in linked if (found := read(text)) is not None]
        with self._tracer.start_as_current_span(
            name, context=parent, links=links, record_exception=False, set_status_on_exception=False
        ) as span:
            kept = Kept(span)
            kept.tag(**tags)
            yield kept

    def here(self) -> str:
        """The `traceparent` of the open span, empty when none is."""
        return written(trace.get_current_span().get_span_context())

    def trace_id(self) -> str:
        """The trace of the open span, empty when none is."""
        found = trace.get_current_span().get_span_context()
        return f"{found.trace_id:032x}" if found.is_valid else ""


class Numbers:
    """`measures.Board` by OpenTelemetry."""

    def __init__(self, provider: MeterProvider) -> None:
        meter = provider.get_meter(OURS)
        self._histograms: dict[str, Any] = {}
        for metric in METRICS:
            told = {"unit": metric.unit or "1", "description": metric.meaning}
            match metric.kind:
                case Kind.COUNTER:
                    meter.create_observable_counter(metric.name, [_reading(metric)], **told)
                case Kind.HISTOGRAM:
                    self._histograms[metric.name] = meter.create_histogram(
                        metric.name, explicit_bucket_boundaries_advisory=metric.buckets, **told
                    )
                case Kind.GAUGE:
                    meter.create_observable_gauge(metric.name, [_reading(metric)], **told)

    def observe(self, metric: Metric, value: float, labels: measures.Labels) -> None:
        """One that took so long."""
        self._histograms[metric.name].record(value, labels)


class Machinery:
    """Everything that runs for telemetry in this process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        complaints = Complaints()
        self._hushed = Hushed(complaints)
        _LINE.addHandler(self._hushed)
        _LINE.propagate = False
        resource = Resource.create(
            {"service.name": plan.service, "service.version": plan.version, "service.instance.id": plan.instance}
        )
        self._registry = CollectorRegistry()
        self.tracer_provider = self._tracing(resource, complaints) if plan.traces.is_on else None
        self.traces = Traces(self.tracer_provider) if self.tracer_provider else None
        self._meters = self._metering(resource, complaints)
        self.numbers = Numbers(self._meters) if self._meters else None
        self._lines = self._logging(resource, complaints) if plan.logs.endpoint else None
        self._logger = self._lines.get_logger(OURS) if self._lines else None

    def page(self) -> bytes:
        """All numbers, as Prometheus reads them."""
        return generate_latest(self._registry)

    @property
    def carries_lines(self) -> bool:
        return self._logger is not None

    def carry(self, level: str, event: str, rest: Mapping[str, Any]) -> None:
        """One log line."""
        assert self._logger is not None
        severity = _SEVERITIES.get(level, SeverityNumber.INFO)
        attributes = {name: _plain(value) for name, value in rest.items()}
        self._logger.emit(
            LogRecord(severity_number=severity, severity_text=level, body=event, attributes=attributes)
        )

    def stop(self) -> None:
        """Send what waits, however long that takes: call it in a thread that may be left behind."""
        for provider in (self.tracer_provider, self._lines, self._meters):
            if provider is not None:
                provider.shutdown()
        _LINE.removeHandler(self._hushed)

    def _tracing(self, resource: Resource, complaints: Complaints) -> TracerProvider:
        provider = TracerProvider(_sampler(self.plan), resource=resource, shutdown_on_exit=False)
        for exporter in _span_exporters(self.plan):
            provider.add_span_processor(BatchSpanProcessor(CarefulSpans(exporter, complaints)))
        return provider

    def _metering(self, resource: Resource, complaints: Complaints) -> MeterProvider | None:
        target, readers = self.plan.metrics, list[MetricReader]()
        if self.plan.keeps_numbers:
            readers.append(PrometheusMetricReader(scope_info_enabled=False, registry=self._registry))
        if target.endpoint:
            exporter = OTLPMetricExporter(endpoint=target.endpoint, headers=dict(self.plan.headers) or None)
            readers.append(PeriodicExportingMetricReader(CarefulMetrics(exporter, complaints)))
        if target.console:
            exporter = ConsoleMetricExporter(out=sys.stderr)
            readers.append(PeriodicExportingMetricReader(CarefulMetrics(exporter, complaints)))
        if not readers:
            return None
        return MeterProvider(readers, resource=resource, shutdown_on_exit=False)

    def _logging(self, resource: Resource, complaints: Complaints) -> LoggerProvider:
        provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPLogExporter(endpoint=self.plan.logs.endpoint, headers=dict(self.plan.headers) or None)
        provider.add_log_record_processor(BatchLogRecordProcessor(CarefulLogs(exporter, complaints)))
        return provider


def written(found: SpanContext) -> str:
    """A span's place as W3C writes it, empty when there is none."""
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{int(found.trace_flags):02x}"


def read(traceparent: str) -> SpanContext | None:
    """A place that was stored; None when nothing readable was."""
    parts = traceparent.split("-")
    if [len(part) for part in parts] != [2, 32, 16, 2]:
        return None
    try:
        trace_id, span_id, flags = (int(part, 16) for part in parts[1:])
    except ValueError:
        return None
    found = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return found if found.is_valid else None


def _context_of(traceparent: str) -> contexts.Context | None:
    found = read(traceparent)
    return None if found is None else trace.set_span_in_context(NonRecordingSpan(found), contexts.Context())


def _sampler(plan: Plan) -> Sampler:
    """The samplers of OTEL_TRACES_SAMPLER; settings have checked the name."""
    ratio = TraceIdRatioBased(min(1.0, max(0.0, plan.sampler_argument)))
    root = {"always_on": ALWAYS_ON, "always_off": ALWAYS_OFF, "traceidratio": ratio}
    name = plan.sampler.removeprefix("parentbased_")
    return root[name] if name == plan.sampler else ParentBased(root[name])


def _span_exporters(plan: Plan) -> list[SpanExporter]:
    found: list[SpanExporter] = []
    if plan.traces.endpoint:
        found.append(OTLPSpanExporter(endpoint=plan.traces.endpoint, headers=dict(plan.headers) or None))
    if plan.traces.console:
        found.append(ConsoleSpanExporter(out=sys.stderr))
    return found


def _reading(metric: Metric) -> Any:
    def read_now(_options: CallbackOptions) -> list[Observation]:
        return [Observation(value, labels) for value, labels in measures.readings(metric)]

    return read_now


def _short(value: Tag) -> Any:
    match value:
        case str():
            return without_phones(value)[:TAG_CHARACTERS]
        case bool() | int() | float():
            return value
    return [without_phones(str(one))[:TAG_CHARACTERS] for one in list(value)[:20]]


def _plain(value: Any) -> Any:
    """A value of a log line as OTLP carries it."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(value)
