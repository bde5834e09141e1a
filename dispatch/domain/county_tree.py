"""The tree as it would be after an import: the database's grids with the file's over them."""

from collections.abc import Iterable, Iterator, Mapping

from dispatch.domain.county_faults import WHOLE_SHEET, Fault, fault
from dispatch.domain.county_rows import Row, Rows
from dispatch.domain.county_sheets import Sheet, place_of
from grid_model import tree as model

KnownGrids = Mapping[str, tuple[str | None, int]]
"""Code of a grid in the database -> (its parent's code, its level)."""

_PLACES = place_of(Sheet.GRIDS)
_CODE, _LEVEL, _PARENT = (_PLACES[name] for name in ("code", "level", "parent_code"))


def tree_faults(rows: Rows, known: KnownGrids) -> Iterator[Fault]:
    """Faults of the tree after the import, laid at the rows that cause them."""
    if rows.broken:
        return
    at = _by_code(rows)
    bad = model.faults(_union(at, known))
    circles = _on_cycles({found.code for found in bad if found.reason_key is model.Reason.CYCLE}, at, known)
    reasons: set[str] = set()
    innocent: list[tuple[str, str]] = []
    for found in bad:
        reason = found.reason_key.value
        row = at.get(found.code)
        if found.reason_key is model.Reason.CYCLE and found.code not in circles:
            # What hangs below a circle is right by itself; a whole country may.
            continue
        if row is None:
            # Where a row was refused, the root may be missing for that reason alone.
            if found.reason_key is not model.Reason.NO_ROOT or not rows.bad_codes:
                innocent.append((found.code, reason))
        elif found.reason_key is not model.Reason.UNKNOWN_PARENT or found.detail not in rows.bad_codes:
            reasons.add(reason)
            yield fault(rows.sheet, row[0], reason, found.detail)
    laid: set[tuple[int, str]] = set()
    for code, reason in innocent:
        # A grid that only the database holds is right by itself: what the file did to its parent is to blame.
        above = at.get(known.get(code, (None, 0))[0] or "")
        number = WHOLE_SHEET if above is None else above[0]
        if (number, reason) not in laid and (above is not None or reason not in reasons):
            laid.add((number, reason))
            yield fault(rows.sheet, number, reason, code)


def _on_cycles(suspects: Iterable[str], at: Mapping[str, Row], known: KnownGrids) -> set[str]:
    """Those of the codes that lie on a cycle, and not just below one; all of them lead to one."""
    circles: set[str] = set()
    seen: set[str] = set()
    for suspect in suspects:
        path: dict[str, None] = {}
        code = suspect
        while code not in seen:
            seen.add(code)
            path[code] = None
            code = (_parent(at[code], known) if code in at else known[code][0]) or ""
        if code in path:
            walked = list(path)
            circles.update(walked[walked.index(code) :])
    return circles


def reshaped(rows: Rows, known: KnownGrids) -> bool:
    """Whether the import adds a grid or moves one."""
    return any(row[_CODE] not in known or _parent(row, known) != known[row[_CODE]][0] for row in rows.good)


def intervals(rows: Rows, known: KnownGrids) -> Iterator[tuple[str, int, int]]:
    """The preorder interval [lo, hi) of every grid after the import, by code; the rows must be without faults."""
    union = list(_union(_by_code(rows), known))
    number = {code: at for at, (code, _, _) in enumerate(union)}
    tree = model.Tree(
        model.Grid(at, code, "", level, "", "", None if parent is None else number[parent])
        for at, (code, parent, level) in enumerate(union)
    )
    for code, at in number.items():
        yield (code, *tree.interval(at))


def _by_code(rows: Rows) -> dict[str, Row]:
    at: dict[str, Row] = {}
    for row in rows.good:
        at.setdefault(row[_CODE], row)
    return at


def _parent(row: Row, known: KnownGrids) -> str | None:
    # Without the column the parents stay as they are.
    if row[_PARENT] is None:
        return known.get(row[_CODE], (None, 0))[0]
    return row[_PARENT] or None


def _union(at: Mapping[str, Row], known: KnownGrids) -> Iterator[tuple[str, str | None, int]]:
    """(code, parent's code, level); the database's come first, so that of two roots the new one is blamed."""
    for code, (parent, level) in known.items():
        if code not in at:
            yield code, parent, level
    for row in at.values():
        yield row[_CODE], _parent(row, known), row[_LEVEL]
