"""Routes of rating."""

from typing import Any

from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.rating import service, view
from backend.rating.models import FollowUp, Rating
from backend.rating.schemas import FollowUpOut, FollowUpsOut, LevelsOut, RatingIn, RatingOut, ResultIn

bp = Blueprint("rating", __name__, url_prefix="/api", tag="评价")


@bp.get("/rating/tags")
@access("public")
@bp.output(LevelsOut)
def tags() -> dict[str, Any]:
    """The five levels, best first, each with its tags."""
    return {"items": view.levels()}


@bp.post("/sessions/<session_id>/rating")
@access("applicant", scoped=True)
@bp.input(RatingIn)
@bp.output(RatingOut, 201)
def rate(session_id: str, json_data: RatingIn) -> dict[str, Any]:
    """Rate a completed session, once; within seven days it can be changed (change = true)."""
    return service.facts(service.rate(current_actor(), session_id, **json_data.model_dump()))


@bp.get("/rating/follow-ups")
@access("supervisor", "admin")
@bp.output(FollowUpsOut)
def follow_ups() -> dict[str, Any]:
    """Bad ratings that wait for a call, the most urgent first."""
    return {"items": [_follow_up(order, rating) for order, rating in service.follow_ups()]}


@bp.post("/rating/follow-ups/<follow_up_id>/close")
@access("supervisor", "admin")
@bp.input(ResultIn)
@bp.output(FollowUpOut)
def close(follow_up_id: str, json_data: ResultIn) -> dict[str, Any]:
    order = service.close_follow_up(current_actor(), follow_up_id, json_data.result)
    return _follow_up(order, service.get_rating(order.rating_id))


def _follow_up(order: FollowUp, rating: Rating) -> dict[str, Any]:
    own = {name: getattr(order, name) for name in ("id", "state", "opened_at", "due_at", "result")}
    shown = {name: getattr(rating, name) for name in ("session_id", "level", "tags", "comment")}
    return {**own, **shown}
