"""The working calendar of China as far as the State Council has published it (国务院办公厅部分节假日安排)."""

from datetime import date
from functools import cache

from grid_model.hours import WorkingCalendar


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
    """Give the calendar of Asia/Shanghai with our hours and all published holidays, made once."""
    overrides, years = published()
    return WorkingCalendar(overrides=overrides, official_years=years)
