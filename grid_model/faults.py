"""What keeps rows from being a tree: every fault of a file, found before anything is built from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LOOP_CODES_SHOWN = 8
"""How many codes of a cycle a fault spells out; a cycle may hold a whole file."""


class Reason(StrEnum):
    """Why a row can't be part of a tree."""

    UNKNOWN_PARENT = "unknown_parent"
    CYCLE = "cycle"
    TWO_ROOTS = "two_roots"
    NO_ROOT = "no_root"
    DUPLICATE_CODE = "duplicate_code"
    LEVEL_ORDER = "level_order"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why one row is refused; ``detail`` holds codes and numbers only, so that any language can frame it."""

    code: str
    reason_key: Reason
    detail: str


def faults(rows: Iterable[tuple[str, str | None, int]]) -> list[Fault]:
    """List every fault of the rows (code, superior's code or None, level), in the order of the rows.

    A missing root concerns no row: it comes first, with an empty code. A row that repeats a code is reported for that
    alone. Rows on a cycle and rows below it are both listed under ``cycle``, since none is reachable from a root; the
    detail spells the cycle itself, from a row to its superior. Details of the others: the unknown superior, the first
    root, the number of the first row with that code (from 1), ``level <= superior's level (superior)``.
    """
    table = list(rows)
    first: dict[str, int] = {}
    for at, (code, _, _) in enumerate(table):
        first.setdefault(code, at)
    roots = [at for code, at in first.items() if table[at][1] is None]
    superior, entry = _superiors(table, first)
    loops = _Loops(table, superior)
    found = [] if roots else [Fault("", Reason.NO_ROOT, "")]
    for at, (code, parent, level) in enumerate(table):
        if first[code] != at:
            found.append(Fault(code, Reason.DUPLICATE_CODE, str(first[code] + 1)))
            continue
        if parent is None:
            if at != roots[0]:
                found.append(Fault(code, Reason.TWO_ROOTS, table[roots[0]][0]))
            continue
        above = superior[at]
        if above == len(table):
            found.append(Fault(code, Reason.UNKNOWN_PARENT, parent))
            continue
        if entry[at] != len(table):
            found.append(Fault(code, Reason.CYCLE, loops.spell(entry[at])))
        if level <= table[above][2]:
            found.append(Fault(code, Reason.LEVEL_ORDER, f"{level} <= {table[above][2]} ({parent})"))
    return found


def _superiors(table: list[tuple[str, str | None, int]], first: dict[str, int]) -> tuple[list[int], list[int]]:
    """Give each row its superior's row, and where climbing on for ever would lead: past the end, or onto a cycle.

    Doubling the stride twenty times climbs a million levels, and stays in numpy however deep or broken the rows are.
    """
    import numpy as np  # noqa: PLC0415 - heavy, and wanted where rows come in

    end = len(table)
    superior = [end if parent is None else first.get(parent, end) for _, parent, _ in table]
    stride = np.array([*superior, end], dtype=np.int32)
    for _ in range(end.bit_length()):
        stride = stride[stride]
    return superior, stride[:end].tolist()


class _Loops:
    """The cycles among the rows, each spelled once."""

    def __init__(self, table: list[tuple[str, str | None, int]], superior: list[int]) -> None:
        self._table = table
        self._superior = superior
        self._spelled: dict[int, str] = {}

    def spell(self, entry: int) -> str:
        """Write the cycle that the row ``entry`` lies on, from its first row in the input."""
        if entry not in self._spelled:
            loop = [entry]
            while (above := self._superior[loop[-1]]) != entry:
                loop.append(above)
            start = loop.index(min(loop))
            turned = [*loop[start:], *loop[: start + 1]]
            codes = [self._table[at][0] for at in turned[:LOOP_CODES_SHOWN]]
            text = " > ".join(codes) + (" > …" if len(turned) > len(codes) else "")
            self._spelled.update(dict.fromkeys(loop, text))
        return self._spelled[entry]
