"""手机接入: the applicant's phone joins the same session as a second endpoint (S29, S30, M24)."""

import base64
from datetime import datetime, timedelta
from io import BytesIO
from typing import NamedTuple

import qrcode

from backend.identity import service as identity
from backend.identity.tokens import Tokens
from backend.platform import tickets
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import unit_of_work
from backend.platform.errors import Expired, NotAllowedNow
from backend.platform.ids import new_token
from backend.platform.settings import settings
from backend.session import timeline
from backend.session.access import get_as, scope_of
from backend.session.machine import OPEN
from backend.session.models import ServiceSession

SECONDS = 300


class Invitation(NamedTuple):
    url: str
    qr: str  # data:image/png
    expires_at: datetime


def invite(actor: Actor, session_id: str) -> Invitation:
    """A code for the phone: five minutes, once, and a newer one makes it worthless."""
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant")
        if session.state not in OPEN:
            raise NotAllowedNow(state=session.state)
        session.handover_nonce = new_token()
        ticket = tickets.issue("handover", {"session": session.id, "nonce": session.handover_nonce}, ttl=SECONDS)
        timeline.record(session, "phone.invited", actor)
    url = f"{settings().public_url}/m/h/{ticket}"
    return Invitation(url, qr_image(url), now() + timedelta(seconds=SECONDS))


def redeem(ticket: str, device: str) -> tuple[ServiceSession, Tokens]:
    """Swap the code for a login that may take part in this one session. Raises Expired: used, old or replaced."""
    with unit_of_work():
        held = tickets.take("handover", ticket)
        session = timeline.lock(held["session"]) if held else None
        if session is None or held is None or session.handover_nonce != held["nonce"] or session.state not in OPEN:
            raise Expired("二维码已失效，请在电脑上重新打开“手机接入”")
        session.handover_nonce = None
        tokens = identity.login_scoped(session.applicant_id, scope_of(session.id), "phone", device)
        timeline.record(session, "phone.joined", None, {"endpoint": "applicant-phone"})
    return session, tokens


def qr_image(url: str) -> str:
    """`url` as a PNG in a data: address."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8, border=2)
    code.add_data(url)
    out = BytesIO()
    code.make_image().save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
