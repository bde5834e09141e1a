"""Many jobs over many people at the least total cost, exactly (平急转换下的批量派单)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EXACT = 2**53
"""Whole numbers below this are exact in the solver's floating point."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who does what: ``pairs`` of (job, person) by rising job, the jobs left over, and what the pairs cost together."""

    pairs: tuple[tuple[int, int], ...]
    unassigned: tuple[int, ...]
    total: int


def assign(costs: npt.NDArray[np.float64], room: Sequence[int], rising: Sequence[int] | None = None) -> Assignment:
    """Give as many jobs as possible to somebody and, of all ways to do that, take one that costs least.

    The Hungarian method in scipy's ``linear_sum_assignment``; somebody with room for several stands there several
    times, so memory is 8 bytes × jobs × the room of all people, of each at most the number of jobs.

    Args:
        costs: whole numbers, one row a job, one column a person; infinite where that person can't have that job.
        room: how many jobs each person can have.
        rising: how much more each further job of a person costs than the one before; nothing where it is left out.

    Raises:
        ValueError: shapes don't fit, a cost is no whole number, room or rising is negative, or the numbers are so
            large that the sum would not be exact.
    """
    jobs, people = costs.shape
    steps = np.zeros(people, dtype=np.int64) if rising is None else np.asarray(rising, dtype=np.int64)
    places = np.minimum(np.asarray(room, dtype=np.int64), jobs)
    if places.shape != (people,) or steps.shape != (people,):
        raise ValueError(f"room and rising must be given for each of {people} people")
    if (places < 0).any() or (steps < 0).any():
        raise ValueError("room and rising can't be negative")
    possible = np.isfinite(costs)
    known = costs[possible]
    if not (known == np.floor(known)).all() or np.isnan(costs).any() or np.isneginf(costs).any():
        raise ValueError("costs are whole numbers, or infinite")
    columns = np.repeat(np.arange(people), places)
    if not known.size or not columns.size:
        return Assignment((), tuple(range(jobs)), 0)
    extra = (np.arange(columns.size) - np.repeat(np.cumsum(places) - places, places)) * steps[columns]
    return _solved(costs, possible, columns, extra)


def _solved(
    costs: npt.NDArray[np.float64],
    possible: npt.NDArray[np.bool_],
    columns: npt.NDArray[np.int64],
    extra: npt.NDArray[np.int64],
) -> Assignment:
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - heavy, and wanted in emergencies only

    known = costs[possible]
    least, span = float(known.min()), float(known.max() - known.min() + extra.max())
    most = min(costs.shape[0], columns.size)
    # one impossible pair costs more than everything else together, so no more of them are taken than must be
    impossible = span * most + 1
    if impossible * most >= EXACT or abs(least) >= EXACT:
        raise ValueError("costs are too large to be added up exactly")
    table = np.where(possible, costs - least, impossible)[:, columns]
    table += extra
    table[~possible[:, columns]] = impossible
    rows, taken = linear_sum_assignment(table)
    people = columns[taken]
    real = possible[rows, people]
    rows, people = rows[real], people[real]
    total = int(costs[rows, people].sum()) + int(extra[taken[real]].sum())
    pairs = tuple(zip(rows.tolist(), people.tolist(), strict=True))
    left = np.setdiff1d(np.arange(costs.shape[0]), rows, assume_unique=True)
    return Assignment(pairs, tuple(left.tolist()), total)
