"""Whom to offer an order to, at each rung of the ladder of offers: ranked, with the reasons (DOMAIN §3)."""

import hashlib
import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from dispatch.domain.availability import why_not
from dispatch.domain.holding import branch_above, owner_of
from dispatch.domain.ledger import microseconds
from dispatch.domain.order import Member, Order
from dispatch.domain.serving import Serving
from dispatch.domain.siblings import siblings
from dispatch.domain.vocabulary import SERVING, Owner, Role, Rung, Urgency
from dispatch.domain.world import World
from grid_model.matching import CLASS_DIGITS, WEIGHTS, Candidate, LeftOut, Ranked, rank
from grid_model.tree import UnknownGrid

SHOWN = 20
"""How many ranked candidates stand in the ledger beside an offer of the system's; the others are only counted."""

MOST_ASKED = 500
"""So many are asked at once and no more, however large a pool is (ours)."""

WIDE = 400
"""Above this many grids the members below a branch are not looked through: only its own are asked by the system."""

LEFT_OUT: Mapping[LeftOut, tuple[str, str]] = MappingProxyType(
    {
        LeftOut.DECLINED: ("已婉拒此单", "declined this very order"),
        LeftOut.ON_LEAVE: ("请假中", "on leave"),
        LeftOut.OFF_HOURS: ("不在服务时段或正处免打扰时段", "outside their service hours, or in their quiet hours"),
        LeftOut.TRIED: ("此前已询问", "asked before"),
        LeftOut.NO_ROOM: ("已达接单上限", "has as many orders as they can take"),
    }
)
"""Why a candidate is not asked, in Chinese and English."""

_NARROW = frozenset({Rung.DIRECT, Rung.GROUP, None})
"""Where whoever was asked before, or has no room, is passed over; the open rungs leave that to them."""

_ONE = frozenset({Rung.DIRECT, None})
"""Where one member is chosen, and a household's own carer may be, wherever they serve below the branch above."""

_GRASSROOTS = SERVING - {Role.DESK_OFFICER}


@dataclass(frozen=True, slots=True)
class Choice:
    """The ranked candidates for one order, and the people behind them.

    Attributes:
        needs_room: whether who is full is left out.
        weights: the points of each ground.
    """

    candidates: tuple[Candidate, ...]
    ranked: tuple[Ranked, ...]
    people: Mapping[int, Serving]
    weights: Mapping[str, int]
    needs_room: bool = True

    @property
    def best(self) -> Member | None:
        """The first who can be asked, or None."""
        first = self.first(1)
        return first[0] if first else None

    def first(self, most: int | None) -> tuple[Member, ...]:
        """Return the first ``most`` who can be asked, best first; None for all, within ``MOST_ASKED``."""
        asked = MOST_ASKED if most is None else min(most, MOST_ASKED)
        able = self.ranked[:asked]  # those left out come last
        return tuple(Member(one.person_id, self.people[one.person_id].grants) for one in able if one.left_out is None)

    def able(self) -> tuple[Member, ...]:
        """Return everybody who can be asked, best first, however many they are."""
        return tuple(
            Member(one.person_id, self.people[one.person_id].grants) for one in self.ranked if one.left_out is None
        )

    def why(self) -> dict[str, Any]:
        """The explanation as it stands in the ledger: the first ones in full, and how many were left out for what."""
        left_out: dict[str, int] = {}
        for one in self.ranked:
            if one.left_out is not None:
                left_out[one.left_out.value] = left_out.get(one.left_out.value, 0) + 1
        return {
            "candidates": len(self.ranked),
            "left_out": left_out,
            "ranked": [
                {
                    "member": one.person_id,
                    "total": one.total,
                    "points": dict(_told(one.scores)),
                    "left_out": None if one.left_out is None else one.left_out.value,
                }
                for one in self.ranked[:SHOWN]
            ],
        }


@lru_cache(maxsize=4096)
def _told(scores: tuple[int, ...]) -> Mapping[str, int]:
    """The points of each ground as the ledger tells them; many candidates share them, so each is given a copy."""
    return {ground: points for ground, points in zip(WEIGHTS, scores, strict=True) if points}


class _Circle(Enum):
    """How far around an order people are looked for."""

    BRANCH = "branch"  # those of the branch that holds it
    HAND = "hand"  # and the in-service members paired with it
    SIBLINGS = "siblings"  # and both of its sibling branches


class _Post(NamedTuple):
    """One role of somebody who serves: where in the tree, and in which branch."""

    position: int
    grid_id: int
    branch_id: int | None
    person_id: int


class _Open(NamedTuple):
    """Somebody who may be asked, with the grids where they serve in the capacity they are asked in."""

    serving: Serving
    grids: tuple[int, ...]
    own_branch: bool
    served_at: int | None


class _Around(NamedTuple):
    """Everybody who may be asked for the orders of one branch, by person, and all the grids where they serve."""

    ones: tuple[_Open, ...]
    people: dict[int, Serving]
    grids: frozenset[int]


_NOBODY = _Around((), {}, frozenset())
_POSITION = itemgetter(0)


class Chooser:
    """Who serves where, indexed once for a batch of orders."""

    def __init__(self, serving: Iterable[Serving], carers: Mapping[int, int], world: World) -> None:
        """Index those who serve.

        Args:
            serving: everybody who may come into question, the carers with all their roles, in any order.
            carers: the member who looks after each household that filed one of the orders.
            world: the county they serve in.
        """
        self._world = world
        self._carers = carers
        self._people: dict[int, Serving] = {}
        self._served_at: dict[int, int | None] = {}
        self._desks: defaultdict[int | None, list[_Post]] = defaultdict(list)
        self._posts: list[_Post] = []
        self._guests: list[_Post] = []
        self._open: dict[tuple[int, str, _Circle], _Around] = {}
        self._away: dict[tuple[datetime, bool, int], dict[int, LeftOut | None]] = {}
        for one in serving:
            self._index(one)
        self._posts.sort(key=_POSITION)
        self._guests.sort(key=_POSITION)

    def _index(self, one: Serving) -> None:
        grants = []
        for grant in one.grants:
            try:
                post = _Post(self._world.tree.position(grant.grid_id), grant.grid_id, grant.branch_id, one.person_id)
            except UnknownGrid:  # imported since this world was read
                continue
            grants.append(grant)
            if grant.role is Role.DESK_OFFICER:
                self._desks[grant.branch_id].append(post)
            else:
                (self._guests if grant.role is Role.IN_SERVICE else self._posts).append(post)
        self._people[one.person_id] = one if len(grants) == len(one.grants) else replace(one, grants=tuple(grants))
        self._served_at[one.person_id] = None if one.served_at is None else microseconds(one.served_at)

    def choice(
        self, order: Order, now: datetime, rung: Rung | None = None, taken: Mapping[int, int] = MappingProxyType({})
    ) -> Choice:
        """Return who could be offered ``order`` at a rung of the ladder; None is for a dispatch by hand.

        ``taken`` is how many further orders members were given since they were read.

        One member and a group are chosen among the branch's own (those below it where it has none) who were not asked
        yet and have room. The open rungs ask everybody who is available and has not declined this order: the branch's
        own, then those of its siblings and the in-service members paired with any of these. By hand the in-service
        members paired with the branch itself may be chosen too. One member, and by hand, may also be the household's
        carer who serves elsewhere below the branch above. A department's matter stays with its desk at every rung, and
        no sibling is asked for it.

        Raises:
            UnknownBranch, UnknownGrid: it lies where this world, read before an import, knows nothing.
        """
        world, needs_room = self._world, rung in _NARROW
        carer = None if order.household_id is None else self._carers.get(order.household_id)
        around = self._around(order, rung)
        if carer in self._people and carer not in around.people and rung in _ONE:
            around = self._joined(around, self._people[carer], order)
        distances = {grid: world.tree.distance(grid, order.grid_id) for grid in around.grids}
        absent = self._absent(order, now)
        kind, declined, tried = order.category[:CLASS_DIGITS], order.declined, order.tried if needs_room else ()
        candidates = []
        for (one, grids, own_branch, served_at), lot in zip(around.ones, _lots(order, len(around.ones)), strict=True):
            person_id = one.person_id
            if person_id in declined:
                out: LeftOut | None = LeftOut.DECLINED
            else:
                if person_id not in absent:
                    absent[person_id] = why_not(one, now, world.calendar_at(order.grid_id), order.urgency)
                out = absent[person_id]
                if out is None and person_id in tried:
                    out = LeftOut.TRIED
            candidates.append(
                Candidate(
                    person_id,
                    one.skills,
                    one.capacity,
                    one.load + taken.get(person_id, 0),
                    distances[grids[0]] if len(grids) == 1 else min([distances[grid] for grid in grids]),
                    person_id == carer,
                    own_branch,
                    lot,
                    served_at,
                    one.declines.get(kind, 0),
                    out,
                )
            )
        ranked = rank(order.category, candidates, world.weights, needs_room=needs_room)
        return Choice(tuple(candidates), ranked, around.people, world.weights, needs_room)

    def _absent(self, order: Order, now: datetime) -> dict[int, LeftOut | None]:
        """What is known already of who is away, for orders of the same hour, haste and working time."""
        calendar = self._world.calendar_at(order.grid_id)
        return self._away.setdefault((now, order.urgency is Urgency.CRITICAL, id(calendar)), {})

    def _around(self, order: Order, rung: Rung | None) -> _Around:
        if order.branch_id is None:
            return _NOBODY
        self._world.branches.get(order.branch_id)  # one that this world does not know yet has no people either
        department = owner_of(order.category, self._world) is Owner.DEPARTMENT
        if department and rung is Rung.SIBLINGS:
            return _NOBODY
        circle = _Circle.HAND if rung is None else _Circle.SIBLINGS if rung is Rung.SIBLINGS else _Circle.BRANCH
        # who the siblings are depends on the category; who serves at the branch only on whether it is a desk's
        scope = "D" if department else order.category if circle is _Circle.SIBLINGS else ""
        key = (order.branch_id, scope, circle)
        known = self._open.get(key)
        if known is None:
            posts = self._desks[order.branch_id] if department else self._grassroots(order.branch_id, order, circle)
            known = self._open[key] = self._opened(posts, order.branch_id)
        return known

    def _joined(self, around: _Around, carer: Serving, order: Order) -> _Around:
        """Those around an order and its household's carer, if that one serves below the branch above.

        The carer stands last, so that the numbers drawn for the others are what they would be without.
        """
        world = self._world
        if order.branch_id is None or owner_of(order.category, world) is Owner.DEPARTMENT:
            return around
        above = branch_above(order.branch_id, order.category, world)
        reach = world.branches.get(order.branch_id if above is None else above).grid_id
        posts = {g.grid_id for g in carer.grants if g.role in _GRASSROOTS and world.tree.within(g.grid_id, reach)}
        if not posts:
            return around
        own_branch = any(grant.branch_id == order.branch_id for grant in carer.grants)
        one = _Open(carer, tuple(sorted(posts)), own_branch, self._served_at[carer.person_id])
        return _Around((*around.ones, one), {**around.people, carer.person_id: carer}, around.grids | posts)

    def _grassroots(self, branch_id: int, order: Order, circle: _Circle) -> list[_Post]:
        """The posts of the grassroots in a circle around the branch that holds an order."""
        posts = self._of_branch(self._posts, branch_id)
        if circle is _Circle.BRANCH:
            return posts
        posts += self._of_branch(self._guests, branch_id)
        if circle is _Circle.SIBLINGS:
            for sibling in siblings(branch_id, order.category, self._world):
                posts += self._of_branch(self._posts, sibling, own_only=True)
                posts += self._of_branch(self._guests, sibling, own_only=True)
        return posts

    def _of_branch(self, posts: list[_Post], branch_id: int, *, own_only: bool = False) -> list[_Post]:
        """The posts of a branch's own people; of those below it only where it has none, unless ``own_only``."""
        lo, hi = span = self._world.tree.interval(self._world.branches.get(branch_id).grid_id)
        first, last = (bisect_left(posts, position, key=_POSITION) for position in (lo, hi))
        found = posts[first:last]
        branches = self._world.branches.members_of(branch_id)
        if own_only or wide(span):  # of the others, only those whom another order of the batch called for are known
            return [post for post in found if post.branch_id in branches]
        own = {post.person_id for post in found if post.branch_id in branches}
        return [post for post in found if post.person_id in own] if own else found

    def _opened(self, posts: Iterable[_Post], branch_id: int) -> _Around:
        grids: defaultdict[int, set[int]] = defaultdict(set)
        for post in posts:
            grids[post.person_id].add(post.grid_id)
        ones = tuple(
            _Open(
                self._people[person],
                tuple(sorted(grids[person])),
                any(grant.branch_id == branch_id for grant in self._people[person].grants),
                self._served_at[person],
            )
            for person in sorted(grids)
        )
        return _Around(ones, {person: self._people[person] for person in grids}, frozenset().union(*grids.values()))


def wide(span: tuple[int, int]) -> bool:
    """Tell whether a branch has so much below it that only its own people are looked through."""
    return span[1] - span[0] > WIDE


def _lots(order: Order, count: int) -> tuple[int, ...]:
    """Numbers drawn anew for each order, so that no member is always the one whom equals stand behind."""
    drawn = hashlib.shake_128(f"{order.region}:{order.id}".encode()).digest(8 * count)
    return struct.unpack(f"<{count}Q", drawn)
