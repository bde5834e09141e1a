"""What was checked is kept for an hour and no longer, and whole or not at all."""

import os
import tempfile
import time

import pytest

from dispatch.usecases import checked_files
from dispatch.usecases.checked_files import Kept, Sent

FILES = [Sent("roles.csv", b"r"), Sent("people.csv", b"p")]


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
    hour = checked_files.KEPT.total_seconds()
    old, fresh = kept("old", hour + 60), kept("fresh", hour - 60)
    checked_files.forget_old()
    assert not old.exists()
    assert (fresh / "people.csv").exists()


def test_where_nothing_was_ever_kept_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    checked_files.forget_old()
    assert list(tmp_path.iterdir()) == []


def test_a_place_of_somebody_else_is_let_be(kept):
    old = kept("old", 2 * checked_files.KEPT.total_seconds())
    old.parent.chmod(0o777)
    checked_files.forget_old()
    assert old.exists()


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """Two files that are kept for somebody."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ours = Kept.of(FILES, 1)
    with ours.written(FILES) as own:
        ours.keep(own)
    return ours


def read(place) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in place.iterdir()}


def test_what_is_read_stays_whole_though_it_is_dropped_meanwhile(ours, tmp_path):
    with ours.opened() as own:
        ours.drop()
        assert not ours.stands()
        assert read(own) == {one.name: one.content for one in FILES}
    with ours.opened() as own:
        assert own is None
    (root,) = tmp_path.iterdir()
    assert list(root.iterdir()) == []


def test_what_is_read_stays_kept(ours):
    with ours.opened(), ours.opened() as own:
        assert len(read(own)) == 2
    assert ours.stands()


def test_it_is_kept_for_those_alone_who_sent_it_and_in_whatever_order(ours):
    assert Kept.of(reversed(FILES), 1) == ours
    other = Kept(ours.ident, 2)
    assert not other.stands()
    with other.opened() as own:
        assert own is None


def test_nothing_stands_while_it_is_being_written(ours):
    ours.drop()
    with ours.written(FILES):
        assert not ours.stands()
    assert not ours.stands()


def test_what_is_not_what_was_checked_is_not_opened_and_is_let_go(ours, tmp_path):
    (file,) = tmp_path.rglob("people.csv")
    file.write_bytes(b"q")
    with ours.opened() as own:
        assert own is None
    assert not ours.stands()
