"""Explanations of clocks that stood still: nothing is counted twice, and the last line says when it is due."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from grid_model.durations import RULES, Duration, Unit
from grid_model.explaining import explain
from grid_model.explaining_pauses import Stop, due_after, explained
from grid_model.hours import WorkingCalendar, deadline
from grid_model.shares import deferred

SHANGHAI = ZoneInfo("Asia/Shanghai")
OCTOBER = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 20): True, date(2026, 10, 10): True}
CALENDAR = WorkingCalendar(overrides=OCTOBER, official_years=frozenset({2026}))
NATURAL = {Unit.MINUTE, Unit.HOUR, Unit.DAY}


def at(text: str) -> datetime:
    """Read ``09-30 17:00`` as a moment of 2026 in Shanghai."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def stop(since: str, until: str | None) -> Stop:
    return Stop(at(since), None if until is None else at(until), "等候群众", "waiting for the resident")


def one(unit: Unit, amount: int = 1) -> Duration:
    return Duration(0 if unit in RULES else amount, unit)


def counts(begin: datetime, end: datetime, unit: Unit, calendar: WorkingCalendar) -> timedelta:
    """The time between the two that counts, without shortcuts."""
    if unit in NATURAL:
        return end - begin
    first, windows = begin.astimezone(SHANGHAI).date(), calendar.working
    if unit is Unit.WAKING_HOUR:
        windows = calendar.waking
    days = (first + timedelta(days=n) for n in range((end - begin).days + 2))
    spans = (span for day in days for span in windows(day))
    return sum((max(min(closes, end) - max(opens, begin), timedelta()) for opens, closes in spans), timedelta())


starts = st.timedeltas(timedelta(), timedelta(days=40)).map(lambda since: at("09-01 00:00") + since)
durations = st.builds(one, st.sampled_from(Unit), st.integers(1, 20))
spans = st.tuples(*(st.timedeltas(timedelta(), timedelta(days=6)) for _ in range(2)))
any_calendar = st.from_type(WorkingCalendar)


def stops_from(start: datetime, gaps: list[tuple[timedelta, timedelta]]) -> list[Stop]:
    found = []
    for wait, length in gaps:
        start += wait
        found.append(Stop(start, start + length, "等候群众", "waiting for the resident"))
        start += length
    return found


@given(starts, durations, st.lists(spans, max_size=2), any_calendar)
def test_what_is_counted_before_and_after_the_stops_is_what_the_clock_would_have_had_without_them(
    start: datetime, length: Duration, gaps: list[tuple[timedelta, timedelta]], calendar: WorkingCalendar
) -> None:
    stops = stops_from(start, gaps)
    lines = explained(start, length, stops, calendar)
    plain = deadline(start, length, calendar)
    if all(plain < one.since for one in stops):
        assert lines == explain(start, length, calendar)
        return
    assert sum((line.counted for line in lines), timedelta()) == counts(start, plain, length.unit, calendar)
    due = due_after(start, length, stops, calendar).astimezone(SHANGHAI)
    assert lines[-1].date == due.date()
    assert f"{due:%H:%M} 到期" in lines[-1].note_zh
    assert lines[-1].note_en.endswith(f"due at {due:%H:%M}")
    assert all(line.date <= later.date for line, later in pairwise(lines))


@given(starts, durations, spans, any_calendar)
def test_one_stop_is_due_when_the_clock_is_deferred_to(
    start: datetime, length: Duration, gap: tuple[timedelta, timedelta], calendar: WorkingCalendar
) -> None:
    (only,) = stops_from(start, [gap])
    assert only.until is not None
    plain = deadline(start, length, calendar)
    assert due_after(start, length, [only], calendar) == deferred(plain, only.since, only.until, length.unit, calendar)


@given(starts, durations, st.lists(spans, max_size=2), st.timedeltas(timedelta(), timedelta(days=9)), any_calendar)
def test_whatever_it_was_set_to_the_last_line_says_when_it_is_due(
    start: datetime,
    length: Duration,
    gaps: list[tuple[timedelta, timedelta]],
    later: timedelta,
    calendar: WorkingCalendar,
) -> None:
    due = start + later
    lines = explained(start, length, stops_from(start, gaps), calendar, due, ("另有规定", "set otherwise"))
    assert lines[-1].date == due.date()
    assert lines[-1].note_zh.endswith(f"{due:%H:%M} 到期")
    assert all(line.date <= after.date for line, after in pairwise(lines))


def test_a_pause_is_a_line_between_the_days() -> None:
    lines = explained(at("09-28 10:00"), Duration.parse("3d"), [stop("09-29 09:30", "09-29 21:30")], CALENDAR)
    assert [(line.date.day, line.note_zh) for line in lines] == [
        (28, "工作日，10:00 起算，计 14 小时"),
        (29, "工作日，计 9 小时 30 分"),
        (29, "09:30 起等候群众，至 9月29日 21:30，不计"),
        (29, "工作日，计 2 小时 30 分"),
        (30, "工作日，计 24 小时"),
        (1, "放假，计 22 小时，22:00 到期"),
    ]
    assert lines[2].note_en == "waiting for the resident from 09:30 until 29 Sep 21:30, does not count"


def test_working_hours_go_on_where_they_stopped() -> None:
    lines = explained(at("09-30 11:00"), Duration.parse("4wh"), [stop("09-30 15:00", "10-08 08:30")], CALENDAR)
    assert [line.note_zh for line in lines] == [
        "工作日，11:00 起算，计 1 小时 30 分",
        "15:00 起等候群众，至 10月8日 08:30，不计",
        "工作日，计 2 小时 30 分，11:00 到期",
    ]


def test_a_clock_that_stands_still_says_so_and_when_it_would_be_due() -> None:
    lines = explained(at("09-28 10:00"), Duration.parse("2d"), [stop("09-28 12:00", None)], CALENDAR)
    assert [line.note_zh for line in lines] == [
        "工作日，10:00 起算，计 2 小时",
        "12:00 起等候群众，暂停计时",
        "工作日，恢复计时后相应顺延，10:00 到期",
    ]


def test_a_deadline_that_was_set_otherwise_gives_the_reason_on_its_last_line() -> None:
    why = ("不晚于办结时限", "no later than the result is due")
    lines = explained(at("09-28 10:00"), Duration.parse("5h"), (), CALENDAR, at("09-28 12:00"), why)
    assert [line.note_zh for line in lines] == [
        "工作日，10:00 起算，计 2 小时",
        "工作日，不晚于办结时限，12:00 到期",
    ]


def test_a_day_of_a_year_without_published_holidays_says_so() -> None:
    lines = explained(at("12-31 10:00"), Duration.parse("2d"), [stop("12-31 12:00", "12-31 13:00")], CALENDAR)
    assert "尚未公布" in lines[-1].note_zh
