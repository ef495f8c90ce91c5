"""
The maintained instrumentations at our two doors: requests that come in, calls that go out.

Rule 1: no address gets into a span: one provider's token stands in its path, another's secret in its query. What
        the instrumentations write down first is overwritten here, and `exports` lets none of it out.
Rule 2: health, metrics and pages are not traced; a webhook and the API are.
"""

from typing import Any

import fastapi
from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, RequestInfo
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span

_NOT_TRACED = "/healthz,/readyz,/metrics,/console,/_nicegui"

_ADDRESSES = ("http.target", "http.url", "url.full", "url.path", "url.query")
_STRANGERS = ("client.address", "http.user_agent", "net.peer.ip", "user_agent.original")
HIDDEN = "(hidden)"


class NobodysTrace(TextMapPropagator):
    """Whoever calls us is a stranger: their trace is not continued here. Providers need not know ours."""

    def extract(self, carrier: Any, context: Context | None = None, getter: Any = None) -> Context:
        """What a stranger says of their trace is not read."""
        return Context() if context is None else context

    def inject(self, carrier: Any, context: Context | None = None, setter: Any = None) -> None:
        """Nothing is told."""

    @property
    def fields(self) -> set[str]:
        """No header is used."""
        return set()


def watch_requests(app: fastapi.FastAPI, provider: TracerProvider) -> None:
    """A span for each request; call it before the first one."""
    propagate.set_global_textmap(NobodysTrace())
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider,
        meter_provider=NoOpMeterProvider(),  # our own counts say it in our words
        server_request_hook=_on_request,
        excluded_urls=_NOT_TRACED,
        exclude_spans=["receive", "send"],
    )


def forget_requests(app: fastapi.FastAPI) -> None:
    """No more spans of requests."""
    FastAPIInstrumentor.uninstrument_app(app)


# The HTTP client is instrumented once for the process; with several houses in it, for the last that wants it.
_wanted_by: list[TracerProvider] = []


def watch_calls(provider: TracerProvider) -> None:
    """A span for each HTTP call of an adapter, whichever client it uses."""
    _wanted_by.append(provider)
    _instrument()


def forget_calls(provider: TracerProvider) -> None:
    """No more spans of calls."""
    _wanted_by.remove(provider)
    _instrument()


def _instrument() -> None:
    calls = HTTPXClientInstrumentor()
    if calls.is_instrumented_by_opentelemetry:
        calls.uninstrument()
    if _wanted_by:
        provider, nobody = _wanted_by[-1], NoOpMeterProvider()
        calls.instrument(tracer_provider=provider, meter_provider=nobody, async_request_hook=_on_call)


def _on_request(span: Span, _scope: dict[str, Any]) -> None:
    _hide(span)


async def _on_call(span: Span, request: RequestInfo) -> None:
    _hide(span)
    span.set_attribute("server.address", request.url.host)


def _hide(span: Span) -> None:
    written = getattr(span, "attributes", None) or {}
    for name in (*_ADDRESSES, *_STRANGERS):
        if name in written:
            span.set_attribute(name, HIDDEN)
