"""Bodies of rating's routes."""

from datetime import datetime

from pydantic import Field

from backend.platform.api import Schema


class RatingIn(Schema):
    level: int = Field(ge=1, le=5, description="5 非常满意 … 1 非常不满意")
    tags: list[str] = Field([], max_length=6)
    comment: str = Field("", max_length=500)
    anonymous: bool = False
    change: bool = Field(False, description="change a rating that was given, within seven days")


class RatingOut(Schema):
    level: int
    tags: list[str]
    comment: str
    anonymous: bool


class LevelOut(Schema):
    level: int
    title: str
    tags: list[str]


class LevelsOut(Schema):
    items: list[LevelOut]
    next: None = None


class FollowUpOut(Schema):
    id: str
    session_id: str
    state: str
    level: int
    tags: list[str]
    comment: str
    opened_at: datetime
    due_at: datetime
    result: str | None


class FollowUpsOut(Schema):
    items: list[FollowUpOut]
    next: None = None


class ResultIn(Schema):
    result: str = Field(min_length=1, max_length=1000)
