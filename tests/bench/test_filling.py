"""Years of orders written at once: as many as asked for, as the service itself would hold them, nothing left over."""

from datetime import UTC, datetime

import asyncpg
import pytest

from bench import filling, machine
from dispatch.domain.vocabulary import OPEN_STATES
from dispatch.storage import rows

NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)
COUNT, DUE = 500, 20
OPEN = [state.value for state in OPEN_STATES]
LAWS = """
SELECT indexdef AS law FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger
UNION ALL SELECT 'table ' || relname || relpersistence::text FROM pg_class WHERE relkind = 'r'
ORDER BY law
"""


@pytest.fixture
async def filled(server, county_template, monkeypatch):
    """A connection to a database that was filled in several chunks, and what its laws were before."""
    monkeypatch.setattr(filling, "CHUNK", 120)
    url = await machine.copied(server, "filled", county_template)
    connection = await asyncpg.connect(url)
    try:
        laws = await connection.fetch(LAWS)
        await filling.fill(url, COUNT, now=NOW, still_open=0.2, due=DUE)
        yield connection, laws
    finally:
        await connection.close()
        await machine.run(server, "DROP DATABASE filled WITH (FORCE)")


async def test_a_database_is_filled_and_stays_what_it_was(filled):
    connection, laws = filled
    assert await connection.fetch(LAWS) == laws, "every index, key and trigger is there again, and no other table"
    orders = [(row, rows.order(row)) for row in await connection.fetch("SELECT * FROM orders ORDER BY id")]
    assert [order.id for _, order in orders] == list(range(1, COUNT + 1))
    assert sum(order.state in OPEN_STATES for _, order in orders) == COUNT * 0.2
    assert sum(row["due_at"] is not None and row["due_at"] <= NOW for row, _ in orders) == DUE
    for row, order in orders:
        clock, at, _ = rows.looked_for(order)
        assert (clock, at) == (row["due_clock"], row["due_at"])
    told = await connection.fetch("SELECT order_id, max(version) AS version FROM events GROUP BY order_id ORDER BY 1")
    assert [tuple(one) for one in told] == [(order.id, order.version) for _, order in orders]
    assert await connection.fetchval("SELECT count(*) FROM order_contents JOIN orders ON order_id = id") == COUNT
    counted = await connection.fetchval(
        "SELECT sum(received + routed + offered + accepted + parked) FROM tallies WHERE of = 'grid'"
    )
    assert counted == COUNT * 0.2
    assert not await connection.fetchval("SELECT pg_relation_size('order_deltas')"), "it is as small as it always is"
    assert await connection.fetchval("SELECT min(next) FROM serials") > COUNT
