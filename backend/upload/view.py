"""What the materials add to a session's view: their list, the reminder to upload, the steps 材料 and 核验."""

from typing import Any

from backend.platform.auth import Actor
from backend.session import hooks
from backend.session import service as sessions
from backend.session.machine import OPEN as SESSION_OPEN
from backend.session.machine import State as SessionState
from backend.session.models import ServiceSession
from backend.session.timeline import stamp
from backend.upload import lists
from backend.upload.limits import Purpose
from backend.upload.machine import OPEN, State, machine
from backend.upload.models import Attachment, Material, MaterialVersion


def material(
    row: Material, versions: list[tuple[MaterialVersion, Attachment]], moves: list[str]
) -> dict[str, Any]:
    """One material with its versions, oldest first."""
    shown = ("id", "requirement_id", "name", "note", "original_required", "state", "reason")
    return {
        **{key: getattr(row, key) for key in shown},
        "actions": moves,
        "versions": [_version(version, file) for version, file in versions],
    }


def _version(version: MaterialVersion, file: Attachment) -> dict[str, Any]:
    return {
        "no": version.no,
        "state": version.state,
        "reason": version.reason,
        "attachment_id": file.id,
        **{key: getattr(file, key) for key in ("name", "mime", "size", "width", "height", "pages")},
        "checked_by": version.checked_name,
        "checked_at": stamp(version.checked_at) if version.checked_at else None,
        "copy_attachment_id": version.copy_attachment_id,
    }


@hooks.view_section("materials")
def materials(session: ServiceSession, actor: Actor) -> list[dict[str, Any]]:
    rows = lists.of_session(session.id)
    versions = lists.versions_of(row.id for row in rows)
    return [material(row, versions.get(row.id, []), _moves(session, actor, row)) for row in rows]


def _moves(session: ServiceSession, actor: Actor, row: Material) -> list[str]:
    side = sessions.side_of(actor, session)
    if side == "agent" and session.state == SessionState.ACTIVE:
        return machine.allowed(row.state, "agent")
    if side == "applicant" and session.state in SESSION_OPEN:
        return machine.allowed(row.state, "applicant")
    return []


@hooks.prompt_source
def prompts(session: ServiceSession, actor: Actor) -> list[dict[str, Any]]:
    """The applicant is reminded as long as something is to be uploaded (S25)."""
    if actor.staff or session.state not in (SessionState.ACTIVE, SessionState.SUSPENDED):
        return []
    due = [row for row in lists.of_session(session.id) if row.state in (State.REQUESTED, State.REJECTED)]
    if not due:
        return []
    data = {"material_ids": [row.id for row in due], "names": [row.name for row in due]}
    seq = max((row.requested_seq or 0 for row in due), default=0)
    return [{"id": "materials", "kind": "materials", "title": "请上传材料", "seq": seq, "data": data}]


@hooks.action_source
def actions(session: ServiceSession, actor: Actor) -> list[str]:
    side = sessions.side_of(actor, session)
    if side == "agent" and session.state == SessionState.ACTIVE:
        return ["materials.push", "materials.snapshot"]
    if side == "applicant" and session.state in SESSION_OPEN:
        return ["materials.upload"] if any(row.state in OPEN for row in lists.of_session(session.id)) else []
    return []


@hooks.progress_step("materials", "材料", order=30)
def uploaded(session: ServiceSession) -> bool:
    rows = lists.of_session(session.id)
    return bool(rows) and all(row.state in (State.UPLOADED, State.VERIFIED) for row in rows)


@hooks.progress_step("verification", "核验", order=40)
def verified(session: ServiceSession) -> bool:
    rows = lists.of_session(session.id)
    return bool(rows) and all(row.state == State.VERIFIED for row in rows)


@hooks.attachment_provider
def chat_file(session: ServiceSession, actor: Actor, attachment_id: str) -> dict[str, Any] | None:
    """The facts of a file that `actor` uploaded for this session's chat (S19)."""
    from backend.platform.db import db

    row = db.session.get(Attachment, attachment_id)
    if row is None or row.session_id != session.id or row.owner_id != actor.id or row.purpose != Purpose.CHAT:
        return None
    return {key: getattr(row, key) for key in ("name", "mime", "size", "width", "height")}
