"""The figures on the page, in the CSV and in the workbook are those of the API, and nobody's name is among them."""

import csv
import io
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from dispatch.web.command import sheets
from dispatch.web.command.sheets import Sheet

SECRETARY, MEMBER = "10001000054", "10001001278"


@pytest.fixture
async def played(door, desk):
    """A few orders, one of them carried out."""
    order = await door.file()
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    await door.act(order, "contact", who=MEMBER)
    await door.act(order, "resolve", who=MEMBER, answer="已处理")
    await door.act(order, "rate", code=order["query_code"], grade="satisfied")
    await door.file(category="0101")
    status, found = await door.call("GET", "/statistics", who=desk.phones["county supervisor"])
    assert status == 200
    return found


async def test_every_number_of_a_chart_stands_in_a_table(desk, played):
    shown = await desk.open("/command/figures")
    assert shown.status == 200
    words = ("kept", "missed", "open", "not_owed")
    assert [row[1:] for row in shown.rows("milestones")] == [
        [str(one[word]) for word in words] for one in played["milestones"]
    ]
    assert shown.rows("days") == [[one["day"], str(one["filed"]), str(one["ended"])] for one in played["days"]]
    assert [row[1:] for row in shown.rows("load")] == [
        [str(one[word]) for word in ("branches", "open", "overdue")] for one in played["load"]
    ]


async def test_of_fewer_than_ten_no_rate_is_shown_and_always_how_many_answered(desk, played):
    shown = await desk.open("/command/figures")
    assert shown.text.count("不足 10，不显示") == 3
    assert "1 人评价" in shown.text
    assert "回访中 0 人作答" in shown.text
    assert "%" not in shown.html[shown.html.index('class="rates"') : shown.html.index("怎么算的")]


async def test_a_time_that_cant_be_told_is_said_beside_the_form_and_what_was_typed_stays(desk):
    shown = await desk.open("/command/figures?from=2026-11-20&to=2026-01-01")
    assert shown.status == 422
    assert 'id="e-from"' in shown.html
    assert 'value="2026-11-20"' in shown.html
    assert "这样查不到" in shown.text
    assert "没有保存" not in shown.text
    assert (await desk.open("/command/figures?from=yesterday&to=2026-01-01")).status == 422


async def test_the_csv_holds_what_is_seen(desk, played):
    day = played["to"]
    text = (await desk.bytes(f"/command/figures.csv?grid=141123100&from={day}&to={day}")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert ["点单", "2"] in rows
    assert [day, "2", "1"] in rows
    assert ["满意", "1"] in rows
    _names_nobody(text)


async def test_the_workbook_holds_what_is_seen(desk, played):
    found = await desk.bytes("/command/figures.xlsx?grid=141123100")
    book = _read(found)
    assert list(book) == ["概况", "三率", "13710", "评价", "逐日", "类别", "支部负荷"]
    words = ("kept", "missed", "open", "not_owed")
    assert [row[1:] for row in book["13710"][1:]] == [[one[word] for word in words] for one in played["milestones"]]
    assert len(book["逐日"]) == 1 + 30
    _names_nobody(str(book))


def _read(workbook: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def test_exports_are_refused_as_the_page_is(desk):
    await desk.sit_down("supervisor of Weifen town")
    for end in ("csv", "xlsx"):
        assert (await desk.open(f"/command/figures.{end}?grid=141123")).status == 403


def _names_nobody(text: str) -> None:
    for told in ("M0070", "演示群众", "10003000001", "邻居家的水"):
        assert told not in text


def test_no_spreadsheet_takes_a_name_for_a_formula():
    sheet = Sheet("名", ("甲", "乙"), [('=HYPERLINK("x")', -3), ("+1", None), ("平", 1.5)])
    rows = list(csv.reader(io.StringIO(sheets.csv([sheet]).decode("utf-8-sig"))))
    assert rows[2:5] == [['\'=HYPERLINK("x")', "-3"], ["'+1", ""], ["平", "1.5"]]
    with zipfile.ZipFile(io.BytesIO(sheets.xlsx([sheet]))) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    assert _read(sheets.xlsx([sheet]))["名"][1:] == [['=HYPERLINK("x")', -3], ["+1", ""], ["平", 1.5]]


@pytest.mark.parametrize("days", ["to=0001-01-01", "from=9999-12-31&to=9999-12-31"])
async def test_days_beyond_any_calendar_are_refused_kindly(desk, days):
    for end in ("", ".csv", ".xlsx"):
        assert (await desk.open(f"/command/figures{end}?{days}")).status == 422
