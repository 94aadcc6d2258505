"""Routes of the catalogue: open to everyone."""

from typing import Any

from backend.catalog import service
from backend.catalog.schemas import (
    CategoriesOut,
    CategoriesQuery,
    ItemOut,
    ItemsOut,
    ItemsQuery,
    RegionsOut,
)
from backend.platform.api import Blueprint, access
from backend.platform.auth import actor_or_none

bp = Blueprint("catalog", __name__, url_prefix="/api")


@bp.get("/regions")
@access("public")
@bp.output(RegionsOut)
def regions() -> dict[str, Any]:
    return {
        "items": [{"code": r.code, "name": r.name, "parent_code": r.parent_code} for r in service.regions()]
    }


@bp.get("/categories")
@access("public")
@bp.input(CategoriesQuery, location="query")
@bp.output(CategoriesOut)
def categories(query_data: CategoriesQuery) -> dict[str, Any]:
    return {"items": service.categories(query_data.region)}


@bp.get("/items")
@access("public")
@bp.input(ItemsQuery, location="query")
@bp.output(ItemsOut)
def items(query_data: ItemsQuery) -> dict[str, Any]:
    wanted = query_data
    return service.find_items(
        wanted.q, region=wanted.region, category=wanted.category, cursor=wanted.cursor, limit=wanted.limit
    )


@bp.get("/items/<item_id>")
@access("public")
@bp.output(ItemOut)
def item(item_id: str) -> dict[str, Any]:
    return service.detail(item_id, actor_or_none())
