"""Search by keyword, alias, full pinyin and initials (guide rows S8, S36): LIKE on prepared columns, ranked."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, and_, case, literal, or_, select

from backend.catalog.models import Category, Item, Region
from backend.catalog.words import START_LENGTH, normal
from backend.platform.db import db

MAX_QUERY = 60  # characters looked at
MAX_WORDS = 5
MAX_LIMIT = 100


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
) -> Page:
    """One page of items, best match first. `cursor` is the one the page before gave."""
    limit = max(1, min(limit, MAX_LIMIT))
    skip = int(cursor) if cursor and cursor.isdecimal() and len(cursor) < 7 else 0
    rows = list(db.session.execute(statement(query, region, category).offset(skip).limit(limit + 1)))
    return Page(rows[:limit], str(skip + limit) if len(rows) > limit else None)


def statement(query: str, region: str | None, category: str | None) -> Select:
    """The one statement behind the search box."""
    words = [w for w in (normal(w) for w in query[:MAX_QUERY].split()) if w][:MAX_WORDS]
    found = (
        select(
            Item.id, Item.code, Item.name, Item.department, Item.video_enabled, Item.mail_allowed, Item.syllables,
            Item.region_code, Region.name.label("region_name"), Item.category_id, Category.name.label("category_name"),
        )
        .join(Region, Region.code == Item.region_code)
        .join(Category, Category.id == Item.category_id)
        .where(Item.active)
    )  # fmt: skip
    if region:
        found = found.where(_within(region))
    if category:
        found = found.where(Item.category_id == category)
    if query.strip() and not words:
        return found.where(literal(False))
    for word in words:
        found = found.where(_matches(word))
    rank = [_rank("".join(words))] if words else []
    return found.order_by(*rank, Item.video_enabled.desc(), Item.code)


def _within(region: str) -> ColumnElement[bool]:
    """A region itself, or any below it: the district shows all."""
    return or_(Item.region_code == region, Region.parent_code == region)


def _matches(word: str) -> ColumnElement[bool]:
    text = Item.search_text.contains(word, autoescape=True)
    if not word.isascii():
        return text
    if len(word) == 1:  # one letter: only names that begin with it, or half the catalogue matches
        return or_(
            Item.search_text.startswith(word, autoescape=True),
            Item.initials.startswith(word, autoescape=True),
        )
    sounds = and_(  # the long column is read only where the short one matches
        Item.pinyin.contains(word, autoescape=True),
        Item.pinyin_starts.contains(f"|{word[:START_LENGTH]}", autoescape=True),
    )
    return or_(text, Item.initials.contains(word, autoescape=True), sounds)


def _rank(word: str) -> ColumnElement[int]:
    """Exact, then beginning, then inside the name or an alias, then by sound."""
    return case(
        (or_(Item.search_text == word, Item.search_text.startswith(f"{word}|", autoescape=True)), 0),
        (Item.search_text.startswith(word, autoescape=True), 1),
        (Item.search_text.contains(word, autoescape=True), 2),
        (
            or_(
                Item.initials.startswith(word, autoescape=True), Item.pinyin.startswith(word, autoescape=True)
            ),
            3,
        ),
        else_=4,
    )
