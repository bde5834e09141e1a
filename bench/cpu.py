"""Who spends the cores: CPU time of the workers, of PostgreSQL and of the load itself.

On a machine that others use too a rate is noisy; what a request costs is much less so.
"""

import contextlib
import os
from dataclasses import dataclass

import asyncpg
import psutil


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds of each; ``workers`` includes the scheduler beside them."""

    workers: float
    postgres: float
    load: float

    def each(self, before: "Spent", count: int) -> dict[str, float]:
        """Return microseconds a piece of work since ``before``, of which there were ``count``."""
        count = max(count, 1)
        return {
            "workers_us": 1e6 * (self.workers - before.workers) / count,
            "postgres_us": 1e6 * (self.postgres - before.postgres) / count,
            "load_us": 1e6 * (self.load - before.load) / count,
        }


class Meter:
    """Reads the CPU time of this benchmark's own processes, and of no one else's."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = psutil.Process(postmaster)

    @classmethod
    async def of(cls, url: str) -> "Meter":
        """Find the server behind an address: it is the parent of whoever answers us."""
        connection = await asyncpg.connect(url)
        try:
            return cls(psutil.Process(connection.get_server_pid()).ppid())
        finally:
            await connection.close()

    def read(self) -> Spent:
        """Return what was spent until now."""
        own = os.times()
        return Spent(
            sum(_seconds(one) for one in family()),
            _ended(self._postmaster) + sum(_seconds(one) for one in self._postmaster.children()),
            own.user + own.system,
        )


def workers() -> list[psutil.Process]:
    """Return the processes of the service that answer requests."""
    return _running("_worker")


def family() -> list[psutil.Process]:
    """Return the workers, and the scheduler that runs beside them."""
    return _running("_worker", "_scheduler")


def _running(*commands: str) -> list[psutil.Process]:
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if not set(commands).isdisjoint(one.cmdline()):
                found.append(one)
    return found


def _seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _ended(postmaster: psutil.Process) -> float:
    times = postmaster.cpu_times()
    return float(times.children_user + times.children_system)
