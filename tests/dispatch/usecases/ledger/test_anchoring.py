"""Anchors: each holds what moved, once a day, whoever writes them at the same time."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dispatch.domain.ledger import GENESIS, GRACE, anchor_hash
from dispatch.storage import ledger as stored
from dispatch.storage import orders
from dispatch.usecases.ledger import anchor_all, anchor_daily


async def test_an_anchor_holds_the_heads_that_moved_and_is_chained_to_the_one_before(database, past):
    histories = await past.build(database, 14, anchored=False)
    middle = sorted(event.at for events in histories.values() for event in events)[20]
    end = max(event.at for events in histories.values() for event in events)
    [first] = await anchor_all(database, middle + GRACE)
    [second] = await anchor_all(database, end + GRACE)
    previous, after = GENESIS, datetime(1970, 1, 1, tzinfo=UTC)
    for anchor, through in ((first, middle), (second, end)):
        heads = []
        for order_id, events in sorted(histories.items()):
            moved = [event for event in events if after < event.at <= through]
            heads += [(order_id, moved[-1].version, moved[-1].hash)] if moved else []
        assert anchor.previous == previous
        assert anchor.orders == len(heads) > 0
        assert anchor.hash == anchor_hash(previous, past.REGION, anchor.number, through, heads)
        previous, after = anchor.hash, through
    assert (first.number, second.number) == (1, 2)


async def test_where_nothing_moved_there_is_no_anchor(database, past):
    await past.build(database, 15, anchored=False)
    late = past.START + timedelta(days=400)
    assert len(await anchor_all(database, late)) == 1
    assert await anchor_all(database, late) == []
    assert await anchor_all(database, late + timedelta(days=1)) == []


async def test_what_happened_within_the_grace_waits_for_the_next_anchor(database, past):
    await past.build(database, 16, steps=0, anchored=False)
    assert await anchor_all(database, past.START + GRACE - timedelta(microseconds=1)) == []
    [anchor] = await anchor_all(database, past.START + GRACE)
    assert anchor.orders == 4


async def test_an_event_written_down_too_late_for_its_anchor_is_in_the_next(database, past):
    await past.build(database, 17, count=2, steps=0, anchored=False)
    await anchor_all(database, past.START + timedelta(hours=1))
    await orders.add(database, [past.file(random.Random(1), 3, past.START + timedelta(minutes=5))])
    [anchor] = await anchor_all(database, past.START + timedelta(hours=2))
    heads = await database.fetch("SELECT order_id FROM anchor_heads WHERE number = $1", anchor.number)
    assert [row["order_id"] for row in heads] == [3]


async def test_of_two_that_anchor_at_once_one_gives_way_quietly(database, past):
    await past.build(database, 18, anchored=False)
    now = past.START + timedelta(days=400)
    made = await asyncio.gather(*(anchor_all(database, now + timedelta(seconds=at)) for at in range(4)))
    assert sum(map(len, made)) == 1
    assert await past.found(database) == []


async def test_an_anchor_that_another_wrote_in_the_meantime_is_not_written_again(database, past):
    await past.build(database, 19, anchored=False)
    now = past.START + timedelta(days=400)
    async with database.transaction(isolation="repeatable_read") as connection:
        assert await stored.last_anchor(connection, past.REGION) is None
        [anchor] = await anchor_all(database, now)
        other = replace(anchor, through=anchor.through + timedelta(seconds=1))
        assert not await stored.add_anchor(connection, other, past.START)
    assert await past.found(database) == []


async def test_each_day_of_the_county_has_one_anchor(database, past):
    await past.build(database, 20, steps=0, anchored=False)
    morning = datetime(2026, 3, 2, 3, tzinfo=UTC)
    assert len(await anchor_daily(database, morning)) == 1
    await orders.add(database, [past.file(random.Random(1), 5, morning)])
    before_midnight = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert await anchor_daily(database, before_midnight) == []
    assert len(await anchor_daily(database, before_midnight + timedelta(minutes=1))) == 1
