"""Keeping and finding a session's files: check, store, then the row; who may read; sweeping what was left over."""

import hashlib
from dataclasses import dataclass, fields
from typing import BinaryIO

from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from backend.platform import leftovers, tickets
from backend.platform.auth import Actor
from backend.platform.db import db
from backend.platform.errors import NotFound
from backend.platform.ids import new_id
from backend.platform.storage import storage
from backend.session import service as sessions
from backend.session.moderation import TICKET
from backend.upload import content, names
from backend.upload.errors import NoFile
from backend.upload.limits import EXTENSION, Purpose
from backend.upload.models import Attachment

FOLDER = "files/"


@dataclass(frozen=True)
class Received:
    """A client's file that is checked and stored, but has no row yet."""

    id: str
    key: str
    checked: content.Checked


def receive(upload: FileStorage | None, purpose: Purpose) -> Received:
    """Check a client's file and store it under a key of ours; no transaction is open. Raises what is wrong with it."""
    if upload is None or (not upload.filename and not upload.stream.read(1)):
        raise NoFile()
    stream: BinaryIO = upload.stream  # type: ignore[assignment]
    checked = content.check(stream, upload.filename, purpose)
    id_ = new_id()
    key = f"{FOLDER}{id_}.{EXTENSION[checked.mime]}"
    storage.put(key, stream)
    return Received(id_, key, checked)


def keep(session_id: str, actor: Actor, received: Received, purpose: Purpose) -> Attachment:
    """The row of a received file (inside a unit of work)."""
    owner = {"owner_kind": "agent" if actor.staff else "applicant", "owner_id": actor.id}
    row = Attachment(
        id=received.id, session_id=session_id, purpose=purpose, storage_key=received.key, **owner
    )
    for field in fields(received.checked):
        setattr(row, field.name, getattr(received.checked, field.name))
    db.session.add(row)
    db.session.flush()
    return row


def drop_unused(received: Received) -> None:
    """The request came to nothing: delete what it had stored, at once rather than in the next sweep."""
    if db.session.get(Attachment, received.id) is None:
        storage.delete(received.key)


def store_copy(original: Attachment, data: bytes, mime: str) -> Attachment:
    """Store the watermarked copy of `original` (inside a unit of work). The database refuses a second one."""
    stem, _ = names.split(original.name)
    id_ = new_id()
    row = Attachment(
        id=id_,
        session_id=original.session_id,
        owner_kind="system",
        purpose=Purpose.COPY,
        name=f"{stem}（已核验）.{EXTENSION[mime]}",
        mime=mime,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        storage_key=f"{FOLDER}{id_}.{EXTENSION[mime]}",
        pages=original.pages,
        copy_of=original.id,
    )
    storage.put(row.storage_key, data)
    db.session.add(row)
    db.session.flush()
    return row


def readable(actor: Actor, attachment_id: str) -> Attachment:
    """The file, if `actor` is its session's applicant or staff of it; otherwise NotFound, as for a missing one."""
    row = db.session.get(Attachment, attachment_id)
    if row is None:
        raise NotFound()
    sessions.get_for(actor, row.session_id)
    return row


def to_be_checked(ticket: str) -> Attachment:
    """The picture that a ticket of the content check stands for: of the chat only, whatever the ticket says."""
    found = tickets.peek(TICKET, ticket)
    row = db.session.get(Attachment, found["attachment_id"]) if found else None
    if row is None or row.purpose != Purpose.CHAT or not row.mime.startswith("image/"):
        raise NotFound()
    return row


def facts(row: Attachment) -> dict[str, object]:
    """What a client may know of a file."""
    shown = ("id", "name", "mime", "size", "width", "height", "pages", "purpose")
    return {key: getattr(row, key) for key in shown}


def copy_of(original: Attachment) -> Attachment | None:
    return db.session.scalar(select(Attachment).where(Attachment.copy_of == original.id))


def sweep() -> int:
    """Delete stored files that no row names and that are older than an hour. Returns how many."""
    return leftovers.sweep(FOLDER, db.session.scalars(select(Attachment.storage_key)))
