"""One process that serves: the socket, the application, a companion beside it, and the way all of it stops."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import structlog

from dispatch.running import CannotRunError
from dispatch.settings import Settings

log = structlog.get_logger()

BACKLOG = 1024
"""How many connections may wait to be taken."""

FINISH_S = 3.0
"""How long requests under way may take once the service is told to stop."""

CLOSE_S = 1.5
"""How long each of the companion and the database may take after that."""

ANSWER_S = 30.0
"""The longest until the first answer to /healthz."""

RESTART_S = 5.0
"""The pause before a companion that failed is started again."""

Companion = Callable[[Any, asyncio.Event], Awaitable[None]]
"""What runs beside the web service in the same loop, until the event is set: the scheduler."""

Said = Callable[[], Awaitable[None]]


def bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Return a socket that has the address and does not listen yet.

    Args:
        host: a name or an address.
        port: the port.
        shared: let other processes of ours have the same port; somebody else's is refused all the same.

    Raises:
        CannotRunError: the port is in use or not allowed, or the host is not one of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise _no_address(host, port, error) from error
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(address)
    except OSError as error:
        taken.close()
        raise _no_address(host, port, error) from error
    return taken


def _no_address(host: str, port: int, error: OSError) -> CannotRunError:
    if error.errno == errno.EADDRINUSE:
        return CannotRunError(
            f"端口 {port} 已被占用；请先停止占用它的程序，或换一个端口，例如 PORT={_another(port)}。",
            f"port {port} is in use; stop what uses it, or take another one, for instance PORT={_another(port)}.",
        )
    return CannotRunError(
        f"无法在 {host}:{port} 提供服务({error.strerror});请检查 --host 和 --port。",
        f"{host}:{port} can't be served ({error.strerror}); check --host and --port.",
    )


def _another(port: int) -> int:
    return port + 1 if port < 65_535 else 8080  # noqa: PLR2004 - the highest port


def address(host: str, port: int) -> str:
    """Return the URL at which this machine reaches ``host``; an address that means "all" is its own."""
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{own}]:{port}" if ":" in own else f"http://{own}:{port}"


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` on the fast event loop where there is one."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with contextlib.suppress(ImportError):  # not on every system
        import uvloop  # noqa: PLC0415

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)


def stop_at_signals(on_stop: Callable[[], None] = lambda: None) -> asyncio.Event:
    """Return the event that SIGINT, SIGTERM or a closed terminal sets; a second signal changes nothing."""
    stop = asyncio.Event()

    def told() -> None:
        first = not stop.is_set()
        stop.set()
        if first:
            on_stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # nohup
        loop.add_signal_handler(number, told)
    return stop


def load() -> None:
    """Import what ``serve`` needs; worth doing before the database is there."""
    with loading():
        import dispatch.web.app  # noqa: F401, PLC0415 - heavy


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage meanwhile: modules leave none, and looking takes a twelfth of the time they take."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def serve(
    settings: Settings,
    url: str,
    taken: socket.socket,
    stop: asyncio.Event,
    *,
    companion: Companion | None = None,
    started: Said | None = None,
) -> None:
    """Serve on ``taken`` until ``stop``; then take nothing new, finish what is under way, and close.

    Args:
        settings: how this deployment runs.
        url: the database.
        taken: a bound socket.
        stop: set from outside.
        companion: runs beside, and is started again where it fails.
        started: awaited once connections are taken.

    Raises:
        Unavailable: the database is away at the start.
        CannotRunError: somebody took the port meanwhile.
    """
    from aiohttp import web  # noqa: PLC0415 - the parent of several workers needs none of it

    from dispatch.usecases.service import Service  # noqa: PLC0415
    from dispatch.web.app import create_app  # noqa: PLC0415

    service = await Service.open(settings, url)
    settle()
    try:
        runner = web.AppRunner(create_app(service), access_log=None, handle_signals=False, shutdown_timeout=FINISH_S)
        await runner.setup()
        beside: list[asyncio.Task[None]] = []
        try:
            try:
                await web.SockSite(runner, taken, backlog=BACKLOG).start()
            except OSError as error:
                host, port = taken.getsockname()[:2]
                raise _no_address(host, port, error) from error
            if companion is not None:
                beside.append(asyncio.create_task(accompany(companion, service, stop)))
            if started is not None:
                beside.append(asyncio.create_task(_say(started)))
            await stop.wait()
        finally:
            await runner.cleanup()
            await _end(beside)
    finally:
        await _end([asyncio.create_task(service.close())])


GARBAGE = 20_000
"""After how many new objects the collector looks for garbage in cycles: requests leave next to none."""


def settle() -> None:
    """Take what the process was loaded with, a whole county, out of what the collector walks through each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


async def _say(started: Said) -> None:
    try:
        await started()
    except Exception:
        log.exception("not_answering")


async def accompany(companion: Companion, service: Any, stop: asyncio.Event) -> None:
    """Run ``companion`` until ``stop``, again after a pause where it fails."""
    while not stop.is_set():
        try:
            await companion(service, stop)
        except Exception:
            log.exception("companion_failed", again_in_s=RESTART_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RESTART_S):
                await stop.wait()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Wait a little for tasks that are ending, then end them."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=CLOSE_S)
    for task in late:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("ended_badly", error=type(result).__name__)


async def answering(base: str) -> bool:
    """Wait until ``base``/healthz answers; False where it does not within ``ANSWER_S``."""
    import aiohttp  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    until = loop.time() + ANSWER_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5), trust_env=False) as client:
        while loop.time() < until:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with client.get(f"{base}/healthz") as response:
                    if response.ok:
                        return True
            await asyncio.sleep(0.1)
    return False
