"""Pasted secrets are seen; numbers of orders, phones and links are not taken for them."""

import pytest

from rules.language.secrets import has_secret


@pytest.mark.parametrize(
    "text",
    [
        "هذا المفتاح sk-proj-abc123def456ghi789jkl012",
        "AKIAIOSFODNN7EXAMPLE",
        "token ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "كلمة المرور: Riyadh@2024",
        "كلمة السر حقتي هي ahmad1234",
        "الباسورد 123456",
        "my password is hunter2",
        "password: letmein",
        "api key = 9f8a7b6c5d4e3f2a1b",
        "رقم بطاقتي 4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "٤١١١١١١١١١١١١١١١",
        "SA03 8000 0000 6080 1016 7519",
        "رمز التحقق 482913",
        "OTP: 4821",
        "postgres://user:pass@host/db",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghij",
    ],
)
def test_a_pasted_secret_is_seen(text):
    assert has_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "رقم الطلب 4829137465012345",
        "0501234567",
        "+966 50 123 4567",
        "00966501234567",
        "نسيت كلمة المرور",
        "password reset please",
        "how do I reset my password?",
        "كيف أغير الرقم السري؟",
        "ما وصلني رمز التحقق",
        "https://example.com/a/very/long/path?session=aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ",
        "الميزانية 1111111111111111",
        "do you have an API key?",
        "فاتورة رقم INV-2024-000123456",
        "80",
        "السعر 3,500 ريال",
    ],
)
def test_what_is_no_secret_is_left_alone(text):
    assert not has_secret(text)
