"""Settings: production is strict; a bad one is one clear line."""

import pytest

from backend.config import BadSettings, Settings, load

GOOD = {
    "mode": "production",
    "secret_key": "x" * 40,
    "database_url": "postgresql://db/app",
    "sms_gateway": "http",
    "sms_url": "https://sms.example.cn",
    "sms_key": "k" * 20,
    "wechat_gateway": "real",
    "courier_gateway": "http",
    "courier_url": "https://courier.example.cn",
    "courier_key": "k" * 20,
    "staff_totp_required": True,
    "public_url": "https://spb.example.cn",
}


def test_a_full_production_starts() -> None:
    assert load(**GOOD).production


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("secret_key", Settings.model_fields["secret_key"].default, "SECRET_KEY"),
        ("secret_key", "short", "SECRET_KEY"),
        ("database_url", "sqlite:///x.db", "DATABASE_URL"),
        ("sms_gateway", "sandbox", "SMS_GATEWAY"),
        ("wechat_gateway", "sandbox", "WECHAT_GATEWAY"),
        ("courier_gateway", "sandbox", "COURIER_GATEWAY"),
        ("courier_key", Settings.model_fields["courier_key"].default, "COURIER_KEY"),
        ("courier_url", "http://courier.example.cn", "COURIER_URL"),
        ("staff_totp_required", False, "STAFF_TOTP_REQUIRED"),
        ("public_url", "http://spb.example.cn", "PUBLIC_URL"),
    ],
)
def test_production_refuses(name: str, value: object, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(**{**GOOD, name: value})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_type_is_named() -> None:
    with pytest.raises(BadSettings, match="HOLD_SECONDS"):
        load(hold_seconds="many")
