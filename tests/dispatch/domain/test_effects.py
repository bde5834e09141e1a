"""What actions do beside moving the state: grades and what they reopen, offers and routes and whom they reach."""

from datetime import timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.following_up import REOPEN_WITHIN
from dispatch.domain.order import Command, Member
from dispatch.domain.vocabulary import Action, Clock, Grade, Party, State
from grid_model.places import Located


@pytest.mark.parametrize("grade", [Grade.DISSATISFIED, Grade.VERY_DISSATISFIED])
def test_a_bad_grade_reopens_one_level_higher_and_only_once(county, grade):
    order = county.at(State.RESOLVED)
    outcome = act(order, Command(Action.RATE, grade=grade), county.resident, county.start, county.world)
    rated, reopened = outcome.events
    assert (rated.action, rated.to_state, rated.party) == (Action.RATE, State.CLOSED, Party.RESIDENT)
    assert (reopened.action, reopened.to_state, reopened.party) == (Action.REOPEN, State.ROUTED, Party.SYSTEM)
    again = outcome.order
    assert (again.branch_id, again.level, again.reopened, again.grade) == (103, 1, 1, None)
    assert again.co_branches == (106,)
    assert set(again.clocks) == {Clock.ACCEPT, Clock.ACCEPT_50, Clock.ACCEPT_80, Clock.DISPATCH}
    again = county.does(again, Action.OFFER, members=(county.somebody_for(again),))
    for action in (Action.ACCEPT, Action.RESOLVE):
        again = county.does(again, action, county.assignee(again))
    again = county.does(again, Action.RATE, county.resident, grade=grade)
    assert (again.state, again.grade, again.reopened) == (State.CLOSED, grade, 1)
    with pytest.raises(errors.NotNow):
        county.does(again, Action.REOPEN, county.resident)


def test_what_was_closed_at_the_root_is_reopened_there_and_rises_no_further(county):
    order = county.at(State.CLOSED, grid=1)
    again = county.does(order, Action.REOPEN, county.resident)
    assert (again.branch_id, again.level, again.co_branches) == (101, 0, ())


@pytest.mark.parametrize("grade", [Grade.VERY_SATISFIED, Grade.SATISFIED, Grade.FAIR])
def test_a_good_grade_closes_and_is_given_once(county, grade):
    order = county.does(county.at(State.RESOLVED), Action.RATE, county.resident, grade=grade)
    assert (order.state, order.grade, order.clocks) == (State.CLOSED, grade, {})
    with pytest.raises(errors.NotNow):
        county.does(order, Action.RATE, county.resident, grade=grade)


@pytest.mark.parametrize("grade", Grade)
@pytest.mark.parametrize("late", [timedelta(), REOPEN_WITHIN, REOPEN_WITHIN + timedelta(seconds=1)])
def test_a_late_grade_is_taken_however_late_and_reopens_for_thirty_days(county, grade, late):
    order = county.at(State.CLOSED)
    now = county.start + late
    after = county.does(order, Action.RATE, county.resident, now, grade=grade)
    bad = grade in (Grade.DISSATISFIED, Grade.VERY_DISSATISFIED)
    assert after.state is (State.ROUTED if bad and late <= REOPEN_WITHIN else State.CLOSED)


def test_a_rating_without_a_grade_is_a_wrong_field_and_not_a_wrong_moment(county):
    with pytest.raises(errors.Invalid):
        county.does(county.at(State.RESOLVED), Action.RATE, county.resident)


def test_the_rating_of_an_order_filed_for_somebody_is_marked(county):
    for filed_by, through in ((None, "resident"), (31, "other")):
        order = county.at(State.RESOLVED, filed_by=filed_by)
        command = Command(Action.RATE, grade=Grade.FAIR)
        outcome = act(order, command, county.resident, county.start, county.world)
        assert outcome.events[0].data["through"] == through


def test_an_offer_reaches_only_those_who_serve_below_the_branch(county):
    order = county.at(State.ROUTED)
    for name in county.people:
        member = county.member(name)
        fits = name in ("member of A1", "member of the group", "grid worker of A1")
        if fits:
            assert county.does(order, Action.OFFER, members=(member,)).assignee_id == member.person_id
        else:
            with pytest.raises(errors.Invalid):
                county.does(order, Action.OFFER, members=(member,))
    for members in ((), (Member(50, ()),), (county.member("member of A1"), county.member("member of A2"))):
        with pytest.raises(errors.Invalid):
            county.does(order, Action.OFFER, members=members)


def test_a_department_s_matter_is_offered_to_desk_officers_only(county):
    order = county.at(State.ROUTED, "0201")
    offered = set()
    for name in county.people:
        try:
            county.does(order, Action.OFFER, members=(county.member(name),))
        except errors.Invalid:
            continue
        offered.add(name)
    assert offered == {"officer of A"}


def test_a_branch_sends_an_order_only_below_itself(county):
    secretary = county.people["secretary of A"]
    order = county.does(county.at(State.ROUTED), Action.ESCALATE)
    moved = county.does(order, Action.ROUTE, secretary, grid_id=11)
    assert (moved.grid_id, moved.branch_id, moved.co_branches) == (11, 107, (106, 103))
    for outside in (3, 12, 1):
        with pytest.raises(errors.Invalid):
            county.does(order, Action.ROUTE, secretary, grid_id=outside)


def test_where_nobody_takes_the_matter_it_cannot_be_sent(county_without_desks):
    order = county_without_desks.at(State.ROUTED)
    with pytest.raises(errors.Invalid):
        county_without_desks.does(order, Action.ROUTE, county_without_desks.people["secretary of A1"], category="0201")


def test_an_unplaced_order_is_placed_by_the_root(county):
    order = county.order(grid=None, rule=Located.UNKNOWN)
    placed = county.does(order, Action.ROUTE, county.people["secretary of the county's desk"], grid_id=12)
    assert (placed.state, placed.grid_id, placed.branch_id) == (State.ROUTED, 12, 108)
