"""One invented day of requests, for whoever plays the demonstration."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dispatch.demo.apportion import between, shuffled
from dispatch.demo.grids import UNIT, VILLAGE, Grid, at_level, chain, grids
from dispatch.demo.land import COUNTY_LAND, Rectangle, rectangles

PHONE_PREFIX = "10003"
"""Invented numbers: five digits and a running number of six."""

_TEXTS = Path(__file__).with_name("request_texts.csv")
_OUTSIDE = 50  # one request in so many comes from just beyond the county, for the county's desk to catch
_BY_CODE, _BY_POINT = 0.35, 0.70  # up to the first: a grid's code; up to the second: a point; else an address
_WHOLE_ADDRESS = 0.6  # of the addresses; the others stop at the village
_BARE = 0.2  # of the latter, those that leave out county and township, though two villages may share a name
_AT_NIGHT = 0.08
_MORNING, _EVENING, _MIDNIGHT = 7 * 60, 21 * 60, 24 * 60


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """One request as it would be filed.

    ``place`` has ``grid``, or ``lon`` and ``lat`` (degrees), or ``address``; ``contact`` has ``name`` and ``phone``;
    ``minute`` counts from midnight.
    """

    category: str
    text: str
    place: dict[str, str | float]
    contact: dict[str, str]
    minute: int


def requests(n: int, seed: int) -> list[DemoRequest]:
    """Give ``n`` requests of one day in the order of their minutes, the same for the same seed.

    Every small category comes once before any comes twice, so 200 requests cover them all.
    """
    rng = Random(seed)
    texts = _texts()
    filed: list[str] = []
    while len(filed) < n:
        filed += shuffled(rng, list(texts))[: n - len(filed)]
    tree = grids()
    county = _Places({grid.code: grid for grid in tree}, at_level(tree, UNIT), rectangles(tree))
    minutes = sorted(_minute(rng) for _ in filed)
    found = []
    for number, (category, minute) in enumerate(zip(shuffled(rng, filed), minutes, strict=True), start=1):
        choices = texts[category]
        text = choices[between(rng, 0, len(choices) - 1)]
        contact = {"name": f"演示群众{number:03d}", "phone": f"{PHONE_PREFIX}{number:06d}"}
        place = _beyond(rng) if number % _OUTSIDE == 0 else _place(rng, county)
        found.append(DemoRequest(category, text, place, contact, minute))
    return found


@dataclass(frozen=True, slots=True)
class _Places:
    by_code: dict[str, Grid]
    units: list[Grid]
    land: dict[str, Rectangle]


def _texts() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    with _TEXTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["category"]].append(row["text"])
    return dict(found)


def _minute(rng: Random) -> int:
    if rng.random() < _AT_NIGHT:
        return (_EVENING + between(rng, 0, _MIDNIGHT - _EVENING + _MORNING - 1)) % _MIDNIGHT
    return between(rng, _MORNING, _EVENING - 1)


def _place(rng: Random, county: _Places) -> dict[str, str | float]:
    """Draw a unit, so that crowded places come more often, and name it in one of the ways people do."""
    unit = county.units[between(rng, 0, len(county.units) - 1)]
    way = rng.random()
    if way < _BY_CODE:
        return {"grid": unit.code if rng.random() < _WHOLE_ADDRESS else unit.parent}
    if way < _BY_POINT:
        west, south, east, north = county.land[unit.parent]
        return _degrees(between(rng, west + 1, east - 1), between(rng, south + 1, north - 1))
    above = chain(county.by_code, unit.code)
    village = next(grid for grid in above if grid.level == VILLAGE)
    township = county.by_code[village.parent]
    if rng.random() < _WHOLE_ADDRESS:
        inner = county.by_code[unit.parent].name.removeprefix(village.short_name)
        return {"address": f"兴县{township.name}{village.short_name}{inner}{unit.name}"}
    if rng.random() < _BARE:
        return {"address": village.short_name}
    return {"address": f"兴县{township.name}{village.short_name}"}


def _beyond(rng: Random) -> dict[str, str | float]:
    west, south, east, north = COUNTY_LAND
    return _degrees(between(rng, east + 1_000, east + (east - west) // 20), between(rng, south, north))


def _degrees(lon: int, lat: int) -> dict[str, str | float]:
    return {"lon": lon / 1_000_000, "lat": lat / 1_000_000}
