"""Lives of single orders: what people, time, other rules and a changed tree do to one, at random."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from dispatch.domain import errors, lifecycle
from dispatch.domain.access import decides
from dispatch.domain.acting import act, actions
from dispatch.domain.assisting import departments
from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, followed, tick, wants_member
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Grant, Member, Order, Outcome
from dispatch.domain.retiming import RETIMED, retimed
from dispatch.domain.serving import Serving
from dispatch.domain.timing import reckon
from dispatch.domain.transferring import CARRIED, TreeChange, transferred
from dispatch.domain.vocabulary import SERVING, Action, AppealSubject, Grade, Matter, Party, ReturnReason, Role, State
from dispatch.domain.world import World
from grid_model.changes import Fate, Op
from grid_model.durations import Duration

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


@dataclass
class Life:
    """An order, its whole history, and the moment it has come to; ``world`` may be replaced on the way."""

    held_to: Callable[["Life"], Any]
    county: Any
    outcome: Outcome
    now: datetime
    world: World
    done: set[tuple[State, Action]] = field(default_factory=set)
    history: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.actors = [actor for actor in self.county.actors().values() if not actor.is_system]  # it answers clocks
        self.actors += [Actor(person, (Grant(Role.MEMBER, grid, branch),)) for person, grid, branch in NEIGHBOURS]
        self.members = [Member(a.person_id, a.grants) for a in self.actors if a.person_id and a.grants]
        self.serving = [one for one in self.members if one.grants[0].role in SERVING]
        self.people = {actor.person_id for actor in self.actors}
        self.laws = self.held_to(self)

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
        self.laws.hold(outcome)
        self.outcome = outcome


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


@pytest.fixture(scope="session")
def live(laws) -> Callable[..., Life]:
    """Lets an order live, held to the laws."""
    return partial(Life, laws)
