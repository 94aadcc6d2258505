"""Routes of a session: parse, call one verb, show the view. The URL map is the table of verbs."""

from typing import Any

from flask import jsonify, request

from backend.identity import cookies
from backend.identity import service as identity
from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.platform.errors import Invalid
from backend.platform.limits import limit
from backend.session import (
    call,
    channel,
    chat,
    gate,
    handover,
    mine,
    moderation,
    notices,
    pause,
    service,
    timeline,
)
from backend.session.models import ServiceSession
from backend.session.schemas import (
    AfterIn,
    AnswerIn,
    CallIn,
    CompleteIn,
    DevicesIn,
    DoneOut,
    EmptyIn,
    EventOut,
    EventsOut,
    GateOut,
    IceOut,
    InvitationOut,
    JoinedOut,
    JoinIn,
    MessageIn,
    NoteIn,
    ReceiptsIn,
    RedeemIn,
    RowsOut,
    SurfaceIn,
    SuspendIn,
    ViewOut,
)
from backend.session.view import row, view

bp = Blueprint("session", __name__, url_prefix="/api", tag="会话")
party = access("party", scoped=True)


def _view(session: ServiceSession) -> dict[str, Any]:
    return view(session, current_actor())


# --- into the line -----------------------------------------------------------------------------------------


@bp.get("/bookings/<booking_id>/gate")
@access("applicant")
@bp.output(GateOut)
def show_gate(booking_id: str) -> dict[str, Any]:
    """What is read and ticked before the line (S15, S16, S40)."""
    return gate.show(current_actor(), booking_id)


@bp.post("/bookings/<booking_id>/queue")
@access("applicant")
@bp.input(JoinIn)
@bp.output(ViewOut)
def join(booking_id: str, json_data: JoinIn) -> dict[str, Any]:
    """进入排队 (S14). Again, from any device: the same session."""
    ticks = [gate.Agreed(t.text_id, t.version) for t in json_data.consents]
    ready = json_data.materials_ready
    return _view(service.join(current_actor(), booking_id, ticks, materials_ready=ready, ip=request.remote_addr))


@bp.get("/sessions/mine")
@party
@bp.output(RowsOut)
def my_sessions() -> dict[str, Any]:
    """未完成业务: what is not over (S46)."""
    return {"items": [row(s) for s in mine.open_of(current_actor())]}


# --- look --------------------------------------------------------------------------------------------------


@bp.get("/sessions/<session_id>")
@party
@bp.output(ViewOut)
def show(session_id: str) -> dict[str, Any]:
    """The view: state, actions, prompts, queue, peer and every feature's section."""
    actor = current_actor()
    service.get_for(actor, session_id)
    channel.came(session_id, actor)
    return _view(service.get_for(actor, session_id))


@bp.get("/sessions/<session_id>/events")
@party
@bp.input(AfterIn, location="query")
@bp.output(EventsOut)
def events(session_id: str, query_data: AfterIn) -> dict[str, Any]:
    """The timeline after a number, without a gap."""
    actor = current_actor()
    session = service.get_for(actor, session_id)
    return {"events": timeline.events(session_id, query_data.after, staff=actor.staff), "seq": session.last_seq}


# --- live: the verbs of the machine ------------------------------------------------------------------------


@bp.post("/sessions/<session_id>/leave")
@party
@bp.input(EmptyIn)
@bp.output(ViewOut)
def leave(session_id: str, json_data: EmptyIn) -> dict[str, Any]:
    return _view(service.leave(current_actor(), session_id))


@bp.post("/sessions/<session_id>/call-me")
@party
@bp.input(EmptyIn)
@bp.output(ViewOut)
def call_me(session_id: str, json_data: EmptyIn) -> dict[str, Any]:
    """快轮到时叫我: the page may be closed, the place is kept, a notice comes when three are ahead."""
    return _view(notices.call_me(current_actor(), session_id))


@bp.post("/sessions/<session_id>/answer")
@party
@bp.input(AnswerIn)
@bp.output(ViewOut)
def answer(session_id: str, json_data: AnswerIn) -> dict[str, Any]:
    """The applicant answers the ring; on a PC the call starts by itself (S18)."""
    actor = current_actor()
    endpoint = "applicant-phone" if actor.scope else json_data.endpoint
    return _view(service.answer(actor, session_id, endpoint))


@bp.post("/sessions/<session_id>/decline")
@party
@bp.input(EmptyIn)
@bp.output(ViewOut)
def decline(session_id: str, json_data: EmptyIn) -> dict[str, Any]:
    return _view(service.decline(current_actor(), session_id))


@bp.post("/sessions/<session_id>/suspend")
@party
@bp.input(SuspendIn)
@bp.output(ViewOut)
def suspend(session_id: str, json_data: SuspendIn) -> dict[str, Any]:
    """会话挂起, by either side, with what is missing (S44)."""
    return _view(pause.suspend(current_actor(), session_id, json_data.reason, json_data.missing))


@bp.post("/sessions/<session_id>/reconnect")
@party
@bp.input(EmptyIn)
@bp.output(ViewOut)
def reconnect(session_id: str, json_data: EmptyIn) -> dict[str, Any]:
    """重新连接, without a booking (S45)."""
    return _view(pause.reconnect(current_actor(), session_id))


@bp.post("/sessions/<session_id>/complete")
@access("agent")
@bp.input(CompleteIn)
@bp.output(ViewOut)
def complete(session_id: str, json_data: CompleteIn) -> dict[str, Any]:
    """办结 with an outcome."""
    return _view(service.complete(current_actor(), session_id, json_data.outcome, json_data.note))


@bp.post("/sessions/<session_id>/notes")
@access("agent", "supervisor", "admin")
@bp.input(NoteIn)
@bp.output(EventOut, 201)
def note(session_id: str, json_data: NoteIn) -> dict[str, Any]:
    """A note for staff only."""
    return {"event": timeline.wire(service.note(current_actor(), session_id, json_data.text), staff=True)}


# --- chat --------------------------------------------------------------------------------------------------


@bp.post("/sessions/<session_id>/messages")
@access("party", scoped=True, first=moderation.look_at_words)
@bp.input(MessageIn)
@bp.output(EventOut, 201)
def say(session_id: str, json_data: MessageIn) -> dict[str, Any]:
    """Text or attachment, stored once for each client_id (S19)."""
    if (json_data.text is None) == (json_data.attachment_id is None):
        raise Invalid("请输入文字或选择一个附件")
    actor = current_actor()
    limit(f"chat:{actor.id}", 200, per=10)
    said = chat.say(actor, session_id, json_data.client_id, text=json_data.text, attachment_id=json_data.attachment_id)
    return {"event": timeline.wire(said, staff=actor.staff)}


@bp.post("/sessions/<session_id>/messages/<int:seq>/recall")
@party
@bp.input(EmptyIn)
@bp.output(EventOut, 201)
def recall(session_id: str, seq: int, json_data: EmptyIn) -> dict[str, Any]:
    """Take back one's own message within two minutes."""
    actor = current_actor()
    return {"event": timeline.wire(chat.recall(actor, session_id, seq), staff=actor.staff)}


@bp.post("/sessions/<session_id>/receipts")
@party
@bp.input(ReceiptsIn)
@bp.output(DoneOut)
def receive(session_id: str, json_data: ReceiptsIn) -> dict[str, Any]:
    """How far the caller has received and read."""
    chat.receive(current_actor(), session_id, delivered=json_data.delivered, read=json_data.read)
    return {"ok": True}


# --- call, screen, help --------------------------------------------------------------------------------------


@bp.post("/sessions/<session_id>/call/start")
@party
@bp.input(CallIn)
@bp.output(ViewOut)
def start_call(session_id: str, json_data: CallIn) -> dict[str, Any]:
    """Start, join, move or renew the call: a new epoch (S18, S30, S41)."""
    return _view(call.start(current_actor(), session_id, json_data.endpoint))


@bp.post("/sessions/<session_id>/call/end")
@party
@bp.input(EmptyIn)
@bp.output(ViewOut)
def end_call(session_id: str, json_data: EmptyIn) -> dict[str, Any]:
    return _view(call.end(current_actor(), session_id))


@bp.get("/sessions/<session_id>/ice")
@party
@bp.output(IceOut)
def ice(session_id: str) -> dict[str, Any]:
    """STUN and TURN servers with credentials that run out."""
    return {"ice_servers": call.ice_servers(current_actor(), session_id)}


@bp.post("/sessions/<session_id>/screen/<any(request,grant,refuse,started,stopped):step>")
@party
@bp.input(SurfaceIn)
@bp.output(ViewOut)
def screen(session_id: str, step: str, json_data: SurfaceIn) -> dict[str, Any]:
    """One step of screen sharing; only the whole screen is taken (S21)."""
    return _view(call.screen(current_actor(), session_id, step, json_data.surface))


@bp.post("/sessions/<session_id>/control/<any(request,grant,refuse,stopped):step>")
@party
@bp.input(EmptyIn)
@bp.output(ViewOut)
def control(session_id: str, step: str, json_data: EmptyIn) -> dict[str, Any]:
    """One step of remote help."""
    return _view(call.control(current_actor(), session_id, step))


@bp.post("/sessions/<session_id>/devices")
@party
@bp.input(DevicesIn)
@bp.output(DoneOut)
def devices(session_id: str, json_data: DevicesIn) -> dict[str, Any]:
    """The result of the hardware check (S29)."""
    call.check_devices(current_actor(), session_id, json_data.model_dump())
    return {"ok": True}


# --- 手机接入 -------------------------------------------------------------------------------------------------


@bp.post("/sessions/<session_id>/handover")
@access("applicant")
@bp.input(EmptyIn)
@bp.output(InvitationOut)
def invite_phone(session_id: str, json_data: EmptyIn) -> dict[str, Any]:
    """A QR code with which the phone joins (S29, S30)."""
    return handover.invite(current_actor(), session_id)._asdict()


@bp.post("/handover/redeem")
@access("ticket:handover")
@bp.input(RedeemIn)
@bp.output(JoinedOut)
def join_by_phone(json_data: RedeemIn) -> Any:
    """The phone swaps the code for a login of this session alone."""
    limit(f"handover:{request.remote_addr}", 30, per=60)
    session, tokens = handover.redeem(json_data.ticket, cookies.device())
    person = identity.profile(session.applicant_id)
    body = {
        "access_token": tokens.access_token,
        "expires_in": tokens.expires_in,
        "session_id": session.id,
        "user": {k: person[k] for k in ("id", "masked_name", "real_name_level")},
    }
    if cookies.has_no_cookies():
        return jsonify({**body, "refresh_token": tokens.refresh_token})
    return cookies.keep(jsonify(body), tokens)
