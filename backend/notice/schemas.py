"""The HTTP face of notices."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from backend.platform.api import Schema

Answer = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,32}$")]
TemplateId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class MomentIn(Schema):
    moment: Literal["booked", "queue", "session"]


class TemplateOut(Schema):
    kind: str
    template_id: str
    title: str


class TemplatesOut(Schema):
    items: list[TemplateOut]


class ConsentsIn(Schema):
    """What wx.requestSubscribeMessage gave back, by template: accept (also acceptWithAudio …), reject, ban, filter."""

    results: dict[TemplateId, Answer] = Field(max_length=10)


class CursorIn(Schema):
    cursor: str | None = Field(None, max_length=80)


class ReadIn(Schema):
    pass


class TargetOut(Schema):
    page: Literal["session", "bookings", "rating"]
    id: str | None


class NoticeOut(Schema):
    id: str
    kind: str
    title: str
    text: str
    at: datetime
    read: bool
    target: TargetOut


class NoticesOut(Schema):
    items: list[NoticeOut]
    next: str | None
    unread: int
