"""One run of the benchmark: its server, how long everything takes, and what every subject needs to begin."""

import os
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from rich.console import Console

from bench import machine

OUT = machine.OUT

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
"""What must be on: a figure of a server that may lose what it acknowledged says nothing."""


@dataclass(frozen=True)
class Run:
    """What the subjects share.

    Attributes:
        server: the address of the server's first database.
        quick: whether this is the short form.
        rounds: how many interleaved rounds a ratio is the median of.
        seconds: how long one side of a round lasts.
        connections: how many ask at once; ``desks`` how many branches work at once.
        sizes: the numbers of orders at which growth is measured.
        out: where figures and report go.
        profile: whether the workers are profiled meanwhile, which slows them.
        kept: what one subject made and another uses, too.
    """

    server: str
    quick: bool
    rounds: int
    seconds: float
    connections: int
    desks: int
    sizes: tuple[int, ...]
    out: Path = OUT
    profile: bool = False
    kept: dict[str, Any] = field(default_factory=dict)
    console: Console = field(default_factory=lambda: Console(stderr=True))

    @classmethod
    def of(cls, server: str, environment: dict[str, str] | None = None) -> Self:
        """Read how long it may take from the environment; see docs/performance.md."""
        given = dict(os.environ) if environment is None else environment
        quick = given.get("BENCH_QUICK", "") not in ("", "0")
        large = given.get("BENCH_LARGE", "") not in ("", "0")
        full = (10**4, 10**5, 10**6, *((10**7,) if large else ()))
        run = cls(
            server=server,
            quick=quick,
            rounds=2 if quick else 5,
            seconds=1 if quick else 3,
            connections=64,
            desks=16 if quick else 64,
            sizes=(10**4,) if quick else full,
            out=Path(given.get("BENCH_OUT") or OUT),
            profile=given.get("BENCH_PROFILE", "") not in ("", "0"),
        )
        changed: dict[str, Any] = {}
        if "BENCH_ROUNDS" in given:
            changed["rounds"] = int(given["BENCH_ROUNDS"])
        if "BENCH_SECONDS" in given:
            changed["seconds"] = float(given["BENCH_SECONDS"])
        return replace(run, **changed)

    async def fresh(self, name: str, template: str = machine.COUNTY) -> str:
        """Return the address of a new database, a copy of the county."""
        return await machine.copied(self.server, name, template)

    async def gone(self, name: str) -> None:
        """Drop a database that is not needed any more: the disk is not endless."""
        await machine.run(self.server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def say(self, text: str) -> None:
        """Tell whoever waits what happens now."""
        self.console.print(f"[dim]{text}[/]", highlight=False)

    def profiled(self, name: str) -> Any:
        """Return a context in which the workers are profiled, if that was asked for."""
        return _profiled(self.out / f"profile-{name}.svg") if self.profile else nullcontext()


@contextmanager
def _profiled(path: Path) -> Any:
    from bench.profiling import flames  # noqa: PLC0415 - only where asked for

    with flames(path):
        yield


MEMORY = ("tmpfs", "ramfs")
"""File systems that are no disk."""


async def check_durable(
    url: str,
    show: Callable[[str, str], Any] = machine.show,
    filesystem: Callable[[str], Any] = machine.filesystem,
) -> None:
    """See to it that what is acknowledged is on disk.

    Raises:
        RuntimeError: it is not; nothing is measured then.
    """
    for name in DURABLE:
        if await show(url, name) != "on":
            raise RuntimeError(f"{name} is off: figures of a server that may lose what it acknowledged say nothing")
    kind = await filesystem(url)
    if kind in MEMORY:
        raise RuntimeError(f"the database lies in memory ({kind}): name a folder on a disk by BENCH_DIR")
