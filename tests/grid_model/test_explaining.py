"""Explanations: every day counted once, the whole adding up to the duration, and read well in both languages."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_model.durations import RULES, Duration, Unit
from grid_model.explaining import explain
from grid_model.hours import NoWorkingTime, WorkingCalendar, deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
OCTOBER = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 20): True, date(2026, 10, 10): True}
CALENDAR = WorkingCalendar(overrides=OCTOBER, official_years=frozenset({2026}))
NEVER = WorkingCalendar(overrides={date(2026, 1, 1) + timedelta(days=n): False for n in range(3 * 366)})
NEEDS_WORK = [Unit.WORKING_HOUR, Unit.WORKING_DAY, Unit.SAME_DAY, Unit.WORKING_MORNING]


def at(text: str) -> datetime:
    """Read ``09-30 17:00`` as a moment of 2026 in Shanghai."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def one(unit: Unit, amount: int = 1) -> Duration:
    return Duration(0 if unit in RULES else amount, unit)


starts = st.timedeltas(timedelta(), timedelta(days=60)).map(lambda since: at("09-01 00:00") + since)
amounts = st.integers(1, 60)
durations = st.builds(one, st.sampled_from(Unit), amounts)
any_calendar = st.from_type(WorkingCalendar)


def test_a_day_on_which_the_clocks_change_counts_its_own_hours() -> None:
    berlin = WorkingCalendar(zone=ZoneInfo("Europe/Berlin"))
    start = datetime(2026, 10, 24, 12, tzinfo=berlin.zone)  # an hour is gained in the night
    assert [line.counted for line in explain(start, Duration.parse("36h"), berlin)] == [
        timedelta(hours=12), timedelta(hours=24)]  # fmt: skip


def test_an_hour_that_the_wall_clock_shows_twice_is_counted_twice() -> None:
    berlin = WorkingCalendar(zone=ZoneInfo("Europe/Berlin"))
    (line,) = explain(datetime(2026, 10, 25, 1, tzinfo=berlin.zone), Duration.parse("5h"), berlin)
    assert line.counted == timedelta(hours=5)
    assert line.note_en.endswith("due at 05:00")


UNIT_LENGTH = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.WORKING_HOUR: timedelta(hours=1),
    Unit.WAKING_HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WORKING_DAY: timedelta(days=1),
    Unit.SAME_DAY: timedelta(),
    Unit.WORKING_MORNING: timedelta(),
}


@given(starts, durations, any_calendar)
def test_an_explanation_counts_every_day_once_and_comes_to_the_duration(
    start: datetime, duration: Duration, calendar: WorkingCalendar
) -> None:
    lines = explain(start, duration, calendar)
    end = deadline(start, duration, calendar).astimezone(SHANGHAI)
    assert (lines[0].date, lines[-1].date) == (start.date(), end.date())
    assert all(later.date - line.date == timedelta(days=1) for line, later in pairwise(lines))
    assert sum((line.counted for line in lines), timedelta()) == duration.amount * UNIT_LENGTH[duration.unit]
    assert all(line.working == calendar.is_working_day(line.date) for line in lines)
    assert lines[0].note_zh.count(f"{start:%H:%M} 起算") == 1
    assert lines[-1].note_en.endswith(f"due at {end:%H:%M}")


@given(starts, st.sampled_from([Unit.WORKING_HOUR, Unit.WORKING_DAY]), amounts, any_calendar)
def test_a_day_off_counts_nothing(start: datetime, unit: Unit, amount: int, calendar: WorkingCalendar) -> None:
    assert not any(line.counted for line in explain(start, Duration(amount, unit), calendar) if not line.working)


@pytest.mark.parametrize(
    ("start", "duration", "zh"),
    [
        (
            "09-30 17:00",
            "1wh",
            ["工作日，17:00 起算，计 30 分", *["放假，不计"] * 7, "工作日，计 30 分，09:00 到期"],
        ),
        (
            "10-09 14:30",
            "2wd",
            [
                "工作日，14:30 起算，从次日计起",
                "调休上班，计 1 个工作日",
                "周末，不计",
                "工作日，计 1 个工作日，14:30 到期",
            ],
        ),
        ("10-09 20:59", "1ah", ["工作日，20:59 起算，计 1 分", "调休上班，计 59 分，08:59 到期"]),
        ("09-29 09:00", "same_day", ["工作日，09:00 起算，16:00 前受理，当日办，17:30 到期"]),
        (
            "10-10 16:00",
            "same_day",
            [
                "调休上班，16:00 起算，已过 16:00，顺延至下一工作日",
                "周末，顺延至下一工作日",
                "工作日，顺延到此日，12:00 到期",
            ],
        ),
    ],
)
def test_an_explanation_reads_well_in_chinese(start: str, duration: str, zh: list[str]) -> None:
    assert [line.note_zh for line in explain(at(start), Duration.parse(duration), CALENDAR)] == zh


def test_an_explanation_reads_well_in_english() -> None:
    notes = [line.note_en for line in explain(at("10-09 11:15"), Duration.parse("6wh"), CALENDAR)]
    assert notes == [
        "working day, starts at 11:15, counts 3 h 45 min",
        "make-up working day, counts 2 h 15 min, due at 10:45",
    ]


def test_an_explanation_says_where_the_holidays_are_not_published_yet() -> None:
    december, january = explain(at("12-31 17:00"), Duration.parse("1wh"), CALENDAR)
    assert "尚未公布" not in december.note_zh
    assert january.note_zh == "工作日，该年放假安排尚未公布，计 30 分，09:00 到期"
    assert "not published yet" in january.note_en


@pytest.mark.parametrize("calendar", [WorkingCalendar(spans=()), NEVER], ids=["no spans", "no working days"])
@pytest.mark.parametrize("unit", NEEDS_WORK)
def test_what_can_never_fall_due_cannot_be_explained(unit: Unit, calendar: WorkingCalendar) -> None:
    with pytest.raises(NoWorkingTime, match=r"no spans|no working day"):
        explain(at("09-30 17:00"), one(unit), calendar)


@pytest.mark.parametrize("unit", [Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.WAKING_HOUR])
def test_natural_time_is_explained_where_nobody_works(unit: Unit) -> None:
    assert not explain(at("09-30 12:00"), one(unit), NEVER)[0].working


@given(durations)
def test_a_start_without_a_zone_is_no_moment(duration: Duration) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        explain(datetime(2026, 9, 30, 17), duration, CALENDAR)  # noqa: DTZ001 - the fault under test
