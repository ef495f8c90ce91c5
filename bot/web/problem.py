"""Every refusal as problem+json, with a machine code and a sentence in Arabic and in English."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bot.errors import DealixError
from bot.logs import trail

logger = structlog.get_logger()

_TITLES = {
    400: ("the request cannot be read", "تعذّرت قراءة الطلب"),
    401: ("say who you are", "عرّف بنفسك أولًا"),
    403: ("you may not do this", "ليست لديك الصلاحية"),
    404: ("there is nothing at this address", "لا يوجد شيء في هذا العنوان"),
    405: ("this address does not take that verb", "هذا العنوان لا يقبل هذه العملية"),
    408: ("the body took too long", "استغرق وصول الطلب وقتًا طويلًا"),
    409: ("this collides with something else", "يتعارض هذا مع شيء آخر"),
    413: ("the body is too large", "حجم الطلب كبير جدًا"),
    422: ("a value in the request is not allowed", "توجد قيمة غير مقبولة في الطلب"),
    429: ("too much at once; wait a moment", "طلبات كثيرة؛ انتظر قليلًا"),
    500: ("something of ours broke; it is written down", "حدث خلل لدينا وتم تسجيله"),
    503: ("not ready yet; try again in a moment", "الخدمة ليست جاهزة بعد؛ حاول بعد قليل"),
}


def problem(
    status: int, code: str, message_en: str, message_ar: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One refusal."""
    content = {
        "type": "about:blank",
        "title": _TITLES.get(status, _TITLES[500])[0],
        "status": status,
        "code": code,
        "message_en": message_en,
        "message_ar": message_ar,
        **more,
    }
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def answer_to(refused: DealixError, headers: dict[str, str] | None = None) -> JSONResponse:
    """One refusal of ours."""
    headers = {**_headers_of(refused), **(headers or {})}
    return problem(
        refused.status, refused.code, refused.message_en, refused.message_ar, headers, **dict(refused.details)
    )


def _headers_of(refused: DealixError) -> dict[str, str]:
    """What a program reads before the body: how to prove who it is, and when to come back."""
    wait = refused.details.get("retry_after_seconds")
    later = {"Retry-After": str(wait)} if wait else {}
    return {**later, "WWW-Authenticate": "Bearer"} if refused.code == "unauthenticated" else later


def not_ready() -> JSONResponse:
    """The answer while the house is being prepared or its database is away."""
    return problem(503, "not_ready", *_TITLES[503], headers={"Retry-After": "2"})


def answer_503_to(app: FastAPI, unreachable: tuple[type[Exception], ...]) -> None:
    """While the database is away, the caller is asked to come back."""

    async def away(_: Request, refused: Exception) -> JSONResponse:
        logger.warning("answered_503", reason=type(refused).__name__)
        return not_ready()

    for kind in unreachable:
        app.add_exception_handler(kind, away)


def install(app: FastAPI) -> None:
    """Answer every refusal of this application as a problem."""

    async def ours(_: Request, refused: Exception) -> JSONResponse:
        assert isinstance(refused, DealixError)
        return answer_to(refused)

    async def invalid(_: Request, refused: Exception) -> JSONResponse:
        assert isinstance(refused, RequestValidationError)
        # Places and reasons only: the values may be what a contact wrote.
        errors = [{"at": ".".join(str(p) for p in e["loc"]), "reason": e["msg"]} for e in refused.errors()]
        en, ar = _TITLES[422]
        return problem(
            422, "invalid_request", f"{en}: {_listed(errors)}", f"{ar}: {_listed(errors)}", errors=errors
        )

    async def http(_: Request, refused: Exception) -> JSONResponse:
        assert isinstance(refused, HTTPException)
        en, ar = _TITLES.get(refused.status_code, _TITLES[500])
        return problem(refused.status_code, "http_error", en, ar, dict(refused.headers or {}))

    async def broken(_: Request, fault: Exception) -> JSONResponse:
        logger.error("request_failed", **trail(fault))
        return problem(500, "internal", *_TITLES[500])

    app.add_exception_handler(DealixError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, broken)


def _listed(errors: list[dict[str, str]]) -> str:
    return "; ".join(f"{e['at']}: {e['reason']}" for e in errors[:5])
