"""How cost grows: filing, accepting, living, reading and sweeping, beside ten thousand orders, and ever more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bench import acting, desks, lists, load, machine
from bench.desks import Staff
from bench.figures import Figure, median, slope
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


@dataclass(slots=True)
class Costs:
    """By name: the number of orders there with the milliseconds each, and what was wrong."""

    found: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: {name: [] for name in NAMES})
    wrong: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, size: int, ms: float, wrong: str | None) -> None:
        """Keep one cost."""
        self.found[name].append((size, ms))
        if wrong is not None:
            self.wrong.setdefault(name, f"at {size:,} orders: {wrong}")


async def measure(run: Run) -> list[Figure]:
    """Return the slope of each figure's cost, and what is quoted of reading at the largest sizes."""
    staff = await desks.staffed(run)
    costs = Costs()
    figures: list[Figure] = []
    for size in run.sizes:
        read = await _at(run, size, staff, costs)
        if size == min(run.sizes[-1], 10**6):
            figures += [lists.figure(name, found, size) for name, found in read.items()]
    known: tuple[int, float, str | None] | None = run.kept.get("sweeping")
    for size in (size for size in run.sizes if size < READS_ONLY and not run.quick):
        if known is not None and known[0] == size:
            costs.add("sweep", *known)
            continue
        figure = await swept(run, size, 1, "growth.sweep")
        costs.add("sweep", size, 1e3 / median(figure.detail["ours"]), figure.refused)
    slopes = [_figure(name, found, costs) for name, found in costs.found.items() if len(found) > 1]
    return [*figures, *_tenfold(costs), *slopes]


async def _at(run: Run, size: int, staff: Staff, costs: Costs) -> dict[str, lists.Read]:
    """Measure everything beside so many orders."""
    from bench.filling import fill  # noqa: PLC0415 - heavy

    there = await run.fresh("growth", desks.STAFFED)
    run.say(f"growth: {size:,} orders are written")
    await fill(there, size, now=datetime.now(UTC), still_open=0.1)
    quoted = size >= lists.TARGET_SIZE and not run.quick
    with machine.service(there, scheduler=True) as address:
        read = await lists.read(there, address, staff, rounds=lists.ROUNDS if quoted else 1)
        for name, found in read.items():
            costs.add(name, size, found.p99 * 1e3, found.wrong())
        if size < READS_ONLY and len(run.sizes) > 1:  # one size alone has no slope
            await _written(run, size, there, address, staff, costs)
    await run.gone("growth")
    return read


async def _written(run: Run, size: int, there: str, address: tuple[str, int], staff: Staff, costs: Costs) -> None:
    """Measure what writes beside so many orders."""
    short = replace(run, seconds=run.seconds * 2 / 3)
    filed, lived = Filed(), acting.Lived()
    submit = filer(filed)
    await load.closed(address, run.connections, 0.5, submit)
    writes: dict[str, Callable[[], Awaitable[load.Loaded]]] = {
        "submit": lambda: load.closed(address, run.connections, short.seconds, submit),
        "accept": lambda: _accepts(short, there, address, staff),
        "life": lambda: acting.lives(short, address, staff, lived),
    }
    for name, work in writes.items():
        await machine.folded(there)
        done = await work()
        costs.add(name, size, 1e3 / done.rate if done.latencies else 0.0, done.wrong())


async def _accepts(run: Run, there: str, address: tuple[str, int], staff: Staff) -> load.Loaded:
    models = await desks.offered(address, staff)
    done, _, _ = await acting.accept(run, there, address, staff, models)
    return done


def _tenfold(costs: Costs) -> list[Figure]:
    """Return how many times slower reading is at ten million orders than at one, or that it was not measured."""
    found = []
    for name in ("board", "subtree", "county", "counters"):
        known = dict(costs.found[name])
        zh, en = NAMES[name]
        both = READS_ONLY in known
        found.append(
            Figure(
                f"growth.tenfold.{name}",
                f"{zh}：10⁷ 比 10⁶ 件",
                f"{en}: at 10⁷ over 10⁶ orders",
                known[READS_ONLY] / known[READS_ONLY // 10] if both else 0.0,
                "×",
                GROWS_MOST,
                at_least=False,
                refused=costs.wrong.get(name) if both else None,
                left_out=None if both else "BENCH_LARGE=1",
            )
        )
    return found


def _figure(name: str, found: list[tuple[int, float]], costs: Costs) -> Figure:
    zh, en = NAMES[name]
    sizes, took = [size for size, _ in found], [ms for _, ms in found]
    wrong = costs.wrong.get(name)
    return Figure(
        f"growth.{name}",
        f"成本增长：{zh}",
        f"how the cost grows: {en}",
        slope(sizes, took) if wrong is None else 0.0,
        "",
        spread=(min(took), max(took)),
        detail={"sizes": sizes, "costs": took},
        refused=wrong,
    )
