"""
A collector of telemetry that is not one: a real HTTP server that takes OTLP and remembers it.

    with FakeCollector() as collector:         # free port on 127.0.0.1
        ... OTEL_EXPORTER_OTLP_ENDPOINT=collector.url ...
        collector.spans, collector.lines, collector.numbers
        collector.everything                    # every byte of it as text, for looking for what must not be there
"""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_TAKES = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One span that arrived."""

    name: str
    trace: str
    id: str
    parent: str
    links: tuple[tuple[str, str], ...]
    """(trace, span)"""
    attributes: dict[str, Any]
    is_error: bool
    reason: str
    scope: str
    service: str
    events: int

    def says(self, tag: str) -> Any:
        """One of our tags."""
        return self.attributes.get(f"dealix.{tag}")


class FakeCollector:
    """Takes everything, or nothing while `refuses`."""

    def __init__(self) -> None:
        self.refuses = False
        self.asked = 0
        self.headers: list[dict[str, str]] = []
        self._taken: list[tuple[str, Any, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FakeCollector":
        self._thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """One request; answers the status."""
        self.asked += 1
        self.headers.append(headers)
        if self.refuses:
            return 503
        message = _TAKES[path]()
        message.ParseFromString(body)
        self._taken.append((path, message, str(MessageToDict(message))))
        return 200

    @property
    def everything(self) -> str:
        """All that arrived, as text."""
        return "\n".join(text for _, _, text in list(self._taken))

    @property
    def spans(self) -> list[Seen]:
        return [
            _seen(span, scoped.scope.name, dict(_pairs(whole.resource.attributes)))
            for path, message, _ in list(self._taken)
            if path == "/v1/traces"
            for whole in message.resource_spans
            for scoped in whole.scope_spans
            for span in scoped.spans
        ]

    def called(self, name: str, **tags: Any) -> list[Seen]:
        """The spans of a name with these tags."""
        return [
            span
            for span in self.spans
            if span.name == name and all(span.says(tag) == value for tag, value in tags.items())
        ]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Log lines: event, severity, trace, and what else they say."""
        return [
            {
                "event": line.body.string_value,
                "severity": line.severity_text,
                "trace": line.trace_id.hex(),
                **dict(_pairs(line.attributes)),
            }
            for path, message, _ in list(self._taken)
            if path == "/v1/logs"
            for whole in message.resource_logs
            for scoped in whole.scope_logs
            for line in scoped.log_records
        ]

    @property
    def numbers(self) -> set[str]:
        """Names of the metrics that arrived."""
        return {
            metric.name
            for path, message, _ in list(self._taken)
            if path == "/v1/metrics"
            for whole in message.resource_metrics
            for scoped in whole.scope_metrics
            for metric in scoped.metrics
        }


def _seen(span: Any, scope: str, resource: dict[str, Any]) -> Seen:
    return Seen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        attributes=dict(_pairs(span.attributes)),
        is_error=span.status.code == 2,
        reason=span.status.message,
        scope=scope,
        service=str(resource.get("service.name", "")),
        events=len(span.events),
    )


def _pairs(attributes: Any) -> list[tuple[str, Any]]:
    return [(pair.key, _value(pair.value)) for pair in attributes]


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None


def _handler_of(collector: FakeCollector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status = collector.take(self.path, body, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_what: object) -> None:
            return None

    return Handler
