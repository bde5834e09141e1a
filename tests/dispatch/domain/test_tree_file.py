"""A list of changes is read whole: every row, every fault, in both languages."""

import json
from pathlib import Path

import pytest

from dispatch.cli.tree import TEMPLATE
from dispatch.domain import tree_file
from dispatch.domain.tree_file import COLUMNS, read, refusal, renumbering, worded
from dispatch.domain.tree_words import OpWord
from grid_model.changes import ChangeFault, Op, Operation, Wrong
from grid_model.tree import Grid

HEADER = [column.name for column in COLUMNS]
SQUARE = json.dumps({"type": "Polygon", "coordinates": [[[111, 38], [112, 38], [112, 39], [111, 38]]]})


def table(*rows):
    return [(number, list(cells)) for number, cells in enumerate([HEADER, *rows], 1)]


def row(*cells):
    return [*cells, *[""] * (len(HEADER) - len(cells))]


def reasons(*rows):
    found, wrong = read(table(*rows))
    return [(one.row, one.reason_key) for one in wrong], found


def test_each_operation_is_read() -> None:
    found, wrong = read(table(row("rename", " A ", "", "新村"), row("split", "A", "A1", "东", "P", "村", SQUARE)))
    assert wrong == []
    assert found[0] == Operation(2, Op.RENAME, "A", name="新村")
    assert (found[1].to, found[1].parent, found[1].level_name, found[1].row) == ("A1", "P", "村", 3)
    assert found[1].polygon[:1] == b"\x01"


def test_the_template_is_right() -> None:
    lines = [line.split(",") for line in TEMPLATE.splitlines()]
    found, wrong = read(list(enumerate(lines, 1)))
    assert wrong == []
    assert {one.op for one in found} == set(Op)


def test_every_fault_is_found_at_once() -> None:
    wrong, found = reasons(
        row("rename", "A"), row("move", "A"), row("paint", "A", "B"), row("close", "", "B"), row("move", "A", "B", "新")
    )
    assert wrong == [
        (2, "needed_for"), (3, "needed_for"), (4, "unknown_word"), (5, "required"), (6, "not_for")
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "empty_sheet"),
        ([(1, ["op", "code"])], "no_change"),
        ([(1, ["op"])], "missing_column"),
        ([(1, ["op", "code", "code"])], "duplicate_column"),
        ([(1, ["op", "code", "colour"])], "unknown_column"),
    ],
)
def test_a_file_that_is_none_is_refused(rows, reason) -> None:
    assert [one.reason_key for one in read(rows)[1]] == [reason]


def test_a_list_has_an_end(monkeypatch) -> None:
    monkeypatch.setattr(tree_file, "MOST", 2)
    wrong, _ = reasons(*[row("rename", "A", "", "新")] * 3)
    assert wrong == [(4, "too_many")]


def test_what_the_tree_refuses_has_words_in_both_languages() -> None:
    for one in worded([ChangeFault(2, reason, "A > B") for reason in Wrong]):
        assert one.zh != one.en
    faults = refusal(worded([ChangeFault(7, Wrong.UNKNOWN_GRID, "A")])).data["faults"]
    assert faults == [{"field": "operations.7", "zh": "网格 A 不存在", "en": "grid A does not exist"}]


def test_each_operation_has_its_word() -> None:
    assert {word.value for word in OpWord} == {op.value for op in Op}


def test_a_region_keeps_the_digits_its_orders_numbers_begin_with() -> None:
    county = Grid(1, "141123", "兴县", 0, "县", "county", None)
    village = Grid(2, "141123100", "村", 1, "村", "village", 1)
    grids = {one.code: one for one in (county, village)}
    wanted = [
        Operation(2, Op.RECODE, "141123", "141124"),
        Operation(3, Op.RECODE, "141123", "141123000"),
        Operation(4, Op.RECODE, "141123100", "9"),
    ]
    assert [one.row for one in renumbering(grids, wanted)] == [2]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_document_has_every_column(lang) -> None:
    text = (Path(__file__).parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    table_of = text.partition(f"<!-- changes {lang} -->")[2].partition(f"<!-- /changes {lang} -->")[0]
    assert [line.split("`")[1] for line in table_of.strip().splitlines()[2:]] == HEADER
    for column in COLUMNS:
        assert (column.zh if lang == "zh" else column.en) in table_of
