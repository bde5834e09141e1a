"""One action on one order: find, decide, save; a lost race is tried again, then refused with the present version."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.acting import act, permitted
from dispatch.domain.asking import Asking
from dispatch.domain.ladder import asked as asked_on
from dispatch.domain.ladder import ladder_of
from dispatch.domain.order import Actor, Climbed, Command, Member, Order
from dispatch.domain.photos import Photo, PhotoKind
from dispatch.domain.vocabulary import Action, AppealSubject, Grade, Matter, Party, Rung
from dispatch.domain.world import World
from dispatch.storage import people
from dispatch.storage.orders import Dossier
from dispatch.usecases import claiming, ending
from dispatch.usecases.choosing import chooser
from dispatch.usecases.service import Service
from grid_model.durations import Duration
from grid_model.routing import UnknownBranch
from grid_model.tree import Tree, UnknownGrid

ATTEMPTS = 3
"""How often an order that moved on meanwhile is looked at again: one that answers for others moves with theirs, too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks to be done; ``members`` are people's codes, ``grid`` a grid's code, ``unit`` a branch's.

    ``rung`` offers the order to whomever that rung of the ladder asks; ``by`` is the code of who asks for all this.
    """

    action: Action
    version: int | None = None
    members: tuple[str, ...] = ()
    rung: Rung | None = None
    by: str | None = None
    grid: str | None = None
    category: str | None = None
    grade: Grade | None = None
    unit: str | None = None
    matter: Matter | None = None
    amount: Duration | None = None
    on: date | None = None
    assist: int | None = None
    required: bool = True
    agrees: bool | None = None
    subject: AppealSubject | None = None
    photos: tuple[str, ...] = ()
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
    if asked.action is Action.ABSORB:  # done by merging the other one, never alone
        raise errors.NotYours
    # the body's digest follows the key's, so that the ledger's one column holds both
    request_key = None if request is None else b"".join(request)
    for _ in range(ATTEMPTS):
        dossier = await service.find((*key, request_key))
        order = dossier.order
        if dossier.answered is not None:
            return _answered(dossier, actor, request_key, world)
        if asked.version is not None and asked.version != order.version:
            if not access.visible(order, actor, world):
                raise errors.NotYours
            raise stale(order)
        waited = await _photos(service, order, asked, actor, request_key, now) if asked.photos else claiming.NONE
        if waited is None:
            break
        command = await _command(service, order, asked, actor, request_key, now)  # after the key: people come and go
        if waited:
            command = replace(command, data={**command.data, "photos": list(waited.values())})
        outcome = act(order, command, actor, now, world)
        if await ending.save(service, order, outcome, now, waited):
            return replace(
                dossier,
                order=outcome.order,
                assignee=_assignee(asked, dossier, outcome.order),
                answer=asked.texts.get("answer", dossier.answer),
                photos=(*dossier.photos, *(Photo(one, PhotoKind.RESULT) for one in waited)),
            )
    # this very request, sent twice at once, may have done it
    dossier = await service.find((*key, request_key))
    if dossier.answered is None:
        raise stale(dossier.order)
    return _answered(dossier, actor, request_key, world)


def _answered(dossier: Dossier, actor: Actor, request_key: bytes | None, world: World) -> Dossier:
    """Return the order as it is, to whoever sent the request again that has acted on it."""
    if not access.visible(dossier.order, actor, world):
        raise errors.NotYours
    if dossier.answered != request_key:
        raise errors.KeyReused
    return dossier


async def _photos(
    service: Service, order: Order, asked: Asked, actor: Actor, request_key: bytes | None, now: datetime
) -> claiming.Waiting | None:
    """Return the photos that come with it; None where this very request, sent twice at once, has them by now."""
    permitted(order, asked.action, actor, service.world)  # before anybody is told which photos there are
    try:
        return await claiming.waiting(service, asked.photos, now)
    except errors.Invalid:
        if (await service.find((order.region, order.id, request_key))).answered is None:
            raise
        return None


def _assignee(asked: Asked, before: Dossier, after: Order) -> str | None:
    if after.assignee_id is None or after.assignee_id == before.order.assignee_id:
        return None if after.assignee_id is None else before.assignee
    return asked.by if asked.action is Action.ACCEPT else asked.members[0] if len(asked.members) == 1 else None


def stale(order: Order) -> errors.Stale:
    """Return the refusal for somebody who was not first."""
    return errors.Stale(version=order.version, state=order.state.value)


async def _command(
    service: Service, order: Order, asked: Asked, actor: Actor, request_key: bytes | None, now: datetime
) -> Command:
    members: tuple[Member, ...] = ()
    climbed: Climbed | None = None
    data = dict(asked.data)
    if asked.members:
        members = await _members(service, asked.members, now)
    elif asked.rung is not None:
        permitted(order, asked.action, actor, service.world)  # before anybody is told who could be asked
        members, climbed, why = await _on_rung(service, order, asked.rung, now)
        data.update(why)
    if asked.category is not None and asked.category not in service.world.categories:
        raise errors.Invalid(errors.fault("category", "没有这个事项类别", "there is no such category"))
    return Command(
        action=asked.action,
        members=members,
        rung=climbed,
        grid_id=None if asked.grid is None else grid_named(asked.grid, service.world.tree),
        category=asked.category,
        grade=asked.grade,
        unit=None if asked.unit is None else unit_named(asked.unit, service.world),
        matter=asked.matter,
        amount=asked.amount,
        on=asked.on,
        assist=asked.assist,
        required=asked.required,
        agrees=asked.agrees,
        subject=asked.subject,
        data=data,
        texts=asked.texts,
        salt=secrets.token_bytes(16),
        request_key=request_key,
    )


async def _members(service: Service, codes: Sequence[str], now: datetime) -> tuple[Member, ...]:
    today = now.astimezone(service.world.calendar.zone).date()
    found = await people.members(service.database, codes, today)
    unknown = [code for code in codes if code not in found]
    if unknown:
        raise errors.Invalid(
            errors.fault(
                "member",
                f"没有这个人：{'、'.join(unknown)}，请从候选人中选择",
                f"no such person: {', '.join(unknown)}; choose among the candidates",
            )
        )
    return tuple(found[code] for code in codes)


async def _on_rung(
    service: Service, order: Order, rung: Rung, now: datetime
) -> tuple[tuple[Member, ...], Climbed, dict[str, Any]]:
    """Return whom a rung of the ladder asks now; from there the ladder goes on."""
    world = service.world
    ladder = ladder_of(order, now, world)
    number, asking = next(
        ((place, one) for place, one in enumerate(ladder, 1) if one.rung is rung),
        (order.rung, Asking(rung, SIZES.get(rung), None)),  # one this ladder has not: as the defaults have it
    )
    around = (order.id,) if rung is Rung.SIBLINGS else ()
    choosing = await chooser(service.database, [order], now, world, around=around)
    choice = choosing.choice(order, now, rung)
    members = asked_on(choice, asking, order)
    if not members:
        raise errors.Invalid(
            errors.fault(
                "rung",
                f"「{rung.zh}」现在没有可派的人，工单保持不变；可换一级，或点名派单",
                "nobody can be asked there now and nothing changed: choose another rung, or somebody by name",
            )
        )
    return members, Climbed(number, rung, asking.window, max(len(ladder) - number, 0)), choice.why()


SIZES = {Rung.DIRECT: 1, Rung.GROUP: 3}
"""How many a rung asks where a ladder does not say."""


def grid_named(code: str, tree: Tree) -> int:
    """Return the id of the grid that a field ``grid`` names, or raise Invalid."""
    try:
        return tree.by_code(code).id
    except UnknownGrid as unknown:
        raise errors.Invalid(errors.fault("grid", "没有这个网格代码", "there is no grid of that code")) from unknown


def unit_named(code: str, world: World) -> int:
    """Return the id of the branch or desk that a field ``unit`` names, or raise Invalid."""
    try:
        return world.branches.by_code(code).id
    except UnknownBranch as unknown:
        raise errors.Invalid(errors.fault("unit", "没有这个单位", "there is no such unit")) from unknown


def dispatches(order: Order, actor: Actor, service: Service) -> bool:
    """Tell whether ``actor`` dispatches this order, and so may see the candidates."""
    return bool(access.parties(order, actor, service.world) & {Party.SECRETARY, Party.SUPERVISOR})
