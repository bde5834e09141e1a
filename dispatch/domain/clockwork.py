"""What the system does when clocks run out: one rise for each window missed, caught up to the present (DOMAIN §3)."""

from datetime import datetime

from dispatch.domain.acting import act
from dispatch.domain.holding import branch_above
from dispatch.domain.lifecycle import SYSTEM_ANSWER
from dispatch.domain.notices import notices
from dispatch.domain.order import SYSTEM, Command, Event, Member, Order, Outcome
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, State
from dispatch.domain.world import World

MOST_STEPS = 1000
"""No catch-up is this long: more means a policy whose windows do not move time forward."""


class RunawayClockError(RuntimeError):
    """A clock that was answered is due at the same moment again."""


def tick(order: Order, now: datetime, world: World) -> Outcome:
    """Answer every clock of ``order`` that has run out by ``now``, except the choice of a member.

    A milestone missed is answered as of the moment it was due, so that after an outage the order stands where it would
    stand; the windows inside the house start from ``now``, since nobody could have answered in them. If the outcome's
    order is still due for ``Clock.DISPATCH``, somebody is to be offered: see ``offer_next``.
    """
    start, events = order, list[Event]()
    for _ in range(MOST_STEPS):
        clock = _due(order, now)
        if clock is None:
            return Outcome(order, tuple(events), notices(start, order, events))
        outcome = act(order, _answer(order, clock, world), SYSTEM, now, world)
        again = outcome.order.clocks.get(clock)
        if again is not None and again <= order.clocks[clock]:
            raise RunawayClockError(clock)
        order = outcome.order
        events.extend(outcome.events)
    raise RunawayClockError(order.id)


def wants_member(order: Order, now: datetime) -> bool:
    """Tell whether the secretary's window has passed, so that the system offers the order."""
    return (
        order.state is State.ROUTED and order.clocks.get(Clock.DISPATCH, now) <= now and Clock.DISPATCH in order.clocks
    )


def offer_next(order: Order, member: Member | None, why: dict[str, object], now: datetime, world: World) -> Outcome:
    """Offer ``order`` to ``member``; with nobody left to ask, say so in the ledger and wait for the accept clock.

    ``why`` is the explanation of the choice: it is stored with the offer.
    """
    due = order.clocks[Clock.DISPATCH]
    if member is not None:
        return act(order, Command(Action.OFFER, member=member, data=why, due_at=due), SYSTEM, now, world)
    return act(order, Command(Action.NOTE, data={**why, "nobody": True}, due_at=due), SYSTEM, now, world)


def followed(first: Outcome, second: Outcome, start: Order) -> Outcome:
    """Return two outcomes in a row as one: all events, each recipient told once."""
    events = (*first.events, *second.events)
    return Outcome(second.order, events, notices(start, second.order, events))


def _due(order: Order, now: datetime) -> Clock | None:
    """The next clock to answer: milestones first and in time, since a rise makes the inner windows void."""
    due = [(clock not in MILESTONES, at, clock) for clock, at in order.clocks.items() if at <= now]
    ready = [item for item in due if item[2] is not Clock.DISPATCH]
    return min(ready)[2] if ready else None


def _answer(order: Order, clock: Clock, world: World) -> Command:
    action, due = SYSTEM_ANSWER[clock], order.clocks[clock]
    if action is Action.ESCALATE:
        if order.state is not State.ACCEPTED and clock is not Clock.ACCEPT:
            action = Action.SUPERVISE  # it waits for a member anew: supervision rises, and whoever holds it keeps it
        else:
            seat = order.supervisor_id if order.state is State.ACCEPTED else order.branch_id
            if branch_above(seat, order.category, world) is None:
                action = Action.SUPERVISE  # at the root: listed, and reminded from now on
    data = {"reason": "no_answer"} if action is Action.CLOSE else {}
    return Command(action, data=data, due_at=due, missed=clock)
