"""The county's acts in the anchors: once anchored, none is cut off or rewritten unseen, not even the newest."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain.county_acts import Entry, Subject, act_hash
from dispatch.domain.examining import Fault
from dispatch.domain.ledger import ACTS, GENESIS, GRACE, anchor_hash
from dispatch.storage import county_ledger, orders
from dispatch.usecases.ledger import anchor_all, anchor_daily, verify

AT = datetime(2026, 7, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
GRIDS = """INSERT INTO grids (id, code, name, level, level_name, kind, parent_id, lo, hi) VALUES
    (1, '14', '省', 0, '省', 'province', NULL, 0, 3), (2, '141123', '兴县', 1, '县', 'county', 1, 1, 2),
    (3, '141124', '临县', 1, '县', 'county', 1, 2, 3)"""


def entry(grid=2, at=AT, **data):
    return Entry(at, None, Subject.POLICY, grid, data)


async def decide(database, *entries):
    async with database.transaction() as connection:
        for one in entries:
            await county_ledger.record(connection, one)


async def by_hand(database, statement, *args):
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(statement, *args)


async def value(database, query):
    return (await database.fetchrow(query))[0]


async def found(database):
    return [(finding.kind, finding.number) for finding in (await verify(database)).findings]


@pytest.fixture
async def counties(database):
    await database.execute(GRIDS)
    return database


@pytest.fixture
async def anchored(counties):
    await decide(counties, entry(n=1), entry(n=2), entry(n=3))
    assert len(await anchor_all(counties, AT + GRACE)) == 1
    assert await found(counties) == []
    return counties


async def test_a_region_where_only_acts_moved_is_anchored_at_the_newest_of_them(anchored):
    (anchor,) = await anchored.fetch("SELECT * FROM anchors")
    (head,) = await anchored.fetch("SELECT order_id, version, head FROM anchor_heads")
    assert (anchor["region"], anchor["orders"]) == (2, 0)
    newest = await value(anchored, "SELECT hash FROM county_events WHERE number = 3")
    assert tuple(head) == (ACTS, 3, newest)
    assert anchor["hash"] == anchor_hash(GENESIS, 2, 1, AT, [(ACTS, 3, newest)])


async def test_where_no_act_moved_there_is_no_further_anchor_and_where_one_did_only_that_region_s(anchored):
    assert await anchor_all(anchored, AT + 2 * DAY) == []
    await decide(anchored, entry(3, AT + 3 * DAY))
    (anchor,) = await anchor_all(anchored, AT + 3 * DAY + GRACE)
    assert (anchor.region, anchor.number) == (3, 1)
    await decide(anchored, entry(2, AT + 4 * DAY), entry(1, AT + 4 * DAY))
    made = await anchor_daily(anchored, AT + 5 * DAY)
    assert [(anchor.region, anchor.number) for anchor in made] == [(1, 1), (2, 2)]
    assert await found(anchored) == []


async def test_an_act_within_the_grace_waits_and_one_dated_long_ago_is_anchored_all_the_same(counties):
    await decide(counties, entry())
    assert await anchor_all(counties, AT + GRACE - timedelta(microseconds=1)) == []
    assert len(await anchor_all(counties, AT + GRACE)) == 1
    await decide(counties, entry(2, AT - 30 * DAY))  # caught up with after an outage
    assert len(await anchor_all(counties, AT + DAY)) == 1
    assert await value(counties, "SELECT max(version) FROM anchor_heads") == 2
    assert await found(counties) == []


async def test_a_region_without_acts_anchors_as_before(counties):
    assert await orders.reserve_serials(counties, 2, 1) == 1, "no order is ever 0"
    assert await anchor_all(counties, AT) == []
    await decide(counties, entry(3))
    assert [anchor.region for anchor in await anchor_all(counties, AT + GRACE)] == [3]


@pytest.mark.parametrize("count", [1, 3])
async def test_acts_cut_off_at_the_end_are_missed_and_not_taken_for_an_order(anchored, count):
    await by_hand(anchored, "DELETE FROM county_events WHERE number > $1", 3 - count)
    assert await found(anchored) == [(Fault.MISSING_ACT, f"141123/{n}") for n in range(4 - count, 4)]


async def test_a_newest_act_rewritten_with_a_valid_hash_is_found(anchored):
    before = await value(anchored, "SELECT hash FROM county_events WHERE number = 2")
    forged = act_hash(before, 2, 3, entry(n=9))
    await by_hand(anchored, "UPDATE county_events SET data = '{\"n\": 9}', hash = $1 WHERE number = 3", forged)
    assert await found(anchored) == [(Fault.ALTERED_ACT, "141123/3")]


async def test_what_follows_an_anchor_can_still_be_cut_off_unseen_until_the_next(anchored):
    await decide(anchored, entry(n=4, at=AT + DAY))
    await by_hand(anchored, "DELETE FROM county_events WHERE number = 4")
    assert await found(anchored) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM anchor_heads WHERE order_id = 0",
        "UPDATE anchor_heads SET version = 2 WHERE order_id = 0",
        "UPDATE anchor_heads SET order_id = 1 WHERE order_id = 0",
        "UPDATE anchors SET orders = 1",
    ],
)
async def test_an_anchor_is_found_altered_where_its_act_was(anchored, tampering):
    await by_hand(anchored, tampering)
    assert (Fault.ALTERED_ANCHOR, "141123#1") in await found(anchored)


async def test_an_order_0_put_in_by_hand_does_not_keep_the_acts_from_being_anchored(anchored):
    await decide(anchored, entry(at=AT + DAY))
    await by_hand(
        anchored,
        "INSERT INTO events (region, order_id, version, at, action, party, from_state, to_state, level, data, hash)"
        " VALUES (2, 0, 1, $1, 'submit', 'resident', 'new', 'received', 0, '{}', '')",
        AT + DAY,
    )
    assert len(await anchor_all(anchored, AT + DAY + GRACE)) == 1
    assert await value(anchored, "SELECT max(version) FROM anchor_heads") == 4
    assert {number for _, number in await found(anchored)} == {"141123/0"}
