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
    "wechat_mp_appid": "wx0000000000000001",
    "wechat_mp_secret": "m" * 32,
    "wechat_oa_appid": "wx0000000000000002",
    "wechat_oa_secret": "o" * 32,
    "wechat_mp_token": "pushtokenmp",
    "wechat_oa_token": "pushtokenoa",
    "wechat_mp_aes_key": "a" * 43,
    "wechat_oa_aes_key": "b" * 43,
    "oidc_gateway": "off",
    "ishenzhen_gateway": "off",
    "courier_gateway": "http",
    "courier_url": "https://courier.example.cn",
    "courier_key": "k" * 20,
    "staff_totp_required": True,
    "public_url": "https://spb.example.cn",
}
WECHAT = [name for name in GOOD if name.startswith("wechat_") and name != "wechat_gateway"]


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
        ("oidc_gateway", "sandbox", "OIDC_GATEWAY"),
        ("ishenzhen_gateway", "sandbox", "ISHENZHEN_GATEWAY"),
        ("courier_key", Settings.model_fields["courier_key"].default, "COURIER_KEY"),
        ("courier_url", "http://courier.example.cn", "COURIER_URL"),
        ("staff_totp_required", False, "STAFF_TOTP_REQUIRED"),
        ("public_url", "http://spb.example.cn", "PUBLIC_URL"),
        *((name, Settings.model_fields[name].default, name.upper()) for name in WECHAT),
        *((name, "", name.upper()) for name in WECHAT),
        ("wechat_mp_token", "two words", "WECHAT_MP_TOKEN"),
        ("wechat_oa_aes_key", "b" * 42, "WECHAT_OA_AES_KEY"),
        ("wechat_oa_aes_key", "b" * 42 + "=", "WECHAT_OA_AES_KEY"),
        ("wechat_api_url", "http://api.example.cn", "WECHAT_API_URL"),
        ("wechat_open_url", "http://open.example.cn", "WECHAT_OPEN_URL"),
    ],
)
def test_production_refuses(name: str, value: object, said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(**{**GOOD, name: value})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_refusal_repeats_no_secret() -> None:
    """The line goes to a log: it names the settings only."""
    secrets = {name: f"{name}-very-secret!" for name in WECHAT}
    with pytest.raises(BadSettings) as refused:
        load(**{**GOOD, **secrets, "public_url": "http://x"})
    assert "very-secret" not in str(refused.value)


def test_a_wrong_type_is_named() -> None:
    with pytest.raises(BadSettings, match="HOLD_SECONDS"):
        load(hold_seconds="many")
