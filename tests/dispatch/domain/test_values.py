"""Values that are cheap to make behave as frozen dataclasses do."""

from dataclasses import FrozenInstanceError, dataclass, field, replace
from inspect import signature

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.values import changed, value


@value(frozen=True)
class Cheap:
    """A value of ours."""

    one: int
    two: str
    three: dict = field(default_factory=dict)
    four: tuple = ()


@dataclass(frozen=True)
class Plain:
    """The same, as Python makes it."""

    one: int
    two: str
    three: dict = field(default_factory=dict)
    four: tuple = ()


ARGUMENTS = st.fixed_dictionaries(
    {"one": st.integers(), "two": st.text()},
    optional={"three": st.dictionaries(st.text(), st.integers()), "four": st.tuples(st.integers())},
)
CHANGES = st.fixed_dictionaries({}, optional={"one": st.integers(), "two": st.text(), "four": st.tuples(st.integers())})


def told(one):
    return repr(one).partition("(")[2]


@given(ARGUMENTS, CHANGES)
def test_they_hold_what_a_dataclass_of_the_same_arguments_holds(given_, new):
    ours, theirs = Cheap(**given_), Plain(**given_)
    assert told(ours) == told(theirs)
    assert told(changed(ours, **new)) == told(replace(theirs, **new)) == told(replace(ours, **new))
    assert told(ours) == told(theirs), "and the one it was made of is as it was"


@given(ARGUMENTS, ARGUMENTS)
def test_they_are_equal_when_all_their_fields_are(one, other):
    assert (Cheap(**one) == Cheap(**other)) is (Plain(**one) == Plain(**other))
    assert Cheap(**one) == changed(Cheap(**other), **{"three": {}, "four": (), **one})


def test_they_can_be_given_their_fields_by_place():
    assert Cheap(1, "a", {"b": 2}) == Cheap(one=1, two="a", three={"b": 2})
    assert signature(Cheap) == signature(Plain)


def test_each_has_a_default_of_its_own():
    assert Cheap(1, "a").three is not Cheap(1, "a").three


def test_they_are_not_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        Cheap(1, "a").one = 2


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ((), {}),
        ((1,), {}),
        ((1, "a", {}, (), 5), {}),
        ((1, "a"), {"five": 5}),
        ((), {"five": 1}),
        ((), {"two": "a", "five": 1}),
    ],
)
def test_too_few_fields_too_many_and_unknown_ones_are_refused(given_, named):
    with pytest.raises(TypeError):
        Cheap(*given_, **named)
    if named:
        with pytest.raises(TypeError):
            changed(Cheap(1, "a"), **named)
