"""The verbs of the catalogue. Other features ask here; nobody else reads its tables."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from backend.catalog import search
from backend.catalog.errors import ItemNotFound
from backend.catalog.models import (
    Category,
    CommitmentTemplate,
    ConsentText,
    Item,
    MaterialRequirement,
    Region,
    SkillGroup,
    TextKind,
)
from backend.catalog.words import match_ranges
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db

FIELDS = ("id", "code", "name", "department", "video_enabled", "mail_allowed")
QueueMode = Callable[[Item, Actor | None], dict[str, Any]]
_queue_modes: list[QueueMode] = []


def queue_mode(provider: QueueMode) -> QueueMode:
    """Booking says here whether a caller may queue for an item now (guide row S14): the catalogue can't know."""
    _queue_modes[:] = [provider]
    return provider


def regions() -> list[Region]:
    """The tree of regions, parents first."""
    return list(db.session.scalars(select(Region).order_by(Region.order, Region.code)))


def categories(region: str | None = None) -> list[dict[str, Any]]:
    """Categories that hold at least one item of `region`, with their number of items."""
    query = (
        select(Category.id, Category.name, func.count(Item.id).label("items"))
        .join(Item, Item.category_id == Category.id)
        .join(Region, Region.code == Item.region_code)
        .where(Item.active)
        .group_by(Category.id, Category.name, Category.order)
        .order_by(Category.order, Category.id)
    )
    if region:
        query = query.where((Item.region_code == region) | (Region.parent_code == region))
    return [dict(row._mapping) for row in db.session.execute(query)]


def find_items(
    query: str = "",
    *,
    region: str | None = None,
    category: str | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> dict[str, Any]:
    """A page of items with the places to highlight: {"items": […], "next": cursor or None}."""
    page = search.find(query, region=region, category=category, cursor=cursor, limit=limit)
    items = [
        {
            **{field: getattr(row, field) for field in FIELDS},
            "region": {"code": row.region_code, "name": row.region_name},
            "category": {"id": row.category_id, "name": row.category_name},
            "match": match_ranges(row.name, row.syllables, query[: search.MAX_QUERY]) if query else [],
            "modes": ["book", "queue"] if row.video_enabled else [],
        }
        for row in page.rows
    ]
    return {"items": items, "next": page.next}


def get_item(item_id: str) -> Item:
    """An item that is on offer; raises ItemNotFound."""
    item = db.session.get(Item, item_id)
    if item is None or not item.active:
        raise ItemNotFound()
    return item


def item_by_code(code: str) -> Item | None:
    return db.session.scalars(select(Item).where(Item.code == code)).first()


def names(item_ids: list[str]) -> dict[str, str]:
    """Names by item id, those taken off the list too (old bookings still show them)."""
    return dict(db.session.execute(select(Item.id, Item.name).where(Item.id.in_(item_ids))).all())


def detail(item_id: str, actor: Actor | None = None) -> dict[str, Any]:
    """All that an item's page shows: materials, notices, texts, and what the caller may do."""
    item = get_item(item_id)
    region = db.session.scalars(select(Region).where(Region.code == item.region_code)).one()
    category = db.session.get_one(Category, item.category_id)
    queue = {"enabled": False, "reason": "该事项暂未开通视频办", "opens_at": None, "booking_id": None}
    if item.video_enabled:
        queue = _queue_modes[0](item, actor) if _queue_modes else queue
    return {
        **{field: getattr(item, field) for field in (*FIELDS, "aliases")},
        "region": {"code": region.code, "name": region.name},
        "category": {"id": category.id, "name": category.name},
        "notices": [line for line in item.notice.splitlines() if line.strip()],
        "materials": [material_view(m) for m in materials(item_id)],
        "texts": [text_view(t) for t in consent_texts()],
        "modes": {"book": item.video_enabled, "queue": queue},
    }


def materials(item_id: str) -> list[MaterialRequirement]:
    """An item's 材料清单 in its order."""
    query = select(MaterialRequirement).where(MaterialRequirement.item_id == item_id)
    return list(db.session.scalars(query.order_by(MaterialRequirement.order)))


def material_view(row: MaterialRequirement) -> dict[str, Any]:
    return {n: getattr(row, n) for n in ("id", "name", "original_required", "formats", "note", "sample_url")}


def consent_texts(*kinds: TextKind) -> list[ConsentText]:
    """The version in force of each of `kinds` (default: what must be agreed to before queueing, guide row S40)."""
    kinds = kinds or (TextKind.AUTHORISATION, TextKind.GUIDANCE)
    query = select(ConsentText).where(ConsentText.effective_at <= now(), ConsentText.kind.in_(kinds))
    newest = {row.kind: row for row in db.session.scalars(query.order_by(ConsentText.version))}
    return [newest[kind] for kind in kinds if kind in newest]


def text_view(row: ConsentText) -> dict[str, Any]:
    return {n: getattr(row, n) for n in ("id", "kind", "version", "title", "body")}


@dataclass(frozen=True)
class CommitmentText:
    """What is to be signed: the template's words with the item's name in them."""

    template_id: str
    version: int
    title: str
    body: str
    countdown_seconds: int


def commitment_for(item_id: str) -> CommitmentText:
    """The 承诺书 in force for an item: its own template, else the default (guide row S22); raises ItemNotFound."""
    item = get_item(item_id)
    query = (
        select(CommitmentTemplate)
        .where(CommitmentTemplate.effective_at <= now())
        .where((CommitmentTemplate.item_id == item_id) | CommitmentTemplate.item_id.is_(None))
        .order_by(CommitmentTemplate.item_id.is_(None), CommitmentTemplate.version.desc())
    )
    template = db.session.scalars(query).first()
    if template is None:
        raise ItemNotFound("该事项没有承诺书模板，请联系管理员")
    seconds = template.countdown_seconds if item.countdown_seconds is None else item.countdown_seconds
    body = template.body.replace("{item}", item.name)
    return CommitmentText(template.id, template.version, template.title, body, seconds)


def skill_groups() -> list[SkillGroup]:
    return list(db.session.scalars(select(SkillGroup).order_by(SkillGroup.id)))


def count_items() -> int:
    """涉及服务 of the home page (guide row S5): items on offer."""
    return db.session.scalar(select(func.count()).select_from(Item).where(Item.active)) or 0
