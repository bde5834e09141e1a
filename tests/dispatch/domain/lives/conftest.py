"""Orders that are walked through long random lives, and everything that must hold after every step."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain import errors, lifecycle
from dispatch.domain.access import decides, visible
from dispatch.domain.acting import act, actions
from dispatch.domain.asking import OPEN
from dispatch.domain.assisting import departments
from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, followed, tick, wants_member
from dispatch.domain.ladder import ladder_of
from dispatch.domain.ledger import GENESIS, event_hash
from dispatch.domain.lifecycle import SYSTEM_ANSWER
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Grant, Member, Order, Outcome
from dispatch.domain.retiming import RETIMED, retimed
from dispatch.domain.serving import Serving
from dispatch.domain.timing import reckon
from dispatch.domain.transferring import CARRIED, TreeChange, transferred
from dispatch.domain.vocabulary import (
    MILESTONES,
    OPEN_STATES,
    SERVING,
    WARNINGS,
    Action,
    AppealSubject,
    BranchKind,
    Clock,
    Grade,
    Matter,
    Owner,
    Party,
    ReturnReason,
    Role,
    State,
)
from dispatch.domain.world import World
from grid_model.changes import Fate, Op
from grid_model.durations import Duration
from grid_model.places import Located

DISPATCHED = {State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED, State.RESOLVED}
AT_WORK = {State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED}
LAWS = frozenset(lifecycle.laws())
FINAL = {State.CLOSED, State.WITHDRAWN, State.REDIRECTED}
WAITS = {
    **dict.fromkeys((State.RECEIVED, State.ROUTED, State.OFFERED), frozenset({Clock.ACCEPT, Clock.REMIND})),
    State.ACCEPTED: {Clock.RESOLVE, Clock.REMIND, Clock.RESUME},
    State.PARKED: {Clock.REVIEW},
}
"""Of which clocks one at least runs while somebody still owes the resident something."""
MOST_WAITED = timedelta(hours=24)
SHIFTED = timedelta(days=14)
"""How much later working time may be over than natural time: holidays lie in between."""

SELDOM = {
    Action.RESUME,
    Action.WITHDRAW,
    Action.REDIRECT,
    Action.HAND_BACK,
    Action.RECALL,
    Action.NOTE,
    Action.SUPERVISE,
    Action.URGE,
    Action.MERGE,
    Action.WHISTLE,
}

DECISIONS = {
    Action.EXTEND, Action.COMPLEX, Action.PARK, Action.HOLD, Action.REFUSE, Action.JUDGE, Action.ANSWER, Action.WAIVE,
    Action.RETURN,
}  # fmt: skip

NEIGHBOURS = ((51, 14, 106), (52, 8, 106), (53, 4, 106), (54, 11, 107), (55, 2, 103), (56, 12, 108), (57, 1, 101))
"""Further members, so that there are groups and pools: person, grid and branch."""


LATER = {Action.REOPEN, Action.REVIEW, Action.RETIME, Action.EXTEND, Action.COMPLEX, Action.UNMERGE}
"""What may make a promise later, beside the end of a standstill."""

MOVED = {*LATER, Action.ROUTE, Action.ABSORB}
"""What may change a promise at all, beside that."""


def anew(event: Event) -> bool:
    """Whether the ladder of offers begins anew with an event."""
    if event.action in (Action.ROUTE, Action.REOPEN, Action.REVIEW, Action.RETURN, Action.MERGE):
        return True
    if event.action is Action.REFUSE:
        return event.from_state is State.ROUTED
    if event.action is Action.PASS_UP:
        return event.data.get("matter") == Matter.RETURN and not event.data.get("root")
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
        self.people = {actor.person_id for actor in self.actors}

    @property
    def order(self) -> Order:
        return self.outcome.order

    def chooses(self, chance: random.Random, *, concerned: bool) -> tuple[Actor, Action] | None:
        """Somebody, and what they may do; ``concerned`` gives those without a role their turn."""
        actors = chance.sample(self.actors, len(self.actors))
        if concerned:  # those without a role, who would be drowned out by the many who have one
            asked = {*self.order.offered, self.order.assignee_id}
            assigned = [actor for actor in self.actors if actor.person_id in asked - {None}]
            able = [actor for actor in actors if decides(self.order, actor, self.world)][:2]
            units = {one.branch for one in self.order.affairs.open_assists()}
            called = [actor for actor in actors if any(grant.branch_id in units for grant in actor.grants)][:1]
            actors = [chance.choice([self.county.resident, *assigned, *assigned, *able, *able, *called]), *actors]
        seldom = SELDOM if chance.random() < 0.8 else set()
        for actor in actors:
            open_to = [a for a in actions(self.order, actor, self.now, self.world) if a not in seldom]
            decisive = [action for action in open_to if action in DECISIONS]
            if open_to:
                return actor, chance.choice(decisive if decisive and chance.random() < 0.6 else open_to)
        return None

    def reach(self, state: State, chance: random.Random) -> None:
        """Go the straight way towards a state, as far as nothing stands against it."""
        for _ in range(6):
            order, resident = self.order, self.county.resident
            handler = next(
                (one for one in self.actors if one.person_id in {order.assignee_id, *order.offered}), resident
            )
            able = next((one for one in self.actors if decides(order, one, self.world)), resident)
            if order.state is state:
                return
            if order.state is State.ROUTED and order.affairs.pending is None:
                by_hand = self.county.people["supervisor of the county"]
                self.attempt(by_hand, Action.OFFER, chance, members=(self.county.somebody_for(order),))
            elif order.state is State.OFFERED:
                self.attempt(handler, Action.ACCEPT, chance)
            elif order.state is State.ACCEPTED and state is not State.PARKED:
                self.attempt(handler, Action.RESOLVE, chance)
            elif order.state is State.ACCEPTED and order.affairs.pending is None:
                self.attempt(handler, Action.ASK, chance, matter=Matter.PARK, on=self.day(300))
            elif order.state is State.ACCEPTED:
                self.attempt(able, Action.PARK, chance)
            elif order.state is State.RESOLVED:
                self.attempt(resident, Action.RATE, chance, grade=Grade.DISSATISFIED)

    def calls(self, chance: random.Random) -> None:
        """A department is called to co-handle and its answer required; the clocks may stand still, or it is waived."""
        above = self.county.people["supervisor of the county"]
        self.attempt(above, Action.WHISTLE, chance, unit=102, required=True)
        waited = [one.number for one in self.order.affairs.open_assists()]
        if waited and chance.random() < 0.2:
            self.attempt(above, Action.WAIVE, chance, assist=waited[0])
        elif waited and chance.random() < 0.2:
            self.attempt(self.county.people["officer of the county"], Action.ANSWER, chance, assist=waited[0])
        elif (
            handler := next((one for one in self.actors if one.person_id == self.order.assignee_id), None)
        ) is not None:
            self.attempt(handler, Action.ASK, chance, matter=Matter.HOLD)
            self.attempt(above, Action.HOLD, chance)

    def attempt(self, actor: Actor, action: Action, chance: random.Random, **given: Any) -> None:
        try:
            self.take(act(self.order, replace(self.command(action, chance), **given), actor, self.now, self.world))
        except errors.Refusal:
            assert self.outcome.order is self.order

    def command(self, action: Action, chance: random.Random) -> Command:
        """An action with whatever comes to somebody's mind."""
        drawn = DRAWN.get(action)
        return Command(action) if drawn is None else drawn(self, chance)

    def grids(self) -> list[int]:
        return [grid.id for grid in self.world.tree.grids()]

    def units(self) -> list[int]:
        return [branch.id for branch in self.world.branches]

    def request(self, chance: random.Random) -> Command:
        """Something asked of the superior."""
        matter = chance.choice([Matter.EXTEND, Matter.EXTEND, Matter.COMPLEX, Matter.PARK, Matter.HOLD])
        matter = Matter.HOLD if departments(self.order, self.world) and chance.random() < 0.5 else matter
        amount = Duration.parse(chance.choice(("1h", "1d", "1d", "3d", "30wh")))
        return Command(Action.ASK, matter=matter, amount=amount, on=self.day(chance.choice((1, 7, 60, 300))))

    def day(self, days: int) -> date:
        return self.world.calendar.local(self.now).date() + timedelta(days=days)

    def ends(self, chance: random.Random) -> None:
        """An emergency ends: who served in it hands over, or what its branch held goes home."""
        action = chance.choice((Action.RECALL, Action.ROUTE))
        if lifecycle.row(self.order.state, action, Party.SYSTEM) is not None:
            ended = {"because": "emergency_ended"}
            self.attempt(SYSTEM, action, chance, data=ended, grid_id=None, category=None, unit=None)

    def moves(self, chance: random.Random) -> None:
        """The tree changes, and the order is carried over to another grid."""
        order, heir = self.order, chance.choice(self.grids())
        fate = Fate(order.grid_id, (Op.MERGE,), closed=True, successors=(heir,), heir=heir, first=heir)
        if order.state in CARRIED:
            change = TreeChange(2, self.now, {order.grid_id: fate})
            outcome = transferred(order, None, change, self.now, self.world)
            if outcome is not None:
                self.take(outcome)

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
        self.told_to(outcome)
        self.standing(order)
        if State.RESOLVED in {event.to_state for event in outcome.events} and before.state is State.ACCEPTED:
            assert not any(one.required for one in before.affairs.open_assists())
        self.outcome = outcome

    def told_to(self, outcome: Outcome) -> None:
        """Each recipient is there, and told once."""
        recipients = [(notice.person_id, notice.branch_id) for notice in outcome.notices]
        assert len(recipients) == len(set(recipients))
        for person, branch in recipients:
            assert (person is None) != (branch is None)
            assert person is None or person in self.people
            assert branch is None or self.world.branches.get(branch).active

    def promised(self, before: Order, outcome: Outcome) -> None:
        """A promise becomes later for known reasons only, and what it was before is told."""
        order, told = outcome.order, {event.action for event in outcome.events}
        if order.promises != before.promises:
            assert any("promises_before" in event.data for event in outcome.events)
        if Action.RETURN in told:
            assert before.promises == order.promises
            assert {c: at for c, at in before.clocks.items() if c in MILESTONES} == {
                c: at for c, at in order.clocks.items() if c in MILESTONES
            }
        if told & LATER:
            return
        waited = any("resumed" in event.data for event in outcome.events)
        for clock, at in order.promises.items():
            most = timedelta()
            if waited and clock in before.held and before.paused_at is not None:
                handled = before.state is State.ACCEPTED and not before.affairs.holding
                most = MOST_WAITED if handled else self.now - before.paused_at + SHIFTED
                most += SHIFTED if self.world.calendars else timedelta()
            assert at <= before.promises[clock] + most
        assert order.promises == before.promises or told & MOVED or waited

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
        if event.action in (Action.REOPEN, Action.REVIEW):
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
            assert clocks & WAITS[state]
        else:
            rest = {Clock.DECIDE} if order.affairs.pending is not None else set()
            assert clocks == rest | ({Clock.RATE} if state is State.RESOLVED else set())
        self.who(order)
        self.still(order)
        self.asks(order)
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
            nobodys = {State.RECEIVED, State.ROUTED, State.MERGED} | FINAL - {State.CLOSED}
            assert (order.assignee_id is None) == (order.state in nobodys)

    def still(self, order: Order) -> None:
        """While the resident or a department is waited for, or it is parked, what stands still does not run."""
        paused, parked = order.paused_at is not None, order.state is State.PARKED
        assert (paused and not parked) == (Clock.RESUME in order.clocks)
        assert parked == (Clock.REVIEW in order.clocks)
        assert paused or not parked
        assert not paused or parked or order.waited or order.affairs.holding
        assert paused or not order.held
        assert not order.affairs.holding or (paused and not parked)
        assert not paused or order.state in (State.ACCEPTED, State.PARKED)
        assert not set(order.held) & set(order.clocks)
        assert set(order.held) <= set(MILESTONES)
        if order.contacted_at is not None:
            assert Clock.CONTACT not in {*order.held, *order.clocks}

    def asks(self, order: Order) -> None:
        """What waits for the superior has a clock and somebody who may decide; so has whoever must answer."""
        pending = order.affairs.pending
        assert (pending is not None) == (Clock.DECIDE in order.clocks)
        if pending is not None:
            able = [actor for actor in self.actors if decides(order, actor, self.world)]
            at_root = self.world.branches.get(pending.decider).grid_id == self.world.tree.root.id
            assert able or (pending.matter is Matter.APPEAL and at_root)  # few as they are, all may have a part in it
            assert not any(actor.person_id == pending.by for actor in able)
        waits = order.state in AT_WORK and bool(order.affairs.open_assists())
        assert waits == (Clock.ASSIST in order.clocks)

    def seen(self, chance: random.Random) -> None:
        """Nobody sees what lies outside their reach: an order is someone's own, below them, or they were called."""
        order, tree = self.order, self.world.tree
        for actor in chance.sample(self.actors, 4):
            below = any(order.grid_id in tree.subtree(grant.grid_id) for grant in actor.grants)
            own = actor.person_id is not None and actor.person_id in (
                order.filed_by,
                order.assignee_id,
                *order.offered,
            )
            called = any(  # afterwards the unit's secretary and who answered, and nobody else
                (actor.person_id is not None and actor.person_id == one.answered_by)
                or (
                    grant.branch_id == one.branch
                    and (grant.role is Role.SECRETARY or (one.open and grant.role in SERVING))
                )
                for grant in actor.grants
                for one in order.affairs.assists
            )
            assert visible(order, actor, self.world) == (below or own or called or actor.holds_code)
            if not visible(order, actor, self.world):
                assert actions(order, actor, self.now, self.world) == ()

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


def _draw_members(life: Life, chance: random.Random) -> Command:
    return Command(Action.OFFER, members=tuple(chance.choices(life.members, k=chance.choice((1, 1, 1, 2, 3)))))


def _draw_route(life: Life, chance: random.Random) -> Command:
    grid, code = chance.choice([None, *life.grids()]), chance.choice([None, None, None, *life.world.categories])
    return Command(Action.ROUTE, grid_id=grid, category=code, unit=chance.choice([None, None, *life.units()]))


def _draw_return(life: Life, chance: random.Random) -> Command:
    because = {"reason_code": chance.choice(list(ReturnReason)).value}
    return Command(Action.RETURN, data=because, unit=chance.choice([None, None, *life.units()]))


def _draw_call(life: Life, chance: random.Random) -> Command:
    amount = chance.choice([None, *map(Duration.parse, ("2h", "1wd", "5d"))])
    return Command(Action.WHISTLE, unit=chance.choice(life.units()), amount=amount, required=chance.random() < 0.6)


def _draw_follow_up(_: Life, chance: random.Random) -> Command:
    reached, solved = chance.random() < 0.5, chance.choice([None, True, False])
    return Command(Action.FOLLOW_UP, data={"reached": reached}, agrees=solved)


DRAWN: dict[Action, Callable[[Life, random.Random], Command]] = {
    Action.OFFER: _draw_members,
    Action.ROUTE: _draw_route,
    Action.RATE: lambda _, chance: Command(Action.RATE, grade=chance.choice(list(Grade))),
    Action.RETURN: _draw_return,
    Action.ASK: lambda life, chance: life.request(chance),
    Action.SUPERVISE: lambda life, chance: Command(
        Action.SUPERVISE, on=chance.choice([None, life.day(chance.choice((1, 3, 20)))])
    ),
    Action.WHISTLE: _draw_call,
    Action.ANSWER: lambda _, chance: Command(Action.ANSWER, assist=chance.choice([None, 1, 1, 2, 3])),
    Action.WAIVE: lambda _, chance: Command(Action.WAIVE, assist=chance.choice([None, 1, 1, 2, 3])),
    Action.FOLLOW_UP: _draw_follow_up,
    Action.APPEAL: lambda _, chance: Command(Action.APPEAL, subject=chance.choice(list(AppealSubject))),
    Action.JUDGE: lambda _, chance: Command(Action.JUDGE, agrees=chance.choice([True, True, False])),
}
"""What is said with an action; the rest needs nothing."""


@dataclass
class Village:
    """Orders that live side by side in one place, so that they can be merged and taken apart again."""

    lives: list[Life]

    @property
    def done(self) -> set[tuple[State, Action]]:
        return {deed for life in self.lives for deed in life.done}

    def step(self, choice: int, dice: int, minutes: int) -> None:
        """Let time pass and the clocks be answered, or let somebody do what they may, or try what they may not."""
        chance = random.Random(dice)
        life = chance.choice(self.lives)
        if choice == 0:
            for one in self.lives:
                one.now += timedelta(minutes=minutes)
                one.sweep(chance.choice((0, 0, 1, 3, 9)), chance)
        elif choice == 1:
            self.attempt(life, chance.choice(life.actors), chance.choice(list(Action)), chance)
        elif choice == 4:
            life.ends(chance)
        elif choice == 5:
            life.moves(chance)
        elif (chosen := life.chooses(chance, concerned=choice == 2)) is not None:
            self.attempt(life, *chosen, chance)
        self.together()
        life.seen(chance)

    def rules(self, world: World) -> None:
        for life in self.lives:
            life.rules(world)

    def attempt(self, life: Life, actor: Actor, action: Action, chance: random.Random) -> None:
        if action not in PAIRED:
            life.attempt(actor, action, chance)
            return
        other = chance.choice(self.lives)
        joined = [one for one in self.lives if joins(life.order, one.order) or joins(one.order, life.order)]
        if action is Action.UNMERGE and joined:
            other = chance.choice(joined)
        by = SYSTEM if action is Action.UNMERGE else actor
        self.both(life, action, actor, other, PAIRED[action], by)

    def both(self, life: Life, action: Action, actor: Actor, other: Life, answer: Action, by: Actor) -> None:
        """Two orders change together or not at all."""
        try:
            outcomes = [
                act(one.order, Command(deed, other=mate.order), who, one.now, one.world)
                for one, deed, who, mate in ((life, action, actor, other), (other, answer, by, life))
            ]
        except errors.Refusal:
            return
        for one, outcome in zip((life, other), outcomes, strict=True):
            one.take(outcome)

    def together(self) -> None:
        """What was merged ends with the one that took it in, or goes on by itself; it is never forgotten."""
        for life in self.lives:
            merged = life.order.affairs.merged
            if life.order.state is State.MERGED and merged is not None:
                lead = next(one for one in self.lives if one.order.id == merged.into)
                if lead.order.state is State.RESOLVED:
                    command = Command(Action.RESOLVE, other=lead.order)
                    life.take(act(life.order, command, SYSTEM, life.now, life.world))
                elif lead.order.state not in AT_WORK:
                    life.take(act(life.order, Command(Action.UNMERGE), SYSTEM, life.now, life.world))
            for other in self.lives:
                if life.order.state in AT_WORK and joins(life.order, other.order) and other.order.state in FINAL:
                    command = Command(Action.UNMERGE, other=other.order)
                    life.take(act(life.order, command, SYSTEM, life.now, life.world))
        self.joined()

    def joined(self) -> None:
        """Two orders always agree on whether one is part of the other, and whoever leads is at work."""
        for life in self.lives:
            for other in self.lives:
                if life.order.state in AT_WORK and joins(life.order, other.order):
                    assert other.order.state is State.MERGED
                    assert other.order.affairs.merged.into == life.order.id
            if life.order.state is State.MERGED:
                (lead,) = [one for one in self.lives if joins(one.order, life.order)]
                assert lead.order.state in AT_WORK


PAIRED = {Action.MERGE: Action.ABSORB, Action.ABSORB: Action.MERGE, Action.UNMERGE: Action.UNMERGE}
"""What is done to one of two orders, and what is done to the other with it."""


def joins(lead: Order, other: Order) -> bool:
    """Whether ``lead`` has taken ``other`` in."""
    return any(one.order == other.id for one in lead.affairs.absorbed)


@pytest.fixture(scope="session")
def born() -> Callable[..., Village]:
    """Begins lives by filing at one of the grids, outside of everything (1), or nowhere known (0)."""

    def begin(county: Any, category: str, place: int, world: World | None = None, orders: int = 2) -> Village:
        grids = [grid.id for grid in county.world.tree.grids()]
        rule = {0: Located.UNKNOWN, 1: Located.OUTSIDE}.get(place, Located.CODE)
        grid = {0: None, 1: 1}.get(place, grids[place % len(grids)])
        home = county if world is None else replace(county, world=world)
        lives = []
        for number in range(7, 7 + orders):
            again = category if number == 7 else chosen(county, category, number)
            outcome = home.filed(again, grid, rule=rule, filed_by=31 if place % 2 else None, number=number)
            life = Life(home, outcome, county.start, home.world)
            life.chained(None, outcome.events)
            life.standing(outcome.order)
            lives.append(life)
        return Village(lives)

    return begin


def chosen(county: Any, category: str, number: int) -> str:
    """Another matter for the order with that number, more or less urgent than the first."""
    codes = [code for code in county.world.categories if not code.startswith("90")]
    place = codes.index(category) if category in codes else 0
    return codes[(place + number) % len(codes)]
