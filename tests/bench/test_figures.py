"""A figure is met, missed or refused; a ratio is the median of rounds, each against the limit beside it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import plots, report
from bench.figures import Figure, ratio, slope, written
from bench.pgbench import warmed

NAMES = ("点单", "submit")
RATES = st.lists(st.tuples(st.floats(1, 1e5), st.floats(1, 1e5)), min_size=1, max_size=9)


@given(RATES)
def test_a_ratio_lies_within_its_rounds(rounds):
    figure = ratio("x", NAMES, [ours for ours, _ in rounds], [limit for _, limit in rounds], 0.6)
    low, high = figure.spread
    assert low <= figure.value <= high
    assert low == min(ours / limit for ours, limit in rounds)


def test_a_slow_round_of_the_machine_slows_both_sides_and_changes_no_ratio():
    assert ratio("x", NAMES, [600, 60, 6], [1000, 100, 10], 0.6).value == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("value", "at_least", "met"), [(0.6, True, True), (0.59, True, False), (25, False, True), (25.1, False, False)]
)
def test_a_target_is_met_from_its_own_side(value, at_least, met):
    assert Figure("x", *NAMES, value, "", 0.6 if at_least else 25, at_least=at_least).met is met


def test_what_lost_a_write_is_never_met_and_says_why():
    figure = Figure("x", *NAMES, 9, "×", 0.6, refused="10 acknowledged, 9 there")
    assert figure.met is False
    assert report.value(figure) == "refused: 10 acknowledged, 9 there"


def test_without_a_target_nothing_is_met_or_missed():
    assert Figure("x", *NAMES, 9, "µs").met is None


@given(st.floats(-1, 2), st.floats(0.1, 10))
def test_the_slope_is_the_power_by_which_the_cost_grows(power, factor):
    sizes = [10**4, 10**5, 10**6]
    assert slope(sizes, [factor * size**power for size in sizes]) == pytest.approx(power, abs=1e-6)


FIGURES = [
    ratio("a", NAMES, [600, 500], [1000, 1000], 0.6, detail={"unit": "orders/s", "cpu": {"workers_us": 450.0}}),
    Figure("b", "延迟", "p99 <busy>", 12, "ms", 25, at_least=False, detail={"quantiles": [(0.5, 2.0), (0.99, 12.0)]}),
    Figure("c", "增长", "growth", 0.1, "", detail={"sizes": [10, 100], "costs": [1.0, 1.2]}),
    Figure("d", "丢失", "lost", 0, "×", 0.6, refused="lost"),
]


def test_each_target_missed_is_named_with_the_factor_and_nothing_else():
    slow = Figure("e", "慢", "slow", 50, "ms", 25, at_least=False)
    [low, late] = report.missed([*FIGURES, slow])
    assert "missed by 1.1x" in low
    assert "missed by 2x" in late
    assert "docs/performance.md" in late


def test_what_was_not_measured_says_so_and_is_neither_met_nor_missed():
    figure = Figure("x", *NAMES, 0, "×", 1.5, at_least=False, left_out="BENCH_LARGE=1")
    assert figure.met is None
    assert report.value(figure) == "not measured: BENCH_LARGE=1"


def test_the_page_stands_alone_and_shows_every_figure_and_plot():
    page = report.page(FIGURES, {"at": "2026-01-01", "cores": 2})
    assert page.count("<svg") == 3
    assert "p99 &lt;busy&gt;" in page
    assert "refused: lost" in page
    for loaded in ("<script", "<link", 'src="', "@import"):
        assert loaded not in page


def test_the_same_figures_give_the_same_plots():
    assert list(plots.all_of(FIGURES)) == list(plots.all_of(FIGURES))


def test_figures_are_kept_as_json_with_what_they_were_measured_on(tmp_path):
    written(FIGURES, {"cores": 2}, tmp_path / "out" / "figures.json")
    kept = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert kept["facts"] == {"cores": 2}
    assert [row["key"] for row in kept["figures"]] == ["a", "b", "c", "d"]
    assert [row["met"] for row in kept["figures"]] == [False, True, None, False]


def test_of_pgbenchs_latencies_the_first_of_each_client_and_the_first_seconds_do_not_count() -> None:
    rows = [(str(n % 2), "0", str(1000 * n), "0", str(100 + n), "0") for n in range(8)]
    rows.append(("late", "0", "900000", "0", "109", "0"))
    assert warmed(rows) == [n / 1000 for n in range(3, 8)]
    with pytest.raises(RuntimeError, match="none of them"):
        warmed(rows[:2])
