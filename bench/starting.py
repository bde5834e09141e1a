"""Starting: from nothing to ready, how much memory a worker takes, and how fast a county or a nation comes in."""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psutil

from bench import cpu, desks, load, machine, nation
from bench.figures import Figure, of_rounds
from bench.filing import Filed, filer
from bench.run import Run

COLD_S, MEMORY_MB = 3, 120
STARTS = 3
QUICK_VILLAGES = 5_000
MEGABYTE = 2**20


async def measure(run: Run) -> list[Figure]:
    """Return the figures of starting and importing."""
    there = await run.fresh("starting")
    cold = [await _cold(there) for _ in range(min(run.rounds, STARTS))]
    memory = await _memory(run, there)
    await run.gone("starting")
    start = of_rounds(
        "starting.cold",
        ("冷启动到就绪（数据已在）", "cold start to ready, with the scheduler, data there"),
        cold,
        "s",
        target=COLD_S,
        at_least=False,
    )
    return [start, *memory, await _county(run), await _nation(run)]


async def _cold(url: str) -> float:
    """Return the seconds from the start of the process until /readyz says so."""
    await machine.run(url, "DELETE FROM heartbeats")  # that of an earlier start would do
    port = machine.free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "serve", "--port", str(port)],
        env=machine.environment(url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - began < machine.READY_S and process.poll() is None:
            if machine.answers(port, "/readyz"):
                return time.perf_counter() - began
            time.sleep(0.02)
        raise RuntimeError("the service did not get ready")
    finally:
        machine.ended(process)


async def _memory(run: Run, url: str) -> list[Figure]:
    """Return the memory of the workers once they have worked: filed, looked up points and addresses."""
    with machine.service(url, scheduler=True) as address:
        await load.closed(address, run.connections, run.seconds, filer(Filed()))
        for query in ("lon=111.12&lat=38.46", f"address={quote('蔚汾镇东城社区')}"):
            for _ in range(8):  # each worker indexes at its own first question
                await desks.asked(address, load.request("GET", f"/api/v1/grids/locate?{query}"))
        workers = cpu.workers()
        full = [one.memory_full_info() for one in workers]
        beside = [one.memory_info().rss / MEGABYTE for one in cpu.family() if one not in workers]
    rss = [one.rss / MEGABYTE for one in full]
    pss = [getattr(one, "pss", one.rss) / MEGABYTE for one in full]
    return [
        Figure(
            "starting.memory",
            "一个工作进程的内存（RSS）",
            "a worker's memory with the county loaded, RSS",
            max(rss),
            "MB",
            MEMORY_MB,
            at_least=False,
            spread=(min(rss), max(rss)),
            detail={"pss_mb": pss, "rss_mb": rss, "scheduler_rss_mb": beside},
        )
    ]


async def _county(run: Run) -> Figure:
    from dispatch.demo import county  # noqa: PLC0415 - heavy

    with tempfile.TemporaryDirectory() as folder:
        county.write_csv(Path(folder))
        rows = sum(len(sheet) for sheet in county.county().values())
        seconds = [await _imported(run, Path(folder)) for _ in range(1 if run.quick else 2)]
    return of_rounds(
        "starting.county",
        (f"导入演示县，{rows:,} 行", f"import of the demo county, {rows:,} rows"),
        seconds,
        "s",
        detail={"rows": rows, "rows_a_second": rows / min(seconds)},
    )


async def _nation(run: Run) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        rows = nation.write_csv(Path(folder), QUICK_VILLAGES if run.quick else nation.VILLAGES)
        seconds = await _imported(run, Path(folder))
    return Figure(
        "starting.nation",
        f"导入全国网格树，{rows:,} 行",
        f"import of a tree of the country, {rows:,} rows",
        seconds,
        "s",
        detail={
            "rows": rows,
            "rows_a_second": rows / seconds,
            "source": nation.source(),
            "peak_rss_mb": psutil.Process().memory_info().rss / MEGABYTE,
        },
    )


async def _imported(run: Run, folder: Path) -> float:
    """Import a folder into an empty database; return the seconds."""
    from dispatch.storage.database import Database  # noqa: PLC0415 - heavy
    from dispatch.storage.migrations import migrate  # noqa: PLC0415
    from dispatch.usecases.import_county import import_county  # noqa: PLC0415

    there = await machine.copied(run.server, "importing")
    await migrate(there, datetime.now(UTC))
    database = await Database.open(there, most=2)
    try:
        began = time.perf_counter()
        report = await import_county(database, folder)
        seconds = time.perf_counter() - began
    finally:
        await database.close()
    await run.gone("importing")
    if report.refused:
        raise RuntimeError(f"refused: {report.faults[0]}")
    return seconds
