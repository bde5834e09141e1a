"""SQL from ``sql/``: files of named queries, each with a sentence that says what comes back."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent.parent
SQL = _HERE / "_sql" if (_HERE / "_sql").is_dir() else _HERE.parent / "sql"
"""Where the SQL lies: inside the package in a wheel, beside it in a checkout."""

_NAME = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)


@cache
def load(subject: str) -> Mapping[str, str]:
    """Return the queries of ``sql/queries/<subject>.sql`` by name.

    Raises:
        ValueError: a name stands twice, or a query has no sentence.
    """
    parts = _NAME.split((SQL / "queries" / f"{subject}.sql").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        if name in found:
            raise ValueError(f"{subject}.sql: {name} stands twice")
        if not body.lstrip().startswith("-- "):
            raise ValueError(f"{subject}.sql: {name} has no sentence that says what comes back")
        found[name] = body.strip()
    return found
