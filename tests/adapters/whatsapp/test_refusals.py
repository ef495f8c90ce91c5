"""Each provider's own refusals, and what they mean for the other providers."""

import json
from datetime import UTC, datetime

import pytest

from adapters.whatsapp.call import retry_after_seconds
from bot.events import Outcome, SendClass
from tests.adapters.whatsapp.seats import fonnte, green, message, meta, ultramsg

FALLBACK = SendClass.NOT_SENT_FALLBACK
FIX = SendClass.NOT_SENT_FIX_REQUEST
CONFIG = SendClass.NOT_SENT_CONFIG
AMBIGUOUS = SendClass.AMBIGUOUS
MAKERS = {"green_api": green, "ultramsg": ultramsg, "fonnte": fonnte, "meta_cloud": meta}

# provider, behaviour of the fake, class, whether an operator must act
REFUSALS = [
    ("green_api", "refuse:400:instance in starting process try later", FALLBACK, False),
    ("green_api", "refuse:400:instance is starting or not authorized", FALLBACK, True),
    ("green_api", "refuse:400:Instance account is expired. Renew it", FALLBACK, True),
    ("green_api", "refuse:400:Instance is deleted", FALLBACK, True),
    ("green_api", "refuse:400:Validation failed. Details: 'chatId' is required", FIX, True),
    ("green_api", "reply:400:plain text instance is deleted", FALLBACK, True),
    ("green_api", "refuse:401:Unauthorized", FALLBACK, True),
    ("green_api", "refuse:403:Forbidden", FALLBACK, True),
    ("green_api", "refuse:404:x", CONFIG, True),
    ("green_api", "refuse:466", FALLBACK, True),
    ("green_api", "reply:499:{}", AMBIGUOUS, False),
    ("green_api", "reply:502:{}", AMBIGUOUS, False),
    ("green_api", 'reply:200:{"idMessage":""}', AMBIGUOUS, False),
    ("green_api", 'reply:200:{"idMessage":null}', AMBIGUOUS, False),
    ("ultramsg", "refuse:Wrong token. Please provide token as a GET parameter.", FALLBACK, True),
    ("ultramsg", "refuse:Instance not found", FALLBACK, True),
    ("ultramsg", "refuse:Your instance has been Stopped due to non-payment.", FALLBACK, True),
    ("ultramsg", 'reply:200:{"error":[{"to":"is required"},{"body":"is required"}]}', FIX, True),
    ("ultramsg", 'reply:200:{"error":{"body":"is required"}}', FIX, True),
    ("ultramsg", "refuse:something nobody has seen before", FALLBACK, False),
    ("ultramsg", 'reply:400:{"error":"odd"}', FALLBACK, False),
    ("ultramsg", 'reply:200:{"sent":"false","message":"no"}', FALLBACK, False),
    ("ultramsg", 'reply:200:{"message":"ok"}', AMBIGUOUS, False),
    ("ultramsg", 'reply:200:{"sent":"true","error":"odd"}', AMBIGUOUS, False),
    ("ultramsg", 'reply:500:{"error":"odd"}', AMBIGUOUS, False),
    ("fonnte", "refuse:token invalid", FALLBACK, True),
    ("fonnte", "refuse:insufficient quota", FALLBACK, True),
    ("fonnte", "refuse:request invalid on disconnected device", FALLBACK, True),
    ("fonnte", "refuse:target invalid", SendClass.PERMANENT_RECIPIENT, False),
    ("fonnte", "refuse:input invalid", FIX, True),
    ("fonnte", "refuse:JSON format invalid", FIX, True),
    ("fonnte", "refuse:file size must under 4MB", FIX, False),
    ("fonnte", "refuse:request timeout", AMBIGUOUS, False),
    ("fonnte", "refuse:a reason nobody has seen before", FALLBACK, False),
    ("fonnte", 'reply:200:{"Status":"false","Reason":"Token Invalid"}', FALLBACK, True),
    ("fonnte", 'reply:200:{"detail":"?"}', AMBIGUOUS, False),
    ("fonnte", 'reply:200:{"status":"perhaps"}', AMBIGUOUS, False),
    *[("meta_cloud", f"refuse:{code}", FALLBACK, True) for code in (0, 190, 104, 3, 10, 200, 299, 131005)],
    *[("meta_cloud", f"refuse:{code}", FALLBACK, False) for code in (4, 17, 80007, 130429, 131064)],
    *[("meta_cloud", f"refuse:{code}", FALLBACK, True) for code in (131048, 368, 131031, 130497, 131037)],
    *[("meta_cloud", f"refuse:{code}", FALLBACK, True) for code in (131042, 131045, 133010, 131057)],
    ("meta_cloud", "refuse:131043", FALLBACK, False),
    ("meta_cloud", "refuse:131056", SendClass.NOT_SENT_WAIT_PAIR_LIMIT, False),
    ("meta_cloud", "refuse:131047", SendClass.NOT_SENT_WINDOW_CLOSED, False),
    ("meta_cloud", "refuse:131049", SendClass.NOT_SENT_DO_NOT_CIRCUMVENT, False),
    ("meta_cloud", "refuse:130472", SendClass.NOT_SENT_DO_NOT_CIRCUMVENT, False),
    ("meta_cloud", "refuse:131050", SendClass.PERMANENT_RECIPIENT_OPTED_OUT, False),
    ("meta_cloud", "refuse:131026", SendClass.PERMANENT_RECIPIENT, False),
    ("meta_cloud", "refuse:131021", SendClass.PERMANENT_RECIPIENT, False),
    ("meta_cloud", "refuse:131030", CONFIG, True),
    ("meta_cloud", "refuse:33", CONFIG, True),
    ("meta_cloud", "refuse:137000", SendClass.NEEDS_OWNER, True),
    *[("meta_cloud", f"refuse:{code}", FIX, True) for code in (100, 131008, 131009, 132000, 132001, 132069)],
    *[("meta_cloud", f"refuse:{code}", FIX, False) for code in (131051, 131052, 131053, 131062)],
    *[("meta_cloud", f"refuse:{code}", AMBIGUOUS, False) for code in (1, 2, 131000, 131016, 135000)],
    ("meta_cloud", 'reply:404:{"error":{"message":"Phone number not found","code":100}}', FALLBACK, True),
    ("meta_cloud", 'reply:403:{"error":{"message":"Template not approved","code":200}}', FIX, True),
    ("meta_cloud", 'reply:400:{"error":{"message":"new","code":999999}}', FIX, True),
    ("meta_cloud", 'reply:500:{"error":{"message":"new","code":999999}}', AMBIGUOUS, False),
    ("meta_cloud", 'reply:400:{"error":{"message":"new","code":999999,"is_transient":true}}', AMBIGUOUS, False),
    (
        "meta_cloud",
        'reply:400:{"error":{"message":"odd","code":"131047"}}',
        SendClass.NOT_SENT_WINDOW_CLOSED,
        False,
    ),
    ("meta_cloud", 'reply:200:{"messages":[]}', AMBIGUOUS, False),
    ("meta_cloud", 'reply:200:{"messages":[{"id":""}]}', AMBIGUOUS, False),
]


@pytest.mark.parametrize(
    ("name", "behaviour", "send_class", "alert"), REFUSALS, ids=[f"{r[0]} {r[1]}" for r in REFUSALS]
)
async def test_a_refusal_means_what_the_table_says(fake, name, behaviour, send_class, alert):
    provider = MAKERS[name](fake.url)
    fake.script(name, behaviour)

    result = await provider.send(message())
    await provider.close()

    assert (result.send_class, result.needs_alert) == (send_class, alert)
    assert result.provider_message_ids == ()
    english, _, arabic = result.detail.partition("\n")
    assert english and arabic


async def test_fonnte_must_repeat_the_number_we_gave(fake):
    """A message that was taken for somebody else may not be sent again by anybody before a human looked."""
    provider = fonnte(fake.url)
    taken = {"status": True, "id": ["5"], "target": ["62501234567"], "process": "pending"}
    fake.script("fonnte", f"reply:200:{json.dumps(taken)}")

    result = await provider.send(message())
    await provider.close()

    assert result.outcome is Outcome.AMBIGUOUS
    assert result.needs_alert
    assert result.provider_message_ids == ("5",)


@pytest.mark.parametrize(
    "taken",
    [
        {"Status": "true", "id": ["5"], "target": ["966501234567"]},
        {"status": True, "id": 5, "target": "966501234567"},
        {"status": True, "id": ["5", "6"], "target": ["+966501234567", "966502222222"]},
        {"status": "True", "id": ["5"]},
    ],
)
async def test_fonnte_says_yes_in_several_spellings(fake, taken):
    provider = fonnte(fake.url)
    fake.script("fonnte", f"reply:200:{json.dumps(taken)}")

    result = await provider.send(message())
    await provider.close()

    assert result.outcome is Outcome.ACCEPTED
    assert result.provider_message_ids == ("5",)


async def test_an_instance_of_ultramsg_may_be_written_with_or_without_the_word(fake):
    for spelling in ("4711", "instance4711", "Instance4711"):
        provider = ultramsg(fake.url, instance_id=spelling)
        assert (await provider.send(message())).outcome is Outcome.ACCEPTED
        await provider.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("999999999", 86400.0), ("soon", None), ("-5", None), ("nan", None), ("", None)],
)
def test_retry_after_in_seconds_is_read_or_ignored(header, seconds):
    assert retry_after_seconds(header, datetime(2026, 3, 1, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Sun, 01 Mar 2026 00:00:30 GMT", 30.0),
        ("Sat, 28 Feb 2026 00:00:00 GMT", 0.0),
        ("Sun, 99 Mar 2026 00:00:30 GMT", None),
    ],
)
def test_retry_after_as_a_date_is_counted_from_now(header, seconds):
    assert retry_after_seconds(header, datetime(2026, 3, 1, tzinfo=UTC)) == seconds
