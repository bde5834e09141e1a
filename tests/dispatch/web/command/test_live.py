"""What moves: told when it has changed, read once for all who watch, and over when the service stops."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dispatch.web import streams
from dispatch.web.app import create_app
from dispatch.web.command import live
from dispatch.web.visit import Visit


@pytest.fixture
def quickly(monkeypatch) -> None:
    """Looks often, so that nobody waits for it."""
    monkeypatch.setattr(live, "EVERY_S", 0.05)


def opened(text: str) -> str:
    return text.split("<dd>", 1)[1].split("</dd>", 1)[0]


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("look", ["", "&as=wall"])
async def test_a_change_is_told_to_whoever_watches(desk, door, heard, look):
    async with door.client.get(f"/command/live?grid=141123{look}") as stream:
        assert stream.content_type == "text/event-stream"
        assert "Content-Security-Policy" in stream.headers
        assert opened(await heard(stream.content)) == "0"
        await door.file()
        assert opened(await heard(stream.content)) == "1"


@pytest.mark.usefixtures("quickly")
async def test_of_what_has_not_changed_nothing_is_told(desk, door, heard):
    async with door.client.get("/command/live?grid=141123") as stream:
        await heard(stream.content)
        for _ in range(3):
            assert await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 30) == b":\n\n"


async def test_all_who_watch_a_grid_share_one_reading(desk, door, heard, monkeypatch):
    asked = []
    ask = Visit.ask

    async def counting(self, method, path, **more):
        asked.append(path)
        return await ask(self, method, path, **more)

    monkeypatch.setattr(Visit, "ask", counting)
    watching = [await door.client.get("/command/live?grid=141123") for _ in range(5)]
    told = {await heard(stream.content) for stream in watching}
    assert len(told) == 1
    # each was seen to be allowed once, and all of them have read together as often as the readings grew old
    assert asked.count("/counters") < 2 * len(watching)
    for stream in watching:
        stream.close()


async def test_a_stream_ends_when_the_service_stops(service, phones, door, heard):
    client = TestClient(TestServer(create_app(service)))
    await client.start_server()
    token = await door.token(phones["county supervisor"])
    stream = await client.get("/command/live?grid=141123", cookies={"session": token})
    await heard(stream.content)
    await client.server.app.shutdown()
    await asyncio.wait_for(stream.content.read(), 20)
    assert stream.content.at_eof()
    await client.close()


@pytest.mark.usefixtures("quickly")
async def test_a_stream_ends_after_a_while_so_that_it_is_seen_anew_who_watches(desk, door, monkeypatch):
    monkeypatch.setattr(streams, "STREAM_S", 0.2)
    async with door.client.get("/command/live?grid=141123") as stream:
        await asyncio.wait_for(stream.content.read(), 20)
