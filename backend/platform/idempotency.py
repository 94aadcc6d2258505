"""A write sent twice has one effect and one answer: the Idempotency-Key header.

The key's row, the effect and the stored answer are one transaction. The same key with another body is refused
(IETF draft-ietf-httpapi-idempotency-key-header). Keys are kept 48 hours.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from flask import Response, current_app, request
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.clock import now
from backend.platform.crypto import decrypt, encrypt
from backend.platform.db import UTCDateTime, db, unit_of_work
from backend.platform.errors import Invalid, Malformed

KEEP = timedelta(hours=48)


class IdempotencyMismatch(Invalid):
    code, message = "idempotency_mismatch", "同一请求编号的内容不一致，请刷新后重试"


class IdempotencyKey(db.Model):  # type: ignore[name-defined]
    actor_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None]  # sealed: an answer may hold a phone number or a token
    created_at: Mapped[Any] = mapped_column(UTCDateTime, index=True)


def run(actor_id: str, key: str, view: Callable[[], Any]) -> Response:
    """Answer with what `view` answered the first time."""
    if not 8 <= len(key) <= 128 or not key.isprintable():
        raise Malformed("请求编号格式不正确", header="Idempotency-Key")
    fingerprint = _fingerprint()
    with unit_of_work():
        if not _claim(actor_id, key, fingerprint):
            return _replay(actor_id, key, fingerprint)
        response = current_app.make_response(view())
        if response.status_code == 204 or (response.is_json and response.status_code < 400):
            row = db.session.get_one(IdempotencyKey, (actor_id, key))
            row.status, row.body = response.status_code, encrypt(response.get_data(as_text=True))
        else:
            db.session.execute(
                delete(IdempotencyKey).where(IdempotencyKey.actor_id == actor_id, IdempotencyKey.key == key)
            )
    return response


def _claim(actor_id: str, key: str, fingerprint: str) -> bool:
    """Insert the key's row; a second claim waits for the first to end and then loses."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(IdempotencyKey)
        .values(actor_id=actor_id, key=key, fingerprint=fingerprint, created_at=now())
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    return db.session.execute(statement).scalar() is not None


def _replay(actor_id: str, key: str, fingerprint: str) -> Response:
    query = select(IdempotencyKey).where(IdempotencyKey.actor_id == actor_id, IdempotencyKey.key == key)
    row = db.session.scalars(query).one()
    if row.fingerprint != fingerprint:
        raise IdempotencyMismatch()
    response = current_app.response_class(decrypt(row.body or ""), row.status, mimetype="application/json")
    response.headers["Idempotent-Replay"] = "true"
    return response


def _fingerprint() -> str:
    seen = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype == "multipart/form-data":  # the boundary differs in each try: hash the parts
        for name, value in sorted(request.form.items(multi=True)):
            seen.update(f"{name}={value}\n".encode())
        for name, file in sorted(request.files.items(multi=True)):
            content = hashlib.file_digest(cast(Any, file.stream), "sha256").digest()
            seen.update(f"{name}:{file.filename}\n".encode() + content)
            file.stream.seek(0)
    else:
        seen.update(request.get_data())
    return seen.hexdigest()


def purge() -> None:
    """Forget keys older than 48 hours."""
    with unit_of_work():
        db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now() - KEEP))
