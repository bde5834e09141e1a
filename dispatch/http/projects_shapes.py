"""What is sent about projects, and what is answered."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.domain.projects import LONGEST_TEXT, MOST_STEPS, ProjectDeed, ProjectState
from dispatch.domain.vocabulary import Grade, State
from dispatch.http.answers import Answer, BranchRef, Label
from dispatch.http.bodies import Body, CategoryCode, Code, Line, Text

MOST_MEMBERS = 100
"""A task force is no larger."""

MOST_CSV = 60_000
"""The longest sheet sent as text, in characters."""

Short = Annotated[Line, Field(max_length=LONGEST_TEXT)]


class ProjectBody(Body):
    """A project to be opened: its leader, its task force, and the branch it is of."""

    name: Line
    goal: Text
    branch: Code
    category: CategoryCode
    leader: Code
    members: Annotated[list[Code], Field(default_factory=list, max_length=MOST_MEMBERS)]


class ProjectChange(Body):
    """Another leader, or another task force: the whole of it; what is left out stays."""

    leader: Code | None = None
    members: Annotated[list[Code], Field(max_length=MOST_MEMBERS)] | None = None
    reason: Text


class ProjectStepBody(Body):
    """A step: what, who by their code, how, until which day, and to what standard."""

    what: Short
    who: Code
    how: Short
    due: date
    standard: Short


class ProjectStepsBody(Body):
    """The steps to be filed, all or none."""

    steps: Annotated[list[ProjectStepBody], Field(min_length=1, max_length=MOST_STEPS)]


class ProjectSheet(Body):
    """A sheet of steps as CSV, the heading first; it may only be looked through."""

    csv: Annotated[str, Field(min_length=1, max_length=MOST_CSV)]
    dry_run: bool = False


class ProjectClosing(Body):
    """What came of the project."""

    reason: Text


class ProjectQuery(BaseModel):
    """Which projects are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    closed: Literal["true", "false"] | None = None
    below: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None


class PersonRef(Answer):
    """Somebody who serves."""

    code: str
    name: str


class ProjectStep(Answer):
    """A step: what was planned, and how its order stands."""

    place: int
    order: str
    number: str
    what: str
    who: PersonRef
    how: str
    due_on: date
    standard: str
    state: State
    stage: Label
    assignee: str | None
    due_at: datetime | None
    overdue: bool
    level: int
    supervisor: BranchRef | None
    grade: Grade | None


class ProjectSummary(Answer):
    """A project as it stands in a list."""

    id: int
    name: str
    state: ProjectState
    state_label: Label
    branch: BranchRef | None
    category: str
    category_label: Label | None
    leader: PersonRef
    opened_at: datetime
    closed_at: datetime | None
    steps: int
    steps_left: int
    steps_overdue: int


class ProjectAnswer(ProjectSummary):
    """A project (项目) with its steps, and what its reader may do to it."""

    goal: str
    members: list[PersonRef]
    plan: list[ProjectStep]
    may: list[ProjectDeed]


class Projects(Answer):
    """A page of projects, newest first; ``next`` is the id below which the following page begins."""

    items: list[ProjectSummary]
    next: int | None


class ProjectImported(Answer):
    """What became of a sheet: how many steps it held, and the project afterwards."""

    dry_run: bool
    rows: int
    project: ProjectAnswer


class ProjectEntry(Answer):
    """One entry of a project's ledger: an act of its own, or an event of one of its steps."""

    at: datetime
    step: int | None
    order: str | None
    number: int
    what: Label
    actor: str | None
    texts: dict[str, str]
    data: dict[str, Any]
    hash: str


class ProjectLedger(Answer):
    """The ledger of a project, oldest first."""

    items: list[ProjectEntry]
