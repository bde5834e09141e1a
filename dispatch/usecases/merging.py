"""并单、拆单: what concerns several orders at once is saved for all of them in one transaction, or for none."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.acting import act, permitted
from dispatch.domain.errors import Refusal
from dispatch.domain.notices import leaves_at, notices
from dispatch.domain.order import Actor, Command, Event, Order, Outcome
from dispatch.domain.vocabulary import Action, Party, State
from dispatch.domain.world import World
from dispatch.storage import merging, orders
from dispatch.storage.merging import Key, Part
from dispatch.storage.orders import Dossier, Saved
from dispatch.usecases import reading, references
from dispatch.usecases.acting import stale
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BREATH

MOST_AT_ONCE = 50
"""How many orders are merged into one by one request."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for it, when, with what words; ``key`` is the digests of the Idempotency-Key and of the body.

    ``version`` is the one that whoever asks has seen, of the order that is merged or taken out.
    """

    actor: Actor
    now: datetime
    key: tuple[bytes, bytes] | None = None
    version: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def both(self) -> bytes | None:
        """The two digests as the ledger's one column holds them."""
        return None if self.key is None else b"".join(self.key)


async def merge(
    service: Service, children: Sequence[Key], lead: Key, request: Request, *, field: str = "into"
) -> list[Dossier]:
    """Merge orders into ``lead``, all of them or none, and return them as they then are, in the order given.

    A key that merged them before changes nothing. ``field`` is where the lead's number was given.

    Raises:
        OrderNotFound, NotYours, NotNow, Stale: as their names say, of the one order that was to be merged.
        Invalid: what is wrong with ``lead``, or where several were to be merged, with which of them.
        KeyReused: the key acted on one of them before, with another body.
    """
    several = len(children) > 1
    async with service.database.transaction() as connection:
        found = await merging.lock(connection, {*children, lead})
        missing = [key for key in children if key not in found]
        if missing:
            raise _about(errors.OrderNotFound(), children.index(missing[0]), several=several)
        waiting = await _unanswered(connection, [found[key] for key in children], request, service.world)
        if waiting:
            if lead not in found:
                raise no_lead(field)
            if not access.visible(found[lead], request.actor, service.world):  # before its state is told of
                raise errors.NotYours
            into, saved = await _merged(waiting, found[lead], request, service.world, children if several else ())
            await _save(connection, [*saved, into])
    return [await orders.find(service.database, *key) for key in children]


async def _merged(
    waiting: Sequence[Order], lead: Order, request: Request, world: World, named: Sequence[Key]
) -> tuple[Saved, list[Saved]]:
    """Return the lead and those merged into it, on their way into storage."""
    into, events = lead, list[Event]()
    saved = []
    for count, child in enumerate(waiting, 1):
        if count % BREATH == 0:
            await asyncio.sleep(0)
        place = named.index((child.region, child.id)) if named else 0
        try:
            _check_version(child, request, world)
            saved.append(_saved(child, _act(child, Action.MERGE, into, request, world), request, world))
        except Refusal as refused:
            raise _about(refused, place, several=bool(named)) from refused
        taken = act(into, Command(Action.ABSORB, other=child), request.actor, request.now, world)
        into = taken.order
        events.extend(taken.events)
    outcome = Outcome(into, tuple(events), notices(lead, into, events))
    return _saved(lead, outcome, request, world), saved


async def unmerge(service: Service, child: Key, request: Request) -> Dossier:
    """Take a merged order out of the one it is part of, and return it as it then is.

    Raises:
        OrderNotFound, NotYours, NotNow, Stale: as their names say; nothing has changed.
        NotMerged: it is not part of another.
        KeyReused: the key acted on it before, with another body.
    """
    for attempt in (1, 2):
        dossier = await orders.find(service.database, *child, request.both)
        order, world = dossier.order, service.world
        if dossier.answered is not None:
            _again(order, dossier.answered, request, world)
            return dossier
        _check_version(order, request, world)
        merged = order.affairs.merged
        if order.state is not State.MERGED or merged is None:
            permitted(order, Action.UNMERGE, request.actor, world)
            raise errors.NotMerged
        lead = (order.region, merged.into)
        async with service.database.transaction() as connection:
            found = await merging.lock(connection, {child, lead})
            if found[child].version == order.version:
                part, whole = found[child], found[lead]
                apart = _act(part, Action.UNMERGE, whole, request, world)
                left = act(whole, Command(Action.UNMERGE, other=part), request.actor, request.now, world)
                saved = [_saved(part, apart, request, world), _saved(whole, left, request, world)]
                await _save(connection, saved)
                return replace(dossier, order=apart.order, assignee=None)
        if attempt == 2:  # noqa: PLR2004 - the second and last
            raise stale(found[child])
    raise AssertionError


async def _unanswered(connection: Any, children: Sequence[Order], request: Request, world: World) -> list[Order]:
    """Return those on which this very request has not acted yet: all of them, or where it is sent again none."""
    if request.both is None:
        return list(children)
    before = await merging.answered(connection, [(one.region, one.id) for one in children], request.both)
    waiting = []
    for child in children:
        answered = before.get((child.region, child.id))
        if answered is None:
            waiting.append(child)
        else:
            _again(child, answered, request, world)
    return waiting


def _again(order: Order, answered: bytes, request: Request, world: World) -> None:
    """Refuse a key that acted on an order before, unless it comes with the same body from somebody who may see it."""
    if not access.visible(order, request.actor, world):
        raise errors.NotYours
    if answered != request.both:
        raise errors.KeyReused


def _check_version(order: Order, request: Request, world: World) -> None:
    if request.version in (None, order.version):
        return
    if not access.visible(order, request.actor, world):
        raise errors.NotYours
    raise stale(order)


def _act(order: Order, action: Action, other: Order, request: Request, world: World) -> Outcome:
    """Do what the resident of ``order`` is told of: with the reason, and the request on record."""
    salt = secrets.token_bytes(16)
    command = Command(action, other=other, texts=request.texts, salt=salt, request_key=request.both)
    return act(order, command, request.actor, request.now, world)


def _saved(before: Order, outcome: Outcome, request: Request, world: World) -> Saved:
    return Saved(outcome, before.version, request.now, leaves_at(before, request.now, world))


async def _save(connection: Any, batch: Sequence[Saved]) -> None:
    """Save what was locked; that one of them has moved on nevertheless would be a fault of ours, and undoes it all."""
    saved = await orders.save(connection, batch)
    for one in batch:
        if (one.outcome.order.region, one.outcome.order.id) not in saved:
            raise stale(one.outcome.order)


def _about(refused: Refusal, place: int, *, several: bool) -> Refusal:
    """Return a refusal that says which of several orders it is about."""
    if not several:
        return refused
    if isinstance(refused, errors.Invalid):
        zh, en = (";".join(one[lang] for one in refused.data["faults"]) for lang in ("zh", "en"))
    else:
        zh, en = refused.text("zh"), refused.text("en")
    return errors.Invalid(errors.fault(f"orders.{place}", zh, en))


def no_lead(field: str) -> errors.Invalid:
    """Return the refusal of a number in ``field`` that is no order's to merge into."""
    return errors.Invalid(errors.fault(field, "没有这个单号，请核对要并入的工单", "no order has this number: check it"))


async def parts(service: Service, key: Key, actor: Actor) -> list[dict[str, Any]]:
    """Return the orders that were merged into one, for those who serve: what was asked for there, and noted since.

    Whoever handles or dispatches the one reads the words of all of them, since the answer is for all; others who see it
    read those of the orders that they see anyway. How a resident is reached is never in it.

    Raises:
        OrderNotFound, NotYours: there is no such order, or it is not the actor's to look into.
    """
    dossier = await reading.seen(service, key, actor)
    world = service.world
    if not access.sees_internal(dossier.order, actor, world):
        raise errors.NotYours
    answers = bool(access.parties(dossier.order, actor, world) & _ANSWERING)
    found = await merging.parts(service.database, *key)
    return [_part_view(one, world, told=answers or access.visible(one.order, actor, world)) for one in found]


_ANSWERING = frozenset({Party.HANDLER, Party.SECRETARY, Party.SUPERVISOR})


def _part_view(part: Part, world: World, *, told: bool) -> dict[str, Any]:
    order = part.order
    number = references.number_of(order, world)
    return {
        "id": number,
        "number": references.numbered(order.region, order.id, world),
        "state": order.state.value,
        "state_label": references.label(order.state),
        "grid": references.grid_ref(order.grid_id, world),
        "submitted_at": order.submitted_at.isoformat(),
        "text": part.text if told else None,
        "notes": [_note_view(one.at, one.party, one.text) for one in part.said] if told else [],
    }


def _note_view(at: datetime, party: Party, text: str) -> dict[str, Any]:
    return {"at": at.isoformat(), "party": party.value, "party_label": references.label(party), "text": text}
