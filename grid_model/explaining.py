"""Why a deadline falls where it does: day by day, what was counted and what was not, in Chinese and English."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import assert_never

from grid_model.durations import RULES, Duration, Unit
from grid_model.hours import CUT_OFF, SATURDAY, WorkingCalendar, dates, deadline, in_time

_DAY = timedelta(days=1)
_ZERO = timedelta()


@dataclass(frozen=True, slots=True)
class Line:
    """One day of an explanation: what of the duration was counted on it, and why.

    ``counted`` adds up over the lines to the duration (a counted day is 24 h); the two rules count nothing.
    """

    date: date
    working: bool
    counted: timedelta
    note_zh: str
    note_en: str


def explain(start: datetime, duration: Duration, calendar: WorkingCalendar) -> tuple[Line, ...]:
    """Say day by day, from the day of the start to the day it is due, why it is due then.

    Raises:
        NoWorkingTime: as ``deadline``.
        ValueError: as ``deadline``.
    """
    begin, end = calendar.local(start), calendar.local(deadline(start, duration, calendar))
    lines = []
    for day in islice(dates(begin.date()), (end.date() - begin.date()).days + 1):
        counted = _counted(day, begin, end, duration.unit, calendar)
        zh, en = [kind(day, calendar)[0]], [kind(day, calendar)[1]]
        if not calendar.official(day.year):
            zh.append("该年放假安排尚未公布")
            en.append("the holidays of that year are not published yet")
        if day == begin.date():
            zh.append(f"{begin:%H:%M} 起算")
            en.append(f"starts at {begin:%H:%M}")
        for note, other in zip((zh, en), _reason(day, begin, counted, duration.unit, calendar), strict=True):
            note.append(other)
        if day == end.date():
            zh.append(f"{end:%H:%M} 到期")
            en.append(f"due at {end:%H:%M}")
        lines.append(Line(day, calendar.is_working_day(day), counted, "，".join(zh), ", ".join(en)))
    return tuple(lines)


def _counted(day: date, begin: datetime, end: datetime, unit: Unit, calendar: WorkingCalendar) -> timedelta:
    match unit:
        case Unit.MINUTE | Unit.HOUR:
            windows = calendar.whole(day)
        case Unit.WORKING_HOUR:
            windows = calendar.working(day)
        case Unit.WAKING_HOUR:
            windows = calendar.waking(day)
        case Unit.DAY:
            return _DAY if day > begin.date() else _ZERO
        case Unit.WORKING_DAY:
            return _DAY if day > begin.date() and calendar.is_working_day(day) else _ZERO
        case Unit.SAME_DAY | Unit.WORKING_MORNING:
            return _ZERO
        case _:
            assert_never(unit)
    first, last = begin.astimezone(UTC), end.astimezone(UTC)
    return sum((max(min(closes, last) - max(opens, first), _ZERO) for opens, closes in windows), _ZERO)


def kind(day: date, calendar: WorkingCalendar) -> tuple[str, str]:
    """Say what sort of day it is, in Chinese and in English."""
    weekend = day.weekday() >= SATURDAY
    if calendar.is_working_day(day):
        return ("调休上班", "make-up working day") if weekend else ("工作日", "working day")
    return ("放假", "holiday") if day in calendar.overrides else ("周末", "weekend")


def _reason(day: date, begin: datetime, counted: timedelta, unit: Unit, calendar: WorkingCalendar) -> tuple[str, str]:
    if unit in RULES:
        return _reason_of_rule(day, begin, unit, calendar)
    if not counted and unit in {Unit.DAY, Unit.WORKING_DAY} and day == begin.date():
        return "从次日计起", "counting begins the next day"
    if not counted:
        return "不计", "does not count"
    if unit in {Unit.DAY, Unit.WORKING_DAY}:
        return f"计 {Duration(1, unit).label('zh')}", f"counts {Duration(1, unit).label('en')}"
    hours, minutes = divmod(counted // timedelta(minutes=1), 60)
    zh = " ".join(f"{n} {word}" for n, word in ((hours, "小时"), (minutes, "分")) if n)
    en = " ".join(f"{n} {word}" for n, word in ((hours, "h"), (minutes, "min")) if n)
    return f"计 {zh or '不足 1 分'}", f"counts {en or 'less than a minute'}"


def _reason_of_rule(day: date, begin: datetime, unit: Unit, calendar: WorkingCalendar) -> tuple[str, str]:
    works = calendar.is_working_day(day)
    if day > begin.date() and works:
        return "顺延到此日", "the next working day"
    if unit is Unit.SAME_DAY and works:
        cut_off = f"{min(CUT_OFF, calendar.close):%H:%M}"
        if in_time(begin, calendar):
            return f"{cut_off} 前受理，当日办", f"before {cut_off}, so the same day"
        return f"已过 {cut_off}，顺延至下一工作日", f"{cut_off} has passed, so the next working day"
    return "顺延至下一工作日", "goes on to the next working day"
