"""Layers of calendars: what a grid has of its own, what it has from above, and hours as they are written."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.calendars import (
    Day,
    Differences,
    Hours,
    layered,
    month_days,
    must_work,
    nearest,
    read_quiet,
    read_spans,
    written,
)
from grid_model.durations import Duration
from grid_model.hours import NoWorkingTime, WorkingCalendar, deadline
from grid_model.tree import Grid, Tree

COUNTY, TOWN, VILLAGE, OTHER = 1, 2, 3, 4
# village 3 lies in town 2; town 4 is another one
TREE = Tree(
    Grid(n, f"G{n}", f"第{n}格", level, "", "county" if n == COUNTY else "", parent, True)
    for n, level, parent in ((COUNTY, 1, None), (TOWN, 2, COUNTY), (VILLAGE, 3, TOWN), (OTHER, 2, COUNTY))
)
BASE = WorkingCalendar(overrides={date(2026, 10, 1): False}, official_years=frozenset({2026}))
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)


def calendars(**rows: tuple) -> dict[int, WorkingCalendar]:
    """The calendar of every grid, as the deciding code looks it up."""
    county, others = layered(BASE, Differences(**rows), TREE)
    assert COUNTY not in others
    return {grid: nearest(others, TREE, grid) or county for grid in (COUNTY, TOWN, VILLAGE, OTHER)}


def test_where_nothing_differs_all_have_the_published_calendar() -> None:
    assert layered(BASE, Differences(), TREE) == (BASE, {})


def test_a_row_of_the_root_changes_the_countys_calendar_and_everybodys() -> None:
    found = calendars(days=(Day(COUNTY, MONDAY, working=False),), years=((COUNTY, 2027),))
    assert not any(calendar.is_working_day(MONDAY) for calendar in found.values())
    assert all(calendar.official(2027) for calendar in found.values())
    assert layered(BASE, Differences(days=(Day(COUNTY, MONDAY, working=False),)), TREE)[1] == {}


def test_a_row_of_a_subtree_changes_it_and_nothing_beside_or_above_it() -> None:
    found = calendars(days=(Day(TOWN, MONDAY, working=False),), years=((TOWN, 2027),))
    assert {grid: calendar.is_working_day(MONDAY) for grid, calendar in found.items()} == {
        COUNTY: True, TOWN: False, VILLAGE: False, OTHER: True}  # fmt: skip
    assert {grid for grid, calendar in found.items() if calendar.official(2027)} == {TOWN, VILLAGE}


def test_a_grid_has_its_own_rows_on_top_of_those_above() -> None:
    found = calendars(
        days=(
            Day(VILLAGE, MONDAY, working=True),
            Day(COUNTY, MONDAY, working=False),
            Day(TOWN, SATURDAY, working=True),
        ),
        hours=(Hours(TOWN, "09:00-17:00"), Hours(VILLAGE, "10:00-12:00", "22:00-06:00")),
    )
    assert [found[grid].is_working_day(MONDAY) for grid in (COUNTY, TOWN, VILLAGE)] == [False, False, True]
    assert [found[grid].is_working_day(SATURDAY) for grid in (COUNTY, TOWN, VILLAGE)] == [False, True, True]
    assert [found[grid].close for grid in (COUNTY, TOWN, VILLAGE)] == [time(17, 30), time(17), time(12)]
    assert [found[grid].quiet[0] for grid in (COUNTY, TOWN, VILLAGE)] == [time(21), time(21), time(22)]


def test_what_is_published_still_holds_where_a_grid_says_nothing_of_it() -> None:
    found = calendars(days=(Day(VILLAGE, MONDAY, working=False),))
    assert not found[VILLAGE].is_working_day(date(2026, 10, 1))
    assert found[VILLAGE].official(2026)


def test_of_several_rows_for_a_day_the_last_one_holds() -> None:
    rows = (Day(TOWN, MONDAY, working=False, notice=2026), Day(TOWN, MONDAY, working=True))
    assert calendars(days=rows)[TOWN].is_working_day(MONDAY)


def test_a_deadline_below_a_subtree_follows_its_calendar() -> None:
    found = calendars(days=(Day(TOWN, MONDAY, working=False),), hours=(Hours(VILLAGE, "10:00-11:00"),))
    start = datetime(2026, 11, 22, 2, tzinfo=UTC)  # Sunday morning
    ends = {grid: deadline(start, Duration.parse("1wh"), calendar) for grid, calendar in found.items()}
    assert ends[COUNTY] == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert ends[TOWN] == datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    assert ends[VILLAGE] == datetime(2026, 11, 24, 3, tzinfo=UTC)


times = st.integers(0, 24 * 60 - 1).map(lambda minute: time(*divmod(minute, 60)))


@given(st.integers(1, 6).flatmap(lambda n: st.sets(times, min_size=2 * n, max_size=2 * n)))
def test_spans_read_back_as_they_are_written(edges: set[time]) -> None:
    ordered = sorted(edges)
    spans = tuple(zip(ordered[::2], ordered[1::2], strict=True))
    assert read_spans(written(*spans)) == spans


@pytest.mark.parametrize(
    "text",
    ["", "08:30", "8:30-12:00", "08:30-24:00", "08:30-12:60", "12:00-08:30", "08:00-12:00,11:00-17:00", "08:00-08:00",
     "08:00-12:00,12:00-13:00", "08:30–12:00", ",".join(f"{h:02}:00-{h:02}:30" for h in range(7)), "٠٨:30-12:00"],
)  # fmt: skip
def test_anything_else_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match=r"spans|written"):
        read_spans(text)


def test_quiet_hours_may_cross_midnight_or_never_come() -> None:
    assert read_quiet("21:00-08:00") == (time(21), time(8))
    assert read_quiet("00:00-00:00") == (time(0), time(0))


def test_a_year_without_a_working_day_is_noticed_wherever_it_lies() -> None:
    for first in (MONDAY - timedelta(days=300), MONDAY, MONDAY + timedelta(days=1000)):
        off = {first + timedelta(days=n): False for n in range(370)}
        with pytest.raises(NoWorkingTime):
            must_work(BASE.changed(off), MONDAY)
    must_work(BASE, MONDAY)
    must_work(BASE.changed({MONDAY + timedelta(days=n): False for n in range(360)}), MONDAY)


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_a_month_has_all_its_days(day: date) -> None:
    days = month_days(day.replace(day=1))
    assert day in days
    assert {one.month for one in days} == {day.month}
    assert (days[-1] + timedelta(days=1)).day == 1
