"""One import in one transaction: what the database knows, rows into staging, and only what differs written."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dispatch.domain.county_acts import Entry
from dispatch.domain.county_checks import Known, Wanted
from dispatch.domain.county_sheets import Sheet
from dispatch.storage import county_ledger
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("imports")

PATIENCE_S = 3600.0
"""The longest one statement of an import may take, in seconds."""

BATCH = 50_000
"""Rows fetched at a time, so that a national tree never lies in memory twice."""


@dataclass(frozen=True, slots=True)
class Count:
    """What the rows of one sheet came to."""

    sheet: Sheet
    inserted: int
    updated: int
    unchanged: int


class Importing:
    """An import under way, inside its transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def known(self, wanted: Wanted) -> Known:
        """What the database holds of what the files speak of."""
        return Known(
            grids=await self._known_grids(wanted),
            counties=frozenset(row[0] for row in await self._list("known_counties")),
            closed=frozenset(row[0] for row in await self._list("known_closed")),
            recoded=dict(await self._list("known_recoded")),
            has_grids=await self._connection.fetchval(SQL["has_grids"], timeout=PATIENCE_S),
            categories=dict(await self._list("known_categories")),
            branches=frozenset(row[0] for row in await self._list("known_branches", wanted.branches)),
            people=frozenset(row[0] for row in await self._list("known_people", wanted.people)),
            phones=dict(await self._list("known_phones", wanted.phones)),
        )

    async def _known_grids(self, wanted: Wanted) -> dict[str, tuple[str | None, int]]:
        codes = None if wanted.all_grids else wanted.grids
        found: dict[str, tuple[str | None, int]] = {}
        one_each: dict[str, str] = {}
        walk = self._connection.cursor(SQL["known_grids"], codes, prefetch=BATCH, timeout=PATIENCE_S)
        async for code, parent, level in walk:
            # A parent's code comes once for each of its children; one copy of it is enough.
            found[code] = (None if parent is None else one_each.setdefault(parent, parent), level)
        return found

    async def _list(self, name: str, *args: object) -> list[Any]:
        rows: list[Any] = await self._connection.fetch(SQL[name], *args, timeout=PATIENCE_S)
        return rows

    async def stage(self, sheet: Sheet, rows: Iterable[tuple[Any, ...]]) -> None:
        """Copy decoded rows, without their numbers, into the staging table of their sheet."""
        await self._copy(f"stage_{sheet.value}", (row[1:] for row in rows))

    async def stage_intervals(self, intervals: Iterable[tuple[str, int, int]]) -> None:
        """Copy (code, lo, hi) of every grid of the tree as it will be."""
        await self._copy("stage_intervals", intervals)

    async def _copy(self, table: str, records: Iterable[tuple[Any, ...]]) -> None:
        await self._connection.copy_records_to_table(table, records=records, timeout=PATIENCE_S)

    async def apply(self, sheet: Sheet, staged: int) -> Count:
        """Write what differs of a staged sheet; sheets are applied in the order of ``SHEETS``.

        Args:
            sheet: whose staging table.
            staged: how many rows lie there.
        """
        await self._connection.execute(SQL[f"change_{sheet.value}"], timeout=PATIENCE_S)
        inserted, updated = await self._connection.fetchrow(SQL[f"apply_{sheet.value}"], timeout=PATIENCE_S)
        return Count(sheet, inserted, updated, staged - inserted - updated)

    async def left_out(self) -> int:
        """Count the grids in use that the staged sheet leaves out."""
        count: int = await self._connection.fetchval(SQL["left_out"], timeout=PATIENCE_S)
        return count

    async def renumber(self) -> int:
        """Write the staged intervals that differ; how many grids got another one."""
        moved: int = await self._connection.fetchval(SQL["renumber_grids"], timeout=PATIENCE_S)
        return moved

    async def announce(self) -> None:
        """Tell every process, at the commit, to load the county anew."""
        await self._connection.execute(SQL["announce"], timeout=PATIENCE_S)

    async def record(self, entry: Entry) -> None:
        """Write the import down in the county's ledger; this comes last."""
        await county_ledger.record(self._connection, entry)


@asynccontextmanager
async def importing(database: Database, *, keep: bool) -> AsyncIterator[Importing]:
    """An import that is committed when the block ends, or undone when it raises or nothing is to be kept.

    Imports wait for each other here.

    Args:
        database: where to.
        keep: False to undo everything at the end.
    """
    async with database.transaction() as connection:
        await connection.execute(SQL["unhurried"])
        await connection.fetch(SQL["one_at_a_time"], timeout=PATIENCE_S)
        await connection.execute(SQL["stage"], timeout=PATIENCE_S)
        work = connection.transaction()
        await work.start()
        yield Importing(connection)
        await (work.commit() if keep else work.rollback())
