"""What is sent and answered about the county as a whole: what stands in it, and its files."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from dispatch.domain.vocabulary import BranchKind, Role
from dispatch.http.answers import Answer, GridRef, Label
from dispatch.http.bodies import Body, Line

MOST_CONTENT = 24 * 2**20
"""Base64 of what the use case takes at most, in characters; a body with all of it is no larger, in bytes."""


class LevelCount(Answer):
    """How many grids of one level there are."""

    level_name: str
    count: int


class KindCount(Answer):
    """How many branches or desks of one kind there are."""

    kind: BranchKind
    kind_label: Label
    count: int


class RoleCount(Answer):
    """How many people hold a role today."""

    role: Role
    role_label: Label
    count: int


class YearStanding(Answer):
    """Whether the calendar of a year is official."""

    year: int
    official: bool


class Heartbeat(Answer):
    """Whether the scheduler lives, by the machine's clock."""

    alive: bool
    last_tick: datetime | None


class CountyOverview(Answer):
    """What stands in the county, or in the part of it that an administrator answers for."""

    grid: GridRef
    whole: bool
    grids: list[LevelCount]
    branches: list[KindCount]
    roles: list[RoleCount]
    people: int
    active: int
    households: int
    categories: int
    polygons: int
    imported_at: datetime | None
    policy_version: int
    years: list[YearStanding]
    scheduler: Heartbeat
    tree_waiting: int


class CountyFile(Body):
    """A file of the county: its name and its content in Base64."""

    name: Line
    content: Annotated[str, StringConstraints(max_length=MOST_CONTENT)]


class CountyFiles(Body):
    """A workbook, CSV and GeoJSON files, or an archive of these."""

    files: Annotated[list[CountyFile], Field(min_length=1, max_length=40)]


class SheetCount(Answer):
    """What the rows of one sheet come to."""

    sheet: str
    sheet_label: Label
    inserted: int
    updated: int
    unchanged: int


class RowFault(Answer):
    """What is wrong with a row; without a row, with a sheet or file as a whole."""

    sheet: str
    sheet_label: Label
    row: int | None
    reason: str
    text: Label


class ImportReport(Answer):
    """How an import goes: it has faults and changes nothing, or tells what it changes."""

    id: str | None
    kept_until: datetime | None
    written: bool
    changed: bool
    renumbered: int
    left_out: int
    counts: list[SheetCount]
    faults_total: int
    faults: list[RowFault]
