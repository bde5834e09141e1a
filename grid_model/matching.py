"""Order and those who serve -> ranked members, each with scores that add up and, where left out, the reason why."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

WEIGHTS: Mapping[str, int] = MappingProxyType(
    {"carer": 500, "skill": 200, "room": 150, "near": 100, "own_branch": 50, "declines": -40}
)
"""Points of each ground at its best, of ``declines`` for each one; whole, so that they stand in the ledger exactly.

Ours. Declining costs nothing (DOMAIN §1): the last ground only keeps the same member from being asked first for what
they have said no to, and a household's own carer keeps their place whatever it takes away.
"""

CLASS_DIGITS = 2
"""How many digits of a category's code name its class (大类): a skill may be either, and declines count by class."""

MOST_DECLINES = 3
"""No more recent declines than these count (ours)."""

NEVER = -1
"""The moment of service that sorts before every other: whoever was never served yet comes first among equals."""


class LeftOut(StrEnum):
    """Why a candidate is not asked."""

    DECLINED = "declined"
    ON_LEAVE = "on_leave"
    OFF_HOURS = "off_hours"
    TRIED = "tried"
    NO_ROOM = "no_room"


class Candidate(NamedTuple):
    """Somebody an order could be offered to.

    Attributes:
        distance: edges of the tree from the order's grid.
        fairness: a number the caller draws anew for each order, to tell equals apart.
        served_at: when they were last asked by name or took an order, in microseconds of an epoch; None for never.
        declines: how often they lately said no to the same kind of matter.
        out: why the caller leaves them out already, None where nothing but their room speaks against them.
    """

    person_id: int
    skills: frozenset[str]
    capacity: int
    load: int
    distance: int
    is_carer: bool
    own_branch: bool
    fairness: int
    served_at: int | None = None
    declines: int = 0
    out: LeftOut | None = None


class Ranked(NamedTuple):
    """A candidate with the points of each ground; ``left_out`` says why they are not asked, None if they are."""

    person_id: int
    total: int
    scores: tuple[int, ...]
    left_out: LeftOut | None
    served_at: int | None
    fairness: int

    @property
    def points(self) -> dict[str, int]:
        """The points of each ground; they add up to the total."""
        return dict(zip(WEIGHTS, self.scores, strict=True))


def rank(
    category: str,
    candidates: Iterable[Candidate],
    weights: Mapping[str, int] = WEIGHTS,
    *,
    needs_room: bool = True,
) -> tuple[Ranked, ...]:
    """Return the candidates, best first, those left out last.

    The household's own carer comes before everybody else, whatever the points of the others (DOMAIN §3). Equals are
    told apart by who was served least recently, then by ``fairness``, never by the order in which a database returns
    them. Where ``needs_room`` is false, whoever is full may be asked too, since they may want to take more; but nobody
    who has declared that they take none.

    Raises:
        KeyError: a ground has no weight.
    """
    carer, skill, free, near, own_branch, decline = (weights[ground] for ground in WEIGHTS)
    ranked = []
    for one in candidates:
        capacity, skills = one.capacity, one.skills
        room = capacity - one.load if capacity > one.load else 0
        scores = (
            carer if one.is_carer else 0,
            skill if category in skills or category[:CLASS_DIGITS] in skills else 0,
            free * room // capacity if room else 0,
            near // (1 + one.distance),
            own_branch if one.own_branch else 0,
            decline * min(one.declines, MOST_DECLINES) if one.declines else 0,
        )
        left_out = one.out
        if left_out is None and (room == 0 if needs_room else capacity <= 0):
            left_out = LeftOut.NO_ROOM
        total = sum(scores)
        served_at = NEVER if one.served_at is None else one.served_at
        place = (left_out is not None, not one.is_carer, -total, served_at, one.fairness, one.person_id)
        ranked.append((place, Ranked(one.person_id, total, scores, left_out, one.served_at, one.fairness)))
    ranked.sort(key=_PLACE)
    return tuple([one for _, one in ranked])


_PLACE = itemgetter(0)
