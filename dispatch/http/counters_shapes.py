"""What is asked of counters and boards, and what is answered."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dispatch.domain.vocabulary import State, Urgency
from dispatch.http.answers import Answer, BranchRef, GridRef, Label
from dispatch.http.bodies import Code
from dispatch.http.order_shapes import OrderAnswer
from dispatch.usecases.board import Column


class CountersQuery(BaseModel):
    """Whose counters, and by what they are told apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grid: Code | None = None
    by: Literal["grid", "branch"] = "grid"
    lang: Literal["zh", "en"] | None = None


class MarkQuery(BaseModel):
    """Which branch's board."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    branch: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    lang: Literal["zh", "en"] | None = None


class BoardQuery(MarkQuery):
    """Which branch's board, and how many orders each column shows."""

    limit: Annotated[int, Field(ge=1, le=20)] = 5


class Figures(Answer):
    """How many orders are open, and of what; ``by_level`` counts from never risen to risen four times or more."""

    open: int
    by_state: dict[State, int]
    by_urgency: dict[Urgency, int]
    by_level: list[int]
    overdue: int
    listed: int
    filed_today: int | None
    ended_today: int | None


class PartFigures(Figures):
    """The figures of one grid with all below it, or of what one branch holds."""

    grid: GridRef | None
    branch: BranchRef | None


class CountersAnswer(Figures):
    """The figures of a subtree, and of its parts."""

    at: datetime
    day: date
    grid: GridRef
    items: list[PartFigures]


class BoardColumn(Answer):
    """One column of a board: how many orders stand in it, and the most pressing of them."""

    column: Column
    label: Label
    count: int
    items: list[OrderAnswer]


class MarkAnswer(Answer):
    """What a branch's board stands at: another mark whenever what stands on it has changed."""

    branch: BranchRef
    mark: str


class BoardAnswer(Answer):
    """A branch's board."""

    branch: BranchRef
    grid: GridRef
    at: datetime
    columns: list[BoardColumn]
