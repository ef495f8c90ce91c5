"""The post, put together, with its action made known."""

from typing import TYPE_CHECKING

from bot.actions.room import Actions
from bot.mail.post import Post
from bot.mail.sending import send_email

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_post(m: "Materials", actions: Actions) -> Post:
    """The one way to a mailbox."""
    post = Post(m.store.letters, m.reach.mailbox, actions.watched, m.trust.alerts, m.now)
    actions.register(send_email(post))
    return post
