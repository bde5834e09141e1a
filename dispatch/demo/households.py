"""The households without a smartphone, each looked after (包联) by one member who lives near."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from dispatch.demo.apportion import between, shares, shuffled
from dispatch.demo.grids import UNIT, VILLAGE, Grid, at_level
from dispatch.demo.people import Population
from dispatch.domain.vocabulary import Role

HOUSEHOLDS = 670
CARERS = 60
"""Both are the county's published figures, rounded down."""
PHONE_PREFIX = "10002"
"""Invented numbers: five digits and a running number of six."""

_SEED = 4
_HOUSES_A_UNIT = 10


def households(tree: Sequence[Grid], everybody: Population, always: str) -> list[dict[str, str]]:
    """Give the rows of the sheet ``households``.

    Args:
        tree: all grids.
        everybody: the people; a carer is a member of the branch of the village the household lies in.
        always: the code of a village that must have a carer.
    """
    rng = Random(_SEED)
    others = [village for village in at_level(tree, VILLAGE) if village.code != always]
    villages = [always, *sorted(village.code for village in shuffled(rng, others)[: CARERS - 1])]
    carers = {
        row["grid_code"]: row["person_code"] for row in reversed(everybody.roles) if row["role"] == Role.MEMBER.value
    }
    units: defaultdict[str, list[str]] = defaultdict(list)
    for grid in at_level(tree, UNIT):
        units[grid.code[: len(always)]].append(grid.code)
    found: list[dict[str, str]] = []
    for village, count in zip(villages, shares(HOUSEHOLDS, [1] * CARERS), strict=True):
        near = units[village]
        for unit in sorted(near[between(rng, 0, len(near) - 1)] for _ in range(count)):
            number = len(found) + 1
            found.append(
                {
                    "code": f"H{number:04d}",
                    "grid_code": unit,
                    "name": f"演示住户{number:04d}",
                    "phone": f"{PHONE_PREFIX}{number:06d}",
                    "house": f"演示门牌{between(rng, 1, _HOUSES_A_UNIT)}号",
                    "carer_code": carers[village],
                },
            )
    return found
