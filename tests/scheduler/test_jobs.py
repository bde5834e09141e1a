"""What the clock does, row by row."""

from datetime import UTC, datetime, timedelta

from dispatch.domain.order import Actor
from dispatch.settings import Settings
from dispatch.storage import county, keeping
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service
from scheduler.jobs import JOBS, LOOKS_KEPT, PERSONAL_KEPT

ENDED = datetime(2026, 1, 5, tzinfo=UTC)


def test_what_is_due_is_looked_for_at_least_once_a_second():
    assert min(job.seconds for job in JOBS if job.name == "sweep") <= 1


async def test_what_is_personal_goes_half_a_year_after_the_end_and_the_ledger_still_verifies(service) -> None:
    def request(category: str) -> Request:
        return Request(category, "演示", Place(grid="141123100016"), None, "10003000001", None, None, False, None, None)

    gone = await submit(service, request("9002"), Actor(), None, ENDED)  # redirected, and so at its end
    fresh = await submit(service, request("9002"), Actor(), None, ENDED + timedelta(days=9))
    open_ = await submit(service, request("0901"), Actor(), None, ENDED)
    now = ENDED + PERSONAL_KEPT + timedelta(days=1)
    assert await keeping.erase(service.database, now - PERSONAL_KEPT, now - LOOKS_KEPT) == 1
    left = await service.database.fetch("SELECT order_id FROM order_contents")
    assert {row["order_id"] for row in left} == {fresh.order.id, open_.order.id}
    assert gone.order.id not in {row["order_id"] for row in left}
    assert await keeping.erase(service.database, now - PERSONAL_KEPT, now - LOOKS_KEPT) == 0
    verified = await verify(service.database)
    assert (verified.findings, verified.summary.erased) == ([], 1)


async def test_only_a_sweep_that_went_well_is_put_on_record(service, file_many) -> None:
    await file_many(service, 3, ENDED)
    sweep, beat = (job.run for name in ("sweep", "beat") for job in JOBS if job.name == name)

    async def heard() -> datetime | None:
        await beat(service)
        return await county.last_beat(service.database, county.SCHEDULER)

    assert await heard() is None, "nothing was swept yet"
    await sweep(service)
    first = await county.last_beat(service.database, county.SCHEDULER)
    assert first is not None, "the first is told at once: nobody waits three seconds for a service that is ready"
    assert await heard() == first
    await service.database.execute("ALTER TABLE set_aside RENAME TO away")
    for _ in range(3):
        await sweep(service)
        assert await heard() == first
    await service.database.execute("ALTER TABLE away RENAME TO set_aside")
    await sweep(service)
    assert await heard() > first


async def test_a_scheduler_that_has_no_county_to_sweep_is_well(database_url) -> None:
    service = await Service.open(Settings(), database_url, connections=2)
    try:
        for name in ("sweep", "beat"):
            await next(job.run for job in JOBS if job.name == name)(service)
        assert await county.last_beat(service.database, county.SCHEDULER) is not None
    finally:
        await service.close()
