"""Forecasts: what is foretold is what happens when the clock is driven on and nobody does anything."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.acting import act
from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, followed, tick, wants_member
from dispatch.domain.emergency import Emergency
from dispatch.domain.forecast import End, Forecast, Hearing, forecast
from dispatch.domain.order import Command, Event, Order
from dispatch.domain.retiming import retimed
from dispatch.domain.serving import ServiceHours, Serving
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import Action, BranchKind, Clock, Rung, State, Urgency
from grid_model.routing import Branches

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMES = ("member of A1", "member of the group", "grid worker of A1", "member of A2", "member of B1", "officer of A",
         "officer of the county")  # fmt: skip
SWEEP = timedelta(seconds=30)  # every due time of the default policy is one of these
EVENINGS = ServiceHours(((time(18, 30), time(21)),), ((time(9), time(21)),))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def serving(member, **given) -> Serving:
    code = f"P{member.person_id}"
    return Serving(
        member.person_id, code, code, frozenset(), **{"capacity": 3, "load": 0, **given}, grants=member.grants
    )


def everybody(county, **given) -> list[Serving]:
    return [serving(county.member(name), **given) for name in NAMES]


class Driven:
    """The order swept every half a minute, by everybody as the database would give them at that moment."""

    def __init__(self, order: Order, events: Iterable[Event], people: list[Serving], world) -> None:
        self.order, self.events, self.world = order, list(events), world
        self.people = {one.person_id: one for one in people}
        self.told = []
        self.first = order

    def sweep(self, now: datetime) -> None:
        outcome = tick(self.order, now, self.world)
        if wants_member(outcome.order, now):
            loaded = [self._as_stored(one) for one in self.people.values()]
            choosing = Chooser(loaded, {}, self.world)
            offered = climb(outcome.order, lambda o, rung: choosing.choice(o, now, rung), now, self.world)
            outcome = followed(outcome, offered, self.order)
        for event in outcome.events:
            if event.action is Action.OFFER and event.assignee_id is not None:
                self.people[event.assignee_id] = replace(self.people[event.assignee_id], served_at=event.at)
        self.took(outcome)

    def took(self, outcome) -> None:
        self.order = outcome.order
        self.events += outcome.events
        self.told += [notice.version for notice in outcome.notices]

    def _as_stored(self, one: Serving) -> Serving:
        """What is in hand includes this very order for whoever has it."""
        has, had = (order.assignee_id == one.person_id for order in (self.order, self.first))
        return replace(one, load=one.load + has - had)

    def until(self, start: datetime, end: datetime) -> None:
        now, turns = start, [turn for one in self.world.emergencies for turn in (one.starts_at, one.ends_at)]
        while now <= end:
            due = self.order.next_clock
            if due is not None and due[1] <= now:
                self.sweep(now)
            if now in turns:
                outcome = retimed(self.order, reckon(self.events), "emergency", now, self.world)
                if outcome is not None:
                    self.took(outcome)
            now += SWEEP


def reminder(event: Event) -> bool:
    return event.data.get("missed") == Clock.REMIND.value


def foretold(found: Forecast) -> list[tuple]:
    return [
        (one.at, one.action, one.missed, one.rung, one.members, one.state, one.branch_id, one.supervisor_id, one.level)
        for one in found.steps
    ]


def to_the_end(events: list[Event]) -> list[Event]:
    """What happened, without what follows when it has been listed and reminded once."""
    first = next((event for event in events if reminder(event)), None)
    after = (event for event in events if first is not None and event.version >= first.version)
    last = next((event for event in after if set(event.data["clocks"]) == {"remind"}), None)
    return [
        event
        for event in events
        if (not reminder(event) or event is first) and (last is None or event.version <= last.version)
    ]


def happened(events: list[Event]) -> list[tuple]:
    return [
        (
            event.at,
            event.action,
            Clock(event.data["missed"]) if "missed" in event.data else None,
            Rung(event.data["kind"]) if "kind" in event.data else None,
            tuple(f"P{person}" for person in event.data.get("offered", ())),
            event.to_state,
            event.branch_id,
            event.data["supervisor"],
            event.level,
        )
        for event in events
    ]


def comes_true(order: Order, events: list[Event], people: list[Serving], now: datetime, world) -> Forecast:
    """Foretell, then drive the clock past the end, and compare."""
    found = forecast(order, events, Chooser(people, {}, world), now, world)
    driven = Driven(order, events, people, world)
    last = found.steps[-1].at if found.steps else now
    driven.until(now, last + timedelta(days=3))
    came = to_the_end(driven.events[len(events) :])
    assert foretold(found) == happened(came)
    versions = {event.version for event in came}
    assert sum(one.count for step in found.steps for one in step.told) == sum(one in versions for one in driven.told)
    if found.end is End.REMINDED:
        assert set(driven.order.clocks) == {Clock.REMIND}
    else:
        assert driven.order.clocks == {}
    return found


settings_of = st.fixed_dictionaries(
    {
        "capacity": st.integers(0, 3),
        "load": st.integers(0, 2),
        "leaves": st.sampled_from(
            [(), ((at(10, 0).date(), at(10, 0).date()),), ((at(11, 0).date(), at(12, 0).date()),)]
        ),
        "service_hours": st.sampled_from([None, EVENINGS]),
        "quiet": st.sampled_from([None, (time(12), time(14))]),
    }
)


@settings(max_examples=settings.default.max_examples // 2)
@given(st.data())
def test_what_nobody_accepts_goes_the_way_that_was_foretold(county, data) -> None:
    category = data.draw(st.sampled_from(["0101", "0801", "1001", "0901", "0201", "0303"]))
    start = at(10, 0) + timedelta(minutes=10) * data.draw(st.integers(0, 143))
    outcome = county.filed(category, data.draw(st.sampled_from([14, 8, 9, 11, 12])), now=start)
    people = [serving(county.member(name), **data.draw(settings_of)) for name in NAMES]
    driven = Driven(outcome.order, outcome.events, people, county.world)
    now = start + timedelta(minutes=10) * data.draw(st.integers(0, 60))
    driven.until(start, now)
    found = comes_true(driven.order, driven.events, list(driven.people.values()), now, county.world)
    assert found.end is End.REMINDED


@pytest.mark.parametrize("urgency", [Urgency.CRITICAL, Urgency.URGENT, Urgency.GENERAL])
@pytest.mark.parametrize("deeds", [(), (Action.CONTACT,), (Action.PAUSE,), (Action.HAND_BACK,), (Action.RESOLVE,)])
def test_what_somebody_has_accepted_goes_the_way_that_was_foretold(county, urgency, deeds) -> None:
    start = at(10, 10)
    outcome = county.filed("0101", now=start, urgency=urgency)
    order, events = outcome.order, list(outcome.events)
    somebody = county.somebody_for(order)
    for action in (Action.OFFER, Action.ACCEPT, *deeds):
        actor = county.people["secretary of A1"] if action is Action.OFFER else county.people["member of A1"]
        members = (somebody,) if action is Action.OFFER else ()
        outcome = act(order, Command(action, members=members), actor, start, county.world)
        order, events = outcome.order, [*events, *outcome.events]
    found = comes_true(order, events, everybody(county), start, county.world)
    assert found.end is (End.CLOSED if deeds == (Action.RESOLVE,) else End.REMINDED)


def test_an_order_that_nobody_has_routed_rises_all_the_same(county) -> None:
    order = county.at(State.RECEIVED)
    found = forecast(order, (), Chooser((), {}, county.world), at(10, 10), county.world)
    assert found.end is End.REMINDED
    assert "仍未分派" in next(step.zh for step in found.steps if step.action in (Action.ESCALATE, Action.SUPERVISE))


@pytest.mark.parametrize("state", [State.CLOSED, State.WITHDRAWN, State.REDIRECTED])
def test_what_is_over_has_no_future(county, state) -> None:
    found = forecast(county.at(state), (), Chooser((), {}, county.world), at(10, 10), county.world)
    assert found == Forecast((), End.CLOSED if state is State.CLOSED else End.QUIET)


def test_what_was_due_while_nobody_swept_happens_at_once(county) -> None:
    outcome = county.filed("0101", now=at(10, 10))
    found = comes_true(outcome.order, list(outcome.events), everybody(county), at(12, 8), county.world)
    assert found.steps[0].at == at(12, 8)


@pytest.mark.parametrize("category", ["0101", "0801", "1001"])
@pytest.mark.parametrize("hours", [(1, 3), (-2, 1), (-1, 30)])
def test_an_emergency_that_begins_or_ends_on_the_way_is_foretold(county, category, hours) -> None:
    starts, ends = (at(10, 10) + timedelta(hours=hour) for hour in hours)
    world = replace(county.world, emergencies=(Emergency(1, 2, starts, ends),))
    outcome = replace(county, world=world).filed(category, now=at(10, 10))
    found = comes_true(outcome.order, list(outcome.events), everybody(county), at(10, 10), world)
    assert found.end is End.REMINDED


def test_what_a_temporary_branch_holds_is_foretold_until_it_hands_back(county) -> None:
    branches = Branches(
        county.world.tree,
        [replace(one, kind=BranchKind.TEMPORARY) if one.id == 106 else one for one in county.world.branches],
    )
    emergency = Emergency(1, 4, at(10, 9), at(10, 10, 20))
    world = replace(county.world, branches=branches, emergencies=(emergency,))
    outcome = replace(county, world=world).filed("0101", now=at(10, 10))
    found = forecast(outcome.order, outcome.events, Chooser(everybody(county), {}, world), at(10, 10), world)
    assert found.end is End.HOMEWARD
    assert found.steps
    assert max(step.at for step in found.steps) <= emergency.ends_at


def test_a_forecast_reads_well(county) -> None:
    outcome = county.filed("0101", now=at(10, 10))
    found = forecast(
        outcome.order, outcome.events, Chooser(everybody(county), {}, county.world), at(10, 10), county.world
    )
    assert [step.zh for step in found.steps][:3] == [
        "3月10日 12:00 定向派单，询问 1 人，等到 3月10日 14:00",
        "3月10日 14:00 接单窗口已过，无人接单",
        "3月10日 14:00 小组邀约，询问 1 人，等到 3月10日 16:00",
    ]
    last = [(step.zh, step.en) for step in found.steps][-3:]
    assert last[1:] == [
        (
            "3月12日 17:30 仍无人接单，已到最高一级组织101，挂牌督办",
            "12 Mar 17:30: still nobody has accepted; 组织101 is the highest level: it is listed",
        ),
        (
            "3月13日 09:00 挂牌督办，提醒组织101，此后每个工作日上午提醒一次",
            "13 Mar 09:00: 组织101 is reminded of the listed order, and from then on every working morning",
        ),
    ]
    rise = next(step for step in found.steps if step.action is Action.ESCALATE)
    assert rise.zh == "3月10日 17:30 仍无人接单，升级至组织103"
    assert [(one.hearing, one.branch_id) for one in rise.told] == [(Hearing.HOLDING, 103)]


def test_a_time_of_another_year_says_which(county) -> None:
    outcome = county.filed("0101", now=datetime(2026, 12, 31, 17, tzinfo=SHANGHAI))
    now = outcome.order.submitted_at
    found = forecast(outcome.order, outcome.events, Chooser((), {}, county.world), now, county.world)
    assert found.steps[-1].zh.startswith("2027年1月")
    assert " Jan 2027 " in found.steps[-1].en


def test_a_policy_that_reminds_for_ever_is_not_followed_for_ever(county) -> None:
    rows = [("critical", "", "remind", "1m"), ("critical", "", "resolve", "9999d")]
    world = replace(county.world, policy=county.world.policy.overridden(rows))
    order = replace(county, world=world).at(State.ACCEPTED, "0801", 9)
    found = forecast(order, (), Chooser((), {}, world), at(10, 10), world)
    assert found.end is End.FAR
