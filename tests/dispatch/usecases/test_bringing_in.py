"""What was checked is kept for an hour and no longer, whether or not anybody asks again."""

import os
import tempfile
import time

import pytest

from dispatch.usecases import bringing_in


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
