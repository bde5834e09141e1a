"""Every deadline of one order with how it stands, how it came to be, and why it falls where it does (DOMAIN §2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dispatch.domain.kinds import ways
from dispatch.domain.order import Event, Order
from dispatch.domain.timing import GIVEN, OWN, Basis, Reckoning, bases_told, reckon, tier_of
from dispatch.domain.vocabulary import MILESTONES, OPEN_STATES, STANDSTILLS, WARNINGS, Action, Clock, Party, State, Word
from dispatch.domain.world import World
from grid_model.durations import Duration, Unit
from grid_model.explaining import Line
from grid_model.explaining_pauses import Stop, explained
from grid_model.hours import crosses_provisional


class Standing(Word):
    """How a deadline stands."""

    KEPT = "kept", "按时完成", "kept"
    KEPT_LATE = "kept_late", "逾期完成", "kept, but late"
    RUNNING = "running", "计时中", "running"
    PAUSED = "paused", "暂停计时", "standing still"
    MISSED = "missed", "已逾期", "missed"
    STOPPED = "stopped", "不再计时", "no longer counted"


class Why(Word):
    """Why an earlier promise became another."""

    REOPENED = "reopened", "重办", "it is done again"
    URGENCY = "urgency", "紧急程度提高", "it became more urgent"
    PAUSE = "pause", "等候群众", "the resident was waited for"
    CALENDAR = "calendar", "工作日历变更", "the working calendar changed"
    POLICY = "policy", "时限规则变更", "the policy changed"
    EMERGENCY = "emergency", "平急转换", "an emergency began or ended"
    HOLD = "hold", "等候部门会办", "a department was waited for"
    PARKED = "parked", "挂账", "it was parked"
    EXTENDED = "extended", "延期", "it was extended"
    COMPLEX = "complex", "转复杂", "it is treated as complex"
    MERGED = "merged", "并单", "it was merged with an earlier one, or taken apart again"


@dataclass(frozen=True, slots=True)
class Term:
    """One stretch of time that runs out at ``due``; ``length`` is None for what is due at once.

    ``provisional``: it rests on working days of a year whose holidays are not published yet.
    """

    start: datetime
    length: Duration | None
    due: datetime
    provisional: bool
    days: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was promised before: until when, and when and why it became another promise."""

    due: datetime
    at: datetime
    why: Why


@dataclass(frozen=True, slots=True)
class Rest:
    """A clock stood still: from when, until when (None if it still does), who said so, who ended it, and for what."""

    since: datetime
    until: datetime | None
    by: Party
    ended_by: Party | None
    what: Action = Action.PAUSE


@dataclass(frozen=True, slots=True)
class Deadline:
    """One clock of an order.

    Attributes:
        term: the promise to the resident; of a window inside the house, that window.
        kept_at: when what was promised was done.
        now: what runs now where that is not the promise: the level above has time of its own.
        warn_at: when it will be warned that it draws near.
        earlier: what was promised before, oldest first.
        rests: when it stood still.
    """

    clock: Clock
    standing: Standing
    term: Term
    kept_at: datetime | None = None
    now: Term | None = None
    warn_at: tuple[datetime, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    rests: tuple[Rest, ...] = ()


def deadlines(order: Order, events: Sequence[Event], now: datetime, world: World) -> tuple[Deadline, ...]:
    """Return the milestones promised to the resident, then every other clock that runs, by the time it is due.

    ``events`` are all of the order's, oldest first. Contact and result are promised from the filing on, though their
    clocks run only once somebody has accepted.

    Raises:
        NoWorkingTime: the calendar has no working time within 366 days.
    """
    reckoned, told = reckon(events), _told(events)
    found = [_milestone(order, clock, reckoned, told, now, world) for clock in MILESTONES if clock in order.promises]
    hidden = {*MILESTONES, *(warning for pairs in WARNINGS.values() for warning, _ in pairs)}
    windows = sorted((due, clock) for clock, due in order.clocks.items() if clock not in hidden)
    return (*found, *(_window(order, clock, due, reckoned.bases, told, now, world) for due, clock in windows))


@dataclass(frozen=True, slots=True)
class _Stood:
    """A pause, the clocks that stood still in it, and the promises that it moves."""

    rest: Rest
    held: frozenset[Clock]
    moved: frozenset[Clock]


@dataclass(slots=True)
class _Told:
    """What the ledger tells beside how each clock was set."""

    pauses: list[_Stood]
    earlier: dict[Clock, list[Earlier]]
    done: dict[Clock, datetime]  # when each milestone was reached, since it was promised last
    retimed: set[Clock]  # clocks that were set by a change of the rules last
    promised_anew: set[Clock]  # and promises
    ended_at: datetime | None = None  # since when nobody owes the resident anything


def _told(events: Iterable[Event]) -> _Told:
    told = _Told([], {}, {}, set(), set())
    promises: dict[Clock, datetime] = {}
    for event in events:
        before = promises
        promises = _times(event.data["promises"]) if "promises" in event.data else before
        changed = {clock for clock, due in promises.items() if before.get(clock) != due}
        for clock in changed & before.keys():
            told.earlier.setdefault(clock, []).append(Earlier(before[clock], event.at, _why(event, told)))
        _retimed(event, changed, told)
        _reached(event, told)
        _paused(event, promises, told)
        if event.to_state in OPEN_STATES:
            told.ended_at = None
        elif told.ended_at is None:
            told.ended_at = event.at
    return told


def _retimed(event: Event, changed: set[Clock], told: _Told) -> None:
    """Which clocks and promises are as they are because the rules changed."""
    for clock, _ in bases_told(event, "set"):
        told.retimed.discard(clock)
        if event.action is Action.RETIME:
            told.retimed.add(clock)
    if event.action is Action.RETIME:
        told.promised_anew |= changed
    elif event.action is not Action.RESUME:
        told.promised_anew -= changed


def _reached(event: Event, told: _Told) -> None:
    if event.action in (Action.SUBMIT, Action.REOPEN, Action.REVIEW):
        told.done.clear()
    elif event.action is Action.ACCEPT:
        told.done[Clock.ACCEPT] = event.at
    elif event.action is Action.CONTACT:
        told.done.setdefault(Clock.CONTACT, event.at)
    elif event.action is Action.RESOLVE:
        told.done[Clock.RESOLVE] = event.at
    if event.to_state in (State.ROUTED, State.OFFERED):
        told.done.pop(Clock.ACCEPT, None)  # handed back: somebody has to accept it anew


def _paused(event: Event, promises: Mapping[Clock, datetime], told: _Told) -> None:
    if told.pauses and told.pauses[-1].rest.until is None:
        last = told.pauses[-1]
        if "resumed" in event.data:
            until = datetime.fromisoformat(event.data["resumed"])
            told.pauses[-1] = replace(last, rest=replace(last.rest, until=until, ended_by=event.party))
        else:  # what is reached meanwhile stands still no longer
            held = frozenset(map(Clock, event.data.get("held", ())))
            told.pauses[-1] = replace(last, held=last.held & held, moved=last.moved & held)
    if event.action in STANDSTILLS:
        held = frozenset(Clock(name) for name in event.data.get("held", {}))
        moved = frozenset(clock for clock in held if promises.get(clock, event.at) > event.at)
        told.pauses.append(_Stood(Rest(event.at, None, event.party, None, event.action), held, moved))


def _times(told: Mapping[str, str]) -> dict[Clock, datetime]:
    return {Clock(name): datetime.fromisoformat(at) for name, at in told.items()}


_BECAUSE = {
    Action.REOPEN: Why.REOPENED,
    Action.REVIEW: Why.REOPENED,
    Action.EXTEND: Why.EXTENDED,
    Action.COMPLEX: Why.COMPLEX,
    Action.ABSORB: Why.MERGED,
    Action.UNMERGE: Why.MERGED,
}
_STOOD = {Action.PAUSE: Why.PAUSE, Action.HOLD: Why.HOLD, Action.PARK: Why.PARKED}


def _why(event: Event, told: _Told) -> Why:
    if event.action in _BECAUSE:
        return _BECAUSE[event.action]
    if event.action is Action.ROUTE:
        return Why.EMERGENCY if "mode" in event.data else Why.URGENCY
    if event.action is not Action.RETIME:
        return _STOOD[told.pauses[-1].rest.what] if told.pauses else Why.PAUSE
    because = str(event.data.get("because", ""))
    return next((why for why in (Why.CALENDAR, Why.EMERGENCY) if because.startswith(why.value)), Why.POLICY)


def _milestone(order: Order, clock: Clock, reckoned: Reckoning, told: _Told, now: datetime, world: World) -> Deadline:
    due, basis = order.promises[clock], reckoned.promises.get(clock)
    if basis is None:  # filed before the ledger told how a clock is set
        basis = Basis(order.promised_at, OWN, world.length(clock, tier_of(order), order.promised_at))
    rests = [one.rest for one in told.pauses if clock in one.moved and one.rest.since >= basis.start]
    # a kind that names its day is promised until the end of it; what others were given was given to the minute
    by_name = _ON_DAY if ways(order.kind).named and clock is Clock.RESOLVE else _NAMED
    reason = _RULES if clock in told.promised_anew else by_name if basis.rule == GIVEN else _LEDGER
    running, later = order.clocks.get(clock, order.held.get(clock)), None
    if running is not None and running != due:
        held = [one.rest for one in told.pauses if clock in one.held]
        later = _term(order, reckoned.bases.get(clock), running, held, _reason(order, clock, running, told), world)
    standing, kept_at = _standing(order, clock, told, now)
    return Deadline(
        clock=clock,
        standing=standing,
        term=_term(order, basis, due, rests, reason, world),
        kept_at=kept_at,
        now=later,
        warn_at=tuple(order.clocks[warning] for warning, _ in WARNINGS[clock] if warning in order.clocks),
        earlier=tuple(told.earlier.get(clock, ())),
        rests=tuple(rests),
    )


def _standing(order: Order, clock: Clock, told: _Told, now: datetime) -> tuple[Standing, datetime | None]:
    due, done = order.promises[clock], told.done.get(clock)
    if done is not None:
        return (Standing.KEPT if done <= due else Standing.KEPT_LATE), done
    until = now if told.ended_at is None else told.ended_at
    if clock in order.held and order.paused_at is not None and due > order.paused_at:
        return Standing.PAUSED, None
    if due <= until:
        return Standing.MISSED, None
    return (Standing.RUNNING if told.ended_at is None else Standing.STOPPED), None


def _window(
    order: Order,
    clock: Clock,
    due: datetime,
    bases: Mapping[Clock, Basis],
    told: _Told,
    now: datetime,
    world: World,
) -> Deadline:
    basis = bases.get(clock)  # none for what was due at once
    standing = Standing.MISSED if due <= now else Standing.RUNNING
    return Deadline(clock, standing, _term(order, basis, due, (), _reason(order, clock, due, told), world))


def _reason(order: Order, clock: Clock, due: datetime, told: _Told) -> tuple[str, str]:
    """Why a clock is due then, where that is not what its length comes to."""
    if clock in told.retimed:
        return _RULES
    if clock in (Clock.DISPATCH, Clock.OFFER):
        return _SHARED
    return _RESULT if due == order.clocks.get(Clock.RESOLVE) else _LEDGER


def _term(
    order: Order, basis: Basis | None, due: datetime, rests: Iterable[Rest], reason: tuple[str, str], world: World
) -> Term:
    """Return the stretch of time that ends at ``due``, explained by how the clock was set."""
    calendar = world.calendar_at(order.grid_id)
    if basis is None or basis.start > due:
        at = calendar.local(due)
        line = Line(at.date(), calendar.is_working_day(at.date()), timedelta(), *_at_once(f"{at:%H:%M}"))
        return Term(due, None, due, provisional=False, days=(line,))
    stops = [Stop(rest.since, rest.until, *STANDSTILLS[rest.what]) for rest in rests if rest.since >= basis.start]
    reason = _NAMED if basis.rule == GIVEN and reason is not _ON_DAY else reason
    provisional = basis.length.unit in _WORKING and crosses_provisional(basis.start, due, calendar)
    days = explained(basis.start, basis.length, stops, calendar, due, reason)
    return Term(basis.start, basis.length, due, provisional, days)


_WORKING = frozenset({Unit.WORKING_HOUR, Unit.WORKING_DAY, Unit.SAME_DAY, Unit.WORKING_MORNING})
"""The units that rest on working days."""

_RULES = ("规则变更后至少留足一级的时间", "once the rules have changed a level's time is left at least")
_SHARED = ("余下的时间留给后面各级", "the rest is left to the rungs that follow")
_RESULT = ("不晚于办结时限", "no later than the result is due")
_NAMED = ("以指定的时刻为准", "as the moment was named")
_LEDGER = ("按台账所记", "as the ledger has it")
_ON_DAY = ("到所定日期下班时", "until the end of working time on the day that was named")


def _at_once(at: str) -> tuple[str, str]:
    return f"无须等候，{at} 到期", f"nothing is waited for, due at {at}"
