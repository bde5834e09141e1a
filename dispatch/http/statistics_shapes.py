"""What is asked of the figures of a time, and what is answered; and the outlines of grids."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.domain.rates import RateKind
from dispatch.domain.vocabulary import Clock, Grade
from dispatch.http.answers import Answer, GridRef, Label
from dispatch.http.bodies import Code

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Figures are of days between these, as the months of the working calendar are."""

FigureDay = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]


class StatisticsQuery(BaseModel):
    """Below which grid, from which day to which, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grid: Code | None = None
    first: FigureDay | None = Field(default=None, alias="from")
    last: FigureDay | None = Field(default=None, alias="to")
    lang: Literal["zh", "en"] | None = None


class RateAnswer(Answer):
    """One of the three rates: null where too few stand behind it, and always how many do."""

    rate: RateKind
    rate_label: Label
    percent: float | None
    among: int
    excluded: int


class MilestoneAnswer(Answer):
    """What became of one promise of 13710."""

    milestone: Clock
    milestone_label: Label
    kept: int
    missed: int
    open: int
    not_owed: int


class DayFigures(Answer):
    """How many requests were filed and how many ended on one day."""

    day: date
    filed: int
    ended: int


class CategoryFigures(Answer):
    """How many requests of one category were filed, are open still, and were late in anything."""

    category: str
    category_label: Label | None
    filed: int
    open: int
    missed: int


class LoadBand(Answer):
    """Branches that hold about as many orders: how many branches, and what they hold together; never which."""

    least: int
    most: int | None
    branches: int
    open: int
    overdue: int


class Statistics(Answer):
    """What became of the requests that were filed in a time, below a grid."""

    at: datetime
    grid: GridRef
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    filed: int
    open: int
    missed: int
    ended: int
    rates: list[RateAnswer]
    grades: dict[Grade, int]
    milestones: list[MilestoneAnswer]
    days: list[DayFigures]
    categories: list[CategoryFigures]
    load: list[LoadBand]


class OutlineNames(Answer):
    """Whose outline it is."""

    code: str
    name: str


class Outline(Answer):
    """The outline of one grid, as a GeoJSON feature."""

    type: Literal["Feature"]
    properties: OutlineNames
    geometry: dict[str, Any]


class Outlines(Answer):
    """The outlines of grids, as a GeoJSON feature collection in the degrees in which they were imported."""

    type: Literal["FeatureCollection"]
    features: list[Outline]
