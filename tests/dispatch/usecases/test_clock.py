"""The service's time: one for all processes, and it never jumps back."""

import asyncio
from datetime import UTC, datetime, timedelta

from dispatch.usecases.clock import ServiceClock, read_clock, set_rate

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def test_time_runs_at_its_rate_from_where_it_was_set() -> None:
    clock = ServiceClock(60.0, NOON, NOON + timedelta(days=1))
    assert clock.at(NOON + timedelta(minutes=1)) == NOON + timedelta(days=1, hours=1)
    assert not clock.plain


async def test_every_process_that_runs_hears_of_a_new_rate(service) -> None:
    assert service.clock.plain
    told = await set_rate(service.database, 3600.0)
    async with asyncio.timeout(120):
        while service.clock.rate != 3600.0:
            await asyncio.sleep(0.025)
    assert service.clock == told == await read_clock(service.database)


async def test_a_rate_set_again_changes_nothing_and_plain_time_afterwards_keeps_what_has_passed(service) -> None:
    fast = await set_rate(service.database, 3600.0)
    assert await set_rate(service.database, 3600.0) == fast
    before = fast.now()
    plain = await set_rate(service.database, 1.0)
    assert plain.rate == 1.0
    assert plain.now() >= before
