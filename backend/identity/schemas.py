"""What goes in and out of the sign-in API."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from backend.platform.api import Schema


class SmsIn(Schema):
    phone: str = Field(min_length=1, max_length=20)


class SmsOut(Schema):
    sent: bool = True
    wait_seconds: int = 60  # before another may be asked for
    sandbox_code: str | None = None  # in development only


class PhoneIn(Schema):
    phone: str = Field(min_length=1, max_length=20)
    code: str = Field(pattern=r"^\d{6}$")
    real_name: str | None = Field(default=None, max_length=64)


class WechatCodeIn(Schema):
    code: str = Field(min_length=1, max_length=128)
    entry: Literal["mp", "oa"] = "mp"


class RefreshIn(Schema):
    refresh_token: str | None = Field(default=None, max_length=128)


class StaffSignIn(Schema):
    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)
    totp: str | None = Field(default=None, max_length=8)


class MeIn(Schema):
    real_name: str | None = Field(default=None, min_length=1, max_length=64)
    id_number: str | None = Field(default=None, max_length=32)


class BindPhoneIn(Schema):
    """Either a number with the code texted to it, or the code of WeChat's phone button."""

    phone: str | None = Field(default=None, max_length=20)
    code: str | None = Field(default=None, pattern=r"^\d{6}$")
    wechat_code: str | None = Field(default=None, max_length=128)


class TicketIn(Schema):
    next: str = Field(default="/m/", min_length=1, max_length=512)


class TicketOut(Schema):
    url: str
    expires_in: int


class ScanOut(Schema):
    id: str
    url: str
    qr: str  # data:image/png
    expires_in: int


class ScanStateOut(Schema):
    state: Literal["new", "scanned", "confirmed", "refused", "expired"]


class ScanAskedOut(Schema):
    """Who asks the phone to sign them in, and for what."""

    browser: str
    system: str
    ip: str
    same_network: bool  # as the phone's
    purpose: str
    asked_at: datetime
    expires_at: datetime


class PersonOut(Schema):
    id: str
    kind: Literal["applicant", "staff"]
    name: str
    masked_name: str | None = None
    masked_phone: str | None = None
    masked_id_number: str | None = None
    real_name_level: int | None = None
    number: str | None = None  # 工号
    roles: list[str] | None = None
    region_code: str | None = None
    scope: str | None = None
    entry: str | None = None


class TokensOut(Schema):
    access_token: str
    expires_in: int
    refresh_token: str | None = None  # mini-program only; pages get a cookie
    user: PersonOut
