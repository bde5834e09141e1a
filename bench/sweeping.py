"""The sweep: orders a second that rise by the service's own use case, beside a bare sweep written in SQL."""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from bench import machine
from bench.figures import Figure, median, ratio
from bench.run import Run
from bench.sweeper import SweptOnce

NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)
"""Ten in the morning of a Wednesday in Shanxi: what rises at night is told in the morning, which is less work."""

SPAN = timedelta(hours=1)
"""What ``filling.fill`` makes due was due at random moments of this span before its present."""

BATCH = 1000

TARGET_SIZE = 10**6
"""The target is meant for so many open orders; of fewer the ratio is only told."""

MORE_OR_LESS = 0.1
"""By how much the rows of an average rise may differ between the two."""

FIRST = 0.02
"""The share of what is due that is swept before anything is measured."""


SLICE = 0.01
"""The share that falls due at once in each half of a round: five rounds raise a tenth, and SQL as many."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows one rise writes beside the order's own, on average."""

    events: float
    letters: float


async def measure(run: Run) -> list[Figure]:
    """Return the figure of the sweep."""
    size = 3 * 10**4 if run.quick else 10**6
    figure = await swept(run, size, run.rounds, "sweeping.ratio")
    run.kept["sweeping"] = (size, 1e3 / median(figure.detail["ours"]), figure.refused)
    return [figure]


async def swept(run: Run, size: int, rounds: int, key: str) -> Figure:
    """Sweep ``size`` open orders in slices: each round one by the service and one by SQL, of equally many orders."""
    from bench.filling import fill  # noqa: PLC0415 - heavy

    there = await run.fresh("sweeping")
    run.say(f"sweeping: {size:,} open orders are written")
    await fill(there, size, now=NOW, still_open=1.0, due=size, told=False)  # no sweep reads contents or events
    await machine.run(there, _ABOVE, "ALTER TABLE bench_above ADD PRIMARY KEY (branch_id)", "ANALYZE bench_above")
    ours, limits, wrong, costs = list[float](), list[float](), list[str](), list[float]()
    share = min(SLICE, (1 - FIRST) / (2 * rounds))
    moments = (NOW - SPAN * (1 - FIRST - share * number) for number in itertools.count())
    before = await _rows(there)
    first = await _ours(there, next(moments))  # tells what one rise writes, and leaves no page untouched by both
    wrote = Written(*((then - was) / first.saved for then, was in zip(await _rows(there), before, strict=True)))
    await machine.run(there, _REST, "VACUUM (ANALYZE) orders")

    async def by_service() -> None:
        moment = next(moments)
        due, done = await _due(there, moment), await _ours(there, moment)
        left = await _due(there, moment)
        if done.saved != due or done.failed or left:
            wrong.append(f"{due} were due, {done.saved} rose, {done.failed} failed, {left} are due still")
        ours.append(done.saved / done.seconds)
        costs.append(1e6 * done.cpu / max(done.saved, 1))
        await machine.run(there, _REST)

    async def by_sql() -> None:
        moment = next(moments)
        due, was = await _due(there, moment), await _rows(there)
        count, seconds = await _bare(there, moment, wrote)
        events, letters = (then - before for then, before in zip(await _rows(there), was, strict=True))
        if count != due:
            wrong.append(f"{due} were due, the bare sweep raised {count}")
        if abs(events / count - wrote.events) > MORE_OR_LESS or abs(letters / count - wrote.letters) > MORE_OR_LESS:
            wrong.append(f"the bare sweep wrote {events} events and {letters} notices of {count} rises, ours {wrote}")
        limits.append(count / seconds)

    for number in range(rounds):  # by turns, since whoever comes second finds fewer pages untouched
        for one in (by_service, by_sql) if number % 2 else (by_sql, by_service):
            await one()
        await machine.run(there, "VACUUM (ANALYZE) orders")
    await run.gone("sweeping")
    return ratio(
        key,
        (
            f"升级扫描：{size:,} 件在办，每轮 {share:.0%} 到期",
            f"the sweep, of a bare one in SQL; {size:,} open, {share:.0%} due at once a round",
        ),
        ours,
        limits,
        0.6 if size >= TARGET_SIZE else None,
        comparison="SQL 36,000–62,000/s;django-helpdesk 178/s",
        detail={
            "unit": "orders/s",
            "cpu": {"sweeper_us": median(costs)},
            "events": wrote.events,
            "letters": wrote.letters,
        },
        refused=wrong[0] if wrong else None,
    )


async def _ours(url: str, now: datetime) -> SweptOnce:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.sweeper", url, now.isoformat()),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "DISPATCH_LANG": "en"},
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the sweep ended with {process.returncode}")
    return SweptOnce(**json.loads(said.splitlines()[-1]))


async def _bare(url: str, now: datetime, wrote: Written) -> tuple[int, float]:
    """Sweep by SQL alone, in batches; return how many orders rose, and the seconds."""
    connection = await asyncpg.connect(url)
    try:
        region = await connection.fetchval("SELECT region FROM serials LIMIT 1")
        statement = await connection.prepare(
            _BARE.format(
                events=counted(wrote.events, "o.id"),
                rows=counted(wrote.events, "r.id"),
                letters=counted(wrote.letters, "r.id"),
            )
        )
        count, began = 0, time.perf_counter()
        while rose := await statement.fetchval(region, now, BATCH, NOW + timedelta(days=1)):
            count += rose
        return count, time.perf_counter() - began
    finally:
        await connection.close()


async def _due(url: str, now: datetime) -> int:
    found: int = await machine.one(url, "SELECT count(*) FROM orders WHERE due_at <= $1", now)
    return found


async def _rows(url: str) -> Sequence[int]:
    return [await machine.one(url, f"SELECT count(*) FROM {table}") for table in ("events", "outbox")]


def counted(each: float, order: str) -> str:
    """Return, as SQL, how many rows an order gets, so that on average it is ``each``."""
    whole, rest = divmod(round(each * 100), 100)
    return f"({whole} + ({order} % 100 < {rest})::int)"


_REST = f"UPDATE orders SET due_at = '{NOW + timedelta(days=2)}' WHERE due_at <= '{NOW}' AND version > 2"
"""Lets nothing of one side be due on the other's: what has risen and is urgent would be within minutes."""

_ABOVE = """
CREATE TABLE bench_above AS
SELECT b.id AS branch_id, coalesce((
    SELECT min(a.id) FROM grids AS g JOIN branches AS a ON a.grid_id = g.parent_id WHERE g.id = b.grid_id
), b.id) AS above_id
FROM branches AS b
"""

_BARE = """
WITH claimed AS MATERIALIZED (
    SELECT region, id, due_at, state, branch_id
    FROM orders
    WHERE region = $1 AND due_at <= $2
    ORDER BY due_at LIMIT $3
    FOR UPDATE SKIP LOCKED
), due AS (
    SELECT claimed.*, above_id FROM claimed JOIN bench_above USING (branch_id)
), raised AS (
    UPDATE orders AS o SET
        version = o.version + {events}, level = o.level + 1, supervisor_id = due.above_id,
        branch_id = CASE WHEN o.state = 'accepted' THEN o.branch_id ELSE due.above_id END,
        state = CASE WHEN o.state = 'offered' THEN 'routed' ELSE o.state END,
        co_branches = o.co_branches || o.branch_id,
        clocks = jsonb_build_object('accept', $4::timestamptz, 'dispatch', $4::timestamptz),
        due_clock = 'accept', due_at = $4,
        head = sha256(o.head || int8send(o.id) || int4send(o.version) || convert_to(o.state, 'UTF8'))
    FROM due WHERE o.region = due.region AND o.id = due.id
    RETURNING o.*, due.state AS was, due.due_at AS since
), ledger AS (
    INSERT INTO events
        (region, order_id, version, at, due_at, action, party, from_state, to_state, level, branch_id, assignee_id,
         data, hash)
    SELECT r.region, r.id, r.version - n, $2, r.since, 'escalate', 'system', r.was, r.state, r.level,
        r.branch_id, r.assignee_id, jsonb_build_object('clock', r.due_clock, 'due', r.since, 'to', r.branch_id), r.head
    FROM raised AS r CROSS JOIN generate_series(0, {rows} - 1) AS n
), letters AS (
    INSERT INTO outbox (region, order_id, version, place, notice, branch_id, created_at, send_at)
    SELECT r.region, r.id, r.version, n, 'raised', r.branch_id, $2, $2
    FROM raised AS r CROSS JOIN generate_series(1, {letters}) AS n
)
SELECT count(*) FROM raised
"""
