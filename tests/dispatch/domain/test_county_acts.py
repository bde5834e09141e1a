"""The chain of the county's own acts: whatever is changed in it is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.county_acts import Act, Broken, Entry, Subject, act_hash, examine
from dispatch.domain.ledger import GENESIS

START = datetime(2026, 7, 1, tzinfo=UTC)

datas = st.dictionaries(
    st.text(max_size=4),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.lists(st.integers(0, 9), max_size=2),
    max_size=3,
)  # fmt: skip
entries = st.builds(
    Entry,
    at=st.integers(0, 10**9).map(lambda seconds: START + timedelta(seconds=seconds)),
    actor_id=st.none() | st.integers(1, 9),
    subject=st.sampled_from(Subject),
    grid_id=st.integers(1, 9),
    data=datas,
)


def chain(region, made):
    acts, previous = [], GENESIS
    for number, entry in enumerate(made, 1):
        previous = act_hash(previous, region, number, entry)
        acts.append(Act(region, number, entry, previous))
    return acts


chains = st.dictionaries(st.integers(1, 5), st.lists(entries, min_size=1, max_size=5), min_size=1, max_size=3).map(
    lambda regions: [act for region in sorted(regions) for act in chain(region, regions[region])]
)


@given(chains)
def test_what_was_written_is_whole(acts):
    assert list(examine(acts, [(act.region, act.number, act.hash) for act in acts])) == []


@given(entries)
def test_a_stay_in_the_database_does_not_change_the_hash(entry):
    again = replace(entry, data=orjson.loads(orjson.dumps(entry.data)))
    assert act_hash(GENESIS, 1, 1, again) == act_hash(GENESIS, 1, 1, entry)


@given(chains, st.data())
def test_an_altered_act_is_named_and_no_other(acts, data):
    at = data.draw(st.integers(0, len(acts) - 1))
    whole = acts[at]
    other = data.draw(
        entries.filter(lambda entry: act_hash(GENESIS, 1, 1, entry) != act_hash(GENESIS, 1, 1, whole.entry))
    )
    acts[at] = replace(whole, entry=data.draw(st.sampled_from([other, None])))
    assert list(examine(acts)) == [Broken(whole.region, whole.number, missing=False)]


@given(chains, st.data())
def test_a_forged_act_rehashed_by_hand_shows_at_the_next_one_or_at_its_anchor(acts, data):
    at = data.draw(st.integers(0, len(acts) - 1))
    whole = acts[at]
    acts[at] = replace(whole, hash=bytes(32))
    found = list(examine(acts, [(whole.region, whole.number, whole.hash)]))
    assert Broken(whole.region, whole.number, missing=False) in found


@given(chains, st.data())
def test_an_act_taken_out_is_missed_even_the_newest_once_it_was_anchored(acts, data):
    at = data.draw(st.integers(0, len(acts) - 1))
    gone = acts[at]
    anchored = [(act.region, act.number, act.hash) for act in acts]
    del acts[at]
    assert Broken(gone.region, gone.number, missing=True) in list(examine(acts, anchored))
