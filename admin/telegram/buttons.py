"""
Which buttons a message carries, and what a tap on one says.

Rule 1: a button names an action, an id and the version of the wording it was shown with; never a text or a sum.
Rule 2: whoever taps may be lying and may be late: the id, the version and the person are checked again where the
        action is done.
"""

from collections.abc import Sequence

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from admin.telegram.sentences import Language, say
from bot.cards import REJECT_REASONS, Action, Card, ContactView

SNOOZE_MINUTES = (15, 60, 180)

# What buttons beyond `Action` do: they show something, or ask once more.
FULL_TEXT = "full_text"
PICK_REASON = "pick_reason"
REJECT_FOR = "reject_"
PAYMENT_SURE = "payment_sure"
BACK = "back"
OPEN_CARD = "open_card"
WRITE = "write"
SHOW = "show"


class OnDraft(CallbackData, prefix="d"):
    """A tap that concerns one draft in one wording."""

    do: str
    draft: str
    version: int
    """Of the wording; for a snooze, of the whole card, so that the same tap twice does not wait twice."""


class OnContact(CallbackData, prefix="c"):
    """A tap that concerns one contact."""

    do: str
    conversation: str


Row = list[InlineKeyboardButton]


def card_keyboard(card: Card, language: Language, *, is_cut: bool) -> InlineKeyboardMarkup | None:
    """The buttons of a card as it is now, None when there is nothing to do."""
    rows = [row for row in _action_rows(card, language) if row]
    if is_cut:
        rows.append([_on_draft(card, FULL_TEXT, say("do_full_text", language))])
    if rows and card.conversation_id:
        rows[-1].append(
            _button(say("do_contact", language), OnContact(do=SHOW, conversation=card.conversation_id))
        )
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _action_rows(card: Card, language: Language) -> list[Row]:
    def row(*actions: Action) -> Row:
        return [
            _on_draft(card, PICK_REASON if action is Action.REJECT else action, say(f"do_{action}", language))
            for action in actions
            if action in card.actions
        ]

    snooze = [
        _button(
            say(f"do_snooze_{minutes}", language),
            OnDraft(do=f"{Action.SNOOZE}_{minutes}", draft=card.draft_id, version=card.rev),
        )
        for minutes in SNOOZE_MINUTES
        if Action.SNOOZE in card.actions
    ]
    return [
        row(Action.APPROVE),
        row(Action.EDIT, Action.REJECT),
        row(Action.VERIFY_PAYMENT),
        row(Action.ARRIVED, Action.SEND_AGAIN),
        snooze,
        row(Action.TAKE_OVER, Action.HAND_BACK),
    ]


def reason_keyboard(card: Card, language: Language) -> InlineKeyboardMarkup:
    """Why not? One tap each, and a way back."""
    reasons = [_on_draft(card, f"{REJECT_FOR}{reason}", say(reason, language)) for reason in REJECT_REASONS]
    back = [_on_draft(card, BACK, say("do_back", language))]
    return InlineKeyboardMarkup(inline_keyboard=[*_pairs(reasons), back])


def payment_keyboard(card: Card, language: Language) -> InlineKeyboardMarkup:
    """Ask once more before money is believed in."""
    yes = _on_draft(card, PAYMENT_SURE, say("do_payment_yes", language))
    return InlineKeyboardMarkup(inline_keyboard=[[yes], [_on_draft(card, BACK, say("do_back", language))]])


def queued_button(card: Card, number: int) -> InlineKeyboardButton:
    """Opens the draft on a line of the queue."""
    return _on_draft(card, OPEN_CARD, f"{number} 📋")


def in_fives(numbered: Sequence[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    """Buttons that are named by the number of a line."""
    rows = [list(numbered[start : start + 5]) for start in range(0, len(numbered), 5)]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def found_keyboard(found: Sequence[ContactView]) -> InlineKeyboardMarkup | None:
    numbered = [
        _button(f"{number} 👤", OnContact(do=SHOW, conversation=view.conversation_id))
        for number, view in enumerate(found, start=1)
    ]
    return in_fives(numbered)


def contact_keyboard(view: ContactView, open_cards: Sequence[Card], language: Language) -> InlineKeyboardMarkup:
    switch = Action.HAND_BACK if view.mode == "human" else Action.TAKE_OVER
    rows: list[Row] = [
        [
            _on_contact(view, switch, say(f"do_{switch}", language)),
            _on_contact(view, WRITE, say("do_write", language)),
        ]
    ]
    rows += [
        [_on_draft(card, OPEN_CARD, f"{number} {say('do_open_card', language)}")]
        for number, card in enumerate(open_cards, start=1)
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def notice_keyboard(conversation_id: str, language: Language) -> InlineKeyboardMarkup:
    button = _button(say("do_contact", language), OnContact(do=SHOW, conversation=conversation_id))
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


def _on_draft(card: Card, do: str, label: str) -> InlineKeyboardButton:
    return _button(label, OnDraft(do=do, draft=card.draft_id, version=card.text_version))


def _on_contact(view: ContactView, do: str, label: str) -> InlineKeyboardButton:
    return _button(label, OnContact(do=do, conversation=view.conversation_id))


def _button(label: str, tap: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=tap.pack())


def _pairs(buttons: Row) -> list[Row]:
    return [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
