"""Search by keyword, alias, full pinyin and initials (guide rows S8, S36): LIKE on a narrow table, ranked."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, and_, case, literal, or_, select

from backend.catalog.models import Category, Item, ItemWords, Region
from backend.catalog.words import START_LENGTH, normal
from backend.platform.db import db

MAX_QUERY = 60  # characters looked at
MAX_WORDS = 5
MAX_LIMIT = 100

W = ItemWords


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    next: str | None


def find(
    query: str = "",
    *,
    region: str | None = None,
    category: str | None = None,
    cursor: str | None = None,
    limit: int = 20,
    everything: bool = False,
) -> Page:
    """One page of items, best match first. `cursor` is the one the page before gave; `everything`: off the list too."""
    limit = max(1, min(limit, MAX_LIMIT))
    skip = int(cursor) if cursor and cursor.isdecimal() and len(cursor) < 7 else 0
    found: list[str] = list(
        db.session.scalars(matching(query, region, category, everything).offset(skip).limit(limit + 1))
    )
    more = str(skip + limit) if len(found) > limit else None
    rows = {row.id: row for row in db.session.execute(details(found[:limit]))} if found else {}
    return Page([rows[item_id] for item_id in found[:limit] if item_id in rows], more)


def matching(
    query: str, region: str | None = None, category: str | None = None, everything: bool = False
) -> Select[str]:
    """Ids of the items that match, best first."""
    words = [w for w in (normal(w) for w in query[:MAX_QUERY].split()) if w][:MAX_WORDS]
    found = select(W.id) if everything else select(W.id).where(W.active)
    if region:  # a region itself, or any below it: the district shows all
        within = select(Region.code).where((Region.code == region) | (Region.parent_code == region))
        found = found.where(W.region_code.in_(within))
    if category:
        found = found.where(W.category_id == category)
    if query.strip() and not words:
        return found.where(literal(False))
    for word in words:
        found = found.where(_matches(word))
    rank = [_rank("".join(words))] if words else []
    return found.order_by(*rank, W.video_enabled.desc(), W.code)


def details(ids: list[str]) -> Select:
    """What a list shows of the items named."""
    return (
        select(
            Item.id, Item.code, Item.name, Item.department, Item.video_enabled, Item.mail_allowed, Item.syllables,
            Item.region_code, Region.name.label("region_name"), Item.category_id, Category.name.label("category_name"),
        )
        .join(Region, Region.code == Item.region_code)
        .join(Category, Category.id == Item.category_id)
        .where(Item.id.in_(ids))
    )  # fmt: skip


def _matches(word: str) -> ColumnElement[bool]:
    if not word.isascii():
        return W.text.contains(word, autoescape=True)
    if len(word) == 1:  # one letter: only names that begin with it, or half the catalogue matches
        return W.initials.contains(f"|{word}", autoescape=True)
    start = f"|{word[:START_LENGTH]}"  # a sound begins where a syllable begins
    told = or_(W.initials.contains(word, autoescape=True), W.starts.contains(start, autoescape=True))
    return and_(
        W.sound.contains(word, autoescape=True), told
    )  # the longer columns are read where this one matches


def _rank(word: str) -> ColumnElement[int]:
    """Exact, then beginning, then inside the name or an alias; by sound: beginning, then inside. As few looks as do."""
    whole = or_(W.text == f"|{word}", W.text.startswith(f"|{word}|", autoescape=True))
    begins = W.text.startswith(f"|{word}", autoescape=True)
    if not word.isascii():
        return case((begins, case((whole, 0), else_=1)), else_=2)
    first_sound = W.starts.startswith(f"|{word[:START_LENGTH]}", autoescape=True)
    return case(
        (begins, 1), (W.initials.startswith(f"|{word}", autoescape=True), 2), (first_sound, 2), else_=3
    )
