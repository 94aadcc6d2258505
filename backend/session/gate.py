"""Before the line: what must be read and ticked, in the versions in force (S16, S40, M4)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from backend.booking import service as booking
from backend.catalog import service as catalog
from backend.platform.auth import Actor
from backend.platform.db import db
from backend.session import queue
from backend.session.errors import ConsentMissing, MaterialsNotReady, TextChanged
from backend.session.models import Consent, ServiceSession


class Agreed(NamedTuple):
    """A tick: this text, in this version."""

    text_id: str
    version: int


class Text(NamedTuple):
    """A text in force."""

    id: str
    kind: str
    title: str
    version: int

    def receipt(self) -> dict[str, Any]:
        return {"text_id": self.id, "kind": self.kind, "title": self.title, "version": self.version}


def show(actor: Actor, booking_id: str) -> dict[str, Any]:
    """All that is read before 确认授权: the texts, the material list, the notices and how long it will take."""
    booked = booking.get_for(actor.id, booking_id)
    item = catalog.get_item(booked.item_id)
    return {
        "item": {"id": item.id, "name": item.name},
        "texts": [catalog.text_view(t) for t in catalog.consent_texts()],
        "materials": [catalog.material_view(m) for m in catalog.materials(item.id)],
        "notices": [line for line in item.notice.splitlines() if line.strip()],
        "queue": queue.place_for_newcomer(item.skill_group_id).to_dict(),
    }


def check(consents: Iterable[Agreed], *, materials_ready: bool) -> list[Text]:
    """The texts in force, if every one is ticked in its version; raises TextChanged, ConsentMissing, MaterialsNotReady.

    A tick for an older version means that the text changed while it was being read.
    """
    given = set(consents)
    texts = [Text(t.id, t.kind, t.title, t.version) for t in catalog.consent_texts()]
    ids = {t.id for t in texts}
    if any(tick.text_id not in ids or tick not in {Agreed(t.id, t.version) for t in texts} for tick in given):
        raise TextChanged(texts=[t.receipt() for t in texts])
    missing = [t.kind for t in texts if Agreed(t.id, t.version) not in given]
    if missing:
        raise ConsentMissing(missing=missing)
    if not materials_ready:
        raise MaterialsNotReady()
    return texts


def keep(session: ServiceSession, actor: Actor, texts: Iterable[Text], ip: str | None) -> None:
    """The receipt of each consent, in the transaction that enters the line."""
    for text in texts:
        db.session.add(
            Consent(user_id=actor.id, session_id=session.id, text_id=text.id, kind=text.kind, title=text.title,
                    version=text.version, ip=ip, entry=actor.entry or None)
        )  # fmt: skip
    db.session.flush()
