"""What rating adds to a session: the invitation, its dialog, the step 评价."""

from typing import Any

from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.rating import rules, service
from backend.rating.words import LEVELS, TAGS
from backend.session import hooks, timeline
from backend.session.machine import State
from backend.session.models import ServiceSession

hooks.on_completed(service.invite)


@hooks.view_section("rating")
def rating(session: ServiceSession, actor: Actor) -> dict[str, Any] | None:
    """The rating, if there is one. An anonymous one tells the agent only that it was given."""
    row = service.of_session(session.id) if session.state == State.COMPLETED else None
    if row is None:
        return None
    if row.anonymous and actor.id == session.agent_id:
        return {"level": None, "tags": [], "comment": "", "anonymous": True}
    return service.facts(row)


@hooks.prompt_source
def prompts(session: ServiceSession, actor: Actor) -> list[dict[str, Any]]:
    if actor.staff or not _open(session) or service.of_session(session.id):
        return []
    card = timeline.latest(session.id, service.INVITED)
    title, data = (
        "诚邀您对本次服务作出评价",
        {"levels": levels(), "until": card.payload["until"] if card else None},
    )
    return [
        {
            "id": f"rating:{session.id}",
            "kind": "rating",
            "title": title,
            "seq": card.seq if card else 0,
            "data": data,
        }
    ]


@hooks.action_source
def actions(session: ServiceSession, actor: Actor) -> list[str]:
    return [] if actor.staff or not _open(session) else ["rate"]


@hooks.progress_step("rating", "评价", order=60)
def rated(session: ServiceSession) -> bool | None:
    """No step of a session that was abandoned."""
    return None if session.state == State.ABANDONED else service.of_session(session.id) is not None


def levels() -> list[dict[str, Any]]:
    """What can be chosen, best first."""
    return [{"level": level, "title": title, "tags": TAGS[level]} for level, title in LEVELS.items()]


def _open(session: ServiceSession) -> bool:
    ended = session.ended_at if session.state == State.COMPLETED else None
    return ended is not None and now() < rules.closes_at(ended)
