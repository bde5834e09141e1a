"""How an order begins: every rule of place with every owner of a category, and the promise that is made."""

import pytest

from dispatch.domain.ledger import GENESIS, digest, event_hash
from dispatch.domain.lifecycle import laws
from dispatch.domain.vocabulary import MILESTONES, Action, BranchKind, Clock, Owner, Party, State, Urgency
from grid_model.hours import deadline
from grid_model.places import Located

BEFORE_ACCEPTED = (Clock.ACCEPT_50, Clock.ACCEPT_80)
CODE_OF = {Owner.MEMBER: "0901", Owner.GRID: "0101", Owner.DEPARTMENT: "0201", Owner.ELSEWHERE: "9002"}


def places(county):
    """A place for each rule, found by the county's own index."""
    of = county.world.places
    return {
        Located.CODE: of.by_code("141123100001001001"),
        Located.POINT: of.by_point(110.7, 38.5),
        Located.ADDRESS: of.by_address("蔚汾镇西关村"),
        Located.BORDER: of.by_point(110.5, 38.75),
        Located.SEVERAL_CANDIDATES: of.by_point(111.5, 38.5),
        Located.OUTSIDE: of.by_point(100.0, 30.0),
        Located.UNKNOWN: of.by_address("月球背面"),
    }


# rule: the grid that takes it, then the branch for the matters of members (0901), of grids and of departments (0201)
GOES_TO = {
    Located.CODE: (14, 109, 106, 104),
    Located.POINT: (5, 107, 107, 104),
    Located.ADDRESS: (5, 107, 107, 104),
    Located.BORDER: (2, 103, 103, 104),
    Located.SEVERAL_CANDIDATES: (3, 105, 105, 102),
    Located.OUTSIDE: (1, 102, 102, 102),
    Located.UNKNOWN: (1, 102, 102, 102),
}


def file_at(county, rule, owner, **given):
    found = places(county)[rule]
    assert found.rule is rule
    return county.filed(CODE_OF[owner], found.grid_id, rule=found.rule, **given)


@pytest.mark.parametrize("rule", Located)
@pytest.mark.parametrize("owner", Owner)
def test_every_place_and_every_matter_goes_somewhere(county, rule, owner):
    outcome = file_at(county, rule, owner)
    order = outcome.order
    grid, of_members, of_grids, of_desks = GOES_TO[rule]
    assert order.grid_id == grid
    if owner is Owner.ELSEWHERE:
        assert (order.state, order.clocks, order.ended_at) == (State.REDIRECTED, {}, county.start)
        assert [event.action for event in outcome.events] == [Action.SUBMIT, Action.REDIRECT]
        return
    branch = {Owner.MEMBER: of_members, Owner.GRID: of_grids, Owner.DEPARTMENT: of_desks}[owner]
    assert (order.branch_id, order.supervisor_id) == (branch, branch)
    if rule is Located.UNKNOWN:  # somebody must say where it is
        assert order.state is State.RECEIVED
        assert set(order.clocks) == {Clock.ACCEPT, *BEFORE_ACCEPTED}
        assert [event.action for event in outcome.events] == [Action.SUBMIT]
    else:
        assert order.state is State.ROUTED
        assert set(order.clocks) == {Clock.ACCEPT, *BEFORE_ACCEPTED, Clock.DISPATCH}
        assert [event.action for event in outcome.events] == [Action.SUBMIT, Action.ROUTE]
    assert (order.level, order.reopened, order.listed, order.assignee_id) == (0, 0, False, None)
    assert [(notice.person_id, notice.branch_id) for notice in outcome.notices] == [(None, branch)]


@pytest.mark.parametrize("rule", Located)
def test_a_department_s_matter_is_never_pushed_down_to_the_grassroots(county, rule):
    order = file_at(county, rule, Owner.DEPARTMENT).order
    assert county.world.branches.get(order.branch_id).kind == BranchKind.DESK


@pytest.mark.parametrize("rule", [Located.CODE, Located.OUTSIDE, Located.UNKNOWN])
def test_where_no_desk_takes_it_a_department_s_matter_waits_for_the_root_to_decide(county_without_desks, rule):
    outcome = county_without_desks.filed("0201", rule=rule)
    assert (outcome.order.state, outcome.order.branch_id) == (State.RECEIVED, 101)
    assert set(outcome.order.clocks) == {Clock.ACCEPT, *BEFORE_ACCEPTED}
    assert [notice.branch_id for notice in outcome.notices] == [101], "somebody is told"


@pytest.mark.parametrize("rule", [Located.OUTSIDE, Located.UNKNOWN])
def test_without_a_desk_the_committee_of_the_root_takes_what_lies_nowhere(county_without_desks, rule):
    assert county_without_desks.filed("0101", None, rule=rule).order.branch_id == 101


@pytest.mark.parametrize("rule", Located)
@pytest.mark.parametrize("owner", Owner)
def test_the_first_events_are_lawful_chained_and_say_why(county, rule, owner):
    outcome = file_at(county, rule, owner)
    head, state = GENESIS, State.NEW
    for version, event in enumerate(outcome.events, 1):
        assert event.version == version
        assert event.from_state is state
        assert (event.from_state, event.action, event.party, event.to_state) in set(laws())
        assert event.hash == event_hash(head, event)
        head, state = event.hash, event.to_state
    assert (outcome.order.head, outcome.order.state, outcome.order.version) == (head, state, len(outcome.events))
    submitted = outcome.events[0]
    assert submitted.party is Party.RESIDENT
    assert submitted.data["place"]["rule"] == rule
    routed = [event for event in outcome.events if event.action is Action.ROUTE]
    for event in routed:
        assert event.party is Party.SYSTEM
        assert event.data["steps"][-1][1:] == [outcome.order.branch_id, "chosen"]


TIERS = [Urgency.COMPLEX, Urgency.GENERAL, Urgency.URGENT, Urgency.CRITICAL]


@pytest.mark.parametrize("asked", [None, *Urgency])
@pytest.mark.parametrize("category", ["0101", "0801", "1301", "1001", "0301"])
def test_the_urgency_of_a_category_is_raised_by_the_filer_and_never_lowered(county, category, asked):
    own = county.world.categories[category].urgency
    order = county.order(category, urgency=asked)
    assert order.urgency is (own if asked is None else max(own, asked, key=TIERS.index))


@pytest.mark.parametrize("urgency", Urgency)
def test_the_promise_is_the_policy_s_and_the_first_clock_is_the_promise(county, urgency):
    order = county.order("1301", urgency=urgency)
    policy, calendar = county.world.policy, county.world.calendar
    assert order.promises == {
        clock: deadline(county.start, policy.duration(clock, urgency, "1301"), calendar) for clock in MILESTONES
    }
    assert order.clocks[Clock.ACCEPT] == order.promises[Clock.ACCEPT]
    assert order.next_milestone == (Clock.ACCEPT, order.promises[Clock.ACCEPT])
    assert order.submitted_at == county.start


def test_who_filed_for_whom_stays_on_record_but_no_name_and_no_text(county):
    own = county.filed()
    assert "filed_for" not in own.events[0].data
    assert (own.order.filed_by, own.events[0].actor_id) == (None, None)
    behalf = county.filed(filed_by=31)
    assert behalf.events[0].data["filed_for"] == {"channel": "phone"}
    assert (behalf.order.filed_by, behalf.events[0].actor_id) == (31, 31)
    for outcome in (own, behalf):
        contents = {"text": "路灯不亮", "contact_phone": "13800000000"}
        assert outcome.events[0].data["contents"] == digest(b"salt", contents)
        assert all(told not in repr(outcome) for told in contents.values())


def test_filing_the_same_twice_is_the_same(county):
    assert county.filed() == county.filed()
