"""What is rare about an order is told as plain JSON, and read again as it was."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dispatch.domain.affairs import MISSED, NONE, Affairs, affairs_of, missed, told_affairs
from dispatch.domain.vocabulary import Matter

SOME = Affairs(returns=2, returned_by=(3, 4), urged_at=datetime(2026, 3, 11, tzinfo=UTC))


@pytest.mark.parametrize("affairs", [NONE, MISSED, SOME, replace(SOME, missed=True), Affairs(missed=True), Affairs()])
def test_what_is_told_is_read_again_as_it_was(affairs):
    assert affairs_of(told_affairs(affairs)) == affairs


@pytest.mark.parametrize("affairs", [NONE, MISSED, SOME])
def test_a_promise_once_missed_stays_missed_and_nothing_else_changes(affairs):
    assert missed(affairs) == replace(affairs, missed=True)
    once = missed(affairs)
    assert missed(once) is once


def test_the_most_common_affairs_are_told_as_any_other_and_each_time_anew():
    assert told_affairs(MISSED) == told_affairs(Affairs(missed=True)) == {"missed": True}
    told_affairs(MISSED)["changed"] = True
    assert told_affairs(MISSED) == {"missed": True}


def test_nothing_is_waited_for_where_nothing_was_asked():
    assert not MISSED.asked_for(Matter.RETURN)
