"""What is said of a clock that is not the machine's."""

import re
from datetime import timedelta

import pytest

from dispatch.cli.banner import say_clock
from dispatch.usecases.clock import ServiceClock, wall_now
from dispatch.usecases.ledger import SHANGHAI

AHEAD = timedelta(days=7, hours=7, minutes=1, seconds=39)


@pytest.fixture
def said(monkeypatch, capsys):
    def say(lang, rate, ahead):
        monkeypatch.setenv("DISPATCH_LANG", lang)
        wall = wall_now()
        clock = ServiceClock(rate, wall, wall + ahead)
        before = clock.now()
        say_clock(clock)
        hours = {f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in (before, clock.now())}
        text = capsys.readouterr().err
        if text:
            assert set(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", text)) <= hours
        return text

    return say


def test_nothing_is_said_of_the_machines_own_time(said):
    assert said("zh", 1.0, timedelta(0)) == ""


@pytest.mark.parametrize(
    ("ahead", "zh", "en"),
    [
        (AHEAD, "比真实时间快 7 天 7 小时 1 分，", "ahead of real time by 7 days 7 hours 1 minute;"),
        (timedelta(days=1, minutes=2), "快 1 天 2 分，", "by 1 day 2 minutes;"),
        (timedelta(seconds=59), "快 不到 1 分，", "by less than a minute;"),
        (-timedelta(hours=2), "比真实时间慢 2 小时，", "behind real time by 2 hours;"),
    ],
)
def test_after_a_demonstration_the_distance_and_beijing_time_are_said(said, ahead, zh, en):
    chinese, english = said("zh", 1.0, ahead), said("en", 1.0, ahead)
    assert zh in chinese
    assert "（北京时间）" in chinese
    assert not re.search(r"day|hour|minute", chinese)
    assert en in english
    assert "(Beijing time)" in english


def test_a_fast_clock_is_said_with_beijing_time(said):
    assert "3600 倍速" in said("zh", 3600.0, AHEAD)
    assert "3600 times" in said("en", 3600.0, AHEAD)
