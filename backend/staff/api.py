"""The console over HTTP. Administration is in admin_api."""

from typing import Any

from apiflask import APIFlask

from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.session import duty
from backend.session import service as sessions
from backend.session.schemas import ViewOut
from backend.session.view import view
from backend.staff import admin_api, figures, service
from backend.staff.schemas import (
    ConsoleOut,
    DutyIn,
    DutyOut,
    EmptyIn,
    FiguresOut,
    FloorOut,
    ListOut,
    RepliesOut,
    RevealIn,
    RevealOut,
    SessionsQuery,
)

bp = Blueprint("staff", __name__, url_prefix="/api", tag="客服工作台")


def init_app(app: APIFlask) -> None:
    app.register_blueprint(admin_api.bp)


@bp.get("/portal/figures")
@access("public")
@bp.output(FiguresOut)
def portal_figures() -> Any:
    """进驻客服、涉及服务、服务时长（分钟）、服务好评（%）, computed from the data."""
    return figures.portal()


@bp.get("/console/state")
@access("agent", "supervisor", "admin")
@bp.output(ConsoleOut)
def console_state() -> Any:
    """The console in one answer: duty, figures, the line, my sessions."""
    actor = current_actor()
    duty.seen(actor.id)
    return service.state(actor)


@bp.post("/console/duty")
@access("agent")
@bp.input(DutyIn)
@bp.output(DutyOut)
def set_duty(json_data: DutyIn) -> Any:
    """在线, 小休 or 离线."""
    return service.go(current_actor(), json_data.state)


@bp.post("/console/next")
@access("agent")
@bp.input(EmptyIn)
@bp.output(ViewOut)
def take_next(json_data: EmptyIn) -> Any:
    """Take the first in line: it rings at the applicant's."""
    return _view(sessions.take_next(current_actor()))


@bp.post("/console/sessions/<session_id>/accept")
@access("agent")
@bp.input(EmptyIn)
@bp.output(ViewOut)
def accept(session_id: str, json_data: EmptyIn) -> Any:
    """Take a chosen one from the line."""
    return _view(sessions.accept(current_actor(), session_id))


@bp.post("/console/sessions/<session_id>/cancel-ring")
@access("agent")
@bp.input(EmptyIn)
@bp.output(DutyOut)
def cancel_ring(session_id: str, json_data: EmptyIn) -> Any:
    """Take the ring back; the applicant keeps the place in line."""
    actor = current_actor()
    sessions.cancel_ring(actor, session_id)
    return service.duty_view(duty.of(actor.id))


@bp.post("/console/wrap-up/done")
@access("agent")
@bp.input(EmptyIn)
@bp.output(DutyOut)
def wrap_up_done(json_data: EmptyIn) -> Any:
    """Notes are written: ready for the next one."""
    return service.wrap_up_done(current_actor())


@bp.get("/console/sessions")
@access("agent", "supervisor", "admin")
@bp.input(SessionsQuery, location="query")
@bp.output(ListOut)
def list_sessions(query_data: SessionsQuery) -> Any:
    """My sessions, or everyone's for a supervisor; newest first."""
    return service.list_sessions(
        current_actor(),
        state=query_data.state,
        number=query_data.number,
        before=query_data.cursor,
        limit=query_data.limit,
    )


@bp.post("/console/sessions/<session_id>/reveal")
@access("agent", "supervisor", "admin")
@bp.input(RevealIn)
@bp.output(RevealOut)
def reveal(session_id: str, json_data: RevealIn) -> Any:
    """One personal datum in full; the look is recorded."""
    return service.reveal(current_actor(), session_id, json_data.field, json_data.reason)


@bp.get("/console/quick-replies")
@access("agent", "supervisor", "admin")
@bp.output(RepliesOut)
def quick_replies() -> Any:
    """Sentences to send with one press."""
    return {"items": service.quick_replies()}


@bp.get("/console/floor")
@access("supervisor", "admin")
@bp.output(FloorOut)
def floor() -> Any:
    """Who serves whom and for how long, and how each line stands."""
    return service.floor()


def _view(session: Any) -> dict[str, Any]:
    return view(session, current_actor())
