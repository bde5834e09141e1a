"""The county's own ledger on a real database: one chain a region, which nobody forks and nobody rewrites."""

import asyncio
from datetime import UTC, datetime

import pytest

from dispatch.domain.county_acts import Entry, Subject, examine
from dispatch.storage import county_ledger
from dispatch.storage.county_ledger import NEWEST
from dispatch.storage.database import RejectedError
from dispatch.usecases.ledger import verify

AT = datetime(2026, 7, 1, 1, 2, 3, 456789, tzinfo=UTC)
GRIDS = """INSERT INTO grids (id, code, name, level, level_name, kind, parent_id, lo, hi) VALUES
    (1, '14', '省', 0, '省', 'province', NULL, 0, 5), (2, '141123', '兴县', 1, '县', 'county', 1, 1, 3),
    (3, '141123100', '镇', 2, '镇', 'township', 2, 2, 3), (4, '141124', '临县', 1, '县', 'county', 1, 3, 5),
    (5, '141124100', '镇', 2, '镇', 'township', 4, 4, 5)"""


def entry(grid=3, **data):
    return Entry(AT, None, Subject.POLICY, grid, data)


async def write(database, *entries):
    async with database.transaction() as connection:
        for one in entries:
            await county_ledger.record(connection, one)


async def acts(database):
    async with database.transaction() as connection:
        return [act async for act in county_ledger.acts(connection)]


@pytest.fixture
async def counties(database):
    await database.execute(GRIDS)
    return database


async def test_each_region_has_its_own_chain_and_a_grid_above_all_counties_the_roots(counties):
    await write(counties, entry(3), entry(2), entry(5), entry(1))
    assert [(act.region, act.number, act.entry.grid_id) for act in await acts(counties)] == [
        (1, 1, 1), (2, 1, 3), (2, 2, 2), (4, 1, 5),
    ]  # fmt: skip


async def test_writers_at_the_same_moment_do_not_fork_the_chain(counties):
    await asyncio.gather(*(write(counties, entry(n % 2 + 2, n=n)) for n in range(12)))
    found = await acts(counties)
    assert [act.number for act in found] == list(range(1, 13))
    assert list(examine(found)) == []


async def begin_and_fail(database):
    async with database.transaction() as connection:
        await county_ledger.record(connection, entry())
        raise ZeroDivisionError


async def test_an_act_stands_or_falls_with_the_transaction_it_is_written_in(counties):
    with pytest.raises(ZeroDivisionError):
        await begin_and_fail(counties)
    assert await acts(counties) == []


async def test_what_is_written_reads_back_as_it_was_and_the_chain_holds(counties):
    await write(
        counties, entry(at=AT, number=1e20, share=0.5, whole=2.0, text="“引号”\\", none=None, nested={"a": [1]})
    )
    (act,) = await acts(counties)
    assert act.entry.at == AT
    assert act.entry.data["at"] == AT.isoformat()
    assert list(examine([act])) == []
    assert (await verify(counties)).summary.acts == 1


async def test_a_grid_that_is_not_there_is_refused(counties):
    with pytest.raises(LookupError):
        await write(counties, entry(99))


@pytest.mark.parametrize(
    "statement", ["UPDATE county_events SET number = 9", "DELETE FROM county_events", "TRUNCATE county_events"]
)
async def test_nothing_is_changed_or_taken_away(counties, statement):
    await write(counties, entry())
    with pytest.raises(RejectedError):
        await counties.execute(statement)


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE county_events SET data = '{\"a\": 2}' WHERE number = 2", ["141123/2"]),
        ("UPDATE county_events SET at = at + interval '1 microsecond' WHERE number = 1", ["141123/1"]),
        ("UPDATE county_events SET subject = 'nothing we know' WHERE number = 3", ["141123/3"]),
        ("DELETE FROM county_events WHERE number = 2", ["141123/2"]),
        ("UPDATE county_events SET actor_id = 7 WHERE number = 3", ["141123/3"]),
    ],
)
async def test_whoever_gets_round_that_is_found_by_the_verification(counties, tampering, found):
    await write(counties, entry(a=1), entry(a=1), entry(a=1))
    assert (await verify(counties)).findings == []
    async with counties.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(tampering)
    assert [finding.number for finding in (await verify(counties)).findings] == found


async def test_a_page_holds_what_concerns_a_subtree_and_the_cursor_leads_on(counties):
    await write(counties, entry(3, n=1), entry(5, n=2), entry(1, n=3), entry(2, n=4))
    township = [(2, 3)]
    first = await county_ledger.page(counties, township, NEWEST, 2)
    last = first[-1][0]
    second = await county_ledger.page(counties, township, (last.entry.at, last.region, last.number), 2)
    assert [act.entry.data["n"] for act, _ in first + second] == [4, 1, 3]
