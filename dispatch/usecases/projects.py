"""项目化: projects are opened, changed, closed and looked at; every act stands in the county's own ledger."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import scopes
from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.effects import to_unit
from dispatch.domain.order import Actor, Member
from dispatch.domain.projects import ProjectDeed, governs, in_line, leads, undone
from dispatch.domain.vocabulary import Owner
from dispatch.domain.world import World
from dispatch.storage import county_ledger, people, projects
from dispatch.storage.projects import Project, Step
from dispatch.usecases.project_views import counted_view, entry_views, project_view
from dispatch.usecases.references import numbered
from dispatch.usecases.service import Service
from grid_model.routing import Branch, UnknownBranch

BEYOND = 2**31 - 1
"""Before the newest project: a page always follows an id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A project to be opened; people, branch and category by their codes."""

    name: str
    goal: str
    branch: str
    category: str
    leader: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What is changed about a project, None for what stays; ``members`` is the whole task force."""

    leader: str | None
    members: tuple[str, ...] | None
    reason: str


async def open_(
    service: Service, actor: Actor, wanted: Wanted, key: tuple[bytes, bytes] | None, now: datetime
) -> dict[str, Any]:
    """Open a project and return it; the same key and body give the same project, however often.

    Raises:
        NotYours: the actor is neither the branch's secretary nor above it.
        Invalid: with every fault of what is wanted.
        KeyReused: the key came with another body before, or from somebody else.
    """
    if actor.person_id is None:
        raise errors.Unauthenticated
    world = service.world
    branch = _branch(wanted.branch, world)
    if not governs(actor, branch, world):
        raise errors.NotYours
    found = await _people(service, (wanted.leader, *wanted.members), now)
    faults = [
        *_category_faults(wanted.category, branch, world),
        *_people_faults("leader", (wanted.leader,), found, branch, world),
        *_people_faults("members", wanted.members, found, branch, world),
    ]
    if faults:
        raise errors.Invalid(*faults)
    leader, region = found[wanted.leader].person_id, world.tree.region(branch.grid_id).id
    request_key = None if key is None else b"".join(key)
    row = (region, branch.id, wanted.category, wanted.name, wanted.goal, leader, now, actor.person_id, request_key)
    async with service.database.transaction() as connection:
        made = await projects.add(connection, row)
        if made is None:
            before = await projects.by_request(connection, request_key or b"")
            if before["request_key"] != request_key or before["opened_by"] != actor.person_id:
                raise errors.KeyReused
            made = int(before["id"])
        else:
            await projects.add_members(connection, made, (found[code].person_id for code in wanted.members))
            data = {**asdict(wanted), "members": sorted(wanted.members)}
            await record(connection, ProjectDeed.OPEN, made, branch, actor, now, data)
    return await show(service, actor, made, now)


async def change(service: Service, actor: Actor, project_id: int, wanted: Changed, now: datetime) -> dict[str, Any]:
    """Give a project another leader, or another task force, and return it.

    Steps that were filed stay those of the leader who filed them: they rate them, or else the branch closes them.

    Raises:
        ProjectNotFound, NotYours, ProjectClosed, Invalid: as their names say; the leader changes the task force alone.
    """
    world = service.world
    async with service.database.transaction() as connection:
        project = await locked(connection, project_id, actor, world)
        branch = world.branches.get(project.branch_id)
        own = leads(actor, project.leader.id, branch, world) and wanted.leader is None
        if not (own or governs(actor, branch, world)):
            raise errors.NotYours
        still_open(project, world)
        present = (await projects.members(connection, [project.id]))[project.id]
        before = {one.code: one.id for one in present}
        codes = tuple(before) if wanted.members is None else wanted.members
        joined, left = sorted(set(codes) - set(before)), sorted(set(before) - set(codes))
        leader = project.leader.code if wanted.leader is None else wanted.leader
        found = await _people(service, (leader, *joined), now)
        changed = () if leader == project.leader.code else (leader,)
        faults = _people_faults("leader", changed, found, branch, world)
        faults += _people_faults("members", joined, found, branch, world)
        if faults:
            raise errors.Invalid(*faults)
        if changed or joined or left:
            if changed:
                await projects.set_leader(connection, project.id, found[leader].person_id)
            await projects.add_members(connection, project.id, (found[code].person_id for code in joined))
            await projects.drop_members(connection, project.id, (before[code] for code in left))
            data: dict[str, Any] = {
                "leader": leader,
                "leader_before": project.leader.code,
                "joined": joined,
                "left": left,
            }
            data |= {"reason": wanted.reason}
            await record(connection, ProjectDeed.CHANGE, project.id, branch, actor, now, data)
    return await show(service, actor, project_id, now)


async def close(service: Service, actor: Actor, project_id: int, reason: str, now: datetime) -> dict[str, Any]:
    """Close a project and return it; one that is closed already stays so.

    Raises:
        ProjectNotFound, NotYours: as their names say.
        NoSteps, StepsOpen: it has no step, or some are not done.
    """
    world = service.world
    async with service.database.transaction() as connection:
        project = await locked(connection, project_id, actor, world)
        branch = world.branches.get(project.branch_id)
        if actor.person_id is None or not (
            leads(actor, project.leader.id, branch, world) or governs(actor, branch, world)
        ):
            raise errors.NotYours
        if project.closed_at is None:
            planned = await projects.steps(connection, project_id)
            left = [step for step in planned if undone(step.order)]
            if not planned:
                raise errors.NoSteps
            if left:
                raise _steps_open(left, world)
            await projects.close(connection, project_id, now, actor.person_id)
            await record(connection, ProjectDeed.CLOSE, project.id, branch, actor, now, {"reason": reason})
    return await show(service, actor, project_id, now)


def _steps_open(left: Sequence[Step], world: World) -> errors.StepsOpen:
    """Name the steps that are not done."""
    numbers = [(step.place, numbered(step.order.region, step.order.id, world), step.order.state) for step in left]
    return errors.StepsOpen(
        steps_zh="、".join(f"第 {place} 步（{number}，{state.zh}）" for place, number, state in numbers),
        steps_en=", ".join(f"step {place} ({number}, {state.en})" for place, number, state in numbers),
    )


async def locked(connection: Any, project_id: int, actor: Actor, world: World) -> Project:
    """Return a project that nobody else changes until the transaction ends.

    Raises:
        ProjectNotFound: there is none that the actor may see.
    """
    await projects.lock(connection, project_id)
    return await seen(connection, project_id, actor, world)


async def seen(connection: Any, project_id: int, actor: Actor, world: World) -> Project:
    """Return a project, or raise ProjectNotFound where there is none that the actor may see."""
    project = await projects.find(connection, project_id)
    if project is None or actor.person_id is None:
        raise errors.ProjectNotFound
    if project.leader.id == actor.person_id or in_line(actor.grants, world.branches.get(project.branch_id), world):
        return project
    force = (await projects.members(connection, [project_id]))[project_id]
    if all(one.id != actor.person_id for one in force):
        raise errors.ProjectNotFound
    return project


def still_open(project: Project, world: World) -> None:
    """Refuse a project that was closed."""
    if project.closed_at is not None:
        raise errors.ProjectClosed(at=f"{world.calendar.local(project.closed_at):%Y-%m-%d %H:%M}")


async def record(
    connection: Any, deed: ProjectDeed, project_id: int, branch: Branch, actor: Actor, now: datetime, data: Any
) -> None:
    """Write down what was done to a project; best the last statement of a transaction."""
    told = {"what": deed.value, "project": project_id, **data}
    await county_ledger.record(connection, Entry(now, actor.person_id, Subject.PROJECT, branch.grid_id, told))


async def show(service: Service, actor: Actor, project_id: int, now: datetime) -> dict[str, Any]:
    """Return a project with its steps.

    Raises:
        ProjectNotFound: there is none that the reader may see.
    """
    project = await seen(service.database, project_id, actor, service.world)
    force = (await projects.members(service.database, [project_id]))[project_id]
    steps = await projects.steps(service.database, project_id)
    return project_view(project, force, steps, actor, now, service.world)


async def listing(
    service: Service, actor: Actor, below: int | None, most: int, now: datetime, *, closed: bool | None
) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of the projects that ``actor`` may see, newest first, and the id below which the next one begins.

    They see those they lead or work in, and those of branches above, at or below a grid where they have a role.
    """
    if actor.person_id is None:
        raise errors.Unauthenticated
    world = service.world
    spans = scopes(actor, world.tree)
    after = BEYOND if below is None else below
    found = await projects.page(service.database, spans, actor.person_id, after, most + 1, now, closed=closed)
    page = found[:most]
    following = page[-1][0].id if len(found) > most else None
    return [counted_view(project, counted, world) for project, counted in page], following


async def ledger(service: Service, actor: Actor, project_id: int) -> list[dict[str, Any]]:
    """Return everything that happened in a project, oldest first: its own acts and the events of its steps.

    Raises:
        ProjectNotFound: there is none that the reader may see.
    """
    project = await seen(service.database, project_id, actor, service.world)
    steps = await projects.steps(service.database, project_id)
    acts = await projects.acts(service.database, project.region, project_id)
    events = await projects.step_events(service.database, project_id)
    return entry_views(acts, events, steps, actor, service.world)


def _branch(code: str, world: World) -> Branch:
    try:
        return world.branches.by_code(code)
    except UnknownBranch as unknown:
        fault = errors.fault("branch", "没有这个组织编码", "there is no branch of that code")
        raise errors.Invalid(fault) from unknown


def _category_faults(code: str, branch: Branch, world: World) -> list[dict[str, str]]:
    category = world.categories.get(code)
    if category is None or category.parent_code is None or category.owner is Owner.ELSEWHERE:
        return [
            errors.fault("category", "请选择本系统的事项小类", "choose one of the small categories of this service")
        ]
    try:
        to_unit(branch.id, branch.grid_id, code, world)
    except errors.Invalid as wrong:
        return [{**one, "field": "branch"} for one in wrong.data["faults"]]
    return []


async def _people(service: Service, codes: Sequence[str], now: datetime) -> dict[str, Member]:
    today = service.world.calendar.local(now).date()
    return await people.members(service.database, list(dict.fromkeys(codes)), today)


def _people_faults(
    field: str, codes: Sequence[str], found: dict[str, Member], branch: Branch, world: World
) -> list[dict[str, str]]:
    """Say of whom nobody knows, or who has no role in the branch's line."""
    return [
        errors.fault(
            field,
            f"{code} 不是本组织及其上下级的在岗人员",
            f"{code} is nobody who serves at this branch, above or below it",
        )
        for code in codes
        if code not in found or not in_line(found[code].grants, branch, world)
    ]
