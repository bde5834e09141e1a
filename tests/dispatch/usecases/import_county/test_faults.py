"""Whatever is wrong is named by its sheet and row, and nothing is changed."""

import copy
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.domain.county_sheets import SHEETS, Kind, Sheet
from dispatch.storage.database import Database


def corruptions(county: dict[str, Any]) -> Iterator[tuple[str, int, str, str]]:
    """(sheet, index of the row, column, bad text): each makes just this row wrong."""
    bad: dict[Kind, list[str]] = {
        Kind.CODE: ["不 明", "x" * 41], Kind.CODES: ["x,y", "x" * 41], Kind.NAME: ["三" * 101],
        Kind.HOUSE: ["三" * 201],
        Kind.PHONE: ["12345", "1990000000a", "二"], Kind.LEVEL: ["x", "-1", "100", "1.5"], Kind.CAPACITY: ["x", "101"],
        Kind.DATE: ["2026-02-30", "soon"], Kind.ROLE: ["boss"], Kind.BRANCH_KIND: ["boss"], Kind.OWNER: ["Q"],
        Kind.URGENCY: ["soon"], Kind.SHAPE: ['{"type":"Point","coordinates":[1,2]}', '{"type":"Polygon"}'],
    }  # fmt: skip
    references = {"parent_code", "grid_code", "branch_code", "person_code", "carer_code", "categories"}
    for sheet in SHEETS:
        for at, row in enumerate(county[sheet.value]):
            for column in SHEETS[sheet]:
                texts = list(bad[column.kind])
                if column.kind is not Kind.SHAPE:
                    texts.append(f"{row[column.name]}\x00")
                    texts.append(f"x\x7f{row[column.name]}")
                if column.required:
                    texts.append("")
                if column.name in references or (sheet is Sheet.POLYGONS and column.name == "code"):
                    texts.append("unknown")
                yield from ((sheet.value, at, column.name, text) for text in texts)
    for at, place in enumerate(county["grids"]):
        yield "grids", at, "parent_code", place["code"]
        if place["parent_code"]:
            yield "grids", at, "parent_code", ""
            yield "grids", at, "level", "0"
    yield "grids", 0, "parent_code", "14111"
    yield "people", 1, "phone", "19900000001"
    yield "roles", 0, "valid_to", "2023-12-31"
    yield "categories", 0, "parent_code", "0101"


@given(data=st.data(), workbook=st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
async def test_any_single_corruption_names_its_sheet_and_row_and_changes_nothing(
    database: Database, data: st.DataObject, workbook: bool, sheets
) -> None:
    with tempfile.TemporaryDirectory() as where:
        if not await database.fetch("SELECT FROM grids"):
            county = sheets.small_county()
            # Everybody has another name, so that a half-done import would show.
            for row in county["people"] + county["grids"] + county["branches"] + county["households"]:
                row["name"] += "旧"
            sheets.counts(await sheets.bring(database, Path(where), county))
        before = await sheets.snapshot(database)
        sheet, at, column, text = data.draw(st.sampled_from(list(corruptions(sheets.small_county()))))
        county = copy.deepcopy(sheets.small_county())
        county[sheet][at][column] = text
        report = await sheets.bring(database, Path(where), county, workbook=workbook)
        number = at + (1 if sheet == "polygons" and not workbook else 2)
        assert (sheet, number) in {(bad.sheet, bad.row) for bad in report.faults}, report.faults
        assert not report.counts
        assert await sheets.snapshot(database) == before


@given(sheet=st.sampled_from([s.value for s in SHEETS if s is not Sheet.POLYGONS]), data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=15)
async def test_a_row_twice_too_short_or_too_long_is_named(
    database: Database, sheet: str, data: st.DataObject, sheets
) -> None:
    county = sheets.small_county()
    at = data.draw(st.integers(0, len(county[sheet]) - 1))
    last = len(county[sheet]) + 2
    row = list(county[sheet][at].values())
    made, reasons = data.draw(
        st.sampled_from(
            [
                (row, {"duplicate_code", "duplicate_role"}),
                (row[:-1], {"wrong_width"}),
                ([*row, "x"], {"wrong_width"}),
            ]
        )
    )
    county[sheet].append(made)
    with tempfile.TemporaryDirectory() as where:
        report = await sheets.bring(database, Path(where), county)
    assert {(bad.row, bad.reason_key) for bad in report.faults if bad.sheet == sheet} & {(last, r) for r in reasons}
    assert not any((await sheets.snapshot(database)).values())


async def test_all_faults_of_all_sheets_are_listed_at_once_in_order(database: Database, tmp_path: Path, sheets) -> None:
    county = sheets.small_county()
    for rows in county.values():
        for row in rows:
            if "name" in row:
                row["name"] = ""
    county["roles"][2]["role"] = "boss"
    report = await sheets.bring(database, tmp_path, county)
    named = [(bad.sheet, bad.row) for bad in report.faults]
    expected = [(s.value, at + 2) for s in SHEETS for at, row in enumerate(county[s.value]) if "name" in row]
    expected.insert(expected.index(("households", 2)), ("roles", 4))
    assert named == expected
