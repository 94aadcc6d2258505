"""Routes of commitments and signatures; those under /sign are for a phone that holds nothing but a QR code's token."""

from typing import Any

from flask import Response, jsonify, request

from backend.platform import qr
from backend.platform.api import Blueprint, access
from backend.platform.audit import audit
from backend.platform.auth import current_actor
from backend.platform.clock import now
from backend.platform.db import unit_of_work
from backend.platform.download import send
from backend.platform.ids import new_token
from backend.platform.limits import limit
from backend.platform.storage import storage
from backend.session.timeline import stamp
from backend.signature import document, service, view
from backend.signature.errors import OtherDevice
from backend.signature.models import Commitment
from backend.signature.schemas import CommitmentOut, RejectIn, SignatureOut, SignIn, SignPageOut, TicketOut

bp = Blueprint("signature", __name__, url_prefix="/api", tag="承诺书与签名")
DEVICE_COOKIE = "sign_device"


@bp.post("/sessions/<session_id>/commitments")
@access("agent")
@bp.output(CommitmentOut, 201)
def push(session_id: str) -> Any:
    """Show the applicant the item's commitment (S22)."""
    return _whole(service.push(current_actor(), session_id))


@bp.get("/commitments/<commitment_id>")
@access("party", scoped=True)
@bp.output(CommitmentOut)
def show(commitment_id: str) -> Any:
    """The text. The first time the applicant asks, the countdown starts (S23)."""
    return _whole(service.show(current_actor(), commitment_id))


@bp.post("/commitments/<commitment_id>/read")
@access("applicant", scoped=True)
@bp.output(CommitmentOut)
def read(commitment_id: str) -> Any:
    """Read to the end; 409 too_early with seconds_left before the countdown is over."""
    return _whole(service.read(current_actor(), commitment_id))


@bp.post("/commitments/<commitment_id>/tickets")
@access("applicant", scoped=True)
@bp.output(TicketOut, 201)
def issue_ticket(commitment_id: str) -> Any:
    """A QR code for the phone: five minutes, one signature; the code before it stops working (S24)."""
    limit(f"sign-ticket:{commitment_id}", 60, per=600)
    issued = service.issue_ticket(current_actor(), commitment_id)
    return {
        "url": issued.url,
        "qr": qr.data_url(issued.url),
        "expires_at": stamp(issued.row.expires_at),
        "state": issued.row.state,
    }


@bp.post("/commitments/<commitment_id>/sign")
@access("applicant", scoped=True)
@bp.input(SignIn)
@bp.output(SignatureOut, 201)
def sign_in_place(commitment_id: str, json_data: SignIn) -> Any:
    """Sign on the phone that holds the session (rule 9)."""
    return view.signature_facts(service.sign_in_place(current_actor(), commitment_id, _written(json_data)))


@bp.post("/commitments/<commitment_id>/withdraw")
@access("agent")
@bp.output(CommitmentOut)
def withdraw(commitment_id: str) -> Any:
    """Take an unsigned commitment back."""
    return _whole(service.withdraw(current_actor(), commitment_id))


@bp.post("/commitments/<commitment_id>/reject")
@access("agent")
@bp.input(RejectIn)
@bp.output(CommitmentOut)
def reject(commitment_id: str, json_data: RejectIn) -> Any:
    """Do not take the signature, with a reason; push anew for another one."""
    return _whole(service.reject(current_actor(), commitment_id, json_data.reason))


@bp.get("/commitments/<commitment_id>/signature")
@access("party", scoped=True)
@bp.doc(responses={200: "a PNG", 404: "not signed, or not yours"})
def picture(commitment_id: str) -> Response:
    """The handwriting as we drew it from the strokes; `?original=1` the phone's own picture."""
    row = service.signed(current_actor(), commitment_id)
    original = bool(request.args.get("original"))
    key, sha256 = (row.image_key, row.image_sha256) if original else (row.drawn_key, row.drawn_sha256)
    response = send(storage.open(key), "image/png", "签名.png", etag=sha256, inline=True)
    if response.status_code == 200:
        with unit_of_work():
            audit("signature.read", subject=f"signature:{row.id}")
    return response


@bp.get("/commitments/<commitment_id>/document")
@access("party", scoped=True)
@bp.doc(responses={200: "a PDF", 404: "not signed, or not yours"})
def as_document(commitment_id: str) -> Response:
    """The signed commitment as a PDF to keep: text, handwriting, times and digests."""
    session, row, signature = service.signed_with_text(current_actor(), commitment_id)
    with storage.open(signature.drawn_key) as drawn:
        data = document.pdf(session, row, signature, drawn)
    return send(data, "application/pdf", f"{row.title}.pdf", etag=signature.evidence_sha256)


# --- the phone that scanned the code ------------------------------------------------------------------------------


@bp.get("/sign/<token>")
@access("ticket:sign")
@bp.output(SignPageOut)
def open_page(token: str) -> Any:
    """What is to be signed. The first phone to ask is the only one that may sign; others get 403 with the way on."""
    limit(f"sign:{request.remote_addr}", 120, per=60)
    device = request.cookies.get(DEVICE_COOKIE) or new_token()
    session, row, ticket = service.open_ticket(token, device)
    response = jsonify(
        item=session.item_name,
        masked_name=session.applicant_name,
        title=row.title,
        body=row.body,
        body_hash=row.body_hash,
        state=ticket.state,
        expires_at=stamp(ticket.expires_at),
        now=stamp(now()),
    )
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=3600,
        path="/api/sign",
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
    )
    return response


@bp.post("/sign/<token>")
@access("ticket:sign")
@bp.input(SignIn)
@bp.output(SignatureOut, 201)
def sign(token: str, json_data: SignIn) -> Any:
    """Sign. 409 already_signed when another was faster, 410 when the code has run out or was replaced, 422 with why."""
    limit(f"sign:{request.remote_addr}", 120, per=60)
    device = request.cookies.get(DEVICE_COOKIE)
    if not device:
        raise OtherDevice()
    return view.signature_facts(service.sign_by_ticket(token, device, _written(json_data)))


def _written(sent: SignIn) -> service.Written:
    return service.written(
        sent.strokes,
        sent.width,
        sent.height,
        sent.image,
        body_hash=sent.body_hash,
        ip=request.remote_addr,
        device=request.user_agent.string,
    )


def _whole(row: Commitment) -> dict[str, Any]:
    known = view.facts(row)
    return {**known, "session_id": row.session_id, "body": row.body, "body_hash": row.body_hash}
