"""Rates say how much stands behind them, and nothing where too little does."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import rates
from dispatch.domain.rates import BANDS, LEAST, WEIGHTS, Counts, RateKind
from dispatch.domain.vocabulary import Grade

FEW = st.integers(0, 60)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    answered = draw(FEW)
    return Counts(
        contacted=draw(FEW),
        late=draw(FEW),
        overdue_excluded=draw(FEW),
        answered=answered,
        solved=draw(st.integers(0, answered)),
        grades={grade: draw(st.integers(0, 12)) for grade in Grade},
        grades_excluded=draw(FEW),
    )


@given(counts())
def test_there_are_three_rates_each_from_nothing_to_all_with_how_many_stand_behind_it(counted):
    found = {one.kind: one for one in rates.rates(counted)}
    assert list(found) == list(RateKind)
    for one in found.values():
        assert (one.percent is None) is (one.among < LEAST)
        assert one.percent is None or 0 <= one.percent <= 100
    assert found[RateKind.RESPONSE].among == counted.contacted + counted.late
    assert found[RateKind.SOLVED].among == counted.answered
    assert found[RateKind.SATISFIED].among == sum(counted.grades.values())


@given(counts(), st.sampled_from(Grade))
def test_what_is_excluded_changes_no_rate_and_is_told(counted, grade):
    more = replace(counted, overdue_excluded=counted.overdue_excluded + 5, grades_excluded=counted.grades_excluded + 3)
    for before, after in zip(rates.rates(counted), rates.rates(more), strict=True):
        assert (before.score, before.among) == (after.score, after.among)
    assert [one.excluded for one in rates.rates(more)] == [more.overdue_excluded, 0, more.grades_excluded]
    graded = replace(counted, grades={**counted.grades, grade: counted.grades[grade] + 1})
    assert rates.rates(graded)[2].score - rates.rates(counted)[2].score == WEIGHTS[grade]


def test_a_better_grade_never_weighs_less_and_what_reopens_weighs_nothing():
    weights = [WEIGHTS[grade] for grade in Grade]
    assert weights == sorted(weights, reverse=True)
    assert WEIGHTS[Grade.DISSATISFIED] == WEIGHTS[Grade.VERY_DISSATISFIED] == 0
    assert set(WEIGHTS) == set(Grade)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (max(pair), min(pair)))))
def test_every_branch_stands_in_one_band_and_nothing_is_lost(held):
    found = rates.bands(held)
    assert [(one.least, one.most) for one in found] == list(BANDS)
    assert sum(one.branches for one in found) == len(held)
    assert sum(one.open for one in found) == sum(open_ for open_, _ in held)
    assert sum(one.overdue for one in found) == sum(overdue for _, overdue in held)
    for one in found:
        assert one.least * one.branches <= one.open
        assert one.most is None or one.open <= one.most * one.branches


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_every_day_is_told_once_in_order(first, more):
    found = rates.days(first, first + timedelta(days=more))
    assert (found[0], found[-1], len(found)) == (first, first + timedelta(days=more), more + 1)
    assert found == sorted(set(found))
