import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.county_checks import Known, check, wanted
from dispatch.domain.county_faults import LOST_DIGITS, REASONS, WHOLE_SHEET, Fault, fault, quoted
from dispatch.domain.county_rows import Rows, decode
from dispatch.domain.county_sheets import SHEETS, WORDS, Kind, Sheet, described, place_of
from dispatch.domain.county_tree import intervals, reshaped

DOC = Path(__file__).parents[3] / "docs" / "import.md"
GRID = ["code", "name", "level", "level_name", "kind", "parent_code"]
SQUARE = '{"type":"Polygon","coordinates":[[[111,38],[112,38],[112,39],[111,39],[111,38]]]}'


def sheet(which: Sheet, head: list[str], *rows: list[str]) -> Rows:
    return decode(which, list(enumerate([head, *rows], start=1)))


def grids(*rows: tuple[str, str, int]) -> Rows:
    """(code, parent, level) each."""
    return sheet(Sheet.GRIDS, GRID, *([code, "名", str(level), "级", "grid", parent] for code, parent, level in rows))


def places(faults: list[Fault]) -> set[tuple[str, int, str]]:
    return {(bad.sheet, bad.row, bad.reason_key) for bad in faults}


def one_person(**cells: str) -> Rows:
    row = {"code": "P1", "name": "演示党员0001", "phone": "19900000001"} | cells
    return sheet(Sheet.PEOPLE, list(row), list(row.values()))


class TestOneRow:
    def test_a_good_row_becomes_values_in_the_order_of_the_columns(self) -> None:
        rows = sheet(Sheet.PEOPLE, ["phone", "code", "name"], ["0358-6322222", " P1\u3000", "张 三"])
        assert rows.good == [(2, "P1", "张 三", "03586322222", None, None)]
        assert not rows.faults

    def test_an_absent_column_is_none_and_an_empty_cell_is_empty(self) -> None:
        assert one_person(skills="", capacity="").good[0][4:] == ((), None)

    def test_a_list_loses_its_doubles_and_keeps_its_order(self) -> None:
        assert one_person(skills="1004 1003  1004").good[0][4] == ("1004", "1003")

    @pytest.mark.parametrize(
        ("cells", "reason"),
        [
            ({"code": ""}, "required"),
            ({"code": "P 1"}, "bad_code"),
            ({"code": "P，1"}, "bad_code"),
            ({"code": "P,1"}, "bad_code"),
            ({"code": "P\u200b1"}, "control_characters"),
            ({"code": "P" * 41}, "too_long"),
            ({"code": f"141123100016001002{LOST_DIGITS}"}, "lost_digits"),
            ({"name": "三" * 101}, "too_long"),
            ({"name": "张\x00三"}, "control_characters"),
            ({"name": "张\n三"}, "control_characters"),
            ({"name": "张\u202e三"}, "control_characters"),
            ({"name": "张\ud800"}, "control_characters"),
            ({"phone": "1990000000"}, "bad_phone"),
            ({"phone": "29900000001"}, "bad_phone"),
            ({"phone": "１９９０００００００１"}, "bad_phone"),
            ({"phone": "199000000011"}, "bad_phone"),
            ({"phone": "0358-632222"}, "bad_phone"),
            ({"phone": "+8619900000001"}, "bad_phone"),
            ({"skills": "水电,木工"}, "bad_code"),
            ({"skills": " ".join(map(str, range(101)))}, "too_many"),
            ({"capacity": "-1"}, "bad_number"),
            ({"capacity": "101"}, "bad_number"),
            ({"capacity": "2.5"}, "bad_number"),
            ({"capacity": "٣"}, "bad_number"),
            ({"capacity": "9" * 5000}, "bad_number"),
        ],
    )
    def test_a_bad_cell_names_its_row_and_reason(self, cells: dict[str, str], reason: str) -> None:
        rows = one_person(**cells)
        assert places(rows.faults) == {("people", 2, reason)}
        assert rows.good == []

    @pytest.mark.parametrize("name", ["高\ue170村委会", "\ue08b尾村", "𠮷野", "演示😀", "👨\u200d👩", "古丽·阿依"])
    def test_rare_hanzi_private_letters_and_emoji_are_names(self, name: str) -> None:
        assert one_person(name=name).good[0][2] == name

    @pytest.mark.parametrize("day", ["2026-02-29", "2026-13-01", "2026/01/01", "20260101", "0000-01-01", "明天"])
    def test_a_date_that_is_none_is_refused(self, day: str) -> None:
        rows = sheet(Sheet.ROLES, ["person_code", "role", "grid_code", "valid_from"], ["P", "member", "G", day])
        assert places(rows.faults) == {("roles", 2, "bad_date")}

    @pytest.mark.parametrize("kind", WORDS)
    def test_every_word_of_the_vocabulary_is_taken_and_no_other(self, kind: Kind) -> None:
        which, column = next((s, c) for s, cs in SHEETS.items() for c in cs if c.kind is kind)
        head = [c.name for c in SHEETS[which] if c.required]
        for word in [*(w.value for w in WORDS[kind]), "村长"]:
            cells = [word if name == column.name else "general" if name == "urgency" else "P" for name in head]
            cells = [
                cell if name != "kind" or column.name == "kind" else "branch"
                for name, cell in zip(head, cells, strict=True)
            ]
            rows = sheet(which, head, cells)
            assert bool(rows.good) is (word != "村长")

    @pytest.mark.parametrize(
        "shape",
        [
            "{}",
            "null",
            "[",
            '{"type":"Point","coordinates":[111,38]}',
            '{"type":"Polygon","coordinates":[]}',
            '{"type":"Polygon","coordinates":[[[111,38],[112,38]]]}',
            '{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}',
            '{"type":"Polygon","coordinates":[[[111,98],[112,98],[112,99],[111,99],[111,98]]]}',
        ],
    )
    def test_a_shape_that_is_no_area_on_the_globe_is_refused(self, shape: str) -> None:
        rows = sheet(Sheet.POLYGONS, ["code", "geojson"], ["G", shape])
        assert places(rows.faults) == {("polygons", 2, "bad_geometry")}

    def test_a_shape_loses_its_heights(self) -> None:
        flat = sheet(Sheet.POLYGONS, ["code", "geojson"], ["G", SQUARE]).good
        raised = SQUARE.replace("],[", ",7],[").replace("]]]", ",7]]]")
        assert sheet(Sheet.POLYGONS, ["code", "geojson"], ["G", raised]).good == flat

    @given(st.dictionaries(st.sampled_from([c.name for c in SHEETS[Sheet.PEOPLE]]), st.text(max_size=50)))
    def test_whatever_a_cell_holds_it_is_decoded_or_named(self, cells: dict[str, str]) -> None:
        rows = one_person(**cells)
        assert len(rows.good) + bool(rows.faults) == 1
        assert all(bad.row == 2 and bad.zh.isprintable() and bad.en.isprintable() for bad in rows.faults)


class TestTheHeader:
    @pytest.mark.parametrize(
        ("head", "reason"),
        [
            ([*GRID, "color"], "unknown_column"),
            ([*GRID, "name"], "duplicate_column"),
            (GRID[1:], "missing_column"),
            (["Code", *GRID[1:]], "unknown_column"),
        ],
    )
    def test_a_wrong_header_is_named_and_its_rows_are_not_judged(self, head: list[str], reason: str) -> None:
        rows = sheet(Sheet.GRIDS, head, ["x"])
        assert ("grids", 1, reason) in places(rows.faults)
        assert {bad.row for bad in rows.faults} == {1}
        assert rows.broken

    def test_an_empty_file_has_no_header(self) -> None:
        assert places(decode(Sheet.GRIDS, []).faults) == {("grids", WHOLE_SHEET, "empty_sheet")}

    def test_a_row_too_short_or_too_long_is_named(self) -> None:
        good = ["1", "名", "0", "县", "county", ""]
        assert places(sheet(Sheet.GRIDS, GRID, good[:-1]).faults) == {("grids", 2, "wrong_width")}
        assert places(sheet(Sheet.GRIDS, GRID, [*good, "x"]).faults) == {("grids", 2, "wrong_width")}
        assert not sheet(Sheet.GRIDS, GRID, [*good, ""]).faults


class TestTheTree:
    def faults(self, rows: Rows, known: Known | None = None) -> set[tuple[str, int, str]]:
        return places(check({Sheet.GRIDS: rows}, known or Known()))

    def test_each_fault_is_laid_at_its_row(self) -> None:
        assert self.faults(grids(("r", "", 0), ("a", "x", 1))) == {("grids", 3, "unknown_parent")}
        assert self.faults(grids(("r", "", 0), ("a", "", 1))) == {("grids", 3, "two_roots")}
        assert self.faults(grids(("r", "", 0), ("r", "", 0))) == {("grids", 3, "duplicate_code")}
        assert self.faults(grids(("r", "", 1), ("a", "r", 1))) == {("grids", 3, "level_order")}
        assert {("grids", 3, "cycle"), ("grids", 4, "cycle")} <= self.faults(
            grids(("r", "", 0), ("a", "b", 1), ("b", "a", 2))
        )

    def test_a_tree_without_a_root_is_named_as_a_whole(self) -> None:
        assert ("grids", WHOLE_SHEET, "no_root") in self.faults(grids(("a", "b", 1), ("b", "a", 2)))

    def test_the_database_and_the_file_are_judged_together(self) -> None:
        known = Known(grids={"r": (None, 0), "a": ("r", 1), "b": ("a", 2), "c": ("b", 3)}, has_grids=True)
        assert self.faults(grids(("d", "c", 4)), known) == set()
        assert ("grids", 2, "cycle") in self.faults(grids(("a", "c", 1)), known)
        assert ("grids", 2, "two_roots") in self.faults(grids(("b", "", 2)), known)
        assert ("grids", 2, "two_roots") in self.faults(grids(("s", "", 0)), known)
        assert self.faults(grids(("a", "r", 2)), known) == {("grids", 2, "level_order")}

    def test_regions_whose_numbers_would_begin_alike_are_refused(self) -> None:
        def file(*rows: tuple[str, str, int, str]) -> Rows:
            cells = [[code, "名", str(level), "级", kind, parent] for code, parent, level, kind in rows]
            return sheet(Sheet.GRIDS, GRID, *cells)

        nation = [("0", "", 0, "country"), ("441900", "0", 1, "city"), ("441900999", "441900", 2, "county")]
        assert self.faults(file(*nation, ("460400", "0", 2, "county"))) == set()
        assert self.faults(file(*nation, ("44190012", "0", 2, "county"))) == {
            ("grids", row, "same_prefix") for row in (4, 5)
        }
        assert self.faults(file(("141123", "", 0, "county"), ("141123100", "141123", 1, "township"))) == set()
        assert self.faults(file(("441900", "", 0, "city"), ("441900003", "441900", 1, "county"))) == {
            ("grids", row, "same_prefix") for row in (2, 3)
        }, "what lies in no county is numbered by the root"
        known = Known(
            grids={"0": (None, 0), "141123": ("0", 1), "141124": ("0", 1)},
            counties=frozenset({"141123", "141124"}),
            has_grids=True,
        )
        assert self.faults(file(("141123000", "0", 1, "county")), known) == {("grids", 2, "same_prefix")}
        assert self.faults(file(("141123", "0", 1, "county"), ("141123000", "0", 1, "grid")), known) == set()
        assert self.faults(file(("141123", "0", 1, "grid"), ("141123000", "0", 1, "county")), known) == set()

    def test_what_hangs_below_a_circle_is_not_blamed(self) -> None:
        rows = grids(("r", "", 0), ("a", "b", 1), ("b", "c", 2), ("c", "b", 3), ("d", "a", 4))
        found = self.faults(rows)
        assert {row for _, row, reason in found if reason == "cycle"} == {4, 5}

    def test_a_circle_through_the_database_is_laid_at_the_file(self) -> None:
        known = Known(grids={"r": (None, 0), "a": ("r", 1), "b": ("a", 2), "c": ("b", 3)}, has_grids=True)
        found = check({Sheet.GRIDS: grids(("a", "b", 1))}, known)
        assert {bad.row for bad in found} == {2}

    def test_a_level_that_no_longer_fits_its_children_is_said_once(self) -> None:
        known = Known(grids={"r": (None, 0), **{f"c{n}": ("r", 1) for n in range(9)}}, has_grids=True)
        found = check({Sheet.GRIDS: grids(("r", "", 5))}, known)
        assert [(bad.row, bad.reason_key) for bad in found] == [(2, "level_order")]

    def test_a_new_root_may_be_put_above_the_old_one(self) -> None:
        known = Known(grids={"r": (None, 1)}, has_grids=True)
        assert self.faults(grids(("r", "top", 1), ("top", "", 0)), known) == set()

    def test_the_children_of_a_refused_row_are_not_called_orphans(self) -> None:
        rows = sheet(Sheet.GRIDS, GRID, ["r", "根", "零", "县", "county", ""], ["a", "名", "1", "乡", "township", "r"])
        branches = sheet(Sheet.BRANCHES, ["code", "name", "kind", "grid_code"], ["B", "支部", "branch", "r"])
        assert check({Sheet.GRIDS: rows, Sheet.BRANCHES: branches}, Known()) == []
        assert places(rows.faults) == {("grids", 2, "bad_number")}

    def test_without_the_column_parents_stay(self) -> None:
        rows = sheet(Sheet.GRIDS, GRID[:-1], ["a", "新名", "1", "乡", "township"])
        known = {"r": (None, 0), "a": ("r", 1)}
        assert self.faults(rows, Known(grids=known, has_grids=True)) == set()
        assert not reshaped(rows, known)

    @given(st.lists(st.integers(0, 10**6), max_size=40))
    def test_an_interval_holds_exactly_the_subtree(self, draws: list[int]) -> None:
        parents = [draw % (at + 1) for at, draw in enumerate(draws)]
        depth = [0]
        for parent in parents:
            depth.append(depth[parent] + 1)
        rows = grids(("g0", "", 0), *((f"g{at}", f"g{p}", depth[at]) for at, p in enumerate(parents, start=1)))
        spans = {code: (lo, hi) for code, lo, hi in intervals(rows, {})}
        for at in range(len(depth)):
            above, chain = at, [0]
            while above:
                chain.append(above)
                above = parents[above - 1]
            lo = spans[f"g{at}"][0]
            assert {int(c[1:]) for c, (low, high) in spans.items() if low <= lo < high} == set(chain)


class TestBetweenSheets:
    def test_every_reference_to_nothing_is_named(self) -> None:
        sheets = {
            Sheet.GRIDS: grids(("r", "", 0)),
            Sheet.CATEGORIES: sheet(
                Sheet.CATEGORIES,
                ["code", "name", "parent_code", "owner", "urgency"],
                ["0101", "垃圾", "01", "G", "general"],
            ),
            Sheet.BRANCHES: sheet(
                Sheet.BRANCHES,
                ["code", "name", "kind", "grid_code", "categories"],
                ["B", "支部", "branch", "x", "01 0101 0102"],
            ),
            Sheet.PEOPLE: one_person(),
            Sheet.ROLES: sheet(
                Sheet.ROLES, ["person_code", "role", "grid_code", "branch_code"], ["x", "member", "y", "z"]
            ),
            Sheet.HOUSEHOLDS: sheet(
                Sheet.HOUSEHOLDS, ["code", "grid_code", "name", "carer_code"], ["H", "x", "户", "y"]
            ),
            Sheet.POLYGONS: sheet(Sheet.POLYGONS, ["code", "geojson"], ["x", SQUARE]),
        }
        assert places(check(sheets, Known())) == {
            ("categories", 2, "unknown_parent"),
            ("branches", 2, "unknown_grid"),
            ("branches", 2, "unknown_category"),
            ("roles", 2, "unknown_person"),
            ("roles", 2, "unknown_grid"),
            ("roles", 2, "unknown_branch"),
            ("households", 2, "unknown_grid"),
            ("households", 2, "unknown_carer"),
            ("polygons", 2, "unknown_grid"),
        }
        asked = wanted(sheets)
        known = Known(
            grids={"x": ("r", 1), "y": ("r", 1), "r": (None, 0)},
            has_grids=True,
            categories={"01": None, "0102": "01"},
            branches=frozenset(asked.branches),
            people=frozenset(asked.people),
        )
        assert check(sheets, known) == []

    def test_categories_in_a_circle_are_named(self) -> None:
        rows = sheet(
            Sheet.CATEGORIES,
            ["code", "name", "parent_code", "owner", "urgency"],
            ["01", "甲", "02", "G", "general"],
            ["02", "乙", "01", "G", "general"],
            ["03", "丙", "02", "G", "general"],
        )
        found = places(check({Sheet.CATEGORIES: rows}, Known(has_grids=True)))
        assert found == {("categories", 2, "cycle"), ("categories", 3, "cycle")}

    def test_a_phone_belongs_to_one_person(self) -> None:
        head = ["code", "name", "phone"]
        rows = sheet(Sheet.PEOPLE, head, ["A", "甲", "0358-6322222"], ["B", "乙", "03586322222"])
        assert places(check({Sheet.PEOPLE: rows}, Known(has_grids=True))) == {("people", 3, "duplicate_phone")}
        one = {Sheet.PEOPLE: one_person()}
        phones = {"19900000001": "P9"}
        assert places(check(one, Known(has_grids=True, phones=phones))) == {("people", 2, "phone_taken")}

    def test_phones_may_change_hands_within_the_file(self) -> None:
        rows = sheet(Sheet.PEOPLE, ["code", "name", "phone"], ["A", "甲", "19900000002"], ["B", "乙", "19900000001"])
        known = Known(has_grids=True, phones={"19900000001": "A", "19900000002": "B"})
        assert check({Sheet.PEOPLE: rows}, known) == []

    def test_a_role_is_given_once_and_does_not_end_before_it_begins(self) -> None:
        head = ["person_code", "role", "grid_code", "valid_from", "valid_to"]
        role = ["P", "member", "r", "2026-01-02"]
        rows = sheet(
            Sheet.ROLES, head, [*role, "2026-01-02"], [*role, "2027-01-01"], [*role[:3], "2026-01-03", "2026-01-02"]
        )
        known = Known(grids={"r": (None, 0)}, has_grids=True, people=frozenset({"P"}))
        found = places(check({Sheet.ROLES: rows}, known))
        assert found == {("roles", 3, "duplicate_role"), ("roles", 4, "dates_reversed")}

    def test_the_first_import_needs_grids(self) -> None:
        assert places(check({Sheet.PEOPLE: one_person()}, Known())) == {("grids", WHOLE_SHEET, "missing_sheet")}


class TestTheWords:
    def test_every_reason_has_as_many_details_in_both_languages(self) -> None:
        for zh, en in REASONS.values():
            assert set(re.findall(r"\{\d\}", zh)) == set(re.findall(r"\{\d\}", en))

    def test_what_is_quoted_is_short_and_on_one_line(self) -> None:
        assert quoted("a\x1b[31m\n" + "很" * 100).isprintable()
        assert len(fault("grids", 2, "bad_phone", "9" * 10_000).zh) < 100

    def test_the_page_describes_every_column_and_reason_as_the_code_has_them(self) -> None:
        text = DOC.read_text(encoding="utf-8")
        for lang in ("zh", "en"):
            described_there = text.split(f"<!-- columns {lang} -->\n")[1].split(f"<!-- /columns {lang} -->")[0]
            assert described_there == described(lang)
        for key, (zh, en) in REASONS.items():
            assert f"| `{key}` | {zh} | {en} |" in text

    def test_a_decoded_row_has_a_place_for_each_column(self) -> None:
        for which, sheet_columns in SHEETS.items():
            assert list(place_of(which).values()) == list(range(1, len(sheet_columns) + 1))
