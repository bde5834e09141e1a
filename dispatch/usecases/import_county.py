"""Bring a county in: read every sheet, list everything that is wrong, or else write what differs, all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dispatch.domain.county_acts import Entry
from dispatch.domain.county_checks import Known, check, wanted
from dispatch.domain.county_faults import Fault
from dispatch.domain.county_rows import Rows, decode
from dispatch.domain.county_sheets import SHEETS, Sheet
from dispatch.domain.county_tree import intervals, reshaped
from dispatch.domain.vocabulary import Word
from dispatch.storage.database import Database
from dispatch.storage.imports import Count, Importing, importing
from dispatch.storage.sheets import Source


class Stage(Word):
    """What an import is doing."""

    READ = "read", "读取", "reading"
    CHECK = "check", "核对", "checking"
    COPY = "copy", "传送", "copying"
    APPLY = "apply", "写入", "writing"


Progress = Callable[[str, int, int | None], None]
"""Told the stage (and the sheet after a space), how much is done, and of how much where that is known."""


@dataclass(frozen=True, slots=True)
class Report:
    """How an import went: either it has faults and changed nothing, or it counts what it changed."""

    source: str
    dry_run: bool
    faults: tuple[Fault, ...]
    counts: tuple[Count, ...] = ()
    renumbered: int = 0
    """Grids whose place in the tree's order moved because of others."""
    left_out: int = 0
    """Grids in use that the sheet of grids leaves out, and that stay as they are."""

    @property
    def refused(self) -> bool:
        """Whether anything was wrong, so that nothing was changed."""
        return bool(self.faults)

    @property
    def changed(self) -> bool:
        """Whether any row was, or in a dry run would be, written."""
        return self.renumbered > 0 or any(count.inserted or count.updated for count in self.counts)


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    pass


async def import_county(
    database: Database,
    path: Path,
    *,
    dry_run: bool = False,
    progress: Progress = _silent,
    act: Callable[[Report], Entry] | None = None,
) -> Report:
    """Import a directory or a workbook in one transaction.

    Args:
        database: where to.
        path: a directory of CSV files and polygons.geojson, or an .xlsx workbook.
        dry_run: do everything, then undo it.
        progress: told how far it is.
        act: what of an import that changes anything goes on the county's ledger, in the same transaction; nothing if
            not given.

    Returns:
        The report; faults are in it, not raised.

    Raises:
        Unavailable: the database is away, and nothing was changed.
    """
    source = Source.open(path)
    found = list(source.faults)
    sheets: dict[Sheet, Rows] = {}
    for sheet in source.sheets():
        sheets[sheet] = decode(sheet, source.rows(sheet), partial(_read, progress, sheet))
        found += sheets[sheet].faults
    async with importing(database, keep=not dry_run) as work:
        progress(Stage.CHECK, 0, None)
        known = await work.known(wanted(sheets))
        if sheets or not found:
            found += check(sheets, known)
        progress(Stage.CHECK, 1, 1)
        if found:
            return Report(path.name, dry_run, _in_order(found))
        counts, renumbered, left_out = await _write(work, sheets, known, progress)
        report = Report(path.name, dry_run, (), counts, renumbered, left_out)
        if report.changed:
            await work.announce()
            if act is not None:
                await work.record(act(report))
    return report


async def _write(
    work: Importing, sheets: dict[Sheet, Rows], known: Known, progress: Progress
) -> tuple[tuple[Count, ...], int, int]:
    counts: list[Count] = []
    renumbered = left_out = 0
    for sheet in list(sheets):
        rows = sheets[sheet]
        staged = len(rows.good)
        progress(_at(Stage.COPY, sheet), 0, staged)
        moves = sheet is Sheet.GRIDS and reshaped(rows, known.grids)
        await work.stage(sheet, rows.good)
        if sheet is Sheet.GRIDS:
            left_out = await work.left_out()
        if moves:
            await work.stage_intervals(intervals(rows, known.grids))
        # A national sheet is some hundred megabytes here, and now lies in the database.
        del sheets[sheet], rows
        progress(_at(Stage.COPY, sheet), staged, staged)
        progress(_at(Stage.APPLY, sheet), 0, staged)
        counts.append(await work.apply(sheet, staged))
        if moves:
            renumbered = await work.renumber()
        progress(_at(Stage.APPLY, sheet), staged, staged)
    return tuple(counts), renumbered, left_out


def _read(progress: Progress, sheet: Sheet, done: int) -> None:
    progress(_at(Stage.READ, sheet), done, None)


def _at(stage: Stage, sheet: Sheet) -> str:
    return f"{stage.value} {sheet.value}"


def _in_order(found: list[Fault]) -> tuple[Fault, ...]:
    place = {sheet.value: number for number, sheet in enumerate(SHEETS)}
    return tuple(sorted(found, key=lambda bad: (place.get(bad.sheet, -1), bad.sheet, bad.row)))
