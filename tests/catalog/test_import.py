"""`flask items import`: all or nothing, clear faults, the same again changes nothing; the 335 items and the texts."""

import csv
from pathlib import Path

import pytest
from apiflask import APIFlask
from openpyxl import Workbook
from sqlalchemy import func, select

from backend import demo as demos
from backend.catalog import demo, service
from backend.catalog.errors import BadSheet
from backend.catalog.importer import COLUMNS, import_file
from backend.catalog.models import ConsentText, Item, MaterialRequirement, TextKind
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work

HEAD = list(COLUMNS)
GOOD = ["A001", "教师资格认定", "区教育局", "区本级", "教育", "是", "否", "教育组", "教资，教师证", "请备原件", "20",
        "身份证|原件|jpg,PNG|正反面\n照片|复印件"]  # fmt: skip


@pytest.fixture
def ready(context: APIFlask) -> APIFlask:
    demo.load_regions()
    return context


def sheet(
    folder: Path, *rows: list, name: str = "items.csv", head: list[str] = HEAD, encoding: str = "utf-8"
) -> Path:
    path = folder / name
    if name.endswith(".xlsx"):
        book = Workbook()
        for row in (head, *rows):
            book.active.append(row)
        book.save(path)
    else:
        with path.open("w", newline="", encoding=encoding) as file:
            csv.writer(file).writerows([head, *rows])
    return path


def changed(column: str, value: object, base: list = GOOD) -> list:
    row = list(base)
    row[HEAD.index(column)] = value
    return row


def faults(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(BadSheet) as refused:
        import_file(path)
    return [(f["row"], f["column"]) for f in refused.value.details["rows"]]


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Item)) or 0


@pytest.mark.parametrize(("name", "encoding"), [("a.csv", "utf-8"), ("a.csv", "utf-8-sig"), ("a.csv", "gb18030"),
                                                ("a.xlsx", "")])  # fmt: skip
def test_a_good_sheet(ready: APIFlask, tmp_path: Path, name: str, encoding: str) -> None:
    """CSV as Excel in China saves it, CSV in UTF-8, and a workbook: the same item."""
    report = import_file(sheet(tmp_path, GOOD, name=name, encoding=encoding or "utf-8"))
    assert (report.added, report.changed, report.unchanged) == (1, 0, 0)
    item = service.item_by_code("A001")
    assert (item.name, item.aliases, item.countdown_seconds) == ("教师资格认定", ["教资", "教师证"], 20)
    assert [(m.name, m.original_required, m.formats, m.note) for m in service.materials(item.id)] == [
        ("身份证", True, ["jpg", "png"], "正反面"), ("照片", False, [], "")]  # fmt: skip


def test_numbers_of_a_workbook_are_codes(ready: APIFlask, tmp_path: Path) -> None:
    row = changed("区划", 440304000.0, changed("事项编码", 10001.0))
    import_file(sheet(tmp_path, row, name="a.xlsx"))
    assert service.item_by_code("10001").region_code == "440304000"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("事项编码", ""), ("事项名称", ""), ("实施部门", ""), ("区划", "不存在街道"), ("区划", ""), ("分类", ""),
        ("视频办", "也许"), ("视频办", ""), ("可邮寄", "2"), ("技能组", ""), ("承诺书倒计时", "很久"),
        ("承诺书倒计时", "-1"), ("承诺书倒计时", "601"),
        ("事项名称", "长" * 101), ("材料清单", "|原件"), ("材料清单", "身份证|样本"), ("材料清单", "身份证\n身份证"),
        ("办理提示", "话" * 2001),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named(ready: APIFlask, tmp_path: Path, column: str, value: str) -> None:
    """Row number and column; and of the good row beside it nothing is taken either."""
    good = changed("事项编码", "B001")
    assert faults(sheet(tmp_path, good, changed(column, value))) == [(3, column)]
    assert count() == 0


def test_every_bad_row_is_named(ready: APIFlask, tmp_path: Path) -> None:
    rows = [GOOD, changed("事项名称", "", GOOD), [""] * 12, changed("视频办", "x", changed("事项编码", "C1"))]
    assert faults(sheet(tmp_path, *rows)) == [(3, "事项名称"), (3, "事项编码"), (5, "视频办")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"x"), ("a.csv", b""), ("a.csv", "事项编码\n".encode()), ("a.xlsx", b"not a zip"),
        ("a.csv", b"\xff\xfe\x00"),
        ("a.csv", ",".join(HEAD).encode()),
    ],
)  # fmt: skip
def test_what_is_no_sheet_is_refused(ready: APIFlask, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadSheet):
        import_file(tmp_path / name)
    assert count() == 0


def test_the_same_again_and_a_change(ready: APIFlask, tmp_path: Path) -> None:
    """Idempotent by code; a line of the material list that stays keeps its id."""
    import_file(sheet(tmp_path, GOOD))
    item = service.item_by_code("A001")
    before = {m.name: m.id for m in service.materials(item.id)}
    again = import_file(sheet(tmp_path, GOOD))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1)
    other = import_file(sheet(tmp_path, changed("材料清单", "学历证书|原件\n身份证|复印件||背面")))
    assert (other.added, other.changed, other.unchanged) == (0, 1, 0)
    after = {m.name: m.id for m in service.materials(item.id)}
    assert list(after) == ["学历证书", "身份证"]
    assert after["身份证"] == before["身份证"]
    assert count() == 1


def test_the_command_says_what_is_wrong(ready: APIFlask, tmp_path: Path) -> None:
    runner = ready.test_cli_runner()
    good = runner.invoke(args=["items", "import", str(sheet(tmp_path, GOOD))])
    assert (good.exit_code, good.output) == (0, "导入完成：新增 1 项，更新 0 项，未变 0 项\n")
    bad = runner.invoke(args=["items", "import", str(sheet(tmp_path, changed("视频办", "x")))])
    assert bad.exit_code == 1
    assert "第 2 行「视频办」：应填“是”或“否”，现为“x”" in bad.output
    assert "未导入任何内容" in bad.output


def test_the_335_items(ready: APIFlask) -> None:
    """S5, S7, S8: 区本级 and ten streets, the guide's item with its whole list, one name of 40 characters."""
    demo.load()
    assert demo.load() == "items: 0 added, 0 changed, 335 as before"
    assert service.count_items() == 335
    assert len(service.regions()) == 12
    names = list(db.session.scalars(select(Item.name)))
    assert max(map(len, names)) == 40
    teacher = service.item_by_code(demo.TEACHER_ITEM)
    assert teacher.name == "初中、小学、幼儿园教师资格认定"
    assert len(service.materials(teacher.id)) == 10
    lines = select(MaterialRequirement.id).where(MaterialRequirement.item_id == Item.id)
    assert list(db.session.scalars(select(Item.name).where(~lines.exists()))) == []
    enabled = db.session.scalar(select(func.count()).select_from(Item).where(Item.video_enabled))
    assert 280 <= enabled < 335


def test_every_hour_of_the_demonstration(ready: APIFlask) -> None:
    """Anyone can try at any hour: one slot of the running hour is open."""
    demos.load()
    client = ready.test_client()
    item = client.get("/api/items", query_string={"q": "教师资格认定"}).get_json()["items"][0]["id"]
    days = client.get(f"/api/items/{item}/days").get_json()["days"]
    assert all(day["open"] for day in days)
    slots = client.get(f"/api/items/{item}/slots", query_string={"date": days[0]["date"]}).get_json()["items"]
    assert len(slots) == 24
    assert next(s["state"] for s in slots if s["state"] != "past") == "open"


def test_texts_and_their_versions(ready: APIFlask) -> None:
    """A new version is in force from its hour; the old one stays."""
    demo.load()
    authorisation, guidance = service.consent_texts()
    assert (authorisation.title, guidance.title) == ("视频办用户授权确认", "远程导办温馨提示")
    assert min(len(authorisation.body), len(guidance.body)) > 300
    with unit_of_work():
        db.session.add(ConsentText(kind="guidance", version=2, title="新", body="新", effective_at=now()))
    assert [t.version for t in service.consent_texts(TextKind.GUIDANCE)] == [2]
    assert db.session.get(ConsentText, guidance.id).version == 1


def test_the_commitment_of_an_item(ready: APIFlask) -> None:
    """S22, S23: the guide's item has its own words, others the default; seconds of the item before the template's."""
    demo.load()
    teacher = service.item_by_code(demo.TEACHER_ITEM)
    own, other = (
        service.commitment_for(teacher.id),
        service.commitment_for(service.item_by_code("440304RS001").id),
    )
    assert "教师资格条例" in own.body
    assert "教师资格条例" not in other.body
    assert "“就业登记”" in other.body
    assert "{item}" not in own.body + other.body
    assert (own.countdown_seconds, own.title) == (15, "“信用+视频办”承诺书")
    with unit_of_work():
        teacher.countdown_seconds = 5
    assert service.commitment_for(teacher.id).countdown_seconds == 5
