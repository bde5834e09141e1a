"""One day of the county, played over HTTP against a running service that carries the demo county."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from dispatch.demo.board import Board
from dispatch.demo.cast import cast
from dispatch.demo.client import Client, UnexpectedError
from dispatch.demo.grids import COUNTY
from dispatch.demo.life import Stage
from dispatch.demo.pace import Pace
from dispatch.demo.plans import Plan, plan
from dispatch.demo.players import Story
from dispatch.demo.requests import requests as day_of_requests
from dispatch.demo.table import Row, figures, show
from dispatch.demo.telling import announce, conclude
from dispatch.running import CannotRunError

AFTER = timedelta(days=3)
"""How long the play goes on after its day, in service time, so that what is forgotten can rise."""

_SEED = 1
_TIMEOUT_S = 60.0
_PLAYED_AT_ONCE = 16  # where nobody waits; otherwise all orders live at the same time
_TICK_S = 0.25
_ELSEWHERE = "90"
_HTTP_ERROR = 400


@dataclass(frozen=True)
class Outcome:
    """What became of the day.

    Attributes:
        rows: the figures of each township, as the API gives them.
        total: their sum.
        actions: events of the day's orders, by action.
        lost: how often somebody else was first, by the problem's code; this is part of a day.
        problems: everything the service should not have answered, and how often.
    """

    rows: tuple[Row, ...]
    total: Row
    actions: Counter[str]
    lost: Counter[str]
    problems: Counter[str]

    @property
    def failed(self) -> bool:
        """Whether anything went as it should not."""
        return bool(self.problems)


async def play(
    base_url: str, *, requests: int = 200, console: Console, lang: str = "zh", after: timedelta = AFTER
) -> Outcome:
    """Play a day, print its table and return what became of it.

    Args:
        base_url: where the service answers, without a path.
        requests: how many requests are filed.
        console: where progress and the table are shown.
        lang: ``zh`` or ``en``.
        after: how long people go on after the day, in service time.

    Raises:
        CannotRunError: the service is not ready, or does not carry the demo county.
        aiohttp.ClientConnectionError: nothing answers at ``base_url``.
    """
    begun_at, everybody = asyncio.get_running_loop().time(), cast()
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        client = Client(session, base_url, everybody.county_supervisor)
        await _is_demo(client, everybody.county_supervisor)
        pace = await _pace(client, after)
        announce(console, pace, requests, lang)
        board = Board(client, pace, everybody.county_supervisor)
        stage = Stage(client, everybody, pace, board, secrets.token_hex(6))
        stories = _stories(stage, requests)
        if not pace.hurried:
            await _gather(stage, stories, console, lang)
            begun = await _pace(client, after)
            pace.now_at_start, pace.started = begun.now_at_start, begun.started
        await _play(stage, stories, console, lang)
        filed = {story.order["id"]: story.order["submitted_at"] for story in stories if story.order is not None}
        found = await figures(client, everybody, filed, min(filed.values(), default=""))
        await client.leave()
    client.problems.update(client.never_taken())
    if found.missing:
        client.problems["GET /orders: missing"] += found.missing
    show(console, found, lang)
    outcome = Outcome(tuple(found.rows), found.total, found.actions, client.lost, client.problems)
    conclude(console, client, lang, asyncio.get_running_loop().time() - begun_at)
    return outcome


async def _is_demo(client: Client, supervisor: str) -> None:
    """Make sure that invented requests go to the invented county only."""
    status, grid = await client.ask("GET", f"/api/v1/grids/{COUNTY}")
    carried = status < _HTTP_ERROR and isinstance(grid, dict) and grid.get("code") == COUNTY
    with contextlib.suppress(UnexpectedError):
        if carried and await client.token(supervisor):
            return
    raise CannotRunError(
        "这个服务里没有演示县（或演示帐号不能登录），没有提交任何内容；请用 grid-dispatch serve --demo 启动。",
        "this service does not carry the demo county (or its accounts can't log in), so nothing was filed; start one "
        "with grid-dispatch serve --demo.",
    )


async def _pace(client: Client, after: timedelta) -> Pace:
    loop = asyncio.get_running_loop()
    asked = loop.time()
    status, ready = await client.ask("GET", "/readyz")
    if status >= _HTTP_ERROR:
        checks = ready.get("checks", {}) if isinstance(ready, dict) else {}
        wrong = ", ".join(name for name, check in checks.items() if not check["ok"])
        raise CannotRunError(
            f"服务还没有就绪（{wrong}），没有提交任何内容；请看 /readyz。",
            f"the service is not ready ({wrong}), so nothing was filed; see /readyz.",
        )
    clock = ready["clock"]
    return Pace(clock["rate"], datetime.fromisoformat(clock["now"]), (asked + loop.time()) / 2, after)


def _stories(stage: Stage, count: int) -> list[Story]:
    """Give each request its plan; what is not this service's business needs none, and takes no turn."""
    stories, turn = [], 0
    for number, request in enumerate(day_of_requests(count, _SEED), start=1):
        elsewhere = request.category.startswith(_ELSEWHERE)
        stories.append(Story(stage, Plan() if elsewhere else plan(turn), request, number))
        turn += not elsewhere
    return stories


async def _gather(stage: Stage, stories: list[Story], console: Console, lang: str) -> None:
    """Let people log in before the day, since an hour of the service's may be shorter than that takes."""
    limit = asyncio.Semaphore(_PLAYED_AT_ONCE)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("people log in" if lang == "en" else "上岗登录", total=len(stories))

        async def one(story: Story) -> None:
            async with limit:
                await _guarded(stage.client, story.come())
            progress.advance(task)

        await asyncio.gather(*(one(story) for story in stories))


async def _play(stage: Stage, stories: list[Story], console: Console, lang: str) -> None:
    """Let the day pass: everybody acts until all is settled or the time is up."""
    pace, en = stage.pace, lang == "en"
    limit = asyncio.Semaphore(_PLAYED_AT_ONCE if pace.hurried else len(stories))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        filed = progress.add_task("filed" if en else "点单", total=len(stories))
        settled = progress.add_task("settled" if en else "办完", total=len(stories))

        async def file(story: Story) -> bool:
            await pace.until(pace.filing_at(story.minute))
            good = await _guarded(stage.client, story.file())
            progress.advance(filed)
            return good

        async def one(story: Story, filing: asyncio.Task[bool]) -> None:
            async with limit:
                if await filing:
                    await _guarded(stage.client, story.play())
            progress.advance(settled)

        async def watch() -> None:
            while not (await _guarded(stage.client, stage.board.watch()) or pace.over.is_set()):
                await pace.rest(1.0)

        filings = [asyncio.create_task(file(story)) for story in stories]
        lives = [asyncio.create_task(one(*pair)) for pair in zip(stories, filings, strict=True)]
        beside = [
            asyncio.create_task(watch()),
            asyncio.create_task(_end(stage, filings)),
            asyncio.create_task(_tell_time(pace, progress, filed, en=en)),
        ]
        try:
            await asyncio.gather(*lives)
        finally:
            pace.over.set()
            stage.board.close()
            for task in (*filings, *lives):
                task.cancel()
            await asyncio.gather(*lives, *beside, return_exceptions=True)


async def _guarded(client: Client, work: Coroutine[None, None, None]) -> bool:
    """Do something and tell whether the service did its part; what it did not do is counted, and the others go on."""
    try:
        await work
    except UnexpectedError:
        return False
    except (aiohttp.ClientError, TimeoutError) as away:
        client.problems[f"no answer: {type(away).__name__}"] += 1
        return False
    return True


async def _end(stage: Stage, filings: list[asyncio.Task[bool]]) -> None:
    """End the play some days after its own; where nobody waits it ends by itself."""
    await asyncio.wait(filings)
    if not stage.pace.hurried:
        await stage.pace.rest(stage.pace.ends_in())
        stage.pace.over.set()
        stage.board.close()


async def _tell_time(pace: Pace, progress: Progress, task: TaskID, *, en: bool) -> None:
    while not pace.over.is_set():
        progress.update(task, description=f"{'filed' if en else '点单'} {pace.local_now():%m-%d %H:%M}")
        await pace.rest(_TICK_S)
