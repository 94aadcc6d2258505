"""Bodies of the catalogue's routes."""

from datetime import datetime
from typing import Any

from pydantic import Field

from backend.platform.api import Schema


class RegionOut(Schema):
    code: str
    name: str
    parent_code: str | None


class RegionsOut(Schema):
    items: list[RegionOut]
    next: None = None


class CategoryOut(Schema):
    id: str
    name: str
    items: int = Field(description="how many items it holds")


class CategoriesOut(Schema):
    items: list[CategoryOut]
    next: None = None


class CategoriesQuery(Schema):
    region: str | None = Field(None, max_length=20)


class ItemsQuery(Schema):
    q: str = Field("", max_length=200, description="words, an alias, pinyin or initials")
    region: str | None = Field(None, max_length=20)
    category: str | None = Field(None, max_length=26)
    cursor: str | None = Field(None, max_length=20)
    limit: int = Field(20, ge=1, le=100)


class RegionRef(Schema):
    code: str
    name: str


class CategoryRef(Schema):
    id: str
    name: str


class ItemRow(Schema):
    id: str
    code: str
    name: str
    department: str
    region: RegionRef
    category: CategoryRef
    video_enabled: bool
    mail_allowed: bool
    match: list[list[int]] = Field(description="[[start, length], …]: characters of the name to highlight")
    modes: list[str] = Field(description='["book", "queue"] where the 视频办 button is shown, else []')


class ItemsOut(Schema):
    items: list[ItemRow]
    next: str | None


class MaterialOut(Schema):
    id: str
    name: str
    original_required: bool
    formats: list[str]
    note: str
    sample_url: str | None


class TextOut(Schema):
    id: str
    kind: str
    version: int
    title: str
    body: str


class QueueModeOut(Schema):
    enabled: bool
    reason: str | None
    opens_at: datetime | None
    booking_id: str | None


class ModesOut(Schema):
    book: bool
    queue: QueueModeOut


class ItemOut(Schema):
    id: str
    code: str
    name: str
    department: str
    region: RegionRef
    category: CategoryRef
    video_enabled: bool
    mail_allowed: bool
    aliases: list[Any]
    notices: list[str]
    materials: list[MaterialOut]
    texts: list[TextOut]
    modes: ModesOut
