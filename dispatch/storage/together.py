"""Orders that wait for somebody beside those who handle them: deciders, co-handlers, whoever follows up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from dispatch.domain.vocabulary import Action, Matter, ReturnReason
from dispatch.storage.database import Database
from dispatch.storage.orders import Dossier, dossier_of
from dispatch.storage.queries import load

SQL = load("together")

FIRST = (datetime(1970, 1, 1, tzinfo=UTC), 0, 0)
"""Before whatever has waited longest: a page always follows a key."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits for somebody, and the moment by which the list is in order."""

    dossier: Dossier
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What was said when an order was returned, asked about or appealed, or a unit called or answered.

    ``assist`` is the number of the call; ``texts`` is empty where they were erased.
    """

    action: Action
    matter: Matter | None
    reason_code: ReturnReason | None
    assist: int | None
    texts: dict[str, str]


async def decisions(
    database: Database, branches: Sequence[int], reader: int, after: tuple[datetime, int, int], most: int
) -> list[Waiting]:
    """Return the orders on which one of ``branches`` is to decide, first what must be decided first."""
    return _waiting(await database.fetch(SQL["decisions"], list(branches), reader, *after, most))


async def assists(
    database: Database, units: Sequence[int], after: tuple[datetime, int, int], most: int
) -> list[Waiting]:
    """Return the orders that wait for the answer of one of ``units``, the first due first."""
    return _waiting(await database.fetch(SQL["assists"], list(units), *after, most))


async def follow_ups(
    database: Database, spans: Sequence[tuple[int, int]], reader: int, after: tuple[datetime, int, int], most: int
) -> list[Waiting]:
    """Return the orders in ``spans`` whose residents are to be asked how it went, the longest waiting first."""
    lows, highs = [low for low, _ in spans], [high for _, high in spans]
    return _waiting(await database.fetch(SQL["follow_ups"], lows, highs, reader, *after, most))


def _waiting(rows: Sequence[Any]) -> list[Waiting]:
    return [Waiting(dossier_of(row), row["wanted_at"]) for row in rows]


async def said(database: Database, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[Said]]:
    """Return what was said of each of these orders, oldest first."""
    found: dict[tuple[int, int], list[Said]] = {}
    for row in await database.fetch(SQL["said"], [key[0] for key in keys], [key[1] for key in keys]):
        one = Said(
            action=Action(row["action"]),
            matter=None if row["matter"] is None else Matter(row["matter"]),
            reason_code=None if row["reason_code"] is None else ReturnReason(row["reason_code"]),
            assist=row["assist"],
            texts={} if row["body"] is None else orjson.loads(row["body"]),
        )
        found.setdefault((row["region"], row["order_id"]), []).append(one)
    return found
