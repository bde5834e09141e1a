"""How cost grows: filing, accepting, living, reading and sweeping, beside ten thousand orders, and ever more."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from bench import acting, desks, lists, load, machine
from bench.desks import Staff
from bench.figures import Figure, slope
from bench.filing import Filed, filer
from bench.run import Run
from bench.sweeping import swept

READS_ONLY = 10**7
"""From this many orders on only reading is measured: the rest would take the disk and the evening."""

GROWS_MOST = 1.5
"""How many times slower reading may be at ten times the orders."""

NAMES = {
    "submit": ("点单", "a submit, 64 at once"),
    "accept": ("接单", "an accept, 64 at once"),
    "life": ("完整一生", "a full life, 64 at once"),
    "board": ("工单看板 p99", "a board, p99"),
    "subtree": ("乡镇列表 p99", "a subtree's list, p99"),
    "county": ("全县列表 p99", "the county's list, p99"),
    "counters": ("计数 p99", "the counters, p99"),
    "sweep": ("升级一件", "one rise"),
}

Costs = dict[str, list[tuple[int, float]]]
"""By name: the number of orders there, and milliseconds each."""


async def measure(run: Run) -> list[Figure]:
    """Return the slope of each figure's cost, and what is quoted of reading at the largest sizes."""
    staff = await desks.staffed(run)
    costs: Costs = {name: [] for name in NAMES}
    figures: list[Figure] = []
    for size in run.sizes:
        read = await _at(run, size, staff, costs)
        if size == min(run.sizes[-1], 10**6):
            figures += [lists.figure(name, loaded, size) for name, loaded in read.items()]
    known: tuple[int, float] | None = run.kept.get("sweeping")
    for size in (size for size in run.sizes if size < READS_ONLY and not run.quick):
        if known is not None and known[0] == size:
            costs["sweep"].append(known)
            continue
        figure = await swept(run, size, 1, "growth.sweep")
        costs["sweep"].append((size, 1e3 / figure.detail["ours"][0]))
    return [*figures, *_tenfold(costs), *(_figure(name, found) for name, found in costs.items() if len(found) > 1)]


async def _at(run: Run, size: int, staff: Staff, costs: Costs) -> dict[str, load.Loaded]:
    """Measure everything beside so many orders."""
    from bench.filling import fill  # noqa: PLC0415 - heavy

    short = replace(run, seconds=run.seconds * 2 / 3)
    there = await run.fresh("growth", desks.STAFFED)
    run.say(f"growth: {size:,} orders are written")
    await fill(there, size, now=datetime.now(UTC), still_open=0.1)
    with machine.service(there, scheduler=True) as address:
        await lists.folded(there)
        read = await lists.read(run, address, staff)
        for name, loaded in read.items():
            costs[name].append((size, loaded.at(0.99) * 1e3))
    if size < READS_ONLY and len(run.sizes) > 1:  # one size alone has no slope
        with machine.service(there) as address:
            filed, lived = Filed(), acting.Lived()
            submit = filer(filed)
            await load.closed(address, run.connections, 0.5, submit)
            writes: dict[str, Callable[[], Awaitable[float]]] = {
                "submit": lambda: _rate(load.closed(address, run.connections, short.seconds, submit)),
                "accept": lambda: _accepts(short, there, address, staff),
                "life": lambda: _rate(acting.lives(short, address, staff, lived)),
            }
            for name, work in writes.items():
                costs[name].append((size, 1e3 / await work()))
            if filed.wrong or lived.wrong:
                raise RuntimeError(f"refused: {[*filed.wrong, *lived.wrong][0]}")
    await run.gone("growth")
    return read


async def _rate(work: Awaitable[load.Loaded]) -> float:
    return (await work).rate


async def _accepts(run: Run, there: str, address: tuple[str, int], staff: Staff) -> float:
    models = await desks.offered(address, staff)
    done, _, taken = await acting.accept(run, there, address, staff, models)
    if taken != len(done.latencies):
        raise RuntimeError(f"{len(done.latencies) - taken} accepts were refused")
    return done.rate


def _tenfold(costs: Costs) -> list[Figure]:
    """Return how many times slower reading is at ten million orders than at one, where both were measured."""
    found = []
    for name in ("board", "subtree", "county", "counters"):
        known = dict(costs[name])
        if READS_ONLY in known:
            times = known[READS_ONLY] / known[READS_ONLY // 10]
            zh, en = NAMES[name]
            found.append(
                Figure(
                    f"growth.tenfold.{name}", f"{zh}：10⁷ 比 10⁶ 件", f"{en}: at 10⁷ over 10⁶ orders",
                    times, "×", GROWS_MOST, at_least=False,
                )
            )  # fmt: skip
    return found


def _figure(name: str, found: list[tuple[int, float]]) -> Figure:
    zh, en = NAMES[name]
    sizes, took = [size for size, _ in found], [ms for _, ms in found]
    return Figure(
        f"growth.{name}",
        f"成本增长：{zh}",
        f"how the cost grows: {en}",
        slope(sizes, took),
        "",
        spread=(min(took), max(took)),
        detail={"sizes": sizes, "costs": took},
    )
