"""The counters are what a count of all orders would give, at any moment, whoever writes, folds or is killed."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from dispatch.domain.vocabulary import OPEN_STATES, State, Urgency
from dispatch.storage import counters
from dispatch.storage.database import Database

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")

FILE = """
INSERT INTO orders
SELECT $1, n, 'request', $3, 1, '0901', $4, $5, $6, $6, $7, NULL, NULL, NULL, 0, $8, NULL, NULL, $9, $10, '{}', '{}',
       '{}', '{}', NULL, NULL, $11, '', 0, '{}', '{}', $9, NULL, false, '{}', NULL, NULL, '{}', NULL, NULL
FROM unnest($2::bigint[]) AS n
"""
CHANGE = """
UPDATE orders SET state = $3, urgency = $4, grid_id = $5, branch_id = $6, level = $7, listed = $8, ended_at = $9,
    promise_at = $10
WHERE region = $1 AND id = ANY ($2::bigint[])
"""


class Walk:
    """Somebody who writes orders, in any way that a statement can."""

    def __init__(self, database: Database, seed: int, places: list[int], branches: list[int]) -> None:
        self._database, self._drawn = database, Random(seed)
        self._places, self._branches = places, branches
        self._first = seed * 100_000
        self._ids: list[int] = []

    def _stands(self, now: datetime) -> tuple[Any, ...]:
        drawn, state = self._drawn, self._drawn.choice([one for one in State if one is not State.NEW])
        ended = None if state in OPEN_STATES else now - timedelta(hours=drawn.randrange(60))
        promise = now + timedelta(minutes=drawn.randrange(-90, 90)) if state in OPEN_STATES else None
        return (
            state.value,
            drawn.choice(list(Urgency)).value,
            drawn.choice(self._places),
            drawn.choice([None, *self._branches]),
            drawn.randrange(7),
            drawn.random() < 0.2,
            ended,
            promise,
        )

    async def step(self, now: datetime) -> None:
        state, urgency, grid, branch, level, listed, ended, promise = self._stands(now)
        if not self._ids or self._drawn.random() < 0.4:
            new = [self._first + len(self._ids) + n for n in range(self._drawn.randrange(1, 9))]
            filed = now - timedelta(hours=self._drawn.randrange(40))
            await self._database.execute(
                FILE, 1, new, state, urgency, grid, branch, level, listed, filed, ended, promise
            )
            self._ids += new
        elif self._drawn.random() < 0.05:
            await self._database.execute("DELETE FROM orders WHERE id = $1", self._ids.pop())
        else:
            ids = self._drawn.sample(self._ids, min(len(self._ids), 5))
            await self._database.execute(CHANGE, 1, ids, state, urgency, grid, branch, level, listed, ended, promise)


def day_of(moment: datetime) -> Any:
    return moment.astimezone(SHANGHAI).date()


def counted(rows: list[Any], now: datetime, *, days: bool) -> counters.Counted:
    """Count orders one by one."""
    still = [row for row in rows if State(row["state"]) in OPEN_STATES]
    states, urgencies = Counter(row["state"] for row in still), Counter(row["urgency"] for row in still)
    levels = Counter(min(row["level"], counters.LEVELS - 1) for row in still)
    ended = [row for row in rows if row["ended_at"] is not None and day_of(row["ended_at"]) == day_of(now)]
    return counters.Counted(
        states={state: states[state.value] for state in counters.STATES},
        urgencies={urgency: urgencies[urgency.value] for urgency in Urgency},
        levels=tuple(levels[level] for level in range(counters.LEVELS)),
        listed=sum(row["listed"] for row in still),
        overdue=sum(row["promise_at"] is not None and row["promise_at"] <= now for row in rows),
        filed=sum(day_of(row["submitted_at"]) == day_of(now) for row in rows) if days else None,
        ended=len(ended) if days else None,
    )


async def agree(database: Database, now: datetime, tops: list[int]) -> None:
    """Compare every counter with a count of all orders, both as of one moment."""
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        rows = await connection.fetch("SELECT o.*, g.lo FROM orders AS o JOIN grids AS g ON g.id = o.grid_id")
        spans = {row["id"]: row for row in await connection.fetch("SELECT id, lo, hi, parent_id FROM grids")}
        for top in tops:
            found = await counters.by_grid(connection, top, now, day_of(now), below=True)
            for place in (top, *(one for one, row in spans.items() if row["parent_id"] == top)):
                lo, hi = spans[place]["lo"], spans[place]["hi"]
                there = [row for row in rows if lo <= row["lo"] < hi]
                assert found.get(place, counters.NOTHING) == counted(there, now, days=True), place
        branches = [row["id"] for row in await connection.fetch("SELECT id FROM branches")]
        held = await counters.by_branch(connection, branches, now)
        none = counted([], now, days=False)
        for branch in branches:
            mine = [row for row in rows if row["branch_id"] == branch]
            assert held.get(branch, none) == counted(mine, now, days=False), branch


@pytest.fixture
async def place(county_database):
    """The county's database with a region, some grids at every depth and the grids above them."""
    await county_database.execute("INSERT INTO serials VALUES (1, 10000000)")
    chosen = await county_database.fetch(
        "SELECT id, parent_id FROM grids WHERE id % 997 = 1 OR code IN ('141123', '141123100', '141123100016')"
    )
    places = [row["id"] for row in chosen]
    tops = [row["id"] for row in await county_database.fetch("SELECT id FROM grids WHERE code = ANY ($1)", TOPS)]
    branches = [row["id"] for row in await county_database.fetch("SELECT id FROM branches WHERE id % 97 = 1")]
    return county_database, places, tops, branches


TOPS = ["141123", "141123100", "141123100016"]


@pytest.mark.parametrize("seed", range(1, 5))
async def test_the_counters_are_a_count_of_all_orders_whatever_was_written_and_folded(place, seed):
    database, places, tops, branches = place
    walk, drawn, now = Walk(database, seed, places, branches), Random(seed), NOW
    for _ in range(60):
        await walk.step(now)
        if drawn.random() < 0.3:
            now += timedelta(minutes=drawn.choice([-20, 1, 30, 600]))
        if drawn.random() < 0.3:
            await counters.fold(database, now + timedelta(seconds=drawn.choice([-30, 0, 30])), day_of(now))
        if drawn.random() < 0.2:
            await agree(database, now, tops)
    await agree(database, now, tops)
    await counters.fold(database, now, day_of(now))
    assert (await database.fetchrow("SELECT count(*) FROM order_deltas"))[0] == 0
    await agree(database, now, tops)


@pytest.fixture
async def border(place):
    """The county's database with orders, and the statements that put a village of the first township in the second."""
    database, places, tops, branches = place
    walk = Walk(database, 1, places, branches)
    for _ in range(30):
        await walk.step(NOW)
    first, second = await database.fetch(
        "SELECT id, lo, hi FROM grids WHERE parent_id = $1 ORDER BY lo LIMIT 2", tops[0]
    )
    moved = await database.fetchrow("SELECT id, lo FROM grids WHERE parent_id = $1 ORDER BY lo DESC", first["id"])
    for number, grid in enumerate((moved["id"], first["id"], second["id"])):
        await database.execute(
            FILE, 1, [90_000_000 + number], "routed", "general", grid, None, 0, False, NOW, None, NOW
        )

    async def move(connection: Any) -> None:
        lo, hi = moved["lo"], first["hi"]
        await connection.execute("UPDATE grids SET hi = $2 WHERE id = $1", first["id"], lo)
        await connection.execute("UPDATE grids SET lo = lo + 1 WHERE lo >= $1 AND hi <= $2", lo, hi)
        await connection.execute("UPDATE grids SET hi = hi + 1 WHERE lo > $1 AND hi <= $2", lo, hi)
        await connection.execute("UPDATE grids SET lo = $2 WHERE id = $1", second["id"], lo)
        await connection.execute("UPDATE grids SET parent_id = $2 WHERE id = $1", moved["id"], second["id"])

    return database, [*tops, first["id"], second["id"]], move


async def test_a_grid_that_moves_takes_its_counts_along(border):
    database, there, move = border
    await counters.fold(database, NOW, day_of(NOW))
    async with database.transaction() as changing:
        await move(changing)
    await agree(database, NOW, there)  # not folded yet: readers add up themselves
    await database.execute("UPDATE orders SET level = level + 1 WHERE id >= 90000000")
    await counters.fold(database, NOW, day_of(NOW))
    assert (await database.fetchrow("SELECT bool_and(rolled) FROM tally_marks"))[0]
    await agree(database, NOW, there)


async def test_a_fold_between_two_changes_of_the_tree_leaves_nothing_wrong(border):
    database, there, move = border
    await counters.fold(database, NOW, day_of(NOW))
    await database.execute("UPDATE grids SET parent_id = parent_id")  # one change, not folded yet
    async with asyncio.timeout(120), database.transaction() as changing:
        await move(changing)
        assert await counters.fold(database, NOW, day_of(NOW)) == 0  # nobody waits for a change of the tree
        await agree(database, NOW, there)
    await agree(database, NOW, there)
    assert await counters.fold(database, NOW, day_of(NOW)) == 1
    await agree(database, NOW, there)


async def test_a_first_fold_while_the_tree_changes_leaves_nothing_wrong(border):
    database, there, move = border
    async with asyncio.timeout(120), database.transaction() as changing:
        await move(changing)
        assert await counters.fold(database, NOW, day_of(NOW)) == 0
    assert await counters.fold(database, NOW, day_of(NOW)) == 1
    await agree(database, NOW, there)


async def test_a_change_of_the_tree_waits_for_a_fold_that_has_begun_and_no_longer(border):
    database, there, move = border
    await counters.fold(database, NOW, day_of(NOW))

    async def change() -> None:
        async with database.transaction() as changing:
            await move(changing)

    async with asyncio.timeout(120):
        async with database.transaction() as folding:
            await folding.execute(counters.SQL["give_way"])
            regions = [row["region"] for row in await folding.fetch(counters.SQL["claim_marks"])]
            changed = asyncio.create_task(change())
            while not (await database.fetchrow("SELECT count(*) FROM pg_locks WHERE NOT granted"))[0]:
                await asyncio.sleep(0.01)
            await folding.execute(counters.SQL["fold"], regions, NOW, day_of(NOW))  # who waits does not stop it
        await changed
    await agree(database, NOW, there)
    assert await counters.fold(database, NOW, day_of(NOW)) == 1
    await agree(database, NOW, there)


async def test_who_empties_the_orders_waits_for_a_fold_and_stops_none(place):
    database, places, tops, branches = place
    walk = Walk(database, 4, places, branches)
    for _ in range(10):
        await walk.step(NOW)
    await counters.fold(database, NOW, day_of(NOW))
    async with asyncio.timeout(120):
        async with database.transaction() as folding:
            await folding.execute(counters.SQL["give_way"])
            regions = [row["region"] for row in await folding.fetch(counters.SQL["claim_marks"])]
            emptied = asyncio.create_task(database.execute("TRUNCATE orders"))
            while not (await database.fetchrow("SELECT count(*) FROM pg_locks WHERE NOT granted"))[0]:
                await asyncio.sleep(0.01)
            await folding.execute(counters.SQL["fold"], regions, NOW, day_of(NOW))
        await emptied
    await agree(database, NOW, tops)


async def test_writers_folders_and_readers_at_once_lose_and_double_nothing(place):
    database, places, tops, branches = place
    done = asyncio.Event()

    async def write(seed: int) -> None:
        walk = Walk(database, seed, places, branches)
        for _ in range(60):
            await walk.step(NOW)

    async def folding() -> None:
        while not done.is_set():
            await counters.fold(database, NOW, day_of(NOW))
            await asyncio.sleep(0.001)

    folders = [asyncio.create_task(folding()) for _ in range(2)]
    writers = asyncio.gather(*(write(seed) for seed in range(10, 13)))
    while not writers.done():
        await agree(database, NOW, tops)
    await writers
    done.set()
    await asyncio.gather(*folders)
    await agree(database, NOW, tops)


async def test_who_is_killed_in_the_middle_of_a_fold_has_folded_nothing(place):
    database, places, tops, branches = place
    walk = Walk(database, 7, places, branches)
    for _ in range(30):
        await walk.step(NOW)
    killed = await asyncpg.connect(database.url)
    killed_pid = killed.get_server_pid()
    await killed.execute(counters.SQL["begin_marks"])
    await killed.execute("BEGIN")
    regions = [row["region"] for row in await killed.fetch(counters.SQL["claim_marks"])]
    await killed.execute(counters.SQL["fold"], regions, NOW, day_of(NOW))
    assert regions == [1]
    assert await counters.fold(database, NOW, day_of(NOW)) == 0  # left to who holds it
    await agree(database, NOW, tops)
    await database.execute("SELECT pg_terminate_backend($1)", killed_pid)
    async with asyncio.timeout(120):
        while await counters.fold(database, NOW, day_of(NOW)) == 0:
            await asyncio.sleep(0.01)
    await agree(database, NOW, tops)
    killed.terminate()


async def test_a_recount_gives_what_was_there(place):
    database, places, tops, branches = place
    walk = Walk(database, 9, places, branches)
    for _ in range(40):
        await walk.step(NOW)
    await counters.fold(database, NOW, day_of(NOW))
    await database.execute("SELECT recount_orders()")
    await agree(database, NOW, tops)
    await database.execute("TRUNCATE orders")
    await agree(database, NOW, tops)


async def test_recounts_at_once_and_beside_folds_and_writers_all_come_to_their_end(place):
    database, places, tops, branches = place
    walks = [Walk(database, seed, places, branches) for seed in (11, 12)]
    for walk in walks:
        for _ in range(20):
            await walk.step(NOW)
    over = asyncio.Event()

    async def recount() -> None:
        for _ in range(6):
            async with database.transaction() as connection:
                await connection.execute("SELECT recount_orders()")
                await connection.execute("UPDATE orders SET level = 1 - level WHERE id % 7 = 0")

    async def fold() -> None:
        while not over.is_set():
            await counters.fold(database, NOW, day_of(NOW))
            await asyncio.sleep(0.001)

    async def write(walk: Walk) -> None:
        while not over.is_set():
            await walk.step(NOW)

    beside = [asyncio.create_task(one) for one in (fold(), fold(), *map(write, walks))]
    async with asyncio.timeout(300):
        await asyncio.gather(*(recount() for _ in range(4)))
    over.set()
    await asyncio.gather(*beside)
    await agree(database, NOW, tops)


async def test_reading_walks_no_table_that_grows(place, plan):
    database, places, tops, branches = place
    walk = Walk(database, 3, places, branches)
    for _ in range(60):
        await walk.step(NOW)
    await counters.fold(database, NOW, day_of(NOW))
    for table in ("orders", "tallies", "day_tallies", "tally_marks", "serials", "order_deltas"):
        await database.execute(f"ANALYZE {table}")
    grid = await plan(database, counters.SQL["by_grid"], tops[0], NOW, day_of(NOW), True)
    branch = await plan(database, counters.SQL["by_branch"], branches, NOW)
    for node in (*grid, *branch):
        assert not (node["Node Type"] == "Seq Scan" and node["Relation Name"] in {"orders", "grids"}), node
    assert {"orders_by_promise"} <= {node.get("Index Name") for node in grid}
