"""The county in PostgreSQL, read whole into a World; and the few rows that belong to the service itself."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import orjson

from dispatch.domain.calendar import working_calendar
from dispatch.domain.calendars import Differences, layered
from dispatch.domain.policy_file import Policies
from dispatch.domain.vocabulary import Owner, Urgency
from dispatch.domain.world import Category, World
from dispatch.storage import calendars, emergencies, policy
from dispatch.storage import tree as versions
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load
from grid_model.history import History
from grid_model.places import Places
from grid_model.routing import Branch, Branches
from grid_model.tree import Grid, Tree

SQL = load("county")

SCHEDULER = "scheduler"
"""The name under which the scheduler's tick is on record; /readyz reads it."""


async def world(database: Database) -> World | None:
    """Return the county as the deciding code sees it, or None where nothing was imported yet.

    It is built in a thread, so that requests are answered in the meantime.
    """
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        rows = {name: await connection.fetch(SQL[name], timeout=LONG_S) for name in _PARTS}
        policies = await policy.find(connection)
        differences = await calendars.find(connection)
        known = await emergencies.known(connection)
        history = History(await versions.pasts(connection))
    built = await asyncio.to_thread(_built, rows, policies, differences, history) if rows["grids"] else None
    return None if built is None else replace(built, emergencies=known)


_PARTS = ("grids", "polygons", "branches", "categories")


def _built(rows: Mapping[str, Sequence[Any]], policies: Policies, differences: Differences, history: History) -> World:
    tree, places = _land(rows, history)
    branches = [Branch(**{**row, "categories": frozenset(row["categories"])}) for row in rows["branches"]]
    categories = [
        Category(
            row["code"], row["name"], row["name_en"], row["parent_code"], Owner(row["owner"]), Urgency(row["urgency"])
        )
        for row in rows["categories"]
    ]
    calendar, others = layered(working_calendar(), differences, tree)
    return World(
        tree=tree,
        branches=Branches(tree, branches),
        places=places,
        categories={category.code: category for category in categories},
        policy=policies.normal,
        emergency=policies.emergency,
        calendar=calendar,
        calendars=others,
        weights=policies.weights,
        history=history,
    )


_latest: tuple[bytes, Tree, Places] | None = None


def _land(rows: Mapping[str, Sequence[Any]], history: History) -> tuple[Tree, Places]:
    """Return the tree and its places; those built last are taken again where not a letter of them has changed.

    They are nearly all of the work, never change once built, and mostly it is a policy or a calendar that did.
    """
    global _latest  # noqa: PLW0603 - a memory of one, replaced whole
    told = [[tuple(row) for row in rows["grids"]], [(row["grid_id"], row["shape"].hex()) for row in rows["polygons"]]]
    digest = hashlib.blake2b(orjson.dumps([*told, history.told()], default=str)).digest()
    known = _latest
    if known is not None and known[0] == digest:
        return known[1], known[2]
    tree = Tree((Grid(**row) for row in rows["grids"]), known=True)
    shapes = {row["grid_id"]: bytes(row["shape"]) for row in rows["polygons"]}
    places = Places(tree, shapes, history.names(tree), history.by_code())
    places.by_address("")  # the names are indexed at the first question; nobody's request is to wait for that
    _latest = digest, tree, places
    return tree, places


async def stock(database: Database, interval: tuple[int, int], today: date) -> dict[str, list[tuple[str, int]]]:
    """Return what lies in an interval of the tree: for each kind of thing its (key, count), as the query says."""
    found: dict[str, list[tuple[str, int]]] = {}
    for row in await database.fetch(SQL["stock"], *interval, today):
        found.setdefault(row["what"], []).append((row["key"], row["n"]))
    return found


async def is_empty(database: Database) -> bool:
    """Tell whether no county was imported yet."""
    row = await database.fetchrow(SQL["is_empty"])
    return bool(row[0])


async def secret(database: Database, name: str, fresh: bytes) -> bytes:
    """Return the secret ``name``; ``fresh`` becomes it if there is none yet."""
    row = await database.fetchrow(SQL["secret"], name, fresh)
    return bytes(row[0])


async def clock(database: Database) -> tuple[float, datetime, datetime] | None:
    """Return (rate, wall anchor, service anchor) of the service's time, or None when it is plain time."""
    row = await database.fetchrow(SQL["clock"])
    return None if row is None else (row["rate"], row["wall_anchor"], row["service_anchor"])


async def set_clock(database: Database, rate: float, wall: datetime, service: datetime) -> None:
    """Set how the service's time runs from now on; every process hears of it."""
    await database.execute(SQL["set_clock"], rate, wall, service)


async def beat(database: Database, name: str, wall: datetime, service: datetime) -> None:
    """Put on record that ``name`` is alive."""
    await database.execute(SQL["beat"], name, wall, service)


async def last_beat(database: Database, name: str) -> datetime | None:
    """Return the wall time at which ``name`` was last alive."""
    row = await database.fetchrow(SQL["last_beat"], name)
    return None if row is None else row["wall_at"]


async def alarms(database: Database) -> dict[str, Any]:
    """Return how many orders are set aside and how many notices wait."""
    return dict(await database.fetchrow(SQL["alarms"]))
