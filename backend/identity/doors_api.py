"""More ways in: from the mini-program into its web-view."""

from pathlib import Path
from typing import Any

from flask import redirect, render_template_string
from werkzeug.wrappers import Response

from backend.identity import cookies, entry
from backend.identity.replies import uncached
from backend.identity.schemas import TicketIn, TicketOut
from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.platform.errors import DomainError
from backend.platform.limits import limit

bp = Blueprint("doors", __name__, url_prefix="/api/auth", tag="登录与身份")
pages = Blueprint("doors_pages", __name__, enable_openapi=False)
STOPPED = (Path(__file__).parent / "pages" / "stopped.html").read_text(encoding="utf-8")
STOPPED_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@bp.post("/tickets")
@access("applicant")
@bp.input(TicketIn)
@bp.output(TicketOut, status_code=201)
def ticket(json_data: TicketIn) -> Any:
    """A one-time address that carries the mini-program's login into its web-view."""
    actor = current_actor()
    limit(f"ticket:{actor.id}", 30, per=60)
    return {"url": entry.issue(actor.login_id, json_data.next), "expires_in": entry.SECONDS}


@pages.get("/enter/<token>")
@access("public")
def enter(token: str) -> Response:
    """Take a ticket: sets the cookie, over whatever login the web-view had, and goes on to the clean address."""
    try:
        done, path = entry.enter(token, cookies.device())
    except DomainError as fault:
        return uncached(_stopped(fault))
    response = uncached(cookies.keep(redirect(path), done))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _stopped(fault: DomainError) -> Response:
    """A page for a person, not an error for a program."""
    response = Response(render_template_string(STOPPED, message=fault.message), 410, mimetype="text/html")
    response.headers["Content-Security-Policy"] = STOPPED_POLICY
    return response
