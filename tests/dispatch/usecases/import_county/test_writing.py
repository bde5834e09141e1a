"""What a further import writes, and what it leaves as it is."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dispatch.domain.county_sheets import SHEETS, columns
from dispatch.storage.database import Database


class TestWhatIsWritten:
    @pytest.fixture
    async def county(self, database: Database, tmp_path: Path, sheets) -> dict[str, Any]:
        county = sheets.small_county()
        sheets.counts(await sheets.bring(database, tmp_path, county))
        return county

    async def test_only_what_differs(self, database: Database, county: dict[str, Any], tmp_path: Path, sheets) -> None:
        before = await sheets.snapshot(database)
        county["people"][0]["name"] = "演示党员改名"
        assert sheets.counts(await sheets.bring(database, tmp_path, county))["people"] == (0, 1, 3)
        after = await sheets.snapshot(database)
        assert [table for table in sheets.TABLES if before[table] != after[table]] == ["person_contacts"]
        assert len(set(after["person_contacts"]) - set(before["person_contacts"])) == 1

    async def test_rows_that_the_file_does_not_hold_stay(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        more = {"people": [county["people"][0] | {"code": "P9", "phone": "19900000009"}]}
        (tmp_path / "more").mkdir()
        assert sheets.counts(await sheets.bring(database, tmp_path / "more", more)) == {"people": (1, 0, 0)}
        assert len((await sheets.snapshot(database))["people"]) == 5

    async def test_an_absent_column_leaves_and_an_empty_cell_clears(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        where = tmp_path / "more"
        where.mkdir()
        required = {
            name: [{k: v for k, v in row.items() if columns(sheet)[k].required} for row in county[name]]
            for sheet in SHEETS
            if (name := sheet.value) not in {"roles", "polygons"}
        }
        before = await sheets.snapshot(database)
        assert not (await sheets.bring(database, where, required)).changed
        assert await sheets.snapshot(database) == before
        emptied = {"people": [county["people"][0] | {"skills": "", "capacity": ""}],
                   "households": [county["households"][0] | {"phone": "", "house": "", "carer_code": ""}],
                   "branches": [county["branches"][1] | {"categories": ""}]}  # fmt: skip
        (tmp_path / "emptied").mkdir()
        assert set(sheets.counts(await sheets.bring(database, tmp_path / "emptied", emptied)).values()) == {(0, 1, 0)}
        person = await database.fetchrow("SELECT * FROM people WHERE code = 'P1'")
        assert (person["skills"], person["capacity"]) == ([], 3)
        home = await database.fetchrow("SELECT * FROM households JOIN household_contacts ON household_id = id")
        assert (home["carer_id"], home["phone"], home["house"]) == (None, None, None)

    async def test_a_role_is_ended_by_its_last_day_and_draws_no_number(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        county["roles"][0]["valid_to"] = "2025-06-30"
        assert sheets.counts(await sheets.bring(database, tmp_path, county))["roles"] == (0, 1, 2)
        rows = await database.fetch("SELECT id, valid_to FROM roles ORDER BY id")
        assert [row["id"] for row in rows] == [1, 2, 3]
        assert rows[0]["valid_to"] == date(2025, 6, 30)

    async def test_two_people_may_change_telephones(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        one, other = county["people"][:2]
        one["phone"], other["phone"] = other["phone"], one["phone"]
        assert sheets.counts(await sheets.bring(database, tmp_path, county))["people"] == (0, 2, 2)

    async def test_a_phone_of_somebody_else_is_refused(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        (tmp_path / "more").mkdir()
        more = {"people": [county["people"][0] | {"code": "P9"}]}
        assert sheets.places(await sheets.bring(database, tmp_path / "more", more)) == {("people", 2, "phone_taken")}

    async def test_a_new_root_goes_above_the_old_one(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        county["grids"][0] |= {"parent_code": "1", "level": "1"}
        for row in county["grids"][1:]:
            row["level"] = str(int(row["level"]) + 1)
        top = {"code": "1", "name": "省", "level": "0", "level_name": "省", "kind": "province", "parent_code": ""}
        county["grids"].insert(0, top)
        assert sheets.counts(await sheets.bring(database, tmp_path, county))["grids"] == (1, 6, 0)
        await sheets.assert_intervals_hold_subtrees(database)

    async def test_root_and_child_may_change_places(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        grids = county["grids"]
        grids[1] |= {"parent_code": "", "level": "0"}
        grids[0] |= {"parent_code": "141", "level": "1"}
        grids[2]["level"] = "2"
        sheets.counts(await sheets.bring(database, tmp_path, county))
        await sheets.assert_intervals_hold_subtrees(database)

    async def test_a_file_that_moves_a_grid_below_itself_is_refused(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        before = await sheets.snapshot(database)
        (tmp_path / "more").mkdir()
        more = {"grids": [county["grids"][1] | {"parent_code": "14111"}]}
        assert ("grids", 2, "cycle") in sheets.places(await sheets.bring(database, tmp_path / "more", more))
        assert await sheets.snapshot(database) == before

    async def test_only_a_change_is_announced(
        self, database: Database, county: dict[str, Any], tmp_path: Path, sheets
    ) -> None:
        heard: list[str] = []
        listener = await database.listen("dispatch_reload", lambda: heard.append("reload"))
        try:
            await sheets.bring(database, tmp_path, county)
            county["people"][0]["capacity"] = "9"
            await sheets.bring(database, tmp_path, county, dry_run=True)
            county["people"][1]["phone"] = "110"
            await sheets.bring(database, tmp_path, county)
            await listener.fetch("SELECT 1")
            assert heard == []
            county["people"][1]["phone"] = "19900000002"
            await sheets.bring(database, tmp_path, county)
            await listener.fetch("SELECT 1")
            assert heard == ["reload"]
        finally:
            await listener.close()
