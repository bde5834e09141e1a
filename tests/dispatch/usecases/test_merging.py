"""Merged orders change together or not at all, whoever else is at work on them and whatever dies on the way."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant, Order
from dispatch.domain.vocabulary import Action, Clock, Grade, Role, State
from dispatch.settings import Settings
from dispatch.storage import orders
from dispatch.storage.orders import Dossier
from dispatch.usecases.acting import Asked, perform
from dispatch.usecases.filing import Place, submit
from dispatch.usecases.filing import Request as Filed
from dispatch.usecases.ledger import verify
from dispatch.usecases.merging import MOST_AT_ONCE, Request, merge, parts, unmerge
from dispatch.usecases.service import Service

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SECRETARY = Actor(1, (Grant(Role.SECRETARY, 3, 3),))
ELSEWHERE = Actor(2, (Grant(Role.SECRETARY, 4, 4),))
SUPERVISOR = Actor(60, (Grant(Role.SUPERVISOR, 1, None),))
MEMBER = Actor(4, (Grant(Role.MEMBER, 3, 3),))
RESIDENT = Actor(holds_code=True)
LATER = Request(SECRETARY, NOW + timedelta(hours=2))

Key = tuple[int, int]


async def filed(service: Service, count: int, at: datetime = NOW, grid: str = "141123100016") -> list[Key]:
    """File so many requests about one matter, an hour and a minute apart, and return their keys."""

    async def one(number: int) -> Key:
        request = Filed("0901", f"第{number}件", Place(grid), None, "10003000001", None, None, False, None, None)
        dossier = await submit(service, request, Actor(), None, at + timedelta(minutes=number))
        return dossier.order.region, dossier.order.id

    return [await one(number) for number in range(count)]


async def found(service: Service, key: Key) -> Order:
    return (await orders.find(service.database, *key)).order


async def states(service: Service, keys: list[Key]) -> Counter[State]:
    return Counter([(await found(service, key)).state for key in keys])


async def does(
    service: Service, key: Key, action: Action, actor: Actor, at: datetime = LATER.now, **more: Any
) -> Dossier:
    return await perform(service, key, Asked(action, **more), actor, None, at)


async def accepted(service: Service, key: Key) -> None:
    await does(service, key, Action.OFFER, SECRETARY, members=("P4",))
    await does(service, key, Action.ACCEPT, MEMBER)


async def sound(service: Service) -> None:
    """Hold the ledger against itself, and each merged order against the one it is part of."""
    assert (await verify(service.database)).findings == []
    rows = await service.database.fetch("SELECT region, id FROM orders")
    everything = {(row[0], row[1]): await found(service, (row[0], row[1])) for row in rows}
    for key, order in everything.items():
        merged = order.affairs.merged
        if order.state is State.MERGED:
            assert merged is not None
            lead = everything[key[0], merged.into]
            assert key[1] in {one.order for one in lead.affairs.absorbed}
            assert lead.state in (State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED)
        for one in order.affairs.absorbed:
            part = everything[key[0], one.order]
            assert part.affairs.merged is not None
            assert part.affairs.merged.into == key[1]


async def outcome(waiting: Awaitable[Any]) -> type[BaseException] | None:
    try:
        await waiting
    except errors.Refusal as refusal:
        return type(refusal)
    return None


@pytest.fixture
async def neighbour(small_county: Service, database_url: str) -> AsyncIterator[Service]:
    """A second process of the service on the same database."""
    opened = await Service.open(Settings(), database_url, connections=4)
    yield opened
    await opened.close()


async def test_merged_orders_all_get_the_answer_and_each_resident_is_asked_for_a_grade(small_county):
    lead, *children = await filed(small_county, 4)
    await accepted(small_county, lead)
    merged = await merge(small_county, children, lead, replace(LATER, texts={"internal_reason": "同一处积水"}))
    assert [(one.order.id, one.order.state) for one in merged] == [(key[1], State.MERGED) for key in children]
    assert all(not one.order.clocks for one in merged)
    assert (await orders.find(small_county.database, *lead)).order.version == 4 + len(children)

    await does(small_county, children[0], Action.WITHDRAW, RESIDENT)
    assert [one.order for one in (await found(small_county, lead)).affairs.absorbed] == [key[1] for key in children[1:]]
    texts = {"answer": "已疏通，两家都到场", "internal_note": "王某家另议"}
    await does(small_county, lead, Action.RESOLVE, MEMBER, texts=texts)

    assert await states(small_county, children) == {State.WITHDRAWN: 1, State.RESOLVED: 2}
    for key in children[1:]:
        dossier = await orders.find(small_county.database, *key)
        assert dossier.answer == "已疏通，两家都到场"
        assert Clock.RATE in dossier.order.clocks
        history = await orders.events(small_county.database, *key)
        assert "王某家另议" not in str(history), "what was written for one order's house stays there"
    await does(small_county, children[1], Action.RATE, RESIDENT, grade=Grade.SATISFIED)
    assert (await found(small_county, lead)).grade is None, "each grade is of its own order"
    await sound(small_county)


async def test_two_hundred_orders_get_their_answer_in_one_transaction(small_county):
    lead, *children = await filed(small_county, 201)
    await accepted(small_county, lead)
    for start in range(0, len(children), MOST_AT_ONCE):
        await merge(small_county, children[start : start + MOST_AT_ONCE], lead, LATER)
    (extra,) = await filed(small_county, 1)
    with pytest.raises(errors.Invalid):
        await merge(small_county, [extra], lead, LATER)
    await does(small_county, lead, Action.RESOLVE, MEMBER, texts={"answer": "已办"})
    assert await states(small_county, children) == {State.RESOLVED: 200}
    saved = await small_county.database.fetch("SELECT DISTINCT xmin::text FROM orders WHERE state = 'resolved'")
    assert len(saved) == 1
    await sound(small_county)


@pytest.mark.parametrize(
    ("action", "actor", "end"),
    [(Action.WITHDRAW, RESIDENT, State.WITHDRAWN), (Action.REDIRECT, SECRETARY, State.REDIRECTED)],
)
async def test_where_the_one_ends_without_a_result_the_others_go_on_by_themselves(small_county, action, actor, end):
    lead, *children = await filed(small_county, 3)
    before = [(await found(small_county, key)).promises for key in children]
    await merge(small_county, children, lead, LATER)
    await does(small_county, children[0], Action.WITHDRAW, RESIDENT)
    ended = await does(small_county, lead, action, actor, texts={"reason": "已自行解决"})
    assert (ended.order.state, ended.order.affairs.absorbed) == (end, ())
    assert await states(small_county, children) == {State.WITHDRAWN: 1, State.ROUTED: 1}
    left = await found(small_county, children[1])
    assert left.promises == before[1], "the clock the resident saw never moved"
    assert {Clock.ACCEPT, Clock.DISPATCH} <= set(left.clocks)
    assert left.affairs.merged is None
    await does(small_county, children[1], Action.OFFER, SECRETARY, members=("P4",))
    assert (await verify(small_county.database)).findings == []


async def test_a_part_that_is_withdrawn_leaves_the_other_as_if_it_had_never_been_part_of_it(small_county, neighbour):
    (child,) = await filed(small_county, 1)
    (lead,) = await filed(small_county, 1, NOW + timedelta(days=1))
    before, asked = await found(small_county, lead), replace(LATER, now=NOW + timedelta(days=1, hours=1))
    await merge(small_county, [child], lead, asked)
    said = await asyncio.gather(
        outcome(does(small_county, child, Action.WITHDRAW, RESIDENT, asked.now)),
        outcome(does(neighbour, lead, Action.NOTE, SECRETARY, asked.now, texts={"text": "已到场"})),
    )
    assert said[0] is None
    after = await found(small_county, lead)
    assert (after.promises, after.affairs) == (before.promises, before.affairs)
    (other,) = await filed(small_county, 1, NOW + timedelta(days=1))
    await merge(small_county, [lead], other, asked)
    assert await states(small_county, [child, lead, other]) == {State.WITHDRAWN: 1, State.MERGED: 1, State.ROUTED: 1}
    assert (await verify(small_county.database)).findings == []


async def test_what_a_resident_adds_to_a_merged_order_is_told_to_whoever_answers_for_it(small_county):
    lead, child = await filed(small_county, 2)
    await accepted(small_county, lead)
    await merge(small_county, [child], lead, LATER)
    await does(small_county, child, Action.NOTE, RESIDENT, texts={"text": "水又涨了"})
    order = await found(small_county, lead)
    rows = await small_county.database.fetch(
        "SELECT person_id, branch_id FROM outbox WHERE region = $1 AND order_id = $2 AND version = $3",
        *lead,
        order.version,
    )
    assert {(row["person_id"], row["branch_id"]) for row in rows} == {(4, None), (None, order.branch_id)}
    history = await orders.events(small_county.database, *lead)
    assert "水又涨了" not in str(history), "it is read where it was written"
    await sound(small_county)


async def test_the_earliest_filing_governs_and_unmerging_restores(small_county):
    (child,) = await filed(small_county, 1)
    (lead,) = await filed(small_county, 1, NOW + timedelta(days=1))
    before = {key: await found(small_county, key) for key in (child, lead)}
    asked = replace(LATER, now=NOW + timedelta(days=1, hours=1))
    await merge(small_county, [child], lead, asked)
    assert (await found(small_county, lead)).promises == before[child].promises
    apart = await unmerge(small_county, child, asked)
    assert apart.order.state is State.ROUTED
    assert apart.order.promises == before[child].promises
    restored = await found(small_county, lead)
    assert (restored.promises, restored.affairs.absorbed) == (before[lead].promises, ())
    with pytest.raises(errors.NotMerged):
        await unmerge(small_county, child, asked)
    await sound(small_county)


async def test_what_was_merged_answered_and_done_again_may_be_merged_again(small_county):
    lead, child = await filed(small_county, 2)
    await accepted(small_county, lead)
    await merge(small_county, [child], lead, LATER)
    await does(small_county, lead, Action.RESOLVE, MEMBER, texts={"answer": "已办"})
    for key in (child, lead):
        again = await does(small_county, key, Action.REOPEN, RESIDENT)
        assert (again.order.state, again.order.affairs.merged, again.order.affairs.absorbed) == (State.ROUTED, None, ())
    await merge(small_county, [lead], child, replace(LATER, actor=SUPERVISOR))
    assert await states(small_county, [lead, child]) == {State.MERGED: 1, State.ROUTED: 1}
    await sound(small_county)


async def test_of_two_who_merge_the_same_pair_at_once_one_does(small_county, neighbour):
    for lead, child in [await filed(small_county, 2) for _ in range(10)]:
        said = await asyncio.gather(
            outcome(merge(small_county, [child], lead, LATER)),
            outcome(merge(neighbour, [child], lead, replace(LATER, actor=SUPERVISOR))),
        )
        assert Counter(said) == {None: 1, errors.NotNow: 1}
        assert [one.order for one in (await found(small_county, lead)).affairs.absorbed] == [child[1]]
    await sound(small_county)


async def test_of_two_merges_that_cross_exactly_one_is_done(small_county, neighbour):
    for one, other in [await filed(small_county, 2) for _ in range(10)]:
        said = await asyncio.gather(
            outcome(merge(small_county, [one], other, LATER)), outcome(merge(neighbour, [other], one, LATER))
        )
        assert Counter(said) == {None: 1, errors.Invalid: 1}
        assert await states(small_county, [one, other]) == {State.MERGED: 1, State.ROUTED: 1}
    await sound(small_county)


async def test_many_merges_among_the_same_orders_end_in_a_sound_state(small_county, neighbour):
    keys = await filed(small_county, 12)
    asked = [
        merge(
            (small_county, neighbour)[place % 2],
            [keys[(place * 5 + step) % 12] for step in (1, 2, 3)],
            keys[place * 5 % 12],
            LATER,
        )
        for place in range(12)
    ]
    said = Counter(await asyncio.gather(*map(outcome, asked)))
    assert said[None] >= 1
    assert set(said) <= {None, errors.Invalid}
    await sound(small_county)


async def test_a_merge_and_the_end_of_the_order_it_goes_into_never_leave_half(small_county, neighbour):
    for _ in range(10):
        lead, first, child = await filed(small_county, 3)
        await accepted(small_county, lead)
        await merge(small_county, [first], lead, LATER)
        said = await asyncio.gather(
            outcome(merge(small_county, [child], lead, LATER)),
            outcome(does(neighbour, lead, Action.RESOLVE, MEMBER, texts={"answer": "已办"})),
            outcome(does(neighbour, first, Action.WITHDRAW, RESIDENT)),
        )
        assert said[0] in (None, errors.Invalid)
        assert said[1] is None
        together = State.RESOLVED if said[0] is None else State.ROUTED
        assert (await found(small_county, child)).state is together
        parted = State.WITHDRAWN if said[2] is None else State.RESOLVED
        assert (await found(small_county, first)).state is parted
    await sound(small_county)


async def test_a_request_sent_again_merges_once_and_another_body_is_refused(small_county, neighbour):
    lead, *children = await filed(small_county, 4)
    key = hashlib.sha256(b"key").digest(), hashlib.sha256(b"body").digest()
    asked = replace(LATER, key=key)
    said = await asyncio.gather(*(outcome(merge(one, children, lead, asked)) for one in (small_county, neighbour) * 4))
    assert set(said) == {None}
    assert len((await found(small_county, lead)).affairs.absorbed) == len(children)
    other = replace(asked, key=(key[0], hashlib.sha256(b"other").digest()))
    assert await outcome(merge(small_county, children[:1], lead, other)) is errors.KeyReused
    out = replace(LATER, key=(hashlib.sha256(b"out").digest(), key[1]))
    for _ in range(2):
        assert (await unmerge(small_county, children[0], out)).order.state is State.ROUTED
    assert (await found(small_county, lead)).version == 2 + len(children) + 1
    await sound(small_county)


async def test_one_that_cannot_be_merged_is_named_and_none_is_merged(small_county):
    lead, one, other = await filed(small_county, 3)
    (far,) = await filed(small_county, 1, grid="141123101200")
    await does(small_county, other, Action.WITHDRAW, RESIDENT)
    for culprit in (other, far, lead, (lead[0], 999)):
        with pytest.raises(errors.Invalid) as refused:
            await merge(small_county, [one, culprit], lead, LATER)
        assert [fault["field"] for fault in refused.value.data["faults"]] == ["orders.1"]
    assert (await found(small_county, one)).state is State.ROUTED
    assert (await found(small_county, lead)).version == 2


async def test_who_may_not_act_on_both_merges_neither(small_county):
    lead, child = await filed(small_county, 2)
    (far,) = await filed(small_county, 1, grid="141123100017")
    for actor, one, into in (
        (ELSEWHERE, child, lead),
        (ELSEWHERE, far, lead),
        (SECRETARY, child, far),
        (MEMBER, child, lead),
        (RESIDENT, child, lead),
    ):
        assert await outcome(merge(small_county, [one], into, replace(LATER, actor=actor))) is errors.NotYours
    await merge(small_county, [far], lead, replace(LATER, actor=SUPERVISOR))
    assert await outcome(unmerge(small_county, far, LATER)) is errors.NotYours
    stale = replace(LATER, version=1)
    assert await outcome(merge(small_county, [child], lead, stale)) is errors.Stale
    await sound(small_county)


@pytest.mark.parametrize("dying", ["merge", "resolve"])
async def test_a_connection_that_dies_before_the_commit_leaves_nothing_behind(small_county, neighbour, dying):
    lead, child, second = await filed(small_county, 3)
    await accepted(small_county, lead)
    await merge(small_county, [second], lead, LATER)

    def deed(service: Service) -> Awaitable[Any]:
        if dying == "merge":
            return merge(service, [child], lead, LATER)
        return does(service, lead, Action.RESOLVE, MEMBER, texts={"answer": "已办"})

    before = [await found(small_county, key) for key in (lead, child, second)]
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
        doing = asyncio.create_task(outcome(deed(neighbour)))
        killed = 0
        async with asyncio.timeout(20):
            while not killed:
                await asyncio.sleep(0.02)
                killed = await small_county.database.fetchrow(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND datname = current_database()"
                )
                killed = killed[0]
            assert await doing is errors.Unavailable
        await blocking.rollback()
    assert [await found(small_county, key) for key in (lead, child, second)] == before
    await deed(small_county)
    await sound(small_county)


async def test_who_answers_for_all_reads_what_was_asked_and_noted_on_each(small_county):
    lead, child = await filed(small_county, 2)
    (far,) = await filed(small_county, 1, grid="141123100017")
    await accepted(small_county, lead)
    await merge(small_county, [child], lead, LATER)
    await merge(small_county, [far], lead, replace(LATER, actor=SUPERVISOR))
    await does(small_county, far, Action.NOTE, RESIDENT, texts={"text": "水又涨了"})
    await does(small_county, far, Action.NOTE, ELSEWHERE, texts={"text": "内部"}, data={"internal": True})
    for actor in (MEMBER, SECRETARY, SUPERVISOR):
        seen = await parts(small_county, lead, actor)
        assert [one["text"] for one in seen] == ["第0件", "第1件"]
        assert [[note["text"] for note in one["notes"]] for one in seen] == [["水又涨了"], []]
        assert "10003000001" not in str(seen)
    other = Actor(8, (Grant(Role.MEMBER, 3, 3),))
    seen = await parts(small_county, lead, other)
    assert [one["text"] for one in seen] == [None, "第1件"], "only what they see anyway"
    for stranger in (ELSEWHERE, RESIDENT):
        assert await outcome(parts(small_county, lead, stranger)) is errors.NotYours
