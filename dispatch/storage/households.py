"""Households in PostgreSQL: those that somebody files for, and which orders were filed for one."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("households")

MANY = 100
"""So many households of one telephone number are looked at; the school's or the shop's may stand for several."""


@dataclass(frozen=True, slots=True)
class Household:
    """A household with its code, its grid, who looks after it, and its contact."""

    code: str
    grid_id: int
    carer_id: int | None
    name: str
    phone: str | None
    house: str | None


@dataclass(frozen=True, slots=True)
class FiledFor:
    """How an order came to be filed for another; the household where it is known."""

    channel: str | None
    filer: str | None
    household: str | None
    grid_id: int | None
    carer_id: int | None


async def near(database: Database, carer_id: int, grid_ids: Sequence[int], after: str, most: int) -> list[Household]:
    """Return a page of the households of these grids and of those that a person looks after, by code."""
    return [Household(*row) for row in await database.fetch(SQL["near"], carer_id, list(grid_ids), after, most)]


async def wide(
    database: Database, carer_id: int, spans: Sequence[tuple[int, int]], after: str, most: int
) -> list[Household]:
    """Return the same for intervals that are much of the tree."""
    lows, highs = [low for low, _ in spans], [high for _, high in spans]
    return [Household(*row) for row in await database.fetch(SQL["wide"], carer_id, lows, highs, after, most)]


async def by_phones(database: Database, phones: Sequence[str]) -> list[Household]:
    """Return the households reached by one of these numbers, wherever they are: the caller keeps those in reach."""
    return [Household(*row) for row in await database.fetch(SQL["by_phones"], list(phones), MANY)]


async def filed_for(database: Database, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], FiledFor]:
    """Return how each of these orders came to be filed for another, by its key."""
    regions, ids = [key[0] for key in keys], [key[1] for key in keys]
    rows = await database.fetch(SQL["filed_for"], regions, ids)
    return {
        (row["region"], row["id"]): FiledFor(
            row["channel"], row["filer"], row["household"], row["grid_id"], row["carer_id"]
        )
        for row in rows
    }
