"""`POST /webhooks/{channel}`: answered when everything in the body is durable, and not before."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from bot.errors import BadSignature
from bot.intake import BODY_LIMIT_BYTES, Intake
from bot.telemetry.steps import answering
from bot.web.bodies import whole_body


def router(intake: Intake) -> APIRouter:
    """The doors that providers knock on."""
    routes = APIRouter(tags=["webhooks"])

    @routes.post("/webhooks/{channel_id}")
    async def receive(channel_id: str, request: Request) -> Response:
        """Take in what a provider tells us."""
        channel = intake.channel(channel_id)  # an unknown one is refused before its body is read
        with answering(channel.provider.name) as answered:
            body = await whole_body(request.receive, BODY_LIMIT_BYTES)
            taken = await intake.take(channel_id, request.headers, request.query_params, body)
            answered("quarantined" if taken.quarantined else "recorded")
        return JSONResponse(
            {
                "status": "quarantined" if taken.quarantined else "recorded",
                "events": taken.events,
                "new": taken.new,
            }
        )

    @routes.get("/webhooks/{channel_id}")
    async def subscribe(channel_id: str, request: Request) -> Response:
        """Prove to Meta that this address is ours."""
        provider = intake.channel(channel_id).provider
        verify_subscription = getattr(provider, "verify_subscription", None)
        if verify_subscription is None:
            return PlainTextResponse("this provider has no subscription to verify; it posts here\n", 405)
        try:
            return PlainTextResponse(verify_subscription(request.query_params))
        except BadSignature as refused:
            return PlainTextResponse(f"{refused.message_en}\n", 403)

    return routes
