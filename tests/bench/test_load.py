"""The load generator counts what a person would wait, and asks as often as it says."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from bench import load

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Slow:
    """A service that answers everybody one after the other, and takes its time for each."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked = 0
        self._turn = asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                async with self._turn:
                    await asyncio.sleep(self.seconds)
                writer.write(ANSWER)
        writer.close()


@contextlib.asynccontextmanager
async def serving(slow: Slow) -> AsyncIterator[tuple[str, int]]:
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()


async def ask(connection: load.Connection) -> int:
    return (await connection.ask(load.request("GET", "/")))[0]


async def test_an_open_loop_counts_latency_from_when_a_request_was_due():
    slow = Slow(0.05)  # twenty a second, of which it is asked forty
    async with serving(slow) as address:
        done = await load.open_loop(address, 4, 1, 40, ask)
    # the last of some forty has waited for all before it, though its own connection was asked only a moment ago
    assert max(done.latencies) > 0.5
    assert done.at(0.99) > 4 * 0.05
    assert len(done.latencies) == slow.asked == sum(done.statuses.values())


async def test_a_closed_loop_waits_for_its_answer_and_so_hides_that():
    async with serving(Slow(0.05)) as address:
        done = await load.closed(address, 1, 0.5, ask)
    assert done.at(0.1) >= 0.05
    assert done.rate <= 20
    assert done.statuses == {200: len(done.latencies)}


async def test_a_closed_loop_asks_no_more_than_there_is_to_ask():
    slow = Slow(0)
    async with serving(slow) as address:
        done = await load.closed(address, 3, 30, ask, most=7)
    assert slow.asked == len(done.latencies) == 7


async def test_an_open_loop_begins_about_as_many_requests_as_it_says():
    async with serving(Slow(0)) as address:
        began = time.perf_counter()
        done = await load.open_loop(address, 8, 1, 300, ask)
    assert 220 < len(done.latencies) < 380  # a Poisson stream drawn from a fixed seed
    assert time.perf_counter() - began >= 0.9


@pytest.mark.parametrize("loop", ["closed", "open"])
async def test_a_connection_that_is_closed_is_no_success_and_another_one_is_opened(loop):
    hung_up = 0

    async def hang_up_at_first(reader, writer):
        nonlocal hung_up
        await reader.readuntil(b"\r\n\r\n")
        if hung_up < 3:
            hung_up += 1
            writer.close()
            return
        writer.write(ANSWER)
        await Slow(0).serve(reader, writer)

    server = await asyncio.start_server(hang_up_at_first, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    if loop == "closed":
        done = await load.closed(address, 1, 60, ask, most=20)
    else:
        done = await load.open_loop(address, 1, 1, 50, ask)
    server.close()
    assert done.statuses == {load.BROKEN: 3, 200: len(done.latencies) - 3}
    assert done.refused() == len(done.broken) == 3
    assert "3 of" in done.wrong()


async def test_nothing_is_asked_on_a_connection_that_has_ended():
    async with serving(Slow(0)) as address:
        connection = await load.Connection.open(*address)
        connection.close()
        with pytest.raises(ConnectionError):
            await connection.ask(load.request("GET", "/"))


async def test_work_that_raises_is_counted_among_the_refused():
    async def fail(_connection):
        raise ValueError("no such order")

    async with serving(Slow(0)) as address:
        done = await load.open_loop(address, 2, 0.5, 50, fail)
    assert done.refused() == len(done.latencies) > 0
    assert done.wrong().endswith("ValueError: no such order")


def test_where_nothing_was_answered_no_latency_is_kept_and_that_is_wrong():
    assert load.Loaded(1.0).at(0.99) == float("inf")
    assert load.Loaded(1.0).wrong() == "nothing was answered"


async def test_an_answer_in_pieces_is_put_together():
    async def in_pieces(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for at in range(0, len(ANSWER), 5):
            writer.write(ANSWER[at : at + 5])
            await writer.drain()
            await asyncio.sleep(0.001)

    server = await asyncio.start_server(in_pieces, "127.0.0.1", 0)
    connection = await load.Connection.open(*server.sockets[0].getsockname())
    assert await connection.ask(load.request("GET", "/")) == (200, b"ok")
    connection.close()
    server.close()


def test_a_percentile_is_a_latency_that_this_share_kept():
    done = load.Loaded(2.0, [float(one) for one in range(100, 0, -1)])
    assert done.at(0) == 1
    assert done.at(0.5) == 51
    assert done.at(0.99) == 100
    assert done.at(1) == 100
    assert done.rate == 50


def test_what_is_refused_is_counted():
    done = load.Loaded(1.0, [0.1] * 6)
    done.statuses.update([200, 201, 204, 400, 409, 503])
    assert done.refused() == 3


def test_a_request_says_its_length_in_bytes_and_who_asks():
    raw = load.request("POST", "/x", {"text": "路灯"}, token="t", key="k", code="c")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert {b"Authorization: Bearer t", b"Idempotency-Key: k", b"X-Query-Code: c"} <= set(head.split(b"\r\n"))
