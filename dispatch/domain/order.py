"""The order, its events, and those who act on it: plain values, decided on elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dispatch.domain.affairs import NONE, Affairs
from dispatch.domain.values import value
from dispatch.domain.vocabulary import (
    MILESTONES,
    OPEN_STATES,
    Action,
    AppealSubject,
    Clock,
    Grade,
    Matter,
    Party,
    Role,
    Rung,
    State,
    Urgency,
)
from grid_model.durations import Duration


@value(frozen=True)
class Order:
    """One request (工单) as it stands; ``region`` and ``id`` are its key, ``version`` the number of its last event.

    Attributes:
        tried: everybody it was offered to since it came to this branch.
        rung: which rung of the ladder of offers was climbed last at this branch, 0 before the first.
        offered: everybody who may accept it now.
        declined: who said no to this very order; the system does not ask them for it again.
        promised_at: when the present promises were made.
        paused_at: since when the clocks in ``held`` stand still: the resident or a department is waited for, or it is
            parked; ``waited`` says that the one pause for the resident was used.
        affairs: what is rare: decisions that are waited for, co-handlers, what was merged.
    """

    region: int
    id: int
    kind: str
    state: State
    version: int
    category: str
    urgency: Urgency
    grid_id: int
    branch_id: int | None
    supervisor_id: int | None
    level: int
    assignee_id: int | None
    filed_by: int | None
    household_id: int | None
    reopened: int
    listed: bool
    grade: Grade | None
    contacted_at: datetime | None
    submitted_at: datetime
    ended_at: datetime | None
    co_branches: tuple[int, ...]
    tried: tuple[int, ...]
    clocks: Mapping[Clock, datetime]
    promises: Mapping[Clock, datetime]
    head: bytes
    rung: int
    offered: tuple[int, ...]
    declined: tuple[int, ...]
    promised_at: datetime
    paused_at: datetime | None
    waited: bool
    held: Mapping[Clock, datetime]
    affairs: Affairs = NONE

    @property
    def next_clock(self) -> tuple[Clock, datetime] | None:
        """The clock that runs out first, with its time."""
        return _first(self.clocks)

    @property
    def next_milestone(self) -> tuple[Clock, datetime] | None:
        """What the resident waits for next: a milestone of 13710, or their own rating."""
        shown = {clock: at for clock, at in self.clocks.items() if clock in MILESTONES or clock is Clock.RATE}
        if not shown and Clock.REMIND in self.clocks:  # listed at the root: the promise that was missed still stands
            return self.next_promise
        return _first(shown)

    @property
    def next_promise(self) -> tuple[Clock, datetime] | None:
        """The earliest promise to the resident that is not kept yet."""
        if self.state not in OPEN_STATES:
            return None
        done = self._done
        if not done:
            return _first(self.promises)
        return _first({clock: at for clock, at in self.promises.items() if clock not in done})

    def kept(self, clock: Clock) -> bool:
        """Tell whether the promise of ``clock`` is kept, or stands still, or nobody is owed it any more."""
        return self.state not in OPEN_STATES or clock in self._done

    @property
    def _done(self) -> set[Clock]:
        """The clocks whose promises are kept or stand still while the order is open."""
        done = set(self.held)
        if self.state in (State.ACCEPTED, State.PARKED):
            done.add(Clock.ACCEPT)
        if self.contacted_at is not None:
            done.add(Clock.CONTACT)
        return done

    def overdue(self, now: datetime) -> bool:
        """Tell whether a promise to the resident has passed without being kept."""
        if not self.promises or min(self.promises.values()) > now:  # as of most, whichever are kept
            return False
        promise = self.next_promise
        return promise is not None and promise[1] <= now


def _first(times: Mapping[Clock, datetime]) -> tuple[Clock, datetime] | None:
    """The earliest of some clocks with its time; of several at the same moment the first by its word."""
    first: tuple[Clock, datetime] | None = None
    for clock, at in times.items():
        if first is None or at < first[1] or (at == first[1] and clock < first[0]):
            first = clock, at
    return first


@value(frozen=True)
class Event:
    """One row of the ledger (台账); ``data`` is public within the house, ``texts`` is kept apart and can be erased."""

    region: int
    order_id: int
    version: int
    at: datetime
    due_at: datetime | None
    action: Action
    party: Party
    actor_id: int | None
    from_state: State
    to_state: State
    level: int
    branch_id: int | None
    assignee_id: int | None
    data: Mapping[str, Any]
    request_key: bytes | None
    hash: bytes
    texts: Mapping[str, str] = field(default_factory=dict)
    salt: bytes = b""


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is to be told (通知) of the event with ``version``: a person, or the secretaries of a branch."""

    version: int
    notice: str
    person_id: int | None
    branch_id: int | None


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of one person on one grid."""

    role: Role
    grid_id: int
    branch_id: int | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with roles, the resident who holds the order's query code, or the system."""

    person_id: int | None = None
    grants: tuple[Grant, ...] = ()
    holds_code: bool = False
    is_system: bool = False


SYSTEM = Actor(is_system=True)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody an order can be offered to."""

    person_id: int
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Climbed:
    """A rung of the ladder that is asked: its number from 1, what it is, how long it may take, how many follow it.

    Without a window the offer stands until the order is accepted or rises.
    """

    number: int
    kind: Rung
    window: Duration | None
    after: int = 0


@value(frozen=True)
class Command:
    """What is asked of an order: the action and what it needs; ``salt`` hides the digest of the texts.

    Attributes:
        members: whom it is offered to; ``rung`` is where on the ladder, None for an offer made by hand.
        unit: the branch that is meant: where it is routed, who would be right, who is called to co-handle.
        matter: what is asked of the superior; ``amount`` by how much it is extended, or how long a co-handler has.
        on: the day until which it is parked, or that a supervisor sets.
        assist: the number of the co-handling meant.
        required: whether the co-handler's answer is waited for.
        agrees: what a reviewer holds of an appeal, or a follow-up found; ``subject`` is what an appeal is against.
        other: the order it is merged with.
    """

    action: Action
    members: tuple[Member, ...] = ()
    rung: Climbed | None = None
    grid_id: int | None = None
    category: str | None = None
    grade: Grade | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    salt: bytes = b""
    request_key: bytes | None = None
    due_at: datetime | None = None
    missed: Clock | None = None
    unit: int | None = None
    matter: Matter | None = None
    amount: Duration | None = None
    on: date | None = None
    assist: int | None = None
    required: bool = True
    agrees: bool | None = None
    subject: AppealSubject | None = None
    other: Order | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision comes to: the order as it will be, its new events in order, and who is to be told."""

    order: Order
    events: tuple[Event, ...]
    notices: tuple[Notice, ...]
