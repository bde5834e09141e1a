"""What was checked is kept for an hour and no longer, and brought in with its act or not at all."""

import asyncio
import base64
import csv
import errno
import os
import struct
import tempfile
import threading
import time
import tracemalloc
import zipfile
import zlib
from datetime import UTC, datetime
from io import BytesIO
from random import Random

import asyncpg
import pytest
import xlsxwriter

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Role
from dispatch.settings import Settings
from dispatch.usecases import bringing_in, checked_files
from dispatch.usecases.service import Service

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ADMINISTRATOR = Actor(1, (Grant(Role.ADMINISTRATOR, 1, None),))
PEOPLE = "code,name,phone,skills\nP5,党员5,13900000005,水电\n".encode()
SHEET = "code,name,phone\n" + "".join(f"P{n},党员{n},{13900000000 + n}\n" for n in range(2, 40))

BOTH = {
    "people.csv": "code,name,phone\nQ0,党员,13800000000\n".encode(),
    "roles.csv": b"person_code,role,grid_code,branch_code\nQ0,member,141123100016,B141123100016\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory for temporary files of our own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


async def checked(service, name: str, content: bytes):
    return await checked_together(service, {name: content})


async def checked_together(service, files: dict[str, bytes]):
    sent = [(name, base64.b64encode(content).decode()) for name, content in files.items()]
    return await bringing_in.check(service, ADMINISTRATOR, sent, NOW)


def packed(method: int) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr("兴县/people.csv", SHEET)
    return content.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
async def test_a_damaged_archive_is_read_or_refused_kindly_wherever_the_damage_is(small_county, folder, method):
    whole, drawn = packed(method), Random(method)
    refused = []
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(drawn.choice((1, 2, 40))):
            content[drawn.randrange(len(content))] = drawn.randrange(256)
        try:
            await checked(small_county, "a.zip", content)
        except errors.Invalid as wrong:
            refused += [fault["field"] for fault in wrong.data["faults"]]
    assert set(refused) == {"files"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"\x00\x00", b"\x08\x00"),  # what was only stored is taken for deflated
        ("兴县".encode(), b"\xff" * 6),  # a name that says it is UTF-8
        (
            b"PK\x05\x06",
            None,
        ),  # a directory that says it lies far behind, so that its files would lie before the archive
    ],
)
async def test_an_archive_that_contradicts_itself_is_refused_kindly(small_county, folder, first, second):
    content = bytearray(packed(zipfile.ZIP_STORED))
    if second is None:
        end = content.rfind(first)
        content[end + 16 : end + 20] = b"\xff\xff\x00\x00"
    elif len(first) == 2:
        for mark, field in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            at = content.find(mark) + field
            assert content[at : at + 2] == first
            content[at : at + 2] = second
    else:
        content = content.replace(first, second)
    with pytest.raises(errors.Invalid):
        await checked(small_county, "a.zip", content)


async def test_an_archive_that_is_far_larger_than_it_says_is_not_unpacked(small_county, folder):
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", bytes(50_000_000))
    content = bytearray(written.getvalue())
    for mark, field in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.find(mark) + field
        content[at : at + 4] = (100).to_bytes(4, "little")
    tracemalloc.start()
    try:
        with pytest.raises(errors.Invalid):
            await checked(small_county, "a.zip", content)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


async def test_an_import_stands_or_falls_with_its_act(small_county, folder):
    database = small_county.database

    async def stands():
        skills = (await database.fetchrow("SELECT skills FROM people WHERE code = 'P5'"))["skills"]
        acts = await database.fetch("SELECT subject FROM county_events")
        return skills, [row["subject"] for row in acts]

    ident = (await checked(small_county, "people.csv", PEOPLE))["id"]
    await database.execute(
        "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'cut off'; END $$; "
        "CREATE TRIGGER cut_off BEFORE INSERT ON county_events FOR EACH ROW EXECUTE FUNCTION cut_off()"
    )
    with pytest.raises(asyncpg.RaiseError):
        await bringing_in.bring_in(small_county, ADMINISTRATOR, ident, NOW)
    assert await stands() == ([], [])
    await database.execute("DROP TRIGGER cut_off ON county_events")
    assert (await bringing_in.bring_in(small_county, ADMINISTRATOR, ident, NOW))["written"]
    assert await stands() == (["水电"], ["import"])
    ident = (await checked(small_county, "people.csv", PEOPLE))["id"]
    assert not (await bringing_in.bring_in(small_county, ADMINISTRATOR, ident, NOW))["written"]
    assert await stands() == (["水电"], ["import"]), "what changed nothing is no act"


@pytest.fixture
async def county(small_county, tmp_path, monkeypatch):
    """A county that takes new people, with a directory for temporary files of our own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await small_county.database.execute("SELECT setval(pg_get_serial_sequence('people', 'id'), 100)")
    return small_county


def lying(folder):
    """What lies on the machine of all that was checked."""
    return sorted((folder / f"grid-dispatch-imports-{os.getuid()}").iterdir())


def when_writing(monkeypatch, name: str, happens) -> None:
    """Let something happen whenever a file of that name is about to be written."""
    really = os.open

    def opened(path, flags, *more, **others):
        if os.fspath(path).endswith(name) and flags & os.O_CREAT:
            happens()
        return really(path, flags, *more, **others)

    monkeypatch.setattr(os, "open", opened)


async def inserted(service, ident: str) -> dict[str, int]:
    report = await bringing_in.bring_in(service, ADMINISTRATOR, ident, NOW)
    return {one["sheet"]: one["inserted"] for one in report["counts"]}


async def test_a_disk_that_is_full_at_the_second_file_leaves_what_was_checked_before_whole(
    county, tmp_path, monkeypatch
):
    ident = (await checked_together(county, BOTH))["id"]
    before = lying(tmp_path)

    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        when_writing(disk, "roles.csv", full)
        with pytest.raises(errors.NoRoom):
            await checked_together(county, BOTH)
    assert lying(tmp_path) == before
    assert await inserted(county, ident) == {"people": 1, "roles": 1}
    assert lying(tmp_path) == []


async def test_a_disk_that_is_full_at_the_second_file_leaves_no_half_to_bring_in(county, tmp_path, monkeypatch):
    ident = (await checked_together(county, BOTH))["id"]
    assert await inserted(county, ident) == {"people": 1, "roles": 1}

    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    when_writing(monkeypatch, "roles.csv", full)
    with pytest.raises(errors.NoRoom):
        await checked_together(county, BOTH)
    assert lying(tmp_path) == []
    with pytest.raises(errors.Invalid):
        await bringing_in.bring_in(county, ADMINISTRATOR, ident, NOW)


LONG = "县资料" * 32
"""Fewer characters than a name may have here, and more bytes than it may have on a disk."""


async def test_a_name_that_is_too_long_for_the_disk_is_shown_as_it_was_sent(county, tmp_path):
    told = await checked(county, f"{LONG}.csv", b"code\n")
    (fault,) = told["faults"]
    assert fault["sheet"] == fault["sheet_label"]["zh"] == f"{LONG}.csv"
    assert LONG[:20] in fault["text"]["zh"]
    assert lying(tmp_path) == []


async def test_a_file_with_a_name_that_is_too_long_for_the_disk_keeps_the_reason_why_it_is_not_read(
    county, monkeypatch
):
    def broken(path, *args, **more):
        if str(path).endswith(".xlsx"):
            raise OSError(errno.EIO, "Input/output error")
        return stat(path, *args, **more)

    stat = os.stat
    monkeypatch.setattr(os, "stat", broken)
    (fault,) = (await checked(county, f"{LONG[:-1]}.xlsx", b"PK"))["faults"]
    assert (fault["sheet"], fault["reason"]) == (f"{LONG[:-1]}.xlsx", "unreadable")
    assert "Input/output error" in fault["text"]["zh"]
    assert "Input/output error" in fault["text"]["en"]


async def test_a_workbook_with_a_name_that_is_too_long_for_the_disk_is_brought_in(county):
    content = BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("people")
        for place, row in enumerate(csv.reader(BOTH["people.csv"].decode().splitlines())):
            sheet.write_row(place, 0, row)
    told = await checked(county, f"{LONG[:-1]}.xlsx", content.getvalue())
    assert await inserted(county, told["id"]) == {"people": 1}


async def test_what_is_being_checked_a_second_time_is_brought_in_whole(county, tmp_path, monkeypatch):
    ident = (await checked_together(county, BOTH))["id"]
    writing, go = threading.Event(), threading.Event()

    def pause():
        writing.set()
        go.wait(60)

    when_writing(monkeypatch, "roles.csv", pause)
    other = await Service.open(Settings(), county.database.url, connections=4)
    again = asyncio.create_task(checked_together(county, BOTH))
    try:
        await asyncio.to_thread(writing.wait, 60)
        assert await inserted(other, ident) == {"people": 1, "roles": 1}
    finally:
        go.set()
        await other.close()
        told = await again
    assert (told["faults_total"], told["changed"]) == (0, False)
    assert await inserted(county, told["id"]) == {"people": 0, "roles": 0}
    assert lying(tmp_path) == []


async def test_what_is_no_longer_all_that_was_checked_is_not_brought_in(county, tmp_path):
    ident = (await checked_together(county, BOTH))["id"]
    (place,) = lying(tmp_path)
    (place / "roles.csv").unlink()
    with pytest.raises(errors.Invalid):
        await bringing_in.bring_in(county, ADMINISTRATOR, ident, NOW)
    assert (await county.database.fetchrow("SELECT count(*) FROM people WHERE code = 'Q0'"))[0] == 0
    assert lying(tmp_path) == []
    assert await inserted(county, (await checked_together(county, BOTH))["id"]) == {"people": 1, "roles": 1}


async def test_what_is_checked_again_is_kept_for_another_hour(county, tmp_path):
    ident = (await checked_together(county, BOTH))["id"]
    (place,) = lying(tmp_path)
    written = time.time() - checked_files.KEPT.total_seconds() + 60
    os.utime(place, (written, written))
    assert (await checked_together(county, BOTH))["id"] == ident
    assert lying(tmp_path) == [place]
    assert place.stat().st_mtime > written + 60


async def test_what_is_wrong_is_not_kept_even_if_it_was_right_before(county, tmp_path):
    await checked_together(county, BOTH)
    await county.database.execute(
        "UPDATE person_contacts SET phone = '13800000000' WHERE person_id = (SELECT id FROM people WHERE code = 'P5')"
    )
    assert (await checked_together(county, BOTH))["id"] is None
    assert lying(tmp_path) == []


@pytest.mark.parametrize("said", [0, 1, 10, 1000])
@pytest.mark.parametrize("honest", [True, False])
async def test_an_archive_that_says_another_length_than_a_file_has_is_refused(county, folder, said, honest):
    """Whether its checksum is that of the whole file or of as much as it says."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in BOTH.items():
            archive.writestr(name, file)
    content = bytearray(written.getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", said)
    if not honest:
        content[at + 16 : at + 20] = struct.pack("<I", zlib.crc32(BOTH["roles.csv"][:said]))
    with pytest.raises(errors.Invalid):
        await checked(county, "a.zip", content)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
async def test_an_archive_is_read_as_its_files_would_be(county, folder, method):
    written = BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, file in BOTH.items():
            archive.writestr(name, file)
    assert await checked(county, "a.zip", written.getvalue()) == await checked_together(county, BOTH)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
async def test_a_file_that_is_really_empty_is_read_as_such(county, folder, method):
    written = BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        archive.writestr("people.csv", b"")
    assert await checked(county, "a.zip", written.getvalue()) == await checked(county, "people.csv", b"")
