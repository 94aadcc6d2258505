"""Routes of files and materials."""

import logging
from typing import Any

from flask import Response, after_this_request, g, request

from backend.platform.api import Blueprint, access
from backend.platform.audit import audit
from backend.platform.auth import current_actor
from backend.platform.db import db, unit_of_work
from backend.platform.download import send
from backend.platform.errors import NotFound
from backend.platform.limits import limit
from backend.platform.storage import storage
from backend.session import service as sessions
from backend.upload import files, images, lists, pdf, service, view
from backend.upload.errors import CopyPending, OriginalSealed
from backend.upload.limits import IMAGES, PDF, Purpose
from backend.upload.models import Attachment, Material
from backend.upload.schemas import (
    AttachmentOut,
    CheckIn,
    FileIn,
    MaterialOut,
    MaterialsIn,
    MaterialsOut,
    OptionsOut,
    RejectIn,
    ReopenIn,
    SnapshotIn,
    VersionIn,
)
from backend.upload.service import Wanted

log = logging.getLogger(__name__)
bp = Blueprint("upload", __name__, url_prefix="/api", tag="材料与文件")


def _receive(session_id: str, purpose: Purpose) -> None:
    """Check and store the request's file before its transaction begins; what then gets no row is deleted again."""
    actor = current_actor()
    sessions.get_for(actor, session_id)
    limit(f"upload:{actor.id}", 600, per=600)  # more in ten minutes is no person (ASVS 2.4.1)
    db.session.commit()  # nothing was written: gives the connection back while the file is decoded and stored
    received = g.received = files.receive(request.files.get("file"), purpose)

    @after_this_request
    def tidy(response: Response) -> Response:
        try:
            files.drop_unused(received)
        except Exception:  # the answer stands; the hourly sweep finds the file
            log.exception("could not tidy up after an upload")
        return response


def _receive_chat_file(session_id: str) -> None:
    _receive(session_id, Purpose.CHAT)


def _receive_snapshot(session_id: str) -> None:
    _receive(session_id, Purpose.SNAPSHOT)


def _receive_version(material_id: str) -> None:
    _receive(lists.session_of(material_id), Purpose.MATERIAL)


@bp.post("/sessions/<session_id>/attachments")
@access("party", scoped=True, first=_receive_chat_file)
@bp.input(FileIn, location="files")
@bp.output(AttachmentOut, 201)
def add_chat_file(session_id: str, files_data: FileIn) -> Any:
    """Upload a file for the chat; send it with POST messages {attachment_id}."""
    return files.facts(service.chat_file(current_actor(), session_id, g.received))


@bp.post("/sessions/<session_id>/snapshots")
@access("agent", first=_receive_snapshot)
@bp.input(SnapshotIn, location="files")
@bp.output(AttachmentOut, 201)
def add_snapshot(session_id: str, files_data: SnapshotIn) -> Any:
    """Keep a picture taken from the video; with `material_id` it becomes that material's newest version."""
    return files.facts(service.snapshot(current_actor(), session_id, g.received, files_data.material_id))


@bp.get("/attachments/<attachment_id>")
@access("party", scoped=True)
@bp.doc(
    responses={200: "the file", 304: "not changed", 404: "missing, or not yours", 410: "sealed: see the copy"}
)
def read(attachment_id: str) -> Response:
    """The bytes. `?thumb=1` a small, `?preview=1` a large upright JPEG of a picture or of a document's first page.

    Of a verified material's original only the watermarked copy is given out (P42): as itself under its own id, and
    as what `thumb` and `preview` show.
    """
    row = files.readable(current_actor(), attachment_id)
    long_side = (
        images.THUMB if request.args.get("thumb") else images.PREVIEW if request.args.get("preview") else None
    )
    if row.sealed_at:
        copy = files.copy_of(row)
        if long_side is None:
            raise OriginalSealed(copy_attachment_id=copy.id if copy else None)
        if copy is None:
            raise CopyPending()
        row = copy
    return _rendition(row, long_side) if long_side else _original(row)


@bp.get("/attachments/shown/<ticket>")
@access("public")
@bp.doc(responses={200: "a JPEG", 404: "no such ticket, or not a picture of the chat"})
def shown(ticket: str) -> Response:
    """A picture of the chat for WeChat's content check, for half an hour; the ticket is the whole right to it."""
    return _rendition(files.to_be_checked(ticket), images.PREVIEW)


@bp.get("/materials/<material_id>/copy")
@access("party", scoped=True)
@bp.doc(responses={200: "the watermarked copy", 404: "not verified, or not yours", 409: "being made"})
def read_copy(material_id: str) -> Response:
    """The watermarked copy of a verified material (S28)."""
    return _original(service.copy_of(current_actor(), material_id))


def _original(row: Attachment) -> Response:
    response = send(storage.open(row.storage_key), row.mime, row.name, etag=row.sha256)
    if response.status_code == 200:
        with unit_of_work():
            audit("file.read", subject=f"attachment:{row.id}", purpose=row.purpose)
    return response


def _rendition(row: Attachment, long_side: int) -> Response:
    """A JPEG that we make: upright, without metadata, safe to show in place."""
    with storage.open(row.storage_key) as file:
        if row.mime in IMAGES:
            data = images.rendition(file, row.mime, long_side)
        elif row.mime == PDF:
            data = pdf.picture(file, long_side)
        else:
            raise NotFound()
    return send(data, "image/jpeg", "preview.jpg", etag=f"{row.sha256}-{long_side}", inline=True)


# --- materials (S25–S28) ------------------------------------------------------------------------------------------


@bp.get("/sessions/<session_id>/materials/options")
@access("agent", "supervisor")
@bp.output(OptionsOut)
def list_options(session_id: str) -> Any:
    """The item's material list to tick, with what has been asked for already."""
    return {"items": lists.options(current_actor(), session_id)}


@bp.get("/sessions/<session_id>/materials")
@access("party", scoped=True)
@bp.output(MaterialsOut)
def list_materials(session_id: str) -> Any:
    session = sessions.get_for(current_actor(), session_id)
    return {"items": view.materials(session, current_actor())}


@bp.post("/sessions/<session_id>/materials")
@access("agent")
@bp.input(MaterialsIn)
@bp.output(MaterialsOut, 201)
def push_materials(session_id: str, json_data: MaterialsIn) -> Any:
    """Ask for materials: from the item's list, or named freely. Answers with the session's whole list."""
    wanted = [Wanted(i.name, i.note, i.original_required) for i in json_data.items]
    service.request(current_actor(), session_id, json_data.requirement_ids, wanted)
    return list_of(session_id)


@bp.post("/materials/<material_id>/versions")
@access("applicant", scoped=True, first=_receive_version)
@bp.input(VersionIn, location="files")
@bp.output(MaterialOut, 201)
def upload(material_id: str, files_data: VersionIn) -> Any:
    """Upload a file for a material, or replace it before it is verified."""
    service.upload(current_actor(), material_id, g.received)
    return _one(material_id)


@bp.post("/materials/<material_id>/verify")
@access("agent")
@bp.input(CheckIn)
@bp.output(MaterialOut)
def verify(material_id: str, json_data: CheckIn) -> Any:
    """已核验: the watermarked copy follows as event material.copied."""
    return _shown(service.verify(current_actor(), material_id, json_data.no))


@bp.post("/materials/<material_id>/reject")
@access("agent")
@bp.input(RejectIn)
@bp.output(MaterialOut)
def reject(material_id: str, json_data: RejectIn) -> Any:
    """已退回, with a reason."""
    return _shown(service.reject(current_actor(), material_id, json_data.reason, json_data.no))


@bp.post("/materials/<material_id>/reopen")
@access("agent")
@bp.input(ReopenIn)
@bp.output(MaterialOut)
def reopen(material_id: str, json_data: ReopenIn) -> Any:
    """Void a check and ask for the material again."""
    return _shown(service.reopen(current_actor(), material_id, json_data.reason))


@bp.post("/materials/<material_id>/withdraw")
@access("agent")
@bp.output(MaterialsOut)
def withdraw(material_id: str) -> Any:
    """Ask for it no longer. Answers with the session's remaining list."""
    return list_of(service.withdraw(current_actor(), material_id).session_id)


def list_of(session_id: str) -> dict[str, Any]:
    return {"items": view.materials(sessions.get_for(current_actor(), session_id), current_actor())}


def _one(material_id: str) -> dict[str, Any]:
    return _shown(db.session.get_one(Material, material_id))


def _shown(row: Material) -> dict[str, Any]:
    items = list_of(row.session_id)["items"]
    return next(m for m in items if m["id"] == row.id)
