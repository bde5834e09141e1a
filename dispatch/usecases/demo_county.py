"""Bring the demo county in, and let its invented people log in."""

import csv
from pathlib import Path

from dispatch.storage import people
from dispatch.storage.database import Database
from dispatch.usecases.import_county import Progress, Report, import_county
from dispatch.usecases.sessions import hashed

DEMO_PASSWORD = "yanshi-2026"  # noqa: S105 - shown on the screen by `make run`: it guards invented data only
"""The password of every demo account."""


def _silent(_stage: str, _done: int, _total: int | None) -> None:
    pass


async def import_demo_county(url: str, folder: Path) -> None:
    """Import the demo county's files and give its people their password.

    Args:
        url: a migrated database.
        folder: what ``dispatch.demo.county.write_csv`` wrote.

    Raises:
        ValueError: the files are refused, which is a fault of ours.
    """
    database = await Database.open(url, most=2)
    try:
        await bring_in(database, folder)
    finally:
        await database.close()


async def bring_in(database: Database, folder: Path, progress: Progress = _silent) -> Report:
    """Do the same on an open database, telling how far it is, and return the import's report."""
    report = await import_county(database, folder, dry_run=False, progress=progress)
    if report.refused:
        first = report.faults[0]
        raise ValueError(f"the demo county is refused: {first.sheet}, row {first.row}: {first.en}")
    with (folder / "people.csv").open(encoding="utf-8", newline="") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    await let_in(database, codes)
    return report


async def let_in(database: Database, codes: list[str]) -> int:
    """Give everybody of ``codes`` who has no password the demo's, hashed once for all; return how many."""
    return await people.set_passwords(database, codes, hashed(DEMO_PASSWORD))
