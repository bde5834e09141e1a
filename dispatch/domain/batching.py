"""Who takes which of many orders in an emergency: what each pair costs, and the spread that costs least (批量派单).

Everything here is a cost, in points, and less is better; matching (``choosing``) counts merits, in points, one order at
a time. The grounds are the same but for the household's carer, who is asked by the ladder in ordinary times.
"""

from __future__ import annotations  # arrays are named in types, and numpy is loaded only where there are any

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from dispatch.domain.availability import why_not
from dispatch.domain.holding import owner_of
from dispatch.domain.order import Order
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import SERVING, Owner, Role, Urgency, Word
from dispatch.domain.world import World
from grid_model.hours import WorkingCalendar
from grid_model.matching import CLASS_DIGITS
from grid_model.tree import UnknownGrid

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Ground(Word):
    """Why giving one order to one member costs something."""

    TRAVEL = "travel", "路程", "how far they serve from it"
    SKILL = "skill", "技能", "that they lack the skill"
    LOAD = "load", "在手工单", "what they have in hand already"
    FAIRNESS = "fairness", "轮流", "how lately they were asked"


@dataclass(frozen=True, slots=True)
class Weight:
    """What a ground costs: ``points`` for each unit, of which at most ``most`` count."""

    points: int
    most: int
    unit_zh: str
    unit_en: str


WEIGHTS: Mapping[Ground, Weight] = MappingProxyType(
    {
        Ground.TRAVEL: Weight(20, 20, "网格树上的一步", "an edge of the tree between the grids"),
        Ground.SKILL: Weight(60, 1, "缺少所需技能", "the matter's skill, where it is lacking"),
        Ground.LOAD: Weight(80, 1, "占满自定接单上限", "a capacity that is full; part of it in proportion"),
        Ground.FAIRNESS: Weight(
            2, 14, "距上次被派不足十四天，每少一天", "a day short of fourteen since they were asked"
        ),
    }
)
"""The costs of all grounds (ours); whole numbers, so that they stand in the ledger exactly."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Placed:
    """One order for one member, by their places in what was given, and the points of each ground."""

    order: int
    member: int
    edges: int
    points: Mapping[Ground, int]

    @property
    def total(self) -> int:
        """What the pair costs."""
        return sum(self.points.values())


@dataclass(frozen=True, slots=True)
class Spread:
    """Who takes what: ``nobody`` are the orders that no member may take now, ``full`` those nobody has room for."""

    placed: tuple[Placed, ...]
    nobody: tuple[int, ...]
    full: tuple[int, ...]

    @property
    def total(self) -> int:
        """What all pairs cost together."""
        return sum(one.total for one in self.placed)


@dataclass(frozen=True, slots=True)
class Costs:
    """What each pair costs, by ground; rows are orders and columns members, gathered by what they have in common.

    Attributes:
        edges: of the tree, by distinct grid of an order.
        lacks: whether a skill is lacking, by distinct category.
        load: of what is in hand already, and ``step`` for each further order.
        may: whether the pair is possible.
    """

    grid_row: npt.NDArray[np.int64]
    edges: npt.NDArray[np.int32]
    category_row: npt.NDArray[np.int64]
    lacks: npt.NDArray[np.bool_]
    load: npt.NDArray[np.int64]
    step: npt.NDArray[np.int64]
    fairness: npt.NDArray[np.int64]
    room: npt.NDArray[np.int64]
    may: npt.NDArray[np.bool_]

    def table(self) -> npt.NDArray[np.float64]:
        """Return what each pair costs as the member's first of this spread; infinite where it is impossible."""
        import numpy as np  # noqa: PLC0415 - heavy, and wanted in emergencies only

        travel, skill = WEIGHTS[Ground.TRAVEL], WEIGHTS[Ground.SKILL]
        table = (np.minimum(self.edges, travel.most) * travel.points).astype(np.float64)[self.grid_row]
        table += (self.lacks * skill.points)[self.category_row]
        table += self.load + self.fairness
        table[~self.may] = np.inf
        return table

    def points(self, order: int, member: int, place: int) -> dict[Ground, int]:
        """Return the points of one pair, where the member has been given ``place`` others of this spread."""
        travel, skill = WEIGHTS[Ground.TRAVEL], WEIGHTS[Ground.SKILL]
        return {
            Ground.TRAVEL: min(self.away(order, member), travel.most) * travel.points,
            Ground.SKILL: int(self.lacks[self.category_row[order], member]) * skill.points,
            Ground.LOAD: int(self.load[member] + place * self.step[member]),
            Ground.FAIRNESS: int(self.fairness[member]),
        }

    def away(self, order: int, member: int) -> int:
        """Return how many edges of the tree lie between an order and where the member serves."""
        return int(self.edges[self.grid_row[order], member])


def spread(orders: Sequence[Order], serving: Sequence[Serving], within: int, now: datetime, world: World) -> Spread:
    """Give as many of the orders as possible to a member each, at the least total cost.

    Who may take an order is decided as in ordinary times: whoever serves below ``within``, a department's matter stays
    with its desk; who declined it, is away or has no room is passed over. Among equals the solver's choice depends on
    the order in which they are given, so the caller gives them in one that is fair.

    Args:
        orders: those that wait, in any order; all of them lie in the tree.
        serving: everybody who may come into question.
        within: the grid below which somebody must serve.
        now: when it is asked.
        world: the county.

    Raises:
        UnknownGrid: an order lies where this world, read before an import, knows nothing.
    """
    import numpy as np  # noqa: PLC0415 - as above

    from grid_model.assigning import assign  # noqa: PLC0415 - as above

    if not orders or not serving:
        return Spread((), tuple(range(len(orders))), ())
    costs = costs_of(orders, serving, within, now, world)
    found = assign(costs.table(), costs.room.tolist(), costs.step.tolist())
    given: defaultdict[int, int] = defaultdict(int)
    placed = []
    for order, member in found.pairs:
        points = costs.points(order, member, given[member])
        placed.append(Placed(order, member, costs.away(order, member), points))
        given[member] += 1
    left = np.array(found.unassigned, dtype=np.int64)
    able = (costs.may[left] & (costs.room > 0)).any(axis=1)
    nobody, full = left[~able].tolist(), left[able].tolist()
    return Spread(tuple(placed), tuple(nobody), tuple(full))


def costs_of(orders: Sequence[Order], serving: Sequence[Serving], within: int, now: datetime, world: World) -> Costs:
    """Return what each pair costs; arguments and errors as for ``spread``."""
    import numpy as np  # noqa: PLC0415 - as above

    grids, grid_row = np.unique([order.grid_id for order in orders], return_inverse=True)
    categories, category_row = np.unique([order.category for order in orders], return_inverse=True)
    load, fairness = WEIGHTS[Ground.LOAD], WEIGHTS[Ground.FAIRNESS]
    capacity = np.array([max(one.capacity, 0) for one in serving], dtype=np.int64)
    in_hand = np.array([one.load for one in serving], dtype=np.int64)
    share = np.maximum(capacity, 1)
    days = np.array([_days(one, now) for one in serving], dtype=np.int64)
    return Costs(
        grid_row=grid_row,
        edges=_edges([int(grid) for grid in grids], [_posts(one, within, world) for one in serving], world),
        category_row=category_row,
        lacks=np.array([[not _skilled(str(category), one) for one in serving] for category in categories]),
        load=load.points * np.minimum(in_hand, share) // share,
        step=load.points // share,
        fairness=fairness.points * np.maximum(fairness.most - days, 0),
        room=np.maximum(capacity - in_hand, 0),
        may=_may(orders, serving, within, now, world),
    )


def _days(one: Serving, now: datetime) -> int:
    return WEIGHTS[Ground.FAIRNESS].most if one.served_at is None else max((now - one.served_at) // _DAY, 0)


def _skilled(category: str, one: Serving) -> bool:
    return category in one.skills or category[:CLASS_DIGITS] in one.skills


def _posts(one: Serving, within: int, world: World) -> list[int]:
    """Return the grids where somebody serves below ``within``, and desks wherever they are."""
    found = []
    for grant in one.grants:
        try:
            below = world.tree.within(grant.grid_id, within)
        except UnknownGrid:  # imported since this world was read
            continue
        if grant.role in SERVING and (below or grant.role is Role.DESK_OFFICER):
            found.append(grant.grid_id)
    return found


FAR = 2**15
"""The distance of somebody who serves nowhere here; no pair with them is possible."""


def _edges(grids: Sequence[int], posts: Sequence[Sequence[int]], world: World) -> npt.NDArray[np.int32]:
    """Return how far each grid lies from the nearest of each member's posts."""
    import numpy as np  # noqa: PLC0415 - as above

    from grid_model.distances import distances  # noqa: PLC0415 - as above

    nearest = np.full((len(grids), len(posts)), FAR, dtype=np.int32)
    distinct = sorted({grid for mine in posts for grid in mine})
    if not distinct:
        return nearest
    column = {grid: at for at, grid in enumerate(distinct)}
    serving = [at for at, mine in enumerate(posts) if mine]
    flat = [column[grid] for at in serving for grid in posts[at]]
    starts = np.cumsum([0, *(len(posts[at]) for at in serving[:-1])])
    between = distances(world.tree, grids, distinct)
    nearest[:, serving] = np.minimum.reduceat(between[:, flat], starts, axis=1)
    return nearest


def _may(
    orders: Sequence[Order], serving: Sequence[Serving], within: int, now: datetime, world: World
) -> npt.NDArray[np.bool_]:
    """Tell which pairs are possible; members who are alike to an order are judged once for all such orders."""
    import numpy as np  # noqa: PLC0415 - as above

    column = {one.person_id: at for at, one in enumerate(serving)}
    rows: dict[tuple[int | None, int, Urgency], npt.NDArray[np.bool_]] = {}
    may = np.empty((len(orders), len(serving)), dtype=np.bool_)
    for at, order in enumerate(orders):
        desk = order.branch_id if owner_of(order.category, world) is Owner.DEPARTMENT else None
        calendar = world.calendar_at(order.grid_id)
        key = desk, id(calendar), order.urgency
        if key not in rows:
            judged = (_serves(one, desk, within, world) and _here(one, now, calendar, order) for one in serving)
            rows[key] = np.fromiter(judged, dtype=np.bool_, count=len(serving))
        may[at] = rows[key]
        may[at, [column[person] for person in order.declined if person in column]] = False
    return may


def _here(one: Serving, now: datetime, calendar: WorkingCalendar, order: Order) -> bool:
    return why_not(one, now, calendar, order.urgency) is None


def _serves(one: Serving, desk: int | None, within: int, world: World) -> bool:
    if desk is not None:
        return any(grant.role is Role.DESK_OFFICER and grant.branch_id == desk for grant in one.grants)
    grassroots = SERVING - {Role.DESK_OFFICER}
    return any(grant.role in grassroots and _below(grant.grid_id, within, world) for grant in one.grants)


def _below(grid_id: int, within: int, world: World) -> bool:
    try:
        return world.tree.within(grid_id, within)
    except UnknownGrid:
        return False
