"""A county comes in whole, once or many times, and its intervals hold its subtrees."""

import asyncio
import csv
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.demo import county as demo
from dispatch.domain.county_sheets import SHEETS, Sheet
from dispatch.storage.database import Database
from dispatch.usecases.import_county import import_county


@pytest.mark.parametrize("workbook", [False, True])
async def test_a_county_comes_in_and_the_same_again_changes_no_row(
    database: Database, tmp_path: Path, workbook: bool, sheets
) -> None:
    county = sheets.small_county()
    report = await sheets.bring(database, tmp_path, county, workbook=workbook)
    assert sheets.counts(report) == {name: (len(rows), 0, 0) for name, rows in county.items()}
    assert report.changed
    before = await sheets.snapshot(database)
    again = await sheets.bring(database, tmp_path, county, workbook=not workbook)
    assert sheets.counts(again) == {name: (0, 0, len(rows)) for name, rows in county.items()}
    assert not again.changed
    assert await sheets.snapshot(database) == before
    await sheets.assert_intervals_hold_subtrees(database)
    role = await database.fetchrow("SELECT * FROM roles WHERE role = 'member'")
    assert (role["valid_from"], role["valid_to"]) == (None, date(2030, 12, 31))
    home = await database.fetchrow("SELECT * FROM household_contacts ORDER BY household_id LIMIT 1")
    assert (home["phone"], home["house"]) == ("03586322222", "3号")


async def test_a_dry_run_counts_the_same_and_leaves_nothing(database: Database, tmp_path: Path, sheets) -> None:
    county = sheets.small_county()
    trial = await sheets.bring(database, tmp_path, county, dry_run=True)
    assert not any((await sheets.snapshot(database)).values())
    real = await sheets.bring(database, tmp_path, county)
    assert (trial.counts, trial.changed) == (real.counts, real.changed)


async def test_the_demo_county_comes_in_without_a_fault_from_files_and_workbook_alike(
    database: Database, tmp_path: Path, sheets
) -> None:
    demo.write_csv(tmp_path / "csv")
    demo.write_xlsx(tmp_path / "county.xlsx")
    first = await import_county(database, tmp_path / "csv")
    assert sheets.counts(first)["grids"][0] > 10_000
    before = await sheets.snapshot(database)
    assert not (await import_county(database, tmp_path / "county.xlsx")).changed
    assert await sheets.snapshot(database) == before


async def test_two_imports_at_once_wait_for_each_other(database: Database, tmp_path: Path, sheets) -> None:
    paths = []
    for number in range(4):
        county = sheets.small_county()
        county["grids"].append(county["grids"][5] | {"code": f"1411{number + 2}"})
        (tmp_path / str(number)).mkdir()
        paths.append(sheets.write(tmp_path / str(number), county))
    reports = await asyncio.gather(*(import_county(database, path) for path in paths))
    inserted = sorted(sheets.counts(report)["grids"][0] for report in reports)
    assert inserted == [1, 1, 1, 7]
    await sheets.assert_intervals_hold_subtrees(database)


@given(
    draws=st.lists(st.integers(0, 1000), min_size=1, max_size=20),
    moves=st.dictionaries(st.integers(1, 25), st.integers(0, 25), min_size=1, max_size=8),
)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=25)
async def test_after_any_two_imports_the_intervals_hold_the_subtrees(
    database: Database, draws: list[int], moves: dict[int, int], sheets
) -> None:
    await database.execute("TRUNCATE grids CASCADE")
    tree = [grid(0, None), *(grid(at, draw % at) for at, draw in enumerate(draws, start=1))]
    with tempfile.TemporaryDirectory() as where:
        sheets.counts(await sheets.bring(database, Path(where), {"grids": tree}))
        await sheets.assert_intervals_hold_subtrees(database)
        before = await sheets.snapshot(database)
        report = await sheets.bring(database, Path(where), {"grids": [grid(low, high) for low, high in moves.items()]})
    await sheets.assert_intervals_hold_subtrees(database)
    known = {*range(len(tree)), *moves}
    if all(high < low and high in known for low, high in moves.items()):
        assert not report.refused
    if report.refused:
        assert await sheets.snapshot(database) == before


def grid(number: int, parent: int | None) -> dict[str, str]:
    above = "" if parent is None else str(parent)
    level = str(number)
    return {"code": level, "name": "名", "level": level, "level_name": "级", "kind": "grid", "parent_code": above}


async def test_a_county_with_the_number_prefix_of_one_in_the_database_is_refused(
    database: Database, tmp_path: Path, sheets
) -> None:
    await sheets.bring(database, tmp_path, sheets.small_county())
    another = {
        "code": "140000",
        "name": "另县",
        "level": "1",
        "level_name": "县",
        "kind": "county",
        "parent_code": "14",
    }
    report = await sheets.bring(database, tmp_path, {"grids": [another]})
    assert sheets.places(report) == {("grids", 2, "same_prefix")}
    report = await sheets.bring(database, tmp_path, {"grids": [another | {"code": "140001"}]})
    assert sheets.counts(report)["grids"] == (1, 0, 0)


@pytest.mark.drill
async def test_a_tree_of_the_size_of_the_country_comes_in(database: Database, tmp_path: Path, sheets) -> None:
    """As many grids a level as the national list has: 31, 342, 2,978, 41,352 and 620,573."""
    (tmp_path / "country").mkdir()
    above = ["0"]
    total = 1
    with (tmp_path / "country" / "grids.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in SHEETS[Sheet.GRIDS]])
        writer.writerow(["0", "国", 0, "国", "country", ""])
        for level, size in enumerate((31, 342, 2_978, 41_352, 620_573), start=1):
            here = [f"{level}{at:05}" for at in range(size)]
            kind = "county" if level == 3 else "grid"
            writer.writerows(
                [code, f"第{code}号", level, f"第{level}级", kind, above[at * len(above) // size]]
                for at, code in enumerate(here)
            )
            above = here
            total += size
    heard: list[tuple[str, int, int | None]] = []
    first = await import_county(database, tmp_path / "country", progress=lambda *told: heard.append(told))
    assert sheets.counts(first) == {"grids": (total, 0, 0)}
    assert any(stage == "read grids" and 0 < done < total for stage, done, _ in heard)
    wrong = await database.fetchrow("""
        SELECT count(*) FILTER (WHERE NOT (p.lo < g.lo AND g.hi <= p.hi)) AS outside,
               count(DISTINCT g.lo) AS places, max(g.hi) AS last
        FROM grids g JOIN grids p ON p.id = g.parent_id""")
    assert tuple(wrong) == (0, total - 1, total)
    assert sheets.counts(await import_county(database, tmp_path / "country")) == {"grids": (0, 0, total)}
