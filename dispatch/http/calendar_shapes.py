"""What is sent about the working calendar, and what is answered."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from dispatch.domain.calendar_file import FIRST_YEAR, LAST_YEAR, MOST_DAYS, MOST_PAPERS, NAME_MOST, PAPER_MOST
from dispatch.http.answers import Answer, GridRef, Label
from dispatch.http.bodies import Body, Code, Line

DAYS_MOST = 400
"""So many days can be changed at once."""


_MONTH = re.compile(r"2[01][0-9]{2}-(0[1-9]|1[0-2])")


def _month(text: str) -> str:
    if _MONTH.fullmatch(text) is None:
        raise PydanticCustomError("month", "应为月份，如 2027-02 / must be a month such as 2027-02")
    return text


def _written(value: Any) -> date:
    """Read YYYY-MM-DD alone: pydantic would also take numbers and midnights for a date."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise PydanticCustomError("date", "应为日期，如 2027-02-05 / must be a date such as 2027-02-05")
    return day


Month = Annotated[str, StringConstraints(max_length=7), AfterValidator(_month)]
Date = Annotated[date, BeforeValidator(_written)]


class GridQuery(BaseModel):
    """Which grid's calendar is meant; the highest one the administrator answers for if none is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grid: Code | None = None
    lang: Literal["zh", "en"] | None = None


class CalendarQuery(GridQuery):
    """Which month of which grid."""

    month: Month | None = None


class DayChange(Body):
    """What is said of one day: people work, they do not, or (null) what was said before is taken back."""

    date: Date
    working: bool | None
    note: Annotated[Line, Field(max_length=NAME_MOST)] | None = None


class CalendarDays(Body):
    """Days of a grid and all below it."""

    grid: Code | None = None
    days: Annotated[list[DayChange], Field(min_length=1, max_length=DAYS_MOST)]


class HolidayDay(BaseModel):
    """One day of a published year."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: Annotated[str, StringConstraints(max_length=NAME_MOST)] = ""
    date: str
    off: Annotated[bool, Field(alias="isOffDay")]


class HolidayFile(BaseModel):
    """A published year, as the project holiday-cn writes it down; fields it does not need are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    papers: Annotated[
        list[Annotated[str, StringConstraints(max_length=PAPER_MOST)]], Field(max_length=MOST_PAPERS)
    ] = []
    days: Annotated[list[HolidayDay], Field(max_length=MOST_DAYS)]


class CalendarDay(Answer):
    """One day of a calendar, and by whom it was set here."""

    date: date
    weekday: int
    working: bool
    kind: Label
    note: str | None
    set_by: GridRef | None


class CalendarAnswer(Answer):
    """A month of a grid's working calendar."""

    grid: GridRef
    month: str
    official: bool
    spans: str
    quiet: str
    days: list[CalendarDay]


class CalendarChanged(Answer):
    """What a change came to."""

    grid: GridRef
    changed: bool
    days: list[date]
    kept: list[date]
