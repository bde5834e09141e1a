"""Filing: how many orders a second, how long one waits, and what is left of what PostgreSQL alone could do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bench import load, machine, pgbench, statements
from bench.cpu import Meter
from bench.desks import submissions
from bench.figures import QUANTILES, Figure, median, of_rounds, quantile, ratio
from bench.run import Run

SHARE = 0.6
"""Latency is quoted of an open loop at this share of the closed loop's rate."""

PEAK = 25
"""Requests a second in Beijing's bursts (DOMAIN §9: 76 million a year are 2.4 a second on average)."""

FEW = 8
"""Clients of pgbench that are enough for it, so that each has its plans soon."""

MOST_MS = 25
"""The longest that 99 of 100 may wait."""

CREATED = 201


@dataclass(slots=True)
class Filed:
    """What was filed and acknowledged, so that it can be counted afterwards."""

    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)


def filer(filed: Filed) -> load.Ask:
    """Return the work of one resident."""
    requests = submissions()

    async def submit(connection: load.Connection) -> int:
        status, body = await connection.ask(next(requests))
        if status == CREATED:
            filed.acknowledged += 1
        elif len(filed.wrong) < 3:  # noqa: PLR2004 - enough to see what it is
            filed.wrong.append(f"{status} {body[:200].decode()}")
        return status

    return submit


async def models(url: str, count: int) -> list[int]:
    """Return the ids of orders as they were filed, for the limit to write alike."""
    found: list[int] = await machine.one(
        url,
        "SELECT array_agg(id) FROM (SELECT id FROM orders AS o WHERE version = 2 AND EXISTS (SELECT FROM outbox AS n"
        " WHERE n.region = o.region AND n.order_id = o.id) ORDER BY id DESC LIMIT $1) AS newest",
        count,
    )
    return found


async def limit(url: str, script: str, run: Run, number: int) -> float:
    """Return what pgbench files a second, while the service keeps still.

    Raises:
        RuntimeError: not as many orders are there afterwards as it says.
    """
    base = statements.FRESH + number * statements.ROUND
    seconds, variables = max(round(run.seconds), 1), {"n": -1, "base": base}
    found = await machine.undisturbed(
        url, pgbench.limit, url, script, seconds, clients=run.connections, variables=variables
    )
    there = await machine.one(
        url, "SELECT count(*) FROM orders WHERE id >= $1 AND id < $1::bigint + $2", base, statements.ROUND
    )
    if there != found.count:
        raise RuntimeError(f"pgbench filed {found.count}, {there} are there")
    await machine.folded(url)
    return found.rate


async def limit_ms(
    url: str, script: str, run: Run, number: int, share: float, *, rate: float | None = None, clients: int | None = None
) -> float:
    """Return what this share of pgbench's filings kept, in milliseconds, while the service keeps still."""
    variables, many = {"n": -1, "base": statements.FRESH + number * statements.ROUND}, clients or run.connections
    found = await machine.undisturbed(
        url, pgbench.latencies, url, script, run.seconds * 2, rate=rate, clients=many, variables=variables
    )
    await machine.folded(url)
    return quantile(found, share) * 1e3


async def count(url: str) -> int:
    """Return how many orders the service has filed there."""
    found: int = await machine.one(url, "SELECT count(*) FROM orders WHERE id < $1", statements.FRESH)
    return found


async def refusal(url: str, before: int, filed: Filed) -> str | None:
    """Say what is wrong if not exactly what was acknowledged is there."""
    there = await count(url) - before
    if filed.wrong:
        return f"refused: {filed.wrong[0]}"
    return None if there == filed.acknowledged else f"{filed.acknowledged} acknowledged, {there} there"


async def measure(run: Run) -> list[Figure]:
    """Return the figures of filing."""
    there = await run.fresh("filing")
    meter = await Meter.of(there)
    filed, ours, limits, costs = Filed(), list[float](), list[float](), list[dict[str, float]]()
    loads = list[load.Loaded]()
    before = await count(there)
    submit = filer(filed)
    with machine.service(there, scheduler=True) as address:
        await load.closed(address, run.connections, run.seconds / 2, submit)  # nothing is cold
        alike = await models(there, run.connections)
        places = await statements.Places.of(there, alike)
        script = statements.NEXT_ID + await statements.filing(there, alike[0], places)
        with run.profiled("filing"):
            for number in range(run.rounds):
                limits.append(await limit(there, script, run, number))
                spent = meter.read()
                done = await load.closed(address, run.connections, run.seconds, submit)
                costs.append(meter.read().each(spent, len(done.latencies)))
                ours.append(done.rate)
                loads.append(done)
        await machine.folded(there)
        rate = SHARE * median(ours)
        busy = await load.open_loop(address, run.connections, run.seconds * 2.5, rate, submit)
        busy_limit = await limit_ms(there, script, run, run.rounds, 0.99, rate=rate)
        peak = await load.open_loop(address, run.connections, run.seconds * 2, PEAK, submit, seed=2)
        peak_limit = await limit_ms(there, script, run, run.rounds + 1, 0.99, rate=PEAK, clients=FEW)
        lone = [await load.closed(address, 1, run.seconds / 2, submit) for _ in range(run.rounds)]
        lone_limit = await limit_ms(there, script, run, run.rounds + 2, 0.5, clients=1)
    wrong = await refusal(there, before, filed) or first_wrong([*loads, *lone])
    await run.gone("filing")
    return [
        ratio(
            "filing.ratio",
            ("点单：与 PostgreSQL 极限之比", "submit over HTTP, of pgbench's rate"),
            ours,
            limits,
            0.6,
            comparison="aiohttp + asyncpg 0.4;逐条合并 coalesced 1.2;django-helpdesk 109/s;Signalen 58/s",
            detail={"unit": "orders/s", "cpu": middling(costs)},
            refused=wrong,
        ),
        _latency("filing.busy", ("点单 p99，六成负荷", "submit p99 at 60 % of that rate"), busy, busy_limit, wrong),
        _latency("filing.peak", ("点单 p99，每秒 25 件", "submit p99 at 25/s"), peak, peak_limit, wrong),
        of_rounds(
            "filing.lone",
            ("独自点单 p50", "a lone submit, p50"),
            [one.at(0.5) * 1e3 for one in lone],
            "ms",
            target=3,
            at_least=False,
            detail={"pgbench_ms": lone_limit},
            refused=wrong,
        ),
    ]


def first_wrong(loads: Iterable[load.Loaded]) -> str | None:
    """Say what is wrong with the first load of which something is."""
    return next((wrong for one in loads if (wrong := one.wrong()) is not None), None)


def middling(costs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of what a piece of work cost in each round, by process."""
    return {name: median([one[name] for one in costs]) for name in costs[0]}


def _latency(key: str, names: tuple[str, str], loaded: load.Loaded, beside_ms: float, wrong: str | None) -> Figure:
    return Figure(
        key,
        *names,
        loaded.at(0.99) * 1e3,
        "ms",
        MOST_MS,
        at_least=False,
        detail={**quantiles(loaded), "pgbench_ms": beside_ms},
        refused=wrong or loaded.wrong(),
    )


def quantiles(loaded: load.Loaded) -> dict[str, Any]:
    """Return the distribution of latencies in milliseconds, for the plots, and the rate they were seen at."""
    return {
        "rate": loaded.rate,
        "quantiles": [(share, loaded.at(share) * 1e3) for share in QUANTILES],
        "p50": loaded.at(0.5) * 1e3,
        "p99": loaded.at(0.99) * 1e3,
    }
