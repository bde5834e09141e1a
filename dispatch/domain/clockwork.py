"""What the system does when clocks run out: one rise for each window missed, caught up to the present (DOMAIN §3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dispatch.domain.acting import done
from dispatch.domain.choosing import Choice
from dispatch.domain.holding import branch_above
from dispatch.domain.kinds import ways
from dispatch.domain.ladder import asked, ladder_of, next_rung
from dispatch.domain.lifecycle import SYSTEM_ANSWER
from dispatch.domain.notices import notices
from dispatch.domain.order import SYSTEM, Climbed, Command, Event, Order, Outcome
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Party, Rung, State
from dispatch.domain.world import World

MOST_STEPS = 1000
"""No catch-up is this long: more means a policy whose windows do not move time forward."""


Choose = Callable[[Order, Rung], Choice]
"""Ranks whom a rung of the ladder asks about an order."""


class RunawayClockError(RuntimeError):
    """A clock that was answered is due at the same moment again."""


def tick(order: Order, now: datetime, world: World) -> Outcome:
    """Answer every clock of ``order`` that has run out by ``now``, except the choice of a member by the ladder.

    A milestone missed is answered as of the moment it was due, so that after an outage the order stands where it would
    stand; the windows inside the house start from ``now``, since nobody could have answered in them. If the outcome's
    order is still due for ``Clock.DISPATCH``, somebody is to be asked: see ``climb``.
    """
    start, events = order, list[Event]()
    for _ in range(MOST_STEPS):
        clock = _due(order, now)
        if clock is None:
            return Outcome(order, tuple(events), notices(start, order, events) if events else ())
        # nothing follows at once from what the system does, and who is told is said of all of it together
        after, event = done(order, _answer(order, clock, world), Party.SYSTEM, SYSTEM, now, world)
        again = after.clocks.get(clock)
        if (
            again is not None and again <= order.clocks[clock] and clock is not Clock.ASSIST
        ):  # several may be late at once
            raise RunawayClockError(clock)
        order = after
        events.append(event)
    raise RunawayClockError(order.id)


def wants_member(order: Order, now: datetime) -> bool:
    """Tell whether the secretary's window has passed, so that the system offers the order."""
    due = order.clocks.get(Clock.DISPATCH)
    return order.state is State.ROUTED and due is not None and due <= now and not ways(order.kind).named


def climb(order: Order, choose: Choose, now: datetime, world: World) -> Outcome:
    """Offer ``order`` to whoever is next on the ladder of offers (DOMAIN §3).

    ``choose`` ranks whom a rung asks; its explanation is stored with the offer. A rung where nobody can be asked is
    passed over; with nobody left at all that is said in the ledger, and the accept clock decides.
    """
    due = order.clocks[Clock.DISPATCH]
    ladder = ladder_of(order, now, world)
    why: dict[str, Any] = {}
    for number in range(next_rung(order, ladder), len(ladder) + 1):
        asking = ladder[number - 1]
        choice = choose(order, asking.rung)
        members = asked(choice, asking, order)
        why = choice.why()
        if members:
            rung = Climbed(number, asking.rung, asking.window, len(ladder) - number)
            offer = Command(Action.OFFER, members=members, rung=rung, data=why, due_at=due)
            return _alone(order, offer, now, world)
    told = {"because": "nobody"} if order.rung < len(ladder) else {}  # the secretary is told of it once
    note = Command(Action.NOTE, data={**why, "nobody": True, **told}, due_at=due)
    return _alone(order, note, now, world)


def _alone(order: Order, command: Command, now: datetime, world: World) -> Outcome:
    """What comes of one command of the system's."""
    after, event = done(order, command, Party.SYSTEM, SYSTEM, now, world)
    return Outcome(after, (event,), notices(order, after, (event,)))


def followed(first: Outcome, second: Outcome, start: Order) -> Outcome:
    """Return two outcomes in a row as one: all events, each recipient told once."""
    if not first.events:
        return second
    events = (*first.events, *second.events)
    return Outcome(second.order, events, notices(start, second.order, events))


_RISING = frozenset({*MILESTONES, Clock.DECIDE, Clock.ASSIST})
"""The clocks that, missed, bring in the next level; after an outage they are answered as if it had not been."""


def _due(order: Order, now: datetime) -> Clock | None:
    """The next clock to answer: what rises first and in time, since a rise makes the inner windows void."""
    due = [clock for clock, at in order.clocks.items() if at <= now]
    if not due:
        return None
    if Clock.DISPATCH in due and not ways(order.kind).named:
        due.remove(Clock.DISPATCH)
    if len(due) <= 1:
        return due[0] if due else None
    first = [clock for clock in due if clock in _RISING] or due
    if len(first) == 1:
        return first[0]
    return min(first, key=lambda clock: (order.clocks[clock], clock))


_BECAUSE: dict[Action, dict[str, Any]] = {
    Action.CLOSE: {"reason": "no_answer"},
    Action.RESUME: {"because": "time"},
    Action.RECALL: {"because": "lapsed"},
}


def _answer(order: Order, clock: Clock, world: World) -> Command:
    action, due = SYSTEM_ANSWER[clock], order.clocks[clock]
    if action is Action.ESCALATE:
        if order.state is not State.ACCEPTED and clock is not Clock.ACCEPT:
            action = Action.SUPERVISE  # it waits for a member anew: supervision rises, and whoever holds it keeps it
        else:
            seat = order.supervisor_id if order.state is State.ACCEPTED else order.branch_id
            if branch_above(seat, order.category, world) is None:
                action = Action.SUPERVISE  # at the root: listed, and reminded from now on
    data = _BECAUSE.get(action, {})
    if action is Action.OFFER:  # it names who is to do it, and nobody else is asked: the secretary hears of it once
        action, data = Action.NOTE, {"nobody": True, **({} if order.declined else {"because": "nobody"})}
    if action is Action.WARN:
        milestone, _, percent = clock.value.partition("_")
        data = {"milestone": milestone, "percent": int(percent), "because": percent}
    return Command(action, data=data, due_at=due, missed=clock)
