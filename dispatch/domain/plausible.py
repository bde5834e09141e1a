"""What no county can have meant when it wrote its policy: a slip of the pen is refused where it is read.

Only what people write is judged by it, and not what is stored: a service starts with the rules that it has.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from dispatch.domain.asking import Asking
from dispatch.domain.policy import Policy
from dispatch.domain.vocabulary import Clock, Urgency
from grid_model.durations import RULES, Duration, Unit

MOST_DAYS = 366
"""No rule is longer than so many days' worth (ours): a year, and nobody waits longer for a village's street lamp."""

DAY_S_WORTH: Mapping[Unit, int] = MappingProxyType(
    {Unit.MINUTE: 24 * 60, Unit.HOUR: 24, Unit.DAY: 1, Unit.WORKING_HOUR: 8, Unit.WORKING_DAY: 1, Unit.WAKING_HOUR: 13}
)
"""How many of each unit a day has, a working day the hours of the labour law, a waking one those from 8 to 21."""

LEAST_REMIND = 60
"""A reminder comes not sooner than so many minutes after another (ours)."""

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_OFF = 10 * _DAY
"""No run of days off is longer; the longest holiday with the weekends beside it is nine days."""

_SLOWLY = 4
"""The fewest working hours of a working day that an estimate counts on (ours)."""

_NIGHT = 11 * _HOUR
"""The quiet hours (DOMAIN §3)."""


class Clash(NamedTuple):
    """Two clocks of one urgency and category that cannot both be meant; ``clock`` is the one that was given so."""

    urgency: Urgency
    category: str
    clock: Clock
    zh: str
    en: str


def length_fault(duration: Duration) -> tuple[str, str] | None:
    """Say in Chinese and English why no rule may be that long, or None if it may."""
    if duration.unit in RULES or duration.amount <= MOST_DAYS * DAY_S_WORTH[duration.unit]:
        return None
    longest = Duration(MOST_DAYS * DAY_S_WORTH[duration.unit], duration.unit)
    return (
        f"「{duration}」太长：最长 {longest}，即 {MOST_DAYS} 天之数",
        f"{duration} is too long: at most {longest}, as much as {MOST_DAYS} days have",
    )


def clock_slip(clock: Clock, duration: Duration) -> tuple[str, str] | None:
    """Say in Chinese and English why nobody can mean a clock to run that long, or None if they can."""
    if clock is Clock.REMIND and duration.unit is Unit.MINUTE and duration.amount < LEAST_REMIND:
        return "提醒间隔不能短于 1 小时，以免打扰", "a reminder comes at most once an hour, so as not to be a nuisance"
    return length_fault(duration)


def ladder_slip(ladder: tuple[Asking, ...]) -> tuple[str, str] | None:
    """Say in Chinese and English why nobody can mean a ladder so, or None if they can."""
    for place, asking in enumerate(ladder, start=1):
        wrong = None if asking.window is None else length_fault(asking.window)
        if wrong is not None:
            return f"第 {place} 级{wrong[0]}", f"rung {place}: {wrong[1]}"
    return None


def bounds(duration: Duration) -> tuple[timedelta, timedelta]:
    """Return between which natural times a duration surely lies, wherever it starts and whatever the holidays."""
    amount = duration.amount
    match duration.unit:
        case Unit.MINUTE:
            least = most = timedelta(minutes=amount)
        case Unit.HOUR:
            least = most = amount * _HOUR
        case Unit.DAY:
            least = most = amount * _DAY
        case Unit.WORKING_HOUR:
            least, most = amount * _HOUR, _working(-(-amount // _SLOWLY))
        case Unit.WORKING_DAY:
            least, most = (amount - 1) * _DAY, _working(amount)
        case Unit.WAKING_HOUR:
            nights = 1 + amount // DAY_S_WORTH[Unit.WAKING_HOUR]
            least, most = amount * _HOUR, amount * _HOUR + nights * _NIGHT
        case _:  # a rule: some time of this working day, or of the next
            least, most = timedelta(), _OFF
    return least, most


def _working(days: int) -> timedelta:
    """The longest that so many working days take: every other day is one, and one run of days off comes between."""
    return _OFF + 2 * days * _DAY


def longer(one: Duration, other: Duration, *, or_equal: bool = False) -> bool:
    """Tell whether ``one`` surely takes longer than ``other`` (or as long) from the same start."""
    if one.unit is other.unit:
        return one.amount > other.amount or (or_equal and one == other)
    least, most = bounds(one)[0], bounds(other)[1]
    return least > most or (or_equal and least == most)


_NOT_LONGER: tuple[tuple[Clock, Clock, bool], ...] = (
    (Clock.DISPATCH, Clock.ACCEPT, True),
    (Clock.ACCEPT, Clock.RESOLVE, False),
    (Clock.CONTACT, Clock.RESOLVE, False),
)
"""Which clock ends before which other; of the first pair they may not even be equal."""


def clashes(policy: Policy, default: Policy) -> Iterator[Clash]:
    """Yield every pair of clocks that cannot both be meant, once all overrides of a category are taken together.

    Each stands at the narrowest category that gives one of the two, and at that one of the two which differs from the
    default.
    """
    for urgency, category in sorted({key[:2] for key in policy.clocks}):
        for one, other, apart in _NOT_LONGER:
            given = next((clock for clock in (one, other) if _own(policy, default, urgency, category, clock)), None)
            first, second = (policy.duration(clock, urgency, category) for clock in (one, other))
            if given is None or not longer(first, second, or_equal=apart):
                continue
            lengths = [f"「{clock.zh}」（{length.label('zh')}）" for clock, length in ((one, first), (other, second))]
            yield Clash(
                urgency,
                category,
                given,
                f"{lengths[0]}{'应短于' if apart else '不能长于'}{lengths[1]}",
                f"{one} ({first.label('en')}) must {'be shorter' if apart else 'not be longer'} than {other} "
                f"({second.label('en')})",
            )


def _own(policy: Policy, default: Policy, urgency: Urgency, category: str, clock: Clock) -> bool:
    duration = policy.clocks.get((urgency, category, clock))
    return duration is not None and duration != default.clocks.get((urgency, category, clock))
