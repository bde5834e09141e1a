"""What may stand in a text: the short way round gives what a look at every character gives."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dispatch.http.bodies import Text

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
