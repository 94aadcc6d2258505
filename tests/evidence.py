"""What must be true of files, materials, signatures and pick-ups at any moment (reliability.md, "Nothing lost")."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import select

from backend.courier.machine import State as Pickup
from backend.courier.models import PickupForm
from backend.platform.db import Model, db
from backend.platform.storage import storage
from backend.signature.machine import LIVE_TICKET
from backend.signature.machine import State as Signing
from backend.signature.models import Commitment, Signature, SignTicket
from backend.signature.service import evidence_hash, hash_of
from backend.upload.machine import State as Check
from backend.upload.machine import VersionState
from backend.upload.models import Attachment, Material, MaterialVersion

T = TypeVar("T", bound=Model)

# What the newest version of a material must be; None: there is none.
NEWEST = {
    Check.REQUESTED: {None, VersionState.VOIDED},
    Check.UPLOADED: {VersionState.UPLOADED},
    Check.REJECTED: {VersionState.REJECTED},
    Check.VERIFIED: {VersionState.VERIFIED},
}


def broken() -> list[str]:
    """Every rule that does not hold, in words; [] when all is well."""
    return [*stored_files(), *checked_materials(), *signatures(), *pickups()]


def stored_files() -> Iterator[str]:
    """A row without its bytes: never. The bytes are those that were acknowledged."""
    for row in _all(Attachment):
        yield from _bytes_of(f"file {row.id}", row.storage_key, row.sha256)


def checked_materials() -> Iterator[str]:
    """The state is that of the newest version; what was verified is sealed and has at most one copy."""
    versions: dict[str, list[MaterialVersion]] = {}
    for version in sorted(_all(MaterialVersion), key=lambda v: v.no):
        versions.setdefault(version.material_id, []).append(version)
    originals = {a.id: a for a in _all(Attachment)}
    for material in _all(Material):
        mine = versions.get(material.id, [])
        newest = mine[-1].state if mine else None
        if material.state != Check.WITHDRAWN and newest not in NEWEST[Check(material.state)]:
            yield f"material {material.id} is {material.state}, its newest version {newest}"
        if [v.no for v in mine] != list(range(1, len(mine) + 1)):
            yield f"material {material.id}: versions {[v.no for v in mine]}"
        for version in mine:
            checked = version.state in (VersionState.VERIFIED, VersionState.VOIDED)
            if checked != bool(originals[version.attachment_id].sealed_at):
                yield f"version {version.id} is {version.state}, its original sealed: {not checked}"
            if version.copy_attachment_id and not checked:
                yield f"version {version.id} is {version.state} and has a copy"
    for original, count in Counter(a.copy_of for a in originals.values() if a.copy_of).items():
        if count > 1:
            yield f"file {original} has {count} copies"


def signatures() -> Iterator[str]:
    """A commitment is signed exactly when there is a signature; text, pictures and evidence hash agree."""
    by_commitment = {s.commitment_id: s for s in _all(Signature)}
    for row in _all(Commitment):
        signature = by_commitment.get(row.id)
        if (row.state in (Signing.SIGNED, Signing.REJECTED)) != (signature is not None):
            yield f"commitment {row.id} is {row.state}, signature {signature is not None}"
        if row.body_hash != hash_of(row.template_version, row.title, row.body):
            yield f"commitment {row.id}: its text was changed"
        if signature is None:
            continue
        if signature.evidence_sha256 != evidence_hash(signature) or signature.body_hash != row.body_hash:
            yield f"signature {signature.id}: the evidence does not agree"
        yield from _bytes_of(f"signature {signature.id}", signature.image_key, signature.image_sha256)
        yield from _bytes_of(f"signature {signature.id}", signature.drawn_key, signature.drawn_sha256)
    live = Counter(t.commitment_id for t in _all(SignTicket) if t.state in LIVE_TICKET)
    yield from (f"commitment {c} has {n} live codes" for c, n in live.items() if n > 1)


def pickups() -> Iterator[str]:
    """A waybill exactly when it is ordered; one live form a session."""
    forms = _all(PickupForm)
    for form in forms:
        if (form.state in (Pickup.ORDERED, Pickup.COLLECTED)) != bool(form.waybill):
            yield f"pick-up {form.id} is {form.state}, waybill {form.waybill}"
    live = Counter(f.session_id for f in forms if f.state not in (Pickup.COLLECTED, Pickup.CANCELLED))
    yield from (f"session {s} has {n} live pick-ups" for s, n in live.items() if n > 1)


def _bytes_of(what: str, key: str, sha256: str) -> Iterator[str]:
    if not storage.exists(key):
        yield f"{what}: no bytes"
        return
    with storage.open(key) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:  # type: ignore[arg-type]
            yield f"{what}: other bytes"


def _all(model: type[T]) -> list[T]:
    return list(db.session.scalars(select(model).execution_options(populate_existing=True)))
