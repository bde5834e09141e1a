"""The rungs of a ladder: written and read back, and what cannot be climbed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.asking import MOST_ASKED, MOST_FURTHER, MOST_RUNGS, Asking, ladder_fault
from dispatch.domain.vocabulary import Rung
from grid_model.durations import Duration, Unit

windows = st.none() | st.builds(Duration, st.integers(1, 99), st.sampled_from([Unit.MINUTE, Unit.WAKING_HOUR]))
askings = st.one_of(
    st.builds(Asking, st.just(Rung.DIRECT), st.just(1), windows),
    st.builds(Asking, st.just(Rung.GROUP), st.integers(1, MOST_ASKED), windows),
    st.builds(Asking, st.sampled_from([Rung.POOL, Rung.SIBLINGS]), st.none() | st.integers(1, MOST_FURTHER), windows),
)


@given(askings)
def test_what_is_written_is_read_back(asking: Asking) -> None:
    assert Asking.parse(str(asking)) == asking


@pytest.mark.parametrize(
    "text",
    ["", " ", "friends", "direct", "direct 10m", "direct 2 10m", "direct 1 10m 3", "group 10m", "group 0 10m",
     "group 51 10m", "group -3", "group ３", "pool 0 10m", "pool 501", "pool soon", "siblings 1wd 2wd", "DIRECT 1 10m"],
)  # fmt: skip
def test_what_is_no_rung_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Asking.parse(text)


@pytest.mark.parametrize("rungs", [("siblings",), ("direct 1 1wd", "direct 1 1wd", "pool"), ("pool 2h", "group 3")])
def test_a_ladder_may_be_short_repeat_one_rung_and_come_in_any_order(rungs: tuple[str, ...]) -> None:
    assert ladder_fault(tuple(map(Asking.parse, rungs))) is None


@pytest.mark.parametrize(
    ("rungs", "named"),
    [
        ((), f"1 to {MOST_RUNGS}"),
        (("direct 1 5m",) * MOST_RUNGS + ("pool",), f"1 to {MOST_RUNGS}"),
        (("direct 1 5m", "pool 5m"), "last"),
        (("direct 1", "pool"), "rung 1"),
        (("direct 1 5m", "pool 5m", "pool"), "pool"),
    ],
)
def test_what_cannot_be_climbed_is_said_in_both_languages(rungs: tuple[str, ...], named: str) -> None:
    fault = ladder_fault(tuple(map(Asking.parse, rungs)))
    assert fault is not None
    zh, en = fault
    assert zh
    assert named in en
