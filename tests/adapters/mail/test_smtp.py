"""What a mail server's answers prove about a letter; and that one in doubt is never called sent, or unsent."""

from datetime import UTC, datetime

import pytest

from adapters.mail.smtp import SmtpMail, SmtpServer
from bot.mail.letter import Letter
from bot.mail.port import message_id_of
from tests.fakes.mail import PASSWORD, fake_mail

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def letter(**more) -> Letter:
    named = {"message_id": message_id_of("act:send_email:1:send", "us@dealix.test"), **more}
    return Letter("1", "default", "c", "noura@example.com", "موعدكم", "السلام عليكم", AT, **named)


def mail(port: int, **more) -> SmtpMail:
    server = SmtpServer("127.0.0.1", port, "us@dealix.test", security="none", seconds=5, **more)
    return SmtpMail(server, lambda: AT)


async def test_a_letter_arrives_whole_under_the_id_of_its_run():
    async with fake_mail() as fake:
        result = await mail(fake.port).send(
            letter(calendar=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", method="REQUEST")
        )
        assert result.outcome == "accepted"
        (came,) = fake.letters
        assert fake.recipients == ["noura@example.com"]
        assert came["subject"] == "موعدكم"
        assert came["message-id"] == "<act-send-email-1-send@dealix.test>"
        text, invitation = came.iter_parts()
        assert text.get_content().strip() == "السلام عليكم"
        assert (invitation.get_content_type(), invitation.get_param("method")) == ("text/calendar", "REQUEST")


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ({"at_rcpt": "550 no such person"}, "refused"),
        ({"at_rcpt": "450 greylisted"}, "later"),
        ({"at_data": "554 spam"}, "refused"),
        ({"at_data": "451 try again"}, "later"),
        ({"at_data": "hang_up"}, "unknown"),
        ({"at_data": "nonsense"}, "unknown"),
    ],
)
async def test_what_an_answer_proves(trouble, outcome):
    async with fake_mail() as fake:
        for name, value in trouble.items():
            setattr(fake, name, value)
        assert (await mail(fake.port).send(letter())).outcome == outcome


async def test_a_server_that_is_not_there_took_nothing():
    async with fake_mail() as fake:
        port = fake.port
    assert (await mail(port).send(letter())).outcome == "later"
    assert (await mail(port).probe()).state == "down"


@pytest.mark.parametrize(("password", "state"), [(PASSWORD, "ok"), ("wrong", "auth_failed")])
async def test_a_password_is_tried_without_a_letter(password, state):
    async with fake_mail() as fake:
        ours = mail(fake.port, user="us", password=password)
        assert (await ours.probe()).state == state
        assert fake.letters == []
        assert (await ours.send(letter())).outcome == ("accepted" if state == "ok" else "auth_failed")


async def test_a_server_without_starttls_hears_nothing_of_a_password():
    async with fake_mail() as fake:
        server = SmtpServer("127.0.0.1", fake.port, "us@dealix.test", "us", PASSWORD, "starttls", 5)
        assert (await SmtpMail(server, lambda: AT).send(letter())).outcome != "accepted"
        assert fake.letters == []
