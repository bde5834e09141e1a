"""Who may merge orders and which, and who reads what was said on each."""

from dataclasses import replace

import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Action, Role, State
from dispatch.usecases.merging import merge, parts, unmerge


async def test_one_that_cannot_be_merged_is_named_and_none_is_merged(small_county, pond):
    lead, one, other = await pond.filed(small_county, 3)
    (far,) = await pond.filed(small_county, 1, grid="141123101200")
    await pond.does(small_county, other, Action.WITHDRAW, pond.RESIDENT)
    for culprit in (other, far, lead, (lead[0], 999)):
        with pytest.raises(errors.Invalid) as refused:
            await merge(small_county, [one, culprit], lead, pond.LATER)
        assert [fault["field"] for fault in refused.value.data["faults"]] == ["orders.1"]
    assert (await pond.found(small_county, one)).state is State.ROUTED
    assert (await pond.found(small_county, lead)).version == 2


async def test_who_may_not_act_on_both_merges_neither(small_county, pond):
    lead, child = await pond.filed(small_county, 2)
    (far,) = await pond.filed(small_county, 1, grid="141123100017")
    for actor, one, into in (
        (pond.ELSEWHERE, child, lead),
        (pond.ELSEWHERE, far, lead),
        (pond.SECRETARY, child, far),
        (pond.MEMBER, child, lead),
        (pond.RESIDENT, child, lead),
    ):
        assert await pond.outcome(merge(small_county, [one], into, replace(pond.LATER, actor=actor))) is errors.NotYours
    await merge(small_county, [far], lead, replace(pond.LATER, actor=pond.SUPERVISOR))
    assert await pond.outcome(unmerge(small_county, far, pond.LATER)) is errors.NotYours
    stale = replace(pond.LATER, version=1)
    assert await pond.outcome(merge(small_county, [child], lead, stale)) is errors.Stale
    await pond.sound(small_county)


async def test_who_answers_for_all_reads_what_was_asked_and_noted_on_each(small_county, pond):
    lead, child = await pond.filed(small_county, 2)
    (far,) = await pond.filed(small_county, 1, grid="141123100017")
    await pond.accepted(small_county, lead)
    await merge(small_county, [child], lead, pond.LATER)
    await merge(small_county, [far], lead, replace(pond.LATER, actor=pond.SUPERVISOR))
    await pond.does(small_county, far, Action.NOTE, pond.RESIDENT, texts={"text": "水又涨了"})
    await pond.does(small_county, far, Action.NOTE, pond.ELSEWHERE, texts={"text": "内部"}, data={"internal": True})
    for actor in (pond.MEMBER, pond.SECRETARY, pond.SUPERVISOR):
        seen = await parts(small_county, lead, actor)
        assert [one["text"] for one in seen] == ["第0件", "第1件"]
        assert [[note["text"] for note in one["notes"]] for one in seen] == [["水又涨了"], []]
        assert "10003000001" not in str(seen)
    other = Actor(8, (Grant(Role.MEMBER, 3, 3),))
    seen = await parts(small_county, lead, other)
    assert [one["text"] for one in seen] == [None, "第1件"], "only what they see anyway"
    for stranger in (pond.ELSEWHERE, pond.RESIDENT):
        assert await pond.outcome(parts(small_county, lead, stranger)) is errors.NotYours
