"""The steps of a project: filed by its leader, one or many, from a body or from a sheet; all of them or none."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain import errors, project_sheet
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import Actor, Order
from dispatch.domain.projects import MOST_STEPS, Made, ProjectDeed, Setting, Step, filed, judged, leads, text_of
from dispatch.domain.world import World
from dispatch.storage import orders, people, projects
from dispatch.storage.orders import Added, Contents
from dispatch.storage.projects import Planned, Project
from dispatch.usecases.projects import locked, record, seen, show, still_open
from dispatch.usecases.references import number_of
from dispatch.usecases.service import Service

Key = tuple[bytes, bytes]
"""The digests of an Idempotency-Key and of the body it came with."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet held: its rows, the heading first, and whether it is only to be looked through."""

    rows: Iterable[tuple[int, Sequence[str]]]
    dry_run: bool = False


async def add(
    service: Service,
    actor: Actor,
    project_id: int,
    steps: Sequence[Step],
    key: Key | None,
    now: datetime,
    *,
    by: str | None = None,
) -> dict[str, Any]:
    """File steps and return the project; the same key and body file them once, however often.

    ``by`` says, here and below, through what it was asked for where that was not the service's own door.

    Raises:
        ProjectNotFound, ProjectClosed, TooManySteps: as their names say.
        NotYours: the actor is not the project's leader.
        Invalid: with every fault of every step; none was filed.
        KeyReused: the key came with another body before.
    """
    await _file(service, actor, project_id, steps, key, now, by=by)
    return await show(service, actor, project_id, now)


async def from_sheet(
    service: Service, actor: Actor, project_id: int, sheet: Sheet, key: Key | None, now: datetime, *, by: str | None
) -> dict[str, Any]:
    """File the steps of a sheet, all or none; or only say whether it could be done.

    Raises:
        Invalid: with every fault of every row, each under its number.
        ProjectNotFound, ProjectClosed, TooManySteps, NotYours, KeyReused: as in ``add``.
    """
    steps, wrong = project_sheet.read(sheet.rows)
    faults = [errors.fault(f"rows.{one.row}", one.zh, one.en) for one in wrong]
    await _file(service, actor, project_id, steps, key, now, faults=faults, dry_run=sheet.dry_run, by=by)
    project = await show(service, actor, project_id, now)
    return {"dry_run": sheet.dry_run, "rows": len(steps), "project": project}


async def _file(
    service: Service,
    actor: Actor,
    project_id: int,
    steps: Sequence[Step],
    key: Key | None,
    now: datetime,
    *,
    faults: Sequence[dict[str, str]] = (),
    dry_run: bool = False,
    by: str | None = None,
) -> None:
    world = service.world
    serials = [] if dry_run or faults else await _serials(service, actor, project_id, len(steps))
    async with service.database.transaction() as connection:
        project = await locked(connection, project_id, actor, world)
        if not leads(actor, project.leader.id, world.branches.get(project.branch_id), world):
            raise errors.NotYours
        keys = [_key(key, number) for number in range(len(steps))]
        if keys and keys[0] is not None and await orders.filed_under(connection, *keys[0]) is not None:
            return  # the key has filed them before
        still_open(project, world)
        setting = await _setting(service, connection, project, now)
        first = 1 + await projects.places(connection, project_id)
        if first - 1 + len(steps) > MOST_STEPS:
            raise errors.TooManySteps(most=MOST_STEPS)
        wrong = [*faults, *judged(list(steps), setting, now, world)]
        if wrong:
            raise errors.Invalid(*sorted(wrong, key=_row))
        if dry_run or not steps:
            return
        plan = zip(steps, keys, serials, strict=True)
        added = [_added(step, setting, serial, own, now, world) for step, own, serial in plan]
        for done in await orders.add(connection, added):
            if isinstance(done, Exception):
                raise done
        planned = [
            _planned(place, step, one.outcome.order, setting)
            for place, (step, one) in enumerate(zip(steps, added, strict=True), first)
        ]
        await projects.add_steps(connection, project_id, planned)
        told = [
            {"place": one.place, "order": number_of(one.order, world), "who": step.who, "due": step.due}
            for one, step in zip(planned, steps, strict=True)
        ]
        data = {"steps": told, **({} if by is None else {"by": by})}
        await record(connection, ProjectDeed.STEPS, project_id, setting.branch, actor, now, data)


def _planned(place: int, step: Step, order: Order, setting: Setting) -> Planned:
    who = setting.people[step.who].person_id
    return Planned(place, order, step.what, who, step.how, step.due, step.standard)


def _row(fault: dict[str, str]) -> tuple[int, str]:
    """Where a fault stands: by its row, what concerns all of them first."""
    number = next((part for part in fault["field"].split(".") if part.isdigit()), "0")
    return int(number), fault["field"]


def _key(key: Key | None, number: int) -> Key | None:
    """The key of one of several steps that one request files."""
    return None if key is None else (hashlib.sha256(key[0] + number.to_bytes(4)).digest(), key[1])


async def _setting(service: Service, connection: Any, project: Project, now: datetime) -> Setting:
    force = (await projects.members(connection, [project.id]))[project.id]
    codes = [project.leader.code, *(one.code for one in force)]
    found = await people.members(connection, codes, service.world.calendar.local(now).date())
    branch = service.world.branches.get(project.branch_id)
    return Setting(project.name, branch, project.category, project.region, project.leader.id, found)


async def _serials(service: Service, actor: Actor, project_id: int, count: int) -> list[int]:
    """Take the numbers of new orders before the transaction, which must not wait for a second connection."""
    project = await seen(service.database, project_id, actor, service.world)
    if actor.person_id != project.leader.id:
        raise errors.NotYours
    if count > MOST_STEPS:
        raise errors.TooManySteps(most=MOST_STEPS)
    return [await service.serials.take(project.region) for _ in range(count)]


def _added(step: Step, setting: Setting, serial: int, key: Key | None, now: datetime, world: World) -> Added:
    salt = secrets.token_bytes(16)
    outcome = filed(step, setting, now, world, Made(serial, salt, None if key is None else key[0]))
    contents = Contents(salt, text_of(step, setting), "{}", None, None, None)
    return Added(outcome, contents, key, now, leaves_at(outcome.order, now, world))
