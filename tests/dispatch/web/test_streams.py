"""Streams are open as long as somebody watches, so that there are only so many of them at once."""

import asyncio
import contextlib

import pytest

from dispatch.web import streams

BOARD, COMMAND = "/branch/live", "/command/live"
SECRETARY, SUPERVISOR = "secretary of Dongcheng community", "county supervisor"


@pytest.fixture
async def opened(door, phones):
    """Opens the stream at an address as somebody, and leaves it open until the test is over."""
    async with contextlib.AsyncExitStack() as leaving:

        async def _opened(path, who):
            cookies = {"session": await door.token(phones[who])}
            return await leaving.enter_async_context(door.client.get(path, cookies=cookies, allow_redirects=False))

        yield _opened


async def test_a_session_has_so_many_and_the_next_one_is_told_when_to_come_again(opened):
    streaming = [await opened(BOARD, SECRETARY) for _ in range(streams.MOST_OF_ONE)]
    assert {one.status for one in streaming} == {200}
    refused = await opened(BOARD, SECRETARY)
    assert (refused.status, refused.headers["Retry-After"]) == (429, str(streams.WAIT_S))
    assert (await opened(COMMAND, SUPERVISOR)).status == 200, "another session has its own"
    streaming[0].close()
    async with asyncio.timeout(60):
        while (await opened(BOARD, SECRETARY)).status != 200:  # until the service has seen that it is left
            await asyncio.sleep(0)


@pytest.mark.parametrize(("path", "who"), [(BOARD, SECRETARY), (COMMAND, SUPERVISOR)])
async def test_a_process_has_so_many_whoever_opens_them(opened, monkeypatch, path, who):
    monkeypatch.setattr(streams, "MOST", 1)
    assert (await opened(COMMAND, "supervisor of Weifen town")).status == 200
    assert (await opened(path, who)).status == 429


async def test_what_is_over_leaves_its_place_to_another(opened, monkeypatch):
    monkeypatch.setattr(streams, "MOST", 1)
    monkeypatch.setattr(streams, "STREAM_S", 0.0)
    for _ in range(3):
        one = await opened(BOARD, SECRETARY)
        assert one.status == 200
        await asyncio.wait_for(one.read(), 60)
