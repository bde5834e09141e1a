"""The hours of a day follow each other, and a span over midnight holds what its wall clock says."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.serving import ServiceHours, in_order, within

minutes = st.integers(0, 24 * 60 - 1)


def at(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


@given(minutes, minutes, minutes)
def test_a_span_and_the_one_the_other_way_round_share_the_day_between_them(moment, begin, end):
    one, other = within(at(moment), (at(begin), at(end))), within(at(moment), (at(end), at(begin)))
    assert one + other == (0 if begin == end else 1)


@given(minutes, minutes)
def test_a_span_holds_as_many_minutes_as_pass_on_the_wall_clock(begin, end):
    held = sum(within(at(moment), (at(begin), at(end))) for moment in range(24 * 60))
    assert held == (end - begin) % (24 * 60)


@given(st.lists(st.integers(0, 24 * 60), min_size=2, max_size=8, unique=True))
def test_hours_are_those_of_their_spans_and_midnight_may_end_the_day(edges):
    edges = sorted(edges[: len(edges) // 2 * 2])
    pairs = list(zip(edges[::2], edges[1::2], strict=True))
    hours = ServiceHours(tuple((at(begin), at(end)) for begin, end in pairs), ())
    for moment in range(0, 24 * 60, 7):
        served = any(begin <= moment < end for begin, end in pairs)
        assert hours.cover(at(moment), working_day=True) is served
        assert not hours.cover(at(moment), working_day=False)


@pytest.mark.parametrize(
    "spans",
    [((18, 9),), ((9, 9),), ((9, 12), (11, 14)), ((14, 18), (9, 12)), ((22, 2),)],
    ids=["backwards", "empty", "overlapping", "out of order", "over midnight"],
)
def test_spans_that_do_not_follow_each_other_within_a_day_are_refused(spans):
    kept = tuple((time(begin), time(end)) for begin, end in spans)
    assert not in_order(kept)
    with pytest.raises(ValueError, match="follow each other"):
        ServiceHours((), kept)


def test_spans_may_touch_and_there_may_be_none():
    assert in_order(())
    assert in_order(((time(9), time(12)), (time(12), time(0))))
