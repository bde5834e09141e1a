"""What only shows between rows: the tree over the database and the file together, references, and doubles."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dispatch.domain.county_faults import WHOLE_SHEET, Fault, fault
from dispatch.domain.county_rows import Row, Rows
from dispatch.domain.county_sheets import Sheet, place_of
from dispatch.domain.county_tree import KnownGrids, tree_faults
from dispatch.domain.numbers import region_prefix
from grid_model.tree import COUNTY

PREFIX = 2
"""How many digits of a category's code name its broad class, which a branch may take as a whole."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds already, as far as the files speak of it."""

    grids: KnownGrids = field(default_factory=dict)
    """Code -> (parent's code, level); all of them when the files bring grids."""
    counties: frozenset[str] = frozenset()
    """The codes of all grids of the kind county."""
    closed: frozenset[str] = frozenset()
    """The codes of all grids that were closed by a change of the tree."""
    recoded: Mapping[str, str] = field(default_factory=dict)
    """Code that no grid has any more -> the present code of the grid that had it last."""
    has_grids: bool = False
    """Whether there is any grid at all."""
    categories: Mapping[str, str | None] = field(default_factory=dict)
    """Code -> parent's code, all of them."""
    branches: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    phones: Mapping[str, str] = field(default_factory=dict)
    """Phone -> code of the person who has it, for the phones in the files."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the files speak of, and so what has to be known of the database."""

    all_grids: bool
    grids: list[str]
    branches: list[str]
    people: list[str]
    phones: list[str]


def wanted(sheets: Mapping[Sheet, Rows]) -> Wanted:
    """The codes and phones to look up before the files can be checked."""
    return Wanted(
        all_grids=Sheet.GRIDS in sheets,
        grids=sorted({code for sheet, name, _ in _GRID_REFERENCES for _, code in _cells(sheets, sheet, name)}),
        branches=sorted({code for _, code in _cells(sheets, Sheet.ROLES, "branch_code")}),
        people=sorted({code for sheet, name, _ in _PERSON_REFERENCES for _, code in _cells(sheets, sheet, name)}),
        phones=sorted({phone for _, phone in _cells(sheets, Sheet.PEOPLE, "phone")}),
    )


def check(sheets: Mapping[Sheet, Rows], known: Known) -> list[Fault]:
    """Everything wrong between the rows of all sheets and the database.

    Args:
        sheets: the decoded sheets that the files hold.
        known: what the database answers to ``wanted``.
    """
    found: list[Fault] = []
    if Sheet.GRIDS not in sheets and not known.has_grids:
        found.append(fault(Sheet.GRIDS, WHOLE_SHEET, "missing_sheet"))
    for sheet in sheets:
        if sheet is not Sheet.ROLES:
            found += _doubles(sheets[sheet])
    if Sheet.GRIDS in sheets:
        found += tree_faults(sheets[Sheet.GRIDS], known.grids)
        found += _prefixes(sheets[Sheet.GRIDS], known)
    if Sheet.CATEGORIES in sheets:
        found += _category_tree(sheets[Sheet.CATEGORIES], known)
    if Sheet.PEOPLE in sheets:
        found += _phones(sheets[Sheet.PEOPLE], known)
    if Sheet.ROLES in sheets:
        found += _roles(sheets[Sheet.ROLES])
    if Sheet.GRIDS in sheets or known.has_grids:
        found += _orphans(sheets, Sheet.GRIDS, known.grids, _GRID_REFERENCES)
    found += _closed(sheets, known)
    found += _recoded(sheets, known)
    found += _orphans(sheets, Sheet.PEOPLE, known.people, _PERSON_REFERENCES)
    found += _orphans(sheets, Sheet.BRANCHES, known.branches, ((Sheet.ROLES, "branch_code", "unknown_branch"),))
    found += _branch_categories(sheets, known)
    return found


_GRID_REFERENCES = (
    (Sheet.BRANCHES, "grid_code", "unknown_grid"),
    (Sheet.ROLES, "grid_code", "unknown_grid"),
    (Sheet.HOUSEHOLDS, "grid_code", "unknown_grid"),
    (Sheet.POLYGONS, "code", "unknown_grid"),
)
_PERSON_REFERENCES = (
    (Sheet.ROLES, "person_code", "unknown_person"),
    (Sheet.HOUSEHOLDS, "carer_code", "unknown_carer"),
)


def _cells(sheets: Mapping[Sheet, Rows], sheet: Sheet, name: str) -> Iterator[tuple[int, str]]:
    """(row number, value) of a column, without the empty cells."""
    if sheet in sheets:
        place = place_of(sheet)[name]
        for row in sheets[sheet].good:
            if row[place]:
                yield row[0], row[place]


def _doubles(rows: Rows) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for row in rows.good:
        at = first.setdefault(row[1], row[0])
        if at != row[0]:
            yield fault(rows.sheet, row[0], "duplicate_code", row[1], at)


def _orphans(
    sheets: Mapping[Sheet, Rows],
    target: Sheet,
    in_database: Mapping[str, object] | frozenset[str],
    references: tuple[tuple[Sheet, str, str], ...],
) -> Iterator[Fault]:
    """References to what is neither in the files nor in the database; a refused row still counts as there."""
    aimed = sheets.get(target)
    if aimed is not None and aimed.broken:
        return
    in_file = {row[1] for row in aimed.good} | aimed.bad_codes if aimed else set()
    for sheet, name, reason in references:
        for number, code in _cells(sheets, sheet, name):
            if code not in in_file and code not in in_database:
                yield fault(sheet, number, reason, code)


def _closed(sheets: Mapping[Sheet, Rows], known: Known) -> Iterator[Fault]:
    """Whatever speaks of a grid that was closed: it would be brought back under its old superior, or serve nobody."""
    for sheet, name, _ in ((Sheet.GRIDS, "code", ""), (Sheet.GRIDS, "parent_code", ""), *_GRID_REFERENCES):
        for number, code in _cells(sheets, sheet, name) if known.closed else ():
            if code in known.closed:
                yield fault(sheet, number, "closed_grid", code)


def _recoded(sheets: Mapping[Sheet, Rows], known: Known) -> Iterator[Fault]:
    """Grids under a code they had before: they would be made a second time."""
    for name in ("code", "parent_code"):
        for number, code in _cells(sheets, Sheet.GRIDS, name) if known.recoded else ():
            if code in known.recoded:
                yield fault(Sheet.GRIDS, number, "recoded_grid", code, known.recoded[code])


def _prefixes(rows: Rows, known: Known) -> Iterator[Fault]:
    """Regions whose orders would have the same numbers: counties, and the root for what lies in no county."""
    if rows.broken:
        return
    kind, parent = (place_of(Sheet.GRIDS)[name] for name in ("kind", "parent_code"))
    above = {code: superior for code, (superior, _) in known.grids.items()}
    above.update({row[1]: row[parent] or None for row in rows.good if row[parent] is not None or row[1] not in above})
    counties = known.counties - {row[1] for row in rows.good} | {row[1] for row in rows.good if row[kind] == COUNTY}
    roots = {code for code in above if above[code] is None}
    at = {row[1]: row[0] for row in reversed(rows.good)}
    shared: dict[str, list[str]] = defaultdict(list)
    for code in sorted(counties | roots if len(roots) == 1 else counties):
        shared[region_prefix(code)].append(code)
    for prefix, codes in shared.items():
        for code in codes if len(codes) > 1 else ():
            if code in at:
                other = next(one for one in codes if one != code)
                yield fault(rows.sheet, at[code], "same_prefix", prefix, other)


def _category_tree(rows: Rows, known: Known) -> Iterator[Fault]:
    code, parent = (place_of(Sheet.CATEGORIES)[name] for name in ("code", "parent_code"))
    above: dict[str, str | None] = dict(known.categories)
    above.update({row[code]: row[parent] or None for row in rows.good if row[parent] is not None})
    there = above.keys() | {row[code] for row in rows.good} | rows.bad_codes
    for row in rows.good:
        if row[parent] and row[parent] not in there:
            yield fault(rows.sheet, row[0], "unknown_parent", row[parent])
            continue
        passed: list[str] = []
        at: str | None = row[code]
        while at is not None and at not in passed:
            passed.append(at)
            at = above.get(at)
        if at == row[code]:
            yield fault(rows.sheet, row[0], "cycle", " → ".join([*passed, row[code]]))


def _phones(rows: Rows, known: Known) -> Iterator[Fault]:
    code, phone = (place_of(Sheet.PEOPLE)[name] for name in ("code", "phone"))
    named = {row[code] for row in rows.good} | rows.bad_codes
    first: dict[str, int] = {}
    for row in rows.good:
        at = first.setdefault(row[phone], row[0])
        if at != row[0]:
            yield fault(rows.sheet, row[0], "duplicate_phone", at)
        holder = known.phones.get(row[phone])
        if holder is not None and holder not in named:
            yield fault(rows.sheet, row[0], "phone_taken", holder)


def _roles(rows: Rows) -> Iterator[Fault]:
    start, end = (place_of(Sheet.ROLES)[name] for name in ("valid_from", "valid_to"))
    first: dict[Row, int] = {}
    for row in rows.good:
        key = tuple(cell or None for cell in row[1:end])
        at = first.setdefault(key, row[0])
        if at != row[0]:
            yield fault(rows.sheet, row[0], "duplicate_role", at)
        # ISO dates compare as text.
        if row[start] and row[end] and row[end] < row[start]:
            yield fault(rows.sheet, row[0], "dates_reversed")


def _branch_categories(sheets: Mapping[Sheet, Rows], known: Known) -> Iterator[Fault]:
    rows = sheets.get(Sheet.CATEGORIES)
    if rows is not None and rows.broken:
        return
    there = set(known.categories)
    if rows is not None:
        there |= {row[1] for row in rows.good} | rows.bad_codes
    there |= {code[:PREFIX] for code in there}
    if Sheet.BRANCHES in sheets:
        place = place_of(Sheet.BRANCHES)["categories"]
        for row in sheets[Sheet.BRANCHES].good:
            for code in row[place] or ():
                if code not in there:
                    yield fault(Sheet.BRANCHES, row[0], "unknown_category", code)
