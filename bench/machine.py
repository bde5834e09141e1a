"""What is measured: a PostgreSQL of our own with full durability, its databases, and the service upon them."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import psutil

from bench import cpu
from dispatch.embedded import embedded

T = TypeVar("T")

COUNTY = "county"
"""The database that every other one is copied from: migrated, with the demo county, without an order."""

OUT = Path(__file__).resolve().parent / "out"
"""Where figures, report and, while it runs, the database go if nothing else is said."""

READY_S = 60.0

_END_S = 30.0


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run PostgreSQL as ``make run`` does, in an empty folder; give the address of a database that is there."""
    # in the checkout rather than in /tmp, which may be memory: what is written must reach a disk
    place = Path(os.environ.get("BENCH_DIR") or OUT)
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="database-", dir=place))
    try:
        with embedded(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def at(url: str, name: str) -> str:
    """Return the address of another database of that server."""
    head, _, tail = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{tail}" if tail else "")


async def run(url: str, *statements: str) -> None:
    """Run statements one after the other."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement, timeout=3600)
    finally:
        await connection.close()


async def folded(url: str) -> None:
    """Wait until the scheduler has folded what changed into the counters, as it does each second.

    Raises:
        RuntimeError: it does not.
    """
    until = time.monotonic() + READY_S
    while await one(url, "SELECT EXISTS (SELECT FROM order_deltas)"):
        if time.monotonic() > until:
            raise RuntimeError("the counters are not folded")
        await asyncio.sleep(0.2)


async def one(url: str, statement: str, *arguments: Any) -> Any:
    """Return the first column of the first row."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement, *arguments, timeout=3600)
    finally:
        await connection.close()


async def show(url: str, name: str) -> Any:
    """Return a setting of the server."""
    return await one(url, f"SHOW {name}")


async def filesystem(url: str) -> str:
    """Return the type of the file system that the server's data lies on, ``ext4`` for instance."""
    folder = Path(await show(url, "data_directory"))
    mounts = [one for one in psutil.disk_partitions(all=True) if folder.is_relative_to(one.mountpoint)]
    return max(mounts, key=lambda one: len(one.mountpoint)).fstype if mounts else "unknown"


async def copied(url: str, name: str, template: str | None = None) -> str:
    """Make a database, as a copy of another one where that is named, and return its address."""
    of = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
    await run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"{of}')
    return at(url, name)


async def county(url: str) -> str:
    """Make the database ``COUNTY`` and return its address."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from dispatch.demo import county  # noqa: PLC0415 - heavy
    from dispatch.storage.migrations import migrate  # noqa: PLC0415
    from dispatch.usecases.demo_county import import_demo_county  # noqa: PLC0415

    there = await copied(url, COUNTY)
    await migrate(there, datetime.now(UTC))
    with tempfile.TemporaryDirectory() as folder:
        county.write_csv(Path(folder))
        await import_demo_county(there, Path(folder))
    await run(there, "VACUUM ANALYZE", "CHECKPOINT")
    return there


def free_port() -> int:
    """Return a port nobody listens on, below those that systems give to connections by themselves.

    Of these, one that is free now may be some connection's own a moment later, before the service gets to it.
    """
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(url: str) -> dict[str, str]:
    """Return what a process of the service is told."""
    return {**os.environ, "DISPATCH_DATABASE_URL": url, "DISPATCH_LANG": "en"}


@contextlib.contextmanager
def service(url: str, *, workers: int = 2, scheduler: bool = False) -> Iterator[tuple[str, int]]:
    """Run the service as a deployment does, and give its host and port once it is ready.

    Where throughput is quoted the scheduler belongs to it: it folds the counters, sends the notices, and sweeps.
    """
    port = free_port()
    arguments = ["serve", "--port", str(port), "--workers", str(workers), *([] if scheduler else ["--no-scheduler"])]
    process = subprocess.Popen(
        [sys.executable, "-m", "dispatch", *arguments],
        env=environment(url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_ready(port, process, "/readyz" if scheduler else "/healthz")
        yield "127.0.0.1", port
    finally:
        ended(process)


def ended(process: "subprocess.Popen[bytes]") -> None:
    """Have a process end with all that it started, in order if it can and by force if not."""
    children = []
    with contextlib.suppress(psutil.Error):
        children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        for one in children:
            with contextlib.suppress(psutil.Error):
                one.kill()  # nothing, if it has ended


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Hold the workers and the scheduler still while PostgreSQL is measured alone."""
    family = cpu.family()
    try:
        for one in family:
            one.suspend()
        yield
    finally:
        for one in family:
            with contextlib.suppress(psutil.Error):
                one.resume()


async def undisturbed(url: str, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Return what some work gives that is done in a thread, the counters folded, while the service keeps still."""
    await folded(url)
    with paused():
        return await asyncio.to_thread(work, *arguments, **named)


def wait_ready(port: int, process: "subprocess.Popen[bytes]", path: str = "/healthz") -> float:
    """Wait until the service answers there; return how many seconds that took."""
    began = time.perf_counter()
    while time.perf_counter() - began < READY_S:
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode}")
        if answers(port, path):
            return time.perf_counter() - began
        time.sleep(0.02)
    raise RuntimeError("the service did not get ready")


def answers(port: int, path: str) -> bool:
    """Tell whether the service on that port answers with success."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            answer.read()
            return True  # what is no success is raised
    except (urllib.error.URLError, OSError):
        return False


def in_loop(work):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Run a coroutine on the loop the service uses, too."""
    import uvloop  # noqa: PLC0415

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
