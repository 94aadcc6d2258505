"""The verbs of 材料核验 (guide rows S25–S28): ask, upload, check, reopen; chat files and snapshots beside them.

Each verb is one transaction: lock the session, move the material, append to the timeline. A verified version's
plain original is sealed in that transaction; from then on only its watermarked copy is given out (P42).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from backend.catalog import service as catalog
from backend.identity import service as identity
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotFound
from backend.platform.jobs import enqueue
from backend.session import service as sessions
from backend.session import timeline
from backend.session.machine import OPEN as SESSION_OPEN
from backend.session.models import ServiceSession
from backend.upload import files, lists, notices
from backend.upload.errors import (
    CopyPending,
    NothingRequested,
    UnknownRequirement,
    UploadClosed,
    VersionChanged,
)
from backend.upload.files import Received
from backend.upload.limits import Purpose
from backend.upload.machine import State, VersionState, machine
from backend.upload.models import Attachment, Material, MaterialVersion

WATERMARK = "upload.watermark"


@dataclass(frozen=True)
class Wanted:
    """A material that is not on the item's list."""

    name: str
    note: str = ""
    original_required: bool = True


# --- ask (S25) ------------------------------------------------------------------------------------------------


def request(
    agent: Actor, session_id: str, requirement_ids: Iterable[str] = (), items: Iterable[Wanted] = ()
) -> list[Material]:
    """Push a list of materials. One that is asked for already is not doubled: the applicant is reminded of it.

    Raises NothingRequested, UnknownRequirement (not on the item's list), SessionNotActive.
    """
    with unit_of_work():
        session = sessions.serving(agent, session_id)
        rows = [_ask_listed(session, r) for r in _listed(session, requirement_ids)]
        rows += [_ask(session, None, w.name, w.note, w.original_required) for w in items]
        if not rows:
            raise NothingRequested()
        names = [row.name for row in rows]
        event = sessions.record(
            session, "material.requested", agent, {"material_ids": [row.id for row in rows], "names": names}
        )
        for row in rows:
            row.requested_seq = event.seq
    return rows


def _listed(session: ServiceSession, requirement_ids: Iterable[str]) -> list[Any]:
    listed = {r.id: r for r in catalog.materials(session.item_id)}
    chosen = list(dict.fromkeys(requirement_ids))
    if unknown := [i for i in chosen if i not in listed]:
        raise UnknownRequirement(requirement_ids=unknown)
    return [listed[i] for i in chosen]


def _ask_listed(session: ServiceSession, requirement: Any) -> Material:
    there = db.session.scalar(
        select(Material).where(
            Material.session_id == session.id,
            Material.requirement_id == requirement.id,
            Material.state != State.WITHDRAWN,
        )
    )
    return there or _ask(
        session, requirement.id, requirement.name, requirement.note, requirement.original_required
    )


def _ask(
    session: ServiceSession, requirement_id: str | None, name: str, note: str, original: bool
) -> Material:
    position = db.session.scalar(select(func.count()).where(Material.session_id == session.id)) or 0
    row = Material(
        session_id=session.id,
        requirement_id=requirement_id,
        name=name,
        note=note,
        original_required=original,
        state=State.REQUESTED,
        position=position,
    )
    db.session.add(row)
    db.session.flush()
    return row


# --- upload (S26) ----------------------------------------------------------------------------------------------


def upload(applicant: Actor, material_id: str, file: Received) -> MaterialVersion:
    """Add a version. The very same file sent again gives the version that is there (P39: a double press is one file).

    Raises what is wrong with the file, UploadClosed, NotAllowedNow (verified: the agent must reopen it first).
    """
    with unit_of_work():
        session, material = _own_material(applicant, material_id)
        if session.state not in SESSION_OPEN:
            raise UploadClosed(state=session.state)
        return _add_version(session, material, applicant, file, "upload", Purpose.MATERIAL)


def snapshot(agent: Actor, session_id: str, file: Received, material_id: str | None = None) -> Attachment:
    """Keep a picture taken from the video (M38); for a material it becomes its newest version."""
    with unit_of_work():
        session = sessions.serving(agent, session_id)
        if material_id:
            material = _get(material_id)
            if material.session_id != session.id:
                raise NotFound()
            version = _add_version(session, material, agent, file, "capture", Purpose.SNAPSHOT)
            return db.session.get_one(Attachment, version.attachment_id)
        kept = files.keep(session.id, agent, file, Purpose.SNAPSHOT)
        payload = {"attachment_id": kept.id, "name": kept.name, "width": kept.width, "height": kept.height}
        sessions.record(session, "snapshot.taken", agent, payload)
        return kept


def _add_version(
    session: ServiceSession,
    material: Material,
    actor: Actor,
    file: Received,
    move: str,
    purpose: Purpose,
) -> MaterialVersion:
    before = lists.current(material)
    if (same := _same_again(material, before, file)) is not None:
        return same
    if before is not None:
        notices.mended(before)
    machine.apply(material, move, "agent" if actor.staff else "applicant", reason=None)
    kept = files.keep(session.id, actor, file, purpose)
    if before is not None and before.state == VersionState.UPLOADED:
        before.state = VersionState.REPLACED
    version = MaterialVersion(
        material_id=material.id,
        attachment_id=kept.id,
        no=before.no + 1 if before else 1,
        state=VersionState.UPLOADED,
    )
    db.session.add(version)
    db.session.flush()
    payload = {
        "material_id": material.id, "name": material.name, "no": version.no, "attachment_id": kept.id,
        "file": kept.name, "mime": kept.mime, "size": kept.size, "sha256": kept.sha256,
        "source": "camera" if actor.staff else "upload",
    }  # fmt: skip
    sessions.record(session, "material.uploaded", actor, payload)
    return version


def _same_again(material: Material, before: MaterialVersion | None, file: Received) -> MaterialVersion | None:
    if before is None or material.state != State.UPLOADED:
        return None
    there = db.session.get_one(Attachment, before.attachment_id)
    return before if there.sha256 == file.checked.sha256 else None


def chat_file(actor: Actor, session_id: str, file: Received) -> Attachment:
    """Store a file for the chat (S19); the message that shows it comes after, by its id."""
    with unit_of_work():
        session, _ = sessions.get_as(actor, session_id, "applicant", "agent")
        if session.state not in SESSION_OPEN:
            raise UploadClosed(state=session.state)
        return files.keep(session.id, actor, file, Purpose.CHAT)


# --- check (S27, S28) --------------------------------------------------------------------------------------------


def verify(agent: Actor, material_id: str, no: int | None = None) -> Material:
    """已核验: the newest version is what was compared with the original. Its watermarked copy is made by a job.

    `no` is the version the agent looked at; raises VersionChanged when the applicant has replaced it since.
    """
    with unit_of_work():
        session, material, version = _to_check(agent, material_id, "verify", no)
        version.state, version.reason = VersionState.VERIFIED, None
        original = db.session.get_one(Attachment, version.attachment_id)
        original.sealed_at = now()
        payload = {
            "material_id": material.id, "name": material.name, "no": version.no, "sha256": original.sha256,
            "original_required": material.original_required,
        }  # fmt: skip
        sessions.record(session, "material.verified", agent, payload)
        enqueue(WATERMARK, version.id, dedupe=f"{WATERMARK}:{version.id}")
    return material


def reject(agent: Actor, material_id: str, reason: str, no: int | None = None) -> Material:
    """已退回 with a reason; the applicant uploads a better one."""
    with unit_of_work():
        session, material, version = _to_check(agent, material_id, "reject", no, reason=reason)
        version.state, version.reason = VersionState.REJECTED, reason
        payload = {"material_id": material.id, "name": material.name, "no": version.no, "reason": reason}
        sessions.record(session, "material.rejected", agent, payload)
        notices.rejected(session, material, version)
    return material


def reopen(agent: Actor, material_id: str, reason: str) -> Material:
    """Void a check: the material is asked for again, the old version stays on record and stays sealed."""
    with unit_of_work():
        session, material = _serving_material(agent, material_id)
        machine.apply(material, "reopen", "agent", reason=reason)
        version = lists.current(material)
        if version is not None:
            version.state, version.reason = VersionState.VOIDED, reason
        payload = {"material_id": material.id, "name": material.name, "reason": reason}
        event = sessions.record(session, "material.reopened", agent, payload)
        material.requested_seq = event.seq
    return material


def withdraw(agent: Actor, material_id: str) -> Material:
    """The material is no longer asked for."""
    with unit_of_work():
        session, material = _serving_material(agent, material_id)
        machine.apply(material, "withdraw", "agent")
        if version := lists.current(material):
            notices.mended(version)
        sessions.record(
            session, "material.withdrawn", agent, {"material_id": material.id, "name": material.name}
        )
    return material


def _to_check(
    agent: Actor, material_id: str, move: str, no: int | None, **values: Any
) -> tuple[ServiceSession, Material, MaterialVersion]:
    session, material = _serving_material(agent, material_id)
    version = lists.current(material)
    if no is not None and version is not None and version.no != no:
        raise VersionChanged(no=version.no)
    machine.apply(material, move, "agent", **{"reason": None, **values})
    if version is None:
        raise NotFound()
    version.checked_by, version.checked_name, version.checked_at = agent.id, agent.name, now()
    return session, material, version


# --- the copy ------------------------------------------------------------------------------------------------------


def attach_copy(version_id: str, data: bytes, mime: str) -> Attachment | None:
    """Put the watermarked copy in its place; None when another run was first or the check was voided meanwhile."""
    with unit_of_work():
        version = db.session.get_one(MaterialVersion, version_id)
        material = db.session.get_one(Material, version.material_id)
        session = timeline.lock(material.session_id)
        if session is None:
            return None
        db.session.refresh(version)
        if version.copy_attachment_id or version.state != VersionState.VERIFIED:
            return None
        original = db.session.get_one(Attachment, version.attachment_id)
        copy = files.store_copy(original, data, mime)
        db.session.execute(
            update(MaterialVersion).where(MaterialVersion.id == version_id).values(copy_attachment_id=copy.id)
        )
        payload = {
            "material_id": material.id, "name": material.name, "no": version.no, "attachment_id": copy.id,
            "file": copy.name, "mime": copy.mime, "size": copy.size, "sha256": copy.sha256,
        }  # fmt: skip
        sessions.record(session, "material.copied", None, payload)
        return copy


def copy_of(actor: Actor, material_id: str) -> Attachment:
    """The watermarked copy of a verified material, for its applicant and its staff (rule 8). Raises CopyPending."""
    material = _get(material_id)
    sessions.get_for(actor, material.session_id)
    version = lists.current(material)
    if version is None or version.state != VersionState.VERIFIED:
        raise NotFound()
    if version.copy_attachment_id is None:
        raise CopyPending()
    return db.session.get_one(Attachment, version.copy_attachment_id)


# --- inside -----------------------------------------------------------------------------------------------------------


def _get(material_id: str) -> Material:
    row = db.session.get(Material, material_id)
    if row is None:
        raise NotFound()
    return row


def _own_material(applicant: Actor, material_id: str) -> tuple[ServiceSession, Material]:
    material = _get(material_id)
    session, _ = sessions.get_as(applicant, material.session_id, "applicant")
    db.session.refresh(material)
    return session, material


def _serving_material(agent: Actor, material_id: str) -> tuple[ServiceSession, Material]:
    material = _get(material_id)
    session = sessions.serving(agent, material.session_id)
    db.session.refresh(material)
    return session, material


@identity.on_merge
def _merged(old_user_id: str, new_user_id: str) -> None:
    """Two accounts turned out to be one person: the files go along (P45)."""
    db.session.execute(
        update(Attachment).where(Attachment.owner_id == old_user_id).values(owner_id=new_user_id)
    )
