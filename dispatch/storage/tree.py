"""The versions of the tree in PostgreSQL: read whole, changed in one transaction, and what was is kept."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from dispatch.domain.order import Actor, Grant
from dispatch.domain.resettling import Resettled
from dispatch.domain.vocabulary import Role
from dispatch.storage.queries import load
from dispatch.storage.tree_texts import fates_told, meanings, told
from grid_model.changes import Fate, Operation
from grid_model.history import Past
from grid_model.routing import Branch
from grid_model.tree import Grid, Tree

SQL = load("tree")

PATIENCE_S = 3600.0
"""The longest one statement of a change may take, in seconds."""


TRIES, PAUSE_S = 15, 0.2
"""How often, and how many seconds apart, somebody who may not wait long asks whether the tree is free."""


@dataclass(frozen=True, slots=True)
class Version:
    """One list of operations as it is kept.

    Attributes:
        grid_id: the lowest grid above all it touches.
        meant: which grid has which code now.
    """

    grid_id: int
    on_day: date
    asked_at: datetime
    actor_id: int
    reason: str
    operations: tuple[Operation, ...]
    request_key: bytes | None
    meant: Mapping[str, int]


async def lock(connection: Any, *, wait: bool = True) -> bool:
    """See that nobody else changes the tree until the transaction ends, or return False.

    Without ``wait`` it is tried for some seconds only.
    """
    await connection.execute(SQL["unhurried"])
    if not wait:
        for _ in range(TRIES):
            if await connection.fetchval(SQL["at_once"]):
                return True
            await asyncio.sleep(PAUSE_S)
        return False
    await connection.fetch(SQL["one_at_a_time"], timeout=PATIENCE_S)
    return True


async def grids(connection: Any) -> list[Grid]:
    """Return every grid."""
    return [Grid(**row) for row in await connection.fetch(SQL["grids"], timeout=PATIENCE_S)]


async def branches(connection: Any) -> list[Branch]:
    """Return every branch."""
    found = await connection.fetch(SQL["branches"], timeout=PATIENCE_S)
    return [Branch(**{**row, "categories": frozenset(row["categories"])}) for row in found]


async def outlines(connection: Any, grid_ids: Iterable[int]) -> dict[int, bytes]:
    """Return the outlines of these grids that have one, as WKB."""
    found = await connection.fetch(SQL["outlines"], list(grid_ids), timeout=PATIENCE_S)
    return {row["grid_id"]: bytes(row["shape"]) for row in found}


async def in_emergency(connection: Any, grid_ids: Iterable[int]) -> set[int]:
    """Return those of these grids for which an emergency is declared that is not over."""
    return {row["grid_id"] for row in await connection.fetch(SQL["in_emergency"], list(grid_ids))}


async def counts(connection: Any, name: str, *args: object) -> list[Any]:
    """Return rows of one of the counting queries: ``open_orders``, ``roles``, ``households``."""
    found: list[Any] = await connection.fetch(SQL[name], *args, timeout=PATIENCE_S)
    return found


async def ids(connection: Any, count: int) -> list[int]:
    """Return so many ids for new grids."""
    return [row[0] for row in await connection.fetch(SQL["ids"], count)]


async def write_grids(connection: Any, before: Mapping[int, Grid], after: Sequence[Grid]) -> None:
    """Write every grid that is new or another, and the intervals of the tree as it is then."""
    changed = [grid for grid in after if grid.id in before and grid != before[grid.id]]
    fresh = [grid for grid in after if grid.id not in before]
    coded = [grid.id for grid in changed if grid.code != before[grid.id].code]
    await connection.execute(SQL["free_codes"], coded)
    await connection.execute(
        SQL["add_grids"],
        [grid.id for grid in fresh],
        [grid.code for grid in fresh],
        [grid.name for grid in fresh],
        [grid.level for grid in fresh],
        [grid.level_name for grid in fresh],
        [grid.kind for grid in fresh],
        [grid.parent_id for grid in fresh],
    )
    await connection.execute(
        SQL["change_grids"],
        [grid.id for grid in changed],
        [grid.code for grid in changed],
        [grid.name for grid in changed],
        [grid.level for grid in changed],
        [grid.parent_id for grid in changed],
        [grid.active for grid in changed],
        timeout=PATIENCE_S,
    )
    tree = Tree(after)
    spans = [(grid.id, *tree.interval(grid.id)) for grid in after]
    columns = ([one[place] for one in spans] for place in range(3))
    await connection.execute(SQL["renumber"], *columns, timeout=PATIENCE_S)


async def write_outlines(connection: Any, shapes: Mapping[int, bytes]) -> None:
    """Write these outlines, WKB by grid."""
    for grid_id, shape in shapes.items():
        await connection.execute(SQL["set_outline"], grid_id, shape)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What lies on closed grids, and where it goes.

    Attributes:
        firsts: closed grid -> where its roles go.
        heirs: closed grid -> where its households go.
        kept: the closed grids whose roles stay on them, since they would reach further elsewhere.
        branches: the branches on those.
        ended: the roles that end there, from ``day`` on.
    """

    firsts: Mapping[int, int]
    heirs: Mapping[int, int]
    kept: Sequence[int]
    branches: Sequence[int]
    ended: Sequence[str]
    day: date


async def move_people(connection: Any, moved: Sequence[Resettled], leaving: Leaving) -> None:
    """Move branches, their roles and households off closed grids.

    Args:
        connection: one connection, inside a transaction.
        moved: what becomes of the branches.
        leaving: what becomes of the roles and the households.
    """
    into = {one.branch_id: one.into for one in moved if one.into is not None}
    places = ([one.branch_id for one in moved], [one.grid_id for one in moved], [one.into for one in moved])
    await connection.execute(SQL["move_branches"], *places)
    await connection.execute(SQL["move_projects"], list(into), list(into.values()))
    await connection.execute(SQL["drop_roles"], leaving.kept, leaving.ended, leaving.day)
    await connection.execute(SQL["end_roles"], leaving.kept, leaving.ended, leaving.day)
    await connection.execute(SQL["end_emergency_members"], leaving.branches)
    firsts, heirs = leaving.firsts, leaving.heirs
    roles = (list(firsts), list(firsts.values()), list(into), list(into.values()))
    await connection.execute(SQL["merge_roles"], *roles, timeout=PATIENCE_S)
    await connection.execute(SQL["move_roles"], *roles, timeout=PATIENCE_S)
    await connection.execute(SQL["move_emergency_members"], list(into), list(into.values()))
    await connection.execute(SQL["move_households"], list(heirs), list(heirs.values()), timeout=PATIENCE_S)


async def add(connection: Any, version: Version) -> int:
    """Keep a list of operations until its day, and return its number."""
    number: int = await connection.fetchval(
        SQL["add_version"],
        version.grid_id,
        version.on_day,
        version.asked_at,
        version.actor_id,
        version.reason,
        orjson.dumps([{**told(one), "meant": meanings(one, version.meant)} for one in version.operations]).decode(),
        version.request_key,
    )
    return number


async def by_request(connection: Any, request_key: bytes) -> Any:
    """Return the row of the version that was asked for under that key, or None."""
    return await connection.fetchrow(SQL["by_request"], request_key)


async def find(connection: Any, number: int) -> Any:
    """Return the row of one version, or None."""
    return await connection.fetchrow(SQL["version"], number)


async def page(connection: Any, below: int, most: int, spans: Sequence[tuple[int, int]]) -> list[Any]:
    """Return the rows of at most ``most`` versions in these intervals with a number below that, newest first."""
    found: list[Any] = await connection.fetch(
        SQL["versions"], below, most, [lo for lo, _ in spans], [hi for _, hi in spans]
    )
    return found


async def due(connection: Any, day: date) -> list[int]:
    """Return the numbers of the versions that wait and whose day has come."""
    return [row["number"] for row in await connection.fetch(SQL["due"], day)]


async def claim(connection: Any, number: int) -> Any:
    """Lock and return the row of a version that still waits, or None."""
    return await connection.fetchrow(SQL["claim_version"], number)


async def applied(connection: Any, number: int, at: datetime, fates: Mapping[int, Fate]) -> None:
    """Put on record that a version came into being."""
    await connection.execute(SQL["applied"], number, at, fates_told(fates))


async def refused(connection: Any, number: int, at: datetime, faults: Sequence[Mapping[str, str]]) -> None:
    """Put on record that a version could not come into being."""
    await connection.execute(SQL["refused"], number, at, orjson.dumps(list(faults)).decode())


async def cancelled(connection: Any, number: int, at: datetime, by: int) -> None:
    """Put on record that somebody took a version back before its day."""
    await connection.execute(SQL["cancelled"], number, at, by)


async def standing(connection: Any, person_id: int, day: date) -> Actor:
    """Return somebody with the roles they have on a day; with none, who may not serve any more."""
    found = await connection.fetch(SQL["standing"], person_id, day)
    return Actor(person_id, tuple(Grant(Role(row["role"]), row["grid_id"], row["branch_id"]) for row in found))


async def add_pasts(connection: Any, was: Sequence[Grid], tree: Tree, number: int, until: datetime) -> None:
    """Keep these grids of the tree before as they were until then."""
    await connection.execute(
        SQL["add_pasts"],
        [grid.id for grid in was],
        [grid.code for grid in was],
        [grid.name for grid in was],
        [grid.level for grid in was],
        [grid.level_name for grid in was],
        [grid.parent_id for grid in was],
        [tree.path(grid.id) for grid in was],
        number,
        until,
        timeout=PATIENCE_S,
    )


async def pasts(connection: Any) -> list[Past]:
    """Return every grid that was otherwise before, as it was."""
    found = await connection.fetch(SQL["pasts"], timeout=PATIENCE_S)
    return [Past(row["grid_id"], row["valid_to"], row["code"], row["name"], row["parent_id"]) for row in found]


async def ask(connection: Any, number: int, grid_ids: Iterable[int], branch_ids: Iterable[int]) -> None:
    """Have the open orders at these grids and of these branches carried over."""
    await connection.execute(SQL["ask"], number, sorted(grid_ids), sorted(branch_ids))


async def announce(connection: Any) -> None:
    """Tell every process, at the commit, to load the county anew."""
    await connection.execute(SQL["announce"])
