"""Those who serve: what a choice among them rests on, and the hours they have set themselves (DOMAIN §1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import pairwise

from dispatch.domain.order import Grant

Span = tuple[time, time]
"""From when until when on one day; an end at 00:00 is the midnight that ends the day."""


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """When somebody serves in the course of a week: the spans of working days, and those of days off.

    Raises:
        ValueError: spans overlap, or end before they begin.
    """

    working_days: tuple[Span, ...]
    days_off: tuple[Span, ...]

    def __post_init__(self) -> None:
        for spans in (self.working_days, self.days_off):
            if not in_order(spans):
                raise ValueError(f"the hours of a day must follow each other, and {spans} do not")

    def cover(self, at: time, *, working_day: bool) -> bool:
        """Tell whether somebody serves at that time of a working day, or of a day off."""
        spans = self.working_days if working_day else self.days_off
        return any(begin <= at and (at < end or end == time.min) for begin, end in spans)


def in_order(spans: tuple[Span, ...]) -> bool:
    """Tell whether the spans of a day follow each other; they may touch."""
    minutes = [(_minute(begin), _minute(end) or _DAY) for begin, end in spans]
    return all(begin < end for begin, end in minutes) and all(
        before[1] <= after[0] for before, after in pairwise(minutes)
    )


def within(at: time, span: Span) -> bool:
    """Tell whether a time of day lies in a span, which may run over midnight; two equal times hold nothing."""
    begin, end = span
    return begin <= at < end if begin <= end else at >= begin or at < end


def _minute(at: time) -> float:
    return at.hour * 60 + at.minute + at.second / 60


_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Serving:
    """Somebody an order could be offered to, with what the choice rests on.

    Attributes:
        skills: codes of categories or of their classes.
        load: how many orders they have now, against their own ``capacity``.
        leaves: first and last day of each leave, both included.
        service_hours: when they serve; None where they have set nothing.
        quiet: when they do not want to be disturbed, as a rule over midnight; None where they have set nothing.
        served_at: when they were last asked by name or took an order; None for never.
        declines: how often they said no in the last 30 days, by the class of the matter; those of a leave left out.
    """

    person_id: int
    code: str
    name: str
    skills: frozenset[str]
    capacity: int
    load: int
    grants: tuple[Grant, ...]
    leaves: tuple[tuple[date, date], ...] = ()
    service_hours: ServiceHours | None = None
    quiet: Span | None = None
    served_at: datetime | None = None
    declines: Mapping[str, int] = field(default_factory=dict)
