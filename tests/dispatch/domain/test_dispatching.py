"""Dispatching from higher up, and what a hand-back, a new category or one's own work must not change."""

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.order import Actor, Command
from dispatch.domain.vocabulary import Action, Clock, Grade, State, Urgency


def test_whoever_stands_above_moves_an_order_to_another_village_at_once(county):
    order = county.order()
    moved = county.does(order, Action.ROUTE, county.people["secretary of A"], grid_id=11)
    assert moved.grid_id == 11
    assert moved.branch_id != order.branch_id
    with pytest.raises(errors.Invalid):
        county.does(order, Action.ROUTE, county.people["secretary of A1"], grid_id=11)


def test_a_hand_back_does_not_let_supervision_fall_back_nor_count_a_level_twice(county):
    order = county.at(State.ACCEPTED)
    county_high = county.does(county.does(order, Action.ESCALATE), Action.ESCALATE)
    assert county_high.level == 2
    back = county.does(county_high, Action.HAND_BACK, county.assignee(county_high))
    assert (back.supervisor_id, back.branch_id) == (county_high.supervisor_id, order.branch_id)
    risen = county.does(back, Action.ESCALATE)
    assert (risen.level, risen.supervisor_id) == (2, county_high.supervisor_id)
    assert risen.branch_id != back.branch_id


def test_a_more_urgent_category_brings_every_promise_forward_and_keeps_the_old_ones(county):
    order = county.order()
    secretary = county.people["secretary of A1"]
    outcome = act(order, Command(Action.ROUTE, category="0801"), secretary, order.submitted_at, county.world)
    assert outcome.order.urgency is Urgency.CRITICAL
    assert all(at < order.promises[clock] for clock, at in outcome.order.promises.items())
    assert outcome.order.clocks[Clock.ACCEPT] == outcome.order.promises[Clock.ACCEPT]
    before = {clock.value: at.isoformat() for clock, at in order.promises.items()}
    assert outcome.events[0].data["promises_before"] == before


def test_a_milder_category_leaves_urgency_and_promises_as_they_were(county):
    order = county.order("0801")
    moved = county.does(order, Action.ROUTE, county.people["secretary of A1"], category="0901")
    assert (moved.category, moved.urgency, moved.promises) == ("0901", order.urgency, order.promises)


def test_nobody_rates_their_own_work(county):
    order = county.at(State.RESOLVED, filed_by=None)
    own = Actor(person_id=order.assignee_id, holds_code=True)
    assert Action.RATE not in actions(order, own, order.submitted_at, county.world)
    with pytest.raises(errors.NotYours):
        act(order, Command(Action.RATE, grade=Grade.SATISFIED), own, order.submitted_at, county.world)
    assert Action.RATE in actions(order, county.resident, order.submitted_at, county.world)


def test_only_the_system_can_say_that_nobody_is_left(county):
    order = county.order()
    note = Command(Action.NOTE, data={"nobody": True})
    after = act(order, note, county.people["secretary of A1"], order.submitted_at, county.world).order
    assert Clock.DISPATCH in after.clocks
