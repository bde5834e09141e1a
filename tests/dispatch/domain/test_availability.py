"""Who may be asked when: leave, hours and quiet, each by its own rule."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.availability import EVENINGS, why_not
from dispatch.domain.calendar import working_calendar
from dispatch.domain.order import Grant
from dispatch.domain.serving import ServiceHours, Serving
from dispatch.domain.vocabulary import Role, Urgency
from grid_model.matching import LeftOut

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = working_calendar()
MEMBER = Serving(1, "M1", "张", frozenset(), 3, 0, (Grant(Role.MEMBER, 8, 106),))
GUEST = replace(MEMBER, grants=(Grant(Role.IN_SERVICE, 8, 106),))
OCTOBER = datetime(2026, 9, 25, tzinfo=ZONE)

moments = st.integers(0, 20 * 24 * 4).map(lambda quarters: OCTOBER + timedelta(minutes=15 * quarters))
urgencies = st.sampled_from(list(Urgency))


@given(moments, urgencies)
def test_whoever_has_set_nothing_may_always_be_asked(now, urgency):
    assert why_not(MEMBER, now, CALENDAR, urgency) is None


@given(moments, urgencies, st.integers(0, 20), st.integers(0, 9))
def test_on_leave_nobody_is_asked_from_the_first_day_to_the_last(now, urgency, begins, days):
    first = OCTOBER.date() + timedelta(days=begins)
    last = first + timedelta(days=days)
    away = replace(MEMBER, leaves=((first, last),), quiet=(time(0), time(0)))
    assert why_not(away, now, CALENDAR, urgency) is (LeftOut.ON_LEAVE if first <= now.date() <= last else None)


@given(moments, urgencies, st.integers(0, 23), st.integers(0, 23))
def test_only_what_is_critical_breaks_somebody_s_own_quiet(now, urgency, begin, end):
    quiet = replace(MEMBER, quiet=(time(begin), time(end)))
    inside = begin <= now.hour < end if begin <= end else now.hour >= begin or now.hour < end
    left_out = LeftOut.OFF_HOURS if inside and urgency is not Urgency.CRITICAL else None
    assert why_not(quiet, now, CALENDAR, urgency) is left_out


@given(moments, urgencies)
def test_in_service_members_serve_in_the_evenings_and_on_days_off(now, urgency):
    quarter = now.hour * 60 + now.minute
    begins = 18 * 60 + 30 if CALENDAR.is_working_day(now.date()) else 9 * 60
    left_out = None if begins <= quarter < 21 * 60 else LeftOut.OFF_HOURS
    assert why_not(GUEST, now, CALENDAR, urgency) is left_out
    both = replace(GUEST, grants=(*GUEST.grants, *MEMBER.grants))
    assert why_not(both, now, CALENDAR, urgency) is None, "who is a member here as well is asked as one"


@pytest.mark.parametrize(
    ("day", "hour", "asked"),
    [(30, 10, False), (1, 10, True), (7, 10, True), (8, 10, False), (10, 10, False), (11, 10, True), (8, 19, True)],
    ids=["Wednesday", "National Day", "last day off", "Thursday", "make-up Saturday", "Sunday", "Thursday evening"],
)
def test_the_hours_follow_holidays_and_make_up_days(day, hour, asked):
    now = datetime(2026, 9 if day == 30 else 10, day, hour, tzinfo=ZONE)
    assert (why_not(GUEST, now, CALENDAR, Urgency.GENERAL) is None) is asked


@given(moments, urgencies)
def test_hours_of_their_own_take_the_place_of_the_usual_ones(now, urgency):
    never = replace(GUEST, service_hours=ServiceHours((), ()))
    assert why_not(never, now, CALENDAR, urgency) is LeftOut.OFF_HOURS
    usual = replace(MEMBER, service_hours=EVENINGS)
    assert why_not(usual, now, CALENDAR, urgency) is why_not(GUEST, now, CALENDAR, urgency)
