"""What is due rises: once, on time, whoever sweeps, and whatever is wrong with another order."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from dispatch.settings import Settings
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BATCH, sweep

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai


async def _twice(url: str) -> tuple[Service, Service]:
    return await Service.open(Settings(), url, connections=4), await Service.open(Settings(), url, connections=4)


async def test_several_sweepers_at_once_raise_each_order_exactly_once(county_url, file_many) -> None:
    one, other = await _twice(county_url)
    try:
        filed = await file_many(one, 2 * BATCH + 37, MONDAY)
        due = MONDAY + timedelta(hours=9)  # Monday 18:00: past the end of the day, not yet past the next window
        swept = await asyncio.gather(*(sweep(service, due) for service in (one, other, one, other)))
        assert sum(done.saved for done in swept) == len(filed)
        rises = await one.database.fetch(
            "SELECT order_id, count(*) AS n FROM events WHERE action = 'escalate' GROUP BY order_id"
        )
        assert {row["order_id"] for row in rises} == {item.order.id for item in filed}
        assert {row["n"] for row in rises} == {1}
        assert await _loose_ends(one) == []
        assert (await verify(one.database)).findings == []
    finally:
        await one.close()
        await other.close()


async def test_a_second_sweep_at_the_same_time_finds_nothing_to_do(service, file_many) -> None:
    await file_many(service, 50, MONDAY)
    due = MONDAY + timedelta(days=3)
    first = await sweep(service, due)
    assert first.saved == 50
    again = await sweep(service, due)
    assert (again.saved, again.failed) == (0, 0)


async def test_three_days_of_outage_tell_each_recipient_once(service, file_many) -> None:
    await file_many(service, 40, MONDAY)
    await service.database.execute("UPDATE outbox SET sent_at = now()")
    await sweep(service, MONDAY + timedelta(days=3))
    doubled = await service.database.fetch(
        "SELECT order_id, person_id, branch_id FROM outbox WHERE sent_at IS NULL GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    assert doubled == []
    levels = await service.database.fetch("SELECT DISTINCT level FROM orders WHERE category = '0901'")
    assert max(row["level"] for row in levels) == 2, "it stands at the county, where it would stand"


async def test_an_order_that_cannot_be_read_is_set_aside_and_holds_up_no_other(service, file_many) -> None:
    filed = await file_many(service, 30, MONDAY)
    broken = filed[7].order.id
    await service.database.execute("UPDATE orders SET urgency = 'nonsense' WHERE id = $1", broken)
    swept = await sweep(service, MONDAY + timedelta(hours=9))
    assert (swept.saved, swept.failed) == (29, 1)
    aside = await service.database.fetch("SELECT order_id, reason FROM set_aside")
    assert [row["order_id"] for row in aside] == [broken]


async def test_an_order_that_the_database_refuses_is_set_aside_and_holds_up_no_other(service, file_many) -> None:
    filed = await file_many(service, 30, MONDAY)
    broken = filed[7].order.id
    await service.database.execute(
        f"ALTER TABLE events ADD CONSTRAINT cursed CHECK (NOT (order_id = {broken} AND action = 'escalate')) NOT VALID"
    )
    swept = await sweep(service, MONDAY + timedelta(hours=9))
    assert (swept.saved, swept.failed) == (29, 1)
    await service.database.execute("ALTER TABLE events DROP CONSTRAINT cursed")
    later = await sweep(service, MONDAY + timedelta(hours=9, minutes=2))
    assert later.saved >= 1
    assert await service.database.fetch("SELECT FROM set_aside") == []
    assert await _loose_ends(service) == []


async def test_a_sweep_that_dies_before_its_commit_leaves_nothing_behind(county_url, file_many) -> None:
    service = await Service.open(Settings(), county_url, connections=4)
    try:
        await file_many(service, 400, MONDAY)
        before = await _counts(service)
        sweeping = asyncio.create_task(sweep(service, MONDAY + timedelta(hours=9)))
        killer = await asyncpg.connect(county_url)
        killed = 0
        while not killed and not sweeping.done():  # cut the connection of the sweep in the middle of its transaction
            killed = await killer.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
                " AND state LIKE 'idle in transaction%'"
            )
        await killer.close()
        assert killed, "the sweep was over before it could be cut off"
        await asyncio.gather(sweeping, return_exceptions=True)
        assert await _counts(service) == before
        await sweep(service, MONDAY + timedelta(hours=9))
        assert await _loose_ends(service) == []
        assert (await verify(service.database)).findings == []
    finally:
        await service.close()


async def _counts(service: Service) -> tuple[int, ...]:
    counts = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM outbox), (SELECT count(*) FROM event_texts)"
    return tuple(await service.database.fetchrow(counts))


async def _loose_ends(service: Service) -> list[int]:
    """Orders whose version is not their last event's, or with a gap in their events, or a rise told twice."""
    rows = await service.database.fetch(
        """SELECT o.id FROM orders o JOIN events e ON e.region = o.region AND e.order_id = o.id
           GROUP BY o.region, o.id, o.version, o.head
           HAVING max(e.version) <> o.version OR count(*) <> o.version
               OR (array_agg(e.hash ORDER BY e.version DESC))[1] <> o.head"""
    )
    return [row["id"] for row in rows]
