"""Questions about a session's materials; nothing here changes anything."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from backend.catalog import service as catalog
from backend.platform.auth import Actor
from backend.platform.db import db
from backend.platform.errors import NotFound
from backend.session import service as sessions
from backend.upload.machine import State
from backend.upload.models import Attachment, Material, MaterialVersion


def session_of(material_id: str) -> str:
    """The session a material belongs to; raises NotFound."""
    row = db.session.get(Material, material_id)
    if row is None:
        raise NotFound()
    return row.session_id


def of_session(session_id: str) -> list[Material]:
    """The materials that are asked for, in the order they were."""
    query = select(Material).where(Material.session_id == session_id, Material.state != State.WITHDRAWN)
    return list(db.session.scalars(query.order_by(Material.position, Material.id)))


def versions_of(material_ids: Iterable[str]) -> dict[str, list[tuple[MaterialVersion, Attachment]]]:
    """All versions with their files, oldest first, by material."""
    query = (
        select(MaterialVersion, Attachment)
        .join(Attachment, Attachment.id == MaterialVersion.attachment_id)
        .where(MaterialVersion.material_id.in_(list(material_ids)))
        .order_by(MaterialVersion.no)
    )
    found: dict[str, list[tuple[MaterialVersion, Attachment]]] = {}
    for version, attachment in db.session.execute(query):
        found.setdefault(version.material_id, []).append((version, attachment))
    return found


def current(material: Material) -> MaterialVersion | None:
    """The newest version."""
    query = select(MaterialVersion).where(MaterialVersion.material_id == material.id)
    return db.session.scalar(query.order_by(MaterialVersion.no.desc()).limit(1))


def options(agent: Actor, session_id: str) -> list[dict[str, Any]]:
    """The item's material list for the agent to tick, with what has been asked for already (S25)."""
    session = sessions.get_for(agent, session_id)
    asked = {m.requirement_id: m.id for m in of_session(session_id) if m.requirement_id}
    return [
        {**catalog.material_view(r), "material_id": asked.get(r.id)}
        for r in catalog.materials(session.item_id)
    ]
