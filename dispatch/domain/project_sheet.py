"""The steps of a project as a sheet holds them: a row a step, with its heading in Chinese or in English."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dispatch.domain.county_faults import LOST_DIGITS, WHOLE_SHEET, BadCellError, Fault, UnreadableError, fault
from dispatch.domain.county_rows import value
from dispatch.domain.county_sheets import Column, Kind
from dispatch.domain.projects import MOST_STEPS, Step

SHEET = "steps"
"""The name of the sheet of a workbook, and of the table in its faults."""

COLUMNS: tuple[Column, ...] = (
    Column("what", Kind.HOUSE, "做什么", "what is done", required=True),
    Column("who", Kind.CODE, "谁来做（人员编码）", "who does it, by their code", required=True),
    Column("how", Kind.HOUSE, "怎么做", "how", required=True),
    Column("due", Kind.DATE, "期限", "until which day", required=True),
    Column("standard", Kind.HOUSE, "标准", "to what standard", required=True),
)
"""The columns, all needed; their order is free."""

HEADINGS: Mapping[str, str] = {
    **{column.name: column.name for column in COLUMNS},
    "做什么": "what",
    "谁来做": "who",
    "怎么做": "how",
    "期限": "due",
    "标准": "standard",
}
"""What a column may be headed."""

TEMPLATE = "做什么,谁来做,怎么做,期限,标准\n排查楼道杂物,M0070,逐楼登记,2026-12-31,每栋一张清单\n"
"""A sheet with one step; whose code it is, is an example."""

_PADDING = " \u3000\u00a0"
_NAMES = {column.name: column for column in COLUMNS}


def table(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of CSV, each with its number from 1, without the empty ones.

    Raises:
        UnreadableError: where it breaks off.
    """
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True), start=1):
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise UnreadableError(fault(SHEET, number + 1, "unreadable", error)) from None


def read(rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[list[Step], list[Fault]]:
    """Return the steps of a table, its heading first, as (row number, cells), and everything wrong with its cells.

    A step's ``field`` is its row: ``rows.2`` is the first below the heading.
    """
    walk = iter(rows)
    try:
        head = next(walk, None)
        if head is None:
            return [], [fault(SHEET, WHOLE_SHEET, "empty_sheet")]
        given = [name.strip(_PADDING) for name in head[1]]
        while given and not given[-1]:
            given.pop()
        wrong = _header(head[0], given)
        return ([], wrong) if wrong else _steps(walk, [HEADINGS[name] for name in given])
    except UnreadableError as broken:
        return [], [broken.found]


def _header(row: int, given: Sequence[str]) -> list[Fault]:
    found = [fault(SHEET, row, "unknown_column", name) for name in given if name not in HEADINGS]
    names = [HEADINGS[name] for name in given if name in HEADINGS]
    found += [fault(SHEET, row, "duplicate_column", name) for name in sorted({n for n in names if names.count(n) > 1})]
    return found + [fault(SHEET, row, "missing_column", name) for name in _NAMES if name not in names]


def _steps(walk: Iterable[tuple[int, Sequence[str]]], names: Sequence[str]) -> tuple[list[Step], list[Fault]]:
    found: list[Step] = []
    wrong: list[Fault] = []
    count = 0
    for count, (row, cells) in enumerate(walk, 1):
        if count > MOST_STEPS:
            wrong.append(fault(SHEET, row, "too_many", SHEET, MOST_STEPS))
            break
        values, faults = _values(row, dict(zip(names, [*cells, *[""] * len(names)], strict=False)))
        wrong += faults
        if len(cells) > len(names) and any(cells[len(names) :]):
            wrong.append(fault(SHEET, row, "wrong_width", len(names), len(cells)))
        elif not faults:
            found.append(Step(f"rows.{row}", **{**values, "due": date.fromisoformat(values["due"])}))
    if not count:
        wrong.append(fault(SHEET, WHOLE_SHEET, "required", SHEET))
    return found, wrong


def _values(row: int, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    wrong: list[Fault] = []
    for name, column in _NAMES.items():
        cell = cells[name].strip(_PADDING)
        if cell.endswith(LOST_DIGITS):
            wrong.append(fault(SHEET, row, "lost_digits", name))
        elif not cell:
            wrong.append(fault(SHEET, row, "required", name))
        else:
            try:
                values[name] = value(cell, column)
            except BadCellError as bad:
                wrong.append(fault(SHEET, row, bad.reason_key, *bad.details))
    return values, wrong
