"""Brings a database to the present schema: numbered SQL, forward only, and the lifecycle table filled from the code."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from dispatch.domain.lifecycle import laws
from dispatch.storage import counters
from dispatch.storage.database import Database, answering
from dispatch.storage.queries import SQL

_LOCK = 7_401_231  # any number that nobody else uses: two migrations at once wait for each other

_BOOK = """CREATE TABLE IF NOT EXISTS migrations
    (number int PRIMARY KEY, name text NOT NULL, digest text NOT NULL, at timestamptz NOT NULL)"""


class MigrationChangedError(RuntimeError):
    """A migration that was applied reads differently now; it must never be edited once landed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(folder: Path | None = None) -> list[Migration]:
    """Return all migrations in order of their numbers."""
    files = sorted((folder or SQL / "migrations").glob("[0-9]*.sql"))
    return [Migration(int(file.name.split("_")[0]), file.stem, file.read_text(encoding="utf-8")) for file in files]


async def migrate(url: str, now: Any) -> list[str]:
    """Apply what is missing at ``url`` and return the names of what was applied."""
    with answering():
        connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        async with connection.transaction():
            await connection.execute(_BOOK)
            known = {row["number"]: row["digest"] for row in await connection.fetch("SELECT * FROM migrations")}
            applied = []
            for item in migrations():
                if item.number in known:
                    if known[item.number] != item.digest:
                        raise MigrationChangedError(item.name)
                    continue
                await connection.execute(item.text)
                await connection.execute(
                    "INSERT INTO migrations VALUES ($1, $2, $3, $4)", item.number, item.name, item.digest, now
                )
                applied.append(item.name)
            if "0016_tallies" in applied:  # until the first fold every reader would add up all open orders
                await counters.begin(connection)
            await connection.executemany(
                "INSERT INTO lifecycle VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                [tuple(word.value for word in law) for law in laws()],
            )
        if "0016_tallies" in applied:  # what was folded at once need not be read past until it is cleared away
            await connection.execute("VACUUM (ANALYZE) order_deltas, tallies, day_tallies, tally_marks")
        return applied
    finally:
        await connection.close()


async def pending(database: Database) -> list[str]:
    """Return the names of migrations that the database lacks."""
    known: set[int] = set()
    if (await database.fetchrow("SELECT to_regclass('migrations') IS NOT NULL"))[0]:
        known = {row["number"] for row in await database.fetch("SELECT number FROM migrations")}
    return [item.name for item in migrations() if item.number not in known]
