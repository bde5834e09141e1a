"""A county small enough to draw: two townships of two villages, their branches and desks, and everybody who serves.

1 county            101 committee, 102 desk (everything)
├ 2 township A      103 committee, 104 desk (02 only)
│ ├ 4 village A1    106 branch
│ │ ├ 8 grid        109 branch (09, 10 only)
│ │ │ └ 14 unit
│ │ └ 9 grid        110 group
│ └ 5 village A2    107 branch
│   ├ 10 grid
│   └ 11 grid
└ 3 township B      105 committee
  ├ 6 village B1    108 branch
  │ └ 12 grid
  └ 7 village B2    (no branch)
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
import shapely

from dispatch.domain.access import decides
from dispatch.domain.acting import act
from dispatch.domain.calendar import working_calendar
from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, followed, tick, wants_member
from dispatch.domain.filing import Filing, file_order
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Grant, Member, Order, Outcome
from dispatch.domain.policy import DEFAULT
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import (
    Action,
    AppealSubject,
    BranchKind,
    Grade,
    Matter,
    Owner,
    ReturnReason,
    Role,
    State,
    Urgency,
)
from dispatch.domain.world import Category, World
from grid_model.durations import Duration, Unit
from grid_model.places import Found, Located, Places
from grid_model.routing import Branch, Branches
from grid_model.tree import Grid, Tree

SHANGHAI = ZoneInfo("Asia/Shanghai")
WAY = (
    (State.ROUTED, Action.OFFER),
    (State.OFFERED, Action.ACCEPT),
    (State.ACCEPTED, Action.RESOLVE),
    (State.RESOLVED, Action.CLOSE),
)
"""The straight way through the states, with the action that leads on."""
TUESDAY = datetime(2026, 3, 10, 10, tzinfo=SHANGHAI)
"""Ten in the morning of a working day, with working days before and after it."""

GRIDS = (
    (1, "141123", "兴县", 1, "county", None),
    (2, "141123100", "蔚汾镇", 2, "township", 1),
    (3, "141123101", "魏家滩镇", 2, "township", 1),
    (4, "141123100001", "东关村", 3, "village", 2),
    (5, "141123100002", "西关村", 3, "village", 2),
    (6, "141123101001", "南沟村", 3, "village", 3),
    (7, "141123101002", "北沟村", 3, "village", 3),
    (8, "141123100001001", "东关一网格", 4, "grid", 4),
    (9, "141123100001002", "东关二网格", 4, "grid", 4),
    (10, "141123100002001", "西关一网格", 4, "grid", 5),
    (11, "141123100002002", "西关二网格", 4, "grid", 5),
    (12, "141123101001001", "南沟一网格", 4, "grid", 6),
    (14, "141123100001001001", "东关一网格一组", 5, "unit", 8),
)

BRANCHES = (
    (101, BranchKind.COMMITTEE, 1, ()),
    (102, BranchKind.DESK, 1, ()),
    (103, BranchKind.COMMITTEE, 2, ()),
    (104, BranchKind.DESK, 2, ("02",)),
    (105, BranchKind.COMMITTEE, 3, ()),
    (106, BranchKind.BRANCH, 4, ()),
    (107, BranchKind.BRANCH, 5, ()),
    (108, BranchKind.BRANCH, 6, ()),
    (109, BranchKind.BRANCH, 8, ("09", "10")),
    (110, BranchKind.GROUP, 9, ()),
)

CATEGORIES = (
    ("0101", Owner.GRID, Urgency.GENERAL),
    ("0801", Owner.GRID, Urgency.CRITICAL),
    ("1301", Owner.GRID, Urgency.COMPLEX),
    ("0901", Owner.MEMBER, Urgency.GENERAL),
    ("1001", Owner.MEMBER, Urgency.URGENT),
    ("0201", Owner.DEPARTMENT, Urgency.GENERAL),
    ("0301", Owner.DEPARTMENT, Urgency.URGENT),
    ("0303", Owner.DEPARTMENT, Urgency.CRITICAL),
    ("9001", Owner.ELSEWHERE, Urgency.CRITICAL),
    ("9002", Owner.ELSEWHERE, Urgency.GENERAL),
)

# The squares (west, south, east, north) of some grids, in degrees; 6 and 7 overlap, 4 and 5 share a border.
SQUARES = {
    2: (110.0, 38.0, 111.0, 39.0),
    4: (110.0, 38.0, 110.5, 39.0),
    5: (110.5, 38.0, 111.0, 39.0),
    8: (110.0, 38.0, 110.5, 38.5),
    3: (111.0, 38.0, 112.0, 39.0),
    6: (111.0, 38.0, 111.6, 39.0),
    7: (111.4, 38.0, 112.0, 39.0),
}

PEOPLE: Mapping[str, tuple[int, Role, int, int | None]] = MappingProxyType(
    {
        "member of A1": (1, Role.MEMBER, 8, 106),
        "member of the group": (2, Role.MEMBER, 9, 110),
        "grid worker of A1": (3, Role.GRID_WORKER, 4, None),
        "member of A2": (4, Role.MEMBER, 10, 107),
        "member of B1": (5, Role.MEMBER, 12, 108),
        "officer of A": (6, Role.DESK_OFFICER, 2, 104),
        "officer of the county": (7, Role.DESK_OFFICER, 1, 102),
        "secretary of A1": (11, Role.SECRETARY, 4, 106),
        "secretary of A2": (12, Role.SECRETARY, 5, 107),
        "secretary of A": (13, Role.SECRETARY, 2, 103),
        "secretary of B": (14, Role.SECRETARY, 3, 105),
        "secretary of the county": (15, Role.SECRETARY, 1, 101),
        "secretary of A's desk": (16, Role.SECRETARY, 2, 104),
        "secretary of the county's desk": (17, Role.SECRETARY, 1, 102),
        "secretary of a branch below": (18, Role.SECRETARY, 8, 109),
        "secretary of the group": (19, Role.SECRETARY, 9, 110),
        "secretary of nothing": (20, Role.SECRETARY, 4, None),
        "supervisor of A1": (21, Role.SUPERVISOR, 4, None),
        "supervisor of A": (22, Role.SUPERVISOR, 2, None),
        "supervisor of B": (23, Role.SUPERVISOR, 3, None),
        "supervisor of the county": (24, Role.SUPERVISOR, 1, None),
        "supervisor of the unit": (25, Role.SUPERVISOR, 14, None),
        "neighbours' head": (31, Role.HEAD, 14, None),
        "administrator": (32, Role.ADMINISTRATOR, 1, None),
    }
)


@dataclass(frozen=True, repr=False)
class County:
    """The world with those who serve in it, and short ways to file an order and to bring it into a state."""

    world: World
    start: datetime = TUESDAY
    people: Mapping[str, Actor] = field(default_factory=dict)
    resident: Actor = field(default_factory=lambda: Actor(holds_code=True))
    nobody: Actor = field(default_factory=lambda: Actor(person_id=99))

    def actors(self) -> dict[str, Actor]:
        """Everybody there is, the system included."""
        return {**self.people, "the resident": self.resident, "nobody": self.nobody, "the system": SYSTEM}

    def member(self, name: str) -> Member:
        actor = self.people[name]
        return Member(actor.person_id or 0, actor.grants)

    def somebody_for(self, order: Order) -> Member:
        """Somebody who serves where the order lies and may be offered it."""
        owner = self.world.categories[order.category].owner
        if owner is Owner.DEPARTMENT:
            return self.member("officer of A" if order.branch_id == 104 else "officer of the county")
        names = ("member of A1", "member of A2", "member of B1")
        seat = self.world.branches.get(order.branch_id or 0).grid_id
        return next(self.member(n) for n in names if self.world.tree.within(PEOPLE[n][2], seat))

    def filed(
        self,
        category: str = "0101",
        grid: int | None = 14,
        *,
        rule: Located = Located.CODE,
        now: datetime = TUESDAY,
        urgency: Urgency | None = None,
        filed_by: int | None = None,
        number: int = 7,
        kind: str = "request",
    ) -> Outcome:
        filing = Filing(
            region=1,
            id=number,
            kind=kind,
            category=category,
            urgency=urgency,
            found=Found(grid, rule, () if grid is None else (grid,)),
            contents={"text": "路灯不亮", "contact_phone": "13800000000"},
            filed_by=filed_by,
            household_id=None if filed_by is None else 3,
            channel=None if filed_by is None else "phone",
            salt=b"salt",
            request_key=None,
        )
        return file_order(filing, now, self.world)

    def order(self, category: str = "0101", grid: int | None = 14, **given) -> Order:
        return self.filed(category, grid, **given).order

    def does(self, order: Order, action: Action, actor: Actor = SYSTEM, now: datetime = TUESDAY, **given) -> Order:
        return act(order, Command(action, **given), actor, now, self.world).order

    def assignee(self, order: Order) -> Actor:
        return next(actor for actor in self.people.values() if actor.person_id == order.assignee_id)

    def at(self, state: State, category: str = "0101", grid: int = 14, *, now: datetime = TUESDAY, **given) -> Order:
        """An order in that state, brought there by the actions of people where the table leads there."""
        if state is State.RECEIVED:
            return self.order(category, None, rule=Located.UNKNOWN, now=now, **given)
        order = self.order(category, grid, now=now, **given)
        if state is State.NEW:  # nothing leads there
            return replace(order, state=state, clocks={})
        if state in (State.WITHDRAWN, State.REDIRECTED, State.MERGED):
            return self._aside(order, state, now)
        for reached, action in WAY:
            if state is reached or (state is State.PARKED and action is Action.RESOLVE):
                break
            actor = self.assignee(order) if action in (Action.ACCEPT, Action.RESOLVE) else SYSTEM
            members = (self.somebody_for(order),) if action is Action.OFFER else ()
            order = self.does(order, action, actor, now, members=members)
        return self.granted(order, Matter.PARK, now) if state is State.PARKED else order

    def _aside(self, order: Order, state: State, now: datetime) -> Order:
        """What was just filed, left by another way than its own."""
        if state is State.WITHDRAWN:
            return self.does(order, Action.WITHDRAW, self.resident, now)
        by = self.people["supervisor of the county"]
        if state is State.REDIRECTED:
            return self.does(order, Action.REDIRECT, by, now)
        lead = self.order(order.category, order.grid_id, now=now, number=order.id + 1)
        return self.does(order, Action.MERGE, by, now, other=lead)

    def decider(self, order: Order) -> Actor:
        """Somebody who decides what is waited for."""
        return next(actor for actor in self.people.values() if decides(order, actor, self.world))

    def asked(self, order: Order, matter: Matter, now: datetime = TUESDAY, **given) -> Order:
        """The order with that asked for by its handler."""
        needs = {**NEEDED.get(matter, {}), **({"on": _day(now, 30)} if matter is Matter.PARK else {}), **given}
        return self.does(order, Action.ASK, self.assignee(order), now, matter=matter, **needs)

    def granted(self, order: Order, matter: Matter, now: datetime = TUESDAY, **given) -> Order:
        """The order with that asked for by its handler and granted by the superior."""
        asked = self.asked(order, matter, now, **given)
        return self.does(asked, Action(matter.value), self.decider(asked), now)

    def swept(self, order: Order, now: datetime, candidates: Iterable[Member] = ()) -> Outcome:
        """One sweep as the service does it: tick, then offer where the secretary's window has passed."""
        outcome = tick(order, now, self.world)
        if not wants_member(outcome.order, now):
            return outcome
        choosing = Chooser([serving(one) for one in candidates], {}, self.world)
        offered = climb(outcome.order, lambda order, rung: choosing.choice(order, now, rung), now, self.world)
        return followed(outcome, offered, order)

    def minutely(
        self, order: Order, start: datetime, end: datetime, candidates: Iterable[Member] = ()
    ) -> tuple[Order, list[Event]]:
        """The order and every event after a sweep each minute from ``start`` to ``end``."""
        events, now = list[Event](), start
        while now <= end:
            outcome = self.swept(order, now, candidates)
            order = outcome.order
            events.extend(outcome.events)
            now += timedelta(minutes=1)
        return order, events

    def command(self, order: Order, action: Action, now: datetime | None = None, **given) -> Command:
        """A command with everything the action needs."""
        needs = NEEDS.get(action)
        return Command(action, **{**({} if needs is None else needs(self, order, now or self.start)), **given})

    def other(self, order: Order) -> Order:
        """The order it is merged with, or could be."""
        absorbed = order.affairs.absorbed
        return self.order(order.category, number=absorbed[0].order if absorbed else order.id + 1)

    def unit(self, order: Order) -> int:
        """A unit that may be called to co-handle."""
        taken = {order.branch_id, *(one.branch for one in order.affairs.open_assists())}
        return next(one.id for one in self.world.branches if one.id not in taken)


def _subject(order: Order) -> AppealSubject:
    affairs = order.affairs
    poor = Grade.DISSATISFIED in affairs.graded and AppealSubject.RATING not in affairs.appealed
    return AppealSubject.RATING if poor else AppealSubject.OVERDUE


NEEDS: Mapping[Action, Callable[[County, Order, datetime], dict[str, object]]] = MappingProxyType(
    {
        Action.OFFER: lambda c, o, _: {} if o.branch_id is None else {"members": (c.somebody_for(o),)},
        Action.RATE: lambda c, o, _: {"grade": Grade.SATISFIED},
        Action.RETURN: lambda c, o, _: {"data": {"reason_code": ReturnReason.OTHER_PLACE.value}},
        Action.ASK: lambda c, o, now: {"matter": Matter.PARK, "on": _day(now, 30)},
        Action.SUPERVISE: lambda c, o, now: {"on": _day(now, 3)},
        Action.WHISTLE: lambda c, o, _: {"unit": c.unit(o)},
        Action.WAIVE: lambda c, o, _: {"assist": next((one.number for one in o.affairs.open_assists()), 1)},
        Action.FOLLOW_UP: lambda c, o, _: {"data": {"reached": True}, "agrees": True},
        Action.APPEAL: lambda c, o, _: {"subject": _subject(o)},
        Action.JUDGE: lambda c, o, _: {"agrees": True},
        Action.MERGE: lambda c, o, _: {"other": c.other(o)},
        Action.ABSORB: lambda c, o, _: {"other": c.order(o.category, number=o.id + 1)},
        Action.UNMERGE: lambda c, o, _: {"other": c.other(o)},
        Action.RESOLVE: lambda c, o, _: {"other": c.other(o)} if o.state is State.MERGED else {},
    }
)
"""What a command for an action needs beside the action."""

NEEDED: Mapping[Matter, Mapping[str, object]] = MappingProxyType({Matter.EXTEND: {"amount": Duration(1, Unit.DAY)}})
"""What a request to the superior says beside what it is about."""


def _day(now: datetime, days: int) -> date:
    return now.astimezone(SHANGHAI).date() + timedelta(days=days)


def serving(member: Member, capacity: int = 3) -> Serving:
    """Somebody who serves at any hour, with room."""
    return Serving(
        person_id=member.person_id,
        code=f"P{member.person_id}",
        name=f"党员{member.person_id}",
        skills=frozenset(),
        capacity=capacity,
        load=0,
        grants=member.grants,
    )


def build(branches=BRANCHES) -> County:
    tree = Tree(Grid(i, code, name, level, kind, kind, above) for i, code, name, level, kind, above in GRIDS)
    own = Branches(
        tree, [Branch(i, f"B{i}", f"组织{i}", kind, grid, frozenset(takes)) for i, kind, grid, takes in branches]
    )
    polygons = {grid: shapely.to_wkb(shapely.box(*square)) for grid, square in SQUARES.items()}
    categories = {code: Category(code, code, code, code[:2], owner, urgency) for code, owner, urgency in CATEGORIES}
    world = World(tree, own, Places(tree, polygons), categories, DEFAULT, working_calendar())
    people = {
        name: Actor(person, (Grant(role, grid, branch),)) for name, (person, role, grid, branch) in PEOPLE.items()
    }
    return County(world, people=people)


@pytest.fixture(scope="session")
def county() -> County:
    return build()


@pytest.fixture(scope="session")
def county_without_desks() -> County:
    """The same county before any department has a desk."""
    return build([row for row in BRANCHES if row[1] is not BranchKind.DESK])
