"""Why a deadline falls where it does when its clock stood still in between, or when it was set by something else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from grid_model.durations import Duration, Unit
from grid_model.explaining import Line, explain, kind
from grid_model.hours import Window, WorkingCalendar, dates, deadline
from grid_model.shares import deferred

_ZERO = timedelta()
_NATURAL = frozenset({Unit.MINUTE, Unit.HOUR, Unit.DAY})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Stop:
    """A clock stood still from ``since`` until ``until``, None while it still does; why, in Chinese and in English."""

    since: datetime
    until: datetime | None
    zh: str
    en: str


def due_after(start: datetime, length: Duration, stops: Sequence[Stop], calendar: WorkingCalendar) -> datetime:
    """Say when a clock is due that stood still in between, in UTC; a stop that is not over moves nothing yet.

    Raises:
        NoWorkingTime: as ``deadline``.
        ValueError: as ``deadline``.
    """
    due = deadline(start, length, calendar)
    for stop in stops:
        if stop.until is not None:
            due = deferred(due, stop.since, stop.until, length.unit, calendar)
    return due


def explained(
    start: datetime,
    length: Duration,
    stops: Sequence[Stop],
    calendar: WorkingCalendar,
    due: datetime | None = None,
    why: tuple[str, str] = ("按台账所记", "as the ledger has it"),
) -> tuple[Line, ...]:
    """Say day by day why a clock is due then: the days, a line for each time it stood still, and the days after it.

    The last line is of the day it is due. Without stops this is ``explain``. With stops, what is counted adds up to the
    time that the clock would have had without them: natural time for minutes, hours and days, waking time for waking
    hours, and for everything else the spans of working days.

    Args:
        start: when the clock started.
        length: how long it runs.
        stops: when it stood still, in order and apart; the last may not be over.
        calendar: whose days are counted.
        due: when it is due, where that is not what the length comes to.
        why: the reason of that, in Chinese and English; it stands on the last line.

    Raises:
        NoWorkingTime: as ``deadline``.
        ValueError: as ``deadline``.
    """
    counting = _effective(start, length, stops, calendar)
    reckoned = due_after(start, length, counting, calendar)
    end = reckoned if due is None else due.astimezone(UTC)
    if end == reckoned and not counting:
        return explain(start, length, calendar)
    lines = list[Line]()
    begin, until = start.astimezone(UTC), min(end, reckoned)
    for stop in counting:
        since = stop.since.astimezone(UTC)
        if since > until:
            break
        lines += _run(begin, since, length.unit, calendar, first=not lines, last=False)
        lines.append(_stood(stop, calendar))
        if stop.until is None or stop.until >= end:  # it is due while it stands still, as things are
            words = _MOVES if stop.until is None and end == reckoned else why
            return (*lines, *_rest(end, calendar, None if end == stop.until == reckoned else words))
        begin = stop.until.astimezone(UTC)
    lines += _run(begin, max(begin, until), length.unit, calendar, first=not lines, last=end == reckoned)
    if end != reckoned:
        lines += _rest(end, calendar, why)
    return tuple(lines)


def _effective(start: datetime, length: Duration, stops: Sequence[Stop], calendar: WorkingCalendar) -> tuple[Stop, ...]:
    """The stops that began before the clock had run out."""
    found = tuple[Stop, ...]()
    for stop in stops:
        if start <= stop.since <= due_after(start, length, found, calendar):
            found = (*found, stop)
    return found


def _run(
    begin: datetime, end: datetime, unit: Unit, calendar: WorkingCalendar, *, first: bool, last: bool
) -> Iterator[Line]:
    """A line for each day between the two, both included, with the time of it that counts."""
    opens, closes = calendar.local(begin), calendar.local(end)
    for day in islice(dates(opens.date()), max((closes.date() - opens.date()).days, 0) + 1):
        counted = _between(_windows(day, unit, calendar), begin, end)
        (zh, en), (spent, spent_en) = kind(day, calendar), _spent(counted)
        notes, others = [zh], [en]
        if not calendar.official(day.year):
            notes.append("该年放假安排尚未公布")
            others.append("the holidays of that year are not published yet")
        if first and day == opens.date():
            notes.append(f"{opens:%H:%M} 起算")
            others.append(f"starts at {opens:%H:%M}")
        notes.append(spent)
        others.append(spent_en)
        if last and day == closes.date():
            notes.append(f"{closes:%H:%M} 到期")
            others.append(f"due at {closes:%H:%M}")
        yield Line(day, calendar.is_working_day(day), counted, "，".join(notes), ", ".join(others))


def _stood(stop: Stop, calendar: WorkingCalendar) -> Line:
    since = calendar.local(stop.since)
    day = since.date()
    if stop.until is None:
        zh, en = f"{since:%H:%M} 起{stop.zh}，暂停计时", f"{stop.en} from {since:%H:%M} on, the clock stands still"
        return Line(day, calendar.is_working_day(day), _ZERO, zh, en)
    over = calendar.local(stop.until)
    zh = f"{since:%H:%M} 起{stop.zh}，至 {over.month}月{over.day}日 {over:%H:%M}，不计"
    en = f"{stop.en} from {since:%H:%M} until {over.day} {_MONTHS[over.month - 1]} {over:%H:%M}, does not count"
    return Line(day, calendar.is_working_day(day), _ZERO, zh, en)


def _rest(end: datetime, calendar: WorkingCalendar, why: tuple[str, str] | None) -> Iterator[Line]:
    """The line of the day on which it is due without anything being counted towards it."""
    closes = calendar.local(end)
    (zh, en), day = kind(closes.date(), calendar), closes.date()
    zh, en = (zh, en) if why is None else (f"{zh}，{why[0]}", f"{en}, {why[1]}")
    yield Line(day, calendar.is_working_day(day), _ZERO, f"{zh}，{closes:%H:%M} 到期", f"{en}, due at {closes:%H:%M}")


_MOVES = ("恢复计时后相应顺延", "moves on when the clock runs again")


def _windows(day: date, unit: Unit, calendar: WorkingCalendar) -> tuple[Window, ...]:
    if unit in _NATURAL:
        return calendar.whole(day)
    return calendar.waking(day) if unit is Unit.WAKING_HOUR else calendar.working(day)


def _between(windows: tuple[Window, ...], begin: datetime, end: datetime) -> timedelta:
    return sum((max(min(closes, end) - max(opens, begin), _ZERO) for opens, closes in windows), _ZERO)


def _spent(counted: timedelta) -> tuple[str, str]:
    if not counted:
        return "不计", "does not count"
    hours, minutes = divmod(counted // timedelta(minutes=1), 60)
    zh = " ".join(f"{n} {word}" for n, word in ((hours, "小时"), (minutes, "分")) if n)
    en = " ".join(f"{n} {word}" for n, word in ((hours, "h"), (minutes, "min")) if n)
    return f"计 {zh or '不足 1 分'}", f"counts {en or 'less than a minute'}"
