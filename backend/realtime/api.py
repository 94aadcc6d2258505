"""POST /api/socket-tickets, then ws(s)://…/ws?ticket=T&after=N."""

from typing import Any
from urllib.parse import quote

from flask import request
from flask_sock import Sock

from backend.platform.api import Blueprint, Schema, access
from backend.platform.auth import actor_or_none
from backend.platform.limits import limit
from backend.platform.settings import settings
from backend.realtime import bus, sockets
from backend.realtime.server import Socket

bp = Blueprint("realtime", __name__, tag="实时连接")
sock = Sock()


class TicketIn(Schema):
    """`channel` with what it needs: session {id, endpoint}, slots {item_id}, console, user."""

    channel: str
    id: str | None = None
    endpoint: str | None = None
    item_id: str | None = None


class TicketOut(Schema):
    ticket: str
    url: str
    expires_in: int


@bp.post("/api/socket-tickets")
@access("public", scoped=True)
@bp.input(TicketIn)
@bp.output(TicketOut, 201)
def socket_ticket(json_data: TicketIn) -> dict[str, Any]:
    """A single-use ticket, good for 30 seconds, for a socket of the named channel."""
    actor = actor_or_none()
    limit(f"socket-ticket:{actor.id if actor else request.remote_addr}", settings().socket_tickets_per_minute, per=60)
    asked = json_data.model_dump(exclude_none=True, exclude={"channel"})
    ticket = sockets.issue_ticket(json_data.channel, actor, asked)
    # The proxy sends both ends of a session to one process by this word (deploy/nginx.conf); nothing depends on it.
    url = f"/ws?room={quote(json_data.id)}" if json_data.id else "/ws"
    return {"ticket": ticket, "url": url, "expires_in": sockets.TICKET_SECONDS}


@sock.route("/ws", bp=bp)
@access("public")
@bp.doc(hide=True)
def ws(socket: Socket) -> None:
    """Events down, signalling up. The ticket says who and what; `after` is the last number the client holds."""
    after = request.args.get("after", "0")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
    sockets.serve(socket, request.args.get("ticket", ""), number)


def init_app(app: Any) -> None:
    bus.init_app(app, app.extensions["settings"])
    sockets.init_app(app)
