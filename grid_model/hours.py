"""Working time: the calendar with 调休, and where deadlines fall in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from types import MappingProxyType
from typing import Self, assert_never
from zoneinfo import ZoneInfo

from grid_model.durations import Duration, Unit

CUT_OFF = time(16)
"""What arrives on a working day before this is due the same day; 13710's first digit (the hour is ours)."""
NEXT_NOON = time(12)
"""What misses the cut-off is due at this time of the next working day (ours)."""
MORNING = time(9)
"""When the reminders of a working morning go out (ours)."""
SEARCH = timedelta(days=366)
"""How long a calendar may have no working day before it is held to have none at all."""

_DAY = timedelta(days=1)
_ZERO = timedelta()
SATURDAY = 5
"""The first day of the weekend, counted from Monday as 0."""

Window = tuple[datetime, datetime]
"""Two instants in UTC, the first before the second."""


class NoWorkingTime(ValueError):  # noqa: N818 - it reads as what is the case
    """The calendar has no working time within 366 days, so nothing can fall due in it."""


@dataclass(frozen=True)
class WorkingCalendar:
    """When people of one place work and when they sleep; all times of day are of its zone.

    Attributes:
        zone: where the clocks on the wall stand.
        spans: the opening and closing times of a working day, in order and apart.
        quiet: from when until when nobody is disturbed, as a rule over midnight; two equal times mean never.
        overrides: days that break the week of Monday to Friday, True for working (a make-up day, 调休).
        official_years: the years whose holidays have been published; any other is provisional.

    Raises:
        ValueError: the spans overlap, touch, or end before they begin.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    spans: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(14, 30), time(17, 30)))
    quiet: tuple[time, time] = (time(21), time(8))
    overrides: Mapping[date, bool] = field(default_factory=dict, hash=False)
    official_years: frozenset[int] = frozenset()
    _windows: dict[date, tuple[Window, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The working windows of the days that were asked for: every deadline asks for the same few."""
    _waking: dict[date, tuple[Window, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _same_day: dict[tuple[date, bool], datetime] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if any(earlier >= later for earlier, later in pairwise(edges)):
            raise ValueError(f"the spans of a working day must follow each other, and {edges} do not")
        object.__setattr__(self, "overrides", MappingProxyType(dict(self.overrides)))

    def changed(
        self,
        days: Mapping[date, bool],
        years: Iterable[int] = (),
        spans: tuple[tuple[time, time], ...] | None = None,
        quiet: tuple[time, time] | None = None,
    ) -> Self:
        """Give this calendar with more overrides, more official years, and other hours where they are given.

        Raises:
            ValueError: the spans overlap, touch, or end before they begin.
        """
        return replace(
            self,
            spans=self.spans if spans is None else spans,
            quiet=self.quiet if quiet is None else quiet,
            overrides={**self.overrides, **days},
            official_years=self.official_years.union(years),
        )

    def is_working_day(self, day: date) -> bool:
        """Tell whether people work on that day: the override if there is one, or else Monday to Friday."""
        return self.overrides.get(day, day.weekday() < SATURDAY)

    def official(self, year: int) -> bool:
        """Tell whether the holidays of that year have been published (by the State Council, in October or November)."""
        return year in self.official_years

    def local(self, moment: datetime) -> datetime:
        """Read a moment on the clocks of the zone.

        Raises:
            ValueError: the moment has no time zone of its own.
        """
        if moment.utcoffset() is None:
            raise ValueError(f"{moment.isoformat()} has no time zone, so it is no moment")
        return moment.astimezone(self.zone)

    def moment(self, day: date, at: time) -> datetime:
        """Give the moment, in UTC, when the clocks of the zone show that day and time."""
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)

    def whole(self, day: date) -> tuple[Window, ...]:
        """Give the day as one window from midnight to midnight."""
        return ((self.moment(day, time.min), self.moment(day + _DAY, time.min)),)

    def working(self, day: date) -> tuple[Window, ...]:
        """Give the working windows of the day, none on a day off."""
        found = self._windows.get(day)
        if found is None:
            spans = self.spans if self.is_working_day(day) else ()
            found = tuple((self.moment(day, begin), self.moment(day, end)) for begin, end in spans)
            self._windows[day] = found
        return found

    def waking(self, day: date) -> tuple[Window, ...]:
        """Give the windows of the day, working or not, that lie outside the quiet hours."""
        found = self._waking.get(day)
        if found is None:
            found = self._waking[day] = self._outside_quiet(day)
        return found

    def _outside_quiet(self, day: date) -> tuple[Window, ...]:
        falls, ends = self.quiet
        if falls > ends:
            return ((self.moment(day, ends), self.moment(day, falls)),)
        ((midnight, next_midnight),) = self.whole(day)
        return ((midnight, self.moment(day, falls)), (self.moment(day, ends), next_midnight))

    def same_day(self, day: date, *, late: bool) -> datetime:
        """Give the close of the day, or noon of the next working day for what came ``late``, moved into the spans.

        Raises:
            NoWorkingTime: there are no spans, or no working day for 366 days.
        """
        found = self._same_day.get((day, late))
        if found is None:
            at = (_working_day_after(day, 1, self), self.clamp(NEXT_NOON)) if late else (day, self.close)
            found = self._same_day[day, late] = self.moment(*at)
        return found

    def working_days(self, first: date) -> Iterator[date]:
        """Go through the working days from that day on, for ever.

        Raises:
            NoWorkingTime: there are no spans, or no working day for 366 days.
        """
        if not self.spans:
            raise NoWorkingTime("the calendar has no spans of working time")
        day = seen = first
        while day - seen <= SEARCH:
            if self.is_working_day(day):
                seen = day
                yield day
            day += _DAY
        raise NoWorkingTime(f"the calendar has no working day between {seen} and {day}")

    def clamp(self, at: time) -> time:
        """Move a time of day into the spans: on to the next opening, or back to the close if there is none."""
        return next((max(at, begin) for begin, end in self.spans if at <= end), self.close)

    @property
    def close(self) -> time:
        """The end of the last span of a working day.

        Raises:
            NoWorkingTime: there are no spans.
        """
        if not self.spans:
            raise NoWorkingTime("the calendar has no spans of working time")
        return self.spans[-1][1]


def deadline(start: datetime, duration: Duration, calendar: WorkingCalendar) -> datetime:
    """Say when a duration that starts then has run out, in UTC; always later than the start.

    - minutes and hours elapse, through nights and holidays;
    - a day later is the same time on the wall clock of the zone, one calendar day on;
    - working hours elapse within the spans of working days, waking hours outside the quiet hours of all days;
    - n working days later is the same time on the wall clock, moved into the spans, on the n-th working day after the
      date of the start; a start on a day off counts as at the close of the working day before it, so that what starts
      later is never due earlier;
    - ``same_day``: before the cut-off of a working day, the close of that day; otherwise noon of the next one;
    - ``working_morning``: nine o'clock of the first working day after the date of the start.

    The times of both rules are moved into the spans where a calendar has other spans than ours.

    Raises:
        NoWorkingTime: the duration needs working time and the calendar has none within 366 days.
        ValueError: the start has no time zone.
    """
    local = calendar.local(start)
    today, clock, unit = local.date(), local.time(), duration.unit
    match unit:
        case Unit.MINUTE | Unit.HOUR:
            due = local.astimezone(UTC) + _elapsing(duration)
        case Unit.DAY:
            due = calendar.moment(today + timedelta(days=duration.amount), clock)
        case Unit.WORKING_HOUR:
            due = advance(local, _elapsing(duration), calendar.working_days(today), calendar.working)
        case Unit.WAKING_HOUR:
            due = advance(local, _elapsing(duration), dates(today), calendar.waking)
        case Unit.WORKING_DAY:
            at = calendar.clamp(clock) if calendar.is_working_day(today) else calendar.close
            due = calendar.moment(_working_day_after(today, duration.amount, calendar), at)
        case Unit.SAME_DAY:
            due = calendar.same_day(today, late=not in_time(local, calendar))
        case Unit.WORKING_MORNING:
            due = calendar.moment(_working_day_after(today, 1, calendar), calendar.clamp(MORNING))
        case _:
            assert_never(unit)
    return due


def crosses_provisional(start: datetime, due: datetime, calendar: WorkingCalendar) -> bool:
    """Tell whether a day between the two, both included, lies in a year whose holidays are not published yet.

    Such a deadline is to be shown as provisional, and computed again when the table arrives; one in natural minutes,
    hours or days does not depend on the calendar, whatever this says.
    """
    surely = range((start - 2 * _DAY).year, (due + 2 * _DAY).year + 1)  # whatever the clocks of the zone show
    if calendar.official_years.issuperset(surely):
        return False
    years = range(calendar.local(start).year, calendar.local(due).year + 1)
    return not all(calendar.official(year) for year in years)


def _elapsing(duration: Duration) -> timedelta:
    return duration.amount * timedelta(minutes=1 if duration.unit is Unit.MINUTE else 60)


def dates(first: date) -> Iterator[date]:
    """Go through the days from that one on, for ever."""
    while True:
        yield first
        first += _DAY


def advance(
    start: datetime, amount: timedelta, days: Iterable[date], windows: Callable[[date], tuple[Window, ...]]
) -> datetime:
    """Go through the windows of the days until the amount is used up; what ends with a window is due at its end.

    Raises:
        NoWorkingTime: the days have come to an end.
    """
    start = start.astimezone(UTC)  # two moments of one zone would be subtracted by their wall clocks
    for day in days:
        for opens, closes in windows(day):
            begin = max(opens, start)
            if amount <= closes - begin:
                return begin + amount
            amount -= max(closes - begin, _ZERO)
    raise NoWorkingTime("the days have come to an end")


def _working_day_after(day: date, n: int, calendar: WorkingCalendar) -> date:
    return next(islice(calendar.working_days(day + _DAY), n - 1, None))


def in_time(local: datetime, calendar: WorkingCalendar) -> bool:
    """Tell whether what starts then is due the same day; a place that closes before the cut-off has its own."""
    return calendar.is_working_day(local.date()) and local.time() < min(CUT_OFF, calendar.close)
