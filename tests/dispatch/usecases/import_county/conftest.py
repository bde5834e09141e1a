"""A county with something in every column of every sheet, brought in as files or as a workbook."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlsxwriter

from dispatch.storage.database import Database
from dispatch.usecases.import_county import Report, import_county

County = dict[str, list[dict[str, Any]]]
TABLES = (
    "grids", "grid_polygons", "branches", "people", "person_contacts", "roles", "households", "household_contacts",
    "categories",
)  # fmt: skip

VERSIONS = "SELECT xmin::text, ctid::text, * FROM {table} ORDER BY ctid"


def square(west: float) -> str:
    ring = [[west, 38], [west + 1, 38], [west + 1, 39], [west, 39], [west, 38]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def small_county() -> County:
    """A county with something in every column of every sheet."""
    tree = [
        ("14", "县", 0, "county", ""), ("141", "甲乡", 1, "township", "14"), ("142", "乙乡", 1, "township", "14"),
        ("1411", "一村", 2, "village", "141"), ("1412", "二村", 2, "village", "141"),
        ("14111", "一组", 4, "grid", "1411"),
    ]  # fmt: skip
    return {
        "grids": [
            {"code": c, "name": n, "level": str(v), "level_name": f"第{v}级", "kind": k, "parent_code": p}
            for c, n, v, k, p in tree
        ],
        "categories": [
            {"code": c, "name": n, "name_en": "", "parent_code": p, "owner": "G", "urgency": "general"}
            for c, n, p in [("01", "环境", ""), ("0101", "垃圾", "01"), ("0102", "渣土", "01")]
        ],
        "branches": [
            {"code": "B1", "name": "县委", "kind": "committee", "grid_code": "14", "categories": ""},
            {"code": "B2", "name": "一村支部", "kind": "branch", "grid_code": "1411", "categories": "01 0102"},
        ],
        "people": [
            {"code": f"P{n}", "name": f"演示党员{n}", "phone": f"1990000000{n}", "skills": "0101 木工", "capacity": "3"}
            for n in range(1, 5)
        ],
        "roles": [
            {"person_code": "P1", "role": "secretary", "grid_code": "1411", "branch_code": "B2",
             "valid_from": "2024-01-01", "valid_to": ""},
            {"person_code": "P2", "role": "member", "grid_code": "14111", "branch_code": "B2",
             "valid_from": "", "valid_to": "2030-12-31"},
            {"person_code": "P2", "role": "grid_worker", "grid_code": "1411", "branch_code": "",
             "valid_from": "", "valid_to": ""},
        ],
        "households": [
            {"code": "H1", "grid_code": "14111", "name": "演示户", "phone": "0358-6322222", "house": "3号",
             "carer_code": "P2"},
            {"code": "H2", "grid_code": "1412", "name": "演示户", "phone": "", "house": "", "carer_code": ""},
        ],
        "polygons": [{"code": "1411", "geojson": square(111)}, {"code": "1412", "geojson": square(112)}],
    }  # fmt: skip


def write(where: Path, county: County, *, workbook: bool = False, encoding: str = "utf-8") -> Path:
    """The county as files under ``where``; rows may be dicts, or lists of cells as they are."""
    if workbook:
        path = where / "county.xlsx"
        with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
            for name, rows in county.items():
                page = book.add_worksheet(name)
                for at, cells in enumerate([list(rows[0]), *map(cells_of, rows)]):
                    for place, cell in enumerate(cells):
                        page.write_string(at, place, cell) if isinstance(cell, str) else page.write(at, place, cell)
        return path
    path = where / "county"
    path.mkdir(exist_ok=True)
    for name, rows in county.items():
        if name == "polygons":
            features = [
                {
                    "type": "Feature",
                    "properties": {"code": row["code"]},
                    "geometry": json.loads(row["geojson"] or "null"),
                }
                for row in rows
            ]
            text = json.dumps({"type": "FeatureCollection", "features": features})
            (path / "polygons.geojson").write_text(text, encoding=encoding)
            continue
        with (path / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([list(rows[0]), *map(cells_of, rows)])
    return path


def cells_of(row: Any) -> list[Any]:
    return list(row.values()) if isinstance(row, dict) else row


async def bring(database: Database, where: Path, county: County, *, dry_run: bool = False, **how: Any) -> Report:
    return await import_county(database, write(where, county, **how), dry_run=dry_run)


async def snapshot(database: Database) -> dict[str, list[Any]]:
    """Every row of the county with the version PostgreSQL gave it."""
    return {table: [tuple(row) for row in await database.fetch(VERSIONS.format(table=table))] for table in TABLES}


async def intervals(database: Database) -> dict[str, tuple[int, int]]:
    return {row["code"]: (row["lo"], row["hi"]) for row in await database.fetch("SELECT code, lo, hi FROM grids")}


async def ancestors(database: Database) -> set[tuple[str, str]]:
    """(grid, itself or one above), by walking the parents."""
    rows = await database.fetch("""
        WITH RECURSIVE walk AS (
            SELECT code, id, parent_id, code AS above FROM grids
            UNION ALL SELECT w.code, g.id, g.parent_id, g.code FROM walk w JOIN grids g ON g.id = w.parent_id)
        SELECT code, above FROM walk""")
    return {(row["code"], row["above"]) for row in rows}


async def assert_intervals_hold_subtrees(database: Database) -> None:
    spans = await intervals(database)
    assert sorted(lo for lo, _ in spans.values()) == list(range(len(spans)))
    within = {(a, b) for a in spans for b in spans if spans[b][0] <= spans[a][0] < spans[b][1]}
    assert within == await ancestors(database)


def counts(report: Report) -> dict[str, tuple[int, int, int]]:
    assert not report.refused, report.faults
    return {count.sheet.value: (count.inserted, count.updated, count.unchanged) for count in report.counts}


def places(report: Report) -> set[tuple[str, int, str]]:
    return {(bad.sheet, bad.row, bad.reason_key) for bad in report.faults}


@pytest.fixture(scope="session")
def sheets() -> SimpleNamespace:
    """A small county on sheets, and what became of it in the database."""
    return SimpleNamespace(
        TABLES=TABLES,
        small_county=small_county,
        write=write,
        bring=bring,
        snapshot=snapshot,
        assert_intervals_hold_subtrees=assert_intervals_hold_subtrees,
        counts=counts,
        places=places,
    )
