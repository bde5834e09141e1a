"""What a resident is told at once says what will happen before they send it, and what did once they have."""

import pytest

from dispatch.domain.advice import ADVICE, advice
from dispatch.domain.vocabulary import State

ELSEWHERE = ("9001", "9002", "9003", "9004")


@pytest.mark.parametrize("category", ELSEWHERE)
@pytest.mark.parametrize("language", [0, 1])
def test_of_what_is_not_ours_nothing_is_said_to_be_done_before_it_is(category, language):
    before, after = advice(category)[language], advice(category, State.REDIRECTED)[language]
    channel = ADVICE[category][language]
    assert before.startswith(channel)
    assert after.startswith(channel)
    will, did = before.removeprefix(channel).strip(), after.removeprefix(channel).strip()
    assert will.startswith(("在这里提交", "Sent here"))
    assert did.startswith(("只作了登记", "It is only on record"))


@pytest.mark.parametrize("category", ELSEWHERE)
def test_nobody_is_said_to_have_passed_it_on(category):
    for state in State:
        zh, en = advice(category, state)
        assert "已为您" not in zh
        assert "转告" not in zh
        assert "neither" in en or "nobody comes" in en or state not in (State.NEW, State.REDIRECTED)


def test_where_life_may_be_in_danger_the_same_is_said_all_the_time():
    assert len({advice("0303", state) for state in State}) == 1
    assert "119" in advice("0303")[0]


def test_of_all_else_nothing_is_said():
    assert advice("0201") is None
