"""Durations that carry their unit: natural, working or waking time, and rules that name a moment by themselves."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

MOST = 10_000
"""The largest amount of a duration: ten thousand days are 27 years, and anything longer is a slip of the pen."""


class Unit(StrEnum):
    """What a duration is counted in; the last two are rules and have no amount."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WORKING_HOUR = "wh"
    WORKING_DAY = "wd"
    WAKING_HOUR = "ah"
    SAME_DAY = "same_day"
    WORKING_MORNING = "working_morning"


RULES = frozenset({Unit.SAME_DAY, Unit.WORKING_MORNING})
"""The units that say a moment by themselves."""

_LABELS = {  # Chinese, English for one, English for several
    Unit.MINUTE: ("分钟", "minute", "minutes"),
    Unit.HOUR: ("小时", "hour", "hours"),
    Unit.DAY: ("天", "day", "days"),
    Unit.WORKING_HOUR: ("个工作时", "working hour", "working hours"),
    Unit.WORKING_DAY: ("个工作日", "working day", "working days"),
    Unit.WAKING_HOUR: ("小时（夜间不计）", "waking hour", "waking hours"),
    Unit.SAME_DAY: ("当日", "same day", "same day"),
    Unit.WORKING_MORNING: ("下一工作日上午", "next working morning", "next working morning"),
}
_WRITTEN = re.compile(r"([1-9][0-9]{0,4})(m|h|d|wh|wd|ah)")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time with its unit: 1 to 10,000 of a unit that is counted, 0 of a rule.

    Raises:
        ValueError: the amount does not suit the unit.
    """

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.unit in RULES:
            if self.amount != 0:
                raise ValueError(f"{self.unit} is a rule and has no amount, not {self.amount}")
        elif not 1 <= self.amount <= MOST:
            raise ValueError(f"a duration is 1 to {MOST} {self.unit}, not {self.amount}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a duration as it is written in a policy: ``15m 2h 7d 4wh 1wd 2ah same_day working_morning``.

        Raises:
            ValueError: the text is nothing of the kind, or its amount is zero, negative or beyond ``MOST``.
        """
        if text in RULES:
            return cls(0, Unit(text))
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise ValueError(
                f"{text!r} is not a duration: a whole number from 1 with m, h, d, wh, wd or ah, "
                "or same_day, or working_morning"
            )
        return cls(int(written[1]), Unit(written[2]))

    def __str__(self) -> str:
        return self.unit.value if self.unit in RULES else f"{self.amount}{self.unit.value}"

    def label(self, lang: Literal["zh", "en"]) -> str:
        """Say the duration to a person: ``2 小时`` or ``2 hours``, ``当日`` or ``same day``."""
        zh, one, several = _LABELS[self.unit]
        words = zh if lang == "zh" else one if self.amount == 1 else several
        return words if self.unit in RULES else f"{self.amount} {words}"
