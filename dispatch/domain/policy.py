"""TABLE 2: clocks, rises and the ladder of offers by urgency and category; rows of the database override these."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self, TypeVar

from dispatch.domain.asking import Asking, ladder_fault
from dispatch.domain.vocabulary import TIMED, Clock, Rung, Urgency, Word
from grid_model.durations import Duration, Unit

__all__ = ["BROAD", "DEFAULT", "EMERGENCY", "EVERY", "RISE", "Asking", "ClockRow", "Policy", "RungRow", "clock_fault"]

W = TypeVar("W", bound=Word)

RISE = "rise"
"""The word that stands, in a row of the database, for the new clock after a rise."""

EVERY = ""
"""The category of a rule that holds for all categories that no narrower rule speaks of."""

BROAD = 2
"""How many characters of a category's code name its broad class (大类)."""

ClockRow = tuple[str, str, str, str]
"""Urgency, category, clock (or ``rise``) and duration, as they are stored."""

RungRow = tuple[str, str, int, str, int | None, str | None]
"""Urgency, category, place from 1, rung, size and window, as they are stored."""


@dataclass(frozen=True)
class Policy:
    """How long everything may take and who is asked when; whole, so that no order is ever without a deadline.

    Attributes:
        clocks: the duration of every clock in ``TIMED`` by urgency and category; ``""`` is every category, ``"03"`` a
            broad class, ``"0301"`` one category, and the narrowest that is given wins.
        rise: the new clock that starts when an order has risen one level.
        ladders: who is asked one after another, until the accept clock raises the order.

    Raises:
        ValueError: something is missing for all categories, or a ladder cannot be climbed; the message names which.
    """

    clocks: Mapping[tuple[Urgency, str, Clock], Duration]
    rise: Mapping[tuple[Urgency, str], Duration]
    ladders: Mapping[tuple[Urgency, str], tuple[Asking, ...]]
    _durations: dict[tuple[Clock, Urgency, str], Duration] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # what was resolved once; as many entries as there are categories in use

    def __post_init__(self) -> None:
        missing = [f"{u} {clock}" for u in Urgency for clock in TIMED if (u, EVERY, clock) not in self.clocks]
        missing += [f"{urgency} {RISE}" for urgency in Urgency if (urgency, EVERY) not in self.rise]
        missing += [f"{urgency} ladder" for urgency in Urgency if (urgency, EVERY) not in self.ladders]
        if missing:
            raise ValueError(f"the policy does not say how long: {', '.join(missing)}")
        for (urgency, category), ladder in self.ladders.items():
            wrong = ladder_fault(ladder)
            if wrong is not None:
                raise ValueError(f"ladder {urgency} {category or 'of every category'}: {wrong[1]}")
        for (urgency, category, clock), duration in self.clocks.items():
            wrong = clock_fault(clock, duration)
            if wrong is not None:
                raise ValueError(f"{urgency} {category or 'of every category'} {clock}: {wrong[1]}")
        for name in ("clocks", "rise", "ladders"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def duration(self, clock: Clock, urgency: Urgency, category: str) -> Duration:
        """Return how long a clock of ``TIMED`` runs.

        Raises:
            KeyError: the clock is a warning, whose time is a share of its milestone's.
        """
        key = (clock, urgency, category)
        known = self._durations.get(key)
        if known is None:
            keys = ((urgency, scope, clock) for scope in _scopes(category))
            known = next((self.clocks[one] for one in keys if one in self.clocks), None)
            if known is None:
                raise KeyError(key)
            self._durations[key] = known
        return known

    def rise_duration(self, urgency: Urgency, category: str) -> Duration:
        """Return how long the clock runs that starts after a rise."""
        return next(self.rise[urgency, scope] for scope in _scopes(category) if (urgency, scope) in self.rise)

    def ladder(self, urgency: Urgency, category: str) -> tuple[Asking, ...]:
        """Return who is asked one after another; the last stands until the accept clock raises the order."""
        return next(self.ladders[urgency, scope] for scope in _scopes(category) if (urgency, scope) in self.ladders)

    def overridden(self, rows: Iterable[ClockRow], rungs: Iterable[RungRow] = ()) -> Self:
        """Give the policy with some rules replaced; of two rows for the same one the later wins, a ladder goes whole.

        Raises:
            ValueError: a row makes no sense, or the rungs of a ladder do not; the message names which.
        """
        clocks, rise, ladders = dict(self.clocks), dict(self.rise), dict(self.ladders)
        for row in rows:
            urgency_word, category, word, text = row
            try:
                urgency, duration = _word(Urgency, urgency_word), Duration.parse(text)
                if word == RISE:
                    rise[urgency, category] = duration
                else:
                    clocks[urgency, category, _timed(word)] = duration
            except ValueError as fault:
                raise _refused(row, fault) from fault
        ladders.update(_ladders(rungs))
        return type(self)(clocks, rise, ladders)


_LONGEST_WAIT = {Unit.MINUTE: 24 * 60, Unit.HOUR: 24, Unit.DAY: 1}


def clock_fault(clock: Clock, duration: Duration) -> tuple[str, str] | None:
    """Say in Chinese and English why a clock may not run that long, or None if it may (DOMAIN §2: at most 24 h)."""
    if clock is not Clock.RESUME or duration.amount <= _LONGEST_WAIT.get(duration.unit, -1):
        return None
    return "等候群众最长 24 小时，按自然时间计", "the resident is waited for at most 24 natural hours"


def _scopes(category: str) -> tuple[str, str, str]:
    return category, category[:BROAD], EVERY


def _ladders(rungs: Iterable[RungRow]) -> dict[tuple[Urgency, str], tuple[Asking, ...]]:
    places: dict[tuple[Urgency, str], dict[int, Asking]] = {}
    for row in rungs:
        urgency, category, place, rung, size, window = row
        try:
            asking = Asking(_word(Rung, rung), size, None if window is None else Duration.parse(window))
            places.setdefault((_word(Urgency, urgency), category), {})[place] = asking
        except ValueError as fault:
            raise _refused(row, fault) from fault
    return {key: tuple(askings[place] for place in sorted(askings)) for key, askings in places.items()}


def _refused(row: tuple[object, ...], fault: ValueError) -> ValueError:
    return ValueError(f"policy row {' '.join(map(repr, row))}: {fault}")


def _timed(text: str) -> Clock:
    clock = _word(Clock, text)
    if clock not in TIMED:
        raise ValueError(f"{text!r} is a share of its milestone's time and is not set")
    return clock


def _word(words: type[W], text: str) -> W:
    for word in words:
        if word.value == text:
            return word
    raise ValueError(f"{text!r} is none of {', '.join(words)}")


# The sources: "13710" is that digit of the rule of Shanxi, 2016, with the cut-off of its first digit and the 30 days of
# its "one month" ours; "tier" is Beijing's practice, from a draft standard; "(ours)" is our own decision.
# fmt: off
_COLUMNS = (Urgency.CRITICAL, Urgency.URGENT, Urgency.GENERAL, Urgency.COMPLEX)
_MORNING = "working_morning"
_Row = tuple[Clock | str, str, str, str, str]
_ROWS: tuple[_Row, ...] = (
    #                critical  urgent    general     complex
    (Clock.ACCEPT,   "15m",    "1h",     "same_day", "same_day"),  # (ours), (ours), 13710 first 1, 13710 first 1
    (Clock.CONTACT,  "30m",    "4h",     "3d",       "3d"),        # (ours), (ours), 13710 3, 13710 3
    (Clock.RESOLVE,  "2h",     "24h",    "7d",       "30d"),       # tier, tier, tier and 13710 7, 13710 second 1
    (Clock.DISPATCH, "3m",     "15m",    "2ah",      "2ah"),       # (ours); quiet hours: DOMAIN §3
    (Clock.OFFER,    "5m",     "15m",    "3ah",      "3ah"),       # (ours), an offer by hand; quiet hours: DOMAIN §3
    (Clock.RATE,     "7d",     "7d",     "7d",       "7d"),        # (ours)
    (Clock.REMIND,   _MORNING, _MORNING, _MORNING,   _MORNING),    # once a working day: DOMAIN §3; the hour (ours)
    (Clock.RESUME,   "24h",    "24h",    "24h",      "24h"),       # at most 24 h, once: DOMAIN §2
    (Clock.DECIDE,   "15m",    "1h",     "1wd",      "1wd"),       # (ours): as long as a level has
    (Clock.ASSIST,   "1h",     "12h",    "3d",       "7d"),        # (ours), where whoever calls names none
    (RISE,           "15m",    "1h",     "1wd",      "1wd"),       # (ours)
)
_LADDERS: dict[Urgency, tuple[str, ...]] = {  # who: DOMAIN §3; the windows (ours)
    Urgency.CRITICAL: ("direct 1 3m",  "group 3 3m",  "pool 3m",  "siblings 20"),
    Urgency.URGENT:   ("direct 1 10m", "group 3 10m", "pool 10m", "siblings 20"),
    Urgency.GENERAL:  ("direct 1 2ah", "group 3 2ah", "pool 2ah", "siblings 20"),
    Urgency.COMPLEX:  ("direct 1 2ah", "group 3 2ah", "pool 2ah", "siblings 20"),
}

# In an emergency (急时) everything is faster and runs through nights and holidays; every figure here is (ours).
_EMERGENCY_ROWS: tuple[_Row, ...] = (
    #                critical  urgent    general     complex
    (Clock.ACCEPT,   "10m",    "30m",    "1h",       "1h"),        # (ours)
    (Clock.CONTACT,  "20m",    "2h",     "4h",       "4h"),        # (ours)
    (Clock.RESOLVE,  "2h",     "12h",    "24h",      "3d"),        # tier, then (ours)
    (Clock.DISPATCH, "2m",     "5m",     "10m",      "10m"),       # (ours)
    (Clock.OFFER,    "3m",     "10m",    "15m",      "15m"),       # (ours), an offer by hand
    (Clock.RATE,     "7d",     "7d",     "7d",       "7d"),        # (ours): residents are given no less time
    (Clock.REMIND,   "4h",     "12h",    "24h",      "24h"),       # (ours): holidays do not silence it
    (Clock.RESUME,   "2h",     "12h",    "24h",      "24h"),       # (ours), within the 24 h of DOMAIN §2
    (Clock.DECIDE,   "10m",    "30m",    "1h",       "1h"),        # (ours)
    (Clock.ASSIST,   "30m",    "6h",     "12h",      "1d"),        # (ours)
    (RISE,           "10m",    "30m",    "1h",       "1h"),        # (ours)
)
_EMERGENCY_LADDERS: dict[Urgency, tuple[str, ...]] = {  # (ours)
    Urgency.CRITICAL: ("direct 1 2m", "group 3 2m", "pool 2m", "siblings 50"),
    Urgency.URGENT:   ("direct 1 5m", "group 5 5m", "pool 5m", "siblings 50"),
    Urgency.GENERAL:  ("direct 1 5m", "group 5 5m", "pool 5m", "siblings 50"),
    Urgency.COMPLEX:  ("direct 1 5m", "group 5 5m", "pool 5m", "siblings 50"),
}
# fmt: on


def _policy(rows: tuple[_Row, ...], ladders: Mapping[Urgency, tuple[str, ...]]) -> Policy:
    cells = [
        (urgency, word, Duration.parse(text))
        for word, *texts in rows
        for urgency, text in zip(_COLUMNS, texts, strict=True)
    ]
    return Policy(
        clocks={(urgency, EVERY, word): duration for urgency, word, duration in cells if isinstance(word, Clock)},
        rise={(urgency, EVERY): duration for urgency, word, duration in cells if word == RISE},
        ladders={(urgency, EVERY): tuple(map(Asking.parse, rungs)) for urgency, rungs in ladders.items()},
    )


DEFAULT = _policy(_ROWS, _LADDERS)
"""The policy of a county that has overridden nothing."""

EMERGENCY = _policy(_EMERGENCY_ROWS, _EMERGENCY_LADDERS)
"""The policy of emergency mode (急时) in a county that has overridden nothing."""
