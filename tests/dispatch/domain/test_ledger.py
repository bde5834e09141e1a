"""Laws of the ledger's arithmetic; the oracle is Python's own json, as anyone with an export would use it."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.ledger import GENESIS, AnchorHash, anchor_hash, digest, event_hash, microseconds, told
from dispatch.domain.order import Event
from dispatch.domain.vocabulary import Action, Clock, Party, State

TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given there
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXTS
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
DATA = st.dictionaries(TEXTS, VALUES, max_size=4)
EVENTS = st.builds(
    Event,
    region=st.integers(1, 2**31 - 1),
    order_id=st.integers(1, 2**63 - 1),
    version=st.integers(1, 2**31 - 1),
    at=TIMES,
    due_at=st.none() | TIMES,
    action=st.sampled_from(Action),
    party=st.sampled_from(Party),
    actor_id=st.none() | st.integers(1, 1000),
    from_state=st.sampled_from(State),
    to_state=st.sampled_from(State),
    level=st.integers(0, 9),
    branch_id=st.none() | st.integers(1, 1000),
    assignee_id=st.none() | st.integers(1, 1000),
    data=DATA,
    request_key=st.none() | st.binary(min_size=1, max_size=32),
    hash=st.just(b""),
)
HASHES = st.binary(min_size=32, max_size=32)


def canonical(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def exported(event):
    def stamp(at):
        return None if at is None else round(at.timestamp()) * 10**6 + at.microsecond

    def whole(at):
        return None if at is None else stamp(at.replace(microsecond=0)) + at.microsecond

    return {
        "region": event.region,
        "order": event.order_id,
        "version": event.version,
        "at": whole(event.at),
        "due_at": whole(event.due_at),
        "action": str(event.action),
        "party": str(event.party),
        "actor": event.actor_id,
        "from": str(event.from_state),
        "to": str(event.to_state),
        "level": event.level,
        "branch": event.branch_id,
        "assignee": event.assignee_id,
        "data": event.data,
        "request": None if event.request_key is None else event.request_key.hex(),
    }


@given(HASHES, EVENTS)
def test_anyone_with_an_export_and_a_json_writer_computes_the_same_hash(previous, event):
    assert event_hash(previous, event) == hashlib.sha256(previous + canonical(exported(event))).digest()


FRACTIONS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
MIXED = st.recursive(
    PLAIN | FRACTIONS | st.sampled_from(Action),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(TEXTS, inner, min_size=1, max_size=3)
    ),
)


def with_whole_numbers(value):
    """The value as RFC 8785 writes its numbers, looking at each for itself."""
    if isinstance(value, dict):
        return {key: with_whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@given(st.dictionaries(TEXTS, MIXED, max_size=4))
def test_whole_numbers_are_found_wherever_they_lie(content):
    written = orjson.dumps(with_whole_numbers(content), option=orjson.OPT_SORT_KEYS)
    assert digest(b"salt", content) == hashlib.sha256(b"salt" + written).hexdigest()


@given(st.dictionaries(st.sampled_from(Clock), TIMES))
def test_clocks_are_told_by_their_words_and_moments_as_python_writes_them(clocks):
    assert list(told(clocks).items()) == [(clock.value, at.isoformat()) for clock, at in clocks.items()]
    assert all(type(name) is str for name in told(clocks))


@given(HASHES, EVENTS, EVENTS)
def test_two_events_have_one_hash_only_if_every_hashed_field_is_equal(previous, one, other):
    for field in fields(Event):
        if field.name in ("hash", "texts", "salt"):
            continue
        mixed = replace(one, **{field.name: getattr(other, field.name)})
        same = exported(mixed) == exported(one) and canonical(exported(mixed)) == canonical(exported(one))
        assert (event_hash(previous, mixed) == event_hash(previous, one)) is same


@given(HASHES, HASHES, EVENTS)
def test_an_event_is_bound_to_the_one_before_it(one, other, event):
    assert (event_hash(one, event) == event_hash(other, event)) is (one == other)


@given(TIMES, st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_number_in_every_zone(at, minutes):
    elsewhere = at.astimezone(timezone(timedelta(minutes=minutes)))
    assert microseconds(at) == microseconds(elsewhere)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_has_not_is_refused(number):
    event = Event(
        1, 1, 1, datetime(2026, 1, 1, tzinfo=UTC), None, Action.NOTE, Party.SYSTEM, None, State.ROUTED, State.ROUTED,
        0, None, None, {"scores": [{"of": number}]}, None, b"",
    )  # fmt: skip
    with pytest.raises(ValueError, match="no number that JSON has not"):
        event_hash(GENESIS, event)
    with pytest.raises(ValueError, match="no number that JSON has not"):
        digest(b"salt", {"lon": number})


@pytest.mark.parametrize(("one", "other"), [(1.0, 1), (-0.0, 0), (1e16, 10**16), (2.5, 2.50), (1e300, float(10**300))])
def test_how_a_number_is_written_does_not_matter(one, other):
    assert digest(b"", {"lon": one}) == digest(b"", {"lon": other})


@pytest.mark.parametrize(("one", "other"), [(1, 2), (0.1, 0.2), (1, "1"), (True, 1), (None, 0), (0.1, 0.1 + 2**-56)])
def test_its_value_does(one, other):
    assert digest(b"", {"lon": one}) != digest(b"", {"lon": other})


def test_without_the_salt_nobody_can_try_out_what_was_written():
    assert digest(b"a" * 16, {"text": "路灯不亮"}) != digest(b"b" * 16, {"text": "路灯不亮"})


HEADS = st.dictionaries(st.integers(1, 10**8), st.tuples(st.integers(1, 100), HASHES), max_size=5).map(
    lambda heads: [(order_id, *head) for order_id, head in sorted(heads.items())]
)


@given(HASHES, TIMES, HEADS, HEADS)
def test_anchors_are_equal_only_over_equal_heads(previous, through, one, other):
    assert (anchor_hash(previous, 1, 2, through, one) == anchor_hash(previous, 1, 2, through, other)) is (one == other)


@given(HASHES, TIMES, HEADS)
def test_an_anchor_is_bound_to_its_region_its_number_its_end_and_the_one_before(previous, through, heads):
    hashes = {
        anchor_hash(previous, 1, 2, through, heads),
        anchor_hash(previous, 2, 2, through, heads),
        anchor_hash(previous, 1, 3, through, heads),
        anchor_hash(previous, 1, 2, through + timedelta(microseconds=1), heads),
        anchor_hash(hashlib.sha256(previous).digest(), 1, 2, through, heads),
    }
    assert len(hashes) == 5


@given(HASHES, TIMES, HEADS)
def test_an_anchor_can_be_hashed_head_by_head(previous, through, heads):
    running = AnchorHash(previous, 7, 1, through)
    for head in heads:
        running.add(*head)
    assert running.digest() == anchor_hash(previous, 7, 1, through, heads)
