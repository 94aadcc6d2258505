"""Sign-in on a PC by scanning: the browser's side, and the phone's (GET is what a scanned QR code opens)."""

from typing import Any

from flask import jsonify, request
from werkzeug.wrappers import Response

from backend.identity import cookies, scan
from backend.identity.replies import ip, reply, uncached
from backend.identity.schemas import ScanAskedOut, ScanOut, ScanStateOut, TokensOut
from backend.platform import qr
from backend.platform.api import Blueprint, access
from backend.platform.auth import current_actor
from backend.platform.limits import limit
from backend.platform.settings import settings

bp = Blueprint("scan", __name__, url_prefix="/api/auth/scan", tag="登录与身份")


@bp.post("")
@access("public")
@bp.output(ScanOut, status_code=201)
def ask() -> Any:
    """A QR code for this browser; the older one of this browser is forgotten with its cookie."""
    limit(f"scan:{ip()}", settings().sign_ins_per_ip, per=600)
    id_, url, binding = scan.ask(cookies.device(), ip())
    asked = ScanOut(id=id_, url=url, qr=qr.data_url(url), expires_in=scan.SECONDS)
    response = jsonify(asked.model_dump())
    response.status_code = 201
    cookies.bind(response, binding, cookies.SCAN, scan.SECONDS)
    return uncached(response)


@bp.get("/<scan_id>")
@access("public")
@bp.output(ScanStateOut)
def state(scan_id: str) -> Any:
    """How far it is."""
    return {"state": scan.state(scan_id, _binding())}


@bp.post("/<scan_id>/claim")
@access("public")
@bp.output(TokensOut)
def claim(scan_id: str) -> Any:
    """Collect the login the phone agreed to."""
    cookies.check_origin()
    return reply(scan.collect(scan_id, _binding(), cookies.device()))


@bp.get("/by-token/<token>")
@access("applicant")
@bp.output(ScanAskedOut)
def look(token: str) -> Any:
    """Who asks; from now on only this person may answer."""
    return scan.look(token, current_actor(), ip())


@bp.post("/by-token/<token>/confirm")
@access("applicant")
@bp.doc(responses={204: "the PC is signed in"})
def confirm(token: str) -> Response:
    scan.answer(token, current_actor(), yes=True)
    return Response(status=204)


@bp.post("/by-token/<token>/refuse")
@access("applicant")
@bp.doc(responses={204: "the PC is told"})
def refuse(token: str) -> Response:
    scan.answer(token, current_actor(), yes=False)
    return Response(status=204)


def _binding() -> str:
    return request.cookies.get(cookies.SCAN, "")
