"""
A WhatsApp provider that is not one: one real HTTP server that speaks four contracts on one port.

In a test:

    async with FakeWhatsApp() as fake:                  # free port on 127.0.0.1
        account = ACCOUNTS
        provider = GreenApi(..., api_url=fake.url, instance_id=account.green_instance, token=account.green_token)
        fake.script("green_api", "timeout_after_accept", times=1)
        ...
        fake.ledger          # every message that a provider took: Entry(provider, recipient, text, ...)
        fake.calls           # how often each provider was asked to send, taken or not
        fake.heard           # each of those requests: Heard(provider, text, behaviour, at, ...)
        fake.heals("green_api")
        fake.clear()

As a process that outlives ours: `python -m tests.fakes.whatsapp --port 8099 --record sent.jsonl`. It prints
`http://127.0.0.1:8099` when it listens, appends each entry to the file before it answers, and reads the file
again when it is started again.

Over HTTP: `GET /_ledger`, `DELETE /_ledger`, `GET /_calls`, `POST /_script {provider, behaviour, times?}`,
`DELETE /_script`.

Base URLs: all four providers use `fake.url`; Meta takes it as `graph_url`.

Behaviours (`times` calls of send, or until cleared when left out):
    ok                    take the message
    refuse:<code>         refuse with the provider's own code: Meta `refuse:131047`, Green API `refuse:466` or
                          `refuse:400:instance is starting or not authorized`, Ultramsg and Fonnte `refuse:<text>`
    auth                  refuse our credentials; also when probed
    rate_limit[:<secs>]   429 with `Retry-After: 7`, or as many seconds as named
    timeout_after_accept  take the message and never answer
    cut_reply             take the message and break off in the middle of the answer
    html_200              answer a page of some proxy with 200; nothing is taken
    slow:<seconds>        take the message late; also when probed
    server_error          502 with a page; nothing is taken; also when probed
    down                  close the connection without a word; nothing is taken; also when probed. An adapter
                          cannot know that and must call it ambiguous. For a refused connection, `stop()` the fake
    unlinked              the phone is not linked: Green API and Ultramsg take and queue, Fonnte and Meta refuse;
                          also when probed
    reply:<status>:<body> answer exactly so; nothing is taken; also when probed
Probes do not use up `times`.
"""

from tests.fakes.whatsapp.accounts import ACCOUNTS, Accounts
from tests.fakes.whatsapp.heard import Heard
from tests.fakes.whatsapp.ledger import Entry
from tests.fakes.whatsapp.server import FakeWhatsApp

__all__ = ["ACCOUNTS", "Accounts", "Entry", "FakeWhatsApp", "Heard"]
