"""Keeping and finding a session's files: check, store, then the row; who may read; sweeping what was left over."""

import hashlib
from typing import BinaryIO

from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from backend.platform import leftovers
from backend.platform.auth import Actor
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotFound
from backend.platform.ids import new_id
from backend.platform.storage import storage
from backend.session import service as sessions
from backend.upload import content, names
from backend.upload.errors import NoFile
from backend.upload.limits import EXTENSION, Purpose
from backend.upload.models import Attachment

FOLDER = "files/"


def keep(session_id: str, actor: Actor, upload: FileStorage | None, purpose: Purpose) -> Attachment:
    """Check and store a client's file: bytes first, row after (inside a unit of work). Raises what is wrong with it."""
    if upload is None or (not upload.filename and not upload.stream.read(1)):
        raise NoFile()
    stream: BinaryIO = upload.stream  # type: ignore[assignment]
    checked = content.check(stream, upload.filename, purpose)
    return _store(
        Attachment(
            session_id=session_id,
            owner_kind="agent" if actor.staff else "applicant",
            owner_id=actor.id,
            purpose=purpose,
            name=checked.name,
            mime=checked.mime,
            size=checked.size,
            sha256=checked.sha256,
            width=checked.width,
            height=checked.height,
            pages=checked.pages,
        ),
        stream,
    )


def _store(row: Attachment, data: bytes | BinaryIO) -> Attachment:
    row.id = new_id()
    row.storage_key = f"{FOLDER}{row.id}.{EXTENSION[row.mime]}"
    storage.put(row.storage_key, data)
    with unit_of_work():
        db.session.add(row)
        db.session.flush()
    return row


def store_copy(original: Attachment, data: bytes, mime: str) -> Attachment:
    """Store the watermarked copy of `original` (inside a unit of work). The database refuses a second one."""
    stem, _ = names.split(original.name)
    return _store(
        Attachment(
            session_id=original.session_id,
            owner_kind="system",
            owner_id=None,
            purpose=Purpose.COPY,
            name=f"{stem}（已核验）.{EXTENSION[mime]}",
            mime=mime,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            pages=original.pages,
            copy_of=original.id,
        ),
        data,
    )


def readable(actor: Actor, attachment_id: str) -> Attachment:
    """The file, if `actor` is its session's applicant or staff of it; otherwise NotFound, as for a missing one."""
    row = db.session.get(Attachment, attachment_id)
    if row is None:
        raise NotFound()
    sessions.get_for(actor, row.session_id)
    return row


def facts(row: Attachment) -> dict[str, object]:
    """What a client may know of a file."""
    shown = ("id", "name", "mime", "size", "width", "height", "pages", "purpose")
    return {key: getattr(row, key) for key in shown}


def copy_of(original: Attachment) -> Attachment | None:
    return db.session.scalar(select(Attachment).where(Attachment.copy_of == original.id))


def digest(upload: FileStorage) -> str:
    """SHA-256 of a client's file; the position is back at the start after."""
    upload.stream.seek(0)
    value = hashlib.file_digest(upload.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    upload.stream.seek(0)
    return value


def sweep() -> int:
    """Delete stored files that no row names and that are older than an hour. Returns how many."""
    return leftovers.sweep(FOLDER, db.session.scalars(select(Attachment.storage_key)))
