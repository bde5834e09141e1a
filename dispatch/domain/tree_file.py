"""The list of a tree's changes as a file or a body holds it: cells to operations, and faults in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dispatch.domain import errors
from dispatch.domain.county_faults import LOST_DIGITS, WHOLE_SHEET, BadCellError, Fault, UnreadableError, fault
from dispatch.domain.county_rows import value
from dispatch.domain.county_sheets import Column, Kind
from dispatch.domain.numbers import region_prefix
from grid_model.changes import ChangeFault, Op, Operation
from grid_model.tree import COUNTY, Grid

SHEET = "changes"
"""The name of the table in its faults, of the file without its ending, and of the sheet of a workbook."""

MOST = 20_000
"""The most operations of one list: the national code's yearly change of a whole province is far below."""

_PADDING = " \u3000\u00a0"


COLUMNS: tuple[Column, ...] = (
    Column("op", Kind.CODE, "做什么", "what is done", required=True),
    Column("code", Kind.CODE, "网格的现行代码", "the grid's present code", required=True),
    Column(
        "to",
        Kind.CODE,
        "新代码；划入的上级；承接的网格；合并、拆分而成的网格（每个一行）",
        "the new code, the new superior, the successor, or what is made of it (a row each)",
    ),
    Column("name", Kind.NAME, "更名或新建网格的名称", "the new name, or that of a grid that is made"),
    Column("parent", Kind.CODE, "新建网格的上级，默认同原网格", "the superior of a grid that is made"),
    Column("level_name", Kind.NAME, "新建网格的层级名称，默认同原网格", "the name of its level"),
    Column("polygon", Kind.SHAPE, "拆分、合并后该网格的边界", "its outline, of a grid made or kept"),
)
"""The columns of the file; the first two must be there."""

_NAMES = {column.name: column for column in COLUMNS}
_NEEDS: dict[Op, tuple[str, ...]] = {
    Op.RENAME: ("name",),
    **dict.fromkeys((Op.RECODE, Op.MOVE, Op.CLOSE, Op.MERGE, Op.SPLIT), ("to",)),
}
_TAKES: dict[Op, frozenset[str]] = {
    Op.RENAME: frozenset({"name"}),
    **dict.fromkeys((Op.RECODE, Op.MOVE, Op.CLOSE), frozenset({"to"})),
    **dict.fromkeys((Op.MERGE, Op.SPLIT), frozenset({"to", "name", "parent", "level_name", "polygon"})),
}


def read(table: Iterable[tuple[int, Sequence[str]]]) -> tuple[list[Operation], list[Fault]]:
    """Return the operations of a table, header first, as (row number, cells), and everything wrong with its cells."""
    walk = iter(table)
    try:
        head = next(walk, None)
        if head is None:
            return [], [fault(SHEET, WHOLE_SHEET, "empty_sheet")]
        names = [name.strip(_PADDING) for name in head[1]]
        while names and not names[-1]:
            names.pop()
        wrong = _header(head[0], names)
        return ([], wrong) if wrong else operations(_named(walk, names))
    except UnreadableError as broken:
        return [], [broken.found]


def _header(row: int, names: Sequence[str]) -> list[Fault]:
    found = [fault(SHEET, row, "unknown_column", name) for name in names if name not in _NAMES]
    found += [fault(SHEET, row, "duplicate_column", name) for name in sorted({n for n in names if names.count(n) > 1})]
    return found + [
        fault(SHEET, row, "missing_column", one.name) for one in COLUMNS if one.required and one.name not in names
    ]


def _named(walk: Iterable[tuple[int, Sequence[str]]], names: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in walk:
        yield number, dict(zip(names, [*cells, *[""] * len(names)], strict=False))


def operations(rows: Iterable[tuple[int, Mapping[str, str]]]) -> tuple[list[Operation], list[Fault]]:
    """Return the operations of rows, as (row number, cell by column), and everything wrong with their cells."""
    found: list[Operation] = []
    wrong: list[Fault] = []
    count = 0
    for count, (row, cells) in enumerate(rows, 1):
        if count > MOST:
            wrong.append(fault(SHEET, row, "too_many", SHEET, MOST))
            break
        made = _operation(row, cells, wrong)
        if made is not None:
            found.append(made)
    if not count:
        wrong.append(fault(SHEET, WHOLE_SHEET, "no_change"))
    return found, wrong


def _operation(row: int, cells: Mapping[str, str], wrong: list[Fault]) -> Operation | None:
    values: dict[str, object] = {}
    before = len(wrong)
    for name, column in _NAMES.items():
        cell = cells.get(name, "").strip(_PADDING)
        if cell.endswith(LOST_DIGITS):
            wrong.append(fault(SHEET, row, "lost_digits", name))
        elif cell:
            try:
                values[name] = value(cell, column)
            except BadCellError as bad:
                wrong.append(fault(SHEET, row, bad.reason_key, *bad.details))
        elif column.required:
            wrong.append(fault(SHEET, row, "required", name))
    told = values.get("op")
    if told is not None and told not in tuple(Op):
        wrong.append(fault(SHEET, row, "unknown_word", "op", tuple(Op), told))
    if len(wrong) > before:
        return None
    op = Op(str(told))
    wrong += [fault(SHEET, row, "needed_for", name, op) for name in _NEEDS[op] if name not in values]
    wrong += [fault(SHEET, row, "not_for", name, op) for name in values if name not in {*_TAKES[op], "op", "code"}]
    if len(wrong) > before:
        return None
    return Operation(row, op, **{name: of for name, of in values.items() if name != "op"})  # type: ignore[arg-type]


def worded(found: Iterable[ChangeFault]) -> list[Fault]:
    """Put what the tree itself refuses into words."""
    return [fault(SHEET, one.row, one.reason.value, one.detail) for one in found]


def renumbering(grids: Mapping[str, Grid], wanted: Iterable[Operation]) -> list[Fault]:
    """Find new codes of a region by which its orders' numbers, which residents hold, would become others."""
    return [
        fault(SHEET, one.row, "renumbers", one.code, one.to)
        for one in wanted
        if one.op is Op.RECODE
        and one.code in grids
        and (grids[one.code].kind == COUNTY or grids[one.code].parent_id is None)
        and region_prefix(one.to or "") != region_prefix(one.code)
    ]


def refusal(found: Iterable[Fault]) -> errors.Invalid:
    """Return the refusal that lists these faults, each with its row."""
    return errors.Invalid(*(errors.fault(f"operations.{one.row}", one.zh, one.en) for one in found))
