"""One request and everybody who has to do with it, from filing to its end, each through the API alone."""

from dispatch.demo import cooperation, members, residents, secretaries
from dispatch.demo.client import View
from dispatch.demo.grids import ROOT
from dispatch.demo.life import WAITING, Life, Stage
from dispatch.demo.plans import Neglect, Plan
from dispatch.demo.requests import DemoRequest
from dispatch.domain.vocabulary import State

MOST_STEPS = 60
"""After so many turns of one order nobody plays on: it would never end."""

_ENDED = frozenset({State.WITHDRAWN.value, State.REDIRECTED.value, State.MERGED.value, State.PARKED.value})

# Each turn returns the order as it then is, or None where it has to be looked at again.
_TURNS = {
    State.RECEIVED: secretaries.received,
    State.ROUTED: secretaries.routed,
    State.OFFERED: members.offered,
    State.ACCEPTED: members.accepted,
    State.RESOLVED: members.resolved,
    State.CLOSED: residents.closed,
}


class Story:
    """The life of one order, turn by turn; its plan says who does what.

    Attributes:
        minute: of the day, when it is filed.
    """

    def __init__(self, stage: Stage, plan: Plan, request: DemoRequest, number: int) -> None:
        self.minute = request.minute
        self._life = Life(stage, plan, request, number)

    @property
    def order(self) -> View | None:
        """The order as it was last seen; None before it is filed."""
        return self._life.order

    async def come(self) -> None:
        """Have whoever will probably be needed at their places before the day begins: logging in takes its time."""
        life, plan = self._life, self._life.plan
        client, cast, household = life.client, life.cast, life.household
        if household is not None:
            await client.token(household.carer_phone)
        if plan.neglect is not Neglect.NONE or not plan.by_hand or plan.vague:
            return
        grid = household.grid if household is not None else (await life.located()) or ""
        branch = cast.probably(life.request.category, grid)
        if branch is not None:
            await client.token(cast.dispatcher(branch, own=plan.own_secretary))
            people = cast.servants.get(branch, ())
            first = life.number % len(people) if people else 0
            for person in (*people[first:], *people[:first])[: 2 if plan.race else 1]:
                await client.token(cast.phones[person])

    async def file(self) -> None:
        """File the request."""
        await residents.file(self._life)

    async def play(self) -> None:
        """Let everybody act until the order has ended, the plan leaves it alone, or the play is over."""
        life = self._life
        for _ in range(MOST_STEPS):
            order = life.order
            if order is None or life.done or life.pace.over.is_set() or order["state"] in _ENDED:
                return
            seen = await self._turn(order)
            if seen is None and not life.done:  # somebody was first, or it moved while we waited: look again
                await life.pace.rest(0.05)
                seen = await life.client.get(f"/orders/{order['id']}", code=life.code)
            life.order = seen or order

    async def _turn(self, order: View) -> View | None:
        state = State(order["state"])
        if order["state"] in WAITING and self._neglected(order):
            return await self._left_alone(order)
        if state is self._life.plan.withdraw_when:
            return await residents.withdraw(self._life, order)
        if cooperation.due(self._life, order):
            return await cooperation.turn(self._life, order)
        return await _TURNS[state](self._life, order)

    def _neglected(self, order: View) -> bool:
        neglect = self._life.plan.neglect
        if neglect is Neglect.NONE or (neglect is not Neglect.FOR_GOOD and order["listed"]):
            return False
        if neglect is Neglect.ONE_LEVEL:
            return bool(order["level"] == 0)
        at_root = order["level"] > 0 and self._life.cast.level_of(order["branch"] and order["branch"]["id"]) == ROOT
        return neglect is Neglect.FOR_GOOD or not at_root

    async def _left_alone(self, order: View) -> View | None:
        """Wait until it has risen far enough; what is forgotten for good, until the root has it listed."""
        life = self._life
        if life.pace.hurried:
            life.done = True
            return order
        seen = await life.stage.board.wait(order, lambda now: bool(now["listed"]) or not self._neglected(now))
        life.done = seen is None or self._neglected(seen)
        return seen or order
