"""What people did about an order, read off its history, told so that it can be done again under other rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from dispatch.domain.filing import Filing
from dispatch.domain.order import Event
from dispatch.domain.vocabulary import Action, Grade, Party, State, Urgency
from grid_model.places import Found, Located


class Moment(Enum):
    """After what people act: the same time passes after it when the history is played again."""

    FILED = "filed"
    ARRIVED = "arrived"  # at a branch, which then has it to dispatch
    ACCEPTED = "accepted"  # by a member, who then handles it
    RESOLVED = "resolved"


class Anchor(NamedTuple):
    """The n-th time that a moment came, for a branch, a member, or 0 where that says nothing."""

    moment: Moment
    whose: int
    nth: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody who was asked accepted or declined, so long after they were first asked."""

    action: Action
    after: timedelta


@dataclass(frozen=True, slots=True)
class Doing:
    """What somebody did of their own accord, so long after the moment it belongs to."""

    after: timedelta
    action: Action
    party: Party
    actor_id: int | None
    members: tuple[int, ...]
    grid_id: int | None
    category: str | None
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class Story:
    """One order as people dealt with it: how it was filed, who replied, and what was done after what.

    Attributes:
        replies: of each person in turn: a reply counts once, and the next one belongs to the next time they are asked.
    """

    filing: Filing
    at: datetime
    replies: Mapping[int, Sequence[Reply]]
    doings: Mapping[Anchor, Sequence[Doing]]


_ARRIVALS = frozenset({Action.ROUTE, Action.ESCALATE, Action.REOPEN, Action.HAND_BACK})
_REPLIES = frozenset({Action.ACCEPT, Action.DECLINE})
_AFTERWARDS = frozenset({State.RESOLVED, State.CLOSED})


def moment_of(event: Event) -> tuple[Moment, int] | None:
    """Return what moment an event is, and whose, or None if it is none that people act after."""
    if event.action is Action.SUBMIT:
        return Moment.FILED, 0
    if event.action is Action.ACCEPT:
        return Moment.ACCEPTED, event.actor_id or 0
    if event.action is Action.RESOLVE:
        return Moment.RESOLVED, 0
    by_hand = event.action is Action.RECALL and event.party is not Party.SYSTEM
    if event.to_state is State.ROUTED and (event.action in _ARRIVALS or by_hand):
        return Moment.ARRIVED, event.branch_id or 0
    return None


def asked_in(event: Event) -> tuple[int, ...]:
    """Return whom an event asks to take the order, if it asks anybody."""
    if event.action is not Action.OFFER:
        return ()
    asked = event.data.get("offered")
    if asked is None:  # as it was told before several could be asked
        return () if event.assignee_id is None else (event.assignee_id,)
    return tuple(asked)


def story(events: Iterable[Event], household_id: int | None) -> Story | None:
    """Return what people did about an order, or None if its history does not begin with its filing.

    Args:
        events: its whole history, oldest first.
        household_id: for which household it was filed, which the history does not say.
    """
    reading = _Reading()
    first: Event | None = None
    for event in events:
        if first is None:
            first = event
        reading.take(event)
    if first is None or first.action is not Action.SUBMIT:
        return None
    return Story(_filing(first, household_id), first.at, dict(reading.replies), dict(reading.doings))


def _filing(event: Event, household_id: int | None) -> Filing:
    data = event.data
    place = data.get("place", {})
    return Filing(
        region=event.region,
        id=event.order_id,
        kind=data["kind"],
        category=data["category"],
        urgency=Urgency(data["urgency"]),
        found=Found(data["grid"], Located(place.get("rule", Located.CODE)), tuple(place.get("candidates", ()))),
        contents={},  # what the resident told decides nothing
        filed_by=event.actor_id,
        household_id=household_id,
        channel=data.get("filed_for", {}).get("channel"),
        salt=b"",
        request_key=None,
    )


class _Reading:
    """One history, event by event."""

    def __init__(self) -> None:
        self.replies: defaultdict[int, list[Reply]] = defaultdict(list)
        self.doings: defaultdict[Anchor, list[Doing]] = defaultdict(list)
        self._asked: dict[int, datetime] = {}
        self._times: Counter[tuple[Moment, int]] = Counter()
        self._last: dict[Moment, tuple[Anchor, datetime]] = {}

    def take(self, event: Event) -> None:
        """Go on by one event."""
        if event.action in _REPLIES and event.actor_id is not None:
            asked = self._asked.pop(event.actor_id, None)
            if asked is not None:
                self.replies[event.actor_id].append(Reply(event.action, event.at - asked))
        elif event.party is not Party.SYSTEM and event.action is not Action.SUBMIT:
            self._does(event)
        for person in asked_in(event):
            self._asked.setdefault(person, event.at)
        moment = moment_of(event)
        if moment is not None:
            self._times[moment] += 1
            self._last[moment[0]] = Anchor(*moment, self._times[moment]), event.at

    def _does(self, event: Event) -> None:
        moment = _moment_before(event)
        if moment not in self._last:
            return
        anchor, since = self._last[moment]
        grade = event.data.get("grade")
        moved = event.action is Action.ROUTE
        doing = Doing(
            after=event.at - since,
            action=event.action,
            party=event.party,
            actor_id=event.actor_id,
            members=asked_in(event),
            grid_id=event.data.get("grid") if moved else None,
            category=event.data.get("category") if moved else None,
            grade=None if grade is None else Grade(grade),
        )
        self.doings[anchor].append(doing)


def _moment_before(event: Event) -> Moment:
    """After what somebody acted: the last thing that let them."""
    if event.from_state in _AFTERWARDS:
        return Moment.RESOLVED
    if event.from_state is State.ACCEPTED and event.action is not Action.WITHDRAW:
        return Moment.ACCEPTED
    if event.party is Party.RESIDENT or event.from_state is State.RECEIVED:
        return Moment.FILED
    return Moment.ARRIVED
