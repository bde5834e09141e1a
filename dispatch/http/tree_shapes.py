"""What is sent about changes of the tree of grids, and what is answered."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.domain.tree_words import BranchFate, GridFate, OpWord, OutlineFate, TreeState
from dispatch.domain.vocabulary import Role, State
from dispatch.http.answers import Answer, BranchRef, GridRef, Label
from dispatch.http.bodies import Body, Code, Line, Text
from dispatch.http.calendar_shapes import Date

MOST_OPERATIONS = 2_000
"""The most operations of one request; longer lists come as a file, by the command line."""

MOST_VERSION = 2**31 - 1
"""No version is higher."""


class TreeOperation(Body):
    """One operation on one grid, as a row of the file: what is done, to which grid, and what comes of it."""

    op: OpWord
    code: Code
    to: Code | None = None
    name: Line | None = None
    parent: Code | None = None
    level_name: Line | None = None
    polygon: dict[str, Any] | None = None


class TreeList(Body):
    """A list of operations, done together or not at all; from which day they hold, today if none is named."""

    operations: Annotated[list[TreeOperation], Field(min_length=1, max_length=MOST_OPERATIONS)]
    on: Date | None = None


class TreeChanges(TreeList):
    """A list of operations to be done, and why."""

    reason: Text


class TreeVersionsQuery(BaseModel):
    """Which versions of the tree are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    below: Annotated[int, Field(ge=1, le=MOST_VERSION)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None


class TreeOperationAnswer(Answer):
    """One operation as it was asked for; ``polygon`` says whether it has an outline."""

    row: int
    op: OpWord
    op_label: Label
    code: str
    to: str | None
    name: str | None
    parent: str | None
    level_name: str | None
    polygon: bool


class TreeFault(Answer):
    """Why a version could not be applied when its day had come, in both languages."""

    field: str
    zh: str
    en: str


class TreeVersion(Answer):
    """One version of the tree: what was asked for, and how far it has come."""

    number: int
    state: TreeState
    state_label: Label
    grid: GridRef
    on: date
    reason: str
    by: str
    asked_at: datetime
    applied_at: datetime | None
    refused_at: datetime | None
    carried_at: datetime | None
    orders_carried: int
    operations: list[TreeOperationAnswer]
    faults: list[TreeFault]


class TreeVersions(Answer):
    """A page of versions, newest first; ``next`` is the ``below`` of the following page."""

    items: list[TreeVersion]
    next: int | None


class GridFateAnswer(Answer):
    """What becomes of one grid that is named in the list."""

    before: GridRef
    fate: GridFate
    fate_label: Label
    ops: list[Label]
    after: GridRef | None
    successors: list[GridRef]


class TreeOrdersItem(Answer):
    """Open orders in one grid and state, and where they go; ``by_place`` where each goes by its own place first."""

    grid: GridRef
    state: State
    state_label: Label
    count: int
    to: GridRef
    by_place: list[GridRef]


class TreeOrders(Answer):
    """The open orders below what is changed; ``looked_at`` may move, of the others only the path is another."""

    total: int
    looked_at: int
    items: list[TreeOrdersItem]


class BranchFateAnswer(Answer):
    """What becomes of a branch on a grid that is closed."""

    branch: BranchRef
    fate: BranchFate
    fate_label: Label
    before: GridRef
    after: GridRef
    into: BranchRef | None


class RolesFate(Answer):
    """Where roles on a closed grid, or in a branch that is taken in, go; ``ends`` where they would reach further."""

    role: Role
    role_label: Label
    count: int
    before: GridRef
    after: GridRef
    ends: bool
    branch_before: BranchRef | None
    branch_after: BranchRef | None


class HouseholdsFate(Answer):
    """Where the households of a closed grid go."""

    grid: GridRef
    count: int
    to: GridRef


class OutlineFateAnswer(Answer):
    """What becomes of the outline of a grid."""

    grid: GridRef
    fate: OutlineFate
    fate_label: Label


class SuperiorChange(Answer):
    """A unit that comes under another one."""

    branch: BranchRef
    before: BranchRef | None
    after: BranchRef | None


class TreePreview(Answer):
    """Everything a list of changes touches, and what becomes of it; nothing was written."""

    on: date
    at_once: bool
    grid: GridRef
    operations: list[TreeOperationAnswer]
    grids: list[GridFateAnswer]
    new_grids: list[GridRef]
    orders: TreeOrders
    branches: list[BranchFateAnswer]
    roles: list[RolesFate]
    households: list[HouseholdsFate]
    polygons: list[OutlineFateAnswer]
    superiors: list[SuperiorChange]
