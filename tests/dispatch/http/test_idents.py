"""A number in an address is one the database can have given, or none at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.http.idents import MOST, ident


@given(st.integers(0, MOST))
def test_what_the_database_can_have_given_is_read(number):
    assert ident(str(number)) == number


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "1e3", " 1", "９", "²", str(MOST + 1), "9" * 5000, "0" * 5000])
def test_everything_else_is_nobodys(text):
    assert ident(text) is None
