"""`flask items import`: a sheet becomes items. All rows or none; the same sheet again changes nothing."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from backend.catalog.errors import BadSheet
from backend.catalog.models import Category, Item, MaterialRequirement, Region, SkillGroup
from backend.platform.db import db, unit_of_work

COLUMNS = {
    "事项编码": "code", "事项名称": "name", "实施部门": "department", "区划": "region", "分类": "category",
    "视频办": "video_enabled", "可邮寄": "mail_allowed", "技能组": "skill_group", "别名": "aliases",
    "办理提示": "notice", "承诺书倒计时": "countdown", "材料清单": "materials",
}  # fmt: skip
TITLES = {field_name: title for title, field_name in COLUMNS.items()}
REQUIRED = ("code", "name", "department", "region", "category", "video_enabled", "skill_group")
YES_NO = {"是": True, "否": False, "1": True, "0": False, "true": True, "false": False, "y": True, "n": False}
MAX_LENGTH = {"code": 40, "name": 100, "department": 60, "category": 30, "skill_group": 30, "notice": 2000}
MAX_ROWS = 20_000
MAX_FAULTS = 200


@dataclass(frozen=True)
class Fault:
    """What is wrong, where: the row as the spreadsheet counts it (headings are row 1)."""

    row: int
    column: str
    fault: str

    def __str__(self) -> str:
        return f"第 {self.row} 行「{self.column}」：{self.fault}"


@dataclass
class Report:
    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass
class _Sheet:
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def import_file(path: Path) -> Report:
    """Take in an .xlsx or .csv file; raises BadSheet with every faulty row, and then nothing is taken."""
    sheet = _check(_read(path))
    if sheet.faults:
        raise BadSheet(
            rows=[{"row": f.row, "column": f.column, "fault": f.fault} for f in sheet.faults[:MAX_FAULTS]]
        )
    with unit_of_work():
        return _store(sheet.rows)


def _read(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of text with their numbers, headings first; raises BadSheet when the file can't be read at all."""
    try:
        if path.suffix.lower() == ".xlsx":
            from openpyxl import load_workbook  # heavy, and most processes never read a sheet

            book = load_workbook(path, read_only=True, data_only=True)
            for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                yield number, [_text(cell) for cell in cells]
        elif path.suffix.lower() == ".csv":
            for number, line in enumerate(csv.reader(io.StringIO(_decode(path.read_bytes()), newline="")), 1):
                yield number, [_text(cell) for cell in line]
        else:
            raise BadSheet("只支持 .xlsx 和 .csv 文件")
    except BadSheet:
        raise
    except Exception as fault:
        raise BadSheet(f"文件无法读取：{fault}", rows=[]) from fault


def _decode(raw: bytes) -> str:
    """UTF-8 (with or without a mark), else GB 18030 as Excel in China saves it."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # a spreadsheet keeps 440304000 as a float
    return str(cell).strip()


def _check(lines: Iterator[tuple[int, list[str]]]) -> _Sheet:
    sheet = _Sheet()
    _, heading = next(lines, (1, []))
    fields = [COLUMNS.get(title) for title in heading]
    for name in REQUIRED:
        if name not in fields:
            sheet.faults.append(Fault(1, TITLES[name], "缺少该列"))
    if sheet.faults:
        return sheet
    known_regions = {
        key for region in db.session.scalars(select(Region)) for key in (region.code, region.name)
    }
    seen: dict[str, int] = {}
    for number, cells in lines:
        if not any(cells):
            continue
        if len(sheet.rows) >= MAX_ROWS:
            sheet.faults.append(Fault(number, TITLES["code"], f"超过 {MAX_ROWS} 行，请分批导入"))
            break
        row = {name: value for name, value in zip(fields, cells, strict=False) if name}
        taken = _check_row(number, row, known_regions, seen, sheet.faults)
        sheet.rows.append((number, taken))
    if not sheet.rows and not sheet.faults:
        sheet.faults.append(Fault(2, TITLES["code"], "表格中没有数据"))
    return sheet


def _check_row(
    number: int, row: dict[str, str], regions: set[str], seen: dict[str, int], faults: list[Fault]
) -> dict[str, Any]:
    def bad(name: str, fault: str) -> None:
        faults.append(Fault(number, TITLES[name], fault))

    taken: dict[str, Any] = dict(row)
    for name in REQUIRED:
        if not row.get(name):
            bad(name, "不能为空")
    for name, most in MAX_LENGTH.items():
        if len(row.get(name, "")) > most:
            bad(name, f"超过 {most} 个字")
    for name, value in row.items():
        if "\0" in value:
            bad(name, "含有不可见的非法字符")
    if (code := row.get("code")) and seen.setdefault(code, number) != number:
        bad("code", f"与第 {seen[code]} 行重复")
    if row.get("region") and row["region"] not in regions:
        bad("region", f"没有区划“{row['region']}”")
    for name in ("video_enabled", "mail_allowed"):
        value = row.get(name, "").lower()
        if value and value not in YES_NO:
            bad(name, f"应填“是”或“否”，现为“{value}”")
        taken[name] = YES_NO.get(value, False)
    taken["countdown"] = None
    if seconds := row.get("countdown", ""):
        if seconds.isdecimal() and int(seconds) <= 600:
            taken["countdown"] = int(seconds)
        else:
            bad("countdown", "应为 0 到 600 之间的整数（秒）")
    taken["aliases"] = [
        a for a in row.get("aliases", "").replace("，", ",").replace("、", ",").split(",") if a.strip()
    ]
    taken["materials"] = _materials(row.get("materials", ""), lambda fault: bad("materials", fault))
    return taken


def _materials(cell: str, bad: Any) -> list[dict[str, Any]]:
    """One line a material: 名称|原件 or 复印件|formats|note."""
    found: list[dict[str, Any]] = []
    for line in filter(str.strip, cell.splitlines()):
        name, kind, formats, note = (*[p.strip() for p in line.split("|", 3)], "", "", "")[:4]
        if not name or len(name) > 100:
            bad(f"材料名称为空或超过 100 个字：“{line[:20]}”")
        elif kind not in ("", "原件", "复印件"):
            bad(f"“{name}”应为“原件”或“复印件”，现为“{kind}”")
        elif any(m["name"] == name for m in found):
            bad(f"材料“{name}”重复")
        else:
            types = [f.strip().lower() for f in formats.replace("，", ",").split(",") if f.strip()]
            found.append(
                {"name": name, "original_required": kind != "复印件", "formats": types, "note": note}
            )
    return found


def _store(rows: list[tuple[int, dict[str, Any]]]) -> Report:
    report = Report()
    regions = {
        key: region.code
        for region in db.session.scalars(select(Region))
        for key in (region.code, region.name)
    }
    categories = _named(Category, [row["category"] for _, row in rows])
    groups = _named(SkillGroup, [row["skill_group"] for _, row in rows])
    known = {item.code: item for item in db.session.scalars(select(Item))}
    lists: dict[str, list[MaterialRequirement]] = {}
    for line in db.session.scalars(select(MaterialRequirement).order_by(MaterialRequirement.order)):
        lists.setdefault(line.item_id, []).append(line)
    for _, row in rows:
        values = _values(row, regions[row["region"]], categories[row["category"]], groups[row["skill_group"]])
        item = known.get(row["code"])
        if item is None:
            item = Item(code=row["code"], **values)
            db.session.add(item)
            db.session.flush()
            _set_materials(item.id, [], row["materials"])
            report.added += 1
            continue
        same = all(getattr(item, name) == value for name, value in values.items())
        for name, value in values.items():
            setattr(item, name, value)
        same &= not _set_materials(item.id, lists.get(item.id, []), row["materials"])
        report.unchanged += same
        report.changed += not same
    return report


def _values(row: dict[str, Any], region: str, category: str, group: str) -> dict[str, Any]:
    return {
        "name": row["name"], "department": row["department"], "region_code": region, "category_id": category,
        "skill_group_id": group, "video_enabled": row["video_enabled"], "mail_allowed": row["mail_allowed"],
        "aliases": row["aliases"], "notice": row.get("notice", ""), "countdown_seconds": row["countdown"],
    }  # fmt: skip


def _named(model: type[Any], names: list[str]) -> dict[str, str]:
    """Ids by name; a name that is new gets its row, in the order of the sheet."""
    ids = {row.name: row.id for row in db.session.scalars(select(model))}
    for name in dict.fromkeys(names):
        if name not in ids:
            row: Category | SkillGroup = (
                Category(name=name, order=len(ids)) if model is Category else SkillGroup(name=name)
            )
            db.session.add(row)
            db.session.flush()
            ids[name] = row.id
    return ids


def _set_materials(item_id: str, old: list[MaterialRequirement], new: list[dict[str, Any]]) -> bool:
    """Make the list `new`, keeping the ids of lines that stay (pushed materials refer to them). True: it changed."""
    by_name = {line.name: line for line in old}
    changed = [line.name for line in old] != [line["name"] for line in new]
    for order, values in enumerate(new):
        line = by_name.pop(values["name"], None)
        if line is None:
            db.session.add(MaterialRequirement(item_id=item_id, order=order, **values))
            continue
        for name, value in (*values.items(), ("order", order)):
            changed |= getattr(line, name) != value
            setattr(line, name, value)
    if by_name:
        gone = [line.id for line in by_name.values()]
        db.session.execute(delete(MaterialRequirement).where(MaterialRequirement.id.in_(gone)))
    return changed
