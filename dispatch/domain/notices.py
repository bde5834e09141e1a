"""TABLE 3: which event is told to whom. Personal data never enters a notice (DOMAIN §7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, assert_never

from dispatch.domain import lifecycle
from dispatch.domain.order import Event, Notice, Order
from dispatch.domain.vocabulary import OPEN_STATES, Action, Party, State, Urgency
from dispatch.domain.world import World
from grid_model.hours import WorkingCalendar


class To(Enum):
    """Who stands to the order how, after the event."""

    HOLDER = "holder"  # the secretaries of the branch that holds it
    SUPERVISING = "supervising"  # the secretaries of the branch that supervises it
    ASSIGNEE = "assignee"  # who handles it
    ASKED = "asked"  # everybody it is offered to
    RELEASED = "released"  # who had it before the event
    WATCHING = "watching"  # the supervisors who wanted to hear of it by that day
    NAMED = "named"  # the branches that the event names: who decides, who is called, who hears of the decision


_Key = tuple[Action, State] | tuple[Action, State, str]


def _wherever(action: Action, told: tuple[To, ...]) -> dict[_Key, tuple[To, ...]]:
    """The rows of an action that tells the same people in every state it leads to."""
    return {(row.action, row.to_state): told for row in lifecycle.TABLE if row.action is action}


TABLE: dict[_Key, tuple[To, ...]] = {
    (Action.SUBMIT, State.RECEIVED): (To.HOLDER,),
    (Action.ROUTE, State.ROUTED): (To.HOLDER,),
    (Action.OFFER, State.OFFERED): (To.ASKED, To.RELEASED),
    (Action.DECLINE, State.ROUTED): (To.HOLDER,),
    (Action.RECALL, State.ROUTED): (To.RELEASED,),
    (Action.RECALL, State.ROUTED, "lapsed"): (),
    (Action.HAND_BACK, State.ROUTED): (To.HOLDER,),
    (Action.RATE, State.CLOSED): (To.ASSIGNEE,),
    (Action.REOPEN, State.ROUTED): (To.HOLDER, To.RELEASED),
    (Action.WITHDRAW, State.WITHDRAWN): (To.RELEASED,),
    (Action.ESCALATE, State.RECEIVED): (To.HOLDER,),
    (Action.ESCALATE, State.ROUTED): (To.HOLDER,),  # who was asked and did not answer is not disturbed again
    (Action.ESCALATE, State.ACCEPTED): (To.SUPERVISING, To.ASSIGNEE),
    (Action.SUPERVISE, State.RECEIVED): (To.HOLDER, To.WATCHING),
    (Action.SUPERVISE, State.ROUTED): (To.HOLDER, To.SUPERVISING, To.WATCHING),
    (Action.SUPERVISE, State.OFFERED): (To.HOLDER, To.SUPERVISING, To.WATCHING),
    (Action.SUPERVISE, State.ACCEPTED): (To.SUPERVISING, To.ASSIGNEE, To.WATCHING),
    # a promise draws near: first whoever can keep it alone, then the branch too
    (Action.WARN, State.RECEIVED, "80"): (To.HOLDER,),
    (Action.WARN, State.ROUTED, "80"): (To.HOLDER,),
    (Action.WARN, State.OFFERED, "80"): (To.HOLDER,),
    (Action.WARN, State.ACCEPTED, "50"): (To.ASSIGNEE,),
    (Action.WARN, State.ACCEPTED, "80"): (To.ASSIGNEE, To.HOLDER),
    (Action.NOTE, State.ROUTED, "nobody"): (To.HOLDER,),
    (Action.NOTE, State.ACCEPTED, "leave"): (To.HOLDER,),
    (Action.NOTE, State.PARKED, "leave"): (To.HOLDER,),
    # what the resident of a merged order adds is for whoever answers for it
    **{(Action.NOTE, state, "part"): (To.HOLDER,) for state in (State.ROUTED, State.OFFERED)},
    **{(Action.NOTE, state, "part"): (To.HOLDER, To.ASSIGNEE) for state in (State.ACCEPTED, State.PARKED)},
    (Action.NOTE, State.ACCEPTED, "emergency_ended"): (To.HOLDER, To.ASSIGNEE, To.NAMED),
    (Action.RESUME, State.ACCEPTED): (To.ASSIGNEE,),
    (Action.RESUME, State.ACCEPTED, "parked"): (To.HOLDER, To.ASSIGNEE),  # it was out of everybody's sight for long
    (Action.RETIME, State.ACCEPTED, "shorter"): (To.ASSIGNEE,),  # whoever handles it has less time than they knew
    (Action.RECALL, State.ROUTED, "emergency_ended"): (To.HOLDER, To.RELEASED),
    (Action.ROUTE, State.ACCEPTED): (To.HOLDER,),
    (Action.ROUTE, State.PARKED): (To.HOLDER,),
    (Action.RETURN, State.ROUTED): (To.NAMED, To.RELEASED),
    (Action.REFUSE, State.ROUTED): (To.NAMED,),
    (Action.REFUSE, State.ACCEPTED): (To.NAMED, To.ASSIGNEE),
    (Action.ASK, State.ACCEPTED): (To.NAMED,),
    (Action.EXTEND, State.ACCEPTED): (To.HOLDER, To.ASSIGNEE),
    (Action.COMPLEX, State.ACCEPTED): (To.HOLDER, To.ASSIGNEE),
    (Action.HOLD, State.ACCEPTED): (To.HOLDER, To.ASSIGNEE),
    (Action.PARK, State.PARKED): (To.HOLDER, To.ASSIGNEE),
    **_wherever(Action.PASS_UP, (To.NAMED,)),
    **_wherever(Action.WHISTLE, (To.NAMED,)),
    **_wherever(Action.WAIVE, (To.NAMED,)),
    **_wherever(Action.ANSWER, (To.HOLDER, To.ASSIGNEE)),
    **_wherever(Action.APPEAL, (To.NAMED,)),
    **_wherever(Action.JUDGE, (To.NAMED,)),
    **_wherever(Action.URGE, (To.HOLDER, To.ASSIGNEE)),
    (Action.MERGE, State.MERGED): (To.RELEASED,),
    (Action.ABSORB, State.ACCEPTED): (To.ASSIGNEE,),  # one more resident waits for the answer, perhaps sooner
    (Action.UNMERGE, State.ROUTED, "apart"): (To.HOLDER,),
    (Action.REVIEW, State.ROUTED): (To.HOLDER, To.RELEASED),
    **{(Action.TRANSFER, state): (To.HOLDER,) for state in OPEN_STATES},
    (Action.SUPERVISE, State.PARKED): (To.SUPERVISING, To.ASSIGNEE, To.WATCHING),
    (Action.SUPERVISE, State.ROUTED, "assist"): (To.NAMED,),
    (Action.SUPERVISE, State.OFFERED, "assist"): (To.NAMED,),
    (Action.SUPERVISE, State.ACCEPTED, "assist"): (To.NAMED,),
    (Action.SUPERVISE, State.PARKED, "assist"): (To.NAMED,),
}
"""By action, state and, where only some of them are told, the reason: the ``because`` of the event's data."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice: of which event, to a person or to the secretaries of a branch. No personal data."""

    region: int
    order_id: int
    version: int
    notice: str
    person_id: int | None
    branch_id: int | None
    created_at: datetime


def notices(before: Order | None, after: Order, events: Iterable[Event]) -> tuple[Notice, ...]:
    """Return who is to be told of ``events``: each person or branch once, of the last event that concerns them."""
    told: dict[tuple[int | None, int | None], Notice] = {}
    named: dict[tuple[Action, Any], Iterable[int]] = {}
    released = None if before is None else before.assignee_id
    tried = frozenset(() if before is None else before.tried)
    for event in events:
        if "tell" in event.data:  # of several such, as levels are passed, whom the last one names
            named[event.action, event.data.get("assist")] = event.data["tell"]
        for to in _told(event):
            for person, branch in _recipients(to, event, after, released):
                if to is To.ASKED and event.party is Party.SYSTEM and person in tried:
                    continue  # they know of it, and find it among their orders: a pool is no second message
                told.pop((person, branch), None)
                told[(person, branch)] = Notice(event.version, _name(event, to), person, branch)
        released = event.assignee_id
        if event.action in _ANEW or (event.from_state is State.ACCEPTED and event.to_state is State.ROUTED):
            tried = frozenset()
    holders = {after.branch_id, after.supervisor_id, *(branch for tell in named.values() for branch in tell)}
    return tuple(
        notice
        for notice in told.values()
        # a branch the order only passed through while the clock caught up is not told
        if notice.branch_id is None or notice.branch_id in holders
    )


_ANEW = (Action.ROUTE, Action.ESCALATE, Action.REOPEN)
"""What brings an order to a branch where nobody was asked yet; so does whatever takes it from its handler."""


def _name(event: Event, to: To) -> str:
    """What is said: whoever loses an offer to somebody else is not told that they were asked."""
    if to is To.RELEASED and event.action in (Action.OFFER, Action.RETURN):
        return f"{Action.RECALL}.{State.ROUTED}"
    return f"{event.action}.{event.to_state}"


def _told(event: Event) -> tuple[To, ...]:
    because = "shorter" if event.data.get("shorter") else event.data.get("because")
    if isinstance(because, str) and (found := TABLE.get((event.action, event.to_state, because))) is not None:
        return found
    return TABLE.get((event.action, event.to_state), ())


def _recipients(to: To, event: Event, after: Order, released: int | None) -> list[tuple[int | None, int | None]]:
    """The (person, branch) told, one of the two None; nobody is told that they were asked in their own place."""
    branches: Iterable[int | None] = ()
    people: Iterable[int | None] = ()
    match to:
        case To.HOLDER:
            branches = (event.branch_id,)
        case To.SUPERVISING:
            branches = (after.supervisor_id,)
        case To.NAMED:
            branches = event.data.get("tell", ())
        case To.WATCHING:
            people = event.data.get("watching", ())
        case To.ASKED:
            people = event.data["offered"]
        case To.ASSIGNEE:
            people = (event.assignee_id,)
        case To.RELEASED:
            people = () if released in event.data.get("offered", ()) else (released,)
        case _:
            assert_never(to)
    if branches:
        return [(None, branch) for branch in branches if branch is not None]
    return [(person, None) for person in people if person is not None]


def send_at(urgency: Urgency, now: datetime, calendar: WorkingCalendar) -> datetime:
    """Return when a notice may leave: at once for what is urgent, otherwise not before the quiet hours end."""
    if urgency in (Urgency.URGENT, Urgency.CRITICAL):
        return now
    today = calendar.local(now).date()
    waking = (*calendar.waking(today), *calendar.waking(today + timedelta(days=1)))
    return max(now, next(opens for opens, closes in waking if now < closes))


def leaves_at(order: Order, now: datetime, world: World) -> datetime:
    """Return when a notice of ``order`` may leave, by the quiet hours of its place."""
    return send_at(order.urgency, now, world.calendar_at(order.grid_id))
