"""Reading: a secretary's board, a subtree's list and the county's counters, while many ask at their own times."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bench import desks, load, machine
from bench.desks import Staff
from bench.figures import Figure
from bench.filing import quantiles
from bench.run import Run

RATE, CONNECTIONS = 50, 32
"""Requests a second of the open loop, and how many may wait at once."""

MOST_MS = 20
MISSING = 404

_PATIENCE_S = 60

NAMES = {
    "board": ("书记的工单看板 p99", "a secretary's board, p99"),
    "subtree": ("一个乡镇的工单列表 p99", "a subtree's list, p99"),
    "county": ("全县未办结列表 p99", "the county's open orders, p99"),
    "counters": ("全县计数 p99", "the county's counters, p99"),
}


async def measure(run: Run) -> list[Figure]:
    """Return the figures of reading at the largest number of orders; ``growth`` shows the others."""
    from bench.filling import fill  # noqa: PLC0415 - heavy

    staff = await desks.staffed(run)
    size = run.sizes[-1]
    there = await run.fresh("lists", desks.STAFFED)
    run.say(f"lists: {size:,} orders are written")
    await fill(there, size, now=datetime.now(UTC), still_open=0.1)
    with machine.service(there, scheduler=True) as address:
        await folded(there)
        found = await read(run, address, staff)
    await run.gone("lists")
    return [figure(name, loaded, size) for name, loaded in found.items()]


async def folded(url: str) -> None:
    """Wait until the scheduler has folded what changed into the counters, as it does each second.

    Raises:
        RuntimeError: it does not.
    """
    if not await machine.one(url, "SELECT to_regclass('order_deltas') IS NOT NULL"):
        return
    until = time.monotonic() + _PATIENCE_S
    while await machine.one(url, "SELECT EXISTS (SELECT FROM order_deltas)"):
        if time.monotonic() > until:
            raise RuntimeError("the counters are not folded")
        await asyncio.sleep(0.2)


def figure(name: str, loaded: load.Loaded, size: int) -> Figure:
    """Return the figure of one kind of reading."""
    zh, en = NAMES[name]
    wrong = f"{loaded.refused()} of {len(loaded.latencies)} refused" if loaded.refused() else None
    return Figure(
        f"lists.{name}",
        f"{zh}，{size:,} 件",
        f"{en}, at {size:,} orders",
        loaded.at(0.99) * 1e3,
        "ms",
        MOST_MS,
        at_least=False,
        comparison="django-helpdesk 80 ms（10⁴ 件 orders）" if name == "board" else "",
        detail=quantiles(loaded),
        refused=wrong,
    )


async def read(run: Run, address: tuple[str, int], staff: Staff) -> dict[str, load.Loaded]:
    """Read each kind in turn, after a moment in which nothing is counted."""
    found = {}
    for name, requests in asked(staff).items():
        status = await _status(address, next(requests))
        if status == MISSING:
            run.say(f"lists: there is no {name} yet")
            continue

        async def one(connection: load.Connection, requests: Iterator[bytes] = requests) -> int:
            return (await connection.ask(next(requests)))[0]

        await load.closed(address, 4, run.seconds / 3, one)
        found[name] = await load.open_loop(address, CONNECTIONS, run.seconds * 2, RATE, one)
    return found


def asked(staff: Staff) -> dict[str, Iterator[bytes]]:
    """Return what is asked for, by name, each without end and by as many different people as there are."""
    secretaries = [desk.secretary for desk in staff.desks]
    paths = {
        "board": ("/api/v1/board", secretaries),
        "subtree": (f"/api/v1/orders?grid={staff.town_grid}&limit=20", [staff.town, staff.supervisor]),
        "county": ("/api/v1/orders?state=routed,offered,accepted&limit=20", [staff.supervisor]),
        "counters": ("/api/v1/counters", [staff.supervisor, staff.town]),
    }
    return {
        name: itertools.cycle([load.request("GET", path, token=token) for token in tokens])
        for name, (path, tokens) in paths.items()
    }


async def _status(address: tuple[str, int], request: bytes) -> int:
    connection = await load.Connection.open(*address)
    try:
        return (await connection.ask(request))[0]
    finally:
        connection.close()
