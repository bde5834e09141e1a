"""Whom to offer an order to: those who serve at the branch that holds it, ranked, with the reasons (DOMAIN §3)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dispatch.domain.effects import eligible, owner_of
from dispatch.domain.order import Member, Order
from dispatch.domain.vocabulary import Owner, Role
from dispatch.domain.world import World
from dispatch.storage import people
from dispatch.storage.people import Serving
from grid_model.matching import Candidate, Ranked, rank

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
    """Return, for each order, who could be offered it; one query for all. ``connection`` may be a Database."""
    wanted = [order for order in orders if order.branch_id is not None]
    spans = sorted({world.tree.interval(world.branches.get(order.branch_id or 0).grid_id) for order in wanted})
    own = {order.branch_id or 0: world.branches.members_of(order.branch_id or 0) for order in wanted}
    today = now.astimezone(world.calendar.zone).date()
    near = [span for span in spans if span[1] - span[0] <= WIDE]  # a whole county's members are asked by hand only
    branch_ids = sorted({branch for ids in own.values() for branch in ids} | set(own))
    serving = await people.serving(connection, branch_ids, near, today)
    households = sorted({order.household_id for order in orders if order.household_id is not None})
    carers = await people.carers(connection, households) if households else {}
    return [_choice(order, serving, own.get(order.branch_id or 0, ()), carers, world) for order in orders]


WIDE = 400
"""Above this many grids the members below a branch are not looked through: only its own are asked by the system."""


def _choice(
    order: Order, serving: Sequence[Serving], own: Sequence[int], carers: dict[int, int], world: World
) -> Choice:
    grassroots = owner_of(order.category, world) is not Owner.DEPARTMENT
    open_to = [one for one in serving if eligible(order, one.grants, world)]
    if grassroots and any(_serves_in(one, own) for one in open_to):
        open_to = [one for one in open_to if _serves_in(one, own)]  # its own first; below it only where it has none
    carer = None if order.household_id is None else carers.get(order.household_id)
    candidates = tuple(
        Candidate(
            person_id=one.person_id,
            skills=one.skills,
            capacity=one.capacity,
            load=one.load,
            distance=min(world.tree.distance(grant.grid_id, order.grid_id) for grant in one.grants),
            is_carer=one.person_id == carer,
            own_branch=any(grant.branch_id == order.branch_id for grant in one.grants),
            tried=one.person_id in order.tried,
            fairness=_lot(order, one.person_id),
        )
        for one in open_to
    )
    return Choice(candidates, rank(order.category, candidates), {one.person_id: one for one in open_to})


def _serves_in(one: Serving, branches: Sequence[int]) -> bool:
    return any(grant.branch_id in branches and grant.role in (Role.MEMBER, Role.GRID_WORKER) for grant in one.grants)


def _lot(order: Order, person_id: int) -> int:
    """A number that differs from order to order, so that no member is always the one whom equals stand behind."""
    drawn = hashlib.sha256(f"{order.region}:{order.id}:{person_id}".encode()).digest()
    return int.from_bytes(drawn[:6])
