"""How a clock is set, and how the ledger tells it: from when, by which rule, how long (DOMAIN §2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from math import ceil

from dispatch.domain.kinds import ways
from dispatch.domain.ledger import written
from dispatch.domain.order import Event, Order
from dispatch.domain.vocabulary import MILESTONES, STANDSTILLS, WARNINGS, Action, Clock, Kind, Urgency
from dispatch.domain.world import Tier, World
from grid_model.durations import MOST, Duration, Unit
from grid_model.shares import shares

OWN = "own"
"""A clock that runs for as long as the policy gives it; a milestone's is what the resident was promised."""

RISE = "rise"
"""A clock that was missed, or begun anew, and runs for as long as a level has."""

RUNG = "rung"
"""The window of one rung of the ladder of offers."""


EXTENDED = "extended"
"""The promise of a result that the superior has made longer; its length is no longer the policy's."""

GIVEN = "given"
"""A clock whose length or end somebody has named."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a clock is due when it is: it started then and runs for ``length``, by ``rule``."""

    start: datetime
    rule: str
    length: Duration


@dataclass(frozen=True, slots=True)
class Running:
    """A clock as it is set: when it is due, and why; warnings divide the time since its start, or ``warned_from``."""

    due: datetime
    basis: Basis
    warned_from: datetime | None = None


def tier_of(order: Order) -> Tier:
    """Return what decides how long the clocks of ``order`` run."""
    return Tier(order.urgency, order.category, order.grid_id)


def own(clock: Clock, tier: Tier, start: datetime, world: World) -> Running:
    """Return ``clock`` as it runs by the policy from ``start`` on."""
    return run(Basis(start, OWN, world.length(clock, tier, start)), tier.grid_id, world)


def rise(tier: Tier, start: datetime, world: World) -> Running:
    """Return the clock of an order that rose at ``start``."""
    return run(Basis(start, RISE, world.rise_length(tier, start)), tier.grid_id, world)


def run(basis: Basis, grid_id: int, world: World) -> Running:
    """Return the clock that runs on ``basis`` at a grid."""
    return Running(world.due(basis.length, grid_id, basis.start), basis)


def given(start: datetime, length: Duration, grid_id: int, world: World) -> Running:
    """Return a clock that runs for as long as somebody has said."""
    return run(Basis(start, GIVEN, length), grid_id, world)


def named(due: datetime, start: datetime) -> Running:
    """Return a clock that ends at a moment somebody has named, or promised; its length is told in whole minutes."""
    minutes = max(ceil((due - start).total_seconds() / 60), 1)
    days, rest = divmod(minutes, 24 * 60)
    length = Duration(days, Unit.DAY) if days and not rest else Duration(min(minutes, MOST), Unit.MINUTE)
    return Running(due, Basis(start, GIVEN, length))


def promised(tier: Tier, start: datetime, world: World, kind: str = Kind.REQUEST) -> dict[Clock, Running]:
    """Return the milestones of 13710 as promised at ``start``, those that orders of the kind have."""
    return {clock: own(clock, tier, start, world) for clock in ways(kind).milestones}


def on_day(day: date, start: datetime, grid_id: int, world: World) -> Running:
    """Return the promise of a result by the end of working time on a day that was named, counted in natural days.

    Raises:
        NoWorkingTime: the calendar has no hours.
    """
    calendar = world.calendar_at(grid_id)
    days = (day - calendar.local(start).date()).days
    return Running(calendar.moment(day, calendar.close), Basis(start, GIVEN, Duration(max(days, 1), Unit.DAY)))


def stop(clocks: dict[Clock, datetime], clock: Clock) -> None:
    """Take a clock, and the warnings before it, out of those that run."""
    clocks.pop(clock, None)
    for warning, _ in WARNINGS.get(clock, ()):
        clocks.pop(warning, None)


def put(clocks: dict[Clock, datetime], clock: Clock, running: Running, grid_id: int, now: datetime, w: World) -> None:
    """Set a clock; it is warned at half and at four fifths of a promise, and of no other clock.

    What has passed by ``now`` is not warned of any more.
    """
    stop(clocks, clock)
    clocks[clock] = running.due
    if clock not in WARNINGS or running.basis.rule not in (OWN, EXTENDED, GIVEN):
        return
    start, unit, warnings = running.warned_from or running.basis.start, running.basis.length.unit, WARNINGS[clock]
    passed = shares(start, running.due, [percent for _, percent in warnings], unit, w.calendar_at(grid_id))
    for (warning, _), at in zip(warnings, passed, strict=True):
        if at > now:
            clocks[warning] = at


def bases_of(running: Mapping[Clock, Running]) -> dict[Clock, tuple[datetime, str, str]]:
    """Return of each clock from when, by which rule and how long it runs, for ``written``."""
    return {clock: (one.basis.start, one.basis.rule, str(one.basis.length)) for clock, one in running.items()}


def told_set(running: Mapping[Clock, Running]) -> dict[str, list[str]]:
    """Return how clocks were set, as it stands in the data of an event."""
    return written(bases_of(running))


@dataclass(frozen=True, slots=True)
class Pause:
    """The resident was waited for: from when, until when if that is over, where, and which clocks stood still."""

    since: datetime
    until: datetime | None
    grid_id: int
    clocks: frozenset[Clock]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the ledger tells of the clocks of one order.

    Attributes:
        bases: of each clock how it was set last.
        promises: of each milestone how it was promised last.
        pauses: when the clocks of the promise stood still, since these were made.
        tiers: of each clock how urgent the order was, of what category and where, when the clock was set.
        promise_tiers: the same of each promise.
        paused: of each clock the pauses since it was set.
        promise_paused: of each milestone the pauses that its promise has moved by.
    """

    bases: Mapping[Clock, Basis]
    promises: Mapping[Clock, Basis]
    pauses: tuple[Pause, ...]
    tiers: Mapping[Clock, Tier]
    promise_tiers: Mapping[Clock, Tier]
    paused: Mapping[Clock, tuple[Pause, ...]]
    promise_paused: Mapping[Clock, tuple[Pause, ...]]


def reckon(events: Iterable[Event]) -> Reckoning:
    """Return how the clocks of an order were set, as its events tell, oldest first; the first is its submission."""
    told = _Told()
    for event in events:
        told.take(event)
    return Reckoning(
        told.bases,
        told.promises,
        tuple(told.pauses),
        told.tiers,
        told.promise_tiers,
        {clock: told.since(clock, number) for clock, number in told.before.items()},
        {clock: told.since(clock, number) for clock, number in told.promised_before.items()},
    )


@dataclass(slots=True)
class _Told:
    """What the events say, one after another; ``before`` counts the pauses before a clock was set."""

    bases: dict[Clock, Basis] = field(default_factory=dict)
    promises: dict[Clock, Basis] = field(default_factory=dict)
    tiers: dict[Clock, Tier] = field(default_factory=dict)
    promise_tiers: dict[Clock, Tier] = field(default_factory=dict)
    pauses: list[Pause] = field(default_factory=list)
    before: dict[Clock, int] = field(default_factory=dict)
    promised_before: dict[Clock, int] = field(default_factory=dict)
    running: Mapping[str, str] = field(default_factory=dict)
    tier: Tier = field(default_factory=lambda: Tier(Urgency.GENERAL, "", 0))

    def take(self, event: Event) -> None:
        """Take in the next event."""
        self.tier = _tier_after(self.tier, event)
        self._pause(event)
        anew = event.action is not Action.RETIME  # which changes the length alone
        for clock, basis in bases_told(event, "promised"):
            self.promises[clock] = basis
            if anew:
                self.promise_tiers[clock] = self.tier
                if basis.rule != EXTENDED:  # which is counted from the start, with all that stood still before
                    self.promised_before[clock] = self._ended()
            if _held(event, clock):
                self._as_promised(clock)
        for clock in _begun(event, self.running):  # as it was promised, or else at once
            self.bases.pop(clock, None)
            if clock in self.promises:
                self._as_promised(clock)
        for clock, basis in bases_told(event, "set"):
            self.bases[clock] = basis
            if anew:
                self.tiers[clock] = self.tier
                self.before[clock] = self.promised_before[clock] if basis.rule == EXTENDED else self._ended()
        self.running = event.data.get("clocks", {})

    def _as_promised(self, clock: Clock) -> None:
        self.bases[clock], self.tiers[clock] = self.promises[clock], self.promise_tiers[clock]
        self.before[clock] = self.promised_before[clock]

    def _ended(self) -> int:
        """How many pauses are over: one that lasts moves whatever is set in it."""
        return len(self.pauses) - (bool(self.pauses) and self.pauses[-1].until is None)

    def since(self, clock: Clock, number: int) -> tuple[Pause, ...]:
        """Return in which pauses, after so many, a clock stood still."""
        return tuple(pause for pause in self.pauses[number:] if clock in pause.clocks)

    def _pause(self, event: Event) -> None:
        if event.action in (Action.SUBMIT, Action.REOPEN, Action.REVIEW):
            self.pauses.clear()
        if self.pauses and self.pauses[-1].until is None:
            if "resumed" in event.data:
                self.pauses[-1] = replace(self.pauses[-1], until=datetime.fromisoformat(event.data["resumed"]))
            else:  # what is reached meanwhile stands still no longer
                still = frozenset(map(Clock, event.data.get("held", ())))
                self.pauses[-1] = replace(self.pauses[-1], clocks=self.pauses[-1].clocks & still)
        if event.action in STANDSTILLS:
            held = frozenset(map(Clock, event.data.get("held", ())))
            self.pauses.append(Pause(event.at, None, self.tier.grid_id, held))


def _held(event: Event, clock: Clock) -> bool:
    """Whether a clock that stands still is due as it is promised."""
    held, promises = event.data.get("held", {}), event.data.get("promises", {})
    return clock.value in held and bool(held[clock.value] == promises.get(clock.value))


def _tier_after(tier: Tier, event: Event) -> Tier:
    if event.action not in (Action.SUBMIT, Action.ROUTE, Action.COMPLEX, Action.TRANSFER):
        return tier
    data = event.data
    urgency = Urgency(data["urgency"]) if "urgency" in data else tier.urgency
    return Tier(urgency, data.get("category", tier.category), data.get("grid", tier.grid_id))


def _begun(event: Event, last: Mapping[str, str]) -> Iterator[Clock]:
    """Yield the milestones and windows that begin to run, or begin anew, without a word of how they were set."""
    told = event.data.get("clocks", {})
    if "resumed" not in event.data:
        yield from (clock for clock in MILESTONES if clock.value in told and clock.value not in last)
    if told.get(Clock.DISPATCH.value) not in (None, last.get(Clock.DISPATCH.value)):
        yield Clock.DISPATCH


def bases_told(event: Event, word: str) -> Iterator[tuple[Clock, Basis]]:
    """Yield how clocks were ``set`` by an event, or how milestones were ``promised``."""
    for name, (start, rule, length) in event.data.get(word, {}).items():
        yield Clock(name), Basis(datetime.fromisoformat(start), rule, Duration.parse(length))
