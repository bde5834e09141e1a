"""A database in use is brought to the present schema while others read and write it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from dispatch.storage import counters, migrations
from dispatch.storage.database import Database

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TODAY = NOW.date()

FILED = """
INSERT INTO orders
SELECT 1, n, 'request', 'routed', 1, '0901', 'general', 1, NULL, NULL, 0, NULL, NULL, NULL, 0, false, NULL, NULL,
       $1::timestamptz - n * interval '1 minute', NULL, '{}', '{}', '{}', '{}', NULL, NULL,
       $1::timestamptz - n * interval '1 minute' + interval '1 hour', '', 0, '{}', '{}', $1, NULL, false, '{}'
FROM generate_series(1, 300) AS n
"""


@pytest.fixture
async def before(database_url, server) -> AsyncIterator[Database]:
    """A database with orders, as it was before it had counters."""
    connection = await asyncpg.connect(server)
    head, _, tail = database_url.partition("?")
    name = f"{head.rsplit('/', 1)[1]}_before"
    url = f"{head}_before" + (f"?{tail}" if tail else "")
    await connection.execute(f'CREATE DATABASE "{name}"')
    opened = await Database.open(url, most=4)
    await opened.execute(
        "CREATE TABLE migrations "
        "(number int PRIMARY KEY, name text NOT NULL, digest text NOT NULL, at timestamptz NOT NULL)"
    )
    for one in migrations.migrations():
        if one.number < 16:
            await opened.execute(one.text)
            await opened.execute(
                "INSERT INTO migrations VALUES ($1, $2, $3, $4)", one.number, one.name, one.digest, NOW
            )
    await opened.execute(
        "INSERT INTO grids (id, code, name, level, level_name, kind, lo, hi) "
        "VALUES (1, '1', '县', 0, 'county', 'county', 0, 1)"
    )
    await opened.execute("INSERT INTO serials VALUES (1, 1000)")
    await opened.execute(FILED, NOW)
    yield opened
    await opened.close()
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


async def waited_for(database: Database) -> None:
    while not (await database.fetchrow("SELECT count(*) FROM pg_locks WHERE NOT granted"))[0]:
        await asyncio.sleep(0.01)


async def test_counters_come_to_a_database_in_use_without_anybody_cancelled(before):
    async with asyncio.timeout(120):
        async with before.transaction() as reading:
            await reading.fetch("SELECT FROM orders LIMIT 1")
            migrated = asyncio.create_task(migrations.migrate(before.url, NOW))
            await waited_for(before)
            await reading.execute("UPDATE orders SET level = 1 WHERE id = 7")
        assert "0016_tallies" in await migrated
    found = await counters.by_grid(before, 1, NOW, TODAY, below=False)
    assert found[1].levels == (299, 1, 0, 0, 0)


async def test_counters_come_to_a_database_whose_tree_is_changed_meanwhile(before):
    async with asyncio.timeout(120):
        async with before.transaction() as changing:
            await changing.execute("SELECT pg_advisory_xact_lock(hashtext('grid-dispatch import'))")
            await changing.execute("UPDATE grids SET hi = 1")
            migrated = asyncio.create_task(migrations.migrate(before.url, NOW))
            await waited_for(before)
            await changing.execute("UPDATE orders SET level = 1 WHERE id = 7")
        assert "0016_tallies" in await migrated


@pytest.mark.parametrize("passed", [timedelta(), timedelta(days=-30), timedelta(days=30)])
async def test_counters_are_folded_from_the_first_moment_whatever_time_it_is_by_the_service(before, passed):
    await migrations.migrate(before.url, NOW + passed)
    assert (await before.fetchrow("SELECT count(*) FROM order_deltas"))[0] == 0
    found = (await counters.by_grid(before, 1, NOW, TODAY, below=False))[1]
    assert (found.open, found.overdue) == (300, 241)  # each was promised an hour after it was filed
    filed = await before.fetchrow(
        "SELECT count(*) FROM orders WHERE (submitted_at AT TIME ZONE 'Asia/Shanghai')::date = $1", TODAY
    )
    assert found.filed == filed[0] == 300
    await counters.fold(before, NOW, TODAY)
    assert (await counters.by_grid(before, 1, NOW, TODAY, below=False))[1] == found


async def test_a_migration_runs_once(before):
    assert await migrations.migrate(before.url, NOW)
    assert await migrations.migrate(before.url, NOW) == []
    assert await migrations.pending(before) == []
