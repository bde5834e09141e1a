"""Working time: written durations, deadlines as laws and against a slow oracle, and no work at all."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grid_model.durations import RULES, Duration, Unit
from grid_model.hours import NoWorkingTime, WorkingCalendar, crosses_provisional, deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
# October 2026 as published: seven days off, one Sunday before and one Saturday after them at work.
OCTOBER = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 20): True, date(2026, 10, 10): True}
CALENDAR = WorkingCalendar(overrides=OCTOBER, official_years=frozenset({2026}))
EMPTY_SPANS = WorkingCalendar(spans=())
NEVER = WorkingCalendar(overrides={date(2026, 1, 1) + timedelta(days=n): False for n in range(3 * 366)})
NO_WORK = pytest.mark.parametrize("calendar", [EMPTY_SPANS, NEVER], ids=["no spans", "no working days"])

COUNTED = [unit for unit in Unit if unit not in RULES]
NEEDS_WORK = [Unit.WORKING_HOUR, Unit.WORKING_DAY, Unit.SAME_DAY, Unit.WORKING_MORNING]


def at(text: str) -> datetime:
    """Read ``09-30 17:00`` as a moment of 2026 in Shanghai."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def due(start: str, duration: str, calendar: WorkingCalendar = CALENDAR) -> str:
    return f"{deadline(at(start), Duration.parse(duration), calendar).astimezone(SHANGHAI):%m-%d %H:%M}"


def one(unit: Unit, amount: int = 1) -> Duration:
    return Duration(0 if unit in RULES else amount, unit)


starts = st.timedeltas(timedelta(), timedelta(days=60)).map(lambda since: at("09-01 00:00") + since)
amounts = st.integers(1, 60)
durations = st.builds(one, st.sampled_from(Unit), amounts)
any_calendar = st.from_type(WorkingCalendar)


@given(durations)
def test_a_duration_reads_back_as_it_is_written(duration: Duration) -> None:
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize("text", ["15m", "2h", "7d", "4wh", "1wd", "2ah", "10000d", *sorted(RULES)])
def test_what_a_policy_writes_is_written_the_same_way(text: str) -> None:
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "h", "2", "0h", "-1h", "+1h", "1.5h", "02h", " 2h", "2h\n", "2 h", "2H", "2w", "٢h", "10001m", "1same_day"],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("amount", "unit"), [(0, Unit.HOUR), (-1, Unit.DAY), (10_001, Unit.MINUTE), (1, Unit.SAME_DAY)]
)
def test_an_amount_must_suit_its_unit(amount: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match=str(amount)):
        Duration(amount, unit)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("15m", "15 分钟", "15 minutes"),
        ("2h", "2 小时", "2 hours"),
        ("1h", "1 小时", "1 hour"),
        ("7d", "7 天", "7 days"),
        ("4wh", "4 个工作时", "4 working hours"),
        ("1wd", "1 个工作日", "1 working day"),
        ("2ah", "2 小时（夜间不计）", "2 waking hours"),
        ("same_day", "当日", "same day"),
        ("working_morning", "下一工作日上午", "next working morning"),
    ],
)
def test_people_read_a_duration_in_their_language(text: str, zh: str, en: str) -> None:
    assert (Duration.parse(text).label("zh"), Duration.parse(text).label("en")) == (zh, en)


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        # natural time runs through nights and the holiday
        ("09-30 23:50", "15m", "10-01 00:05"),
        ("09-30 17:00", "24h", "10-01 17:00"),
        ("09-30 17:00", "3d", "10-03 17:00"),
        # working hours stop at lunch, in the evening and over the holiday, and run on the make-up Saturday
        ("09-29 11:00", "1wh", "09-29 12:00"),
        ("09-29 11:00", "2wh", "09-29 15:30"),
        ("09-29 07:00", "1wh", "09-29 09:30"),
        ("09-30 17:00", "1wh", "10-08 09:00"),
        ("10-09 17:00", "1wh", "10-10 09:00"),
        ("10-10 17:00", "1wh", "10-12 09:00"),
        # working days keep the time of day, moved into the spans
        ("09-29 10:15", "1wd", "09-30 10:15"),
        ("09-30 10:15", "1wd", "10-08 10:15"),
        ("09-30 10:15", "3wd", "10-10 10:15"),
        ("09-29 06:00", "1wd", "09-30 08:30"),
        ("09-29 13:00", "1wd", "09-30 14:30"),
        ("09-29 19:00", "1wd", "09-30 17:30"),
        ("10-03 10:15", "1wd", "10-08 17:30"),
        # waking hours stop from nine in the evening to eight in the morning, on all days
        ("10-03 10:00", "2ah", "10-03 12:00"),
        ("10-03 20:00", "2ah", "10-04 09:00"),
        ("10-03 23:00", "2ah", "10-04 10:00"),
        ("10-03 03:00", "2ah", "10-03 10:00"),
        # 13710: the same day, unless the cut-off has passed
        ("09-29 00:00", "same_day", "09-29 17:30"),
        ("09-29 15:59", "same_day", "09-29 17:30"),
        ("09-29 16:00", "same_day", "09-30 12:00"),
        ("09-30 16:00", "same_day", "10-08 12:00"),
        ("10-03 10:00", "same_day", "10-08 12:00"),
        ("10-10 10:00", "same_day", "10-10 17:30"),
        # reminders
        ("09-29 03:00", "working_morning", "09-30 09:00"),
        ("09-30 23:00", "working_morning", "10-08 09:00"),
        ("10-09 12:00", "working_morning", "10-10 09:00"),
    ],
)
def test_a_deadline_falls_where_a_clerk_would_put_it(start: str, duration: str, expected: str) -> None:
    assert due(start, duration) == expected


def test_a_place_that_closes_before_the_cut_off_has_an_earlier_one() -> None:
    mornings = WorkingCalendar(spans=((time(8), time(11, 30)),))
    assert due("09-29 11:00", "same_day", mornings) == "09-29 11:30"
    assert due("09-29 11:30", "same_day", mornings) == "09-30 11:30"


def test_a_place_that_opens_late_is_reminded_when_it_opens() -> None:
    assert due("09-29 11:00", "working_morning", WorkingCalendar(spans=((time(10), time(18)),))) == "09-30 10:00"


@pytest.mark.parametrize(
    ("quiet", "start", "expected"),
    [
        ((time(1), time(6)), "09-29 00:30", "09-29 06:30"),
        ((time(0), time(6)), "09-29 23:30", "09-30 06:30"),
        ((time(21), time(0)), "09-29 20:30", "09-30 00:30"),
        ((time(8), time(8)), "09-29 23:30", "09-30 00:30"),
    ],
)
def test_quiet_hours_may_lie_anywhere_in_the_day_or_nowhere(
    quiet: tuple[time, time], start: str, expected: str
) -> None:
    assert due(start, "1ah", WorkingCalendar(quiet=quiet)) == expected


def test_a_natural_day_is_the_same_wall_clock_time_where_the_clocks_change() -> None:
    berlin = WorkingCalendar(zone=ZoneInfo("Europe/Berlin"))
    start = datetime(2026, 10, 24, 12, tzinfo=berlin.zone)  # an hour is gained in the night
    assert deadline(start, Duration.parse("1d"), berlin) == start.astimezone(UTC) + timedelta(hours=25)
    assert deadline(start, Duration.parse("24h"), berlin) == start.astimezone(UTC) + timedelta(hours=24)


@given(starts, durations, any_calendar)
def test_a_deadline_is_in_utc_and_later_than_the_start(
    start: datetime, duration: Duration, calendar: WorkingCalendar
) -> None:
    end = deadline(start, duration, calendar)
    assert end.tzinfo is UTC
    assert end > start


@given(starts, durations, any_calendar)
def test_a_deadline_does_not_depend_on_the_zone_the_start_is_told_in(
    start: datetime, duration: Duration, calendar: WorkingCalendar
) -> None:
    assert deadline(start.astimezone(UTC), duration, calendar) == deadline(start, duration, calendar)


@given(starts, starts, durations, any_calendar)
def test_what_starts_later_is_never_due_earlier(
    one_start: datetime, other: datetime, duration: Duration, calendar: WorkingCalendar
) -> None:
    early, late = sorted((one_start, other))
    assert deadline(early, duration, calendar) <= deadline(late, duration, calendar)


@given(starts, st.sampled_from(COUNTED), amounts, amounts, any_calendar)
def test_a_longer_duration_ends_later(
    start: datetime, unit: Unit, short: int, more: int, calendar: WorkingCalendar
) -> None:
    assert deadline(start, Duration(short, unit), calendar) < deadline(start, Duration(short + more, unit), calendar)


@given(
    starts,
    st.sampled_from([Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.WORKING_HOUR, Unit.WAKING_HOUR]),
    amounts,
    amounts,
    any_calendar,
)
def test_two_durations_one_after_the_other_are_their_sum(
    start: datetime, unit: Unit, first: int, second: int, calendar: WorkingCalendar
) -> None:
    in_between = deadline(start, Duration(first, unit), calendar)
    whole = deadline(start, Duration(first + second, unit), calendar)
    assert deadline(in_between, Duration(second, unit), calendar) == whole


@given(starts, amounts, amounts, any_calendar)
def test_working_days_add_up_too(start: datetime, first: int, second: int, calendar: WorkingCalendar) -> None:
    in_between = deadline(start, Duration(first, Unit.WORKING_DAY), calendar)
    whole = deadline(start, Duration(first + second, Unit.WORKING_DAY), calendar)
    assert deadline(in_between, Duration(second, Unit.WORKING_DAY), calendar) == whole


@given(starts, st.sampled_from(NEEDS_WORK), amounts, any_calendar)
def test_what_needs_working_time_is_due_within_it(
    start: datetime, unit: Unit, amount: int, calendar: WorkingCalendar
) -> None:
    end = deadline(start, one(unit, amount), calendar).astimezone(SHANGHAI)
    assert calendar.is_working_day(end.date())
    assert any(opens <= end.time() <= closes for opens, closes in calendar.spans)


@given(starts, amounts)
def test_windows_do_not_end_in_quiet_hours(start: datetime, amount: int) -> None:
    end = deadline(start, Duration(amount, Unit.WAKING_HOUR), CALENDAR).astimezone(SHANGHAI)
    assert time(8) < end.time() <= time(21)


def stepped(start: datetime, minutes: int, counts: list[bool], calendar: WorkingCalendar | None) -> datetime:
    """Walk minute by minute; a minute counts if its number in the day says so, on working days of the calendar."""
    moment = start
    while minutes:
        works = calendar is None or calendar.overrides.get(moment.date(), moment.isoweekday() <= 5)
        minutes -= works and counts[moment.hour * 60 + moment.minute]
        moment += timedelta(minutes=1)  # Shanghai has no summer time in 2026, so the wall clock will do
    return moment


OFFICE = [510 <= minute < 720 or 870 <= minute < 1050 for minute in range(1440)]
AWAKE = [480 <= minute < 1260 for minute in range(1440)]


@settings(max_examples=40)
@given(starts.map(lambda start: start.replace(second=0, microsecond=0)), st.integers(1, 14))
@example(at("09-30 17:00"), 1)
@example(at("09-29 08:30"), 14)
def test_elapsing_hours_agree_with_a_walk_minute_by_minute(start: datetime, amount: int) -> None:
    assert deadline(start, Duration(amount, Unit.WORKING_HOUR), CALENDAR) == stepped(
        start, amount * 60, OFFICE, CALENDAR
    )
    assert deadline(start, Duration(amount, Unit.WAKING_HOUR), CALENDAR) == stepped(start, amount * 60, AWAKE, None)


def test_a_deadline_in_an_unpublished_year_is_provisional() -> None:
    assert not crosses_provisional(at("12-01 09:00"), at("12-31 23:59"), CALENDAR)
    assert crosses_provisional(at("12-01 09:00"), at("12-31 23:59") + timedelta(minutes=1), CALENDAR)
    # In Shanghai the new year begins while it is still the old one in UTC.
    assert crosses_provisional(at("12-01 09:00"), datetime(2026, 12, 31, 16, tzinfo=UTC), CALENDAR)
    assert crosses_provisional(at("01-01 09:00") - timedelta(days=1), at("01-01 09:00"), CALENDAR)
    assert crosses_provisional(at("12-01 09:00"), at("12-02 09:00"), WorkingCalendar())


@NO_WORK
@pytest.mark.parametrize("unit", NEEDS_WORK)
def test_a_calendar_without_work_is_refused_and_not_searched_for_ever(unit: Unit, calendar: WorkingCalendar) -> None:
    with pytest.raises(NoWorkingTime, match=r"no spans|no working day"):
        deadline(at("09-30 17:00"), one(unit), calendar)


@NO_WORK
@pytest.mark.parametrize("unit", [Unit.MINUTE, Unit.HOUR, Unit.DAY, Unit.WAKING_HOUR])
def test_natural_time_needs_no_working_day(unit: Unit, calendar: WorkingCalendar) -> None:
    assert deadline(at("09-30 12:00"), one(unit), calendar) > at("09-30 12:00")


def test_work_that_is_a_year_away_is_found_and_no_later() -> None:
    def resumes_after(days_off: int) -> datetime:
        off = {date(2026, 9, 30) + timedelta(days=n): False for n in range(days_off)}
        return deadline(at("09-29 17:30"), Duration.parse("1wh"), WorkingCalendar(overrides=off))

    assert resumes_after(365) == datetime(2027, 9, 30, 9, 30, tzinfo=SHANGHAI)
    with pytest.raises(NoWorkingTime, match="2026-09-29"):
        resumes_after(366)


def test_a_long_duration_does_not_mistake_its_length_for_a_lack_of_work() -> None:
    assert deadline(at("09-30 17:00"), Duration(10_000, Unit.WORKING_HOUR), CALENDAR).year > 2030
    assert deadline(at("09-30 17:00"), Duration(10_000, Unit.WORKING_DAY), CALENDAR).year > 2060


@given(durations)
def test_a_start_without_a_zone_is_no_moment(duration: Duration) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        deadline(datetime(2026, 9, 30, 17), duration, CALENDAR)  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    "spans",
    [
        ((time(12), time(8)),),
        ((time(8), time(8)),),
        ((time(8), time(12)), (time(11), time(17))),
        ((time(8), time(12)), (time(12), time(17))),
        ((time(14), time(17)), (time(8), time(12))),
    ],
)
def test_spans_out_of_order_are_refused(spans: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="follow each other"):
        WorkingCalendar(spans=spans)


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_without_overrides_the_week_is_monday_to_friday(day: date) -> None:
    assert WorkingCalendar().is_working_day(day) == (day.isoweekday() <= 5)


def test_a_calendar_keeps_its_overrides_when_the_caller_changes_theirs() -> None:
    mine = {date(2026, 10, 1): False}
    calendar = WorkingCalendar(overrides=mine)
    mine[date(2026, 10, 1)] = True
    assert not calendar.is_working_day(date(2026, 10, 1))
    assert hash(calendar) == hash(WorkingCalendar(zone=SHANGHAI))
    assert calendar != WorkingCalendar()


def test_a_calendar_is_changed_into_another_and_stays_as_it_was() -> None:
    day, other = date(2027, 2, 6), date(2027, 2, 8)
    changed = CALENDAR.changed({day: True, other: False}, years=[2027], spans=((time(9), time(17)),))
    assert changed.is_working_day(day)
    assert not changed.is_working_day(other)
    assert not changed.is_working_day(date(2026, 10, 1))  # what was overridden before is so still
    assert changed.official(2026)
    assert changed.official(2027)
    assert (changed.close, changed.quiet) == (time(17), CALENDAR.quiet)
    assert not CALENDAR.is_working_day(day)
    assert not CALENDAR.official(2027)
    assert CALENDAR.working(other)
    assert not changed.working(other)


@given(starts, durations, any_calendar)
def test_changing_nothing_changes_nothing(start: datetime, duration: Duration, calendar: WorkingCalendar) -> None:
    assert calendar.changed({}) == calendar
    assert deadline(start, duration, calendar.changed({})) == deadline(start, duration, calendar)
