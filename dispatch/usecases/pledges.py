"""五诺: a member pledges (报诺), the branch accepts (定诺), and what is taken on is published (亮诺)."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.effects import to_unit
from dispatch.domain.filing import Filing, file_order
from dispatch.domain.kinds import stage
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import Actor
from dispatch.domain.projects import contents, due_faults
from dispatch.domain.vocabulary import SERVING, Clock, Kind, Owner, State
from dispatch.domain.world import World
from dispatch.storage import lists, orders, pledges
from dispatch.storage.orders import Added, Contents, Dossier
from dispatch.storage.pledges import Published
from dispatch.usecases import cursors
from dispatch.usecases.acting import grid_named
from dispatch.usecases.references import branch_ref, grid_ref, label, number_of, numbered
from dispatch.usecases.service import Service
from grid_model.places import Found, Located
from grid_model.routing import Branch, UnknownBranch

Key = tuple[bytes, bytes]
"""The digests of an Idempotency-Key and of the body it came with."""

PUBLISHED = (State.ACCEPTED, State.PARKED, State.RESOLVED, State.CLOSED)
"""The states of a pledge that its pledger has taken on, and everybody may read."""


@dataclass(frozen=True, slots=True)
class Pledge:
    """What a member pledges to do, and until which day."""

    category: str
    text: str
    due: date


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which published pledges are wanted; grid and branch by their codes."""

    grid: str | None = None
    branch: str | None = None
    state: State | None = None
    cursor: str | None = None
    limit: int = 20


async def pledge(service: Service, wanted: Pledge, actor: Actor, key: Key | None, now: datetime) -> Dossier:
    """File a pledge with the pledger's own branch, whose secretary accepts it or does not.

    The same key and body give the same pledge, however often.

    Raises:
        NotYours: the pledger serves nowhere.
        Invalid: category or day will not do, or no branch of theirs takes such matters.
        KeyReused: the key came with another body before.
    """
    if actor.person_id is None:
        raise errors.Unauthenticated
    if key is not None:
        before = await orders.filed_under(service.database, *key)
        if before is not None:
            return await orders.find(service.database, *before)
    world = service.world
    branch = _branch(wanted.category, actor, world)
    faults = due_faults("due", wanted.due, branch.grid_id, now, world)
    if faults:
        raise errors.Invalid(*faults)
    region = world.tree.region(branch.grid_id).id
    salt = secrets.token_bytes(16)
    filing = Filing(
        region=region,
        id=await service.serials.take(region),
        kind=Kind.PLEDGE.value,
        category=wanted.category,
        urgency=None,
        found=Found(branch.grid_id, Located.CODE, (branch.grid_id,)),
        contents=contents(wanted.text),
        filed_by=actor.person_id,
        household_id=None,
        channel=None,
        salt=salt,
        request_key=None if key is None else key[0],
        unit=branch.id,
        due=wanted.due,
    )
    outcome = file_order(filing, now, world)
    told = Contents(salt, wanted.text, "{}", None, None, None)
    filed = await service.add(Added(outcome, told, key, now, leaves_at(outcome.order, now, world)))
    return await orders.find(service.database, region, filed)


def _branch(category: str, actor: Actor, world: World) -> Branch:
    """Return the branch that takes the pledge: the pledger's own, or the one that dispatches for it."""
    serves = [one for one in actor.grants if one.role in SERVING]
    if not serves:
        raise errors.NotYours
    known = world.categories.get(category)
    if known is None or known.parent_code is None or known.owner is Owner.ELSEWHERE:
        fault = errors.fault("category", "请选择本系统的事项小类", "choose a small category of this service")
        raise errors.Invalid(fault)
    for one in serves:
        if one.branch_id is None:
            found = world.branches.nearest(one.grid_id, category, known.owner.value)
        else:
            found = world.branches.dispatching(one.branch_id)
        if found is None:
            continue
        try:
            to_unit(found.id, found.grid_id, category, world)
        except errors.Invalid:
            continue
        return found
    raise errors.Invalid(
        errors.fault(
            "category",
            "您所在的支部不承办此类事项（部门事项只能由部门承办人承诺）",
            "your branch does not take such matters (a department's are pledged by its own officers)",
        )
    )


async def published(
    service: Service, actor: Actor, wanted: Narrowed, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the pledges that are published, newest first, and the cursor of the next page or None.

    Everybody reads them; whose they are is for those who are logged in.

    Raises:
        Invalid: there is no such grid, branch, or page.
    """
    world = service.world
    within = None if wanted.grid is None else world.tree.interval(grid_named(wanted.grid, world.tree))
    branch = None if wanted.branch is None else _named(wanted.branch, world)
    states = PUBLISHED if wanted.state is None else (wanted.state,)
    key = lists.BEGINNING if wanted.cursor is None else cursors.read(wanted.cursor)
    found = await pledges.page(service.database, within, branch, states, key, wanted.limit + 1)
    page = found[: wanted.limit]
    last = page[-1].order if len(found) > wanted.limit else None
    following = None if last is None else cursors.written(last.submitted_at, last.region, last.id)
    return [_view(one, world, now, named=actor.person_id is not None) for one in page], following


def _named(code: str, world: World) -> int:
    try:
        return world.branches.by_code(code).id
    except UnknownBranch as unknown:
        fault = errors.fault("branch", "没有这个组织编码", "there is no branch of that code")
        raise errors.Invalid(fault) from unknown


def _view(one: Published, world: World, now: datetime, *, named: bool) -> dict[str, Any]:
    order = one.order
    zh, en = stage(order.kind, order.state) or (order.state.zh, order.state.en)
    category = world.categories.get(order.category)
    due = order.promises.get(Clock.RESOLVE)
    return {
        "id": number_of(order, world),
        "number": numbered(order.region, order.id, world),
        "text": one.text,
        "category": order.category,
        "category_label": None if category is None else {"zh": category.name, "en": category.name_en},
        "grid": grid_ref(order.grid_id, world),
        "branch": branch_ref(order.branch_id, world),
        "state": order.state.value,
        "stage": {"zh": zh, "en": en},
        "pledged_at": order.submitted_at.isoformat(),
        "published_at": None if one.published_at is None else one.published_at.isoformat(),
        "due_at": None if due is None else due.isoformat(),
        "overdue": order.overdue(now),
        "grade": None if order.grade is None else order.grade.value,
        "grade_label": None if order.grade is None else label(order.grade),
        "by": {"code": one.code, "name": one.name} if named and one.code is not None else None,
    }
