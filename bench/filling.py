"""A database with years of orders, written by the server itself: 10⁶ of them take half a minute.

What is closed lies in the past and what is open mostly in the last months. Columns that say the same agree: the
clocks and what is due first, the promises and the first of them not kept, the branch and where the matter is routed.
The hashes of the ledger are made up and chain nothing.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from dispatch.demo.grids import UNIT, VILLAGE
from dispatch.domain.vocabulary import SERVING, Owner
from dispatch.domain.world import World
from dispatch.storage import counters, county
from dispatch.storage.database import Database

YEARS = 5
SPARE = 1_000
"""Serial numbers that are left free past those used."""

CHUNK = 20_000
"""So many orders are written by one statement: they are drawn, sorted and told of in memory."""

AT_ONCE = 2
"""How many statements write at once."""

_TABLES = ("orders", "order_contents", "events")

# one row for every place and matter: where it goes; and one for every branch: who serves there
_WAYS = """
CREATE UNLOGGED TABLE fill_ways (
    number int, region int, grid_id int, category text, urgency text, branch_id int, above_id int
);
CREATE UNLOGGED TABLE fill_members (branch_id int, members int[])
"""

# which orders are open, each with its rank in a random order: the young ones, but for a long tail
_OPEN = """
CREATE UNLOGGED TABLE fill_open AS
SELECT id, row_number() OVER (ORDER BY random()) AS rank FROM (
    SELECT id FROM generate_series(1, {count}::bigint) AS id
    ORDER BY ln(1 - random()) / (0.00001 + (id / {count}::float8) ^ 7) DESC
    LIMIT {open}
) AS chosen
"""

# the numbers from {first} to {last}, in the order in which they were filed
_ORDERS = """
WITH filed AS (
INSERT INTO orders
SELECT
    region, id, 'request', state, CASE WHEN state = 'received' THEN 1 ELSE 2 END, category, urgency, grid_id,
    branch_id, CASE WHEN level > 0 THEN above_id ELSE branch_id END, level, assignee, NULL, NULL, 0,
    listed, CASE WHEN state = 'closed' THEN (ARRAY['very_satisfied', 'satisfied', 'fair'])[1 + chance * 3.99 / 2] END,
    contacted_at, submitted_at, ended_at, '{}', '{}',
    clocks, promises, due_clock, due_at, promise_at, sha256(int8send(id)),
    CASE WHEN state = 'offered' THEN 1 ELSE 0 END,
    CASE WHEN state = 'offered' THEN ARRAY[assignee] ELSE '{}' END, '{}', submitted_at, NULL, false,
    CASE WHEN state = 'parked' THEN promises - 'accept' - 'contact' ELSE '{}' END, NULL, NULL, '{}', NULL, NULL
FROM (
    SELECT *,
        CASE WHEN due_clock IS NULL THEN '{}'
             WHEN state IN ('routed', 'offered') AND due_clock <> 'accept'
                 THEN jsonb_build_object(due_clock, due_at, 'accept', greatest(due_at + interval '1 minute', promise))
             WHEN due_clock = 'contact'
                 THEN jsonb_build_object('contact', due_at, 'resolve', due_at + interval '4 days')
             ELSE jsonb_build_object(due_clock, due_at) END AS clocks,
        CASE WHEN waits = 'accept' THEN jsonb_build_object(
                 'accept', promise, 'contact', promise + interval '2 days', 'resolve', promise + interval '6 days')
             WHEN waits = 'contact' THEN jsonb_build_object(
                 'accept', promise - interval '2 days', 'contact', promise, 'resolve', promise + interval '4 days')
             ELSE jsonb_build_object(
                 'accept', promise - interval '6 days', 'contact', promise - interval '4 days', 'resolve', promise)
        END AS promises,
        CASE WHEN is_open AND state <> 'parked' THEN promise END AS promise_at
    FROM (
        SELECT *,
            is_open AND state <> 'parked' AND level > 2 AS listed,
            CASE WHEN NOT is_open AND state <> 'resolved' THEN NULL
                 WHEN state = 'resolved' THEN 'rate'
                 WHEN state = 'parked' THEN 'review'
                 WHEN level > 2 THEN 'remind'
                 WHEN is_due THEN waits
                 WHEN state = 'routed' THEN 'dispatch'
                 WHEN state = 'offered' THEN 'offer'
                 ELSE waits END AS due_clock,
            CASE WHEN NOT is_open AND state <> 'resolved' THEN NULL
                 WHEN is_due THEN moment - random() * interval '1 hour'
                 WHEN state = 'parked' THEN moment + interval '1 day' + random() * interval '100 days'
                 WHEN level = 0 AND state NOT IN ('routed', 'offered', 'resolved') THEN promise
                 ELSE moment + interval '10 minutes' + random() * interval '1 day' END AS due_at,
            CASE WHEN state IN ('closed', 'withdrawn', 'redirected')
                 THEN least(submitted_at + random() * interval '7 days', moment) END AS ended_at,
            CASE WHEN members <> '{}' AND state NOT IN ('received', 'routed', 'withdrawn', 'redirected')
                 THEN members[1 + floor(pick * cardinality(members))] END AS assignee,
            CASE WHEN waits = 'resolve' THEN least(submitted_at + interval '5 hours', moment) END AS contacted_at
        FROM (
            SELECT *,
                CASE WHEN state IN ('received', 'routed', 'offered') THEN 'accept'
                     WHEN state = 'accepted' AND pick < 0.3 THEN 'contact' ELSE 'resolve' END AS waits,
                -- what has risen missed its promise; what is due now misses it now
                CASE WHEN NOT is_open THEN submitted_at + interval '7 days'
                     WHEN level > 0 THEN greatest(submitted_at, moment - random() * interval '30 days')
                     WHEN is_due THEN greatest(submitted_at, moment - random() * interval '1 hour')
                     ELSE moment + interval '1 hour' + random() * interval '7 days' END AS promise
            FROM (
                SELECT *,
                    CASE WHEN NOT is_open THEN 0 WHEN chance < 0.9 THEN 0 WHEN chance < 0.97 THEN 1
                         WHEN chance < 0.99 THEN 2 ELSE 3 END AS level,
                    CASE WHEN is_open AND is_due THEN (ARRAY['routed', 'offered', 'accepted'])[1 + floor(pick * 3)]
                         WHEN is_open THEN CASE WHEN pick < 0.02 THEN 'received' WHEN pick < 0.17 THEN 'routed'
                             WHEN pick < 0.32 THEN 'offered' WHEN pick < 0.95 THEN 'accepted' ELSE 'parked' END
                         WHEN young AND pick < 0.5 THEN 'resolved'
                         WHEN chance < 0.02 THEN 'withdrawn' WHEN chance < 0.04 THEN 'redirected'
                         ELSE 'closed' END AS state
                FROM (
                    SELECT s.id, o.id IS NOT NULL AS is_open, coalesce(o.rank <= {due}, false) AS is_due,
                        {moment}::timestamptz AS moment, s.id > {count} * (1 - 7 / 365.0 / {years}) AS young,
                        date_trunc('second', {moment}::timestamptz
                            - (1 - (s.id - random()) / {count}) * interval '{years} years') AS submitted_at,
                        s.chance, s.pick, s.way
                    FROM (
                        SELECT id, random() AS chance, random() AS pick,
                            -- some matters are far more common than others, as they are
                            floor(random() * {grids})::int + {grids} * floor({categories} * random() ^ 2)::int AS way
                        FROM generate_series({first}::bigint, {last}::bigint) AS id
                        OFFSET 0
                    ) AS s LEFT JOIN (
                        SELECT * FROM fill_open WHERE id BETWEEN {first} AND {last}
                    ) AS o USING (id)
                    OFFSET 0
                ) AS drawn
                OFFSET 0
            ) AS stated
        ) AS promised JOIN fill_ways AS w ON w.number = promised.way JOIN fill_members AS f USING (branch_id)
        OFFSET 0
    ) AS timed
    OFFSET 0
) AS told
ORDER BY id
RETURNING *
){and_told}
SELECT FROM filed
LIMIT 0
"""

_TOLD = """, contents AS (
    INSERT INTO order_contents (region, order_id, salt, text, place, contact_name, contact_phone)
    SELECT region, id, decode(md5(id::text), 'hex'), '第 ' || id || ' 户门前的路灯坏了，晚上看不清路',
        jsonb_build_object('grid', '141123100016'), '演示群众', '1000' || lpad((id % 10000000)::text, 7, '0')
    FROM filed
), ledger AS (
    INSERT INTO events
        (region, order_id, version, at, action, party, from_state, to_state, level, branch_id, data, hash)
    SELECT o.region, o.id, e.version, o.submitted_at, e.action, e.party, e.from_state, e.to_state, 0, o.branch_id,
        CASE WHEN e.version = 1 THEN jsonb_build_object(
            'kind', o.kind, 'category', o.category, 'urgency', o.urgency, 'grid', o.grid_id,
            'place', '{"rule": "code", "candidates": []}'::jsonb, 'promises', o.promises) ELSE '{}' END,
        CASE WHEN e.version = o.version THEN o.head ELSE sha256(int4send(e.version) || o.head) END
    FROM filed AS o CROSS JOIN (
        VALUES (1, 'submit', 'resident', 'new', 'received'), (2, 'route', 'system', 'received', 'routed')
    ) AS e (version, action, party, from_state, to_state)
    WHERE e.version <= o.version
    ORDER BY o.id, e.version
)"""


async def fill(
    url: str,
    count: int,
    *,
    now: datetime,
    still_open: float = 0.1,
    due: int = 0,
    told: bool = True,
    seed: float = 0.5,
) -> None:
    """Write ``count`` orders into a database that has a county and no orders yet.

    Args:
        url: the database, a copy of ``bench.machine.COUNTY`` for instance.
        count: how many orders; their numbers begin with 1.
        now: the moment that is the present to them, by the service's clock.
        still_open: which share of them is open. Of these about a tenth have missed a promise and have risen.
        due: how many of the open ones have a milestone that has run out, up to an hour ago.
        told: whether they have contents and events, too.
        seed: between -1 and 1; the same draws the same orders.
    """
    began = time.perf_counter()
    connection = await asyncpg.connect(url, server_settings=_SETTINGS)
    try:
        given: dict[str, Any] = {
            "count": count,
            "due": due,
            "years": YEARS,
            "open": round(count * still_open),
            "and_told": _TOLD if told else "",
            "moment": f"'{now - timedelta(microseconds=now.microsecond):%Y-%m-%d %H:%M:%S%z}'",
            **await _prepare(connection, url),
        }
        await connection.execute("SELECT setseed($1)", seed)
        await connection.execute(_formatted(_OPEN, given))
        await connection.execute("CREATE INDEX ON fill_open (id); ANALYZE fill_open")
        _say(began, "which are open")
        indexes, keys = await _without_indexes(connection)
        await _done(url, *(_chunk(given, first, seed) for first in range(1, count + 1, CHUNK)))
        _say(began, f"{count} orders")
        await connection.execute(
            "INSERT INTO serials (region, next) SELECT DISTINCT region, $1 + $2::bigint FROM fill_ways"
            " ON CONFLICT (region) DO UPDATE SET next = excluded.next",
            count,
            SPARE,
        )
        await connection.execute("DROP TABLE fill_ways, fill_members, fill_open")
        await _done(url, *indexes)
        await connection.execute(";".join(keys))
        _say(began, f"{len(indexes)} indexes")
        if await connection.fetchval("SELECT to_regproc('recount_orders')") is not None:
            async with connection.transaction():  # no trigger saw them
                await connection.execute("SELECT recount_orders()")
                await counters.begin(connection)
            await connection.execute("VACUUM (ANALYZE) order_deltas, tallies, day_tallies, tally_marks")
            _say(began, "counters")
        await _done(url, *(f"VACUUM (ANALYZE) {table}" for table in _TABLES))
        await connection.execute("CHECKPOINT")
        _say(began, "ready")
    finally:
        await connection.close()


_SETTINGS = {
    "session_replication_role": "replica",
    "timezone": "UTC",
    "work_mem": "512MB",
    "maintenance_work_mem": "1GB",
    "jit": "off",
    "max_parallel_maintenance_workers": "1",
}


async def _prepare(connection: Any, url: str) -> dict[str, int]:
    database = await Database.open(url, most=1)
    try:
        world = await county.world(database)
    finally:
        await database.close()
    if world is None:
        raise ValueError("there is no county to put orders in")
    if await connection.fetchval("SELECT EXISTS (SELECT FROM orders)"):
        raise ValueError("there are orders already")
    serving = await connection.fetch(
        "SELECT branch_id, array_agg(DISTINCT person_id) AS members FROM roles WHERE role = ANY ($1)"
        " GROUP BY branch_id",
        [role.value for role in SERVING],
    )
    ways = list(_ways(world))
    await connection.execute(_WAYS)
    await connection.copy_records_to_table("fill_ways", records=ways)
    members = _members(world, {row["branch_id"]: row["members"] for row in serving})
    await connection.copy_records_to_table("fill_members", records=members.items())
    await connection.execute("CREATE INDEX ON fill_ways (number); ANALYZE fill_ways, fill_members")
    places = len({way[2] for way in ways})
    return {"grids": places, "categories": len(ways) // places}


def _members(world: World, serving: dict[int, list[int]]) -> dict[int, list[int]]:
    """Who serves at each branch, or at one of its own below it."""
    return {
        branch.id: [person for one in world.branches.members_of(branch.id) for person in serving.get(one, ())]
        for branch in world.branches
    }


def _ways(world: World) -> Iterator[tuple[Any, ...]]:
    """Every village and grid below with every matter: the matters by their codes, the grids as they lie."""
    grids = [grid for grid in world.tree.grids() if VILLAGE <= world.tree.depth(grid.id) < UNIT and grid.active]
    matters = [
        category
        for code, category in sorted(world.categories.items())
        if category.parent_code is not None and category.owner is not Owner.ELSEWHERE
    ]
    regions = {grid.id: world.tree.region(grid.id).id for grid in grids}
    above: dict[tuple[int, str], int] = {}
    number = 0
    for matter in matters:
        code, owner, urgency = matter.code, matter.owner.value, matter.urgency.value
        for grid in grids:
            branch = world.branches.nearest(grid.id, code, owner)
            if branch is None:
                raise ValueError(f"nobody takes matters of {code} at {grid.code}")
            if (branch.id, code) not in above:
                above[branch.id, code] = (world.branches.above(branch.id, code, owner) or branch).id
            yield number, regions[grid.id], grid.id, code, urgency, branch.id, above[branch.id, code]
            number += 1


def _formatted(sql: str, given: dict[str, Any]) -> str:
    """Put the values in their places; '{}' is an empty array or object of PostgreSQL's."""
    for name, value in given.items():
        sql = sql.replace(f"{{{name}}}", str(value))
    return sql


def _chunk(given: dict[str, Any], first: int, seed: float) -> str:
    """Return what writes the orders from ``first`` on; each chunk is drawn by itself, whoever writes it and when."""
    last = min(first + CHUNK - 1, given["count"])
    own = (seed + first * 0.6180339887) % 2 - 1
    return f"SELECT setseed({own}); {_formatted(_ORDERS, {**given, 'first': first, 'last': last})}"


async def _without_indexes(connection: Any) -> tuple[list[str], list[str]]:
    """Drop every index, and return what makes them anew, and then what makes keys of those that were keys."""
    found = await connection.fetch(
        "SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS of,"
        " pg_get_indexdef(i.indexrelid) AS made, i.indisprimary AS is_key"
        " FROM pg_index AS i WHERE i.indrelid = ANY ($1::text[]::regclass[])",
        list(_TABLES),
    )
    keys = [row for row in found if row["is_key"]]
    for row in found:
        dropped = f"ALTER TABLE {row['of']} DROP CONSTRAINT" if row["is_key"] else "DROP INDEX"
        await connection.execute(f"{dropped} {row['name']}")
    return [row["made"] for row in found], [
        f"ALTER TABLE {row['of']} ADD CONSTRAINT {row['name']} PRIMARY KEY USING INDEX {row['name']}" for row in keys
    ]


async def _done(url: str, *statements: str) -> None:
    """Have statements done, ``AT_ONCE`` at a time, each by whoever is free."""
    waiting = iter(statements)

    async def work() -> None:
        connection = await asyncpg.connect(url, server_settings=_SETTINGS)
        try:
            for statement in waiting:
                await connection.execute(statement)
        finally:
            await connection.close()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def _say(began: float, what: str) -> None:
    print(f"  {time.perf_counter() - began:6.1f} s  {what}", flush=True)
