"""TABLE 2: how long each clock runs for each urgency; rows of the database override these defaults."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Self, TypeVar

from dispatch.domain.vocabulary import Clock, Urgency, Word
from grid_model.durations import Duration
from grid_model.hours import WorkingCalendar, deadline

W = TypeVar("W", bound=Word)

RISE = "rise"
"""The word that stands, in a row of the database, for the new clock after a rise."""


@dataclass(frozen=True)
class Policy:
    """How long everything may take; whole, so that no order is ever without a deadline.

    Attributes:
        clocks: the duration of every clock for every urgency.
        rise: the new clock that starts when an order has risen one level.

    Raises:
        ValueError: a duration is missing.
    """

    clocks: Mapping[tuple[Urgency, Clock], Duration]
    rise: Mapping[Urgency, Duration]

    def __post_init__(self) -> None:
        missing = [
            f"{urgency} {clock}" for urgency in Urgency for clock in Clock if (urgency, clock) not in self.clocks
        ]
        missing += [f"{urgency} {RISE}" for urgency in Urgency if urgency not in self.rise]
        if missing:
            raise ValueError(f"the policy does not say how long: {', '.join(missing)}")
        object.__setattr__(self, "clocks", MappingProxyType(dict(self.clocks)))
        object.__setattr__(self, "rise", MappingProxyType(dict(self.rise)))

    def due(self, clock: Clock, urgency: Urgency, start: datetime, calendar: WorkingCalendar) -> datetime:
        """Say when a clock that starts then runs out, in UTC.

        Raises:
            NoWorkingTime: the calendar has no working time within 366 days.
            ValueError: the start has no time zone.
        """
        return deadline(start, self.clocks[urgency, clock], calendar)

    def rise_due(self, urgency: Urgency, start: datetime, calendar: WorkingCalendar) -> datetime:
        """Say when an order that rose then rises again, in UTC.

        Raises:
            NoWorkingTime: the calendar has no working time within 366 days.
            ValueError: the start has no time zone.
        """
        return deadline(start, self.rise[urgency], calendar)

    def overridden(self, rows: Iterable[tuple[str, str, str]]) -> Self:
        """Give the policy with some durations replaced; of two rows for the same one the later wins.

        Args:
            rows: urgency, clock (or ``rise``) and duration, as they are stored.

        Raises:
            ValueError: a word is unknown or a duration is not a positive one; the message names the row.
        """
        clocks, rise = dict(self.clocks), dict(self.rise)
        for row in rows:
            try:
                urgency, duration = _word(Urgency, row[0]), Duration.parse(row[2])
                if row[1] == RISE:
                    rise[urgency] = duration
                else:
                    clocks[urgency, _word(Clock, row[1])] = duration
            except ValueError as fault:
                raise ValueError(f"policy row {' '.join(map(repr, row))}: {fault}") from fault
        return type(self)(clocks, rise)


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
_ROWS: tuple[tuple[Clock | str, str, str, str, str], ...] = (
    #                critical  urgent    general     complex
    (Clock.ACCEPT,   "15m",    "1h",     "same_day", "same_day"),  # (ours), (ours), 13710 first 1, 13710 first 1
    (Clock.CONTACT,  "30m",    "4h",     "3d",       "3d"),        # (ours), (ours), 13710 3, 13710 3
    (Clock.RESOLVE,  "2h",     "24h",    "7d",       "30d"),       # tier, tier, tier and 13710 7, 13710 second 1
    (Clock.DISPATCH, "3m",     "15m",    "2ah",      "2ah"),       # (ours); quiet hours: DOMAIN §3
    (Clock.OFFER,    "5m",     "15m",    "3ah",      "3ah"),       # (ours); quiet hours: DOMAIN §3
    (Clock.RATE,     "7d",     "7d",     "7d",       "7d"),        # (ours)
    (Clock.REMIND,   _MORNING, _MORNING, _MORNING,   _MORNING),    # once a working day: DOMAIN §3; the hour (ours)
    (RISE,           "15m",    "1h",     "1wd",      "1wd"),       # (ours)
)
# fmt: on


def _default() -> Policy:
    cells = [
        (urgency, word, Duration.parse(text))
        for word, *texts in _ROWS
        for urgency, text in zip(_COLUMNS, texts, strict=True)
    ]
    return Policy(
        clocks={(urgency, word): duration for urgency, word, duration in cells if isinstance(word, Clock)},
        rise={urgency: duration for urgency, word, duration in cells if word == RISE},
    )


DEFAULT = _default()
"""The policy of a county that has overridden nothing."""
