"""A rejected material, told beyond the page (features M14)."""

from datetime import timedelta

from backend.notice import service as notices
from backend.platform.clock import now
from backend.session.models import ServiceSession
from backend.upload.models import Material, MaterialVersion

UNANSWERED = timedelta(minutes=2)


def rejected(session: ServiceSession, material: Material, version: MaterialVersion) -> None:
    """Whoever is on the page sees it at once; only who has done nothing about it by then is told outside."""
    data = {"id": session.id, "item": session.item_name, "material": material.name, "reason": version.reason or ""}
    due = now() + UNANSWERED
    notices.notify(session.applicant_id, "material_rejected", data, key=_key(version), due_at=due)


def mended(version: MaterialVersion) -> None:
    """A newer version is there, or the material is no longer asked for."""
    notices.withdraw(_key(version))


def _key(version: MaterialVersion) -> str:
    return f"material:{version.id}:rejected"
