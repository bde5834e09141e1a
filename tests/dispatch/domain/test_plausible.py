"""What a duration surely takes, and that what is refused as a slip of the pen is one, against the calendar itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.calendar import working_calendar
from dispatch.domain.plausible import bounds, clashes, clock_slip, ladder_slip, length_fault, longer
from dispatch.domain.policy import DEFAULT, EMERGENCY
from grid_model.durations import RULES, Duration, Unit
from grid_model.hours import deadline

CALENDAR = working_calendar()
starts = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - naive bounds
durations = st.one_of(
    st.builds(Duration, st.integers(1, 60), st.sampled_from([unit for unit in Unit if unit not in RULES])),
    st.builds(Duration, st.just(0), st.sampled_from(sorted(RULES))),
)


@given(starts, durations)
def test_a_duration_lies_between_its_bounds_wherever_it_starts(start: datetime, duration: Duration) -> None:
    least, most = bounds(duration)
    assert least <= deadline(start, duration, CALENDAR) - start <= most


@given(starts, durations, durations)
def test_what_is_surely_longer_is_due_later_from_every_start(start: datetime, one: Duration, other: Duration) -> None:
    first, second = deadline(start, one, CALENDAR), deadline(start, other, CALENDAR)
    assert not longer(one, other) or first >= second
    assert not longer(one, other, or_equal=True) or first >= second
    assert not (longer(one, other) and longer(other, one))


@given(durations)
def test_nothing_is_longer_than_itself(duration: Duration) -> None:
    assert not longer(duration, duration)
    assert longer(duration, duration, or_equal=True)


@given(starts, st.integers(1, 10_000), st.sampled_from([unit for unit in Unit if unit not in RULES]))
def test_what_takes_a_year_at_most_is_never_refused(start: datetime, amount: int, unit: Unit) -> None:
    duration = Duration(amount, unit)
    if length_fault(duration) is not None:
        assert bounds(duration)[1] > timedelta(days=366)


def test_the_defaults_are_what_somebody_may_mean() -> None:
    for default in (DEFAULT, EMERGENCY):
        assert list(clashes(default, DEFAULT)) == list(clashes(default, EMERGENCY)) == []
        assert all(clock_slip(clock, length) is None for (_, _, clock), length in default.clocks.items())
        assert all(length_fault(length) is None for length in default.rise.values())
        assert all(ladder_slip(ladder) is None for ladder in default.ladders.values())
