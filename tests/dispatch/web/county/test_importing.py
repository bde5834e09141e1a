"""Files are checked row by row; what was checked is what is brought in, once, and a bad file changes nothing."""

import errno
import io
import tempfile
import zipfile

from dispatch.demo.county import write_csv
from dispatch.usecases import bringing_in

GOOD = "code,name,phone,skills\nM0070,演示党员,10001001278,水电\n".encode()
BAD = b"person_code,role,grid_code\nM0070,member,999\nM9999,membr,141123100016\n"


async def _skills(door) -> list[str]:
    return (await door.service.database.fetchrow("SELECT skills FROM people WHERE code = 'M0070'"))["skills"]


async def test_a_bad_file_is_told_row_by_row_and_changes_nothing(desk, door) -> None:
    shown = await desk.send("/county/import", {"roles.csv": BAD, "people.csv": GOOD})
    assert "有 2 处错误" in shown.text
    assert "网格 999 不存在" in shown.text
    assert "membr" in shown.text
    assert 'name="id"' not in shown.html
    assert await _skills(door) != ["水电"]


async def test_what_was_checked_is_brought_in_once(desk, door) -> None:
    before = await _skills(door)
    shown = await desk.send("/county/import", {"people.csv": GOOD})
    assert "还没有写入" in shown.text
    assert await _skills(door) == before
    done = await desk.send("/county/import", {}, id=shown.field("id"))
    assert "已导入" in done.text
    assert await _skills(door) == ["水电"]
    assert done.address == f"/county/import?done={shown.field('id')}", "to reload it sends nothing again"
    assert "做了哪些改动" in done.text
    again = await desk.send("/county/import", {}, id=shown.field("id"))
    assert (again.status, again.address) == (200, done.address)
    assert "没有保存" not in again.text
    assert "已导入" in again.text
    _, acts = await door.call("GET", "/county/acts", who="10001000001")
    assert [one["subject"] for one in acts["items"]] == ["import"]


async def test_what_was_never_checked_is_not_said_to_be_brought_in(desk) -> None:
    shown = await desk.send("/county/import", {}, id="0" * 64)
    assert shown.status == 422
    assert "请重新选择文件核对" in shown.text
    assert "已导入。" not in (await desk.open("/county/import?done=nothing")).text


async def test_nobody_else_brings_in_what_was_checked(desk, door) -> None:
    shown = await desk.send("/county/import", {"people.csv": GOOD})
    await desk.sit_down("10001000002")
    assert (await desk.send("/county/import", {}, id=shown.field("id"))).status == 403


async def test_the_whole_county_as_an_archive_is_what_stands_already(desk, tmp_path) -> None:
    write_csv(tmp_path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in tmp_path.iterdir():
            archive.write(file, f"兴县/{file.name}")
    shown = await desk.send("/county/import", {"county.zip": packed.getvalue()})
    assert "与现有资料一致" in shown.text
    assert 'name="id"' not in shown.html


async def test_a_full_disk_is_told_with_what_to_do(desk, door, monkeypatch) -> None:
    before = await _skills(door)

    def full(*_args: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    shown = await desk.send("/county/import", {"people.csv": GOOD})
    assert shown.status == 503
    assert "磁盘满了" in shown.text
    assert "什么都没有改动" in shown.text
    monkeypatch.setattr(tempfile, "TemporaryFile", full)  # where the form itself finds no room any more
    shown = await desk.send("/county/import", {"people.csv": GOOD})
    assert shown.status == 503
    assert "磁盘满了" in shown.text
    assert await _skills(door) == before


async def test_what_is_no_county_is_refused_kindly(desk) -> None:
    for name, content in (("a.zip", b"PK"), ("a.xlsx", b"no workbook"), ("notes.csv", b"a,b\n"), ("../", b"")):
        shown = await desk.send("/county/import", {name: content})
        assert shown.status in (200, 422), name
        assert "没有任何改动" in shown.text or "没有保存任何内容" in shown.text, name


async def test_too_much_is_left_to_the_command_line(desk) -> None:
    shown = await desk.send("/county/import", {"people.csv": b"x" * (bringing_in.MOST_BYTES + 2 * 2**20)})
    assert shown.status == 422
    assert "grid-dispatch import" in shown.text
