"""An overview of the county tells when it was last brought in, however much was decided since."""

from datetime import UTC, datetime, timedelta

from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Role
from dispatch.storage import county_ledger
from dispatch.usecases.stock import overview

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ADMINISTRATOR = Actor(1, (Grant(Role.ADMINISTRATOR, 1, None),))


async def act(service, subject: Subject, at: datetime) -> None:
    async with service.database.transaction() as connection:
        await county_ledger.record(connection, Entry(at, 1, subject, 1, {"did": "something"}))


async def test_the_last_import_is_told_however_many_acts_came_after_it(small_county) -> None:
    assert (await overview(small_county, ADMINISTRATOR, NOW))["imported_at"] is None
    for days in (9, 8):
        await act(small_county, Subject.IMPORT, NOW - timedelta(days=days))
    for minutes in range(250):
        await act(small_county, Subject.PEOPLE, NOW - timedelta(minutes=minutes))
    told = (await overview(small_county, ADMINISTRATOR, NOW))["imported_at"]
    assert told == (NOW - timedelta(days=8)).isoformat()
