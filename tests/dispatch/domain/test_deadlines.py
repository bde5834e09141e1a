"""Deadlines: each is due when its explanation says, whatever was done to the order before."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import tick
from dispatch.domain.deadlines import Deadline, Standing, Why, deadlines
from dispatch.domain.errors import Refusal
from dispatch.domain.order import SYSTEM, Command, Event, Order
from dispatch.domain.policy import DEFAULT
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import MILESTONES, WARNINGS, Action, Clock, Party, State, Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")
WARNING_CLOCKS = {warning for pairs in WARNINGS.values() for warning, _ in pairs}
ACTORS = (
    "member of A1", "member of A2", "member of B1", "secretary of A1", "secretary of A", "secretary of the county",
    "supervisor of the county", "the resident", "officer of A", "officer of the county",
)  # fmt: skip


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


FILED = at(10, 10)
half = settings(max_examples=settings.default.max_examples // 2)


class Story:
    """One order and its events, as things happen to it."""

    def __init__(self, county, category="0101", now=FILED, **given) -> None:
        self.county, self.world, self.now = county, county.world, now
        outcome = county.filed(category, now=now, **given)
        self.order: Order = outcome.order
        self.events: list[Event] = list(outcome.events)

    def took(self, outcome) -> None:
        self.order = outcome.order
        self.events += outcome.events

    def sweep(self, now: datetime) -> None:
        self.now = now
        self.took(tick(self.order, now, self.world))

    def does(self, action: Action, actor=SYSTEM, now: datetime | None = None, **given) -> None:
        self.now = now or self.now
        self.took(act(self.order, Command(action, **given), actor, self.now, self.world))

    def accepted(self, now: datetime) -> None:
        self.does(Action.OFFER, now=now, members=(self.county.somebody_for(self.order),))
        self.does(Action.ACCEPT, self.county.assignee(self.order), now)

    def rules_change(self, world, because: str, now: datetime) -> None:
        self.now, self.world = now, world
        outcome = retimed(self.order, reckon(self.events), because, now, world)
        if outcome is not None:
            self.took(outcome)

    def deadlines(self) -> tuple[Deadline, ...]:
        return deadlines(self.order, self.events, self.now, self.world)

    def deadline(self, clock: Clock) -> Deadline:
        return next(one for one in self.deadlines() if one.clock is clock)


def slower(world):
    """The world with another policy and another calendar."""
    policy = DEFAULT.overridden([("general", "", "resolve", "5wd"), ("general", "", "contact", "1wd"),
                                 ("urgent", "", "rise", "2wh"), ("general", "", "rise", "3h")])  # fmt: skip
    return replace(world, policy=policy, calendar=world.calendar.changed({date(2026, 3, 12): False}))


@st.composite
def walks(draw: st.DrawFn, county) -> Story:
    category = draw(st.sampled_from(["0101", "0801", "1301", "1001", "0201"]))
    story = Story(county, category)
    for _ in range(draw(st.integers(0, 14))):
        now = story.now + draw(st.sampled_from([timedelta(), timedelta(minutes=7), timedelta(hours=3),
                                                timedelta(hours=26), timedelta(days=4)]))  # fmt: skip
        story.sweep(now)
        if draw(st.integers(0, 9)) == 0:
            other = slower(county.world) if story.world is county.world else county.world
            story.rules_change(other, draw(st.sampled_from(["calendar", "policy", "emergency_ended"])), now)
        elif story.order.state is State.ROUTED and draw(st.booleans()):
            story.accepted(now)
        else:
            people = county.actors()
            open_to = [
                (name, action)
                for name in ACTORS
                for action in actions(story.order, people[name], now, story.world)
                if action not in (Action.OFFER, Action.REDIRECT, Action.WITHDRAW) or draw(st.integers(0, 9)) == 0
            ]
            if open_to:
                name, action = draw(st.sampled_from(open_to))
                try:
                    command = county.command(story.order, action, now)
                    story.took(act(story.order, command, people[name], now, story.world))
                except (Refusal, StopIteration):
                    continue
    return story


def ends(term) -> None:
    """The last line of an explanation is of the day and the time it is due."""
    due = term.due.astimezone(SHANGHAI)
    last = term.days[-1]
    assert last.date == due.date()
    assert last.note_zh.endswith(f"{due:%H:%M} 到期")
    assert last.note_en.endswith(f"due at {due:%H:%M}")


@half
@given(st.data())
def test_every_deadline_is_due_when_its_last_line_says(county, data) -> None:
    story = data.draw(walks(county))
    order, found = story.order, {one.clock: one for one in story.deadlines()}
    shown = {*order.promises, *(clock for clock in order.clocks if clock not in WARNING_CLOCKS)}
    assert set(found) == shown
    for clock, one in found.items():
        running = order.clocks.get(clock, order.held.get(clock))
        assert one.term.due == order.promises.get(clock, running)
        if clock in MILESTONES and running is not None and running != one.term.due:
            assert one.now is not None
            assert one.now.due == running
            ends(one.now)
        else:
            assert one.now is None
        ends(one.term)
        assert [earlier.at for earlier in one.earlier] == sorted(earlier.at for earlier in one.earlier)
        terms = (one.term,) if one.now is None else (one.term, one.now)
        if not any(event.action is Action.RETIME for event in story.events):
            assert not any("按台账所记" in line.note_zh for term in terms for line in term.days), "left unexplained"


@half
@given(st.data())
def test_a_promise_is_missed_exactly_where_the_order_is_overdue(county, data) -> None:
    story = data.draw(walks(county))
    order = story.order
    if order.state not in (State.RECEIVED, State.ROUTED, State.OFFERED, State.ACCEPTED) or order.held:
        return
    missed = {one.clock for one in story.deadlines() if one.standing is Standing.MISSED and one.clock in MILESTONES}
    assert bool(missed) == order.overdue(story.now)


@half
@given(st.data())
def test_the_past_is_told_with_every_promise_that_was_ever_made(county, data) -> None:
    story = data.draw(walks(county))
    made = {
        (name, datetime.fromisoformat(due))
        for event in story.events
        for name, due in event.data.get("promises", {}).items()
    }
    for one in story.deadlines():
        if one.clock in MILESTONES:
            told = {one.term.due, *(earlier.due for earlier in one.earlier)}
            assert told == {due for name, due in made if name == one.clock.value}


def test_contact_and_result_are_promised_before_anybody_has_accepted(county) -> None:
    story = Story(county)
    assert [(one.clock, one.standing, one.term.due) for one in story.deadlines()] == [
        (Clock.ACCEPT, Standing.RUNNING, at(10, 17, 30)),
        (Clock.CONTACT, Standing.RUNNING, at(13, 10)),
        (Clock.RESOLVE, Standing.RUNNING, at(17, 10)),
        (Clock.DISPATCH, Standing.RUNNING, at(10, 12)),
    ]
    accept = story.deadline(Clock.ACCEPT)
    assert accept.warn_at == tuple(story.order.clocks[clock] for clock, _ in WARNINGS[Clock.ACCEPT])
    assert accept.term.days[0].note_zh == "工作日，10:00 起算，16:00 前受理，当日办，17:30 到期"


def test_what_nobody_accepts_is_missed_and_the_level_above_has_time_of_its_own(county) -> None:
    story = Story(county)
    story.sweep(at(10, 17, 30))
    accept = story.deadline(Clock.ACCEPT)
    assert (accept.standing, accept.term.due) == (Standing.MISSED, at(10, 17, 30))
    assert accept.now is not None
    assert (str(accept.now.length), accept.now.start, accept.now.due) == ("1wd", at(10, 17, 30), at(11, 17, 30))


def test_what_was_done_in_time_is_kept_and_what_was_done_after_it_is_kept_late(county) -> None:
    story = Story(county)
    story.accepted(at(10, 11))
    handler = county.assignee(story.order)
    story.sweep(at(13, 12))
    story.does(Action.CONTACT, handler)
    story.does(Action.RESOLVE, handler, at(14, 9))
    assert {one.clock: (one.standing, one.kept_at) for one in story.deadlines()} == {
        Clock.ACCEPT: (Standing.KEPT, at(10, 11)),
        Clock.CONTACT: (Standing.KEPT_LATE, at(13, 12)),
        Clock.RESOLVE: (Standing.KEPT, at(14, 9)),
        Clock.RATE: (Standing.RUNNING, None),
    }


def test_what_ended_before_it_was_due_is_no_longer_counted(county) -> None:
    story = Story(county)
    story.does(Action.WITHDRAW, county.resident, at(10, 11))
    assert [one.standing for one in story.deadlines()] == [Standing.STOPPED] * 3


def test_a_pause_stands_in_the_explanation_and_the_old_promise_beside_the_new(county) -> None:
    story = Story(county)
    story.accepted(at(10, 11))
    handler = county.assignee(story.order)
    story.does(Action.PAUSE, handler, at(11, 9))
    resolve = story.deadline(Clock.RESOLVE)
    assert resolve.standing is Standing.PAUSED
    assert "暂停计时" in resolve.term.days[-2].note_zh
    story.does(Action.RESUME, handler, at(11, 15))
    resolve = story.deadline(Clock.RESOLVE)
    assert (resolve.standing, resolve.term.due) == (Standing.RUNNING, at(17, 16))
    assert [(one.due, one.at, one.why) for one in resolve.earlier] == [(at(17, 10), at(11, 15), Why.PAUSE)]
    (rest,) = resolve.rests
    assert (rest.since, rest.until, rest.by, rest.ended_by) == (at(11, 9), at(11, 15), Party.HANDLER, Party.HANDLER)
    assert [line.note_zh for line in resolve.term.days if line.date == date(2026, 3, 11)] == [
        "工作日，计 9 小时",
        "09:00 起等候群众，至 3月11日 15:00，不计",
        "工作日，计 9 小时",
    ]
    assert sum((line.counted for line in resolve.term.days), timedelta()) == timedelta(days=7)
    assert story.deadline(Clock.ACCEPT).rests == ()


def test_what_is_reached_while_the_resident_is_waited_for_is_promised_as_before(county) -> None:
    story = Story(county)
    story.accepted(at(10, 11))
    handler = county.assignee(story.order)
    story.does(Action.PAUSE, handler, at(11, 9))
    story.does(Action.CONTACT, handler, at(11, 10))
    story.does(Action.RESUME, handler, at(11, 15))
    contact = story.deadline(Clock.CONTACT)
    assert (contact.standing, contact.term.due, contact.rests) == (Standing.KEPT, at(13, 10), ())
    assert not any("等候" in line.note_zh or "按台账所记" in line.note_zh for line in contact.term.days)
    assert story.deadline(Clock.RESOLVE).term.due == at(17, 16)


def test_changed_rules_leave_the_old_promise_in_the_history(county) -> None:
    story = Story(county)
    story.rules_change(slower(county.world), "policy", at(10, 10, 30))
    resolve = story.deadline(Clock.RESOLVE)
    assert [(one.due, one.why) for one in resolve.earlier] == [(at(17, 10), Why.POLICY)]
    assert str(resolve.term.length) == "5wd"


def test_what_is_done_again_is_promised_anew(county) -> None:
    story = Story(county)
    story.accepted(at(10, 11))
    story.does(Action.RESOLVE, county.assignee(story.order), at(11, 9))
    story.does(Action.REOPEN, county.resident, at(12, 9))
    for clock in MILESTONES:
        one = story.deadline(clock)
        assert (one.standing, one.term.start) == (Standing.RUNNING, at(12, 9))
        assert [earlier.why for earlier in one.earlier] == [Why.REOPENED]


def test_a_deadline_in_working_time_of_a_year_without_published_holidays_is_provisional(county) -> None:
    now = datetime(2027, 12, 31, 17, tzinfo=SHANGHAI)
    found = {one.clock: one.term.provisional for one in Story(county, now=now).deadlines()}
    assert found[Clock.ACCEPT]
    assert not found[Clock.RESOLVE]


@pytest.mark.parametrize("urgency", list(Urgency))
def test_what_belongs_elsewhere_was_promised_nothing(county, urgency) -> None:
    story = Story(county, "9001", urgency=urgency)
    assert story.deadlines() == ()


def test_a_promise_that_was_made_to_somebody_else_is_no_day_that_was_named(county) -> None:
    boss, now = county.people["supervisor of the county"], at(12, 10)
    filed = county.filed(now=now)
    child = county.order(number=8, now=at(10, 10) + timedelta(seconds=30))
    outcome = act(filed.order, Command(Action.ABSORB, other=child), boss, now, county.world)
    found = deadlines(outcome.order, [*filed.events, *outcome.events], now, county.world)
    resolve = next(one for one in found if one.clock is Clock.RESOLVE)
    assert resolve.term.due == child.promises[Clock.RESOLVE]
    assert "下班" not in resolve.term.days[-1].note_zh
