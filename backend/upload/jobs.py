"""What workers do for files: the watermarked copy, and sweeping up after broken uploads."""

import logging

from backend.platform.clock import SHANGHAI
from backend.platform.db import db
from backend.platform.jobs import job, periodic
from backend.platform.storage import storage
from backend.session.models import ServiceSession
from backend.upload import files, service, watermark
from backend.upload.machine import VersionState
from backend.upload.models import Attachment, Material, MaterialVersion

log = logging.getLogger(__name__)


@job(service.WATERMARK)
def make_copy(version_id: str) -> None:
    """Make the copy of a verified version. However often this runs, there is one copy (case S21)."""
    version = db.session.get_one(MaterialVersion, version_id)
    if version.copy_attachment_id or version.state != VersionState.VERIFIED or version.checked_at is None:
        return
    original = db.session.get_one(Attachment, version.attachment_id)
    material = db.session.get_one(Material, version.material_id)
    session = db.session.get_one(ServiceSession, material.session_id)
    mark = watermark.Mark(session.item_name, version.checked_at.astimezone(SHANGHAI).date(), session.number)
    with storage.open(original.storage_key) as file:
        data, mime = watermark.copy_of(file, original.mime, mark)
    service.attach_copy(version_id, data, mime)


@periodic(seconds=3600)
def sweep_files() -> None:
    if count := files.sweep():
        log.warning("deleted %d files that no row named", count)
