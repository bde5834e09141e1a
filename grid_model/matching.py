"""Order and those who serve -> ranked members, each with scores that add up and, where left out, the reason why."""

from collections.abc import Iterable
from dataclasses import dataclass

WEIGHTS = {"carer": 500, "skill": 200, "room": 150, "near": 100, "own_branch": 50}
"""Points of each ground, at its best; whole numbers, so that they stand in the ledger exactly (ours)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody an order could be offered to; ``distance`` is in edges of the tree from the order's grid."""

    person_id: int
    skills: frozenset[str]
    capacity: int
    load: int
    distance: int
    is_carer: bool
    own_branch: bool
    tried: bool
    fairness: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the points of each ground; ``left_out`` says why they are not asked, None if they are."""

    person_id: int
    total: int
    points: tuple[tuple[str, int], ...]
    left_out: str | None
    fairness: int


def rank(category: str, candidates: Iterable[Candidate]) -> tuple[Ranked, ...]:
    """Return the candidates, best first, those left out last.

    Equals are told apart by ``fairness`` (a number the caller draws anew for each order), never by the order in which
    a database returns them.
    """
    ranked = [_judge(category, candidate) for candidate in candidates]
    return tuple(sorted(ranked, key=lambda one: (one.left_out is not None, -one.total, one.fairness, one.person_id)))


def _judge(category: str, candidate: Candidate) -> Ranked:
    room = max(candidate.capacity - candidate.load, 0)
    points = {
        "carer": WEIGHTS["carer"] if candidate.is_carer else 0,
        "skill": WEIGHTS["skill"] if _skilled(category, candidate.skills) else 0,
        "room": WEIGHTS["room"] * room // candidate.capacity if candidate.capacity > 0 else 0,
        "near": WEIGHTS["near"] // (1 + candidate.distance),
        "own_branch": WEIGHTS["own_branch"] if candidate.own_branch else 0,
    }
    left_out = "tried" if candidate.tried else "no_room" if room == 0 else None
    return Ranked(candidate.person_id, sum(points.values()), tuple(points.items()), left_out, candidate.fairness)


def _skilled(category: str, skills: frozenset[str]) -> bool:
    return category in skills or category[:2] in skills
