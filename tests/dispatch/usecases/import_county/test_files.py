"""Files and workbooks as people save them, whole, damaged or misnamed."""

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dispatch.domain.county_faults import WHOLE_SHEET
from dispatch.storage.database import Database
from dispatch.usecases.import_county import import_county


class TestFiles:
    async def refused(self, sheets, database: Database, path: Path) -> set[tuple[str, int, str]]:
        report = await import_county(database, path)
        assert not any((await sheets.snapshot(database)).values())
        return sheets.places(report)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    async def test_a_byte_order_mark_does_not_matter(
        self, database: Database, tmp_path: Path, encoding: str, sheets
    ) -> None:
        sheets.counts(await sheets.bring(database, tmp_path, sheets.small_county(), encoding=encoding))

    async def test_another_encoding_is_named(self, database: Database, tmp_path: Path, sheets) -> None:
        path = sheets.write(tmp_path, {"grids": sheets.small_county()["grids"]}, encoding="gbk")
        assert {(sheet, key) for sheet, _, key in await self.refused(sheets, database, path)} == {("grids", "not_utf8")}

    async def test_empty_rows_are_ignored_and_rows_keep_their_numbers(
        self, database: Database, tmp_path: Path, sheets
    ) -> None:
        path = sheets.write(tmp_path, {"grids": sheets.small_county()["grids"]})
        file = path / "grids.csv"
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join([*lines[:3], "", ",,,,,", *lines[3:], "", ",,,,,", ""]), encoding="utf-8")
        assert sheets.counts(await import_county(database, path, dry_run=True))["grids"] == (6, 0, 0)
        lines[3] = lines[3].replace("142", "142 ", 1).replace("142 ", "14 2")
        file.write_text("\n".join([*lines[:3], "", ",,,,,", *lines[3:]]), encoding="utf-8")
        assert ("grids", 6, "bad_code") in await self.refused(sheets, database, path)

    async def test_a_file_cut_within_quotes_is_named(self, database: Database, tmp_path: Path, sheets) -> None:
        path = sheets.write(tmp_path, {"grids": sheets.small_county()["grids"]})
        with (path / "grids.csv").open("a", encoding="utf-8") as file:
            file.write('9,"名')
        assert ("grids", 8, "unreadable") in await self.refused(sheets, database, path)

    async def test_a_misspelt_file_or_sheet_is_not_passed_over(
        self, database: Database, tmp_path: Path, sheets
    ) -> None:
        county = sheets.small_county()
        county["peoples"] = county.pop("people")
        for workbook in (False, True):
            found = await self.refused(sheets, database, sheets.write(tmp_path, county, workbook=workbook))
            assert {key for _, row, key in found if row == WHOLE_SHEET} == {"unknown_sheet"}

    async def test_what_is_no_county_at_all_is_named(self, database: Database, tmp_path: Path, sheets) -> None:
        empty, text = tmp_path / "empty", tmp_path / "notes.txt"
        empty.mkdir()
        text.write_text("你好", encoding="utf-8")
        assert await self.refused(sheets, database, empty) == {("grids", WHOLE_SHEET, "missing_sheet")}
        assert await self.refused(sheets, database, text) == {("notes.txt", WHOLE_SHEET, "not_workbook")}
        assert await self.refused(sheets, database, tmp_path / "nowhere") == {("nowhere", WHOLE_SHEET, "no_such_path")}

    async def test_a_damaged_workbook_is_named(self, database: Database, tmp_path: Path, sheets) -> None:
        whole = sheets.write(tmp_path, sheets.small_county(), workbook=True).read_bytes()
        damaged = tmp_path / "damaged.xlsx"
        rng = random.Random(5)
        for _ in range(40):
            content = bytearray(whole)
            for _ in range(rng.randrange(1, 20)):
                content[rng.randrange(len(content))] = rng.randrange(256)
            damaged.write_bytes(content[: rng.choice([len(content), rng.randrange(len(content))])])
            await import_county(database, damaged, dry_run=True)
        damaged.write_bytes(whole[: len(whole) // 2])
        assert await self.refused(sheets, database, damaged) == {("damaged.xlsx", WHOLE_SHEET, "not_workbook")}

    @pytest.mark.parametrize("text", ["", "[", "[]", "{}", '{"type":"FeatureCollection","features":{}}', '"x"'])
    async def test_what_is_no_geojson_is_named(self, database: Database, tmp_path: Path, text: str, sheets) -> None:
        path = sheets.write(tmp_path, sheets.small_county())
        (path / "polygons.geojson").write_text(text, encoding="utf-8")
        assert await self.refused(sheets, database, path) == {("polygons", WHOLE_SHEET, "unreadable")}

    @pytest.mark.parametrize("feature", [1, {}, {"properties": []}, {"properties": {"code": "1411"}, "geometry": None}])
    async def test_a_feature_that_is_none_is_named(
        self, database: Database, tmp_path: Path, feature: Any, sheets
    ) -> None:
        path = sheets.write(tmp_path, sheets.small_county())
        text = json.dumps({"type": "FeatureCollection", "features": [feature]})
        (path / "polygons.geojson").write_text(text, encoding="utf-8")
        assert ("polygons", 1, "required") in await self.refused(sheets, database, path)

    async def test_numbers_and_dates_of_a_workbook_are_read_as_a_person_reads_them(
        self, database: Database, tmp_path: Path, sheets
    ) -> None:
        county = sheets.small_county()
        for row in county["grids"]:
            row |= {"code": int(row["code"]), "level": int(row["level"])}
            row["parent_code"] = int(row["parent_code"]) if row["parent_code"] else ""
        for row in county["people"]:
            row |= {"phone": int(row["phone"]), "capacity": 3.0}
        county["roles"][0]["valid_from"] = date(2024, 1, 1)
        sheets.counts(await sheets.bring(database, tmp_path, county, workbook=True))
        assert not (await sheets.bring(database, tmp_path, sheets.small_county())).changed

    async def test_a_number_whose_digits_excel_has_lost_is_named(
        self, database: Database, tmp_path: Path, sheets
    ) -> None:
        county = {"grids": sheets.small_county()["grids"][:1]}
        county["grids"][0]["code"] = 141123100016001002
        path = sheets.write(tmp_path, county, workbook=True)
        assert ("grids", 2, "lost_digits") in await self.refused(sheets, database, path)
