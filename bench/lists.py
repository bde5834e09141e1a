"""Reading: a secretary's board, a subtree's list and the county's counters, while others read and file, too."""

import asyncio
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from bench import desks, load, machine, pgbench
from bench.desks import Staff
from bench.figures import Figure, median, quantile
from bench.filing import FEW, PEAK, Filed, filer, first_wrong, quantiles
from bench.run import Run

RATE, CONNECTIONS = 50, 32
"""Requests a second of the open loop, and how many may wait at once."""

ROUNDS, SECONDS = 3, 4
"""Each kind is read in so many rounds of so many seconds; what is quoted is the median of the rounds' p99."""

MOST_MS, TARGET_SIZE = 20, 10**6
"""The target, and for how many orders it is meant; of fewer the figure is only told."""

NAMES = {
    "board": ("书记的工单看板 p99", "a secretary's board, p99"),
    "subtree": ("一个乡镇的工单列表 p99", "a township's list, p99"),
    "county": ("全县未办结列表 p99", "the county's open orders, p99"),
    "counters": ("县和乡镇的计数 p99", "the county's and the townships' counters, p99"),
}

_BARE = """\\set id random(:low, :high)
SELECT * FROM orders WHERE region = :region AND id >= :id ORDER BY id LIMIT 20;
"""
"""Twenty orders by their key, without access, names or the next page."""

_KEYS = "SELECT json_build_object('region', region, 'low', min(id), 'high', max(id) - 20) FROM orders GROUP BY region"

_OPEN = "received,routed,offered,accepted,parked"


@dataclass(frozen=True, slots=True)
class Read:
    """What was measured of one kind of reading, a load for each round; ``bare_ms`` is what pgbench kept at 99 %."""

    rounds: tuple[load.Loaded, ...]
    bare_ms: float

    @property
    def p99(self) -> float:
        """The median of the rounds' 99th percentiles, in seconds."""
        return median([one.at(0.99) for one in self.rounds])

    def wrong(self) -> str | None:
        """Say what was no success."""
        return first_wrong(self.rounds)


async def measure(run: Run) -> list[Figure]:
    """Return the figures of reading at the largest number of orders; ``growth`` shows the others."""
    from bench.filling import fill  # noqa: PLC0415 - heavy

    staff = await desks.staffed(run)
    size = run.sizes[-1]
    there = await run.fresh("lists", desks.STAFFED)
    run.say(f"lists: {size:,} orders are written")
    await fill(there, size, now=datetime.now(UTC), still_open=0.1)
    with machine.service(there, scheduler=True) as address:
        found = await read(there, address, staff, rounds=1 if run.quick else ROUNDS)
    await run.gone("lists")
    return [figure(name, one, size) for name, one in found.items()]


def figure(name: str, found: Read, size: int) -> Figure:
    """Return the figure of one kind of reading."""
    zh, en = NAMES[name]
    all_p99 = [one.at(0.99) * 1e3 for one in found.rounds]
    return Figure(
        f"lists.{name}",
        f"{zh}，{size:,} 件，同时点单每秒 {PEAK} 件",
        f"{en}, at {size:,} orders, {PEAK} filed each second beside it",
        found.p99 * 1e3,
        "ms",
        MOST_MS if size >= TARGET_SIZE else None,
        at_least=False,
        spread=(min(all_p99), max(all_p99)),
        comparison="django-helpdesk 80 ms（10⁴ 件 orders）" if name == "board" else "",
        detail={**quantiles(_middle(found)), "pgbench_ms": found.bare_ms},
        refused=found.wrong(),
    )


def _middle(found: Read) -> load.Loaded:
    return sorted(found.rounds, key=lambda one: one.at(0.99))[len(found.rounds) // 2]


async def read(there: str, address: tuple[str, int], staff: Staff, *, rounds: int) -> dict[str, Read]:
    """Read each kind in turn, while orders are filed, after a moment in which nothing is counted.

    Raises:
        RuntimeError: an answer is empty, refused or wrong; or not every order that was filed beside it was taken.
    """
    await machine.folded(there)
    found: dict[str, list[load.Loaded]] = {}
    submit = filer(Filed())
    await load.closed(address, 8, 0.5, submit)  # what it says is made up at the first request, and must hold up nobody
    for name, requests in (await asked(there, address, staff)).items():
        following = itertools.cycle(requests)

        async def one(connection: load.Connection, following: Iterator[bytes] = following) -> int:
            return (await connection.ask(next(following)))[0]

        await load.closed(address, 8, 1, one)
        for number in range(rounds):
            loaded, beside = await asyncio.gather(
                load.open_loop(address, CONNECTIONS, SECONDS, RATE, one, seed=number),
                load.open_loop(address, CONNECTIONS, SECONDS, PEAK, submit, seed=100 + number),
            )
            found.setdefault(name, []).append(loaded)
            if (wrong := beside.wrong()) is not None:
                raise RuntimeError(f"filing beside it: {wrong}")
    bare, _ = await asyncio.gather(
        asyncio.to_thread(
            pgbench.latencies,
            there,
            _BARE,
            SECONDS,
            rate=RATE,
            clients=FEW,
            variables=json.loads(await machine.one(there, _KEYS)),
        ),
        load.open_loop(address, CONNECTIONS, SECONDS + pgbench.WARM_S, PEAK, submit, seed=99),
    )
    return {name: Read(tuple(loads), quantile(bare, 0.99) * 1e3) for name, loads in found.items()}


async def asked(there: str, address: tuple[str, int], staff: Staff) -> dict[str, list[bytes]]:
    """Return what is asked for, by name: by many people, of many grids, of further pages, too; all of it once answered.

    Raises:
        RuntimeError: an answer is refused or empty, or the counters don't tell what is there.
    """
    towns = desks.townships()
    pages = [f"/api/v1/orders?grid={town}&limit=20" for town in towns]
    narrowed = ("state=routed,offered,accepted", f"state={_OPEN}", "state=accepted", "state=offered", "overdue=true")
    listed = [f"/api/v1/orders?{what}&limit=20" for what in narrowed]
    county = [(path, staff.supervisor) for path in listed]
    subtree = [(path, staff.supervisor) for path in pages] + [
        (f"/api/v1/orders?grid={staff.town_grid}&limit=20", staff.town)
    ]
    counted = [("/api/v1/counters", staff.supervisor), ("/api/v1/counters", staff.town)]
    counted += [(f"/api/v1/counters?grid={town}", staff.supervisor) for town in towns]
    open_there = await machine.one(
        there, f"SELECT count(*) FROM orders WHERE state IN ('{_OPEN.replace(',', chr(39) + ',' + chr(39))}')"
    )
    told = await desks.asked(address, _get(*counted[0]))
    if told["open"] != open_there:
        raise RuntimeError(f"the counters tell {told['open']} open orders, {open_there} are there")
    boards = [("/api/v1/board", desk.secretary) for desk in staff.desks]
    shown = [await desks.asked(address, _get(*one)) for one in boards]
    if not any(column["items"] for one in shown for column in one["columns"]):
        raise RuntimeError("every board is empty")
    return {
        "board": [_get(*one) for one in boards],
        "subtree": await _pages(address, subtree),
        "county": await _pages(address, county),
        "counters": [_get(*one) for one in counted],
    }


async def _pages(address: tuple[str, int], paths: Sequence[tuple[str, str]]) -> list[bytes]:
    """Return the requests of the first and the second page of each list."""
    found = []
    for path, token in paths:
        answer: dict[str, Any] = await desks.asked(address, _get(path, token))
        if not answer["items"]:
            raise RuntimeError(f"{path} is empty")
        found.append(_get(path, token))
        if answer["next"] is not None:
            found.append(_get(f"{path}&cursor={quote(answer['next'])}", token))
    return found


def _get(path: str, token: str) -> bytes:
    return load.request("GET", path, token=token)
