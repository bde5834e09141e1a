"""What is due rises: once, on time, whoever sweeps, and whatever is wrong with another order."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg

from dispatch.domain.clockwork import tick, wants_member
from dispatch.domain.notices import leaves_at
from dispatch.settings import Settings
from dispatch.storage import database as pool
from dispatch.storage import orders, rows
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BATCH, BREATH, sweep

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
VERSION_FILED = 2
"""The version of an order that was submitted and routed."""


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


async def test_what_a_sweep_of_several_batches_writes_is_what_each_order_comes_to_alone(service, file_many) -> None:
    await file_many(service, 2 * BATCH + 7, MONDAY)
    due = MONDAY + timedelta(hours=9)
    found = await service.database.fetch("SELECT * FROM orders")
    alone = {row["id"]: tick(rows.order(row), due, service.world) for row in found}
    assert all(outcome.events and not wants_member(outcome.order, due) for outcome in alone.values())
    swept = await sweep(service, due)
    assert (swept.saved, swept.failed, swept.broken) == (len(found), 0, 0)
    after = [rows.order(row) for row in await service.database.fetch("SELECT * FROM orders")]
    assert {order.id: order for order in after} == {key: outcome.order for key, outcome in alone.items()}
    told = await service.database.fetch("SELECT order_id, version, notice, person_id, branch_id, send_at FROM outbox")
    assert {tuple(row) for row in told if row["version"] > VERSION_FILED} == {
        (key, one.version, one.notice, one.person_id, one.branch_id, leaves_at(outcome.order, due, service.world))
        for key, outcome in alone.items()
        for one in outcome.notices
    }
    assert (await verify(service.database)).findings == []


async def test_members_are_chosen_in_several_batches_and_nobody_is_asked_beyond_their_room(service, file_many) -> None:
    await file_many(service, 3 * BATCH, MONDAY)
    swept = await sweep(service, MONDAY + timedelta(hours=3))
    assert swept.saved > 2 * BATCH
    loads = await service.database.fetch(
        """SELECT p.capacity, count(*) AS load FROM orders AS o JOIN people AS p ON p.id = o.assignee_id
           WHERE o.state = 'offered' GROUP BY p.id"""
    )
    assert loads
    assert all(row["load"] <= row["capacity"] for row in loads)


async def test_a_batch_that_is_refused_is_split_while_the_other_lane_goes_on(service, file_many) -> None:
    filed = await file_many(service, 3 * BATCH, MONDAY)
    broken = filed[7].order.id
    await service.database.execute(
        f"ALTER TABLE events ADD CONSTRAINT cursed CHECK (NOT (order_id = {broken} AND action = 'escalate')) NOT VALID"
    )
    swept = await sweep(service, MONDAY + timedelta(hours=9))
    assert (swept.saved, swept.broken) == (3 * BATCH - 1, 0)
    aside = await service.database.fetch("SELECT order_id FROM set_aside")
    assert [row["order_id"] for row in aside] == [broken]
    assert (await verify(service.database)).findings == []


async def test_with_few_connections_a_sweep_leaves_half_of_them_to_others(county_url, file_many, monkeypatch) -> None:
    monkeypatch.setattr(pool, "AT_HAND_S", 600)  # one that is kept for the sweep is not given back while it reckons
    service = await Service.open(Settings(), county_url, connections=2)
    try:
        await file_many(service, 2 * BATCH + 1, MONDAY)
        sweeping = asyncio.create_task(sweep(service, MONDAY + timedelta(hours=9)))
        most = 0
        while not sweeping.done():
            most = max(most, service.database.pool.get_size() - service.database.pool.get_idle_size())
            await asyncio.sleep(0)
        swept = await sweeping
        assert (swept.saved, swept.failed, swept.broken) == (2 * BATCH + 1, 0, 0)
        assert most == 1
    finally:
        await service.close()


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


async def test_an_order_at_a_branch_that_is_not_known_yet_is_set_aside_and_holds_up_no_other(
    service, file_many
) -> None:
    filed = await file_many(service, 30, MONDAY)
    await service.database.execute(
        "INSERT INTO branches (code, name, kind, grid_id) SELECT 'NEW1', '新支部', kind, grid_id FROM branches LIMIT 1"
    )
    broken = [filed[7].order.id, filed[12].order.id]
    await service.database.execute(
        "UPDATE orders SET branch_id = (SELECT id FROM branches WHERE code = 'NEW1') WHERE id = ANY ($1)", broken
    )
    window = MONDAY + timedelta(hours=3)  # past the secretary's window: it is offered
    swept = await sweep(service, window)
    assert (swept.failed, swept.broken) == (2, 0)
    assert swept.saved > 0
    aside = await service.database.fetch("SELECT order_id, reason FROM set_aside ORDER BY order_id")
    assert [(row["order_id"], row["reason"]) for row in aside] == [(one, "UnknownBranch") for one in sorted(broken)]
    await service.reload()
    later = await sweep(service, window + timedelta(minutes=2))
    assert later.failed == 0
    assert await service.database.fetch("SELECT FROM set_aside") == []


async def test_a_region_that_cannot_be_swept_holds_up_no_other_and_is_no_good_sweep(service, file_many) -> None:
    filed = await file_many(service, 30, MONDAY)
    home = filed[0].order.region
    away = await _move(service, [item.order.id for item in filed[:10]])
    for broken, saved in ((min(home, away), max(home, away)), (max(home, away), min(home, away))):
        await service.database.execute("DROP TRIGGER IF EXISTS cursed ON events")
        await service.database.execute(
            f"""CREATE OR REPLACE FUNCTION cursed() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.region = {broken} THEN RAISE 'cursed'; END IF; RETURN NEW; END $$"""
        )
        await service.database.execute(
            "CREATE TRIGGER cursed BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION cursed()"
        )
        service.swept_at = None
        swept = await sweep(service, MONDAY + timedelta(hours=9 if saved == max(home, away) else 33))
        assert swept.broken == 1
        assert swept.saved == (20 if saved == home else 10)
        assert service.swept_at is None
    await service.database.execute("DROP TRIGGER cursed ON events")
    assert (await sweep(service, MONDAY + timedelta(hours=33))).broken == 0
    assert service.swept_at is not None


async def _move(service: Service, order_ids: list[int]) -> int:
    """Put these orders into another region, as a prefecture has several."""
    region = (await service.database.fetchrow("SELECT min(id) FROM grids WHERE id NOT IN (SELECT region FROM orders)"))[
        0
    ]
    await orders.reserve_serials(service.database, region, 1)
    async with service.database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")  # the ledger is not moved otherwise
        await connection.execute("UPDATE orders SET region = $1 WHERE id = ANY ($2)", region, order_ids)
        await connection.execute("UPDATE events SET region = $1 WHERE order_id = ANY ($2)", region, order_ids)
        await connection.execute("UPDATE order_contents SET region = $1 WHERE order_id = ANY ($2)", region, order_ids)
    return int(region)


class Categories(dict):
    """The categories, counting how often they are asked while nobody else has a turn: each decision asks."""

    asked = total = most = 0

    def get(self, *args):
        self.asked += 1
        self.total += 1
        self.most = max(self.most, self.asked)
        return super().get(*args)


async def test_requests_have_their_turn_between_the_decisions_of_a_batch(service, file_many) -> None:
    await file_many(service, BATCH, MONDAY)
    categories = Categories(service.world.categories)
    service._world = replace(service.world, categories=categories)

    async def wait() -> None:
        while True:
            categories.asked = 0
            await asyncio.sleep(0)

    waiting = asyncio.create_task(wait())
    await sweep(service, MONDAY + timedelta(hours=3))
    waiting.cancel()
    assert BATCH <= 200
    assert categories.total >= 2 * BREATH
    assert categories.most <= 5 * BREATH, "a few questions a decision"


async def test_a_sweep_that_dies_before_its_commit_leaves_nothing_behind(county_url, file_many) -> None:
    service = await Service.open(Settings(), county_url, connections=4)
    try:
        await file_many(service, BATCH - 1, MONDAY)  # a full batch would call the other lane, which may do it all
        before = await _counts(service)
        killer = await asyncpg.connect(county_url)
        async with killer.transaction(), asyncio.timeout(120):
            await killer.execute("LOCK TABLE events IN SHARE MODE")  # it can decide, and write nothing
            sweeping = asyncio.create_task(sweep(service, MONDAY + timedelta(hours=9)))
            while not await killer.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ):
                await asyncio.sleep(0.01)
            await asyncio.gather(sweeping, return_exceptions=True)
        await killer.close()
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
