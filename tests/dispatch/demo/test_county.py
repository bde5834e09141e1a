"""The demo county meets the published totals, hangs together, and is the same every time."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from python_calamine import CalamineWorkbook

from dispatch.demo.county import county, write_csv, write_xlsx
from dispatch.domain.vocabulary import BranchKind, Owner, Urgency

FINGERPRINT = "24aa1f0711f226f45379a6d221d41a403e7b102de0e72cedace165b0dedbc1f8"
"""SHA-256 over the names and bytes of the files; a change of the demo county changes it, and is then meant."""

COLUMNS = {
    "grids": ["code", "name", "level", "level_name", "kind", "parent_code"],
    "branches": ["code", "name", "kind", "grid_code", "categories"],
    "people": ["code", "name", "phone", "skills", "capacity"],
    "roles": ["person_code", "role", "grid_code", "branch_code", "valid_from", "valid_to"],
    "households": ["code", "grid_code", "name", "phone", "house", "carer_code"],
    "categories": ["code", "name", "name_en", "parent_code", "owner", "urgency"],
    "polygons": ["code", "geojson"],
}


@pytest.fixture(scope="module")
def sheets():
    return county()


@pytest.fixture(scope="module")
def grids(sheets):
    return {row["code"]: row for row in sheets["grids"]}


def fingerprint(directory):
    digest = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def test_every_sheet_has_its_columns_and_only_text(sheets):
    assert list(sheets) == list(COLUMNS)
    for name, rows in sheets.items():
        assert all(list(row) == COLUMNS[name] for row in rows)
        assert all(isinstance(value, str) for row in rows for value in row.values())


def test_the_totals_are_the_published_ones(sheets):
    levels = Counter(row["level"] for row in sheets["grids"])
    assert levels == {"0": 1, "1": 16, "2": 254, "3": 661, "4": 2_472, "5": 1_314, "6": 9_000}


def test_leaves_occur_at_every_level_of_grids_and_each_has_units(sheets):
    land = [row for row in sheets["grids"] if row["kind"] != "unit"]
    divided = {row["parent_code"] for row in land}
    leaves = {row["code"]: row["level"] for row in land if row["code"] not in divided}
    assert Counter(leaves.values()) == {"3": 97, "4": 2_022, "5": 1_314}
    assert {row["parent_code"] for row in sheets["grids"] if row["kind"] == "unit"} == set(leaves)


def test_there_is_one_root_and_every_other_grid_has_a_parent_of_a_lesser_level(grids):
    for row in grids.values():
        if row["code"] == "141123":
            assert row["parent_code"] == ""
        else:
            assert int(grids[row["parent_code"]]["level"]) < int(row["level"])
            assert row["kind"] == "unit" or int(grids[row["parent_code"]]["level"]) == int(row["level"]) - 1
            assert grids[row["parent_code"]]["kind"] != "unit"


def test_codes_are_unique_in_every_sheet(sheets):
    for name in ("grids", "branches", "people", "households", "categories", "polygons"):
        codes = [row["code"] for row in sheets[name]]
        assert len(codes) == len(set(codes)), name


def test_below_the_village_a_code_is_the_parents_and_three_digits(sheets):
    for row in sheets["grids"]:
        if int(row["level"]) > 2:
            assert row["code"][:-3] == row["parent_code"]
            assert row["code"][-3:].isdigit()


def test_siblings_have_different_names_below_the_village(sheets):
    below = [(row["parent_code"], row["name"]) for row in sheets["grids"] if int(row["level"]) > 2]
    assert len(below) == len(set(below))


def test_a_level_has_one_name_and_one_kind(sheets):
    assert sorted({(row["level"], row["level_name"], row["kind"]) for row in sheets["grids"]}) == [
        ("0", "县", "county"),
        ("1", "乡镇", "township"),
        ("2", "村（社区）", "village"),
        ("3", "一级网格", "grid"),
        ("4", "二级网格", "grid"),
        ("5", "三级网格", "grid"),
        ("6", "十户联网", "unit"),
    ]


def test_each_branch_sits_on_a_grid_of_its_level(sheets, grids):
    seats = Counter((row["kind"], grids[row["grid_code"]]["level"]) for row in sheets["branches"])
    villages = seats.pop((BranchKind.BRANCH, "2")) + seats.pop((BranchKind.GENERAL_BRANCH, "2"))
    assert villages == 254
    assert seats == {
        (BranchKind.COMMITTEE, "0"): 1,
        (BranchKind.COMMITTEE, "1"): 16,
        (BranchKind.DESK, "0"): 1,
        (BranchKind.DESK, "1"): 16,
        (BranchKind.BRANCH, "3"): 396,
        (BranchKind.GROUP, "4"): 800,
    }


def test_what_a_branch_or_a_person_is_good_at_is_a_known_category(sheets):
    known = {row["code"] for row in sheets["categories"]}
    for row in sheets["branches"]:
        assert set(row["categories"].split()) <= known
    for row in sheets["people"]:
        assert set(row["skills"].split()) <= known


def test_categories_have_owners_and_urgencies_of_the_domain(sheets):
    rows = {row["code"]: row for row in sheets["categories"]}
    small = [row for row in rows.values() if row["parent_code"]]
    assert (len(rows) - len(small), len(small)) == (15, 71)
    assert all(row["parent_code"] == row["code"][:2] and row["parent_code"] in rows for row in small)
    owners = "".join(rows[f"{number:02d}"]["owner"] for number in [*range(1, 15), 90])
    assert owners == "GDDGDGDGPPPGGGX"
    assert all(row["owner"] == rows[row["parent_code"]]["owner"] for row in small)
    assert all(Owner(row["owner"]) and Urgency(row["urgency"]) and row["name_en"] for row in rows.values())
    assert {row["code"] for row in small if row["urgency"] == Urgency.URGENT} == {
        "0202", "0301", "0302", "0304", "0305", "0306",
    }  # fmt: skip
    assert {row["code"] for row in small if row["urgency"] == Urgency.CRITICAL} == {
        "0303", "0801", "0802", "0803", "0804", "0806", "9001",
    }  # fmt: skip


def test_the_files_are_the_same_bytes_in_another_process_and_for_ever(tmp_path):
    write_csv(tmp_path / "here")
    script = "import pathlib, sys; from dispatch.demo.county import write_csv; write_csv(pathlib.Path(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "there")],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert fingerprint(tmp_path / "here") == fingerprint(tmp_path / "there") == FINGERPRINT


def test_the_csv_files_say_what_the_sheets_say(tmp_path, sheets):
    write_csv(tmp_path)
    for name in COLUMNS.keys() - {"polygons"}:
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file)) == sheets[name]
    collection = json.loads((tmp_path / "polygons.geojson").read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection"
    assert [(each["properties"]["code"], each["geometry"]) for each in collection["features"]] == [
        (row["code"], json.loads(row["geojson"])) for row in sheets["polygons"]
    ]


def test_the_workbook_says_what_the_sheets_say(tmp_path, sheets):
    path = tmp_path / "county.xlsx"
    write_xlsx(path)
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == list(COLUMNS)
    for name, rows in sheets.items():
        assert book.get_sheet_by_name(name).to_python() == [COLUMNS[name], *(list(row.values()) for row in rows)]


def test_every_cell_fits_into_a_workbook(sheets):
    assert max(len(value) for rows in sheets.values() for row in rows for value in row.values()) < 32_767
