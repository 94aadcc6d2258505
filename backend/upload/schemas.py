"""Bodies of the file and material routes."""

from typing import Annotated, Any

from apiflask.fields import UploadFile
from pydantic import Field

from backend.platform.api import Schema

Reason = Annotated[str, Field(min_length=2, max_length=200)]


class FileIn(Schema):
    """multipart/form-data with one part `file`."""

    file: UploadFile
    purpose: str = "chat"


class VersionIn(Schema):
    file: UploadFile


class SnapshotIn(Schema):
    file: UploadFile
    material_id: str | None = None


class FreeItem(Schema):
    """A material that is not on the item's list."""

    name: str = Field(min_length=1, max_length=60)
    note: str = Field(default="", max_length=200)
    original_required: bool = True


class MaterialsIn(Schema):
    requirement_ids: list[Annotated[str, Field(max_length=26)]] = Field(default_factory=list, max_length=50)
    items: list[FreeItem] = Field(default_factory=list, max_length=20)


class CheckIn(Schema):
    """`no` is the version the agent looked at: a newer one is then not checked unseen."""

    no: int | None = Field(default=None, ge=1)


class RejectIn(CheckIn):
    reason: Reason


class ReopenIn(Schema):
    reason: Reason


class AttachmentOut(Schema):
    id: str
    name: str
    mime: str
    size: int
    width: int | None
    height: int | None
    pages: int | None
    purpose: str


class VersionOut(Schema):
    no: int
    state: str
    reason: str | None
    attachment_id: str
    name: str
    mime: str
    size: int
    width: int | None
    height: int | None
    pages: int | None
    checked_by: str | None
    checked_at: Any
    copy_attachment_id: str | None


class MaterialOut(Schema):
    """A material as both sides see it. `actions` are what the caller may do with it now."""

    id: str
    requirement_id: str | None
    name: str
    note: str
    original_required: bool
    state: str
    reason: str | None
    actions: list[str]
    versions: list[VersionOut]


class MaterialsOut(Schema):
    items: list[MaterialOut]


class OptionOut(Schema):
    id: str
    name: str
    original_required: bool
    formats: list[Any]
    note: str
    sample_url: str | None
    material_id: str | None  # already asked for in this session


class OptionsOut(Schema):
    items: list[OptionOut]
