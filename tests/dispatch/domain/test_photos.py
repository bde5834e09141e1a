"""The ids of photos, and what the ledger keeps of one."""

import re

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.photos import ID, photo_digest, photo_id, repeated_id

PARTS = st.tuples(st.binary(min_size=8), st.sampled_from(["nobody", "person 1"]), st.text(max_size=9), st.binary())


@given(st.binary(min_size=16))
def test_an_id_is_fit_for_an_address(random):
    assert re.match(ID, photo_id(random))


@given(PARTS, PARTS)
def test_the_same_picture_under_the_same_key_has_the_same_id_and_no_other_has(one, other):
    assert re.match(ID, repeated_id(*one))
    assert (repeated_id(*one) == repeated_id(*other)) == (one == other)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(), st.binary())
def test_a_digest_vouches_for_one_picture_with_its_salt(salt, another, jpeg, altered):
    assert (photo_digest(salt, jpeg) == photo_digest(another, altered)) == ((salt, jpeg) == (another, altered))
