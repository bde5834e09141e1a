"""TABLE 2: the defaults as the domain states them, overrides from rows, and rows that are refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.policy import DEFAULT, RISE, Policy
from dispatch.domain.vocabulary import MILESTONES, Clock, Urgency
from grid_model.durations import RULES, Duration, Unit
from grid_model.hours import WorkingCalendar, deadline

CALENDAR = WorkingCalendar()
SHANGHAI = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime(2026, 9, 29, 10, tzinfo=SHANGHAI)
NATURAL = {Unit.MINUTE, Unit.HOUR, Unit.DAY}

durations = st.one_of(
    st.builds(Duration, st.integers(1, 99), st.sampled_from([unit for unit in Unit if unit not in RULES])),
    st.builds(Duration, st.just(0), st.sampled_from(sorted(RULES))),
)


@pytest.mark.parametrize(
    ("word", "critical", "urgent", "general", "complex_"),
    [
        (Clock.ACCEPT, "15m", "1h", "same_day", "same_day"),
        (Clock.CONTACT, "30m", "4h", "3d", "3d"),
        (Clock.RESOLVE, "2h", "24h", "7d", "30d"),
        (Clock.RATE, "7d", "7d", "7d", "7d"),
        (Clock.DISPATCH, "3m", "15m", "2ah", "2ah"),
        (Clock.OFFER, "5m", "15m", "3ah", "3ah"),
        (Clock.REMIND, "working_morning", "working_morning", "working_morning", "working_morning"),
        (RISE, "15m", "1h", "1wd", "1wd"),
    ],
)
def test_the_defaults_are_those_of_the_domain(
    word: Clock | str, critical: str, urgent: str, general: str, complex_: str
) -> None:
    urgencies = (Urgency.CRITICAL, Urgency.URGENT, Urgency.GENERAL, Urgency.COMPLEX)
    for urgency, text in zip(urgencies, (critical, urgent, general, complex_), strict=True):
        kept = DEFAULT.clocks[urgency, word] if isinstance(word, Clock) else DEFAULT.rise[urgency]
        assert str(kept) == text


@pytest.mark.parametrize("urgency", [Urgency.CRITICAL, Urgency.URGENT])
def test_critical_and_urgent_run_through_nights_and_holidays(urgency: Urgency) -> None:
    units = {DEFAULT.clocks[urgency, clock].unit for clock in Clock if clock is not Clock.REMIND}
    assert units | {DEFAULT.rise[urgency].unit} <= NATURAL


@pytest.mark.parametrize("urgency", Urgency)
def test_the_milestones_of_an_order_come_in_their_order(urgency: Urgency) -> None:
    accepted, contacted, resolved = (DEFAULT.due(clock, urgency, TUESDAY, CALENDAR) for clock in MILESTONES)
    assert TUESDAY < accepted < contacted < resolved


@pytest.mark.parametrize("clock", Clock)
def test_the_worse_the_urgency_the_earlier_everything_is_due(clock: Clock) -> None:
    order = (Urgency.CRITICAL, Urgency.URGENT, Urgency.GENERAL, Urgency.COMPLEX)
    due = [DEFAULT.due(clock, urgency, TUESDAY, CALENDAR) for urgency in order]
    assert due == sorted(due)


@pytest.mark.parametrize("urgency", Urgency)
def test_for_what_is_filed_in_the_morning_the_windows_of_the_house_fit_into_the_promise(urgency: Urgency) -> None:
    dispatched = DEFAULT.due(Clock.DISPATCH, urgency, TUESDAY, CALENDAR)
    offered = DEFAULT.due(Clock.OFFER, urgency, dispatched, CALENDAR)
    assert offered <= DEFAULT.due(Clock.ACCEPT, urgency, TUESDAY, CALENDAR)


def test_due_is_the_deadline_of_the_duration() -> None:
    assert DEFAULT.due(Clock.RESOLVE, Urgency.CRITICAL, TUESDAY, CALENDAR) == TUESDAY.astimezone(UTC) + timedelta(
        hours=2
    )
    assert DEFAULT.rise_due(Urgency.GENERAL, TUESDAY, CALENDAR) == TUESDAY.astimezone(UTC) + timedelta(days=1)


@given(st.sampled_from(Urgency), st.sampled_from(Clock), durations)
def test_a_row_overrides_its_own_clock_and_no_other(urgency: Urgency, clock: Clock, duration: Duration) -> None:
    changed = DEFAULT.overridden([(urgency.value, clock.value, str(duration))])
    assert changed.clocks == {**DEFAULT.clocks, (urgency, clock): duration}
    assert changed.rise == DEFAULT.rise
    assert changed.due(clock, urgency, TUESDAY, CALENDAR) == deadline(TUESDAY, duration, CALENDAR)


@given(st.sampled_from(Urgency), durations)
def test_a_row_of_the_rise_overrides_that_one(urgency: Urgency, duration: Duration) -> None:
    changed = DEFAULT.overridden([(urgency.value, "rise", str(duration))])
    assert changed.rise == {**DEFAULT.rise, urgency: duration}
    assert changed.clocks == DEFAULT.clocks
    assert changed.rise_due(urgency, TUESDAY, CALENDAR) == deadline(TUESDAY, duration, CALENDAR)


def test_of_two_rows_for_the_same_duration_the_later_wins() -> None:
    changed = DEFAULT.overridden([("urgent", "accept", "2h"), ("urgent", "accept", "3h")])
    assert str(changed.clocks[Urgency.URGENT, Clock.ACCEPT]) == "3h"


def test_no_rows_change_nothing() -> None:
    assert DEFAULT.overridden([]) == DEFAULT


@pytest.mark.parametrize(
    "row",
    [
        ("hurried", "accept", "2h"),
        ("", "accept", "2h"),
        ("urgent", "acceptance", "2h"),
        ("urgent", "Rise", "2h"),
        ("urgent", "accept", "0h"),
        ("urgent", "accept", "-2h"),
        ("urgent", "rise", "0m"),
        ("urgent", "accept", "2 fortnights"),
        ("urgent", "accept", "99999d"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_by_name(row: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError) as refusal:
        DEFAULT.overridden([("urgent", "accept", "2h"), row])
    assert " ".join(map(repr, row)) in str(refusal.value)


def test_a_policy_with_a_hole_is_refused_with_the_name_of_the_hole() -> None:
    clocks = {key: value for key, value in DEFAULT.clocks.items() if key != (Urgency.URGENT, Clock.OFFER)}
    with pytest.raises(ValueError, match="urgent offer"):
        Policy(clocks, DEFAULT.rise)
    with pytest.raises(ValueError, match="complex rise"):
        Policy(DEFAULT.clocks, {key: value for key, value in DEFAULT.rise.items() if key != Urgency.COMPLEX})


def test_a_policy_cannot_be_changed_in_place() -> None:
    with pytest.raises(TypeError):
        DEFAULT.clocks[Urgency.URGENT, Clock.OFFER] = Duration.parse("1h")  # type: ignore[index]
