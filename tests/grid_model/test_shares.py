"""Shares of a running clock and clocks that stood still: by hand, and as laws over any calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from grid_model.durations import RULES, Duration, Unit
from grid_model.hours import NoWorkingTime, Window, WorkingCalendar, deadline
from grid_model.shares import deferred, share, shares

SHANGHAI = ZoneInfo("Asia/Shanghai")
OCTOBER = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 20): True, date(2026, 10, 10): True}
CALENDAR = WorkingCalendar(overrides=OCTOBER, official_years=frozenset({2026}))
NEVER = WorkingCalendar(overrides={date(2026, 1, 1) + timedelta(days=n): False for n in range(3 * 366)})
NO_WORK = pytest.mark.parametrize("calendar", [WorkingCalendar(spans=()), NEVER], ids=["no spans", "no working days"])
LINEAR = [Unit.MINUTE, Unit.HOUR, Unit.DAY]
NEEDS_WORK = [Unit.WORKING_HOUR, Unit.WORKING_DAY, Unit.SAME_DAY, Unit.WORKING_MORNING]


def at(text: str) -> datetime:
    """Read ``09-30 17:00`` as a moment of 2026 in Shanghai."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def shown(moment: datetime) -> str:
    assert moment.tzinfo is UTC
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"


def one(unit: Unit, amount: int = 1) -> Duration:
    return Duration(0 if unit in RULES else amount, unit)


def counted(begin: datetime, end: datetime, unit: Unit, calendar: WorkingCalendar) -> timedelta:
    """The time between the two that counts, added up over every day that could matter, an oracle without shortcuts."""
    if unit in LINEAR:
        return end - begin
    first = begin.astimezone(SHANGHAI).date()
    days = (first + timedelta(days=n) for n in range((end - begin).days + 2))
    windows: list[Window] = [
        window for day in days for window in (calendar.waking if unit is Unit.WAKING_HOUR else calendar.working)(day)
    ]
    return sum((max(min(closes, end) - max(opens, begin), timedelta()) for opens, closes in windows), timedelta())


starts = st.timedeltas(timedelta(), timedelta(days=60)).map(lambda since: at("09-01 00:00") + since)
pauses = st.timedeltas(timedelta(), timedelta(days=20))
units = st.sampled_from(Unit)
durations = st.builds(one, units, st.integers(1, 20))
percents = st.integers(0, 100)
any_calendar = st.from_type(WorkingCalendar)


@pytest.mark.parametrize(
    ("start", "duration", "half", "most"),
    [
        ("09-29 10:00", "2h", "09-29 11:00", "09-29 11:36"),
        ("09-30 10:00", "10d", "10-05 10:00", "10-08 10:00"),
        # 08:30 to 17:30 is six and a half hours of work
        ("09-29 08:30", "same_day", "09-29 11:45", "09-29 16:12"),
        ("09-29 06:30", "same_day", "09-29 11:45", "09-29 16:12"),
        # over the holiday: half an hour of the 30th and three and a half of the 8th
        ("09-30 17:00", "same_day", "10-08 10:00", "10-08 11:12"),
        ("09-30 16:30", "2wh", "09-30 17:30", "10-08 09:06"),
        ("09-30 08:30", "1wd", "09-30 11:45", "09-30 16:12"),
        ("09-30 17:30", "working_morning", "10-08 08:45", "10-08 08:54"),
        ("10-03 20:00", "2ah", "10-03 21:00", "10-04 08:36"),
    ],
)
def test_a_share_falls_where_a_clerk_would_put_it(start: str, duration: str, half: str, most: str) -> None:
    length = Duration.parse(duration)
    end = deadline(at(start), length, CALENDAR)
    assert shown(share(at(start), end, 50, length.unit, CALENDAR)) == half
    assert shown(share(at(start), end, 80, length.unit, CALENDAR)) == most


@pytest.mark.parametrize("unit", Unit)
def test_where_nothing_counts_between_start_and_due_all_time_counts(unit: Unit) -> None:
    assert shown(share(at("10-03 22:00"), at("10-04 02:00"), 50, unit, CALENDAR)) == "10-04 00:00"


@given(starts, durations, percents, any_calendar)
def test_a_share_lies_between_start_and_due(
    start: datetime, duration: Duration, percent: int, calendar: WorkingCalendar
) -> None:
    end = deadline(start, duration, calendar)
    assert start <= share(start, end, percent, duration.unit, calendar) <= end


@given(starts, durations, percents, percents, any_calendar)
def test_a_greater_share_is_never_earlier(
    start: datetime, duration: Duration, one_percent: int, other: int, calendar: WorkingCalendar
) -> None:
    end = deadline(start, duration, calendar)
    less, more = sorted((one_percent, other))
    assert share(start, end, less, duration.unit, calendar) <= share(start, end, more, duration.unit, calendar)


@given(starts, durations, percents, any_calendar)
def test_a_share_is_that_part_of_the_time_that_counts(
    start: datetime, duration: Duration, percent: int, calendar: WorkingCalendar
) -> None:
    unit, end = duration.unit, deadline(start, duration, calendar)
    whole = counted(start, end, unit, calendar)
    assume(whole)
    assert counted(start, share(start, end, percent, unit, calendar), unit, calendar) == whole * percent // 100


@given(starts, starts, st.lists(percents), st.sampled_from(Unit), any_calendar)
def test_several_shares_are_what_each_of_them_is(
    start: datetime, end: datetime, some: list[int], unit: Unit, calendar: WorkingCalendar
) -> None:
    each = [share(start, end, percent, unit, calendar) for percent in some]
    assert shares(start, end, some, unit, calendar) == each


def test_what_is_due_before_it_starts_has_passed_at_once() -> None:
    for unit in Unit:
        assert share(at("09-29 10:00"), at("09-29 09:00"), 50, unit, CALENDAR) == at("09-29 10:00")


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_share_beyond_the_whole_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match=str(percent)):
        share(at("09-29 10:00"), at("09-29 12:00"), percent, Unit.HOUR, CALENDAR)


@pytest.mark.parametrize(
    ("due", "paused", "resumed", "unit", "expected"),
    [
        ("10-03 10:00", "10-01 10:00", "10-02 04:00", "d", "10-04 04:00"),
        ("09-29 12:00", "09-29 11:00", "09-29 15:00", "h", "09-29 16:00"),
        # four hours were left, over lunch; they are counted on from the afternoon
        ("09-29 15:30", "09-29 09:00", "09-29 14:30", "wh", "09-30 09:30"),
        # the close of a day stays a close
        ("09-29 17:30", "09-29 11:00", "09-30 11:00", "same_day", "09-30 17:30"),
        ("09-29 12:00", "09-28 18:00", "09-29 20:00", "same_day", "09-30 12:00"),
        # into the holiday and out of it
        ("09-30 17:30", "09-30 16:00", "10-03 09:00", "same_day", "10-08 10:00"),
        # a night costs a working clock nothing
        ("10-08 09:30", "09-30 18:00", "10-08 08:00", "wd", "10-08 09:30"),
        # an opening stays an opening while no working time passes
        ("10-08 08:30", "09-30 17:00", "09-30 17:00", "wd", "10-08 08:30"),
        # nothing was left but the night before the opening
        ("10-08 08:30", "10-07 12:00", "10-08 15:00", "wd", "10-08 15:00"),
        ("10-08 08:30", "10-07 12:00", "10-08 18:00", "wd", "10-09 08:30"),
        ("10-04 09:00", "10-03 20:00", "10-03 22:00", "ah", "10-04 10:00"),
        # it had run out before
        ("09-29 10:00", "09-29 11:00", "09-29 12:00", "h", "09-29 10:00"),
        ("09-29 10:00", "09-29 11:00", "09-29 12:00", "wh", "09-29 10:00"),
    ],
)
def test_a_clock_that_stood_still_is_due_where_a_clerk_would_put_it(
    due: str, paused: str, resumed: str, unit: str, expected: str
) -> None:
    assert shown(deferred(at(due), at(paused), at(resumed), Unit(unit), CALENDAR)) == expected


@given(starts, durations, st.fractions(0, 1), any_calendar)
@example(at("09-29 06:00"), Duration.parse("1wd"), 0, CALENDAR)
def test_no_pause_changes_nothing(start: datetime, duration: Duration, part: float, calendar: WorkingCalendar) -> None:
    end = deadline(start, duration, calendar)
    paused = start + (end - start) * float(part)
    assert deferred(end, paused, paused, duration.unit, calendar) == end


@given(starts, durations, pauses, pauses, pauses, any_calendar)
def test_a_later_end_of_the_pause_is_never_due_earlier_nor_before_that_end(
    start: datetime,
    duration: Duration,
    before: timedelta,
    one_pause: timedelta,
    other: timedelta,
    calendar: WorkingCalendar,
) -> None:
    end = deadline(start, duration, calendar)
    paused = min(start + before, end)
    short, long = sorted((paused + one_pause, paused + other))
    early, late = (deferred(end, paused, resumed, duration.unit, calendar) for resumed in (short, long))
    assert end <= early <= late
    assert long <= late


@given(starts, durations, pauses, pauses, any_calendar)
def test_what_was_left_at_the_pause_is_left_after_it(
    start: datetime, duration: Duration, before: timedelta, pause: timedelta, calendar: WorkingCalendar
) -> None:
    unit, end = duration.unit, deadline(start, duration, calendar)
    paused = min(start + before, end)
    resumed = paused + pause
    later = deferred(end, paused, resumed, unit, calendar)
    assert counted(resumed, later, unit, calendar) == counted(paused, end, unit, calendar)


@given(starts, durations, pauses, pauses, any_calendar)
def test_two_pauses_one_after_the_other_are_one_long_pause(
    start: datetime, duration: Duration, one_pause: timedelta, other: timedelta, calendar: WorkingCalendar
) -> None:
    unit, end = duration.unit, deadline(start, duration, calendar)
    middle = start + one_pause
    once = deferred(end, start, middle + other, unit, calendar)
    twice = deferred(deferred(end, start, middle, unit, calendar), middle, middle + other, unit, calendar)
    assert once == twice


@given(starts, durations, pauses, any_calendar)
def test_a_clock_that_stands_still_from_its_start_is_due_as_if_it_had_started_later(
    start: datetime, duration: Duration, pause: timedelta, calendar: WorkingCalendar
) -> None:
    assume(duration.unit in {Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.WORKING_HOUR, Unit.WAKING_HOUR})
    end = deadline(start, duration, calendar)
    later = deadline(start + pause, duration, calendar)
    assert deferred(end, start, start + pause, duration.unit, calendar) == later


def test_a_pause_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        deferred(at("09-29 12:00"), at("09-29 11:00"), at("09-29 10:00"), Unit.HOUR, CALENDAR)


@NO_WORK
@pytest.mark.parametrize("unit", NEEDS_WORK)
def test_a_calendar_without_work_is_refused_and_not_searched_for_ever(unit: Unit, calendar: WorkingCalendar) -> None:
    start, end = at("09-29 10:00"), at("10-29 10:00")
    with pytest.raises(NoWorkingTime, match=r"no spans|no working day"):
        share(start, end, 50, unit, calendar)
    with pytest.raises(NoWorkingTime, match=r"no spans|no working day"):
        deferred(end, start, start + timedelta(hours=1), unit, calendar)


def test_work_that_ends_during_the_pause_is_not_searched_for_ever() -> None:
    off = {date(2026, 10, 1) + timedelta(days=n): False for n in range(2 * 366)}
    with pytest.raises(NoWorkingTime, match="no working day"):
        deferred(
            at("09-30 12:00"), at("09-30 10:00"), at("10-03 10:00"), Unit.WORKING_HOUR, WorkingCalendar(overrides=off)
        )


@NO_WORK
@pytest.mark.parametrize("unit", [*LINEAR, Unit.WAKING_HOUR])
def test_natural_time_needs_no_working_day(unit: Unit, calendar: WorkingCalendar) -> None:
    start, end = at("09-29 10:00"), at("09-29 20:00")
    assert share(start, end, 50, unit, calendar) == at("09-29 15:00")
    assert deferred(end, start, start + timedelta(hours=1), unit, calendar) == at("09-29 21:00")


@pytest.mark.parametrize("unit", Unit)
def test_a_moment_needs_a_zone(unit: Unit) -> None:
    bare = datetime(2026, 9, 29, 10)  # noqa: DTZ001 - the fault under test
    with pytest.raises(ValueError, match="no time zone"):
        share(bare, at("09-29 12:00"), 50, unit, CALENDAR)
    with pytest.raises(ValueError, match="no time zone"):
        deferred(at("09-29 12:00"), bare, at("09-29 11:00"), unit, CALENDAR)
