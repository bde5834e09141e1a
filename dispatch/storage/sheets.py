"""A county's files: a directory of CSV and GeoJSON files, or one workbook, as rows of text with their numbers."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile, is_zipfile

import orjson
from python_calamine import CalamineError, CalamineWorkbook

from dispatch.domain.county_faults import LOST_DIGITS, WHOLE_SHEET, Fault, UnreadableError, fault
from dispatch.domain.county_sheets import SHEETS, Sheet

Cells = tuple[int, list[str]]
"""A row: its number as the user sees it (the header is 1), and its cells as text."""

LONGEST_CELL = 16 * 1024 * 1024
"""Characters; the polygon of a whole county with every bend of a river stays far below."""

EXACT_DIGITS = 15
"""Excel keeps no more digits of a number; what stood behind them in a code is gone."""

_GEOJSON = f"{Sheet.POLYGONS.value}.geojson"


class Source:
    """Where a county comes from; iterate ``tables`` for the sheets it holds."""

    def __init__(self, tables: dict[Sheet, Path | list[list[Any]]], faults: list[Fault]) -> None:
        self._tables = tables
        self.faults = faults
        """What is wrong with the place as a whole: unknown sheets, no workbook."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """The sheets under a directory or in a workbook; faults are collected, not raised."""
        try:
            if path.is_dir():
                return cls._directory(path)
            if not path.exists():
                return cls({}, [fault(path.name, WHOLE_SHEET, "no_such_path")])
        except OSError as error:
            return cls({}, [fault(path.name, WHOLE_SHEET, "unreadable", error)])
        return cls._workbook(path)

    @classmethod
    def _directory(cls, path: Path) -> Self:
        tables: dict[Sheet, Path | list[list[Any]]] = {}
        faults: list[Fault] = []
        files = {_file_name(sheet): sheet for sheet in SHEETS}
        for file in sorted(path.iterdir()):
            if file.name in files:
                tables[files[file.name]] = file
            elif file.suffix.lower() in {".csv", ".geojson"}:
                # A misspelt name would otherwise be a sheet silently left out.
                faults.append(fault(file.name, WHOLE_SHEET, "unknown_sheet", file.name))
        if not tables and not faults:
            faults.append(fault(Sheet.GRIDS, WHOLE_SHEET, "missing_sheet"))
        return cls(tables, faults)

    @classmethod
    def _workbook(cls, path: Path) -> Self:
        tables: dict[Sheet, Path | list[list[Any]]] = {}
        faults: list[Fault] = []
        sheets = {sheet.value: sheet for sheet in SHEETS}
        try:
            if not is_zipfile(path):
                return cls({}, [fault(path.name, WHOLE_SHEET, "not_workbook")])
            with CalamineWorkbook.from_path(path) as book:
                for name in book.sheet_names:
                    cells: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                    if name in sheets:
                        tables[sheets[name]] = cells
                    elif cells:
                        faults.append(fault(name, WHOLE_SHEET, "unknown_sheet", name))
        except (CalamineError, BadZipFile, OSError) as error:
            return cls({}, [fault(path.name, WHOLE_SHEET, "not_workbook", error)])
        if not tables and not faults:
            faults.append(fault(Sheet.GRIDS, WHOLE_SHEET, "missing_sheet"))
        return cls(tables, faults)

    def sheets(self) -> list[Sheet]:
        """The sheets it holds, in the order in which they are applied."""
        return [sheet for sheet in SHEETS if sheet in self._tables]

    def rows(self, sheet: Sheet) -> Iterator[Cells]:
        """The rows of a sheet, the header first, without the empty ones; a sheet is read once.

        Raises:
            UnreadableError: where the file breaks off.
        """
        table = self._tables.pop(sheet)
        if isinstance(table, list):
            return _workbook_rows(table)
        return _geojson_rows(table) if sheet is Sheet.POLYGONS else _csv_rows(sheet, table)


def _file_name(sheet: Sheet) -> str:
    return _GEOJSON if sheet is Sheet.POLYGONS else f"{sheet.value}.csv"


def one_table(path: Path, name: str) -> Iterator[Cells]:
    """The rows of a file that is one table, the header first: CSV, or the sheet ``name`` of a workbook.

    Raises:
        UnreadableError: where the file breaks off, or holds no such sheet.
    """
    if not is_zipfile(path):
        yield from _csv_rows(name, path)
        return
    try:
        with CalamineWorkbook.from_path(path) as book:
            if name not in book.sheet_names:
                raise UnreadableError(fault(name, WHOLE_SHEET, "missing_sheet"))
            cells: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, BadZipFile, OSError) as error:
        raise UnreadableError(fault(name, WHOLE_SHEET, "not_workbook", error)) from error
    yield from _workbook_rows(cells)


def _csv_rows(sheet: str, path: Path) -> Iterator[Cells]:
    csv.field_size_limit(LONGEST_CELL)
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, cells in enumerate(csv.reader(file, strict=True), start=1):
                if any(cells):
                    yield number, cells
    except UnicodeDecodeError:
        raise UnreadableError(fault(sheet, number + 1, "not_utf8")) from None
    except (csv.Error, OSError) as error:
        raise UnreadableError(fault(sheet, number + 1, "unreadable", error)) from None


def _workbook_rows(table: list[list[Any]]) -> Iterator[Cells]:
    for number, values in enumerate(table, start=1):
        cells = [value if type(value) is str else _cell_text(value) for value in values]
        if any(cells):
            yield number, cells


def _cell_text(value: object) -> str:
    """What a person reads in a cell: 141123 and not 141123.0, 2026-01-31 and not a moment."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= 10**EXACT_DIGITS:
            return f"{value:.0f}{LOST_DIGITS}"
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _geojson_rows(path: Path) -> Iterator[Cells]:
    """Features as rows: their number counts from 1, as a person would count them."""
    sheet = Sheet.POLYGONS
    try:
        document = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (orjson.JSONDecodeError, OSError) as error:
        raise UnreadableError(fault(sheet, WHOLE_SHEET, "unreadable", error)) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise UnreadableError(fault(sheet, WHOLE_SHEET, "unreadable", "FeatureCollection"))
    yield WHOLE_SHEET, ["code", "geojson"]
    for number, feature in enumerate(features, start=1):
        parts = feature if isinstance(feature, dict) else {}
        properties = parts.get("properties")
        code = properties.get("code") if isinstance(properties, dict) else None
        geometry = parts.get("geometry")
        yield (
            number,
            ["" if code is None else str(code), orjson.dumps(geometry).decode() if geometry is not None else ""],
        )
