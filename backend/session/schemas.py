"""Bodies of the session's routes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from backend.platform.api import Schema

Endpoint = Literal["applicant-pc", "applicant-phone", "agent"]
Short = Field(min_length=1, max_length=100)


class TickIn(Schema):
    text_id: str = Field(max_length=26)
    version: int = Field(ge=1, le=10**6)


class JoinIn(Schema):
    consents: list[TickIn] = Field(max_length=10)
    materials_ready: bool = False
    endpoint: Endpoint | None = None


class AnswerIn(Schema):
    endpoint: Endpoint = "applicant-pc"


class MessageIn(Schema):
    """A text or an attachment. `client_id` is the sender's own number: sent again, it is stored once."""

    client_id: str = Field(min_length=1, max_length=64)
    text: str | None = Field(None, max_length=4000)
    attachment_id: str | None = Field(None, max_length=26)


class ReceiptsIn(Schema):
    delivered: int = Field(0, ge=0, le=2**31 - 1)
    read: int = Field(0, ge=0, le=2**31 - 1)


class SuspendIn(Schema):
    reason: str = Field("", max_length=400)
    missing: list[str] = Field([], max_length=30)


class CallIn(Schema):
    endpoint: Endpoint


class SurfaceIn(Schema):
    surface: str | None = Field(None, max_length=16, description="MediaTrackSettings.displaySurface")


class DevicesIn(Schema):
    """What the hardware check found: ok, none, denied, busy, error … for each device."""

    camera: str = Field("unknown", max_length=40)
    microphone: str = Field("unknown", max_length=40)
    speaker: str = Field("unknown", max_length=40)
    network: str = Field("unknown", max_length=40)
    browser: str = Field("", max_length=120)


class CompleteIn(Schema):
    outcome: Literal["accepted", "needs_material", "rejected", "advice"]
    note: str = Field("", max_length=2000)


class NoteIn(Schema):
    text: str = Field(min_length=1, max_length=2000)


class RedeemIn(Schema):
    ticket: str = Field(min_length=1, max_length=64)


class AfterIn(Schema):
    after: int = Field(0, ge=0, le=2**31 - 1)


class EmptyIn(Schema):
    pass


class QueueOut(Schema):
    ahead: int
    agents_online: int
    wait_minutes: tuple[int, int] | None
    updated_at: datetime


class GateOut(Schema):
    item: dict[str, Any]
    texts: list[dict[str, Any]]
    materials: list[dict[str, Any]]
    notices: list[str]
    queue: QueueOut


class ViewOut(Schema):
    """What the caller sees of a session and may do now. Features add their sections to it."""

    model_config = ConfigDict(extra="allow")

    id: str
    number: str
    state: str
    seq: int
    side: str
    item: dict[str, Any]
    mail_allowed: bool
    actions: list[str]
    prompts: list[dict[str, Any]]
    queue: QueueOut | None
    call_me: bool
    peer: dict[str, Any] | None
    applicant: dict[str, Any]
    call: dict[str, Any]
    screen: dict[str, Any]
    control: dict[str, Any]
    outcome: str | None
    suspended: dict[str, Any] | None
    progress: list[dict[str, Any]]
    receipts: dict[str, Any]
    endpoints: list[str]


class RowsOut(Schema):
    items: list[dict[str, Any]]
    next: str | None = None


class EventOut(Schema):
    event: dict[str, Any]


class EventsOut(Schema):
    events: list[dict[str, Any]]
    seq: int


class IceOut(Schema):
    ice_servers: list[dict[str, Any]]


class InvitationOut(Schema):
    url: str
    qr: str
    expires_at: datetime


class JoinedOut(Schema):
    access_token: str
    expires_in: int
    session_id: str
    user: dict[str, Any]


class DoneOut(Schema):
    ok: bool = True
