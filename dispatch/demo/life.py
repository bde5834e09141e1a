"""What everybody who has to do with one order shares: the order, its plan, and the ways to act and to wait."""

from dataclasses import dataclass
from random import Random
from typing import Any

from dispatch.demo.board import Board
from dispatch.demo.cast import Cast
from dispatch.demo.client import Client, View
from dispatch.demo.pace import Pace
from dispatch.demo.plans import Plan
from dispatch.demo.requests import DemoRequest
from dispatch.domain.vocabulary import Action, State

WAITING = frozenset({State.ROUTED.value, State.OFFERED.value})
"""The states in which nobody has accepted an order that has its branch."""

_HURRIED_WAIT_S = 5.0  # with a plain clock the service itself acts within a second, or not at all today
_HURRIED_WAITS = 2


@dataclass(frozen=True)
class Stage:
    """What all players share; ``run`` tells this play's Idempotency-Keys from those of others."""

    client: Client
    cast: Cast
    pace: Pace
    board: Board
    run: str


class Life:
    """One order as its players know it.

    Attributes:
        order: the order as it was last seen; None before it is filed.
        plan: what is still to happen.
        code: the query code, which the resident keeps.
        named: the codes of those whom the secretary asked by name.
        handler: the code of whoever accepted it.
        done: whether nobody does anything more about it.
    """

    def __init__(self, stage: Stage, plan: Plan, request: DemoRequest, number: int) -> None:
        self.order: View | None = None
        self.stage, self.plan, self.request, self.number = stage, plan, request, number
        self.client, self.cast, self.pace = stage.client, stage.cast, stage.pace
        self.rng = Random(f"{number}:{request.text}")
        homes = stage.cast.households
        self.household = homes[number % len(homes)] if plan.for_household else None
        self.code = ""
        self.named: list[str] = []
        self.handler = ""
        self.done = False
        self._waits = 0
        if self.pace.hurried:
            plan.by_hand = True  # the secretary's window does not pass today

    async def act(self, order: View, action: Action, phone: str | None, **more: Any) -> View | None:
        """Act as the person with that telephone number, or as the resident where there is none.

        Returns:
            The order as it then is; None where somebody was first.
        """
        return await self.client.act(order, action, phone=phone, code=None if phone else self.code, **more)

    async def rest(self, order: View, low: int, high: int) -> None:
        """Let somebody take between ``low`` and ``high`` minutes."""
        await self.pace.pause(self.rng, order, low, high)

    async def moved(self, order: View) -> View | None:
        """Wait until the system has done something with it; with a plain clock only as long as that can take."""
        seen = await self.stage.board.wait(
            order,
            lambda now: bool(now["version"] > order["version"] and now["state"] in WAITING),
            _HURRIED_WAIT_S if self.pace.hurried else None,
        )
        self._waits += 1
        self.plan.by_hand = self.pace.hurried
        self.done = seen is None and (not self.pace.hurried or self._waits > _HURRIED_WAITS)
        return seen or order

    async def located(self) -> str | None:
        """Return the code of the grid that takes the place of the request, None for a place outside all."""
        place = {"code" if key == "grid" else key: str(value) for key, value in self.request.place.items()}
        found = await self.client.get("/grids/locate", query={**place})
        return None if found["grid"] is None else str(found["grid"]["code"])

    def seat(self, order: View) -> str:
        """Return the code of the grid where the branch sits that holds the order: whoever supervises is above it."""
        held, grid = order["branch"], str(order["grid"]["code"])
        return self.cast.seats.get(held["id"], grid) if held else grid

    def dispatcher(self, order: View) -> str:
        """Return the telephone number of whoever dispatches the order."""
        branch = order["branch"]
        return self.cast.dispatcher(branch and branch["id"], own=self.plan.own_secretary)
