"""The tree of the demo county: real divisions down to the village, generated grids and ten-household units below."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from dispatch.demo.apportion import between, shares

COUNTY = "141123"
FIRST_LEVEL, SECOND_LEVEL, THIRD_LEVEL = 661, 2_472, 1_314
"""How many grids of each level there are: the county's published totals."""
UNITS = 9_000
"""Ten-household units under the leaves (ours)."""

ROOT, TOWNSHIP, VILLAGE, FIRST, SECOND, THIRD, UNIT = range(7)
LEVEL_NAMES = ("县", "乡镇", "村（社区）", "一级网格", "二级网格", "三级网格", "十户联网")

_SEED = 141_123
_COUNTY_TOWN = "141123100"
_DIVISIONS = Path(__file__).with_name("xingxian_divisions.csv")
_LEVEL_OF_KIND = {"county": ROOT, "township": TOWNSHIP, "village": VILLAGE}
_UNDIVIDED = 0.12  # the share of first-level grids that are not cut further
_DIVIDED_AGAIN = 0.17  # the share of second-level grids that are cut into third-level ones
_UNIT_WEIGHT = {FIRST: 6, SECOND: 2, THIRD: 1}  # a leaf higher up is larger
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Grid:
    """One node of the tree; ``parent`` is empty at the root."""

    code: str
    name: str
    level: int
    kind: str
    parent: str

    @property
    def is_community(self) -> bool:
        """Whether a village is a community (社区) of a town, denser than a rural village."""
        return "社区" in self.name

    @property
    def short_name(self) -> str:
        """The name people say: without the committee (居委会, 村委会) that governs it."""
        name = self.name.removesuffix("居委会").removesuffix("委会").removesuffix("委")
        return name.removesuffix("村") if name.endswith("村村") else name

    def row(self) -> dict[str, str]:
        """Give the row of the sheet ``grids``."""
        return {
            "code": self.code,
            "name": self.name,
            "level": str(self.level),
            "level_name": LEVEL_NAMES[self.level],
            "kind": self.kind,
            "parent_code": self.parent,
        }


@cache
def grids() -> tuple[Grid, ...]:
    """Give every grid of the county, level by level, so that a parent stands before its children."""
    rng = Random(_SEED)
    tree = _divisions()
    villages = at_level(tree, VILLAGE)
    names = {village.code: village.short_name for village in villages}
    first = _below(
        villages,
        shares(FIRST_LEVEL, [_village_weight(rng, village) for village in villages], least=1),
        FIRST,
        lambda parent, number: f"{names[parent.code]}第{_numeral(number)}网格",
    )
    split = [grid for grid in first if rng.random() >= _UNDIVIDED]
    second = _below(
        split,
        shares(SECOND_LEVEL, [between(rng, 1, 6) for _ in split], least=2),
        SECOND,
        lambda parent, number: f"{parent.name.removeprefix(names[parent.parent])}{_numeral(number)}组",
    )
    split_again = [grid for grid in second if rng.random() < _DIVIDED_AGAIN]
    third = _below(
        split_again,
        shares(THIRD_LEVEL, [between(rng, 1, 4) for _ in split_again], least=2),
        THIRD,
        lambda parent, number: f"{parent.name}{number}片",
    )
    land = [*tree, *first, *second, *third]
    under = leaves(land)
    units = _below(
        under,
        shares(UNITS, [_UNIT_WEIGHT[leaf.level] * between(rng, 2, 6) for leaf in under], least=1),
        UNIT,
        lambda _, number: f"{number}号十户",
    )
    return (*land, *units)


def at_level(tree: Iterable[Grid], level: int) -> list[Grid]:
    """Give the grids of one level, in their order."""
    return [grid for grid in tree if grid.level == level]


def leaves(tree: Iterable[Grid]) -> list[Grid]:
    """Give the grids that are not cut further; units, which have no land, do not count as a cut."""
    land = [grid for grid in tree if grid.level != UNIT]
    parents = {grid.parent for grid in land}
    return [grid for grid in land if grid.code not in parents]


def chain(by_code: dict[str, Grid], code: str) -> list[Grid]:
    """Give a grid and everything above it, the root last."""
    above = []
    while code:
        grid = by_code[code]
        above.append(grid)
        code = grid.parent
    return above


def _divisions() -> list[Grid]:
    with _DIVISIONS.open(encoding="utf-8", newline="") as file:
        return [
            Grid(
                code=row["code"],
                name=row["name"],
                level=_LEVEL_OF_KIND[row["kind"]],
                kind=row["kind"],
                parent="" if row["kind"] == "county" else row["parent_code"],
            )
            for row in csv.DictReader(file)
        ]


def _village_weight(rng: Random, village: Grid) -> int:
    if village.is_community:
        return between(rng, 14, 22) if village.parent == _COUNTY_TOWN else between(rng, 6, 9)
    return between(rng, 1, 5)


def _below(parents: Sequence[Grid], counts: Sequence[int], level: int, name: Callable[[Grid, int], str]) -> list[Grid]:
    kind = "unit" if level == UNIT else "grid"
    return [
        Grid(f"{parent.code}{number:03d}", name(parent, number), level, kind, parent.code)
        for parent, count in zip(parents, counts, strict=True)
        for number in range(1, count + 1)
    ]


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return f"{_DIGITS[tens] if tens > 1 else ''}十{_DIGITS[ones] if ones else ''}"
