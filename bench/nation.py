"""Every village of the country as grids: read from a file where there is one, else a tree of the same shape."""

import csv
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from grid_model.tree import COUNTY, Grid

PROVINCES, PREFECTURES, COUNTIES, TOWNSHIPS, VILLAGES = 31, 342, 2_977, 41_352, 620_573
"""The villages as the list of 2023 counts them; above them about as many units as the country has (ours)."""

LEVELS = (
    ("国", "nation"),
    ("省", "province"),
    ("市", "prefecture"),
    ("县", COUNTY),
    ("乡镇", "township"),
    ("村", "village"),
)
_DIGITS = (0, 2, 4, 6, 9, 12)
_ROOT = "0"

Row = tuple[str, str, int, str]
"""Code, name, level from 0, code of the one above (empty for the root)."""


def rows(villages: int) -> Iterator[Row]:
    """Yield the country down to ``villages`` villages, superiors first."""
    given = os.environ.get("BENCH_DIVISIONS")
    yield from _read(Path(given)) if given else _made(villages)


def source() -> str:
    """Say where the rows come from."""
    return "BENCH_DIVISIONS" if os.environ.get("BENCH_DIVISIONS") else "synthetic, of the same shape"


def grids(villages: int) -> Iterator[Grid]:
    """Yield the same as grids, with ids from 1."""
    ids: dict[str, int] = {}
    for number, (code, name, level, above) in enumerate(rows(villages), 1):
        ids[code] = number
        level_name, kind = LEVELS[level]
        yield Grid(number, code, name, level, level_name, kind, ids[above] if above else None)


def write_csv(folder: Path, villages: int) -> int:
    """Write the sheet of grids of an import; return how many rows."""
    count = 0
    with (folder / "grids.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "name", "level", "level_name", "kind", "parent_code"))
        for code, name, level, above in rows(villages):
            writer.writerow((code, name, level, *LEVELS[level], above))
            count += 1
    return count


def _made(villages: int) -> Iterator[Row]:
    """Spread so many villages evenly, with as many units of each level above as the country has in proportion."""
    yield _ROOT, "全国", 0, ""
    share = villages / VILLAGES
    counts = [max(round(count * share), PROVINCES) for count in (PREFECTURES, COUNTIES, TOWNSHIPS)]
    above = [_ROOT]
    for level, count in enumerate((PROVINCES, *counts, villages), 1):
        codes, number, last = [], 0, ""
        width = _DIGITS[level] - _DIGITS[level - 1]
        for at in range(count):
            parent = above[at * len(above) // count]
            number = number + 1 if parent == last else 1
            last = parent
            code = f"{'' if parent == _ROOT else parent}{number:0{width}d}"
            codes.append(code)
            yield code, _name(code, level, number), level, parent
        above = codes


_FIRST = "东西南北上下大小新老石白黄青红双龙凤金银"
_SECOND = "家王李张刘陈杨赵周吴河山沟坪塔庄店桥口岭湾林泉堡营沙头坡屯寨"


def _name(code: str, level: int, number: int) -> str:
    seed = int(code)
    word = _FIRST[seed % len(_FIRST)] + _SECOND[seed // 7 % len(_SECOND)] + _SECOND[number % len(_SECOND)]
    return word + {1: "省", 2: "市", 3: "县", 4: "镇", 5: "村"}[level]


def _read(path: Path) -> Iterator[Row]:
    """Read (code, name) pairs of statistical area codes: a CSV without a header, or a table ``divisions`` of SQLite."""
    yield _ROOT, "全国", 0, ""
    known = {_ROOT}
    for code, name in sorted(_pairs(path), key=lambda pair: (len(pair[0].rstrip("0")), pair[0])):
        level = next((at for at, digits in enumerate(_DIGITS) if at and not code[digits:].strip("0")), None)
        if level is None or code[: _DIGITS[level]] in known:
            continue
        short = code[: _DIGITS[level]]
        known.add(short)
        above = next(short[:digits] for digits in _DIGITS[level - 1 :: -1] if short[:digits] in known or not digits)
        yield short, name, level, above or _ROOT


def _pairs(path: Path) -> list[tuple[str, str]]:
    if path.suffix in (".sqlite", ".db"):
        with sqlite3.connect(path) as opened:
            return [(str(code), str(name)) for code, name in opened.execute("SELECT code, name FROM divisions")]
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1]) for row in csv.reader(file) if row and row[0].isdigit()]
