"""Beside the pages, the web process forgets the files that were checked and never brought in."""

import asyncio
import os
import tempfile
import time

from aiohttp.test_utils import TestClient, TestServer

from dispatch.usecases import checked_files
from dispatch.web import app


def _old(place) -> None:
    place.mkdir(mode=0o700)
    written = time.time() - checked_files.KEPT.total_seconds() - 60
    os.utime(place, (written, written))


async def _gone(place) -> None:
    async with asyncio.timeout(30):
        while place.exists():
            await asyncio.sleep(0.01)


async def test_files_of_a_county_are_forgotten_at_the_start_and_later_on(service, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(app, "FORGET_S", 0.01)
    root = tmp_path / f"grid-dispatch-imports-{os.getuid()}"
    root.mkdir(mode=0o700)
    _old(root / "before")
    async with TestClient(TestServer(app.create_app(service))):
        await _gone(root / "before")
        _old(root / "meanwhile")
        await _gone(root / "meanwhile")
