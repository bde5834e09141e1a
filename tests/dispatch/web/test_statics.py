"""Style sheets, scripts and pictures as a browser gets them."""

import gzip
from pathlib import Path

import pytest

from dispatch.web import statics


def test_every_library_that_the_pages_take_from_others_is_there() -> None:
    assert {"built/htmx.js", "built/sse.js", "built/weui.css", "built/charts.js"} <= set(statics.all_files())


async def test_a_file_is_kept_for_good_under_the_address_that_names_its_content(door) -> None:
    for name, static in statics.all_files().items():
        heard = await door.send("GET", statics.address(name))
        assert heard.status == 200
        assert heard.body == static.body
        assert heard.headers["Cache-Control"] == statics.KEPT
        assert heard.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_under_another_address_is_asked_for_again_each_time(door) -> None:
    for address in ("/static/app.css", "/static/app.css?old"):
        heard = await door.send("GET", address)
        assert heard.headers["Cache-Control"] == "no-cache"
        tag = next(value for name, value in heard.headers.items() if name.lower() == "etag")
        again = await door.send("GET", address, headers={"If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name", ["nothing.css", "../__init__.py", "..%2f__init__.py", "built/.from", "assets/build.py"]
)
async def test_nothing_else_is_served(door, name: str) -> None:
    assert (await door.send("GET", f"/static/{name}")).status == 404


def test_what_is_sent_compressed_is_the_same() -> None:
    for static in statics.all_files().values():
        if static.packed is not None:
            assert gzip.decompress(static.packed) == static.body


def test_no_file_of_ours_is_a_minified_copy_of_somebody_elses() -> None:
    folder = Path(statics.__file__).parent / "static"
    for file in folder.glob("*.*"):
        longest = max(map(len, file.read_text("utf-8").splitlines()), default=0)
        assert longest < 500, file.name
