"""What a new installation begins with: regions, texts, and (for a demonstration) 335 items of 福田区."""

from pathlib import Path

from sqlalchemy import select

from backend.catalog.importer import import_file
from backend.catalog.models import CommitmentTemplate, ConsentText, Item, Region, TextKind
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work

DATA = Path(__file__).parent / "data"
TEACHER_ITEM = "440304JY001"  # 初中、小学、幼儿园教师资格认定
DISTRICT = ("440304", "福田区")
BELOW = (
    ("440304000", "区本级"), ("440304001", "园岭街道"), ("440304002", "南园街道"), ("440304003", "福田街道"),
    ("440304004", "沙头街道"), ("440304005", "梅林街道"), ("440304006", "华富街道"), ("440304007", "香蜜湖街道"),
    ("440304008", "莲花街道"), ("440304009", "华强北街道"), ("440304010", "福保街道"),
)  # fmt: skip


def load() -> str:
    """Load everything; loading again changes nothing. Returns a line for the terminal."""
    with unit_of_work():
        load_regions()
        report = import_file(DATA / "items.csv")
        load_texts()
    return f"items: {report.added} added, {report.changed} changed, {report.unchanged} as before"


def load_regions() -> None:
    """福田区 → 区本级 and the ten streets (guide row S7)."""
    with unit_of_work():
        known = set(db.session.scalars(select(Region.code)))
        rows = [(*DISTRICT, None), *((code, name, DISTRICT[0]) for code, name in BELOW)]
        for order, (code, name, parent) in enumerate(rows):
            if code not in known:
                db.session.add(Region(code=code, name=name, parent_code=parent, order=order))
                db.session.flush()


def load_texts() -> None:
    """Version 1 of each text that has none yet."""
    with unit_of_work():
        known = set(db.session.scalars(select(ConsentText.kind)))
        for kind in TextKind:
            if kind not in known:
                db.session.add(ConsentText(kind=kind, version=1, effective_at=now(), **_text(kind)))
        _load_commitment(None, "commitment")
        if item_id := db.session.scalar(select(Item.id).where(Item.code == TEACHER_ITEM)):
            _load_commitment(item_id, f"commitment-{TEACHER_ITEM}")


def _load_commitment(item_id: str | None, file: str) -> None:
    query = select(CommitmentTemplate.id).where(CommitmentTemplate.item_id.is_not_distinct_from(item_id))
    if db.session.scalar(query) is None:
        db.session.add(CommitmentTemplate(item_id=item_id, version=1, effective_at=now(), **_text(file)))


def _text(name: str) -> dict[str, str]:
    """A text file of data/texts: its first line is the title."""
    title, _, body = (DATA / "texts" / f"{name}.txt").read_text(encoding="utf-8").partition("\n")
    return {"title": title.strip(), "body": body.strip()}
