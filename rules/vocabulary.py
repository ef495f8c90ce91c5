"""
The closed list of words that a rule page may use.

Rule 1: a word that does not stand here is refused when a book loads, with its line and the nearest word.
Rule 2: stages and events are named by the deal flow, wording keys by the wordings; a test keeps the lists equal,
        because the rules may not import the flows.
"""

CHAPTERS = ("safety", "understanding", "routing", "replies", "approval", "follow_up")
"""Also the order in which chapters have their say."""

STATUSES = ("draft", "shadow", "live", "retired")

STAGES = (
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
)

INTENTS = {
    # what must be heard before anything else
    "unsubscribe": "asks us to stop writing",
    "opt_out_suspected": "may be asking us to stop",
    "complaint": "is angry, or complains about us",
    "human_request": "wants to talk to a person",
    "wrong_number": "says that we wrote to the wrong person",
    "erasure_request": "wants personal data shown, corrected or erased",
    "paid": "claims to have paid",
    # what happened to the deal, in the contact's words
    "accepted": "agrees to a proposal",
    "rejected": "turns a proposal down",
    "negotiating": "bargains about price or terms",
    "declined": "will not pay",
    "converted": "wants to go on after the pilot",
    "churned": "will not go on after the pilot",
    "meeting_booked": "says that a meeting is booked, or confirms it",
    "meeting_done": "says that the meeting was held",
    "no_show": "says that a meeting was missed",
    "cancelled": "cancels a meeting",
    "reschedule": "wants another time for a meeting",
    "needs_time": "must think, or ask somebody",
    # selling
    "interested": "is interested",
    "replied_positive": "is interested again after a pause",
    "not_interested": "is not interested, without asking us to stop",
    "not_now": "is interested later",
    "wants_demo": "wants to see it, or to meet",
    "ask_price": "asks the price",
    "ask_details": "asks what we do and how",
    "question_other": "asks something else",
    "qualified": "answers a question about the business in a way that fits us",
    "not_qualified": "says something about the business that does not fit us",
    "partnership": "wants to be a partner",
    # manners
    "thanks": "thanks us",
    "greeting": "greets us",
    "default": "nobody understood it",
}
"""Each intent with what it says about the contact."""

KINDS = (
    "text",
    "button",
    "image",
    "video",
    "audio",
    "voice",
    "document",
    "sticker",
    "location",
    "contact_card",
    "reaction",
    "edit",
    "deletion",
    "poll",
    "call",
    "order",
    "unreadable",
    "other",
)

EXPECTS = ("", "yes_no", "number", "date", "choice", "text", "opt_out_check")
ANSWERS = ("", "yes", "okay", "no", "cancel", "number", "dont_know", "other")
SCRIPTS = ("arabic", "latin", "mixed", "none")
LANGUAGES = ("ar", "en")
OPT_OUTS = ("", "hard", "suspected")
BUTTONS = ("", "opt_out_yes", "opt_out_no")
"""Ids of buttons that rules read; every other id reaches a rule as its title in the text."""

SLOTS = ("monthly_leads", "follow_up_problem", "has_sales_team", "monthly_budget_sar", "start_date")

MESSAGE_EVENTS = {
    "start_qualifying": (("new_lead", "nurturing"), "qualifying"),
    "qualified": (("qualifying",), "qualified"),
    "not_qualified": (("qualifying",), "nurturing"),
    "parked": (("new_lead", "qualifying", "qualified"), "nurturing"),
    "needs_time": (("meeting_done",), "nurturing"),
    "negotiate": (("proposal_sent",), "negotiating"),
    "opted_out": (tuple(stage for stage in STAGES if stage != "opted_out"), "opted_out"),
}
"""Events of the deal flow that a contact's words may cause: the stages that know them, and where they lead."""

PROPOSED_EVENTS = {
    "booking_confirmed": ("new_lead", "qualifying", "qualified", "nurturing"),
    "meeting_held": ("meeting_booked",),
    "no_show_recorded": ("meeting_booked",),
    "meeting_cancelled": ("meeting_booked",),
    "deal_accepted": ("proposal_sent", "negotiating"),
    "deal_rejected": ("proposal_sent", "negotiating"),
    "payment_declined": ("payment_requested",),
    "pilot_converted": ("pilot_active",),
    "pilot_churned": ("pilot_active",),
    "interest_lost": ("new_lead", "qualifying", "qualified", "nurturing", "meeting_booked", "meeting_done"),
}
"""Events that a contact's words may only propose to an approver, and the stages that know them."""

FLAGS = (
    "opt_out",
    "suspect_opt_out",
    "hand_to_human",
    "complaint",
    "verify_payment",
    "secret",
    "erasure_request",
    "access_request",
    "correction_request",
    "resume_consent",
    "repeat_please",
)

CAREFUL_FLAGS = frozenset(
    {
        "hand_to_human",
        "complaint",
        "verify_payment",
        "secret",
        "erasure_request",
        "access_request",
        "correction_request",
    }
)
"""Flags that only add care: they are kept even when a safer page decides the message."""

ACTIONS = (
    "send_whatsapp",
    "send_email",
    "send_sms",
    "book_meeting",
    "send_proposal",
    "request_payment",
    "enroll_sequence",
    "classify_reply",
    "escalate_human",
    "sync_crm",
    "log_activity",
    "onboard_customer",
    "generate_report",
    "do_nothing",
)

HOLDS = (
    "commercial_stage",
    "complaint",
    "confirm_outcome",
    "engine_disagreed",
    "erasure_request",
    "late_message",
    "legal_question",
    "long_message",
    "low_confidence",
    "meeting_time",
    "negotiation",
    "not_understood",
    "not_understood_twice",
    "partnership",
    "payment_claim",
    "closed_deal",
    "question_needs_an_answer",
    "reschedule",
    "wrong_number",
)
"""Why a reply waits for a human; each is a wording `hold.<reason>`."""

SILENCES = (
    "acknowledged",
    "auto_reply",
    "deleted_message",
    "opted_out",
    "reaction_or_sticker",
)
"""Why nothing is said; each is a wording `silence.<reason>`."""

SAYS = (
    "ai_objection",
    "ask_next_question",
    "ask_to_repeat",
    "ask_to_write_it",
    "book_a_meeting",
    "budget_objection",
    "clarify",
    "closed_deal_reply",
    "colleague_will_answer",
    "complaint_apology",
    "crm_objection",
    "details_then_first_question",
    "details_then_meeting",
    "erasure_received",
    "file_received",
    "greeting_and_offer",
    "greeting_short",
    "i_am_a_bot",
    "interest_then_first_question",
    "legal_question_reply",
    "meeting_change_received",
    "meeting_confirmed_thanks",
    "meeting_not_booked_yet",
    "meeting_reply",
    "meeting_time_received",
    "missed_call",
    "negotiation_reply",
    "not_a_fit_now",
    "not_interested_goodbye",
    "not_now_reply",
    "not_understood_draft",
    "opt_out_check",
    "opt_out_confirmation",
    "opt_out_resumed",
    "outcome_reply",
    "partnership_reply",
    "payment_claim_reply",
    "payment_reply",
    "pilot_reply",
    "price_on_request",
    "price_on_request_then_meeting",
    "price_public",
    "price_public_then_meeting",
    "proposal_reply",
    "qualified_offer_meeting",
    "question_will_be_answered",
    "secret_warning",
    "take_your_time",
    "thanks_reply",
    "welcome_back",
    "wishes_returned",
    "wrong_number_reply",
)
"""What the bot can say to a contact."""

WORDINGS = (*SAYS, *(f"hold.{reason}" for reason in HOLDS), *(f"silence.{reason}" for reason in SILENCES))
