"""
How long a contact has been silent after our answer, and when that must be thought about. Pure.

Rule 1: a silence begins with our last answer and ends with any sign of the contact.
Rule 2: while a human answers, sends are paused, or something is still on its way, nobody is silent.
"""

from datetime import datetime

from bot.conversation import Conversation, Said
from rules.policies.follow_ups import LEAST_BETWEEN


def silent_since(conversation: Conversation) -> datetime | None:
    """When the answer left that the contact has not answered; None when nothing may follow it."""
    answer = unanswered(conversation)
    return answer.at if answer else None


def unanswered(conversation: Conversation) -> Said | None:
    """Our last answer since the contact last said anything; what nobody asked for is no answer."""
    if (
        conversation.is_suppressed
        or conversation.sends_paused
        or conversation.mode != "bot"
        or conversation.mailbox
        or not conversation.windows
        or conversation.on_the_way()
    ):
        return None
    for line in reversed(conversation.recent):
        if line.who == "contact":
            return None
        if line.at not in conversation.unrequested:
            return line
    return None


def look_at(conversation: Conversation) -> datetime | None:
    """When to think about a follow-up: as planned for this silence, else as soon as one could be due."""
    since = silent_since(conversation)
    if since is None:
        return None
    plan = conversation.follow_up
    if plan is not None and plan.since == since:
        return plan.at
    return since + LEAST_BETWEEN
