"""People as their administrator sees them: found, given roles, given a password, let in and kept out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import masked_name, masked_phone
from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Role
from dispatch.domain.world import World
from dispatch.storage import county_ledger, people_admin
from dispatch.storage.people_admin import HeldRole, Sought
from dispatch.usecases.acting import grid_named
from dispatch.usecases.calendars import administered, today
from dispatch.usecases.references import branch_ref, grid_ref, label
from dispatch.usecases.service import Service
from dispatch.usecases.sessions import hashed
from grid_model.routing import UnknownBranch


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of people, by code, and the code after which the next one begins, or None."""

    items: list[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role to be given: where, perhaps in which branch, from which day until which."""

    role: Role
    grid: str
    branch: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(slots=True)
class _Person:
    """Somebody whose account is changed, inside the transaction; ``data`` goes on the county's ledger."""

    connection: Any
    id: int
    code: str
    active: bool
    roles: Sequence[HeldRole]
    grid_id: int
    data: dict[str, Any] | None = None


async def seek(service: Service, actor: Actor, sought: Sought, grid: str | None, now: datetime) -> Listed:
    """Return people where the actor administers, or below ``grid`` (a code); names and phones are masked.

    Who has no role at all is found by administrators of the whole county alone.

    Raises:
        NotYours: the actor is no administrator, or not of that grid.
        Invalid: there is no such grid.
    """
    world, most = service.world, sought.most
    tree = world.tree
    at = administered(actor, tree, None if grid is None else grid_named(grid, tree))
    interval = None if grid is None and at == tree.root.id else tree.interval(at)
    async with service.database.transaction(isolation="repeatable_read", readonly=True) as connection:
        day = today(now)
        found = await people_admin.sought(connection, replace(sought, interval=interval, most=most + 1), day)
        roles = await people_admin.held_roles(connection, [row["id"] for row in found[:most]])
    items = [_view(row, roles.get(row["id"], ()), world, day) for row in found[:most]]
    return Listed(items, items[-1]["code"] if len(found) > most else None)


async def show(service: Service, actor: Actor, code: str, now: datetime) -> dict[str, Any]:
    """Return one person with all their roles.

    Raises:
        NotYours: the actor is no administrator.
        PersonNotFound: there is nobody of that code where the actor administers.
    """
    listed = await seek(service, actor, Sought(code=code, most=1), None, now)
    if not listed.items:
        raise errors.PersonNotFound
    return listed.items[0]


async def give_role(service: Service, actor: Actor, code: str, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """Give somebody a role, and return them.

    Raises:
        NotYours: the actor doesn't administer that grid, or not the branch's.
        PersonNotFound: there is no such person.
        Invalid: the grid or branch does not exist, the days are reversed, or they have that role already.
    """
    world = service.world
    grid_id = administered(actor, world.tree, grid_named(wanted.grid, world.tree))
    branch_id = None if wanted.branch is None else _branch(wanted.branch, world, actor)
    if wanted.first_day is not None and wanted.last_day is not None and wanted.last_day < wanted.first_day:
        raise errors.Invalid(errors.fault("to", "截止日期早于起始日期", "the last day lies before the first"))
    async with _changing(service, actor, code, now, anywhere=True) as person:
        days = (wanted.first_day, wanted.last_day)
        if not await people_admin.give_role(person.connection, person.id, wanted.role, (grid_id, branch_id), days):
            raise errors.Invalid(errors.fault("role", "已有同样的角色", "they have that role already"))
        person.grid_id = grid_id
        person.data = {"did": "role_given", "role": wanted.role.value, "grid": wanted.grid, "branch": wanted.branch}
        person.data |= {"from": _day(wanted.first_day), "to": _day(wanted.last_day)}
    return await show(service, actor, code, now)


async def end_role(
    service: Service, actor: Actor, code: str, role_id: int | None, last_day: date | None, now: datetime
) -> dict[str, Any]:
    """Let a role end with a day, yesterday if none is named, and return the person; one that had not begun goes.

    Raises:
        NotYours: the actor doesn't administer the role's grid.
        PersonNotFound: there is no such person.
        Invalid: they have no such role, or it is the actor's own as administrator.
    """
    world = service.world
    async with _changing(service, actor, code, now, anywhere=True) as person:
        role = next((one for one in person.roles if one.id == role_id), None)
        if role is None:
            raise errors.Invalid(errors.fault("role", "没有这个角色", "there is no such role"))
        person.grid_id = administered(actor, world.tree, role.grid_id)
        if person.id == actor.person_id and role.role is Role.ADMINISTRATOR:
            text = ("不能终止自己的管理员角色", "nobody ends their own role as administrator")
            raise errors.Invalid(errors.fault("role", *text))
        day = last_day or today(now) - timedelta(days=1)
        if await people_admin.end_role(person.connection, person.id, role.id, day):
            grid = world.tree.grid(role.grid_id).code
            person.data = {"did": "role_ended", "role": role.role.value, "grid": grid, "to": day.isoformat()}
    return await _left(service, code, now)


async def set_password(service: Service, actor: Actor, code: str, password: str, now: datetime) -> dict[str, Any]:
    """Set somebody's password, log them out everywhere, and return them.

    Raises:
        NotYours: the actor doesn't administer every grid in which the person serves.
        PersonNotFound: there is no such person.
    """
    fresh = await asyncio.to_thread(hashed, password)
    async with _changing(service, actor, code, now) as person:
        await people_admin.set_password(person.connection, person.id, fresh)
        person.data = {"did": "password_set"}
    return await show(service, actor, code, now)


async def set_active(service: Service, actor: Actor, code: str, now: datetime, *, active: bool) -> dict[str, Any]:
    """Let somebody serve and log in, or end both at once; return them, and how many orders they hold.

    Raises:
        NotYours: the actor doesn't administer every grid in which the person serves.
        PersonNotFound: there is no such person.
        Invalid: somebody would keep themselves out.
    """
    async with _changing(service, actor, code, now) as person:
        if person.id == actor.person_id and not active:
            raise errors.Invalid(errors.fault("active", "不能停用自己", "nobody disables themself"))
        load = await people_admin.set_active(person.connection, person.id, active=active)
        if active != person.active:
            person.data = {"did": "enabled" if active else "disabled"}
    return {"person": await show(service, actor, code, now), "orders": load}


@asynccontextmanager
async def _changing(
    service: Service, actor: Actor, code: str, now: datetime, *, anywhere: bool = False
) -> AsyncIterator[_Person]:
    """Change somebody's account or roles inside a transaction, and put it on the county's ledger.

    An account is changed only by who administers every grid in which its person serves or will: nobody gets at somebody
    who stands above them. A role alone (``anywhere``) is a matter of the grid where it is given.
    """
    tree = service.world.tree
    if not any(grant.role is Role.ADMINISTRATOR for grant in actor.grants):
        raise errors.NotYours
    async with service.database.transaction() as connection:
        found = await people_admin.lock_person(connection, code)
        if found is None:
            raise errors.PersonNotFound
        roles = (await people_admin.held_roles(connection, [found[0]])).get(found[0], [])
        grids = {one.grid_id for one in roles if one.last_day is None or one.last_day >= today(now)}
        if not anywhere:
            for grid_id in grids or {tree.root.id}:
                administered(actor, tree, grid_id)
        at = min(grids, key=tree.position, default=tree.root.id)
        person = _Person(connection, found[0], code, found[1], roles, at)
        yield person
        if person.data is not None:
            data = {"person": code, **person.data}
            entry = Entry(now, actor.person_id, Subject.PEOPLE, person.grid_id, data)
            await county_ledger.record(connection, entry)


async def _left(service: Service, code: str, now: datetime) -> dict[str, Any]:
    """Return somebody who may have no role left where the actor administers."""
    world = service.world
    async with service.database.transaction(isolation="repeatable_read", readonly=True) as connection:
        row = (await people_admin.sought(connection, Sought(code=code, most=1), today(now)))[0]
        roles = await people_admin.held_roles(connection, [row["id"]])
    return _view(row, roles.get(row["id"], ()), world, today(now))


def _branch(code: str, world: World, actor: Actor) -> int:
    """Return the branch with that code, where the actor administers: who serves in it sees what it was called to."""
    try:
        branch = world.branches.by_code(code)
    except UnknownBranch as unknown:
        raise errors.Invalid(errors.fault("branch", "没有这个组织", "there is no such branch")) from unknown
    administered(actor, world.tree, branch.grid_id)
    if not branch.active:
        raise errors.Invalid(errors.fault("branch", "这个组织已停用", "that branch serves no more"))
    return branch.id


def _view(row: Any, roles: Sequence[HeldRole], world: World, day: date) -> dict[str, Any]:
    return {
        "code": row["code"],
        "name": masked_name(row["name"]),
        "phone": masked_phone(row["phone"]),
        "active": row["active"],
        "can_log_in": row["active"] and row["can_log_in"],
        "roles": [
            {
                "number": one.id,
                "role": one.role.value,
                "label": label(one.role),
                "grid": grid_ref(one.grid_id, world),
                "branch": branch_ref(one.branch_id, world),
                "from": _day(one.first_day),
                "to": _day(one.last_day),
                "holds": (one.first_day is None or one.first_day <= day)
                and (one.last_day is None or one.last_day >= day),
            }
            for one in roles
        ],
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
