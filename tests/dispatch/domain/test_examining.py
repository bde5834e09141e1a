"""What is said of a chain of events after somebody was at it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dispatch.domain.examining import Entry, Fault, Flaw, follow
from dispatch.domain.ledger import GENESIS, event_hash
from dispatch.domain.order import Event
from dispatch.domain.vocabulary import Action, Party, State

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def chain(length):
    entries, previous = [], GENESIS
    for version in range(1, length + 1):
        event = Event(
            1, 1, version, START + timedelta(minutes=version), None, Action.NOTE, Party.SYSTEM, None, State.ROUTED,
            State.ROUTED, 0, None, None, {}, None, b"",
        )  # fmt: skip
        previous = event_hash(previous, event)
        entries.append(Entry(version, previous, replace(event, hash=previous), None))
    return entries


def moved(entry, version):
    return Entry(version, entry.hash, replace(entry.event, version=version), None)


@given(st.integers(1, 12))
def test_an_untouched_chain_follows(length):
    assert follow(chain(length)) == []


@given(st.integers(1, 12), st.data())
def test_an_altered_event_is_named_alone(length, data):
    entries = chain(length)
    at = data.draw(st.integers(0, length - 1))
    entries[at] = replace(entries[at], event=replace(entries[at].event, level=3))
    assert follow(entries) == [Flaw(Fault.ALTERED_EVENT, at + 1)]


@given(st.integers(1, 12), st.data())
def test_an_altered_hash_is_named_and_what_follows_it_is_not_blamed(length, data):
    entries = chain(length)
    at = data.draw(st.integers(0, length - 1))
    entries[at] = replace(entries[at], hash=bytes(31) + b"x")
    assert follow(entries) == [Flaw(Fault.ALTERED_EVENT, at + 1)]


@given(st.integers(1, 12), st.data())
def test_an_event_that_cannot_be_read_is_named(length, data):
    entries = chain(length)
    at = data.draw(st.integers(0, length - 1))
    entries[at] = replace(entries[at], event=None)
    assert follow(entries) == [Flaw(Fault.ALTERED_EVENT, at + 1)]


@given(st.integers(2, 12), st.data())
def test_missing_events_are_named_as_a_span(length, data):
    first = data.draw(st.integers(1, length - 1))
    last = data.draw(st.integers(first, length - 1))
    left = [entry for entry in chain(length) if not first <= entry.version <= last]
    assert follow(left) == [Flaw(Fault.MISSING_EVENT, first, last)]


@given(st.integers(2, 8), st.data())
def test_events_that_changed_places_are_named_and_no_others(length, data):
    entries = chain(length)
    order = data.draw(st.permutations(entries))
    assume(order != entries)
    told = follow([moved(entry, place) for place, entry in enumerate(order, 1)])
    away = [place for place, entry in enumerate(order, 1) if entry.version != place]
    assert told == [Flaw(Fault.REORDERED_EVENT, place) for place in away]


@pytest.mark.parametrize("version", [0, -1])
def test_an_event_numbered_below_the_first_is_named(version):
    entries = chain(3)
    told = follow([moved(entries[2], version), *entries[:2]])
    assert told == [Flaw(Fault.ALTERED_EVENT, version)]


def test_a_gap_of_two_thousand_million_events_is_one_flaw():
    entries = chain(2)
    assert follow([entries[0], moved(entries[1], 2**31 - 1)]) == [Flaw(Fault.MISSING_EVENT, 2, 2**31 - 2)]
