"""Bodies of the pick-up routes."""

from datetime import datetime
from typing import Any

from pydantic import Field

from backend.platform.api import Schema


class PickupIn(Schema):
    name: str = Field(max_length=60)
    phone: str = Field(max_length=20)
    district: str = Field(max_length=20)
    address: str = Field(max_length=200)
    window: str = Field(max_length=20)  # the id of one of the offered windows


class WindowOut(Schema):
    id: str
    start: Any
    end: Any


class OptionsOut(Schema):
    districts: list[str]
    windows: list[WindowOut]
    notice: str


class PickupOut(Schema):
    """The form. The applicant sees own words in full; staff see name and phone masked and no address."""

    id: str
    state: str
    name: str | None
    phone: str | None
    address: str | None
    district: str | None
    window: WindowOut | None
    waybill: str | None
    submitted_at: Any
    ordered_at: Any
    collected_at: Any


class PushIn(Schema):
    """What the courier tells us."""

    ref: str = Field(max_length=26)
    waybill: str = Field(max_length=40)
    state: str = Field(pattern="^collected$")
    at: datetime


class PushOut(Schema):
    ok: bool
