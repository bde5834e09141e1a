"""What is asked of a report, and what is answered."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.http.answers import Answer
from dispatch.http.bodies import Code
from dispatch.http.statistics_shapes import FigureDay


class ReportQuery(BaseModel):
    """Which report, from which day to which, both included, below which grid."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report: Literal["returns", "appeals", "follow_ups", "parked"]
    first: FigureDay | None = Field(default=None, alias="from")
    last: FigureDay | None = Field(default=None, alias="to")
    grid: Code | None = None
    lang: Literal["zh", "en"] | None = None


class Count(Answer):
    """How many lines have that value."""

    value: str
    count: int


class Report(Answer):
    """A report: how many of what, and its lines, newest first; ``more`` where there were too many to show."""

    report: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    counts: dict[str, list[Count]]
    items: list[dict[str, Any]]
    more: bool
