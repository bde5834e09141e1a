"""TABLE 3: which event is told to whom. Personal data never enters a notice (DOMAIN §7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from dispatch.domain.order import Event, Notice, Order
from dispatch.domain.vocabulary import Action, State, Urgency
from grid_model.hours import WorkingCalendar


class To(Enum):
    """Who stands to the order how, after the event."""

    HOLDER = "holder"  # the secretaries of the branch that holds it
    SUPERVISING = "supervising"  # the secretaries of the branch that supervises it
    ASSIGNEE = "assignee"  # whom it is offered to, or who handles it
    RELEASED = "released"  # who had it before the event


TABLE: dict[tuple[Action, State], tuple[To, ...]] = {
    (Action.SUBMIT, State.RECEIVED): (To.HOLDER,),
    (Action.ROUTE, State.ROUTED): (To.HOLDER,),
    (Action.OFFER, State.OFFERED): (To.ASSIGNEE,),
    (Action.DECLINE, State.ROUTED): (To.HOLDER,),
    (Action.RECALL, State.ROUTED): (To.RELEASED,),
    (Action.HAND_BACK, State.ROUTED): (To.HOLDER,),
    (Action.RATE, State.CLOSED): (To.ASSIGNEE,),
    (Action.REOPEN, State.ROUTED): (To.HOLDER, To.RELEASED),
    (Action.WITHDRAW, State.WITHDRAWN): (To.RELEASED,),
    (Action.ESCALATE, State.RECEIVED): (To.HOLDER,),
    (Action.ESCALATE, State.ROUTED): (To.HOLDER, To.RELEASED),
    (Action.ESCALATE, State.ACCEPTED): (To.SUPERVISING, To.ASSIGNEE),
    (Action.SUPERVISE, State.RECEIVED): (To.HOLDER,),
    (Action.SUPERVISE, State.ROUTED): (To.HOLDER, To.SUPERVISING),
    (Action.SUPERVISE, State.OFFERED): (To.HOLDER, To.SUPERVISING),
    (Action.SUPERVISE, State.ACCEPTED): (To.SUPERVISING, To.ASSIGNEE),
}


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
    released = None if before is None else before.assignee_id
    for event in events:
        for to in TABLE.get((event.action, event.to_state), ()):
            person, branch = None, None
            if to is To.HOLDER:
                branch = event.branch_id
            elif to is To.SUPERVISING:
                branch = after.supervisor_id
            elif to is To.ASSIGNEE:
                person = event.assignee_id
            else:
                person = released
            if person is not None or branch is not None:
                told.pop((person, branch), None)
                told[(person, branch)] = Notice(event.version, f"{event.action}.{event.to_state}", person, branch)
        released = event.assignee_id if event.assignee_id is not None else released
    holders = {after.branch_id, after.supervisor_id}
    return tuple(
        notice
        for notice in told.values()
        # a branch the order only passed through while the clock caught up is not told
        if notice.branch_id is None or notice.branch_id in holders
    )


def send_at(urgency: Urgency, now: datetime, calendar: WorkingCalendar) -> datetime:
    """Return when a notice may leave: at once for what is urgent, otherwise not before the quiet hours end."""
    if urgency in (Urgency.URGENT, Urgency.CRITICAL):
        return now
    today = calendar.local(now).date()
    waking = (*calendar.waking(today), *calendar.waking(today + timedelta(days=1)))
    return max(now, next(opens for opens, closes in waking if now < closes))
