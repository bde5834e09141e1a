"""Long random lives: an order never leaves the table, is never forgotten, and its ledger tells all of it."""

import random
from dataclasses import fields, replace
from datetime import date, time

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.lifecycle import TABLE
from dispatch.domain.policy import DEFAULT, EMERGENCY
from dispatch.domain.retelling import retell
from dispatch.domain.vocabulary import Action, Clock, State, Urgency

FILED = ("0101", "0801", "1301", "0901", "1001", "0201", "0301", "0303", "9002")
UNTOLD = {"region", "id", "household_id"}
"""What an order is and for whom it was filed: its events stand under the one, and the other is erased one day."""

codes = st.sampled_from(FILED)
places = st.integers(0, 14)
minutes = st.one_of(st.integers(0, 240), st.integers(0, 60 * 24 * 40))
steps = st.tuples(st.sampled_from((0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5)), st.integers(0, 10**6), minutes)
walks = st.lists(steps, min_size=1, max_size=60)


def walked(village, walk):
    """Walk some lives on."""
    for choice, dice, passed in walk:
        village.step(choice, dice, passed)
        yield from village.lives


@given(codes, places, walks)
def test_whatever_happens_an_order_stays_in_the_table_and_is_never_forgotten(county, born, category, place, walk):
    for life in walked(born(county, category, place), walk):
        assert life.order.head == life.history[-1].hash


def told_anew(life):
    """What the events of a life do not tell as its order has it."""
    told = retell(life.history)
    return {
        name: (value, getattr(life.order, name)) for name, value in told.items() if value != getattr(life.order, name)
    }


@given(codes, places, walks)
def test_whatever_happens_the_events_tell_every_field_of_the_order(county, born, category, place, walk):
    for life in walked(born(county, category, place), walk):
        assert told_anew(life) == {}
        assert set(retell(life.history)) == {field.name for field in fields(life.order)} - UNTOLD


@given(codes, places, walks)
def test_whatever_happens_the_ledger_alone_reckons_every_deadline_as_it_runs(county, born, category, place, walk):
    for life in walked(born(county, category, place), walk):
        assert life.reckoned() is None


ELSEWHERE = [
    (urgency, category, clock, length)
    for urgency, category, clock, length in (
        ("general", "", "contact", "2wd"),
        ("general", "", "resolve", "30wh"),
        ("general", "09", "resolve", "5wd"),
        ("urgent", "", "resolve", "40ah"),
        ("urgent", "10", "rise", "3wh"),
        ("complex", "", "contact", "20wh"),
        ("complex", "", "rise", "9ah"),
        ("critical", "", "dispatch", "7m"),
    )
]


def other_rules(county):
    """A world whose clocks run in every unit, differ by category, and by townships with hours of their own."""
    calendar = county.world.calendar
    weekends = calendar.changed({date(2026, 3, day): True for day in (14, 15, 21, 22)}, quiet=(time(20), time(9)))
    short = calendar.changed({date(2026, 3, 12): False}, spans=((time(10), time(15)),))
    return replace(county.world, policy=DEFAULT.overridden(ELSEWHERE), calendars={2: weekends, 3: short, 5: calendar})


@given(codes, places, walks)
def test_so_it_does_where_clocks_differ_by_category_and_by_place(county, born, category, place, walk):
    for life in walked(born(county, category, place, other_rules(county)), walk):
        assert life.reckoned() is None
        assert told_anew(life) == {}


@given(codes, places, walks, st.randoms(use_true_random=False))
def test_however_often_the_rules_change_each_change_is_reckoned_once(county, born, category, place, walk, chance):
    worlds = [county.world, replace(county.world, policy=EMERGENCY), other_rules(county)]
    for life in walked(born(county, category, place), walk):
        if not chance.randrange(4):
            life.rules(chance.choice(worlds))
        assert told_anew(life) == {}


def test_lives_of_hundreds_of_steps_meet_everything_that_the_table_grants(county, born):
    chance = random.Random(13710)
    slow = DEFAULT.overridden([(urgency.value, "", Clock.RATE.value, "9d") for urgency in Urgency])
    worlds = [replace(county.world, policy=policy) for policy in (DEFAULT, EMERGENCY, slow)]
    # what waits to be placed waits at the root, above which nothing rises
    wanted, done = {(row.from_state, row.action) for row in TABLE} - {(State.RECEIVED, Action.ESCALATE)}, set()
    for number in range(600):
        village = born(county, chance.choice(FILED), chance.choice((0, 0, *range(2, 15))))
        for state in chance.choice(WAYS):
            for life in village.lives:
                life.reach(state, chance)
                if chance.random() < 0.5:
                    life.calls(chance)
            village.together()
        for _ in range(100 if number < 5 else 25):  # then many short ones, until the rarest has happened too
            minutes = chance.choice([1, 5, 5, 31, 31, 241, 1501, 15000])
            choice = chance.choice([0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5])
            village.step(choice, chance.randrange(10**6), minutes)
            if not chance.randrange(8):
                village.rules(chance.choice(worlds))
        done |= village.done
        assert all(told_anew(life) == {} for life in village.lives)
        if wanted <= done:
            break
    assert done == wanted


WAYS = (
    (),
    (State.OFFERED,),
    (State.ACCEPTED,),
    (State.OFFERED, State.PARKED, State.PARKED),
    (State.ACCEPTED, State.PARKED, State.PARKED),
    (State.RESOLVED, State.CLOSED),
    (State.CLOSED, State.ACCEPTED),
    (State.CLOSED, State.PARKED),
    (State.CLOSED, State.RESOLVED),
    (State.CLOSED, State.RESOLVED, State.CLOSED),
)
"""Through which states some lives begin; the first bad grade opens them again."""


@settings(max_examples=30)
@given(codes, places, st.integers(0, 60))
def test_what_nobody_touches_is_redirected_or_stands_at_the_root_and_is_listed(county, born, category, place, days):
    village = born(county, category, place, orders=1)
    for _ in range(days):
        village.step(0, 0, 24 * 60)
    for _ in range(20):  # nobody is left to ask
        village.step(0, 0, 3 * 24 * 60)
    order = village.lives[0].order
    if category == "9002":
        assert order.state is State.REDIRECTED
    else:
        assert county.world.branches.get(order.branch_id).grid_id == 1
        assert order.listed
        assert Clock.REMIND in order.clocks


def test_a_county_without_a_desk_keeps_what_a_department_must_do_at_the_root(county_without_desks, born):
    village = born(county_without_desks, "0201", 14, orders=1)
    (life,) = village.lives
    assert (life.order.state, life.order.branch_id) == (State.RECEIVED, 101)
    for _ in range(5):
        village.step(0, 0, 24 * 60)
    assert life.order.listed
    assert set(life.order.clocks) == {Clock.REMIND}
