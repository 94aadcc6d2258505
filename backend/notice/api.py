"""Routes of notices: an applicant's own list, and the consents that the mini-program collects."""

from typing import Any

from backend.notice import service
from backend.notice.schemas import ConsentsIn, CursorIn, MomentIn, NoticesOut, ReadIn, TemplatesOut
from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.platform.limits import limit

bp = Blueprint("notice", __name__, url_prefix="/api", tag="通知")


@bp.get("/notices")
@access("applicant")
@bp.input(CursorIn, location="query")
@bp.output(NoticesOut)
def notices(query_data: CursorIn) -> dict[str, Any]:
    """Everything told so far, newest first, and how much of it is new."""
    return service.mine(current_actor().id, query_data.cursor)


@bp.post("/notices/read")
@access("applicant")
@bp.input(ReadIn)
@bp.output({}, 204)
def read(json_data: ReadIn) -> str:
    """The list was opened: nothing in it is new any more."""
    service.read_all(current_actor().id)
    return ""


@bp.get("/notice/templates")
@access("applicant")
@bp.input(MomentIn, location="query")
@bp.output(TemplatesOut)
def templates(query_data: MomentIn) -> dict[str, Any]:
    """What wx.requestSubscribeMessage asks for at a moment."""
    return {"items": service.templates_for(query_data.moment)}


@bp.post("/notice/consents")
@access("applicant")
@bp.input(ConsentsIn)
@bp.output({}, 204)
def consents(json_data: ConsentsIn) -> str:
    """What it answered: each accept is one message."""
    actor = current_actor()
    limit(f"consents:{actor.id}", 60, per=3600)
    service.consent(actor.id, json_data.results)
    return ""
