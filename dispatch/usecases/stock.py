"""What stands in a county, for whoever administers it: how much of everything, and whether all of it is alive."""

from datetime import datetime, timedelta
from typing import Any

from dispatch.domain.county_acts import Subject
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import BranchKind, Role, Word
from dispatch.storage import county, county_ledger
from dispatch.usecases.calendars import administered, today
from dispatch.usecases.clock import wall_now
from dispatch.usecases.policy import read_versioned
from dispatch.usecases.references import grid_ref, label
from dispatch.usecases.service import Service

LATE = timedelta(seconds=15)
"""A scheduler whose last good sweep is so long ago is taken for dead, as /readyz takes it."""


async def overview(service: Service, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what lies below the highest grid that the actor administers.

    Raises:
        NotYours: the actor is no administrator.
    """
    world = service.world
    tree = world.tree
    grid_id = administered(actor, tree, None)
    found = await county.stock(service.database, tree.interval(grid_id), today(now))
    beat = await county.last_beat(service.database, county.SCHEDULER)
    imported = await county_ledger.latest(service.database, Subject.IMPORT)
    calendar = world.calendar_at(grid_id)
    year = today(now).year
    one = {name: found[name][0][1] for name in ("households", "polygons", "people", "active", "tree_waiting")}
    return {
        "grid": grid_ref(grid_id, world),
        "whole": grid_id == tree.root.id,
        "grids": [{"level_name": name, "count": count} for name, count in found.get("grids", [])],
        "branches": _by_word(BranchKind, "kind", found.get("branches", [])),
        "roles": _by_word(Role, "role", found.get("roles", [])),
        "categories": len(world.categories),
        **one,
        "imported_at": None if imported is None else imported.isoformat(),
        "policy_version": (await read_versioned(service.database))[1],
        "years": [{"year": each, "official": calendar.official(each)} for each in (year, year + 1)],
        "scheduler": {
            "alive": beat is not None and wall_now() - beat < LATE,
            "last_tick": None if beat is None else beat.isoformat(),
        },
    }


def _by_word(words: type[Word], name: str, found: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return counts by a word, in the order of the vocabulary."""
    counts = dict(found)
    return [
        {name: word.value, f"{name}_label": label(word), "count": counts[word.value]}
        for word in words
        if word.value in counts
    ]
