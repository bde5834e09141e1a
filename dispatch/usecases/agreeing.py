"""Whether the policy and the calendars are as the county's own acts tell: a row changed by hand shows here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dispatch.domain.calendars import BY_HAND, Differences
from dispatch.domain.county_acts import Act, Entry, Subject
from dispatch.storage import calendars, policy
from dispatch.usecases.policy import on_record

_ABSURD = (AttributeError, KeyError, TypeError, ValueError, OverflowError)


async def policy_agrees(connection: Any, acts: Iterable[Act]) -> bool:
    """Tell whether the policy is what the newest act about it left, or the default where there is none.

    Rows of a county that were written before such acts were do not agree; importing the policy as it is puts them on
    record.
    """
    told: Mapping[str, Any] = {}
    for entry in _of(acts, Subject.POLICY):
        after = entry.data.get("after")
        told = after if isinstance(after, dict) else told
    try:
        return on_record(await policy.find(connection), told)
    except _ABSURD:  # a row that no law of the database would have let in
        return False


async def disagreeing_calendars(connection: Any, acts: Iterable[Act]) -> list[int]:
    """Return the grids whose own days, years or hours are not what the acts about them left."""
    told = _Told()
    for entry in _of(acts, Subject.CALENDAR):
        try:
            told.add(entry)
        except _ABSURD:  # one that was tampered with is named as such
            continue
    found = _Told.of(await calendars.find(connection))
    differing = {
        *_different(told.days, found.days),
        *_different(told.years, found.years),
        *_different(told.hours, found.hours),
    }
    return sorted({key[0] for key in differing})


def _of(acts: Iterable[Act], subject: Subject) -> Iterable[Entry]:
    return (act.entry for act in acts if act.entry is not None and act.entry.subject is subject)


def _different(told: Mapping[tuple[Any, ...], Any], found: Mapping[tuple[Any, ...], Any]) -> Iterable[tuple[Any, ...]]:
    return (key for key in told.keys() | found.keys() if told.get(key) != found.get(key))


@dataclass
class _Told:
    """What grids say of their own: (grid, day, notice) -> working, (grid, year) -> True, (grid,) -> spans and quiet."""

    days: dict[tuple[Any, ...], bool] = field(default_factory=dict)
    years: dict[tuple[Any, ...], bool] = field(default_factory=dict)
    hours: dict[tuple[Any, ...], tuple[str, str | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Differences) -> "_Told":
        return cls(
            {(row.grid_id, row.day, row.notice): row.working for row in found.days},
            dict.fromkeys(found.years, True),
            {(row.grid_id,): (row.spans, row.quiet) for row in found.hours},
        )

    def add(self, entry: Entry) -> None:
        """Do to these what one act did."""
        grid_id, data = entry.grid_id, entry.data
        notice = data.get("year", BY_HAND)
        if notice != BY_HAND:
            self.years[grid_id, notice] = True
        for said in data.get("days", ()):
            key = grid_id, date.fromisoformat(said["day"]), notice
            if said["working"] is None:
                self.days.pop(key, None)
            else:
                self.days[key] = said["working"]
        if "hours" in data:
            hours = data["hours"]
            if hours is None:
                self.hours.pop((grid_id,), None)
            else:
                self.hours[(grid_id,)] = hours["spans"], hours["quiet"]
