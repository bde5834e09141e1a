"""What is sent about pledges, and what is answered."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dispatch.domain.vocabulary import Grade, State
from dispatch.http.answers import Answer, BranchRef, GridRef, Label
from dispatch.http.bodies import Body, CategoryCode, Code, Text
from dispatch.http.projects_shapes import PersonRef


class PledgeBody(Body):
    """A pledge (报诺): what, and until which day."""

    category: CategoryCode
    text: Text
    due: date


class PledgeQuery(BaseModel):
    """Which published pledges are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grid: Code | None = None
    branch: Code | None = None
    state: Literal["accepted", "parked", "resolved", "closed"] | None = None
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None


class PledgeAnswer(Answer):
    """A pledge that is published (亮诺); whose it is, is for those who are logged in."""

    id: str
    number: str
    text: str | None
    category: str
    category_label: Label | None
    grid: GridRef
    branch: BranchRef | None
    state: State
    stage: Label
    pledged_at: datetime
    published_at: datetime | None
    due_at: datetime | None
    overdue: bool
    grade: Grade | None
    grade_label: Label | None
    by: PersonRef | None


class Pledges(Answer):
    """A page of published pledges, newest first; ``next`` is the cursor of the following page."""

    items: list[PledgeAnswer]
    next: str | None
