"""TABLE 2: the defaults as the domain states them, overrides from rows, and rows that are refused."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.policy import DEFAULT, EMERGENCY, EVERY, RISE, Asking, Policy, clock_fault
from dispatch.domain.vocabulary import MILESTONES, TIMED, Clock, Rung, Urgency
from grid_model.durations import RULES, Duration, Unit
from grid_model.hours import WorkingCalendar, deadline

CALENDAR = WorkingCalendar()
TUESDAY = datetime(2026, 9, 29, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
NATURAL = {Unit.MINUTE, Unit.HOUR, Unit.DAY}
ANY = "1003"
"""A category that the defaults say nothing of."""

durations = st.one_of(
    st.builds(Duration, st.integers(1, 99), st.sampled_from([unit for unit in Unit if unit not in RULES])),
    st.builds(Duration, st.just(0), st.sampled_from(sorted(RULES))),
)
categories = st.sampled_from(["", "03", "0301", "0302", "10", "1003"])
timed = st.sampled_from([clock for clock in TIMED if clock is not Clock.RESUME])
urgencies = st.sampled_from(Urgency)


def due(policy: Policy, clock: Clock, urgency: Urgency, start: datetime = TUESDAY) -> datetime:
    return deadline(start, policy.duration(clock, urgency, ANY), CALENDAR)


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
        (Clock.RESUME, "24h", "24h", "24h", "24h"),
        (RISE, "15m", "1h", "1wd", "1wd"),
    ],
)
def test_the_defaults_are_those_of_the_domain(
    word: Clock | str, critical: str, urgent: str, general: str, complex_: str
) -> None:
    columns = (Urgency.CRITICAL, Urgency.URGENT, Urgency.GENERAL, Urgency.COMPLEX)
    for urgency, text in zip(columns, (critical, urgent, general, complex_), strict=True):
        is_clock = isinstance(word, Clock)
        kept = DEFAULT.duration(word, urgency, ANY) if is_clock else DEFAULT.rise_duration(urgency, ANY)
        assert str(kept) == text


@pytest.mark.parametrize("policy", [DEFAULT, EMERGENCY])
@pytest.mark.parametrize("urgency", Urgency)
def test_the_ladder_widens_from_one_to_everybody(policy: Policy, urgency: Urgency) -> None:
    ladder = policy.ladder(urgency, ANY)
    assert [asking.rung for asking in ladder] == [Rung.DIRECT, Rung.GROUP, Rung.POOL, Rung.SIBLINGS]
    assert [asking.window is None for asking in ladder] == [False, False, False, True]


@pytest.mark.parametrize("urgency", [Urgency.CRITICAL, Urgency.URGENT])
def test_critical_and_urgent_run_through_nights_and_holidays(urgency: Urgency) -> None:
    assert _units(DEFAULT, urgency) - {Unit.WORKING_MORNING} <= NATURAL  # the reminder is for a working day


@pytest.mark.parametrize("urgency", Urgency)
def test_in_an_emergency_everything_runs_through_nights_and_holidays(urgency: Urgency) -> None:
    assert _units(EMERGENCY, urgency) <= NATURAL


@pytest.mark.parametrize("clock", [clock for clock in TIMED if clock is not Clock.REMIND])
@pytest.mark.parametrize("urgency", Urgency)
def test_in_an_emergency_nothing_is_due_later(urgency: Urgency, clock: Clock) -> None:
    assert due(EMERGENCY, clock, urgency) <= due(DEFAULT, clock, urgency)


@pytest.mark.parametrize("policy", [DEFAULT, EMERGENCY])
@pytest.mark.parametrize("urgency", Urgency)
def test_the_milestones_of_an_order_come_in_their_order(policy: Policy, urgency: Urgency) -> None:
    accepted, contacted, resolved = (due(policy, clock, urgency) for clock in MILESTONES)
    assert TUESDAY < accepted < contacted < resolved


@pytest.mark.parametrize("policy", [DEFAULT, EMERGENCY])
@pytest.mark.parametrize("clock", TIMED)
def test_the_worse_the_urgency_the_earlier_everything_is_due(policy: Policy, clock: Clock) -> None:
    columns = (Urgency.CRITICAL, Urgency.URGENT, Urgency.GENERAL, Urgency.COMPLEX)
    moments = [due(policy, clock, urgency) for urgency in columns]
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("policy", "urgency", "hour", "reached"),
    [
        *((EMERGENCY, urgency, hour, 4) for urgency in Urgency for hour in (3, 10, 22)),
        *((DEFAULT, urgency, hour, 4) for urgency in (Urgency.CRITICAL, Urgency.URGENT) for hour in (3, 10, 22)),
        (DEFAULT, Urgency.GENERAL, 9, 4),  # siblings at 17:00, half an hour before the close
        (DEFAULT, Urgency.GENERAL, 10, 3),  # filed later, the day ends while the pool is open
    ],
)
def test_how_far_the_ladder_comes_before_the_order_rises(
    policy: Policy, urgency: Urgency, hour: int, reached: int
) -> None:
    filed = TUESDAY.replace(hour=hour)
    ends = due(policy, Clock.ACCEPT, urgency, filed)
    at, climbed = due(policy, Clock.DISPATCH, urgency, filed), 0
    for asking in policy.ladder(urgency, ANY):
        if at >= ends:
            break
        climbed += 1
        at = ends if asking.window is None else deadline(at, asking.window, CALENDAR)
    assert climbed == reached


@given(urgencies, categories, timed, durations)
def test_a_row_overrides_its_own_clock_and_no_other(
    urgency: Urgency, category: str, clock: Clock, duration: Duration
) -> None:
    changed = DEFAULT.overridden([(urgency.value, category, clock.value, str(duration))])
    assert changed.clocks == {**DEFAULT.clocks, (urgency, category, clock): duration}
    assert (changed.rise, changed.ladders) == (DEFAULT.rise, DEFAULT.ladders)
    assert changed.duration(clock, urgency, category) == duration


@given(urgencies, categories, durations)
def test_a_row_of_the_rise_overrides_that_one(urgency: Urgency, category: str, duration: Duration) -> None:
    changed = DEFAULT.overridden([(urgency.value, category, "rise", str(duration))])
    assert changed.rise == {**DEFAULT.rise, (urgency, category): duration}
    assert changed.clocks == DEFAULT.clocks
    assert changed.rise_duration(urgency, category) == duration


@given(st.dictionaries(st.sampled_from(["", "03", "0301"]), durations), categories)
def test_the_narrowest_rule_wins(rules: dict[str, Duration], category: str) -> None:
    rows = [("urgent", scope, "accept", str(duration)) for scope, duration in rules.items()]
    applying = [scope for scope in rules if category.startswith(scope)]
    expected = rules[max(applying, key=len)] if applying else DEFAULT.duration(Clock.ACCEPT, Urgency.URGENT, category)
    policy = DEFAULT.overridden(rows)
    assert policy.duration(Clock.ACCEPT, Urgency.URGENT, category) == expected
    assert policy.duration(Clock.ACCEPT, Urgency.URGENT, category) == expected  # the second time from memory


def test_a_ladder_is_replaced_whole_and_by_its_places() -> None:
    rungs = [("general", "03", 2, "siblings", None, None), ("general", "03", 1, "group", 5, "30m")]
    changed = DEFAULT.overridden([], rungs)
    ladder = changed.ladder(Urgency.GENERAL, "0301")
    assert ladder == (Asking(Rung.GROUP, 5, Duration.parse("30m")), Asking(Rung.SIBLINGS, None, None))
    assert changed.ladder(Urgency.GENERAL, "03") == ladder
    assert changed.ladder(Urgency.GENERAL, "1003") == DEFAULT.ladder(Urgency.GENERAL, EVERY)
    assert changed.ladder(Urgency.URGENT, "0301") == DEFAULT.ladder(Urgency.URGENT, EVERY)


def test_of_two_rows_for_the_same_duration_the_later_wins() -> None:
    changed = DEFAULT.overridden([("urgent", "", "accept", "2h"), ("urgent", "", "accept", "3h")])
    assert str(changed.duration(Clock.ACCEPT, Urgency.URGENT, ANY)) == "3h"


def test_no_rows_change_nothing() -> None:
    assert DEFAULT.overridden([]) == DEFAULT


def test_what_was_asked_of_a_policy_does_not_make_it_another() -> None:
    asked = DEFAULT.overridden([])
    asked.duration(Clock.ACCEPT, Urgency.URGENT, ANY)
    assert asked == DEFAULT.overridden([])


@pytest.mark.parametrize(
    "row",
    [
        ("hurried", "", "accept", "2h"),
        ("", "", "accept", "2h"),
        ("urgent", "", "acceptance", "2h"),
        ("urgent", "", "accept_50", "2h"),
        ("urgent", "", "Rise", "2h"),
        ("urgent", "", "accept", "0h"),
        ("urgent", "", "accept", "-2h"),
        ("urgent", "", "rise", "0m"),
        ("urgent", "", "accept", "2 fortnights"),
        ("urgent", "", "accept", "99999d"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_by_name(row: tuple[str, str, str, str]) -> None:
    with pytest.raises(ValueError) as refusal:
        DEFAULT.overridden([("urgent", "", "accept", "2h"), row])
    assert " ".join(map(repr, row)) in str(refusal.value)


@pytest.mark.parametrize(
    "row",
    [
        ("urgent", "", 1, "friends", None, None),
        ("hurried", "", 1, "pool", None, None),
        ("urgent", "", 1, "direct", 2, None),
        ("urgent", "", 1, "group", None, None),
        ("urgent", "", 1, "pool", 0, None),
        ("urgent", "", 1, "pool", None, "soon"),
    ],
)
def test_a_rung_that_makes_no_sense_is_refused_by_name(
    row: tuple[str, str, int, str, int | None, str | None],
) -> None:
    with pytest.raises(ValueError) as refusal:
        DEFAULT.overridden([], [row])
    assert " ".join(map(repr, row)) in str(refusal.value)


@given(durations)
def test_the_resident_is_waited_for_at_most_a_day(duration: Duration) -> None:
    within = duration.unit in NATURAL and deadline(TUESDAY, duration, CALENDAR) <= TUESDAY.replace(day=30)
    assert (clock_fault(Clock.RESUME, duration) is None) == within
    assert clock_fault(Clock.RESOLVE, duration) is None
    if not within:
        with pytest.raises(ValueError, match="at most 24"):
            DEFAULT.overridden([("urgent", "", "resume", str(duration))])


def test_a_policy_with_a_hole_is_refused_with_the_name_of_the_hole() -> None:
    clocks = {key: value for key, value in DEFAULT.clocks.items() if key != (Urgency.URGENT, EVERY, Clock.OFFER)}
    with pytest.raises(ValueError, match="urgent offer"):
        Policy(clocks, DEFAULT.rise, DEFAULT.ladders)
    rise = {key: value for key, value in DEFAULT.rise.items() if key != (Urgency.COMPLEX, EVERY)}
    with pytest.raises(ValueError, match="complex rise"):
        Policy(DEFAULT.clocks, rise, DEFAULT.ladders)
    ladders = {key: value for key, value in DEFAULT.ladders.items() if key != (Urgency.GENERAL, EVERY)}
    with pytest.raises(ValueError, match="general ladder"):
        Policy(DEFAULT.clocks, DEFAULT.rise, ladders)


def test_a_ladder_that_cannot_be_climbed_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match="urgent 0301"):
        Policy(DEFAULT.clocks, DEFAULT.rise, {**DEFAULT.ladders, (Urgency.URGENT, "0301"): ()})


def test_a_policy_cannot_be_changed_in_place() -> None:
    with pytest.raises(TypeError):
        DEFAULT.clocks[Urgency.URGENT, EVERY, Clock.OFFER] = Duration.parse("1h")  # type: ignore[index]


def _units(policy: Policy, urgency: Urgency) -> set[Unit]:
    windows = {asking.window.unit for asking in policy.ladder(urgency, ANY) if asking.window is not None}
    clocks = {policy.duration(clock, urgency, ANY).unit for clock in TIMED}
    return windows | clocks | {policy.rise_duration(urgency, ANY).unit}
