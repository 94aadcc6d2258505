"""The ticket behind a QR code: five minutes, one use, one live per commitment, bound to the first phone (P36, P37)."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from backend.platform.clock import now
from backend.platform.crypto import digest
from backend.platform.db import db
from backend.platform.errors import NotFound
from backend.platform.ids import new_token
from backend.platform.settings import settings
from backend.signature.errors import AlreadySigned, CodeExpired, CodeReplaced, OtherDevice
from backend.signature.machine import LIVE_TICKET, TicketState, ticket_machine
from backend.signature.models import SignTicket

LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class Issued:
    """The only moment at which the token is known in the clear."""

    row: SignTicket
    token: str

    @property
    def url(self) -> str:
        return f"{settings().public_url.rstrip('/')}/s/{self.token}"


def issue(commitment_id: str) -> Issued:
    """A new ticket; those before it are replaced (the caller holds the session's lock)."""
    replace(commitment_id)
    token = new_token()
    row = SignTicket(
        commitment_id=commitment_id, token_hash=digest(token), state=TicketState.NEW, expires_at=now() + LIFE
    )
    db.session.add(row)
    db.session.flush()
    return Issued(row, token)


def replace(commitment_id: str) -> None:
    """Let no code of this commitment work any more."""
    db.session.execute(
        update(SignTicket)
        .where(
            SignTicket.commitment_id == commitment_id, SignTicket.state.in_([s.value for s in LIVE_TICKET])
        )
        .values(state=TicketState.REPLACED.value)
        .execution_options(synchronize_session="fetch")
    )


def find(token: str) -> SignTicket:
    row = db.session.scalar(select(SignTicket).where(SignTicket.token_hash == digest(token[:64])))
    if row is None:
        raise NotFound("二维码无效，请扫描电脑上的二维码")
    return row


def check(row: SignTicket) -> None:
    """Raises CodeReplaced, CodeExpired, AlreadySigned unless the ticket still works."""
    if row.state == TicketState.REPLACED:
        raise CodeReplaced()
    if row.state == TicketState.EXPIRED or row.expires_at <= now():
        raise CodeExpired()
    if row.state == TicketState.SIGNED:
        raise AlreadySigned()


def scan(row: SignTicket, device: str) -> bool:
    """Bind the ticket to the first phone: True when this was the first time. Raises OtherDevice."""
    if row.state == TicketState.NEW:
        ticket_machine.apply(row, "scan", "signer", device_hash=digest(device), scanned_at=now())
        return True
    _same_device(row, device)
    return False


def use(row: SignTicket, device: str) -> None:
    """The one signature of this ticket. Raises OtherDevice; NotAllowedNow when the page was never opened."""
    if row.state == TicketState.SCANNED:
        _same_device(row, device)
    ticket_machine.apply(row, "sign", "signer", where=[SignTicket.expires_at > now()])


def signed_by(row: SignTicket, device: str) -> bool:
    """Whether this ticket's signature came from this phone."""
    return row.state == TicketState.SIGNED and row.device_hash == digest(device)


def newest_of(commitment_id: str) -> SignTicket | None:
    """The newest ticket of a commitment, whatever its state."""
    query = select(SignTicket).where(SignTicket.commitment_id == commitment_id)
    return db.session.scalar(query.order_by(SignTicket.id.desc()).limit(1))


def state_of(row: SignTicket) -> str:
    """The state as people see it: a ticket that has run out is expired even before anything has touched it."""
    if row.state in LIVE_TICKET and row.expires_at <= now():
        return TicketState.EXPIRED
    return row.state


def _same_device(row: SignTicket, device: str) -> None:
    if row.device_hash != digest(device):
        raise OtherDevice()
