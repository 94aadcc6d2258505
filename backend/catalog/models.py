"""What can be done by video, where, with which papers, and which texts people agree to."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    UniqueConstraint,
    delete,
    event,
    insert,
    inspect,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.catalog.words import prepare, syllables
from backend.platform.db import JSONDict, Model, UTCDateTime


class Region(Model):
    """A node of the tree 福田区 → 区本级, streets (guide row S7). Its code is the national one."""

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(index=True)
    order: Mapped[int] = mapped_column(default=0)


class Category(Model):
    """A theme to browse by on a phone (guide row S36)."""

    name: Mapped[str] = mapped_column(unique=True)
    order: Mapped[int] = mapped_column(default=0)


class SkillGroup(Model):
    """The agents who serve a set of items; a queue and its slots belong to a group."""

    name: Mapped[str] = mapped_column(unique=True)


class Item(Model):
    """A government service. Only one that is `video_enabled` can be booked (guide row S9)."""

    code: Mapped[str] = mapped_column(unique=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    category_id: Mapped[str] = mapped_column(ForeignKey("category.id"), index=True)
    skill_group_id: Mapped[str] = mapped_column(ForeignKey("skill_group.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    video_enabled: Mapped[bool] = mapped_column(default=False)
    mail_allowed: Mapped[bool] = mapped_column(default=False)
    own_slots: Mapped[bool] = mapped_column(default=False)  # has slots of its own instead of its group's
    countdown_seconds: Mapped[int | None]  # None: as the commitment template says
    name: Mapped[str]
    department: Mapped[str]
    aliases: Mapped[list[Any]] = mapped_column(JSONDict, default=list)
    syllables: Mapped[list[Any]] = mapped_column(JSONDict, default=list)
    notice: Mapped[str] = mapped_column(default="")

    __table_args__ = (CheckConstraint("countdown_seconds >= 0", name="countdown_not_negative"),)


class ItemWords(Model):
    """How an item is found: a narrow table with the id of the item, read through from end to end at each search."""

    id: Mapped[str] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    region_code: Mapped[str]
    category_id: Mapped[str]
    active: Mapped[bool]
    video_enabled: Mapped[bool]
    code: Mapped[str]
    text: Mapped[str]  # name|alias|…, normal form
    initials: Mapped[str]
    sound: Mapped[str]  # initials and full pinyin: what most words of letters are not in
    starts: Mapped[str]  # the pinyin from each syllable on


def words_of(item: Item) -> dict[str, Any]:
    """The row of ItemWords for an item."""
    ready = prepare(item.name, item.aliases or [])
    shared = ("id", "region_code", "category_id", "active", "video_enabled", "code")
    return {**{name: getattr(item, name) for name in shared}, **vars(ready)}


@event.listens_for(Item, "before_insert")
@event.listens_for(Item, "before_update")
def _read_aloud(_mapper: Any, _connection: Connection, item: Item) -> None:
    if inspect(item).attrs.name.history.has_changes():
        item.syllables = syllables(item.name)


@event.listens_for(Item, "after_insert")
@event.listens_for(Item, "after_update")
def _keep_words(_mapper: Any, connection: Connection, item: Item) -> None:
    """Whoever writes an item, search knows of it in the same transaction."""
    connection.execute(delete(ItemWords).where(ItemWords.id == item.id))
    connection.execute(insert(ItemWords).values(**words_of(item)))


class MaterialRequirement(Model):
    """One line of an item's 申报材料清单."""

    item_id: Mapped[str] = mapped_column(ForeignKey("item.id"), index=True)
    order: Mapped[int]
    name: Mapped[str]
    original_required: Mapped[bool] = mapped_column(default=True)
    formats: Mapped[list[Any]] = mapped_column(JSONDict, default=list)
    note: Mapped[str] = mapped_column(default="")
    sample_url: Mapped[str | None]

    __table_args__ = (UniqueConstraint("item_id", "name"),)


class TextKind(StrEnum):
    """What a person reads and agrees to before a step."""

    AUTHORISATION = "authorisation"  # 视频办用户授权确认
    GUIDANCE = "guidance"  # 远程导办温馨提示
    RECORDING = "recording"  # 录音录像, agreed to separately


class ConsentText(Model):
    """A version of a text; never changed once it was shown, a change is a new version."""

    kind: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    effective_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("kind", "version"),)


class CommitmentTemplate(Model):
    """A version of the 承诺书; one without an item is everybody's default (guide rows S22, S23)."""

    item_id: Mapped[str | None] = mapped_column(ForeignKey("item.id"))
    version: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    countdown_seconds: Mapped[int] = mapped_column(default=15)
    effective_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (
        Index("uq_commitment_template_default", "version", unique=True, sqlite_where=item_id.is_(None),
              postgresql_where=item_id.is_(None)),
        Index("uq_commitment_template_item", "item_id", "version", unique=True, sqlite_where=item_id.is_not(None),
              postgresql_where=item_id.is_not(None)),
    )  # fmt: skip
