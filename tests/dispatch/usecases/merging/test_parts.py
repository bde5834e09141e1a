"""Merged orders get their answer, their deadlines and their ends together."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.vocabulary import Action, Clock, Grade, State
from dispatch.storage import orders
from dispatch.usecases.ledger import verify
from dispatch.usecases.merging import MOST_AT_ONCE, merge, unmerge


async def test_merged_orders_all_get_the_answer_and_each_resident_is_asked_for_a_grade(small_county, pond):
    lead, *children = await pond.filed(small_county, 4)
    await pond.accepted(small_county, lead)
    merged = await merge(small_county, children, lead, replace(pond.LATER, texts={"internal_reason": "同一处积水"}))
    assert [(one.order.id, one.order.state) for one in merged] == [(key[1], State.MERGED) for key in children]
    assert all(not one.order.clocks for one in merged)
    assert (await orders.find(small_county.database, *lead)).order.version == 4 + len(children)

    await pond.does(small_county, children[0], Action.WITHDRAW, pond.RESIDENT)
    assert [one.order for one in (await pond.found(small_county, lead)).affairs.absorbed] == [
        key[1] for key in children[1:]
    ]
    texts = {"answer": "已疏通，两家都到场", "internal_note": "王某家另议"}
    await pond.does(small_county, lead, Action.RESOLVE, pond.MEMBER, texts=texts)

    assert await pond.states(small_county, children) == {State.WITHDRAWN: 1, State.RESOLVED: 2}
    for key in children[1:]:
        dossier = await orders.find(small_county.database, *key)
        assert dossier.answer == "已疏通，两家都到场"
        assert Clock.RATE in dossier.order.clocks
        history = await orders.events(small_county.database, *key)
        assert "王某家另议" not in str(history), "what was written for one order's house stays there"
    await pond.does(small_county, children[1], Action.RATE, pond.RESIDENT, grade=Grade.SATISFIED)
    assert (await pond.found(small_county, lead)).grade is None, "each grade is of its own order"
    await pond.sound(small_county)


async def test_two_hundred_orders_get_their_answer_in_one_transaction(small_county, pond):
    lead, *children = await pond.filed(small_county, 201)
    await pond.accepted(small_county, lead)
    for start in range(0, len(children), MOST_AT_ONCE):
        await merge(small_county, children[start : start + MOST_AT_ONCE], lead, pond.LATER)
    (extra,) = await pond.filed(small_county, 1)
    with pytest.raises(errors.Invalid):
        await merge(small_county, [extra], lead, pond.LATER)
    await pond.does(small_county, lead, Action.RESOLVE, pond.MEMBER, texts={"answer": "已办"})
    assert await pond.states(small_county, children) == {State.RESOLVED: 200}
    saved = await small_county.database.fetch("SELECT DISTINCT xmin::text FROM orders WHERE state = 'resolved'")
    assert len(saved) == 1
    await pond.sound(small_county)


@pytest.mark.parametrize(
    ("action", "actor", "end"),
    [(Action.WITHDRAW, "RESIDENT", State.WITHDRAWN), (Action.REDIRECT, "SECRETARY", State.REDIRECTED)],
)
async def test_where_the_one_ends_without_a_result_the_others_go_on_by_themselves(
    small_county, action, actor, end, pond
):
    lead, *children = await pond.filed(small_county, 3)
    before = [(await pond.found(small_county, key)).promises for key in children]
    await merge(small_county, children, lead, pond.LATER)
    await pond.does(small_county, children[0], Action.WITHDRAW, pond.RESIDENT)
    ended = await pond.does(small_county, lead, action, getattr(pond, actor), texts={"reason": "已自行解决"})
    assert (ended.order.state, ended.order.affairs.absorbed) == (end, ())
    assert await pond.states(small_county, children) == {State.WITHDRAWN: 1, State.ROUTED: 1}
    left = await pond.found(small_county, children[1])
    assert left.promises == before[1], "the clock the resident saw never moved"
    assert {Clock.ACCEPT, Clock.DISPATCH} <= set(left.clocks)
    assert left.affairs.merged is None
    await pond.does(small_county, children[1], Action.OFFER, pond.SECRETARY, members=("P4",))
    assert (await verify(small_county.database)).findings == []


async def test_a_part_that_is_withdrawn_leaves_the_other_as_if_it_had_never_been_part_of_it(
    small_county, neighbour, pond
):
    (child,) = await pond.filed(small_county, 1)
    (lead,) = await pond.filed(small_county, 1, pond.NOW + timedelta(days=1))
    before, asked = await pond.found(small_county, lead), replace(pond.LATER, now=pond.NOW + timedelta(days=1, hours=1))
    await merge(small_county, [child], lead, asked)
    said = await asyncio.gather(
        pond.outcome(pond.does(small_county, child, Action.WITHDRAW, pond.RESIDENT, asked.now)),
        pond.outcome(pond.does(neighbour, lead, Action.NOTE, pond.SECRETARY, asked.now, texts={"text": "已到场"})),
    )
    assert said[0] is None
    after = await pond.found(small_county, lead)
    assert (after.promises, after.affairs) == (before.promises, before.affairs)
    (other,) = await pond.filed(small_county, 1, pond.NOW + timedelta(days=1))
    await merge(small_county, [lead], other, asked)
    assert await pond.states(small_county, [child, lead, other]) == {
        State.WITHDRAWN: 1,
        State.MERGED: 1,
        State.ROUTED: 1,
    }
    assert (await verify(small_county.database)).findings == []


async def test_what_a_resident_adds_to_a_merged_order_is_told_to_whoever_answers_for_it(small_county, pond):
    lead, child = await pond.filed(small_county, 2)
    await pond.accepted(small_county, lead)
    await merge(small_county, [child], lead, pond.LATER)
    await pond.does(small_county, child, Action.NOTE, pond.RESIDENT, texts={"text": "水又涨了"})
    order = await pond.found(small_county, lead)
    rows = await small_county.database.fetch(
        "SELECT person_id, branch_id FROM outbox WHERE region = $1 AND order_id = $2 AND version = $3",
        *lead,
        order.version,
    )
    assert {(row["person_id"], row["branch_id"]) for row in rows} == {(4, None), (None, order.branch_id)}
    history = await orders.events(small_county.database, *lead)
    assert "水又涨了" not in str(history), "it is read where it was written"
    await pond.sound(small_county)


async def test_the_earliest_filing_governs_and_unmerging_restores(small_county, pond):
    (child,) = await pond.filed(small_county, 1)
    (lead,) = await pond.filed(small_county, 1, pond.NOW + timedelta(days=1))
    before = {key: await pond.found(small_county, key) for key in (child, lead)}
    asked = replace(pond.LATER, now=pond.NOW + timedelta(days=1, hours=1))
    await merge(small_county, [child], lead, asked)
    assert (await pond.found(small_county, lead)).promises == before[child].promises
    apart = await unmerge(small_county, child, asked)
    assert apart.order.state is State.ROUTED
    assert apart.order.promises == before[child].promises
    restored = await pond.found(small_county, lead)
    assert (restored.promises, restored.affairs.absorbed) == (before[lead].promises, ())
    with pytest.raises(errors.NotMerged):
        await unmerge(small_county, child, asked)
    await pond.sound(small_county)


async def test_what_was_merged_answered_and_done_again_may_be_merged_again(small_county, pond):
    lead, child = await pond.filed(small_county, 2)
    await pond.accepted(small_county, lead)
    await merge(small_county, [child], lead, pond.LATER)
    await pond.does(small_county, lead, Action.RESOLVE, pond.MEMBER, texts={"answer": "已办"})
    for key in (child, lead):
        again = await pond.does(small_county, key, Action.REOPEN, pond.RESIDENT)
        assert (again.order.state, again.order.affairs.merged, again.order.affairs.absorbed) == (State.ROUTED, None, ())
    await merge(small_county, [lead], child, replace(pond.LATER, actor=pond.SUPERVISOR))
    assert await pond.states(small_county, [lead, child]) == {State.MERGED: 1, State.ROUTED: 1}
    await pond.sound(small_county)
