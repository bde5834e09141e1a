import asyncio
import copy
import csv
import json
import random
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.demo import county as demo
from dispatch.domain.county_faults import WHOLE_SHEET
from dispatch.domain.county_sheets import SHEETS, Kind, Sheet, columns
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


@pytest.mark.parametrize("workbook", [False, True])
async def test_a_county_comes_in_and_the_same_again_changes_no_row(
    database: Database, tmp_path: Path, workbook: bool
) -> None:
    county = small_county()
    report = await bring(database, tmp_path, county, workbook=workbook)
    assert counts(report) == {name: (len(rows), 0, 0) for name, rows in county.items()}
    assert report.changed
    before = await snapshot(database)
    again = await bring(database, tmp_path, county, workbook=not workbook)
    assert counts(again) == {name: (0, 0, len(rows)) for name, rows in county.items()}
    assert not again.changed
    assert await snapshot(database) == before
    await assert_intervals_hold_subtrees(database)
    role = await database.fetchrow("SELECT * FROM roles WHERE role = 'member'")
    assert (role["valid_from"], role["valid_to"]) == (None, date(2030, 12, 31))
    home = await database.fetchrow("SELECT * FROM household_contacts ORDER BY household_id LIMIT 1")
    assert (home["phone"], home["house"]) == ("03586322222", "3号")


async def test_a_dry_run_counts_the_same_and_leaves_nothing(database: Database, tmp_path: Path) -> None:
    county = small_county()
    trial = await bring(database, tmp_path, county, dry_run=True)
    assert not any((await snapshot(database)).values())
    real = await bring(database, tmp_path, county)
    assert (trial.counts, trial.changed) == (real.counts, real.changed)


async def test_the_demo_county_comes_in_without_a_fault_from_files_and_workbook_alike(
    database: Database, tmp_path: Path
) -> None:
    demo.write_csv(tmp_path / "csv")
    demo.write_xlsx(tmp_path / "county.xlsx")
    first = await import_county(database, tmp_path / "csv")
    assert counts(first)["grids"][0] > 10_000
    before = await snapshot(database)
    assert not (await import_county(database, tmp_path / "county.xlsx")).changed
    assert await snapshot(database) == before


class TestWhatIsWritten:
    @pytest.fixture
    async def county(self, database: Database, tmp_path: Path) -> County:
        county = small_county()
        counts(await bring(database, tmp_path, county))
        return county

    async def test_only_what_differs(self, database: Database, county: County, tmp_path: Path) -> None:
        before = await snapshot(database)
        county["people"][0]["name"] = "演示党员改名"
        assert counts(await bring(database, tmp_path, county))["people"] == (0, 1, 3)
        after = await snapshot(database)
        assert [table for table in TABLES if before[table] != after[table]] == ["person_contacts"]
        assert len(set(after["person_contacts"]) - set(before["person_contacts"])) == 1

    async def test_rows_that_the_file_does_not_hold_stay(
        self, database: Database, county: County, tmp_path: Path
    ) -> None:
        more = {"people": [county["people"][0] | {"code": "P9", "phone": "19900000009"}]}
        (tmp_path / "more").mkdir()
        assert counts(await bring(database, tmp_path / "more", more)) == {"people": (1, 0, 0)}
        assert len((await snapshot(database))["people"]) == 5

    async def test_an_absent_column_leaves_and_an_empty_cell_clears(
        self, database: Database, county: County, tmp_path: Path
    ) -> None:
        where = tmp_path / "more"
        where.mkdir()
        required = {
            name: [{k: v for k, v in row.items() if columns(sheet)[k].required} for row in county[name]]
            for sheet in SHEETS
            if (name := sheet.value) not in {"roles", "polygons"}
        }
        before = await snapshot(database)
        assert not (await bring(database, where, required)).changed
        assert await snapshot(database) == before
        emptied = {"people": [county["people"][0] | {"skills": "", "capacity": ""}],
                   "households": [county["households"][0] | {"phone": "", "house": "", "carer_code": ""}],
                   "branches": [county["branches"][1] | {"categories": ""}]}  # fmt: skip
        (tmp_path / "emptied").mkdir()
        assert set(counts(await bring(database, tmp_path / "emptied", emptied)).values()) == {(0, 1, 0)}
        person = await database.fetchrow("SELECT * FROM people WHERE code = 'P1'")
        assert (person["skills"], person["capacity"]) == ([], 3)
        home = await database.fetchrow("SELECT * FROM households JOIN household_contacts ON household_id = id")
        assert (home["carer_id"], home["phone"], home["house"]) == (None, None, None)

    async def test_a_role_is_ended_by_its_last_day_and_draws_no_number(
        self, database: Database, county: County, tmp_path: Path
    ) -> None:
        county["roles"][0]["valid_to"] = "2025-06-30"
        assert counts(await bring(database, tmp_path, county))["roles"] == (0, 1, 2)
        rows = await database.fetch("SELECT id, valid_to FROM roles ORDER BY id")
        assert [row["id"] for row in rows] == [1, 2, 3]
        assert rows[0]["valid_to"] == date(2025, 6, 30)

    async def test_two_people_may_change_telephones(self, database: Database, county: County, tmp_path: Path) -> None:
        one, other = county["people"][:2]
        one["phone"], other["phone"] = other["phone"], one["phone"]
        assert counts(await bring(database, tmp_path, county))["people"] == (0, 2, 2)

    async def test_a_phone_of_somebody_else_is_refused(
        self, database: Database, county: County, tmp_path: Path
    ) -> None:
        (tmp_path / "more").mkdir()
        more = {"people": [county["people"][0] | {"code": "P9"}]}
        assert places(await bring(database, tmp_path / "more", more)) == {("people", 2, "phone_taken")}

    async def test_a_new_root_goes_above_the_old_one(self, database: Database, county: County, tmp_path: Path) -> None:
        county["grids"][0] |= {"parent_code": "1", "level": "1"}
        for row in county["grids"][1:]:
            row["level"] = str(int(row["level"]) + 1)
        top = {"code": "1", "name": "省", "level": "0", "level_name": "省", "kind": "province", "parent_code": ""}
        county["grids"].insert(0, top)
        assert counts(await bring(database, tmp_path, county))["grids"] == (1, 6, 0)
        await assert_intervals_hold_subtrees(database)

    async def test_root_and_child_may_change_places(self, database: Database, county: County, tmp_path: Path) -> None:
        grids = county["grids"]
        grids[1] |= {"parent_code": "", "level": "0"}
        grids[0] |= {"parent_code": "141", "level": "1"}
        grids[2]["level"] = "2"
        counts(await bring(database, tmp_path, county))
        await assert_intervals_hold_subtrees(database)

    async def test_a_file_that_moves_a_grid_below_itself_is_refused(
        self, database: Database, county: County, tmp_path: Path
    ) -> None:
        before = await snapshot(database)
        (tmp_path / "more").mkdir()
        more = {"grids": [county["grids"][1] | {"parent_code": "14111"}]}
        assert ("grids", 2, "cycle") in places(await bring(database, tmp_path / "more", more))
        assert await snapshot(database) == before

    async def test_only_a_change_is_announced(self, database: Database, county: County, tmp_path: Path) -> None:
        heard: list[str] = []
        listener = await database.listen("dispatch_reload", lambda: heard.append("reload"))
        try:
            await bring(database, tmp_path, county)
            county["people"][0]["capacity"] = "9"
            await bring(database, tmp_path, county, dry_run=True)
            county["people"][1]["phone"] = "110"
            await bring(database, tmp_path, county)
            await listener.fetch("SELECT 1")
            assert heard == []
            county["people"][1]["phone"] = "19900000002"
            await bring(database, tmp_path, county)
            await listener.fetch("SELECT 1")
            assert heard == ["reload"]
        finally:
            await listener.close()


async def test_two_imports_at_once_wait_for_each_other(database: Database, tmp_path: Path) -> None:
    paths = []
    for number in range(4):
        county = small_county()
        county["grids"].append(county["grids"][5] | {"code": f"1411{number + 2}"})
        (tmp_path / str(number)).mkdir()
        paths.append(write(tmp_path / str(number), county))
    reports = await asyncio.gather(*(import_county(database, path) for path in paths))
    inserted = sorted(counts(report)["grids"][0] for report in reports)
    assert inserted == [1, 1, 1, 7]
    await assert_intervals_hold_subtrees(database)


@given(
    draws=st.lists(st.integers(0, 1000), min_size=1, max_size=20),
    moves=st.dictionaries(st.integers(1, 25), st.integers(0, 25), min_size=1, max_size=8),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
async def test_after_any_two_imports_the_intervals_hold_the_subtrees(
    database: Database, draws: list[int], moves: dict[int, int]
) -> None:
    await database.execute("TRUNCATE grids CASCADE")
    tree = [grid(0, None), *(grid(at, draw % at) for at, draw in enumerate(draws, start=1))]
    with tempfile.TemporaryDirectory() as where:
        counts(await bring(database, Path(where), {"grids": tree}))
        await assert_intervals_hold_subtrees(database)
        before = await snapshot(database)
        report = await bring(database, Path(where), {"grids": [grid(low, high) for low, high in moves.items()]})
    await assert_intervals_hold_subtrees(database)
    known = {*range(len(tree)), *moves}
    if all(high < low and high in known for low, high in moves.items()):
        assert not report.refused
    if report.refused:
        assert await snapshot(database) == before


def grid(number: int, parent: int | None) -> dict[str, str]:
    above = "" if parent is None else str(parent)
    level = str(number)
    return {"code": level, "name": "名", "level": level, "level_name": "级", "kind": "grid", "parent_code": above}


def corruptions(county: County) -> Iterator[tuple[str, int, str, str]]:
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


@given(what=st.sampled_from(list(corruptions(small_county()))), workbook=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_single_corruption_names_its_sheet_and_row_and_changes_nothing(
    database: Database, what: tuple[str, int, str, str], workbook: bool
) -> None:
    with tempfile.TemporaryDirectory() as where:
        if not await database.fetch("SELECT FROM grids"):
            county = small_county()
            # Everybody has another name, so that a half-done import would show.
            for row in county["people"] + county["grids"] + county["branches"] + county["households"]:
                row["name"] += "旧"
            counts(await bring(database, Path(where), county))
        before = await snapshot(database)
        sheet, at, column, text = what
        county = copy.deepcopy(small_county())
        county[sheet][at][column] = text
        report = await bring(database, Path(where), county, workbook=workbook)
        number = at + (1 if sheet == "polygons" and not workbook else 2)
        assert (sheet, number) in {(bad.sheet, bad.row) for bad in report.faults}, report.faults
        assert not report.counts
        assert await snapshot(database) == before


@given(sheet=st.sampled_from([s.value for s in SHEETS if s is not Sheet.POLYGONS]), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
async def test_a_row_twice_too_short_or_too_long_is_named(database: Database, sheet: str, data: st.DataObject) -> None:
    county = small_county()
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
        report = await bring(database, Path(where), county)
    assert {(bad.row, bad.reason_key) for bad in report.faults if bad.sheet == sheet} & {(last, r) for r in reasons}
    assert not any((await snapshot(database)).values())


async def test_all_faults_of_all_sheets_are_listed_at_once_in_order(database: Database, tmp_path: Path) -> None:
    county = small_county()
    for rows in county.values():
        for row in rows:
            if "name" in row:
                row["name"] = ""
    county["roles"][2]["role"] = "boss"
    report = await bring(database, tmp_path, county)
    named = [(bad.sheet, bad.row) for bad in report.faults]
    expected = [(s.value, at + 2) for s in SHEETS for at, row in enumerate(county[s.value]) if "name" in row]
    expected.insert(expected.index(("households", 2)), ("roles", 4))
    assert named == expected


class TestFiles:
    async def refused(self, database: Database, path: Path) -> set[tuple[str, int, str]]:
        report = await import_county(database, path)
        assert not any((await snapshot(database)).values())
        return places(report)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    async def test_a_byte_order_mark_does_not_matter(self, database: Database, tmp_path: Path, encoding: str) -> None:
        counts(await bring(database, tmp_path, small_county(), encoding=encoding))

    async def test_another_encoding_is_named(self, database: Database, tmp_path: Path) -> None:
        path = write(tmp_path, {"grids": small_county()["grids"]}, encoding="gbk")
        assert {(sheet, key) for sheet, _, key in await self.refused(database, path)} == {("grids", "not_utf8")}

    async def test_empty_rows_are_ignored_and_rows_keep_their_numbers(self, database: Database, tmp_path: Path) -> None:
        path = write(tmp_path, {"grids": small_county()["grids"]})
        file = path / "grids.csv"
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join([*lines[:3], "", ",,,,,", *lines[3:], "", ",,,,,", ""]), encoding="utf-8")
        assert counts(await import_county(database, path, dry_run=True))["grids"] == (6, 0, 0)
        lines[3] = lines[3].replace("142", "142 ", 1).replace("142 ", "14 2")
        file.write_text("\n".join([*lines[:3], "", ",,,,,", *lines[3:]]), encoding="utf-8")
        assert ("grids", 6, "bad_code") in await self.refused(database, path)

    async def test_a_file_cut_within_quotes_is_named(self, database: Database, tmp_path: Path) -> None:
        path = write(tmp_path, {"grids": small_county()["grids"]})
        with (path / "grids.csv").open("a", encoding="utf-8") as file:
            file.write('9,"名')
        assert ("grids", 8, "unreadable") in await self.refused(database, path)

    async def test_a_misspelt_file_or_sheet_is_not_passed_over(self, database: Database, tmp_path: Path) -> None:
        county = small_county()
        county["peoples"] = county.pop("people")
        for workbook in (False, True):
            found = await self.refused(database, write(tmp_path, county, workbook=workbook))
            assert {key for _, row, key in found if row == WHOLE_SHEET} == {"unknown_sheet"}

    async def test_what_is_no_county_at_all_is_named(self, database: Database, tmp_path: Path) -> None:
        empty, text = tmp_path / "empty", tmp_path / "notes.txt"
        empty.mkdir()
        text.write_text("你好", encoding="utf-8")
        assert await self.refused(database, empty) == {("grids", WHOLE_SHEET, "missing_sheet")}
        assert await self.refused(database, text) == {("notes.txt", WHOLE_SHEET, "not_workbook")}
        assert await self.refused(database, tmp_path / "nowhere") == {("nowhere", WHOLE_SHEET, "no_such_path")}

    async def test_a_damaged_workbook_is_named(self, database: Database, tmp_path: Path) -> None:
        whole = write(tmp_path, small_county(), workbook=True).read_bytes()
        damaged = tmp_path / "damaged.xlsx"
        rng = random.Random(5)
        for _ in range(40):
            content = bytearray(whole)
            for _ in range(rng.randrange(1, 20)):
                content[rng.randrange(len(content))] = rng.randrange(256)
            damaged.write_bytes(content[: rng.choice([len(content), rng.randrange(len(content))])])
            await import_county(database, damaged, dry_run=True)
        damaged.write_bytes(whole[: len(whole) // 2])
        assert await self.refused(database, damaged) == {("damaged.xlsx", WHOLE_SHEET, "not_workbook")}

    @pytest.mark.parametrize("text", ["", "[", "[]", "{}", '{"type":"FeatureCollection","features":{}}', '"x"'])
    async def test_what_is_no_geojson_is_named(self, database: Database, tmp_path: Path, text: str) -> None:
        path = write(tmp_path, small_county())
        (path / "polygons.geojson").write_text(text, encoding="utf-8")
        assert await self.refused(database, path) == {("polygons", WHOLE_SHEET, "unreadable")}

    @pytest.mark.parametrize("feature", [1, {}, {"properties": []}, {"properties": {"code": "1411"}, "geometry": None}])
    async def test_a_feature_that_is_none_is_named(self, database: Database, tmp_path: Path, feature: Any) -> None:
        path = write(tmp_path, small_county())
        text = json.dumps({"type": "FeatureCollection", "features": [feature]})
        (path / "polygons.geojson").write_text(text, encoding="utf-8")
        assert ("polygons", 1, "required") in await self.refused(database, path)

    async def test_numbers_and_dates_of_a_workbook_are_read_as_a_person_reads_them(
        self, database: Database, tmp_path: Path
    ) -> None:
        county = small_county()
        for row in county["grids"]:
            row |= {"code": int(row["code"]), "level": int(row["level"])}
            row["parent_code"] = int(row["parent_code"]) if row["parent_code"] else ""
        for row in county["people"]:
            row |= {"phone": int(row["phone"]), "capacity": 3.0}
        county["roles"][0]["valid_from"] = date(2024, 1, 1)
        counts(await bring(database, tmp_path, county, workbook=True))
        assert not (await bring(database, tmp_path, small_county())).changed

    async def test_a_number_whose_digits_excel_has_lost_is_named(self, database: Database, tmp_path: Path) -> None:
        county = {"grids": small_county()["grids"][:1]}
        county["grids"][0]["code"] = 141123100016001002
        path = write(tmp_path, county, workbook=True)
        assert ("grids", 2, "lost_digits") in await self.refused(database, path)


async def test_a_county_with_the_number_prefix_of_one_in_the_database_is_refused(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, tmp_path, small_county())
    another = {
        "code": "140000",
        "name": "另县",
        "level": "1",
        "level_name": "县",
        "kind": "county",
        "parent_code": "14",
    }
    report = await bring(database, tmp_path, {"grids": [another]})
    assert places(report) == {("grids", 2, "same_prefix")}
    report = await bring(database, tmp_path, {"grids": [another | {"code": "140001"}]})
    assert counts(report)["grids"] == (1, 0, 0)


@pytest.mark.drill
async def test_a_tree_of_the_size_of_the_country_comes_in(database: Database, tmp_path: Path) -> None:
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
    assert counts(first) == {"grids": (total, 0, 0)}
    assert any(stage == "read grids" and 0 < done < total for stage, done, _ in heard)
    wrong = await database.fetchrow("""
        SELECT count(*) FILTER (WHERE NOT (p.lo < g.lo AND g.hi <= p.hi)) AS outside,
               count(DISTINCT g.lo) AS places, max(g.hi) AS last
        FROM grids g JOIN grids p ON p.id = g.parent_id""")
    assert tuple(wrong) == (0, total - 1, total)
    assert counts(await import_county(database, tmp_path / "country")) == {"grids": (0, 0, total)}
