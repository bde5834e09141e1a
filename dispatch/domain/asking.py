"""The ladder of offers (派单阶梯): its rungs as values, as text, and whether they can be climbed."""

from dataclasses import dataclass
from typing import Self

from dispatch.domain.vocabulary import Rung
from grid_model.durations import Duration

MOST_RUNGS = 9
"""A ladder has no more rungs (ours): five are the domain's, and nobody reads a longer one."""

MOST_ASKED = 50
"""A group is no larger (ours): beyond that a pool is meant."""

MOST_FURTHER = 500
"""No rung asks more further people (ours)."""

_NAMES = frozenset(rung.value for rung in Rung)
OPEN = frozenset({Rung.POOL, Rung.SIBLINGS})
"""The rungs where whoever was asked before may still accept."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One rung: who is asked, how many of them (None: all), and for how long (None: until the accept clock).

    An open rung keeps asking whoever was asked before, and its number is that of the further people.

    Raises:
        ValueError: the number does not suit the rung.
    """

    rung: Rung
    size: int | None
    window: Duration | None

    def __post_init__(self) -> None:
        if self.rung is Rung.DIRECT and self.size != 1:
            raise ValueError(f"direct asks 1, not {self.size}")
        if self.rung is Rung.GROUP and not (self.size is not None and 1 <= self.size <= MOST_ASKED):
            raise ValueError(f"group asks 1 to {MOST_ASKED}, not {self.size}")
        if self.rung in OPEN and self.size is not None and not 1 <= self.size <= MOST_FURTHER:
            raise ValueError(f"{self.rung} asks all, or 1 to {MOST_FURTHER} further people, not {self.size}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rung as it is written in a policy: ``direct 1 10m``, ``group 3 10m``, ``pool 10m``, ``siblings 20``.

        Raises:
            ValueError: the text is nothing of the kind.
        """
        name, *rest = text.split() or [""]
        if name not in _NAMES:
            raise ValueError(f"{text!r} is not a rung: {', '.join(Rung)}, then how many, then a duration")
        rung = Rung(name)
        numbered = bool(rest) and (rung not in OPEN or rest[0].isdigit())
        size = _number(rest.pop(0)) if numbered else None
        window = Duration.parse(rest.pop(0)) if rest else None
        if rest:
            raise ValueError(f"{text!r} has more than a rung, how many and a duration")
        return cls(rung, size, window)

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.rung, self.size, self.window) if part is not None)


def ladder_fault(ladder: tuple[Asking, ...]) -> tuple[str, str] | None:
    """Say in Chinese and English why a ladder cannot be climbed, or None if it can."""
    if not 1 <= len(ladder) <= MOST_RUNGS:
        return f"派单阶梯要有 1 至 {MOST_RUNGS} 级", f"a ladder has 1 to {MOST_RUNGS} rungs, not {len(ladder)}"
    if ladder[-1].window is not None:
        return (
            "最后一级不写时长：它一直有效，直到接单时限届满上报",
            "the last rung has no duration: it stands until the accept clock raises the order",
        )
    for place, asking in enumerate(ladder[:-1], start=1):
        if asking.window is None:
            return f"第 {place} 级缺少时长", f"rung {place} has no duration, and only the last has none"
    for rung in sorted(OPEN):
        if sum(asking.rung is rung for asking in ladder) > 1:
            return f"「{rung.zh}」只能出现一次", f"{rung} is there more than once, and all were asked the first time"
    return None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a number of people")
    return int(text)
