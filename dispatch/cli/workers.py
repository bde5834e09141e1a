"""Several processes on one port: started, watched, started again when they die, and stopped together.

All of them hold the reading end of one pipe. Its writing end is the parent's alone, so they read its end when the
parent stops, and just as well when it is killed: nobody is orphaned, and no signal is needed.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from dispatch.cli.terminal import warn

READY = b"ready\n"
"""What a worker writes to its standard output once it takes connections."""

GRACE_S = 7.0
"""How long workers may take to finish; more than serve's own limits together."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _HEALTHY_S = 0.5, 10.0, 30.0


class Workers:
    """The worker processes of one service."""

    def __init__(self, arguments: list[str], environment: dict[str, str], scheduler: bool) -> None:
        self._arguments = arguments
        self._environment = environment
        self._scheduler = scheduler
        self._stopping = False
        self._reading, self._writing = os.pipe()

    async def run(self, count: int, stop: asyncio.Event, started: Callable[[], Awaitable[None]]) -> None:
        """Keep ``count`` workers running until ``stop``; ``started`` is awaited when all of them are ready."""
        with tempfile.TemporaryDirectory(prefix="grid-dispatch-metrics-") as metrics:
            self._environment["PROMETHEUS_MULTIPROC_DIR"] = metrics
            ready = [asyncio.Event() for _ in range(count)]
            keeping = [asyncio.create_task(self._keep(number, event, metrics)) for number, event in enumerate(ready)]
            saying = asyncio.create_task(_say(ready, started))
            await stop.wait()
            self._stopping = True
            saying.cancel()
            os.close(self._writing)
            _, late = await asyncio.wait(keeping, timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(saying, *keeping, return_exceptions=True)
        os.close(self._reading)

    async def _keep(self, number: int, ready: asyncio.Event, metrics: str) -> None:
        """Run worker ``number``, again and again; the pause grows while it dies young."""
        pause = _FIRST_PAUSE_S
        clock = asyncio.get_running_loop().time
        while not self._stopping:
            began = clock()
            process = await self._spawn(number)
            try:
                if await process.stdout.readline() == READY:  # type: ignore[union-attr] # it is a pipe
                    ready.set()
                code = await process.wait()
            except asyncio.CancelledError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
                raise
            _bury(process.pid, metrics)
            if self._stopping:
                return
            pause = _FIRST_PAUSE_S if clock() - began > _HEALTHY_S else min(pause * 2, _LONGEST_PAUSE_S)
            warn(
                f"工作进程 {number}（进程号 {process.pid}）意外退出（代码 {code}），{pause:g} 秒后重新启动。",
                f"worker {number} (process {process.pid}) ended with code {code}; starting it again in {pause:g} s.",
            )
            await asyncio.sleep(pause)

    async def _spawn(self, number: int) -> asyncio.subprocess.Process:
        with_scheduler = ["--scheduler"] if self._scheduler and number == 0 else []
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dispatch", "_worker", *self._arguments, *with_scheduler),
            *("--lifeline", str(self._reading)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=self._environment,
            pass_fds=(self._reading,),
            start_new_session=True,  # Ctrl-C is for the parent, who stops them in order
        )


async def _say(ready: list[asyncio.Event], started: Callable[[], Awaitable[None]]) -> None:
    for event in ready:
        await event.wait()
    await started()


def _bury(pid: int, metrics: str) -> None:
    """Drop the gauges that only a living process has."""
    for file in Path(metrics).glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)


def stop_when_orphaned(lifeline: int, stop: asyncio.Event) -> None:
    """Set ``stop`` once nobody holds the other end of the pipe any more."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(lifeline)
        stop.set()

    loop.add_reader(lifeline, ended)
