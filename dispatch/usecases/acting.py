"""One action on one order: find, decide, save; a lost race is tried again, then refused with the present version."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.acting import act
from dispatch.domain.notices import send_at
from dispatch.domain.order import Actor, Command, Member, Order
from dispatch.domain.vocabulary import Action, Grade, Party
from dispatch.storage import orders, people
from dispatch.storage.orders import Dossier, Saved
from dispatch.usecases.service import Service
from grid_model.tree import Tree, UnknownGrid


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks to be done; ``member`` is a person's code, ``grid`` a grid's code."""

    action: Action
    version: int | None = None
    member: str | None = None
    grid: str | None = None
    category: str | None = None
    grade: Grade | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


async def perform(
    service: Service,
    key: tuple[int, int],
    asked: Asked,
    actor: Actor,
    request: tuple[bytes, bytes] | None,
    now: datetime,
) -> Dossier:
    """Do what is asked to the order with ``key`` and return it as it then is.

    ``request`` is the digests of its Idempotency-Key and of its body. A key that acted on this order before changes
    nothing and gives the order as it is.

    Raises:
        OrderNotFound, NotYours, NotNow, Stale, Invalid: as their names say; nothing has changed.
        KeyReused: the key acted on this order before, with another body.
    """
    world = service.world
    # the body's digest follows the key's, so that the ledger's one column holds both
    request_key = None if request is None else b"".join(request)
    for attempt in (1, 2):
        dossier = await orders.find(service.database, *key, request_key)
        order = dossier.order
        if dossier.answered is not None:
            if not access.visible(order, actor, world):
                raise errors.NotYours
            if dossier.answered != request_key:
                raise errors.KeyReused
            return dossier
        if asked.version is not None and asked.version != order.version:
            if not access.visible(order, actor, world):
                raise errors.NotYours
            raise stale(order)
        command = await _command(service, asked, request_key, now)  # after the key: a member may have left since
        outcome = act(order, command, actor, now, world)
        leaves = send_at(order.urgency, now, world.calendar)
        if await orders.save(service.database, [Saved(outcome, order.version, now, leaves)]):
            return replace(
                dossier,
                order=outcome.order,
                assignee=_assignee(asked, dossier, outcome.order),
                answer=asked.texts.get("answer", dossier.answer),
            )
        if attempt == 2:  # noqa: PLR2004 - the second and last
            raise stale((await orders.find(service.database, *key)).order)
    raise AssertionError


def _assignee(asked: Asked, before: Dossier, after: Order) -> str | None:
    if after.assignee_id is None or after.assignee_id == before.order.assignee_id:
        return None if after.assignee_id is None else before.assignee
    return asked.member


def stale(order: Order) -> errors.Stale:
    """Return the refusal for somebody who was not first."""
    return errors.Stale(version=order.version, state=order.state.value)


async def _command(service: Service, asked: Asked, request_key: bytes | None, now: datetime) -> Command:
    member: Member | None = None
    if asked.member is not None:
        today = now.astimezone(service.world.calendar.zone).date()
        member = await people.member(service.database, asked.member, today)
        if member is None:
            raise errors.Invalid(
                errors.fault("member", "没有这个人，请从候选人中选择", "no such person: choose a candidate")
            )
    if asked.category is not None and asked.category not in service.world.categories:
        raise errors.Invalid(errors.fault("category", "没有这个事项类别", "there is no such category"))
    return Command(
        action=asked.action,
        member=member,
        grid_id=None if asked.grid is None else grid_named(asked.grid, service.world.tree),
        category=asked.category,
        grade=asked.grade,
        data=asked.data,
        texts=asked.texts,
        salt=secrets.token_bytes(16),
        request_key=request_key,
    )


def grid_named(code: str, tree: Tree) -> int:
    """Return the id of the grid that a field ``grid`` names, or raise Invalid."""
    try:
        return tree.by_code(code).id
    except UnknownGrid as unknown:
        raise errors.Invalid(errors.fault("grid", "没有这个网格代码", "there is no grid of that code")) from unknown


def dispatches(order: Order, actor: Actor, service: Service) -> bool:
    """Tell whether ``actor`` dispatches this order, and so may see the candidates."""
    return bool(access.parties(order, actor, service.world) & {Party.SECRETARY, Party.SUPERVISOR})
