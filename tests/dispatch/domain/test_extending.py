"""延期、转复杂: asked before the deadline, decided one level up, and every promise that moves says so (DOMAIN §5)."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.clockwork import tick
from dispatch.domain.deadlines import Standing, Why, deadlines
from dispatch.domain.order import SYSTEM, Command
from dispatch.domain.retelling import retell
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import Action, Clock, Matter, State, Urgency
from grid_model.durations import Duration, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREE_DAYS = Duration(3, Unit.DAY)
MATTERS = (Matter.EXTEND, Matter.COMPLEX, Matter.PARK)


@dataclass
class Story:
    """One order with everything that was told of it."""

    county: object
    order: object
    events: list = field(default_factory=list)

    def do(self, action, actor=None, now=START, **given):
        actor = self.county.assignee(self.order) if actor is None else actor
        outcome = act(self.order, Command(action, **given), actor, now, self.county.world)
        return self._take(outcome)

    def sweep(self, now):
        return self._take(tick(self.order, now, self.county.world))

    def _take(self, outcome):
        self.order = outcome.order
        self.events += outcome.events
        for name, value in retell(self.events).items():
            assert getattr(self.order, name) == value, name
        return outcome

    def ask(self, matter, now=START, **given):
        needs = {Matter.EXTEND: {"amount": THREE_DAYS}, Matter.PARK: {"on": (now + 30 * DAY).date()}}.get(matter, {})
        return self.do(Action.ASK, None, now, matter=matter, **{**needs, **given})

    def grant(self, now=START):
        return self.do(Action(self.order.affairs.pending.matter.value), self.county.decider(self.order), now)

    def deadline(self, now, clock=Clock.RESOLVE):
        found = deadlines(self.order, self.events, now, self.county.world)
        return next(one for one in found if one.clock is clock)


@pytest.fixture
def begun(county):
    """An order in hand, with its whole ledger."""

    def begin(category="0101", grid=14, **given):
        filed = county.filed(category, grid, now=START, **given)
        story = Story(county, filed.order, list(filed.events))
        story.do(Action.OFFER, SYSTEM, START, members=(county.somebody_for(story.order),))
        story.do(Action.ACCEPT)
        story.do(Action.CONTACT)
        return story

    return begin


@given(st.sampled_from(list(Urgency)), st.integers(1, 24))
def test_an_extension_moves_the_promise_and_the_clock_by_what_was_granted(county, urgency, hours):
    order = county.at(State.ACCEPTED, now=START, urgency=urgency)
    amount = Duration(min(hours, 2), Unit.HOUR) if urgency is Urgency.CRITICAL else Duration(hours, Unit.HOUR)
    after = county.granted(order, Matter.EXTEND, START + timedelta(minutes=5), amount=amount)
    due = order.promises[Clock.RESOLVE] + amount.amount * HOUR
    assert after.promises == {**order.promises, Clock.RESOLVE: due}
    assert after.clocks[Clock.RESOLVE] == due
    assert after.clocks[Clock.CONTACT] == order.clocks[Clock.CONTACT]
    assert after.clocks[Clock.RESOLVE_50] == START + (due - START) / 2
    assert after.clocks[Clock.RESOLVE_80] == START + (due - START) * 4 / 5


def test_the_old_promise_stays_in_view_and_the_new_one_explains_itself(begun):
    story = begun()
    before = story.order.promises[Clock.RESOLVE]
    story.ask(Matter.EXTEND, START + DAY)
    story.grant(START + 2 * DAY)
    found = story.deadline(START + 2 * DAY)
    assert [(one.due, one.at, one.why) for one in found.earlier] == [(before, START + 2 * DAY, Why.EXTENDED)]
    assert (found.standing, found.term.due) == (Standing.RUNNING, before + 3 * DAY)
    assert (found.term.start, found.term.length) == (START, Duration(10, Unit.DAY))
    assert "台账" not in found.term.days[-1].note_zh


def test_an_order_is_extended_twice_at_most_each_time_by_no_more_than_it_had(begun):
    story = begun()
    due = story.order.promises[Clock.RESOLVE]
    for count in (1, 2):
        story.ask(Matter.EXTEND)
        story.grant()
        assert story.order.promises[Clock.RESOLVE] == due + count * 3 * DAY
        assert story.order.affairs.extensions == count
    with pytest.raises(errors.ExtendedBefore):
        story.ask(Matter.EXTEND)
    assert story.deadline(START).term.length == Duration(13, Unit.DAY)


@pytest.mark.parametrize("amount", [None, "8d", "169h", "3wd", "4wh", "2ah", "same_day", "61m", "9999d"])
def test_an_extension_is_in_the_promise_s_own_unit_and_no_longer_than_it(begun, amount):
    story = begun()
    with pytest.raises(errors.Invalid) as refused:
        story.ask(Matter.EXTEND, amount=None if amount is None else Duration.parse(amount))
    assert refused.value.data["faults"][0]["field"] == "amount"


@pytest.mark.parametrize("amount", ["1d", "24h", "168h", "7d"])
def test_days_and_hours_add_up(begun, amount):
    story = begun()
    due = story.order.promises[Clock.RESOLVE]
    story.ask(Matter.EXTEND, amount=Duration.parse(amount))
    story.grant()
    hours = Duration.parse(amount).amount * (24 if amount.endswith("d") else 1)
    assert story.order.promises[Clock.RESOLVE] == due + hours * HOUR


@pytest.fixture
def working(county):
    """The county where a result is promised in working days."""
    policy = county.world.policy.overridden([("general", "", "resolve", "5wd")])
    return replace(county, world=replace(county.world, policy=policy))


def test_working_days_are_extended_by_working_days(working):
    order = working.at(State.ACCEPTED, now=START)
    assert order.promises[Clock.RESOLVE] == START + 7 * DAY
    with pytest.raises(errors.Invalid):
        working.asked(order, Matter.EXTEND, amount=Duration(1, Unit.DAY))
    after = working.granted(order, Matter.EXTEND, amount=Duration(3, Unit.WORKING_DAY))
    assert after.promises[Clock.RESOLVE] == START + 10 * DAY, "Friday: Tuesday and three working days"
    assert after.affairs.lengthened == "8wd"


def test_a_change_of_the_calendar_moves_what_was_granted_but_not_its_length(working):
    filed = working.filed(now=START)
    story = Story(working, filed.order, list(filed.events))
    story.do(Action.OFFER, SYSTEM, members=(working.somebody_for(story.order),))
    story.do(Action.ACCEPT)
    story.ask(Matter.EXTEND, amount=Duration(3, Unit.WORKING_DAY))
    story.grant()
    due = story.order.promises[Clock.RESOLVE]
    usual = working.world.calendar
    closed = replace(usual, overrides={**usual.overrides, date(2026, 3, 18): False})
    world = replace(working.world, calendar=closed)
    story.county = replace(working, world=world)
    outcome = retimed(story.order, reckon(story.events), "calendar", START + DAY, world)
    assert outcome.order.promises[Clock.RESOLVE] == due + 3 * DAY, "a closed Wednesday moves Friday to Monday"
    assert outcome.order.clocks[Clock.RESOLVE] == due + 3 * DAY
    story._take(outcome)
    assert story.deadline(START + DAY).term.length == Duration(8, Unit.WORKING_DAY)
    policy = working.world.policy.overridden([("general", "", "resolve", "1wd")])
    shorter = retimed(story.order, reckon(story.events), "policy", START + DAY, replace(world, policy=policy))
    assert shorter is None or Clock.RESOLVE not in shorter.events[0].data.get("promised", {})


def test_it_is_asked_before_the_deadline_and_while_the_clock_runs(begun):
    story = begun()
    due = story.order.promises[Clock.RESOLVE]
    story.do(Action.PAUSE, now=START + DAY)
    with pytest.raises(errors.TooLateToExtend):
        story.ask(Matter.EXTEND, START + DAY)
    story.do(Action.RESUME, now=START + DAY)
    with pytest.raises(errors.TooLateToExtend):
        story.ask(Matter.EXTEND, due)


@given(st.integers(0, 48), st.integers(1, 23), st.booleans())
def test_a_pause_before_or_while_it_is_decided_moves_the_longer_promise_as_well(county, since, hours, meanwhile):
    order = county.at(State.ACCEPTED, now=START)
    start, due = START + since * HOUR, order.promises[Clock.RESOLVE]
    handler = county.assignee(order)
    if meanwhile:
        order = county.asked(order, Matter.EXTEND, start, amount=THREE_DAYS)
    order = county.does(order, Action.PAUSE, handler, start)
    if meanwhile:
        order = county.does(order, Action.EXTEND, county.decider(order), start + timedelta(minutes=1))
        assert order.held[Clock.RESOLVE] == order.promises[Clock.RESOLVE] == due + 3 * DAY
        assert Clock.RESOLVE not in order.clocks
    order = county.does(order, Action.RESUME, handler, start + hours * HOUR)
    if not meanwhile:
        order = county.granted(order, Matter.EXTEND, start + hours * HOUR, amount=THREE_DAYS)
    assert order.promises[Clock.RESOLVE] == order.clocks[Clock.RESOLVE] == due + 3 * DAY + hours * HOUR


def test_a_pause_before_and_after_an_extension_stand_in_its_explanation(begun):
    story = begun()
    due = story.order.promises[Clock.RESOLVE]
    story.do(Action.PAUSE, now=START + DAY)
    story.do(Action.RESUME, now=START + DAY + 5 * HOUR)
    story.ask(Matter.EXTEND, START + 2 * DAY)
    story.grant(START + 2 * DAY)
    found = story.deadline(START + 2 * DAY)
    assert found.term.due == due + 3 * DAY + 5 * HOUR
    assert [one.why for one in found.earlier] == [Why.PAUSE, Why.EXTENDED]
    assert [rest.until - rest.since for rest in found.rests] == [5 * HOUR]
    assert "台账" not in found.term.days[-1].note_zh
    assert retimed(story.order, reckon(story.events), "calendar", START + 2 * DAY, story.county.world) is None


def test_granted_after_the_deadline_has_passed_it_counts_from_the_old_promise(begun):
    story = begun()
    due = story.order.promises[Clock.RESOLVE]
    story.ask(Matter.EXTEND, due - HOUR)
    story.sweep(due + 2 * HOUR)
    assert story.order.level == 1, "it was missed, and that stays so"
    assert story.order.affairs.pending.matter is Matter.EXTEND
    story.grant(due + 3 * HOUR)
    assert story.order.promises[Clock.RESOLVE] == story.order.clocks[Clock.RESOLVE] == due + 3 * DAY
    assert story.order.level == 1
    assert not story.order.overdue(due + 3 * HOUR)


def test_granted_so_late_that_it_is_over_too_it_puts_nothing_right(begun):
    story = begun()
    due = story.order.promises[Clock.RESOLVE]
    story.ask(Matter.EXTEND, due - HOUR, amount=Duration(1, Unit.HOUR))
    story.sweep(due + 2 * DAY)
    clocks = story.order.clocks
    assert Clock.REMIND in clocks
    story.grant(due + 2 * DAY)
    assert story.order.promises[Clock.RESOLVE] == due + HOUR
    assert story.order.overdue(due + 2 * DAY)
    assert story.order.clocks == {clock: at for clock, at in clocks.items() if clock is not Clock.DECIDE}


def test_at_the_root_a_granted_extension_lets_the_clock_run_again(begun):
    story = begun("0101", 1)
    due = story.order.promises[Clock.RESOLVE]
    story.ask(Matter.EXTEND, due - HOUR)
    story.sweep(due)
    assert story.order.listed
    assert Clock.RESOLVE not in story.order.clocks
    story.do(Action.EXTEND, story.county.people["supervisor of the county"], due + HOUR)
    assert story.order.clocks[Clock.RESOLVE] == due + 3 * DAY
    assert story.order.listed, "what was listed stays so until it is cleared"
    story.sweep(due + 3 * DAY)
    assert Clock.REMIND in story.order.clocks


def test_done_again_it_may_be_extended_twice_again(begun):
    story = begun()
    for _ in range(2):
        story.ask(Matter.EXTEND)
        story.grant()
    story.do(Action.RESOLVE)
    story.do(Action.REOPEN, story.county.resident)
    assert (story.order.affairs.extensions, story.order.affairs.lengthened) == (0, None)
    assert story.order.promises[Clock.RESOLVE] == START + 7 * DAY


def test_complex_has_a_month_from_the_filing(begun):
    story = begun()
    before = story.order.promises[Clock.RESOLVE]
    story.ask(Matter.COMPLEX, START + DAY)
    story.grant(START + DAY)
    assert story.order.urgency is Urgency.COMPLEX
    assert story.order.promises[Clock.RESOLVE] == story.order.clocks[Clock.RESOLVE] == START + 30 * DAY
    found = story.deadline(START + DAY)
    assert [(one.due, one.why) for one in found.earlier] == [(before, Why.COMPLEX)]
    assert (found.term.length, found.term.due) == (Duration(30, Unit.DAY), START + 30 * DAY)
    with pytest.raises(errors.Invalid):
        story.ask(Matter.COMPLEX)
    story.ask(Matter.EXTEND, START + DAY, amount=Duration(30, Unit.DAY))
    story.grant(START + DAY)
    assert story.order.promises[Clock.RESOLVE] == START + 60 * DAY


def test_what_stood_still_before_is_not_taken_from_the_month(begun):
    story = begun()
    story.do(Action.PAUSE, now=START + DAY)
    story.do(Action.RESUME, now=START + DAY + 5 * HOUR)
    story.ask(Matter.PARK, START + 2 * DAY, on=date(2026, 9, 8))
    story.grant(START + 2 * DAY)
    story.sweep(datetime(2026, 9, 8, 10, tzinfo=SHANGHAI))
    now = datetime(2026, 9, 8, 11, tzinfo=SHANGHAI)
    parked = datetime(2026, 9, 8, 10, tzinfo=SHANGHAI) - (START + 2 * DAY)
    story.ask(Matter.COMPLEX, now)
    story.grant(now)
    assert story.order.promises[Clock.RESOLVE] == START + 30 * DAY + 5 * HOUR + parked
    assert "台账" not in story.deadline(now).term.days[-1].note_zh
    assert retimed(story.order, reckon(story.events), "calendar", now, story.county.world) is None


def test_a_second_extension_is_no_longer_than_the_promise_was_at_first(begun):
    story = begun()
    story.ask(Matter.EXTEND, amount=Duration(7, Unit.DAY))
    story.grant()
    with pytest.raises(errors.Invalid):
        story.ask(Matter.EXTEND, amount=Duration(8, Unit.DAY))
    story.ask(Matter.EXTEND, amount=Duration(7, Unit.DAY))
    story.grant()
    assert story.order.promises[Clock.RESOLVE] == START + 21 * DAY


def test_a_more_urgent_matter_is_as_long_as_the_policy_says_again(begun):
    story = begun()
    story.ask(Matter.EXTEND, amount=Duration(7, Unit.DAY))
    story.grant()
    story.do(Action.RECALL, story.county.people["secretary of A1"])
    story.do(Action.ROUTE, story.county.people["secretary of A1"], category="0801", grid_id=14)
    assert story.order.affairs.lengthened is None


def test_what_was_granted_as_complex_stays_so_until_it_is_another_matter(begun):
    story = begun()
    story.ask(Matter.COMPLEX)
    story.grant()
    secretary = story.county.people["secretary of A1"]
    story.do(Action.RECALL, secretary)
    story.do(Action.ROUTE, secretary, grid_id=8)
    assert (story.order.urgency, story.order.promises[Clock.RESOLVE]) == (Urgency.COMPLEX, START + 30 * DAY)
    story.do(Action.ROUTE, secretary, category="0901")
    assert story.order.urgency is Urgency.GENERAL


def test_done_again_it_is_as_urgent_as_before_it_was_complex(begun):
    for again in (Action.REOPEN, Action.REVIEW):
        story = begun()
        story.ask(Matter.COMPLEX)
        story.grant()
        story.do(Action.RESOLVE)
        by = story.county.resident if again is Action.REOPEN else story.county.people["supervisor of A"]
        story.do(again, by)
        assert (story.order.urgency, story.order.promises[Clock.RESOLVE]) == (Urgency.GENERAL, START + 7 * DAY)
