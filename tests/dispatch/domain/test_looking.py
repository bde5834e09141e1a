"""How long a look lasts."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.looking import LOOK, since, slot, until

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - above


@given(MOMENTS, MOMENTS)
def test_a_tap_counts_as_long_as_it_says(tapped, now):
    assert (tapped > since(now)) == (now < until(tapped))


@given(MOMENTS)
def test_every_moment_lies_in_its_slot_which_is_as_long_as_a_look(now):
    start = slot(now)
    assert start <= now < start + LOOK
    assert slot(start) == start
