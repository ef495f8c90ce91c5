"""An event of a lead with the field names that callers of `/os` already know."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from bot.ask import Asked
from bot.moments import Moment
from bot.phones import BadPhone, normalise
from flows.deal import STAGES

Stage = Literal[
    "new_lead",
    "qualifying",
    "qualified",
    "nurturing",
    "meeting_booked",
    "meeting_done",
    "proposal_sent",
    "negotiating",
    "payment_requested",
    "pilot_active",
    "closed_won",
    "closed_lost",
    "opted_out",
]
Source = Literal[
    "whatsapp_inbound",
    "website_form",
    "linkedin_reply",
    "email_reply",
    "outreach_reply",
    "referral",
    "partner",
    "manual",
]
Short = Annotated[str, StringConstraints(max_length=200)]


class Event(BaseModel):
    """Something a lead did, as a caller reports it."""

    model_config = ConfigDict(extra="ignore")

    lead_id: Short = ""
    phone: Short = ""
    email: Short = ""
    company: Short = ""
    sector: Short = ""
    source: Source = "whatsapp_inbound"
    message: str = Field("", max_length=65_536)
    event_type: Short = "inbound_message"
    event_id: Short = Field("", description="The caller's own id of this event; the same id is handled once.")
    button_id: Short = ""
    sent_at: Moment | None = None
    current_stage: Stage = Field(
        "new_lead", description="Counts for /os/process only; elsewhere the stored stage does."
    )

    @field_validator("phone")
    @classmethod
    def _one_phone_form(cls, value: str) -> str:
        if not value:
            return ""
        try:
            return normalise(value)
        except BadPhone as refused:
            raise ValueError(refused.message_en) from refused


class PureEvent(Event):
    """The same, with a context that exists only for this question."""

    expects: Literal["", "yes_no", "number", "date", "choice", "text", "opt_out_check"] = ""
    last_question: Short = ""
    unclear_before: int = Field(0, ge=0, le=100)


def asked_of(event: PureEvent) -> Asked:
    """The question without a contact that an event is."""
    assert event.current_stage in STAGES
    return Asked(
        lead_id=event.lead_id,
        text=event.message,
        stage=event.current_stage,
        expects=event.expects,
        last_question=event.last_question,
        button_id=event.button_id,
        unclear_before=event.unclear_before,
    )
