"""The demo county as the sheets of an import, and as the files that ``grid-dispatch import`` takes."""

import csv
import json
from datetime import datetime
from pathlib import Path

from dispatch.demo.branches import branches
from dispatch.demo.grids import grids
from dispatch.demo.households import households
from dispatch.demo.land import polygons
from dispatch.demo.people import population

Sheets = dict[str, list[dict[str, str]]]
"""Rows by the name of their sheet; every value is text, as in a file."""

SHOWN_VILLAGE = "141123100016"
"""东城社区 of 蔚汾镇, where most of the demo accounts are at home."""

_CATEGORIES = Path(__file__).with_name("categories.csv")
_MADE = datetime(2024, 1, 1)  # noqa: DTZ001 - a workbook's dates have no zone, and a fixed one keeps its bytes the same


def county() -> Sheets:
    """Give the sheets of the demo county: the same rows each time, on every version of Python.

    Returns:
        ``grids``, ``branches``, ``people``, ``roles``, ``households``, ``categories``, and ``polygons`` with the
        columns ``code`` and ``geojson`` (the geometry as text, longitude and latitude in degrees).
    """
    tree = grids()
    organisations = branches(tree)
    everybody = population(tree, organisations, SHOWN_VILLAGE[:9])
    return {
        "grids": [grid.row() for grid in tree],
        "branches": [branch.row() for branch in organisations],
        "people": everybody.people,
        "roles": everybody.roles,
        "households": households(tree, everybody, SHOWN_VILLAGE),
        "categories": categories(),
        "polygons": polygons(tree),
    }


def categories() -> list[dict[str, str]]:
    """Give the rows of the sheet ``categories``: DOMAIN's list, each large category before its small ones."""
    with _CATEGORIES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_csv(directory: Path) -> None:
    """Write the county as one CSV file a sheet and ``polygons.geojson``, into a directory made if missing."""
    directory.mkdir(parents=True, exist_ok=True)
    sheets = county()
    features = [
        {"type": "Feature", "properties": {"code": row["code"]}, "geometry": json.loads(row["geojson"])}
        for row in sheets.pop("polygons")
    ]
    collection = {"type": "FeatureCollection", "features": features}
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"))
    (directory / "polygons.geojson").write_text(f"{text}\n", encoding="utf-8", newline="\n")
    for name, rows in sheets.items():
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def write_xlsx(path: Path) -> None:
    """Write the county as one workbook with the same sheets; every cell is text, so that codes keep their zeros."""
    import xlsxwriter  # noqa: PLC0415 - only whoever wants a workbook pays for it

    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _MADE})
        for name, rows in county().items():
            sheet = book.add_worksheet(name)
            for place, line in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                for column, value in enumerate(line):
                    sheet.write_string(place, column, value)
