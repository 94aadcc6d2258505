"""Bodies of the commitment and signature routes."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from backend.platform.api import Schema

Finite = Annotated[float, Field(allow_inf_nan=False, ge=-100_000, le=100_000)]


class Point(Schema):
    """x and y in css pixels of the pad; t in milliseconds (any origin); p the pressure, 0 to 1."""

    model_config = ConfigDict(extra="ignore")

    x: Finite
    y: Finite
    t: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e14)] | None = None
    p: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)] | None = None


class SignIn(Schema):
    """A handwriting: strokes, the pad's size in css pixels, and the pad's picture as a PNG data URL."""

    strokes: list[list[Point]]
    width: Finite
    height: Finite
    image: str
    body_hash: str | None = Field(default=None, max_length=64)


class RejectIn(Schema):
    reason: str = Field(min_length=2, max_length=200)


class SignatureOut(Schema):
    id: str
    method: str
    at: Any
    image_sha256: str
    drawn_sha256: str
    evidence_sha256: str


class CommitmentOut(Schema):
    id: str
    session_id: str
    state: str
    title: str
    body: str
    body_hash: str
    version: int
    countdown_seconds: int
    read_seconds_left: int
    reason: str | None
    pushed_at: Any
    read_at: Any
    signed_at: Any
    signature: SignatureOut | None


class TicketOut(Schema):
    url: str
    qr: str
    expires_at: Any
    state: str


class SignPageOut(Schema):
    """What the phone shows before the pad: what is signed, for whom (masked), until when."""

    item: str
    masked_name: str
    title: str
    body: str
    body_hash: str
    state: str
    expires_at: Any
    now: Any
