"""Parts of a running clock: when a share of its time has passed, and where it ends after it stood still."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from grid_model.durations import Unit
from grid_model.hours import Window, WorkingCalendar, advance, dates

_DAY = timedelta(days=1)
_ZERO = timedelta()
_LINEAR = frozenset({Unit.MINUTE, Unit.HOUR, Unit.DAY})

Windows = Callable[[date], tuple[Window, ...]]
"""What of a day counts."""


def share(start: datetime, due: datetime, percent: int, unit: Unit, calendar: WorkingCalendar) -> datetime:
    """Say when so many percent of the time between a start and a due time have passed, in UTC; never outside the two.

    Of minutes, hours and days all time counts; of waking hours what lies outside the quiet hours; of everything else
    what lies in the spans of working days. Where nothing of the kind lies between the two, all time counts.

    Args:
        start: when the clock started.
        due: when it runs out; what is due no later than it starts has passed at once.
        percent: 0 to 100.
        unit: what the clock's duration is counted in.
        calendar: whose spans and quiet hours count.

    Raises:
        NoWorkingTime: the unit needs working time, and the calendar has none within 366 days.
        ValueError: a moment has no time zone, or the percentage is out of range.
    """
    (at,) = shares(start, due, (percent,), unit, calendar)
    return at


def shares(
    start: datetime, due: datetime, percents: Sequence[int], unit: Unit, calendar: WorkingCalendar
) -> list[datetime]:
    """Say of each of several percentages what ``share`` says of one.

    Raises:
        NoWorkingTime: the unit needs working time, and the calendar has none within 366 days.
        ValueError: a moment has no time zone, or a percentage is out of range.
    """
    for percent in percents:
        if not 0 <= percent <= 100:  # noqa: PLR2004 - that is what percent means
            raise ValueError(f"a share is 0 to 100 percent, not {percent}")
    begin, end = _utc(start), _utc(due)
    windows = () if unit in _LINEAR or end <= begin else _between(begin, end, unit, calendar)
    if windows:
        whole = sum((closes - opens for opens, closes in windows), _ZERO)
        return [_after(whole * percent // 100, begin, windows) for percent in percents]
    if unit not in _LINEAR and end > begin:
        _must_work(begin, unit, calendar)
    whole = max(end - begin, _ZERO)
    return [begin + whole * percent // 100 for percent in percents]


def _after(left: timedelta, begin: datetime, windows: Sequence[Window]) -> datetime:
    """Say when so much of the windows has passed."""
    if not left:
        return begin
    for opens, closes in windows:
        if left <= closes - opens:
            break
        left -= closes - opens
    return opens + left


def deferred(due: datetime, paused: datetime, resumed: datetime, unit: Unit, calendar: WorkingCalendar) -> datetime:
    """Say when a clock is due that stood still for a while, in UTC.

    Minutes, hours and days are due later by as much as the pause took. Of everything else the working windows (of
    waking hours: the waking windows) that were left at the pause are counted on from its end; what was due at a
    window's end is due at a window's end again. Where no such time was left before the due time, or none passed in the
    pause, the due time stands, unless the pause outlasted it: then it is the first such moment after the pause.

    Args:
        due: when the clock would have run out; one that had run out before the pause stays as it is.
        paused: since when it stood still.
        resumed: from when it ran again.
        unit: what the clock's duration is counted in.
        calendar: whose spans and quiet hours count.

    Raises:
        NoWorkingTime: the unit needs working time, and the calendar has none within 366 days.
        ValueError: a moment has no time zone, or the pause ends before it begins.
    """
    end, since, until = _utc(due), _utc(paused), _utc(resumed)
    if until < since:
        raise ValueError(f"a pause cannot end at {until.isoformat()}, before it begins")
    if end < since:
        return end
    if unit in _LINEAR:
        return end + (until - since)
    left = sum((closes - opens for opens, closes in _between(since, end, unit, calendar)), _ZERO)
    if not left:
        _must_work(since, unit, calendar)
        return end if until <= end else _next(until, unit, calendar)
    if until < end and not _between(since, until, unit, calendar):
        return end
    days, windows = _counting(calendar.local(until).date(), unit, calendar)
    return advance(until, left, days, windows)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone, so it is no moment")
    return moment.astimezone(UTC)


def _between(begin: datetime, end: datetime, unit: Unit, calendar: WorkingCalendar) -> list[Window]:
    """Give what of the windows that count lies between the two, in order and none of it empty."""
    day, last = calendar.local(begin).date(), calendar.local(end).date()
    windows = calendar.waking if unit is Unit.WAKING_HOUR else calendar.working
    found = []
    while day <= last:
        for opens, closes in windows(day):
            first, until = max(opens, begin), min(closes, end)
            if first < until:
                found.append((first, until))
        day += _DAY
    return found


def _next(moment: datetime, unit: Unit, calendar: WorkingCalendar) -> datetime:
    """Give the first moment from then on at which the unit counts."""
    first = calendar.local(moment).date()
    days, windows = _counting(first, unit, calendar)
    return next(max(opens, moment) for day in days for opens, closes in windows(day) if closes > moment)


def _counting(first: date, unit: Unit, calendar: WorkingCalendar) -> tuple[Iterator[date], Windows]:
    """Give the days on which the unit may count, for ever, and what of each of them counts."""
    if unit is Unit.WAKING_HOUR:
        return dates(first), calendar.waking
    return calendar.working_days(first), calendar.working


def _must_work(moment: datetime, unit: Unit, calendar: WorkingCalendar) -> None:
    if unit is not Unit.WAKING_HOUR:
        next(calendar.working_days(calendar.local(moment).date()))
