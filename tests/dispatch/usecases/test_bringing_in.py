"""What was checked is kept for an hour and no longer, and brought in with its act or not at all."""

import base64
import os
import tempfile
import time
import tracemalloc
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from random import Random

import asyncpg
import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Role
from dispatch.usecases import bringing_in

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ADMINISTRATOR = Actor(1, (Grant(Role.ADMINISTRATOR, 1, None),))
PEOPLE = "code,name,phone,skills\nP5,党员5,13900000005,水电\n".encode()
SHEET = "code,name,phone\n" + "".join(f"P{n},党员{n},{13900000000 + n}\n" for n in range(2, 40))


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Keep something of some age, in a directory for temporary files of our own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def keep(name: str, seconds: float):
        place = tmp_path / f"grid-dispatch-imports-{os.getuid()}" / name
        place.mkdir(mode=0o700, parents=True)
        place.parent.chmod(0o700)
        (place / "people.csv").write_text("code,name,phone\n")
        written = time.time() - seconds
        os.utime(place, (written, written))
        return place

    return keep


def test_what_is_older_than_an_hour_is_forgotten_and_nothing_else(kept):
    hour = bringing_in.KEPT.total_seconds()
    old, fresh = kept("old", hour + 60), kept("fresh", hour - 60)
    bringing_in.forget_old()
    assert not old.exists()
    assert (fresh / "people.csv").exists()


def test_where_nothing_was_ever_kept_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bringing_in.forget_old()
    assert list(tmp_path.iterdir()) == []


def test_a_place_of_somebody_else_is_let_be(kept):
    old = kept("old", 2 * bringing_in.KEPT.total_seconds())
    old.parent.chmod(0o777)
    bringing_in.forget_old()
    assert old.exists()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory for temporary files of our own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


async def checked(service, name: str, content: bytes):
    return await bringing_in.check(service, ADMINISTRATOR, [(name, base64.b64encode(content).decode())], NOW)


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
