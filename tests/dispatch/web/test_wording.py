"""Words that are data, in the language of their reader."""

import pytest

from dispatch.demo.grids import LEVEL_NAMES
from dispatch.web.wording import level


@pytest.mark.parametrize("name", LEVEL_NAMES)
def test_the_usual_levels_of_a_tree_have_their_english(name: str) -> None:
    assert level(name, "en").isascii()
    assert level(name, "zh") == name


def test_a_level_of_another_name_is_told_as_it_is() -> None:
    assert level("驻村工作队", "en") == "驻村工作队"
