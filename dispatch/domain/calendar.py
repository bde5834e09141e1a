"""The working calendar of China as far as the State Council has published it (国务院办公厅部分节假日安排)."""

from datetime import date
from functools import cache

from grid_model.hours import WorkingCalendar

FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
"""Holidays that the law fixes to days of the Gregorian year (全国年节及纪念日放假办法, 2024), as (month, day)."""

AHEAD = 5
"""For how many years after the last published one the fixed days are filled in; those years stay provisional."""


def published() -> tuple[dict[date, bool], frozenset[int]]:
    """Give the days that break the week of Monday to Friday (True for a make-up workday), and the published years.

    A year counts as published when its National Day is in the table: the holiday of a New Year may begin or end in the
    neighbouring year, which says nothing about that one.
    """
    import chinese_calendar  # noqa: PLC0415 - most commands never ask what day it is

    days = dict.fromkeys(chinese_calendar.holidays, False) | dict.fromkeys(chinese_calendar.workdays, True)
    return days, frozenset(day.year for day in chinese_calendar.holidays if (day.month, day.day) == (10, 1))


@cache
def working_calendar() -> WorkingCalendar:
    """Give the calendar of Asia/Shanghai with our hours and all published holidays, made once.

    In years not published yet only the holidays fixed by law are known, and the year stays provisional.
    """
    overrides, years = published()
    coming = range(max(years) + 1, max(years) + 1 + AHEAD)
    fixed = {date(year, month, day): False for year in coming for month, day in FIXED}
    return WorkingCalendar(overrides={**fixed, **overrides}, official_years=years)
