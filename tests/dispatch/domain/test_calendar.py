"""The published calendar against the notice of the State Council for 2026, written out by hand."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from dispatch.domain.calendar import published, working_calendar
from grid_model.durations import Duration
from grid_model.hours import deadline

# 国办发明电〔2025〕7号, each holiday from its first day to its last.
HOLIDAYS_2026 = {
    "元旦": (date(2026, 1, 1), date(2026, 1, 3)),
    "春节": (date(2026, 2, 15), date(2026, 2, 23)),
    "清明": (date(2026, 4, 4), date(2026, 4, 6)),
    "劳动节": (date(2026, 5, 1), date(2026, 5, 5)),
    "端午": (date(2026, 6, 19), date(2026, 6, 21)),
    "中秋": (date(2026, 9, 25), date(2026, 9, 27)),
    "国庆": (date(2026, 10, 1), date(2026, 10, 7)),
}
MAKE_UP_2026 = {date(2026, *day) for day in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]}
DAYS_2026 = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize("day", DAYS_2026, ids=str)
def test_every_day_of_2026_is_as_the_state_council_has_it(day: date) -> None:
    holiday = any(first <= day <= last for first, last in HOLIDAYS_2026.values())
    expected = day in MAKE_UP_2026 or (day.isoweekday() <= 5 and not holiday)
    assert working_calendar().is_working_day(day) == expected


def test_2026_has_248_working_days() -> None:
    assert sum(map(working_calendar().is_working_day, DAYS_2026)) == 248


def test_a_year_is_official_if_its_holidays_are_in_the_table_and_provisional_before_and_after() -> None:
    days, years = published()
    assert years >= {2024, 2025, 2026}
    assert {day.year for day in days} >= years
    assert not working_calendar().official(min(years) - 1)
    assert not working_calendar().official(max(years) + 1)


def test_a_year_not_published_yet_knows_the_holidays_that_the_law_fixes_and_stays_provisional() -> None:
    calendar = working_calendar()
    _, years = published()
    for month, day in [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]:
        assert not calendar.is_working_day(date(max(years) + 1, month, day))
    assert not calendar.official(max(years) + 1)


def test_every_make_up_day_of_every_year_is_at_a_weekend() -> None:
    days, _ = published()
    assert all(day.isoweekday() > 5 for day, working in days.items() if working)


def test_the_calendar_is_made_once_and_is_of_shanghai() -> None:
    assert working_calendar() is working_calendar()
    assert working_calendar().zone == ZoneInfo("Asia/Shanghai")


def test_a_working_hour_asked_for_on_new_years_eve_is_over_after_the_spring_festival() -> None:
    calendar = working_calendar()
    start = datetime(2026, 2, 14, 17, tzinfo=calendar.zone)  # a Saturday at work
    assert deadline(start, Duration.parse("1wh"), calendar) == datetime(2026, 2, 24, 9, tzinfo=calendar.zone)


NOT_IN_THE_TABLE = {date(2005, 12, 31): True}
"""The notice for 2006 made the last day of 2005 a workday; our library's table lacks it."""


@pytest.mark.parametrize("year", sorted(published()[1]))
def test_another_library_made_apart_from_ours_agrees_on_every_day_of_every_published_year(year: int) -> None:
    oracle = holidays.country_holidays("CN", years=year)
    calendar = working_calendar()
    differ = {
        day: oracle.is_working_day(day)
        for day in (date(year, 1, 1) + timedelta(days=n) for n in range(366))
        if day.year == year and oracle.is_working_day(day) != calendar.is_working_day(day)
    }
    assert differ == {day: working for day, working in NOT_IN_THE_TABLE.items() if day.year == year}


def test_the_other_library_has_the_same_make_up_days() -> None:
    days, years = published()
    theirs = {day for day in holidays.country_holidays("CN", years=years).weekend_workdays if day.year in years}
    assert theirs == {day for day, working in days.items() if working} | set(NOT_IN_THE_TABLE)
