"""What a history comes to: who was asked how often, what was accepted in time, what rose, what was overdue."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from dispatch.domain.order import Event
from dispatch.domain.recorded import asked_in
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Party, State

_KEPT_BY: dict[Action, tuple[Clock, ...]] = {
    Action.ACCEPT: (Clock.ACCEPT,),
    Action.CONTACT: (Clock.CONTACT,),
    Action.RESOLVE: (Clock.ACCEPT, Clock.CONTACT, Clock.RESOLVE),
}
_NOT_OWED = frozenset({State.WITHDRAWN, State.REDIRECTED, State.MERGED})
_RISES = frozenset({Action.ESCALATE, Action.SUPERVISE})


@dataclass
class Tally:
    """The figures of many orders.

    Attributes:
        accepted: how many were accepted at all; ``in_time`` by the time that was promised for it.
        waits: seconds from filing to the first acceptance, of each that was accepted.
        offers: how often each person was asked.
        rises: how often a level was reached because a clock had run out.
        overdue: how many were not accepted, contacted or resolved in the time promised, or are not yet.
        messages: how many notices left the house; ``moved`` are those that quiet hours held back.
    """

    orders: int = 0
    accepted: int = 0
    in_time: int = 0
    waits: list[float] = field(default_factory=list)
    offers: Counter[int] = field(default_factory=Counter)
    rises: Counter[int] = field(default_factory=Counter)
    overdue: Counter[Clock] = field(default_factory=Counter)
    messages: int = 0
    moved: int = 0

    @property
    def median_wait(self) -> timedelta | None:
        """How long it took until half of those that were accepted at all were."""
        return timedelta(seconds=median(self.waits)) if self.waits else None


class Course:
    """One order's way into a tally, event by event."""

    __slots__ = ("_judged", "_level", "_paused", "_promises", "_since", "_tally")

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._level = 0
        self._since: datetime | None = None
        self._paused = False
        self._promises: dict[Clock, datetime] = {}
        self._judged: set[Clock] = set()

    def see(self, events: Iterable[Event]) -> None:
        """Go on by these events."""
        for event in events:
            self._see(event)

    def _see(self, event: Event) -> None:
        tally, action = self._tally, event.action
        if action is Action.SUBMIT:
            tally.orders += 1
            self._since = event.at
        promises = event.data.get("promises")
        if promises is not None:
            self._promises = {Clock(name): datetime.fromisoformat(at) for name, at in promises.items()}
        self._paused = action is Action.PAUSE or (self._paused and event.to_state is State.ACCEPTED)
        if action is Action.RESUME:
            self._paused = False
        for person in asked_in(event):
            tally.offers[person] += 1
        if action in _RISES and event.party is Party.SYSTEM and event.level > self._level:
            tally.rises[event.level] += 1
        self._level = event.level
        if action is Action.ACCEPT and Clock.ACCEPT not in self._judged and self._since is not None:
            tally.accepted += 1
            tally.in_time += event.at <= self._promises.get(Clock.ACCEPT, event.at)
            tally.waits.append((event.at - self._since).total_seconds())
        for clock in _KEPT_BY.get(action, ()):
            self._judge(clock, event.at)
        if event.to_state in _NOT_OWED:
            for clock in MILESTONES:
                self._judge(clock, event.at)

    def end(self, until: datetime) -> None:
        """Judge what was never done, at the moment up to which the history goes."""
        for clock in MILESTONES:
            if not (self._paused and clock is not Clock.ACCEPT):
                self._judge(clock, until)

    def _judge(self, clock: Clock, at: datetime) -> None:
        if clock in self._judged:
            return
        self._judged.add(clock)
        if at > self._promises.get(clock, at):
            self._tally.overdue[clock] += 1
