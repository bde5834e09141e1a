"""平急转换: an emergency is declared, extended and ended by a supervisor, on the county's ledger."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import outermost
from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.emergency import stage
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Role
from dispatch.domain.world import World
from dispatch.storage import county_ledger, emergencies, retimings
from dispatch.storage.emergencies import Declared, Kept
from dispatch.usecases import declaring
from dispatch.usecases.acting import grid_named
from dispatch.usecases.declaring import Wanted
from dispatch.usecases.references import grid_ref, label
from dispatch.usecases.service import Service

BEGUN, ENDED = "emergency_began", "emergency_ended"
"""Why open deadlines are reckoned anew when an emergency begins and when it is over."""

LATE = timedelta(minutes=5)
"""A beginning that lies no further back is taken as now: somebody typed meanwhile."""

_TOLD_ALL = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SECRETARY})
"""The roles of those who are told why there is an emergency, and who serves through it."""


async def declare(
    service: Service, actor: Actor, wanted: Wanted, now: datetime, *, by: str | None = None
) -> dict[str, Any]:
    """Declare an emergency and return it; one that begins now has begun when this returns.

    ``by`` says, here and below, through what it was asked for where that was not the service's own door.

    Raises:
        NotYours: the actor is no supervisor at or above the grid.
        Invalid: with every fault of what is wanted.
        EmergencyOverlaps: there is one in a nested subtree at the same time. A request sent twice ends here.
    """
    world = service.world
    grid_id = grid_named(wanted.grid, world.tree)
    person = _supervising(actor, grid_id, world)
    starts_at = now if wanted.starts_at is None or now - LATE <= wanted.starts_at <= now else wanted.starts_at
    faults = [
        *declaring.times(starts_at, wanted.ends_at, now),
        *declaring.words(wanted),
        *declaring.places(wanted, grid_id, world),
    ]
    if starts_at < now:
        faults.append(errors.fault("starts_at", "不能早于现在", "can't lie in the past"))
    if faults:
        raise errors.Invalid(*faults)
    async with service.database.transaction() as connection:
        await emergencies.lock(connection)
        await _clear(connection, grid_id, starts_at, wanted.ends_at, world, None)
        people = await emergencies.people(connection, _codes(wanted))
        unknown = sorted(set(_codes(wanted)) - set(people))
        if unknown:
            raise errors.Invalid(*(_nobody(code) for code in unknown))
        region = world.tree.region(grid_id).id
        new = Declared(region, grid_id, starts_at, wanted.ends_at, wanted.reason, now, person)
        made = await emergencies.add(connection, new)
        branches = await _branches(connection, made, wanted, world)
        members = [(people[one.person], Role.MEMBER, branches[one.branch]) for one in wanted.members]
        members += [
            (people[one.secretary], Role.SECRETARY, branches[one.name])
            for one in wanted.branches
            if one.secretary is not None
        ]
        await emergencies.add_members(connection, made, members)
        data = {
            "what": "declared",
            "emergency": made,
            "starts_at": starts_at,
            "ends_at": wanted.ends_at,
            "reason": wanted.reason,
            "branches": [{"name": one.name, "grid": one.grid, "secretary": one.secretary} for one in wanted.branches],
            "members": [{"person": one.person, "branch": one.branch} for one in wanted.members],
        }
        await county_ledger.record(connection, Entry(now, person, Subject.EMERGENCY, grid_id, _through(data, by)))
        if starts_at <= now:
            await begun(connection, made, now, world)
    await service.reload()
    return await show(service, made, now)


async def extend(
    service: Service, actor: Actor, emergency: int, ends_at: datetime, now: datetime, *, by: str | None = None
) -> dict[str, Any]:
    """Let an emergency last longer, and return it.

    Raises:
        EmergencyNotFound, NotYours, EmergencyOver, EmergencyOverlaps, Invalid: as their names say.
    """
    world = service.world
    async with service.database.transaction() as connection:
        await emergencies.lock(connection)
        kept, person = await _own(connection, emergency, actor, now, world)
        faults = declaring.times(kept.starts_at, ends_at, now)
        if ends_at <= kept.ends_at:
            faults.append(errors.fault("ends_at", "要晚于原定的结束时间", "must be later than the end it has"))
        if faults:
            raise errors.Invalid(*faults)
        await _clear(connection, kept.grid_id, kept.starts_at, ends_at, world, emergency)
        await emergencies.end_at(connection, emergency, ends_at, None)
        data = {"what": "extended", "emergency": emergency, "ends_at": ends_at, "ends_at_before": kept.ends_at}
        entry = Entry(now, person, Subject.EMERGENCY, kept.grid_id, _through(data, by))
        await county_ledger.record(connection, entry)
    await service.reload()
    return await show(service, emergency, now)


async def end(
    service: Service, actor: Actor, emergency: int, now: datetime, *, by: str | None = None
) -> dict[str, Any]:
    """End an emergency before its time, or call off one that has not begun, and return it.

    Branches and roles are as they were when this returns; the orders follow within seconds, by the scheduler.

    Raises:
        EmergencyNotFound, NotYours, EmergencyOver: as their names say.
    """
    world = service.world
    async with service.database.transaction() as connection:
        kept, person = await _own(connection, emergency, actor, now, world)
        await emergencies.end_at(connection, emergency, now, person)
        data = {"what": "ended", "emergency": emergency, "ends_at": now, "ends_at_before": kept.ends_at}
        entry = Entry(now, person, Subject.EMERGENCY, kept.grid_id, _through(data, by))
        await county_ledger.record(connection, entry)
        await restored(connection, emergency, now)
    await service.reload()
    return await show(service, emergency, now)


async def begun(connection: Any, emergency: int, now: datetime, world: World) -> bool:
    """Begin an emergency, inside a transaction; False where another was first or its time has not come."""
    today = now.astimezone(world.calendar.zone).date()
    grid_id = await emergencies.begin(connection, emergency, now, today)
    if grid_id is None:
        return False
    await retimings.ask(connection, grid_id, BEGUN, now)
    data = {"what": "begun", "emergency": emergency}
    await county_ledger.record(connection, Entry(now, None, Subject.EMERGENCY, grid_id, data))
    return True


async def restored(connection: Any, emergency: int, now: datetime) -> bool:
    """Take back what was made for an emergency, inside a transaction; False where another was first."""
    over = await emergencies.restore(connection, emergency, now)
    if over is None:
        return False
    if over.begun or over.held:  # its rules hold by time alone, whether anybody saw to its beginning or not
        await retimings.ask(connection, over.grid_id, ENDED, now)
    data = {"what": "restored" if over.begun else "lapsed", "emergency": emergency}
    await county_ledger.record(connection, Entry(now, None, Subject.EMERGENCY, over.grid_id, data))
    return True


async def listing(service: Service, actor: Actor, now: datetime, *, running: bool, most: int) -> list[dict[str, Any]]:
    """Return the emergencies that concern what the reader answers for, newest first; ``running``: none that is over.

    Who serves through it, and why there is one, is told to secretaries, supervisors and administrators; everybody else
    is told whether they serve through it themselves.

    Raises:
        NotYours: the reader has no role in this county.
    """
    if not actor.grants:
        raise errors.NotYours
    tree = service.world.tree
    spans = outermost(tree.interval(grant.grid_id) for grant in actor.grants)
    found = await emergencies.listed(service.database, spans, now if running else None, most)
    return [_view(row, now, service.world, actor) for row in found]


async def show(service: Service, emergency: int, now: datetime) -> dict[str, Any]:
    """Return one emergency with everything about it, whoever asks."""
    world = service.world
    (found,) = await emergencies.listed(service.database, [(0, len(world.tree))], None, 1, emergency)
    return _view(found, now, world)


def _supervising(actor: Actor, grid_id: int, world: World) -> int:
    """Return who acts, if as a supervisor at or above the grid."""
    for grant in actor.grants:
        if grant.role is Role.SUPERVISOR and world.tree.within(grid_id, grant.grid_id) and actor.person_id is not None:
            return actor.person_id
    raise errors.NotYours


async def _own(connection: Any, emergency: int, actor: Actor, now: datetime, world: World) -> tuple[Kept, int]:
    kept = await emergencies.find(connection, emergency)
    if kept is None:
        raise errors.EmergencyNotFound
    by = _supervising(actor, kept.grid_id, world)
    if kept.restored_at is not None or kept.ends_at <= now:
        raise errors.EmergencyOver(at=_local(kept.ends_at, world))
    return kept, by


async def _clear(
    connection: Any, grid_id: int, starts_at: datetime, ends_at: datetime, world: World, besides: int | None
) -> None:
    clash = await emergencies.clash(connection, world.tree.interval(grid_id), starts_at, ends_at, besides)
    if clash is not None:
        raise errors.EmergencyOverlaps(
            id=clash.id,
            grid=clash.grid,
            starts_at=_local(clash.starts_at, world),
            ends_at=_local(clash.ends_at, world),
        )


def _through(data: dict[str, Any], by: str | None) -> dict[str, Any]:
    return data if by is None else {**data, "by": by}


def _codes(wanted: Wanted) -> list[str]:
    secretaries = [one.secretary for one in wanted.branches if one.secretary is not None]
    return [*(one.person for one in wanted.members), *secretaries]


def _nobody(code: str) -> dict[str, str]:
    return errors.fault("members", f"没有编码为 {code} 的在用人员", f"nobody who may serve has the code {code}")


async def _branches(connection: Any, emergency: int, wanted: Wanted, world: World) -> dict[str, int]:
    """Make the temporary branches, and return the ids of all that members go to, by how they are named there."""
    # of two branches on a grid the lower code is the nearer, and a temporary one is there to take the matters
    named = {f"0E{emergency}-{at:02}": one for at, one in enumerate(wanted.branches, 1)}
    rows = [(code, one.name, grid_named(one.grid, world.tree)) for code, one in named.items()]
    made = await emergencies.add_branches(connection, emergency, rows) if rows else {}
    found = {named[code].name: branch for code, branch in made.items()}
    others = {one.branch for one in wanted.members} - set(found)
    return found | {code: world.branches.by_code(code).id for code in others}


def _view(row: dict[str, Any], now: datetime, world: World, reader: Actor | None = None) -> dict[str, Any]:
    told_all = reader is None or _told_all(reader, row["grid_id"], world)
    how_far = stage(row["starts_at"], row["ends_at"], now)
    made: Sequence[tuple[str, str, int]] = list(
        zip(row["branch_codes"], row["branch_names"], row["branch_grids"], strict=True)
    )
    return {
        "id": row["id"],
        "grid": grid_ref(row["grid_id"], world),
        "stage": how_far.value,
        "stage_label": label(how_far),
        "starts_at": row["starts_at"].isoformat(),
        "ends_at": row["ends_at"].isoformat(),
        "reason": row["reason"] if told_all else None,
        "declared_at": row["declared_at"].isoformat(),
        "declared_by": row["declared_by"],
        "ended_by": row["ended_by"],
        "begun_at": None if row["begun_at"] is None else row["begun_at"].isoformat(),
        "restored_at": None if row["restored_at"] is None else row["restored_at"].isoformat(),
        "branches": [{"id": code, "name": name, "grid": grid_ref(grid_id, world)} for code, name, grid_id in made],
        "members": [
            {"person": person, "role": role, "role_label": label(Role(role)), "branch": branch}
            for person, role, branch, ident in row["members"]
            if told_all or (reader is not None and ident == str(reader.person_id))
        ],
    }


def _told_all(reader: Actor, grid_id: int, world: World) -> bool:
    within = world.tree.within
    return any(
        grant.role in _TOLD_ALL and (within(grid_id, grant.grid_id) or within(grant.grid_id, grid_id))
        for grant in reader.grants
    )


def _local(at: datetime, world: World) -> str:
    return at.astimezone(world.calendar.zone).isoformat(timespec="minutes")
