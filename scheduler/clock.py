"""The clock that ticks: APScheduler, with no state of its own. What is due, PostgreSQL knows."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from dispatch.domain import errors
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service
from scheduler.jobs import JOBS, Job

log = structlog.get_logger()

LAST_S = 5.0
"""How long jobs under way may take once the clock is told to stop, in seconds."""


async def run(service: Service, stop: asyncio.Event) -> None:
    """Run every job of the table until ``stop`` is set; a job under way is finished first.

    Any number of processes may do this on one database: each sweep takes only what no other has.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    under_way: set[asyncio.Task[None]] = set()
    for job in JOBS:
        scheduler.add_job(
            _careful(job, service, under_way),
            IntervalTrigger(seconds=job.seconds, timezone="UTC"),
            id=job.name,
            max_instances=1,  # a slow sweep is not overtaken by the next
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=wall_now(),  # at once, without waiting for the first interval
        )
    scheduler.start()
    try:
        await stop.wait()
    finally:
        scheduler.pause()
        late = (await asyncio.wait(under_way, timeout=LAST_S))[1] if under_way else set()
        for task in late:  # a sweep of a long backlog: what it has not committed, the next one does
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        scheduler.shutdown(wait=False)  # it cancels what waits for a job that is under way, so not before


def _careful(job: Job, service: Service, under_way: set[asyncio.Task[None]]) -> Callable[[], Awaitable[None]]:
    """Wrap a job so that its failure is logged and the next tick tries again."""

    async def tick() -> None:
        task = asyncio.create_task(_once(job, service))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        await asyncio.wait({task})  # ends quietly where the task is cancelled, and does not cancel it

    return tick


async def _once(job: Job, service: Service) -> None:
    try:
        await job.run(service)
    except errors.Unavailable:
        log.warning("database_away", job=job.name)
    except Exception:
        log.exception("job_failed", job=job.name)
