"""Bodies of the console's and the administration's routes."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from backend.platform.api import Schema

Role = Literal["agent", "supervisor", "admin"]


class DutyIn(Schema):
    state: Literal["idle", "break", "offline"]


class DutyOut(Schema):
    state: str
    since: datetime | None
    choices: list[str]
    skill_group_ids: list[str]


class EmptyIn(Schema):
    pass


class ConsoleOut(Schema):
    """Everything the console shows besides the open session."""

    me: dict[str, Any]
    duty: DutyOut
    figures: dict[str, Any]
    waiting: list[dict[str, Any]]
    ringing: dict[str, Any] | None
    mine: list[dict[str, Any]]
    suspended: list[dict[str, Any]]
    wrap_up: dict[str, Any] | None
    versions: dict[str, int]


class SessionsQuery(Schema):
    state: Literal["waiting", "ringing", "active", "suspended", "completed", "abandoned"] | None = None
    number: str | None = Field(default=None, pattern=r"^\d{1,20}$")
    cursor: str | None = Field(default=None, max_length=26)
    limit: int = Field(default=30, ge=1, le=100)


class ListOut(Schema):
    items: list[dict[str, Any]]
    next: str | None = None


class RevealIn(Schema):
    field: Literal["real_name", "phone", "id_number"]
    reason: str = Field(default="", max_length=200)


class RevealOut(Schema):
    field: str
    value: str | None


class ReplyOut(Schema):
    id: str
    title: str
    text: str
    order: int
    active: bool


class RepliesOut(Schema):
    items: list[ReplyOut]


class ReplyIn(Schema):
    title: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=1000)
    order: int = Field(default=0, ge=0, le=10000)
    active: bool = True


class FloorOut(Schema):
    figures: dict[str, Any]
    low_ratings: int  # follow-ups of bad ratings that are open
    agents: list[dict[str, Any]]
    groups: list[dict[str, Any]]


class FiguresOut(Schema):
    agents: int
    items: int
    minutes: int
    good_rate: float | None


class StaffIn(Schema):
    username: str = Field(pattern=r"^[a-z][a-z0-9._-]{1,31}$")
    password: str = Field(min_length=1, max_length=256)
    name: str = Field(min_length=1, max_length=32)
    number: str = Field(pattern=r"^[A-Za-z0-9]{1,16}$")
    roles: list[Role] = Field(min_length=1, max_length=3)
    region_code: str | None = Field(default=None, max_length=32)
    skill_group_ids: list[str] = Field(default=[], max_length=200)


class StaffChange(Schema):
    name: str | None = Field(default=None, min_length=1, max_length=32)
    password: str | None = Field(default=None, min_length=1, max_length=256)
    roles: list[Role] | None = Field(default=None, min_length=1, max_length=3)
    active: bool | None = None
    skill_group_ids: list[str] | None = Field(default=None, max_length=200)


class StaffOut(Schema):
    id: str
    username: str
    name: str
    number: str
    roles: list[str]
    region_code: str | None
    skill_group_ids: list[str]
    active: bool
    second_factor: bool
    locked_until: datetime | None


class StaffListOut(Schema):
    items: list[StaffOut]


class TotpOut(Schema):
    uri: str
    qr: str  # data:image/png


class ItemsQuery(Schema):
    q: str = Field(default="", max_length=100)
    region: str | None = Field(default=None, max_length=32)
    cursor: str | None = Field(default=None, max_length=64)
    limit: int = Field(default=30, ge=1, le=100)


class ItemChange(Schema):
    video_enabled: bool | None = None
    mail_allowed: bool | None = None
    notice: str | None = Field(default=None, max_length=4000)
    countdown_seconds: int | None = Field(default=None, ge=0, le=600)


class ItemOut(Schema):
    model_config = ConfigDict(extra="ignore")

    id: str
    code: str
    name: str
    department: str
    region_code: str
    video_enabled: bool
    mail_allowed: bool
    notice: str
    countdown_seconds: int | None
    skill_group_id: str


class PlainCodeOut(Schema):
    url: str
    image: str  # data:image/png


class MiniProgramCodeOut(Schema):
    image: str  # data:image/png or jpeg, as WeChat drew it
    version: Literal["formal", "trial", "developer"]  # of the mini-program that it opens


class CalendarQuery(Schema):
    first: date | None = None
    last: date | None = None


class DayOut(Schema):
    date: date
    kind: str
    note: str


class DaysOut(Schema):
    days: list[DayOut]
    years_without_data: list[int]


class DayIn(Schema):
    """What an administrator says of a day; no kind takes it back to the plain week."""

    kind: Literal["workday", "holiday", "makeup", "closed"] | None
    note: str = Field(default="", max_length=100)


class TextOut(Schema):
    model_config = ConfigDict(extra="ignore")

    id: str
    kind: str
    version: int
    title: str
    body: str
    effective_at: datetime


class TextsOut(Schema):
    items: list[TextOut]


class TextIn(Schema):
    kind: Literal["authorisation", "guidance", "recording"]
    title: str = Field(min_length=1, max_length=100)
    body: str = Field(min_length=1, max_length=20000)


class AuditQuery(Schema):
    action: str | None = Field(default=None, max_length=64)
    subject: str | None = Field(default=None, max_length=64)
    cursor: str | None = Field(default=None, max_length=26)
    limit: int = Field(default=50, ge=1, le=200)
