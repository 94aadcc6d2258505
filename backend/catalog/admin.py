"""What an administrator changes in the catalogue; each change leaves an audit line."""

from typing import Any

from sqlalchemy import func, select

from backend.catalog import search
from backend.catalog.errors import ItemNotFound
from backend.catalog.models import ConsentText, Item
from backend.catalog.service import get_item
from backend.platform import qr
from backend.platform.audit import audit
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.settings import settings
from backend.wechat import codes

FIELDS = (
    "id", "code", "name", "department", "region_code", "skill_group_id", "video_enabled", "mail_allowed", "notice",
    "countdown_seconds", "active",
)  # fmt: skip
DOT = 24  # pixels: about 1000 across, as much as WeChat's code has


def find(query: str, region: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    """Items with their switches, found as applicants find them; those taken off the list too."""
    page = search.find(query, region=region, cursor=cursor, limit=limit, everything=True)
    ids = [row.id for row in page.rows]
    items = {i.id: i for i in db.session.scalars(select(Item).where(Item.id.in_(ids)))}
    return {"items": [{f: getattr(items[i], f) for f in FIELDS} for i in ids], "next": page.next}


def change_item(item_id: str, **changes: Any) -> Item:
    """Change switches, notice, countdown. Raises ItemNotFound."""
    with unit_of_work():
        item = db.session.get(Item, item_id)
        if item is None:
            raise ItemNotFound()
        for name, value in changes.items():
            if value is not None or name == "countdown_seconds":
                setattr(item, name, value)
        audit("item.changed", subject=f"item:{item_id}", fields=sorted(changes))
        return item


def plain_code(item_id: str) -> dict[str, str]:
    """The code for a poster that every camera reads: the item's https address. Raises ItemNotFound."""
    url = f"{settings().public_url}/m/items/{get_item(item_id).id}"
    return {"url": url, "image": qr.data_url(url, DOT)}


def mini_program_code(item_id: str) -> dict[str, str]:
    """WeChat's own code, which opens the item in the mini-program, and which version of it: a poster wants "formal".

    Raises ItemNotFound, and what WeChat says (wechat/codes.py).
    """
    picture = codes.picture(f"i={get_item(item_id).id}")  # 28 characters of the 32 that a scene may have
    return {"image": qr.image_url(picture), "version": settings().wechat_mp_state}


def texts() -> list[ConsentText]:
    """All versions, newest first within each kind."""
    query = select(ConsentText).order_by(ConsentText.kind, ConsentText.version.desc())
    return list(db.session.scalars(query))


def publish_text(kind: str, title: str, body: str) -> ConsentText:
    """A new version, in force from now; what people agreed to before stays as it was."""
    with unit_of_work():
        newest = db.session.scalar(select(func.max(ConsentText.version)).where(ConsentText.kind == kind)) or 0
        text = ConsentText(kind=kind, version=newest + 1, title=title, body=body, effective_at=now())
        db.session.add(text)
        db.session.flush()
        audit("text.published", subject=f"text:{text.id}", kind=kind, version=text.version)
        return text
