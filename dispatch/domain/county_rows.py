"""One row of a sheet: its cells from text to values, with everything that is wrong in it."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from sys import intern
from typing import Any

from dispatch.domain.county_faults import LOST_DIGITS, WHOLE_SHEET, BadCellError, Fault, UnreadableError, fault
from dispatch.domain.county_shapes import shape_bytes
from dispatch.domain.county_sheets import LIMITS, LIST_ITEMS, RANGES, SHEETS, WORDS, Column, Kind, Sheet, columns

Row = tuple[Any, ...]
"""A decoded row: its number in the file, then a value for each column of its sheet.

Absent columns give None. Empty cells give "" (lists: (), ``capacity``: None). Dates are ISO text, shapes WKB bytes.
"""

_PADDING = " \u3000\u00a0"
_PHONE = re.compile(r"1[0-9]{10}|0[0-9]{2,3}-?[0-9]{7,8}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEPARATORS = ",;，；、"
_JOINERS = "\u200c\u200d"


@dataclass(slots=True)
class Rows:
    """What one sheet holds once decoded."""

    sheet: Sheet
    good: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    bad_codes: set[str] = field(default_factory=set)
    """First cells of refused rows, so that rows that refer to them are not called orphans as well."""
    broken: bool = False
    """The header or the file itself is at fault: nothing is known of what the sheet holds."""


def decode(
    sheet: Sheet,
    table: Iterable[tuple[int, Sequence[str]]],
    told: Callable[[int], None] = lambda _done: None,
) -> Rows:
    """The rows of a sheet, decoded one by one.

    Args:
        sheet: which sheet it is.
        table: (row number, cells), the header first. Empty rows are left out by the reader.
        told: called with the number of rows so far, now and then.
    """
    rows = Rows(sheet)
    try:
        _decode_all(rows, iter(table), told)
    except UnreadableError as broken_off:
        rows.broken = True
        rows.faults.append(broken_off.found)
    return rows


def _decode_all(rows: Rows, walk: Iterator[tuple[int, Sequence[str]]], told: Callable[[int], None]) -> None:
    sheet = rows.sheet
    head = next(walk, None)
    if head is None:
        rows.broken = True
        rows.faults.append(fault(sheet, WHOLE_SHEET, "empty_sheet"))
        return
    names = [name.strip(_PADDING) for name in head[1]]
    while names and not names[-1]:
        names.pop()
    rows.faults += _header_faults(sheet, head[0], names)
    if rows.faults:
        rows.broken = True
        return
    known = columns(sheet)
    order = [(names.index(name) if name in names else None, column) for name, column in known.items()]
    plan = [(place, column, _DECODERS[column.kind]) for place, column in order]
    first = names.index(SHEETS[sheet][0].name)
    count = 0
    for number, cells in walk:
        _decode_row(rows, plan, number, cells, len(names), first)
        count += 1
        if count % 10_000 == 0:
            told(count)
    told(count)


def _header_faults(sheet: Sheet, row: int, names: list[str]) -> list[Fault]:
    known = columns(sheet)
    found = [fault(sheet, row, "unknown_column", name) for name in names if name not in known]
    found += [fault(sheet, row, "duplicate_column", name) for name in sorted({n for n in names if names.count(n) > 1})]
    found += [
        fault(sheet, row, "missing_column", column.name)
        for column in known.values()
        if column.required and column.name not in names
    ]
    return found


_Plan = list[tuple[int | None, Column, Callable[[str, Column], Any]]]


def _decode_row(rows: Rows, plan: _Plan, number: int, cells: Sequence[str], width: int, first: int) -> None:
    if len(cells) != width and (len(cells) < width or any(cells[width:])):
        rows.faults.append(fault(rows.sheet, number, "wrong_width", width, len(cells)))
        rows.bad_codes.add(cells[first].strip(_PADDING) if len(cells) > first else "")
        return
    values: list[Any] = [number]
    wrong: list[Fault] = []
    for place, column, decoder in plan:
        if place is None:
            values.append(None)
            continue
        cell = cells[place]
        # The reader's cells are mostly clean: one C call tells, and the slow look is for the rest.
        if cell.endswith(LOST_DIGITS):
            wrong.append(fault(rows.sheet, number, "lost_digits", column.name))
            continue
        if not cell.isprintable() or (cell and (cell[0] == " " or cell[-1] == " ")):
            cell = cell.strip(_PADDING)
        if not cell:
            if column.required:
                wrong.append(fault(rows.sheet, number, "required", column.name))
            values.append(_EMPTY.get(column.kind, ""))
            continue
        try:
            values.append(decoder(cell, column))
        except BadCellError as bad:
            wrong.append(fault(rows.sheet, number, bad.reason_key, *bad.details))
    if wrong:
        rows.faults += wrong
        rows.bad_codes.add(cells[first].strip(_PADDING))
    else:
        rows.good.append(tuple(values))


def _text(cell: str, column: Column) -> str:
    if len(cell) > LIMITS[column.kind]:
        raise BadCellError("too_long", column.name, LIMITS[column.kind])
    if not cell.isprintable() and any(_is_control(letter) for letter in cell):
        raise BadCellError("control_characters", column.name)
    return cell


def _is_control(letter: str) -> bool:
    # Private-use and unassigned letters stay: rare hanzi of people's names are among them.
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and letter not in _JOINERS


def _name(cell: str, column: Column) -> str:
    # Names of levels repeat some hundred thousand times in a national tree.
    return intern(_text(cell, column)) if column.name == "level_name" else _text(cell, column)


def _code(cell: str, column: Column) -> str:
    if not cell.isprintable() or " " in cell or not cell.isascii():
        _text(cell, column)
        if any(letter.isspace() or letter in _SEPARATORS for letter in cell) or not cell.isprintable():
            raise BadCellError("bad_code", column.name, _SEPARATORS)
    elif "," in cell or ";" in cell:
        raise BadCellError("bad_code", column.name, _SEPARATORS)
    if len(cell) > LIMITS[Kind.CODE]:
        raise BadCellError("too_long", column.name, LIMITS[Kind.CODE])
    return intern(cell)


def _codes(cell: str, column: Column) -> tuple[str, ...]:
    items = list(dict.fromkeys(_text(cell, column).split()))
    if len(items) > LIST_ITEMS:
        raise BadCellError("too_many", column.name, LIST_ITEMS)
    return tuple(_code(item, column) for item in items)


def _phone(cell: str, _column: Column) -> str:
    if not _PHONE.fullmatch(cell):
        raise BadCellError("bad_phone", cell)
    return cell.replace("-", "")


def _number(cell: str, column: Column) -> int:
    least, greatest = RANGES[column.kind]
    if not (cell.isascii() and cell.isdigit() and len(cell) <= len(str(greatest)) and least <= int(cell) <= greatest):
        raise BadCellError("bad_number", column.name, least, greatest, cell)
    return int(cell)


def _date(cell: str, column: Column) -> str:
    if _DATE.fullmatch(cell):
        try:
            return date.fromisoformat(cell).isoformat()
        except ValueError:
            pass
    raise BadCellError("bad_date", column.name, cell)


def _word(cell: str, column: Column) -> str:
    words = [word.value for word in WORDS[column.kind]]
    if cell not in words:
        raise BadCellError("unknown_word", column.name, tuple(words), cell)
    return cell


_DECODERS: dict[Kind, Callable[[str, Column], Any]] = {
    Kind.CODE: _code,
    Kind.NAME: _name,
    Kind.HOUSE: _text,
    Kind.CODES: _codes,
    Kind.PHONE: _phone,
    Kind.LEVEL: _number,
    Kind.CAPACITY: _number,
    Kind.DATE: _date,
    Kind.SHAPE: shape_bytes,
    **dict.fromkeys(WORDS, _word),
}


def value(cell: str, column: Column) -> Any:
    """Return the value of a cell that is not empty, as its column wants it.

    Raises:
        BadCellError: it is none.
    """
    return _DECODERS[column.kind](cell, column)


_EMPTY: dict[Kind, Any] = {Kind.CODES: (), Kind.CAPACITY: None}
