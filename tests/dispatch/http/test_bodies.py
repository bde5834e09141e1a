"""What may stand in a text, by the short way round as by a look at every character; and how a place is given."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dispatch.http.bodies import Place, Text

TEXT = TypeAdapter(Text)
UNSEEN = ("Cc", "Cf", "Zl", "Zp", "Zs")


def forbidden(character):
    control = unicodedata.category(character) == "Cc" and character not in "\n\r\t"
    code = ord(character)
    return control or code in {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


@given(st.text(st.characters() | st.sampled_from(" \n\t\u3000\u200b\u2066\x7f路灯"), min_size=1, max_size=8))
def test_a_text_is_taken_unless_it_steers_the_screen_or_shows_nothing(text):
    refused = any(map(forbidden, text)) or all(unicodedata.category(one) in UNSEEN for one in text)
    try:
        taken = TEXT.validate_python(text)
    except ValidationError:
        assert refused
    else:
        assert not refused
        assert taken == text.strip()


@pytest.mark.parametrize("grid", [{}, {"grid": "141123100016"}])
@pytest.mark.parametrize("point", [{}, {"lon": 111.1, "lat": 38.4}])
@pytest.mark.parametrize("address", [{}, {"address": "3号楼"}])
def test_a_place_is_given_in_one_way_but_a_point_or_an_address_may_stand_beside_a_code(grid, point, address) -> None:
    place = {**grid, **point, **address}
    if place and not (point and address):
        assert Place.model_validate(place).model_dump(exclude_none=True) == place
    else:
        with pytest.raises(ValidationError, match="give one of grid"):
            Place.model_validate(place)
