"""Rates, milestones and loads of many orders: what may be said of them, and how much stands behind it (DOMAIN §5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from dispatch.domain.vocabulary import Grade, Word

LEAST = 10
"""Of fewer than so many no rate is told: silence is not satisfaction (DOMAIN §5)."""

WEIGHTS: Mapping[Grade, Fraction] = {
    Grade.VERY_SATISFIED: Fraction(1),
    Grade.SATISFIED: Fraction(8, 10),
    Grade.FAIR: Fraction(6, 10),
    Grade.DISSATISFIED: Fraction(0),
    Grade.VERY_DISSATISFIED: Fraction(0),
}
"""What each grade weighs in the rate of satisfaction; what reopens an order weighs nothing (ours)."""


class RateKind(Word):
    """One of the three rates (三率)."""

    RESPONSE = "response", "响应率", "response"
    SOLVED = "solved", "解决率", "solved"
    SATISFIED = "satisfied", "满意率", "satisfied"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate: the ``score`` that ``among`` orders came to, each from 0 to 1, and how many were ``excluded`` (剔除)."""

    kind: RateKind
    score: Fraction
    among: int
    excluded: int = 0

    @property
    def percent(self) -> float | None:
        """The rate in percent to one digit, or None where too few stand behind it."""
        return round(float(100 * self.score / self.among), 1) if self.among >= LEAST else None


@dataclass(frozen=True, slots=True)
class Milestone:
    """What became of one promise of 13710; ``not_owed`` are those whose order ended otherwise before it was due."""

    kept: int = 0
    missed: int = 0
    open: int = 0
    not_owed: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What the rates are computed of.

    Attributes:
        contacted: residents contacted in time, ``late`` those who were not, both without what is excluded.
        overdue_excluded: orders whose overdue two reviewers held to be nobody's fault here.
        answered: residents who said when they were asked whether it was solved; ``solved`` said yes.
        grades: how many gave each grade, without what is excluded; ``grades_excluded`` were held to be false.
    """

    contacted: int
    late: int
    overdue_excluded: int
    answered: int
    solved: int
    grades: Mapping[Grade, int]
    grades_excluded: int


def rates(counts: Counts) -> tuple[Rate, ...]:
    """Return the three rates (三率): response, solved, satisfied.

    A contact that is still to come in time is neither in the one number nor in the other.
    """
    rated = sum(counts.grades.values())
    satisfied = sum((WEIGHTS[grade] * count for grade, count in counts.grades.items()), start=Fraction(0))
    return (
        Rate(RateKind.RESPONSE, Fraction(counts.contacted), counts.contacted + counts.late, counts.overdue_excluded),
        Rate(RateKind.SOLVED, Fraction(counts.solved), counts.answered),
        Rate(RateKind.SATISFIED, satisfied, rated, counts.grades_excluded),
    )


@dataclass(frozen=True, slots=True)
class Band:
    """Branches that hold about as many orders: from ``least`` to ``most``, both included, None for any number.

    It says how many branches these are and what they hold together, and never which.
    """

    least: int
    most: int | None
    branches: int
    open: int
    overdue: int


BANDS: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 5), (6, 15), (16, None))
"""Where the bands of load begin and end (ours)."""


def bands(held: Iterable[tuple[int, int]]) -> tuple[Band, ...]:
    """Sort branches by what they hold.

    Args:
        held: of each branch how many orders are open, and how many of these are overdue.
    """
    known = list(held)
    found = []
    for least, most in BANDS:
        inside = [one for one in known if least <= one[0] and (most is None or one[0] <= most)]
        found.append(
            Band(least, most, len(inside), sum(open_ for open_, _ in inside), sum(overdue for _, overdue in inside))
        )
    return tuple(found)


def days(first: date, last: date) -> list[date]:
    """Return every day from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
