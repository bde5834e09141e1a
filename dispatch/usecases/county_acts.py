"""What was decided about the county, for those who answer for it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import outermost
from dispatch.domain.county_acts import Act
from dispatch.domain.ledger import microseconds
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Role
from dispatch.domain.world import World
from dispatch.storage import county_ledger
from dispatch.usecases.acting import grid_named
from dispatch.usecases.references import grid_ref, label
from dispatch.usecases.service import Service

READERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
"""The roles in which the county's ledger is read."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of acts, newest first, and the cursor of the next page or None."""

    items: list[dict[str, Any]]
    next: str | None


async def listing(service: Service, actor: Actor, grid: str | None, cursor: str | None, most: int) -> Listed:
    """Return the acts that hold for ``grid`` (a code), for something below it or for what lies above it.

    Without a grid, those that hold for what the reader answers for.

    Raises:
        NotYours: the reader is no supervisor or administrator, or not for that grid.
        Invalid: there is no such grid, or no such page.
    """
    world = service.world
    tree = world.tree
    own = [grant.grid_id for grant in actor.grants if grant.role in READERS]
    if not own:
        raise errors.NotYours
    spans = outermost(tree.interval(grid_id) for grid_id in own)
    if grid is not None:
        asked = grid_named(grid, tree)
        if not any(tree.within(asked, grid_id) for grid_id in own):
            raise errors.NotYours
        spans = (tree.interval(asked),)
    after = county_ledger.NEWEST if cursor is None else _after(cursor)
    found = await county_ledger.page(service.database, spans, after, most + 1)
    page = found[:most]
    following = _cursor(page[-1][0]) if len(found) > most else None
    return Listed([_view(act, actor_code, world) for act, actor_code in page], following)


def _view(act: Act, actor: str | None, world: World) -> dict[str, Any]:
    entry = act.entry
    return {
        "region": grid_ref(act.region, world)["code"],
        "number": act.number,
        "at": None if entry is None else entry.at.isoformat(),
        "subject": None if entry is None else entry.subject.value,
        "subject_label": None if entry is None else label(entry.subject),
        "actor": actor,
        "grid": None if entry is None else grid_ref(entry.grid_id, world, entry.at),
        "data": {} if entry is None else dict(entry.data),
        "hash": act.hash.hex(),
    }


def _cursor(last: Act) -> str | None:
    return None if last.entry is None else f"{microseconds(last.entry.at)}.{last.region}.{last.number}"


def _after(cursor: str) -> tuple[datetime, int, int]:
    try:
        micros, region, number = map(int, cursor.split("."))
        at = datetime.fromtimestamp(micros // 10**6, UTC).replace(microsecond=micros % 10**6)
    except (ValueError, OverflowError, OSError) as error:
        raise _no_page() from error
    if not (0 <= region < 2**31 and 0 <= number < 2**31):
        raise _no_page()
    return at, region, number


def _no_page() -> errors.Invalid:
    return errors.Invalid(errors.fault("cursor", "分页标记无效，请从第一页重新开始", "no such page: begin anew"))
