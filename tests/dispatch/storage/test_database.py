"""Connections that are kept at hand: soon used again, never hoarded, and gone when they are broken."""

import asyncio

import pytest

from dispatch.domain import errors
from dispatch.storage import batches
from dispatch.storage import database as pool
from dispatch.storage.database import Database

PID = "SELECT pg_backend_pid()"


async def _pid(database: Database) -> int:
    (pid,) = await database.fetchrow(PID)
    return pid


@pytest.fixture
async def two(database_url):
    """A database of two connections, of which one may be kept at hand."""
    opened = await Database.open(database_url, most=2)
    yield opened
    await opened.close()


async def test_one_statement_after_the_other_uses_the_same_connection(two) -> None:
    assert len({await _pid(two) for _ in range(10)}) == 1


async def test_many_at_once_share_few_connections_and_each_gets_its_own_answer(two) -> None:
    answers = await asyncio.gather(*(two.fetchrow("SELECT $1::int, pg_backend_pid()", n) for n in range(100)))
    assert [number for number, _ in answers] == list(range(100))
    assert len({pid for _, pid in answers}) <= 2


async def test_whoever_waits_gets_the_connection_that_is_given_back(two) -> None:
    async with two.transaction() as first:
        async with two.transaction():
            waiting = asyncio.create_task(_pid(two))
            await asyncio.sleep(0.05)
            assert not waiting.done()
        async with asyncio.timeout(60):
            assert await waiting != await first.fetchval(PID)


async def test_what_nobody_needs_goes_back_to_the_pool(two, monkeypatch) -> None:
    monkeypatch.setattr(pool, "AT_HAND_S", 0.01)
    await _pid(two)
    async with asyncio.timeout(60):
        while two.pool.get_idle_size() < two.pool.get_size():
            await asyncio.sleep(0.01)
    await _pid(two)


async def test_a_connection_that_was_cut_meanwhile_is_not_used_again(two, database) -> None:
    async with two.transaction() as connection:
        before, socket = connection.get_server_pid(), connection._con
    await database.execute("SELECT pg_terminate_backend($1)", before)
    async with asyncio.timeout(60):
        while not socket.is_closed():
            await asyncio.sleep(0.01)
    assert await _pid(two) != before


async def test_a_connection_that_breaks_under_a_statement_is_not_used_again(two, database) -> None:
    for _ in range(5):
        before = await _pid(two)
        with pytest.raises(errors.Unavailable):
            await two.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert await _pid(two) != before


async def test_after_somebody_went_away_in_the_middle_of_a_statement_the_next_gets_a_clean_connection(two) -> None:
    for _ in range(5):
        left = asyncio.create_task(two.execute("SELECT pg_sleep(1000)", timeout=1000))
        await asyncio.sleep(0.02)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        async with asyncio.timeout(60):
            assert await asyncio.gather(*(two.fetchrow("SELECT $1::int", n) for n in range(4))) == [
                (n,) for n in range(4)
            ]


async def test_what_is_under_way_is_waited_for_when_it_closes(database_url) -> None:
    opened = await Database.open(database_url, most=4)
    await _pid(opened)
    under_way = asyncio.create_task(opened.fetchrow("SELECT 7 FROM pg_sleep(0.1)"))
    await asyncio.sleep(0.02)
    async with asyncio.timeout(60):
        await opened.close()
    assert await under_way == (7,)


async def test_whoever_hangs_in_the_middle_of_a_transaction_gives_its_locks_back(database_url, monkeypatch) -> None:
    monkeypatch.setattr(pool, "IDLE_S", 1)
    hung, other = await Database.open(database_url, most=2), await Database.open(database_url, most=2)
    await other.execute("CREATE TABLE locked (number int)")
    await other.execute("INSERT INTO locked VALUES (1)")

    async def hang() -> None:
        async with hung.transaction() as connection:
            await connection.execute("UPDATE locked SET number = 2")
            async with asyncio.timeout(8):
                await other.execute("UPDATE locked SET number = number + 10")
            await connection.execute("SELECT 1")

    with pytest.raises(errors.Unavailable):
        await hang()
    assert await other.fetchrow("SELECT number FROM locked") == (11,)
    assert await hung.fetchrow("SELECT number FROM locked") == (11,), "and it is served again"
    await hung.close()
    await other.close()


async def test_a_transaction_that_says_so_may_pause_for_longer(database_url, monkeypatch) -> None:
    monkeypatch.setattr(pool, "IDLE_S", 1)
    patient = await Database.open(database_url, most=2)
    async with patient.transaction() as connection:
        assert await batches.alone(connection, 1)
        assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "1h"
    assert (await patient.fetchrow("SHOW idle_in_transaction_session_timeout"))[0] == "1s", "in that transaction only"
    await patient.close()
