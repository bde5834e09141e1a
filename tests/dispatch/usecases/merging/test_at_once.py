"""Merged orders change together or not at all, whoever else is at work on them and whatever dies on the way."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest

from dispatch.domain import errors
from dispatch.domain.vocabulary import Action, State
from dispatch.usecases.merging import merge, unmerge
from dispatch.usecases.service import Service


async def test_of_two_who_merge_the_same_pair_at_once_one_does(small_county, neighbour, pond):
    for lead, child in [await pond.filed(small_county, 2) for _ in range(10)]:
        said = await asyncio.gather(
            pond.outcome(merge(small_county, [child], lead, pond.LATER)),
            pond.outcome(merge(neighbour, [child], lead, replace(pond.LATER, actor=pond.SUPERVISOR))),
        )
        assert Counter(said) == {None: 1, errors.NotNow: 1}
        assert [one.order for one in (await pond.found(small_county, lead)).affairs.absorbed] == [child[1]]
    await pond.sound(small_county)


async def test_of_two_merges_that_cross_exactly_one_is_done(small_county, neighbour, pond):
    for one, other in [await pond.filed(small_county, 2) for _ in range(10)]:
        said = await asyncio.gather(
            pond.outcome(merge(small_county, [one], other, pond.LATER)),
            pond.outcome(merge(neighbour, [other], one, pond.LATER)),
        )
        assert Counter(said) == {None: 1, errors.Invalid: 1}
        assert await pond.states(small_county, [one, other]) == {State.MERGED: 1, State.ROUTED: 1}
    await pond.sound(small_county)


async def test_many_merges_among_the_same_orders_end_in_a_sound_state(small_county, neighbour, pond):
    keys = await pond.filed(small_county, 12)
    asked = [
        merge(
            (small_county, neighbour)[place % 2],
            [keys[(place * 5 + step) % 12] for step in (1, 2, 3)],
            keys[place * 5 % 12],
            pond.LATER,
        )
        for place in range(12)
    ]
    said = Counter(await asyncio.gather(*map(pond.outcome, asked)))
    assert said[None] >= 1
    assert set(said) <= {None, errors.Invalid}
    await pond.sound(small_county)


async def test_a_merge_and_the_end_of_the_order_it_goes_into_never_leave_half(small_county, neighbour, pond):
    for _ in range(10):
        lead, first, child = await pond.filed(small_county, 3)
        await pond.accepted(small_county, lead)
        await merge(small_county, [first], lead, pond.LATER)
        said = await asyncio.gather(
            pond.outcome(merge(small_county, [child], lead, pond.LATER)),
            pond.outcome(pond.does(neighbour, lead, Action.RESOLVE, pond.MEMBER, texts={"answer": "已办"})),
            pond.outcome(pond.does(neighbour, first, Action.WITHDRAW, pond.RESIDENT)),
        )
        assert said[0] in (None, errors.Invalid)
        assert said[1] is None
        together = State.RESOLVED if said[0] is None else State.ROUTED
        assert (await pond.found(small_county, child)).state is together
        parted = State.WITHDRAWN if said[2] is None else State.RESOLVED
        assert (await pond.found(small_county, first)).state is parted
    await pond.sound(small_county)


async def test_a_request_sent_again_merges_once_and_another_body_is_refused(small_county, neighbour, pond):
    lead, *children = await pond.filed(small_county, 4)
    key = hashlib.sha256(b"key").digest(), hashlib.sha256(b"body").digest()
    asked = replace(pond.LATER, key=key)
    said = await asyncio.gather(
        *(pond.outcome(merge(one, children, lead, asked)) for one in (small_county, neighbour) * 4)
    )
    assert set(said) == {None}
    assert len((await pond.found(small_county, lead)).affairs.absorbed) == len(children)
    other = replace(asked, key=(key[0], hashlib.sha256(b"other").digest()))
    assert await pond.outcome(merge(small_county, children[:1], lead, other)) is errors.KeyReused
    out = replace(pond.LATER, key=(hashlib.sha256(b"out").digest(), key[1]))
    for _ in range(2):
        assert (await unmerge(small_county, children[0], out)).order.state is State.ROUTED
    assert (await pond.found(small_county, lead)).version == 2 + len(children) + 1
    await pond.sound(small_county)


@pytest.mark.parametrize("dying", ["merge", "resolve"])
async def test_a_connection_that_dies_before_the_commit_leaves_nothing_behind(small_county, neighbour, dying, pond):
    lead, child, second = await pond.filed(small_county, 3)
    await pond.accepted(small_county, lead)
    await merge(small_county, [second], lead, pond.LATER)

    def deed(service: Service) -> Awaitable[Any]:
        if dying == "merge":
            return merge(service, [child], lead, pond.LATER)
        return pond.does(service, lead, Action.RESOLVE, pond.MEMBER, texts={"answer": "已办"})

    before = [await pond.found(small_county, key) for key in (lead, child, second)]
    part = child if dying == "merge" else second
    async with small_county.database.pool.acquire() as connection:
        blocking = connection.transaction()
        await blocking.start()
        await connection.execute(  # the very row that is written last: its writer waits with everything done but that
            """
            INSERT INTO events SELECT region, order_id, version + 1, at, due_at, action, party, actor_id, from_state,
                   to_state, level, branch_id, assignee_id, data, NULL, hash
            FROM events WHERE region = $1 AND order_id = $2 ORDER BY version DESC LIMIT 1
            """,
            *part,
        )
        doing = asyncio.create_task(pond.outcome(deed(neighbour)))
        killed = 0
        async with asyncio.timeout(120):
            while not killed:
                await asyncio.sleep(0.02)
                killed = await small_county.database.fetchrow(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND datname = current_database()"
                )
                killed = killed[0]
            assert await doing is errors.Unavailable
        await blocking.rollback()
    assert [await pond.found(small_county, key) for key in (lead, child, second)] == before
    await deed(small_county)
    await pond.sound(small_county)
