"""The words of a change of the tree: what is asked, what may be wrong with it, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from grid_model.tree import Grid


class Op(StrEnum):
    """What is done to a grid."""

    RENAME = "rename"
    RECODE = "recode"
    MOVE = "move"
    CLOSE = "close"
    MERGE = "merge"
    SPLIT = "split"


class Wrong(StrEnum):
    """Why an operation can't be done."""

    UNKNOWN_GRID = "unknown_grid"
    CLOSED_GRID = "closed_grid"
    TWICE = "changed_twice"
    CODE_TAKEN = "code_taken"
    NAME_NEEDED = "name_needed"
    CYCLE = "cycle"
    LEVEL_ORDER = "level_order"
    PARENT_CLOSED = "parent_closed"
    SUCCESSOR_CLOSED = "successor_closed"
    NESTED = "nested"
    ROOT = "root_changed"
    REGION = "region_changed"
    OTHER_REGION = "other_region"
    CHILDREN_LEFT = "children_left"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: ``row`` is where it stands in its file, codes are as the module says.

    ``to`` is the new code, the new superior, the successor, or (merge, split) what comes of it, one row each; ``name``,
    ``parent`` (a code), ``level_name`` and ``polygon`` (WKB) describe a grid that is made. A split that names the grid
    itself leaves it in being.
    """

    row: int
    op: Op
    code: str
    to: str | None = None
    name: str | None = None
    parent: str | None = None
    level_name: str | None = None
    polygon: bytes | None = None


@dataclass(frozen=True, slots=True)
class ChangeFault:
    """Why a row is refused; ``detail`` holds codes and numbers only."""

    row: int
    reason: Wrong
    detail: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a grid that something happens to.

    Attributes:
        closed: whether it is no longer active.
        successors: who takes its place, in the order told; a split that leaves it in being counts it among them.
        heir: where what can't be placed more exactly goes: itself while active, its one successor, or the lowest grid
            above all of them.
        first: who takes over those who serve there: itself while active, or else its first successor, so that nobody's
            reach becomes wider.
    """

    grid_id: int
    ops: tuple[Op, ...]
    closed: bool
    successors: tuple[int, ...]
    heir: int
    first: int


@dataclass(frozen=True, slots=True)
class Changed:
    """What a list of operations comes to; with faults it comes to nothing else.

    ``grids`` are all of them as they will be, new ones with ids from -1 downwards; ``fates`` tells of those that were
    there and that something happens to; ``polygons`` are those told, by id.
    """

    faults: tuple[ChangeFault, ...]
    grids: tuple[Grid, ...] = ()
    fates: Mapping[int, Fate] = field(default_factory=dict)
    polygons: Mapping[int, bytes] = field(default_factory=dict)
