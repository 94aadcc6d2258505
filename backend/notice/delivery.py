"""Sending: one notice, one channel after the other, each try claimed by one guarded UPDATE.

A try moves `next_try_at` to when somebody else may try again, in case this process dies; then it talks to the outside
with no transaction open; then it notes the result, unless the notice was withdrawn meanwhile. A notice therefore goes
out once however often its job runs. After a try without an answer the same channel is asked again, and its refusal
then means that the first one did arrive (ADR 0011).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from backend.notice import channels
from backend.notice.channels import Message, Outcome
from backend.notice.machine import State, machine
from backend.notice.models import Notice
from backend.platform.clock import SHANGHAI, now, shanghai
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow
from backend.platform.settings import settings

LEASE = timedelta(minutes=2)  # a try that is not noted by then is made again
BACK_OFF = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))  # then on to the next channel


def due() -> list[tuple[str, datetime]]:
    """Notices to try now, with the moment that names the try."""
    query = select(Notice.id, Notice.next_try_at).where(Notice.state == State.WAITING, Notice.next_try_at <= now())
    return [(id, at) for id, at in db.session.execute(query.order_by(Notice.next_try_at).limit(200))]


def deliver(notice_id: str) -> None:
    """Send a notice that is due, by the first channel that takes it. Running twice sends once."""
    while (message := _claim(notice_id)) and not _note(message, channels.send(message)):
        pass


def _ready(row: Notice) -> bool:
    """Waiting, due, and not to be put off or dropped."""
    present = now()
    if row.state != State.WAITING or row.next_try_at > present:
        return False
    if row.until_at and row.until_at <= present:
        _apply(row, "drop", error=row.error or "too late")
        return False
    later = after_quiet(present)
    if later > present and not (row.until_at and row.until_at <= later):
        _apply(row, "try", next_try_at=later)
        return False
    return True


def after_quiet(moment: datetime) -> datetime:
    """`moment`, or the morning when it falls into the quiet hours (features M14)."""
    first, last = settings().notice_quiet_from, settings().notice_quiet_until
    here = shanghai(moment)
    quiet = first <= here.hour < last if first <= last else here.hour >= first or here.hour < last
    if not quiet:
        return moment
    morning = datetime(here.year, here.month, here.day, last, tzinfo=SHANGHAI)
    return morning if morning > here else morning + timedelta(days=1)


def _locked(notice_id: str) -> Notice | None:
    query = select(Notice).where(Notice.id == notice_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def _claim(notice_id: str) -> Message | None:
    """This try is ours: what to send. None: nothing to do, or nobody to send to."""
    with unit_of_work():
        row = _locked(notice_id)
        if row is None or not _ready(row):
            return None
        channel = row.channel or channels.following(row)
        if channel is None:
            _apply(row, "drop")
            return None
        message = channels.message(row, channel)
        claimed = _apply(row, "try", channel=channel, tries=message.tries, next_try_at=now() + LEASE)
        return message if claimed else None


def _note(sent: Message, outcome: Outcome) -> bool:
    """Write down what came of a try; False: another channel is to be tried at once."""
    with unit_of_work():
        row = _locked(sent.notice_id)
        if row is None or row.state != State.WAITING or (row.channel, row.tries) != (sent.channel, sent.tries):
            return True  # withdrawn, or another process took over after the lease
        if outcome.sent or (outcome.no_consent and row.unsure):
            return _apply(row, "send", sent_at=now(), receipt=outcome.receipt)
        if not outcome.final and row.tries <= len(BACK_OFF):
            again = now() + BACK_OFF[row.tries - 1]
            unsure = row.unsure or outcome.unsure
            return _apply(row, "try", next_try_at=again, error=outcome.error, unsure=unsure)
        return not _move_on(row, outcome)


def reported(receipt: str, status: str) -> None:
    """WeChat took a template message and says now what came of it: one that was not delivered goes by the next channel.

    A report that is faster than our own note finds nothing; then the message counts as sent.
    """
    if not receipt or status == "success":
        return
    query = select(Notice.id).where(Notice.receipt == receipt, Notice.channel == "oa", Notice.state == State.SENT)
    with unit_of_work():
        row = _locked(db.session.scalar(query) or "")
        if row and _apply(row, "return", receipt=None, sent_at=None, next_try_at=now(), error=f"oa: {status}"[:200]):
            _move_on(row, Outcome())


def _move_on(row: Notice, outcome: Outcome) -> bool:
    """Give up this channel. True: the next one is in its place; else it ends: failed, or nobody was there."""
    channels.let_go(row, outcome)
    after, error = channels.following(row), outcome.error or row.error
    if after:
        return _apply(row, "try", channel=after, tries=0, unsure=False, error=error, next_try_at=now())
    _apply(row, "fail" if error else "drop", channel=None, error=error)
    return False


def _apply(row: Notice, move: str, **values: Any) -> bool:
    """One guarded UPDATE; False when the row is not as it was seen."""
    seen = [Notice.next_try_at == row.next_try_at, Notice.tries == row.tries]
    try:
        machine.apply(row, move, "system", where=seen, **values)
    except NotAllowedNow:
        return False
    return True
