"""What goes in and out of the sign-in API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from backend.platform.api import Schema

Consent = Annotated[str | None, Field(max_length=16)]  # the version of the privacy policy that was agreed to


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
    privacy: Consent = None


class WechatCodeIn(Schema):
    code: str = Field(min_length=1, max_length=128)
    entry: Literal["mp", "oa"] = "mp"
    privacy: Consent = None


class IshenzhenIn(Schema):
    code: str = Field(min_length=1, max_length=128)
    privacy: Consent = None


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
    """A number with the code texted to it, the code of WeChat's phone button, or the proof of an earlier try.

    `real_name`: the name of the account that has this number, asked for by `name_needed`.
    """

    phone: str | None = Field(default=None, max_length=20)
    code: str | None = Field(default=None, pattern=r"^\d{6}$")
    wechat_code: str | None = Field(default=None, max_length=128)
    proof: str | None = Field(default=None, max_length=64)
    real_name: str | None = Field(default=None, min_length=1, max_length=64)


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
    privacy: Literal["given", "needed", "withdrawn"] | None = None
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


class PolicyOut(Schema):
    title: str
    version: str
    since: str
    body: str


class ReceiptOut(Schema):
    id: str
    title: str
    version: str
    text_sha256: str
    entry: str
    given_at: datetime
    withdrawn_at: datetime | None


class PrivacyOut(Schema):
    state: Literal["given", "needed", "withdrawn"]
    version: str
    receipts: list[ReceiptOut]


class PrivacyIn(Schema):
    version: str = Field(min_length=1, max_length=16)


class LoginOut(Schema):
    id: str
    entry: str
    browser: str
    system: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class LoginsOut(Schema):
    items: list[LoginOut]


class DoorsOut(Schema):
    """Ways to sign in that this installation has, and the policy to agree to."""

    wechat: bool
    gov: bool
    ishenzhen: bool
    privacy_version: str
