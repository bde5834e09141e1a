"""Lateness: how long after its moment a rise is there for everybody to see, with a thousand due each second."""

import asyncio
import subprocess
import sys
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg

from bench import machine
from bench.figures import QUANTILES, Figure
from bench.run import Run
from bench.sweeping import NOW

A_SECOND = 1000
MOST_S = 1.0

_HEAD_START = timedelta(seconds=5)  # until the scheduler runs and is warm
_LOOK_S = 0.02
_PATIENCE_S = 60


@dataclass(slots=True)
class Seen:
    """What was looked at while it happened: at which moment the earliest order that was still due was which."""

    looks: list[tuple[datetime, datetime]] = field(default_factory=list)

    def lateness(self, due: list[datetime]) -> list[float]:
        """Return for each order how many seconds after it was due its rise had been seen by all, at the most."""
        found, at = list[float](), 0
        for moment, earliest in self.looks:
            until = bisect_left(due, earliest)
            found += [(moment - one).total_seconds() for one in due[at:until]]
            at = max(at, until)
        return found


async def measure(run: Run) -> list[Figure]:
    """Return the figure of lateness."""
    from bench.filling import fill  # noqa: PLC0415 - heavy

    seconds = 5 if run.quick else 25
    count = seconds * A_SECOND
    there = await run.fresh("lateness")
    await fill(there, max(2 * count, 10**4), now=NOW, still_open=1.0)
    start = NOW + _HEAD_START
    await machine.run(there, _SPREAD.format(start=start, count=count), "VACUUM (ANALYZE) orders", "CHECKPOINT")
    due = await _due(there, start)
    wall = datetime.now(UTC)
    await machine.run(
        there,
        f"INSERT INTO service_clock (rate, wall_anchor, service_anchor) VALUES (1, '{wall}', '{NOW}')",
    )
    offset = NOW - wall
    process = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "scheduler"],
        env=machine.environment(there),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        seen = await _watched(there, due[-1], offset, process)
    finally:
        machine.ended(process)
    late = sorted(seen.lateness(due))
    begun = await _begun(there, start)
    await run.gone("lateness")
    wrong = None if len(late) == len(due) == begun[0] else f"{len(due)} were due, {len(late)} seen, {begun[0]} written"
    at = {share: late[min(int(share * len(late)), len(late) - 1)] if late else 0.0 for share in QUANTILES}
    return [
        Figure(
            "lateness.rise",
            f"升级迟到 p99，每秒 {A_SECOND:,} 件到期",
            f"lateness of a rise, p99, with {A_SECOND:,} due each second",
            at[0.99],
            "s",
            MOST_S,
            at_least=False,
            spread=(late[0], late[-1]) if late else None,
            comparison="Zammad 每 5 分钟 every 5 min;frappe 每小时 every hour",
            detail={
                "quantiles": [(share, 1e3 * value) for share, value in at.items()],
                "p50": at[0.5],
                "decided_p99": begun[1],
                "orders": len(due),
            },
            refused=wrong,
        )
    ]


async def _watched(url: str, last: datetime, offset: timedelta, process: "subprocess.Popen[bytes]") -> Seen:
    """Look again and again which order is the earliest still due, until all of them have risen."""
    seen = Seen()
    connection = await asyncpg.connect(url)
    try:
        region = await connection.fetchval("SELECT region FROM serials LIMIT 1")
        until = time.monotonic() + (last - NOW).total_seconds() + _PATIENCE_S
        while time.monotonic() < until and process.poll() is None:
            earliest = await connection.fetchval(_EARLIEST, region)
            moment = datetime.now(UTC) + offset
            seen.looks.append((moment, earliest))
            if earliest > last:
                break
            await asyncio.sleep(_LOOK_S)
        return seen
    finally:
        await connection.close()


async def _due(url: str, start: datetime) -> list[datetime]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT due_at FROM orders WHERE due_at >= $1 AND due_at < $2 ORDER BY 1", start, NOW + timedelta(minutes=2)
        )
        return [row[0] for row in rows]
    finally:
        await connection.close()


async def _begun(url: str, start: datetime) -> tuple[int, float]:
    """Return how many rises are written, and at the 99th percentile how late the sweep that did it had begun."""
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(_RISEN, start, NOW + timedelta(minutes=2))
        return int(row[0]), float(row[1] or 0)
    finally:
        await connection.close()


_EARLIEST = "SELECT min(due_at) FROM orders WHERE region = $1 AND due_at IS NOT NULL"

_RISEN = """
SELECT count(DISTINCT order_id),
    percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM at - due_at)::float8)
FROM events WHERE party = 'system' AND action IN ('escalate', 'supervise') AND due_at >= $1 AND due_at < $2
"""

# the present ones of the others stay what they are, so what the orders are due for is in their clocks, too
_SPREAD = """
UPDATE orders AS o
SET due_clock = d.clock, due_at = d.at, clocks = jsonb_build_object(d.clock, d.at)
FROM (
    SELECT region, id, CASE WHEN state = 'accepted' THEN 'resolve' ELSE 'accept' END AS clock,
        '{start}'::timestamptz + (row_number() OVER (ORDER BY random()) - 1) * interval '1 millisecond' AS at
    FROM (
        SELECT region, id, state FROM orders WHERE state IN ('routed', 'offered', 'accepted') AND NOT listed
        LIMIT {count}
    ) AS chosen
) AS d
WHERE o.region = d.region AND o.id = d.id
"""
