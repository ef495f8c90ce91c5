"""The closed vocabulary of the language layer: an unknown word in a page is an error with a suggestion."""

from difflib import get_close_matches

STAGES = (
    "new_lead", "qualifying", "qualified", "nurturing", "meeting_booked", "meeting_done", "proposal_sent",
    "negotiating", "payment_requested", "pilot_active", "closed_won", "closed_lost", "opted_out",
)  # fmt: skip
INTENTS = (
    "greeting", "thanks", "interested", "ask_price", "wants_demo", "ask_details", "not_now", "needs_time",
    "not_interested", "qualified", "not_qualified", "meeting_booked", "meeting_done", "no_show", "cancelled",
    "reschedule", "accepted", "negotiating", "rejected", "paid", "declined", "converted", "churned",
    "replied_positive", "partnership", "human_request", "complaint", "unsubscribe", "opt_out_suspected",
    "erasure_request", "wrong_number", "question_other", "default",
)  # fmt: skip
EXPECTS = ("yes_no", "number", "date", "choice", "text", "opt_out_check")
NEVER_IF = ("question", "condition", "future", "negation")
ANSWERS = ("yes", "okay", "no", "cancel", "number", "dont_know")
STATUSES = ("draft", "shadow", "live", "retired")

# Sets of words.yml that the code itself asks for.
NEEDED_SETS = (
    "negators",
    "nominal_negators",
    "carries_negation",
    "idioms",
    "fillers",
    "question_openers",
    "conditions",
    "future_marks",
    "stop_buttons",
)


def did_you_mean(word: str, known: object) -> str:
    """` Did you mean "x"?`, or nothing when nothing is near."""
    close = get_close_matches(str(word), [str(name) for name in known], n=1, cutoff=0.5)  # type: ignore[attr-defined]
    return f' Did you mean "{close[0]}"?' if close else ""
