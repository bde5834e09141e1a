"""Orders that are walked through long random lives, and everything that must hold after every step."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch.domain import errors, lifecycle
from dispatch.domain.acting import act, actions
from dispatch.domain.asking import OPEN
from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, followed, tick, wants_member
from dispatch.domain.ladder import ladder_of
from dispatch.domain.ledger import GENESIS, event_hash
from dispatch.domain.lifecycle import SYSTEM_ANSWER
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Grant, Member, Order, Outcome
from dispatch.domain.retiming import RETIMED, retimed
from dispatch.domain.serving import Serving
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import (
    MILESTONES,
    OPEN_STATES,
    SERVING,
    WARNINGS,
    Action,
    BranchKind,
    Clock,
    Grade,
    Owner,
    Party,
    Role,
    State,
)
from dispatch.domain.world import World
from grid_model.places import Located

DISPATCHED = {State.ROUTED, State.OFFERED, State.ACCEPTED, State.RESOLVED}
LAWS = frozenset(lifecycle.laws())
FINAL = {State.CLOSED, State.WITHDRAWN, State.REDIRECTED}
WAITING = {State.RECEIVED, State.ROUTED, State.OFFERED}
MOST_WAITED = timedelta(hours=24)

NEIGHBOURS = ((51, 14, 106), (52, 8, 106), (53, 4, 106), (54, 11, 107), (55, 2, 103), (56, 12, 108), (57, 1, 101))
"""Further members, so that there are groups and pools: person, grid and branch."""


def anew(event: Event) -> bool:
    """Whether the ladder of offers begins anew with an event."""
    if event.action in (Action.ROUTE, Action.REOPEN):
        return True
    if event.action is Action.ESCALATE:
        return event.from_state is not State.ACCEPTED
    return event.action in (Action.HAND_BACK, Action.RECALL) and event.from_state is State.ACCEPTED


@dataclass
class Life:
    """An order, its whole history, and the moment it has come to; ``world`` may be replaced on the way."""

    county: Any
    outcome: Outcome
    now: datetime
    world: World
    done: set[tuple[State, Action]] = field(default_factory=set)
    history: list[Event] = field(default_factory=list)
    warned: set[tuple[str, int]] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    rung: int = 0
    ground: int = 0
    watch: int | None = None

    def __post_init__(self) -> None:
        self.actors = [actor for actor in self.county.actors().values() if not actor.is_system]  # it answers clocks
        self.actors += [Actor(person, (Grant(Role.MEMBER, grid, branch),)) for person, grid, branch in NEIGHBOURS]
        self.members = [Member(a.person_id, a.grants) for a in self.actors if a.person_id and a.grants]
        self.serving = [one for one in self.members if one.grants[0].role in SERVING]

    @property
    def order(self) -> Order:
        return self.outcome.order

    def step(self, choice: int, dice: int, minutes: int) -> None:
        """Let time pass and the clocks be answered, or let somebody do what they may, or try what they may not."""
        chance = random.Random(dice)
        if choice == 0:
            self.now += timedelta(minutes=minutes)
            self.sweep(chance.choice((0, 0, 1, 3, 9)), chance)
            return
        if choice == 1:
            self.attempt(chance.choice(self.actors), chance.choice(list(Action)), chance)
            return
        actors = chance.sample(self.actors, len(self.actors))
        if choice == 2:  # those without a role, who would be drowned out by the many who have one
            concerned = {*self.order.offered, self.order.assignee_id}
            assigned = [actor for actor in self.actors if actor.person_id in concerned - {None}]
            actors = [chance.choice([self.county.resident, *assigned, *assigned]), *actors]
        seldom = {Action.WITHDRAW, Action.REDIRECT, Action.NOTE, Action.SUPERVISE} if chance.random() < 0.8 else set()
        for actor in actors:
            open_to = [a for a in actions(self.order, actor, self.now, self.world) if a not in seldom]
            if open_to:
                self.attempt(actor, chance.choice(open_to), chance)
                return

    def attempt(self, actor: Actor, action: Action, chance: random.Random, **given: Any) -> None:
        try:
            self.take(act(self.order, replace(self.command(action, chance), **given), actor, self.now, self.world))
        except errors.Refusal:
            assert self.outcome.order is self.order

    def command(self, action: Action, chance: random.Random) -> Command:
        if action is Action.OFFER:
            return Command(action, members=tuple(chance.choices(self.members, k=chance.choice((1, 1, 1, 2, 3)))))
        if action is Action.ROUTE:
            grids = [None, *(grid.id for grid in self.world.tree.grids())]
            codes = [None, None, None, *self.world.categories]
            return Command(action, grid_id=chance.choice(grids), category=chance.choice(codes))
        return Command(action, grade=chance.choice(list(Grade)) if action is Action.RATE else None)

    def ends(self, chance: random.Random) -> None:
        """An emergency ends: who served in it hands over, or what its branch held goes home."""
        action = chance.choice((Action.RECALL, Action.ROUTE))
        if lifecycle.row(self.order.state, action, Party.SYSTEM) is not None:
            ended = {"because": "emergency_ended"}
            self.attempt(SYSTEM, action, chance, data=ended, grid_id=None, category=None)

    def sweep(self, willing: int, chance: random.Random) -> None:
        start = self.order
        outcome = tick(start, self.now, self.world)
        if wants_member(outcome.order, self.now):
            ready = chance.sample(self.serving, willing)
            serving = [
                Serving(one.person_id, f"P{one.person_id}", "党员", frozenset(), 3, 0, one.grants) for one in ready
            ]
            choosing = Chooser(serving, {}, self.world)
            offered = climb(
                outcome.order, lambda order, rung: choosing.choice(order, self.now, rung), self.now, self.world
            )
            outcome = followed(outcome, offered, start)
        due = [clock for clock, at in outcome.order.clocks.items() if at <= self.now]
        assert not due, "what was due has been answered"
        self.take(outcome)

    def rules(self, world: World) -> None:
        """The rules change, and what is open is reckoned anew."""
        self.world = world
        outcome = self.reckoned()
        if outcome is None:
            return
        self.take(outcome)
        assert self.reckoned() is None, "reckoned once by the same rules, it stays"

    def reckoned(self) -> Outcome | None:
        if self.order.state not in RETIMED:
            return None
        return retimed(self.order, reckon(self.history), "policy", self.now, self.world)

    def take(self, outcome: Outcome) -> None:
        before, order = self.order, outcome.order
        self.chained(before, outcome.events)
        assert order.level >= before.level
        self.promised(before, outcome)
        recipients = [(notice.person_id, notice.branch_id) for notice in outcome.notices]
        assert len(recipients) == len(set(recipients))
        self.standing(order)
        self.outcome = outcome

    def promised(self, before: Order, outcome: Outcome) -> None:
        """A promise becomes later by a pause and by other rules only, and what it was before is told."""
        order, told = outcome.order, {event.action for event in outcome.events}
        if order.promises != before.promises:
            assert any("promises_before" in event.data for event in outcome.events)
        if Action.REOPEN in told or Action.RETIME in told:
            return
        waited = any("resumed" in event.data for event in outcome.events)
        for clock, at in order.promises.items():
            latest = before.promises[clock] + (MOST_WAITED if waited and clock in before.held else timedelta())
            assert at <= latest
        assert order.promises == before.promises or order.urgency is not before.urgency or waited

    def chained(self, before: Order | None, events: Iterable[Event]) -> None:
        head, version = (GENESIS, 0) if before is None else (before.head, before.version)
        state = State.NEW if before is None else before.state
        for event in events:
            assert event.version == version + 1
            assert event.from_state is state
            assert (state, event.action, event.party, event.to_state) in LAWS
            assert event.hash == event_hash(head, event)
            self.done.add((event.from_state, event.action))
            self.history.append(event)
            self.asked(event)
            self.warned_of(event)
            self.rose(event)
            head, version, state = event.hash, event.version, event.to_state

    def asked(self, event: Event) -> None:
        """The system climbs rung after rung, and asks nobody again who has said no."""
        if anew(event):
            self.rung = 0
        if event.action is Action.REOPEN:
            self.refused = set()
        if event.action in (Action.DECLINE, Action.HAND_BACK):
            self.refused.add(event.actor_id or 0)
        if event.action is Action.OFFER and event.party is Party.SYSTEM:
            ladder = ladder_of(self.order, self.now, self.world)
            last = event.data["rung"] == len(ladder) and ladder[-1].rung in OPEN  # which may be asked anew
            assert self.rung < event.data["rung"] <= len(ladder) or last
            assert ladder[event.data["rung"] - 1].rung == event.data["kind"]
            assert not self.refused & set(event.data["offered"])
            self.rung = event.data["rung"]

    def warned_of(self, event: Event) -> None:
        """Each warning comes at most once for a promise."""
        if "promises" in event.data and "resumed" not in event.data:
            self.warned = set()
        if event.action is Action.WARN:
            warning = (event.data["milestone"], event.data["percent"])
            assert warning not in self.warned
            self.warned.add(warning)

    def rose(self, event: Event) -> None:
        """Three levels lie above the deepest branch, and a level counts once, unless it was sent to another village."""
        seat = event.data["supervisor"]
        grid = None if seat is None else self.world.branches.get(seat).grid_id
        if self.watch is not None and grid is not None and not self.world.tree.within(self.watch, grid):
            self.ground = event.level
        self.watch = grid
        assert event.level - self.ground <= 3

    def standing(self, order: Order) -> None:
        state, clocks = order.state, set(order.clocks)
        for clock in clocks:
            assert lifecycle.row(state, SYSTEM_ANSWER[clock], Party.SYSTEM), (state, clock)
        for milestone, warnings in WARNINGS.items():
            for warning, _ in warnings:
                assert warning not in clocks or order.clocks[warning] <= order.clocks[milestone]
        if state in OPEN_STATES:  # nobody can forget it: something falls due whatever people do
            waits = {Clock.ACCEPT, Clock.REMIND} if state in WAITING else {Clock.RESOLVE, Clock.REMIND, Clock.RESUME}
            assert clocks & waits
        else:
            assert clocks == ({Clock.RATE} if state is State.RESOLVED else set())
        self.who(order)
        self.still(order)
        assert (order.ended_at is None) == (state not in FINAL)
        assert not order.listed or state not in FINAL
        assert Clock.REMIND not in clocks or order.listed
        self.held(order)

    def who(self, order: Order) -> None:
        """Who is asked, and who has it."""
        assert bool(order.offered) == (order.state is State.OFFERED)
        assert len(set(order.offered)) == len(order.offered)
        assert set(order.offered) <= set(order.tried)
        if order.state is State.OFFERED:
            assert (order.assignee_id,) in ((None,), order.offered)
        else:
            nobodys = {State.RECEIVED, State.ROUTED} | FINAL - {State.CLOSED}
            assert (order.assignee_id is None) == (order.state in nobodys)

    def still(self, order: Order) -> None:
        """While the resident is waited for, what stands still does not run."""
        paused = order.paused_at is not None
        assert paused == (Clock.RESUME in order.clocks)
        assert order.waited or not paused
        assert paused or not order.held
        assert not paused or order.state is State.ACCEPTED
        assert not set(order.held) & set(order.clocks)
        assert set(order.held) <= set(MILESTONES)

    def held(self, order: Order) -> None:
        if order.branch_id is None:
            return
        world, state = self.world, order.state
        held = world.branches.get(order.branch_id)
        assert world.tree.within(held.grid_id, world.branches.get(order.supervisor_id).grid_id)
        assert world.tree.within(order.grid_id, held.grid_id)
        assert order.branch_id not in order.co_branches
        assert held.kind != BranchKind.GROUP
        if world.categories[order.category].owner is Owner.DEPARTMENT:  # without a desk the root only looks at it
            looked_at = state not in DISPATCHED and held.grid_id == world.tree.root.id
            assert held.kind == BranchKind.DESK or looked_at


@pytest.fixture(scope="session")
def born() -> Callable[..., Life]:
    """Begins a life by filing at one of the grids, outside of everything (1), or nowhere known (0)."""

    def begin(county: Any, category: str, place: int, world: World | None = None) -> Life:
        grids = [grid.id for grid in county.world.tree.grids()]
        rule = {0: Located.UNKNOWN, 1: Located.OUTSIDE}.get(place, Located.CODE)
        grid = {0: None, 1: 1}.get(place, grids[place % len(grids)])
        home = county if world is None else replace(county, world=world)
        outcome = home.filed(category, grid, rule=rule, filed_by=31 if place % 2 else None)
        life = Life(home, outcome, county.start, home.world)
        life.chained(None, outcome.events)
        life.standing(outcome.order)
        return life

    return begin
