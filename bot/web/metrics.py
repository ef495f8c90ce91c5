"""
`GET /metrics`: the numbers of this process, as Prometheus reads them.

Rule 1: numbers are of all tenants together, so no token of a tenant opens this door. It opens to whoever asks
        from this very machine while the service listens to nobody else, to the key of DEALIX_METRICS_KEY, and
        to everybody where DEALIX_METRICS=open.
Rule 2: a request that a proxy passed on comes from elsewhere, whatever address it shows.
"""

import hmac
from collections.abc import Callable
from ipaddress import ip_address

from fastapi import APIRouter, Request, Response

from bot.errors import BadSignature, NotFound
from bot.settings import Settings

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

_BY_PROXY = ("forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host")


class NoKey(BadSignature):
    """Whoever asks for metrics has not shown the key."""

    code, status = "metrics_locked", 401


def router(page: Callable[[], bytes | None], settings: Settings) -> APIRouter:
    """
    The door of one process.

    Args:
        page: the numbers now; None when nobody keeps any.
    """
    routes = APIRouter(tags=["metrics"])

    @routes.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """Every number of the catalogue."""
        _let_in(request, settings)
        numbers = page()
        if numbers is None:
            raise NotFound(
                "no metrics are kept here: DEALIX_METRICS is off, or OpenTelemetry is not installed",
                "لا تُحفظ مقاييس هنا: DEALIX_METRICS موقوف أو أن OpenTelemetry غير مثبت",
            )
        return Response(numbers, media_type=PROMETHEUS)

    return routes


def _let_in(request: Request, settings: Settings) -> None:
    if settings.metrics == "open":
        return
    key, shown = settings.metrics_key.get_secret_value(), request.headers.get("authorization", "")
    if key and hmac.compare_digest(shown.encode(), f"Bearer {key}".encode()):
        return
    if key or not _is_from_here(request, settings):
        raise NoKey(
            "metrics are read with the header `Authorization: Bearer` and the key of DEALIX_METRICS_KEY; "
            "DEALIX_METRICS=open lets everybody read them",
            "تُقرأ المقاييس بالترويسة Authorization: Bearer وبالمفتاح DEALIX_METRICS_KEY؛ "
            "أما DEALIX_METRICS=open فيتيحها للجميع",
        )


def _is_from_here(request: Request, settings: Settings) -> bool:
    asker = request.client.host if request.client else ""
    passed_on = any(name in request.headers for name in _BY_PROXY)
    return _is_loopback(settings.host) and _is_loopback(asker) and not passed_on


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
