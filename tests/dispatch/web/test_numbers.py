"""Numbers as they are typed and as they are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.web.numbers import phone, whole


@pytest.mark.parametrize(
    "typed", ["10003000001", "100 0300 0001", "+8610003000001", "+86 100 0300 0001", " +86 10003000001 "]
)
def test_a_phone_is_the_same_however_it_is_written(typed: str) -> None:
    assert phone(typed) == "10003000001"


@given(st.text())
def test_what_is_sent_of_a_phone_is_typed_no_otherwise(typed: str) -> None:
    assert typed.replace(" ", "") in (phone(typed), f"+86{phone(typed)}")


@given(st.integers(min_value=0, max_value=10**9 - 1))
def test_a_whole_number_is_read_as_it_is(number: int) -> None:
    assert whole(str(number)) == number


@given(st.text(min_size=1).filter(lambda text: not (text.isascii() and text.isdigit())))
def test_what_is_no_whole_number_is_passed_on_to_be_refused(typed: str) -> None:
    assert whole(typed) == typed
    assert whole("") is None
