"""
What of telemetry is on, by the settings, and the one handle by which a house starts and stops it.

Rule 1: the service starts whatever is wrong with telemetry, libraries that are missing or broken, an endpoint
        that is dead, and says so in one line.
Rule 2: without an endpoint nothing is traced and nothing is sent; numbers are kept for `GET /metrics`.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import structlog

from bot.logs import trail
from bot.settings import Settings
from bot.telemetry import catalogue, lines, measures, spans

log = structlog.get_logger()

# A process that is told to stop sends what waits for so long, and not longer: a dead endpoint must not hold it.
PATIENCE_AT_STOP_SECONDS = 3.0


@dataclass(slots=True)
class Telemetry:
    """What of it runs in this process."""

    machinery: Any = None
    doors: ModuleType | None = None
    app: Any = None

    @property
    def traces(self) -> bool:
        """Whether spans are kept."""
        return self.machinery is not None and self.machinery.traces is not None

    def page(self) -> bytes | None:
        """All numbers as Prometheus reads them; None when nobody keeps any."""
        if self.machinery is None or not self.machinery.plan.keeps_numbers:
            return None
        return bytes(self.machinery.page())

    def watch(self, app: Any) -> None:
        """Trace the requests of an application, and what adapters call; before its first request."""
        if self.doors is not None:
            self.app = app
            self.doors.watch_requests(app, self.machinery.tracer_provider)
            self.doors.watch_calls(self.machinery.tracer_provider)

    async def stop(self) -> None:
        """Send what waits, within a few seconds, and no more."""
        if self.machinery is None:
            return
        machinery, self.machinery = self.machinery, None
        if machinery.traces is not None:
            spans.end(machinery.traces)
        lines.end(machinery.carry)
        if self.doors is not None:
            self.doors.forget_calls(machinery.tracer_provider)
            self.doors.forget_requests(self.app)
        # A thread that may be left behind: the one of `to_thread` would be waited for at the end of the process.
        stopping = threading.Thread(target=machinery.stop, name="telemetry stops", daemon=True)
        stopping.start()
        await asyncio.to_thread(stopping.join, PATIENCE_AT_STOP_SECONDS)
        if machinery.numbers is not None:
            measures.end(machinery.numbers)


def open_telemetry(settings: Settings, version: str, instance: str, roles: Sequence[str] = ()) -> Telemetry:
    """
    Start what is configured; never raises for what is wrong with telemetry itself.

    Args:
        instance: what tells this process from the others of the same service.
        roles: what this process does, as `dealix up --role` names it.
    """
    wants_traces, wants_anything = _wanted(settings)
    if settings.otel_disabled or not wants_anything:
        why = "OTEL_SDK_DISABLED" if settings.otel_disabled else "no OTEL_EXPORTER_OTLP_ENDPOINT"
        log.warning("telemetry_goes_nowhere", reason=why, metrics=settings.metrics)
        if settings.metrics == "off":
            return Telemetry()
    try:
        sdk = import_module("bot.telemetry.sdk")
        doors = import_module("bot.telemetry.doors") if wants_traces else None
        machinery = sdk.Machinery(_plan(sdk, settings, version, instance))
    except Exception as broken:  # noqa: BLE001  (the border to libraries that may be half installed: rule 1)
        log.warning("telemetry_is_off", missing=getattr(broken, "name", None) or "", **trail(broken))
        return Telemetry()
    if machinery.numbers is not None:
        measures.begin(machinery.numbers)
        measures.gauge(catalogue.BUILD, 1, version=version, roles=",".join(roles) or "all")
        measures.gauge(catalogue.STARTED, time.time())
    if machinery.traces is not None:
        spans.begin(machinery.traces)
    if machinery.carries_lines:
        lines.begin(machinery.carry)
    return Telemetry(machinery, doors)


def _wanted(settings: Settings) -> tuple[bool, bool]:
    """Whether spans are kept, and whether anything is sent anywhere."""
    if settings.otel_disabled:
        return False, False
    traces = bool(settings.otel_traces_endpoint or settings.otel_endpoint or settings.otel_console)
    others = bool(settings.otel_metrics_endpoint or settings.otel_logs_endpoint)
    return traces, traces or others


def _plan(sdk: Any, settings: Settings, version: str, instance: str) -> Any:
    is_on = not settings.otel_disabled

    def target(own: str, path: str, *, console: bool = False) -> Any:
        base = settings.otel_endpoint.rstrip("/")
        endpoint = own or (f"{base}/v1/{path}" if base else "")
        return sdk.Target(endpoint if is_on else "", console and is_on)

    return sdk.Plan(
        service=settings.otel_service_name,
        version=version,
        instance=instance,
        traces=target(settings.otel_traces_endpoint, "traces", console=settings.otel_console),
        metrics=target(settings.otel_metrics_endpoint, "metrics", console=settings.otel_console),
        logs=target(settings.otel_logs_endpoint, "logs"),
        headers=_headers(settings.otel_headers.get_secret_value()),
        sampler=settings.otel_sampler,
        sampler_argument=settings.otel_sampler_argument,
        keeps_numbers=settings.metrics != "off",
    )


def _headers(written: str) -> dict[str, str]:
    """`name=value,name=value` with escapes, as OpenTelemetry writes them."""
    pairs = (part.partition("=") for part in written.split(",") if "=" in part)
    return {unquote(name.strip()).lower(): unquote(value.strip()) for name, _, value in pairs}
