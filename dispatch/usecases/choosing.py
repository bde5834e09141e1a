"""Whom to offer an order to: those who serve at the branch that holds it, ranked, with the reasons (DOMAIN §3)."""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from dispatch.domain.access import outermost
from dispatch.domain.holding import owner_of
from dispatch.domain.order import Member, Order
from dispatch.domain.vocabulary import Owner, Role
from dispatch.domain.world import World
from dispatch.storage import people
from dispatch.storage.people import Serving
from grid_model.matching import Candidate, Ranked, rank
from grid_model.routing import UnknownBranch
from grid_model.tree import UnknownGrid

SHOWN = 5
"""How many ranked candidates stand in the ledger beside an offer of the system's."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The ranked candidates for one order, and the people behind them."""

    candidates: tuple[Candidate, ...]
    ranked: tuple[Ranked, ...]
    people: dict[int, Serving]

    def with_load(self, taken: Mapping[int, int], category: str) -> "Choice":
        """Return the choice anew when members were given ``taken`` further orders in the meantime."""
        if not any(one.person_id in taken for one in self.candidates):
            return self
        loaded = tuple(replace(one, load=one.load + taken.get(one.person_id, 0)) for one in self.candidates)
        return Choice(loaded, rank(category, loaded), self.people)

    @property
    def best(self) -> Member | None:
        """The first who can be asked, or None."""
        for one in self.ranked:
            if one.left_out is None:
                return Member(one.person_id, self.people[one.person_id].grants)
        return None

    def why(self) -> dict[str, Any]:
        """The explanation as it stands in the ledger."""
        return {
            "candidates": len(self.ranked),
            "ranked": [
                {"member": one.person_id, "total": one.total, "points": dict(one.points), "left_out": one.left_out}
                for one in self.ranked[:SHOWN]
            ],
        }


async def choices(connection: Any, orders: Sequence[Order], now: datetime, world: World) -> list[Choice]:
    """Return, for each order, who could be offered it; one query for all. ``connection`` may be a Database.

    Raises:
        UnknownBranch, UnknownGrid: an order lies where this world, read before an import, knows nothing.
    """
    choosing = await chooser(connection, orders, now, world)
    return [choosing.choice(order) for order in orders]


async def chooser(connection: Any, orders: Sequence[Order], now: datetime, world: World) -> "Chooser":
    """Read whom these orders could be offered to, in one query; one that lies in an unknown place is left out."""
    spans: set[tuple[int, int]] = set()
    branch_ids: set[int] = set()
    for order in orders:
        if order.branch_id is not None:
            with suppress(UnknownBranch):
                spans.add(world.tree.interval(world.branches.get(order.branch_id).grid_id))
                branch_ids.update((order.branch_id, *world.branches.members_of(order.branch_id)))
    today = now.astimezone(world.calendar.zone).date()
    near = outermost(span for span in spans if not _wide(span))
    serving = await people.serving(connection, sorted(branch_ids), list(near), today)
    households = sorted({order.household_id for order in orders if order.household_id is not None})
    carers = await people.carers(connection, households) if households else {}
    return Chooser(serving, carers, world)


WIDE = 400
"""Above this many grids the members below a branch are not looked through: only its own are asked by the system."""


def _wide(span: tuple[int, int]) -> bool:
    return span[1] - span[0] > WIDE


class _Post(NamedTuple):
    """One role of somebody who serves: where in the tree, and in which branch."""

    position: int
    grid_id: int
    branch_id: int | None
    person_id: int


_POSITION = itemgetter(0)


class Chooser:
    """Who serves where, indexed once for a batch of orders."""

    def __init__(self, serving: Iterable[Serving], carers: Mapping[int, int], world: World) -> None:
        self._world = world
        self._carers = carers
        self._people: dict[int, Serving] = {}
        self._desks: defaultdict[int | None, list[_Post]] = defaultdict(list)
        self._posts: list[_Post] = []
        self._open: dict[tuple[int, bool], list[tuple[Serving, frozenset[int]]]] = {}
        for one in serving:
            self._index(one)
        self._posts.sort(key=_POSITION)

    def _index(self, one: Serving) -> None:
        grants = []
        for grant in one.grants:
            try:
                post = _Post(self._world.tree.position(grant.grid_id), grant.grid_id, grant.branch_id, one.person_id)
            except UnknownGrid:  # imported since this world was read
                continue
            grants.append(grant)
            (self._desks[grant.branch_id] if grant.role is Role.DESK_OFFICER else self._posts).append(post)
        self._people[one.person_id] = replace(one, grants=tuple(grants))

    def choice(self, order: Order) -> Choice:
        """Return who could be offered ``order``.

        Raises:
            UnknownBranch, UnknownGrid: it lies where this world, read before an import, knows nothing.
        """
        if order.branch_id is None:
            return Choice((), (), {})
        key = (order.branch_id, owner_of(order.category, self._world) is Owner.DEPARTMENT)
        open_to = self._open.get(key)
        if open_to is None:
            open_to = self._open[key] = self._open_to(*key)
        carer = None if order.household_id is None else self._carers.get(order.household_id)
        grids = frozenset[int]().union(*(grids for _, grids in open_to))  # many serve on the same
        away = {grid_id: self._world.tree.distance(grid_id, order.grid_id) for grid_id in grids}
        candidates = tuple(
            Candidate(
                person_id=one.person_id,
                skills=one.skills,
                capacity=one.capacity,
                load=one.load,
                distance=min(away[grid_id] for grid_id in grids),
                is_carer=one.person_id == carer,
                own_branch=any(grant.branch_id == order.branch_id for grant in one.grants),
                tried=one.person_id in order.tried,
                fairness=_lot(order, one.person_id),
            )
            for one, grids in open_to
        )
        return Choice(candidates, rank(order.category, candidates), {one.person_id: one for one, _ in open_to})

    def _open_to(self, branch_id: int, department: bool) -> list[tuple[Serving, frozenset[int]]]:
        """Return who may be asked, each with the grids where they serve in the capacity they are asked in.

        A department's matter stays with its desk. Any other is for the branch's own first; for those below it only
        where it has none.
        """
        lo, hi = span = self._world.tree.interval(self._world.branches.get(branch_id).grid_id)
        if department:
            posts = self._desks[branch_id]
        else:
            first, last = (bisect_left(self._posts, position, key=_POSITION) for position in (lo, hi))
            posts = self._posts[first:last]
            branches = self._world.branches.members_of(branch_id)
            own = {post.person_id for post in posts if post.branch_id in branches}
            if _wide(span):  # of the others, only those whom another order of the batch called for are known here
                posts = [post for post in posts if post.branch_id in branches]
            elif own:
                posts = [post for post in posts if post.person_id in own]
        grids: defaultdict[int, set[int]] = defaultdict(set)
        for post in posts:
            grids[post.person_id].add(post.grid_id)
        return [(self._people[person], frozenset(grids[person])) for person in sorted(grids)]


def _lot(order: Order, person_id: int) -> int:
    """A number that differs from order to order, so that no member is always the one whom equals stand behind."""
    drawn = hashlib.sha256(f"{order.region}:{order.id}:{person_id}".encode()).digest()
    return int.from_bytes(drawn[:6])
