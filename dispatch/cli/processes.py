"""What ``serve`` and ``scheduler`` run: everything in one process, a parent with its family, the scheduler alone."""

import asyncio
import contextlib
import dataclasses
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator

from dispatch import logs
from dispatch.cli import banner, ticking
from dispatch.cli.preparing import prepare
from dispatch.cli.terminal import say, tell, warn
from dispatch.cli.workers import Family
from dispatch.running import CannotRunError
from dispatch.settings import Settings
from dispatch.web import serve as web

WATCH_S = 2.0
"""How often the embedded server is looked after."""

Revive = Callable[[], bool] | None
"""Starts the embedded server again if it was killed; None where the server is not ours."""


def serve(host: str | None, port: int | None, *, workers: int, scheduler: bool, demo: bool) -> None:
    """Prepare the database and serve until told to stop; the embedded server stops last."""
    settings = _settings(host, port)
    logs.configure()
    with contextlib.closing(web.bound(settings.host, settings.port)) as taken:
        if workers == 1:
            _alone(settings, taken, ticking.beside if scheduler else None, demo=demo)
        else:
            taken.close()
            # Held as well as shared, so that the port stays ours while a worker is being replaced.
            with (
                contextlib.closing(web.bound(settings.host, settings.port, shared=True)),
                Family(workers, settings.host, settings.port, scheduler=scheduler) as family,
            ):
                _together(settings, family, demo=demo)
    tell("已停止，数据保留。", "Stopped; the data is kept.")


def _alone(settings: Settings, taken: socket.socket, companion: web.Companion | None, *, demo: bool) -> None:
    """Do everything in this process."""
    loading = threading.Thread(target=_load, args=(companion is not None,), daemon=True)
    loading.start()  # while the embedded server starts, which leaves this process idle
    with _database(settings) as (url, revive):
        loading.join()
        prepared = asyncio.run(prepare(settings, url, demo=demo))
        web.run(_one(settings, url, taken, companion, revive, banner.Hello(settings, prepared)))


def _load(with_scheduler: bool) -> None:
    with contextlib.suppress(Exception):  # whoever wants what can't be loaded says so
        web.load()
        if with_scheduler:
            ticking.load()


def _together(settings: Settings, family: Family, *, demo: bool) -> None:
    """Have a family do the work; its members load what they need while the database is made ready."""
    with asyncio.Runner() as runner:
        try:
            runner.run(family.begin())
            with _database(settings) as (url, revive):
                prepared = runner.run(prepare(settings, url, demo=demo))
                runner.run(_many(family, settings, url, revive, banner.Hello(settings, prepared)))
        finally:
            runner.run(family.abandon())


async def _one(
    settings: Settings,
    url: str,
    taken: socket.socket,
    companion: web.Companion | None,
    revive: Revive,
    hello: banner.Hello,
) -> None:
    stop = web.stop_at_signals(_say_stopping)
    async with _looked_after(revive):
        await web.serve(settings, url, taken, stop, companion=companion, started=lambda: _greet(settings, hello))


async def _many(family: Family, settings: Settings, url: str, revive: Revive, hello: banner.Hello) -> None:
    stop = web.stop_at_signals(_say_stopping)
    async with _looked_after(revive):
        await family.run(url, stop, lambda: _greet(settings, hello))


def _say_stopping() -> None:
    tell("正在停止……", "Stopping…")


async def _greet(settings: Settings, hello: banner.Hello) -> None:
    if await web.answering(web.address(settings.host, settings.port)):
        hello.print()
    else:
        warn("服务没有应答 /healthz，请看上面的日志。", "The service does not answer /healthz; see the log above.")


@contextlib.asynccontextmanager
async def _looked_after(revive: Revive) -> AsyncIterator[None]:
    """Start the embedded server again whenever somebody kills it."""
    if revive is None:
        yield
        return
    watching = asyncio.create_task(_watch(revive))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(revive: Callable[[], bool]) -> None:
    while True:
        await asyncio.sleep(WATCH_S)
        try:
            if await asyncio.to_thread(revive):
                warn("内嵌的 PostgreSQL 意外停止，已重新启动。", "The embedded PostgreSQL had stopped; it runs again.")
        except CannotRunError as error:
            warn(error.zh, error.en)


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, Revive]]:
    if settings.database_url is not None:
        yield settings.database_url, None
        return
    from dispatch.embedded import Embedded  # noqa: PLC0415 - not where a server is named

    say("正在启动内嵌的 PostgreSQL……", "Starting the embedded PostgreSQL…")
    held = Embedded(settings.data_dir)
    try:
        yield held.url, held.revive
    finally:
        held.close()


def _settings(host: str | None, port: int | None) -> Settings:
    settings = Settings.read()
    return dataclasses.replace(settings, host=host or settings.host, port=port or settings.port)


def scheduler() -> None:
    """Run the scheduler alone until told to stop."""
    settings = Settings.read()
    logs.configure()
    with _database(settings) as (url, revive):
        prepared = asyncio.run(prepare(settings, url, demo=False, set_clock=False))
        banner.say_clock(prepared.clock)
        web.run(_ticking(settings, url, revive))
    tell("已停止，数据保留。", "Stopped; the data is kept.")


async def _ticking(settings: Settings, url: str, revive: Revive) -> None:
    stop = web.stop_at_signals(_say_stopping)
    async with _looked_after(revive):
        await ticking.alone(settings, url, stop, _say_ticking)


async def _say_ticking() -> None:
    say("就绪 / ready: 定时任务正在运行", "ready: the scheduler runs")
