"""The rows of the calendar: what the database takes is what the code understands."""

from collections.abc import Callable

import pytest

from dispatch.domain.calendars import read_quiet, read_spans
from dispatch.storage.database import RejectedError

SPANS = [
    "08:30-12:00,14:30-17:30", "00:00-23:59", "08:30-12:00,12:00-13:00", "12:00-08:30", "08:00-08:00", "8:30-12:00",
    "08:30-24:00", "08:30-12:60", "", "08:30", "08:30-12:00,", ",08:30-12:00", "08:30-12:00-13:00", "08:30–12:00",
    "08:00-12:00,11:00-17:00", "14:00-17:00,08:00-12:00", *(
        ",".join(f"{hour:02}:00-{hour:02}:30" for hour in range(n)) for n in (6, 7)
    ),
]  # fmt: skip
QUIET = ["21:00-08:00", "00:00-00:00", "25:00-08:00", "21:00", "", "21:00-08:00,"]
SLIPS = [
    "INSERT INTO calendar_days SELECT id, '1999-12-31', true FROM grids",
    "INSERT INTO calendar_days SELECT id, '2200-01-01', true FROM grids",
    "INSERT INTO calendar_days VALUES (0, '2027-01-01', true)",
    "INSERT INTO calendar_years SELECT id, 27 FROM grids",
]


@pytest.fixture
async def grid(database):
    """A database with one grid."""
    await database.execute(
        "INSERT INTO grids (code, name, level, level_name, kind) VALUES ('R', '县', 1, '县', 'county')"
    )
    return database


async def _taken(database, statement: str, *args: object) -> bool:
    try:
        await database.execute(statement, *args)
    except RejectedError:
        return False
    return True


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


async def test_the_database_takes_for_hours_what_the_code_reads(grid) -> None:
    for text in SPANS:
        taken = await _taken(grid, "INSERT INTO calendar_hours SELECT id, $1 FROM grids", text)
        assert taken == _reads(read_spans, text), text
        await grid.execute("DELETE FROM calendar_hours")


async def test_the_database_takes_for_quiet_hours_what_the_code_reads(grid) -> None:
    for text in QUIET:
        taken = await _taken(grid, "INSERT INTO calendar_hours SELECT id, '08:00-12:00', $1 FROM grids", text)
        assert taken == _reads(read_quiet, text), text
        await grid.execute("DELETE FROM calendar_hours")


async def test_a_slip_of_the_pen_is_refused(grid) -> None:
    for statement in SLIPS:
        assert not await _taken(grid, statement), statement
