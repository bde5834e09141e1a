"""The tree of grids changes: a list of operations is kept as a version, and applied whole when its day has come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from dispatch.domain import errors
from dispatch.domain.access import scopes
from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.county_faults import Fault, fault
from dispatch.domain.order import Actor
from dispatch.domain.tree_file import SHEET, refusal
from dispatch.domain.vocabulary import Role
from dispatch.storage import county_ledger, tree_texts
from dispatch.storage import tree as versions
from dispatch.usecases.calendars import administered, today
from dispatch.usecases.county_acts import READERS
from dispatch.usecases.service import Service
from dispatch.usecases.tree_plan import ENDING, Plan, judged
from dispatch.usecases.tree_views import version_view
from grid_model.changes import Operation
from grid_model.reshaping import reshaped
from grid_model.tree import Tree

log = structlog.get_logger()

BEYOND = 2**31 - 1
"""Before the newest version: a page always follows a number."""


REASON_MOST = 2_000
"""The longest reason, in characters."""


AHEAD_MOST = timedelta(days=2 * 366)
"""How long a list waits for its day at most (ours): nobody knows the tree of later years."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: the operations, from which day they hold, why, and the request's key with its body, as digests.

    ``by`` says through what it was asked for where that was not the service's own door.
    """

    operations: tuple[Operation, ...]
    on_day: date | None
    reason: str
    request_key: bytes | None = None
    by: str | None = None


async def ask(service: Service, actor: Actor, asked: Asked, now: datetime) -> dict[str, Any]:
    """Change the tree, at once or when its day has come; a day that has passed already counts as today.

    What happened before keeps the path it had, also where the list holds from an earlier day by law: until now
    everybody has worked by the tree as it was. The same key and body give the same version, however often.

    Raises:
        NotYours: the actor is no administrator of all that is touched.
        Invalid: with every fault of the list; nothing was changed.
        KeyReused: the key came with another list before.
        TreeBusy: somebody else changes the tree, or imports, right now.
    """
    must_administer(actor)
    if len(asked.reason) > REASON_MOST:
        zh, en = f"最多 {REASON_MOST} 个字", f"at most {REASON_MOST} characters"
        raise errors.Invalid(errors.fault("reason", zh, en))
    if asked.on_day is not None and asked.on_day > today(now) + AHEAD_MOST:
        raise errors.Invalid(errors.fault("on", "最远为两年后的今天", "at most two years ahead"))
    async with service.database.transaction() as connection:
        # at the door nobody waits with a connection in hand for an import of a whole county to end
        if not await versions.lock(connection, wait=asked.by is not None):
            raise errors.TreeBusy
        before = None if asked.request_key is None else await versions.by_request(connection, asked.request_key)
        if before is not None:
            if before["request_key"] != asked.request_key or before["actor_id"] != actor.person_id:
                raise errors.KeyReused
            return version_view(await versions.find(connection, before["number"]), service.world)
        plan = await sound(connection, asked.operations, actor)
        day = asked.on_day or today(now)
        number = await versions.add(connection, _version(asked, plan, actor, day, now))
        if day <= today(now):
            await _apply(connection, number, plan, now)
        data = _on_record(number, day, asked, applied=day <= today(now))
        await county_ledger.record(connection, Entry(now, actor.person_id, Subject.TREE, plan.scope, data))
        row = await versions.find(connection, number)
    if row["applied_at"] is not None:
        await service.reload()  # whoever asks this process next already has the new tree
    return version_view(row, service.world)


def must_administer(actor: Actor) -> None:
    """Refuse whoever administers nothing.

    Raises:
        NotYours: they are no administrator.
    """
    if not any(grant.role is Role.ADMINISTRATOR for grant in actor.grants):
        raise errors.NotYours


async def sound(connection: Any, operations: Sequence[Operation], actor: Actor) -> Plan:
    """Return what the operations come to, if they are without faults and the actor's to do.

    Raises:
        NotYours: the actor is no administrator of all that is touched.
        Invalid: with every fault.
    """
    plan, found = await judged(connection, operations)
    if plan is None:
        raise refusal(found)
    administered(actor, plan.before, plan.scope)
    return plan


def _version(asked: Asked, plan: Plan, actor: Actor, day: date, now: datetime) -> versions.Version:
    if actor.person_id is None:
        raise errors.NotYours
    codes = {grid.code: grid.id for grid in plan.before.grids()}
    return versions.Version(
        plan.scope, day, now, actor.person_id, asked.reason, asked.operations, asked.request_key, codes
    )


def _on_record(number: int, day: date, asked: Asked, *, applied: bool) -> dict[str, Any]:
    operations = [tree_texts.told(one) for one in asked.operations]
    data: dict[str, Any] = {"version": number, "on": day.isoformat(), "reason": asked.reason}
    data |= {"did": "applied" if applied else "asked", "operations": operations}
    return data if asked.by is None else {**data, "by": asked.by}


async def _apply(connection: Any, number: int, plan: Plan, now: datetime) -> None:
    """Write a plan: grids, outlines, branches, roles and households; the orders follow by a work list."""
    fresh = [grid.id for grid in plan.changed.grids if grid.id < 0]
    outlines = await versions.outlines(connection, _outlined(plan))
    was = plan.past()
    kept = plan.wider()
    plan = plan.named(await versions.ids(connection, len(fresh)))
    fates = plan.changed.fates
    known = {grid.id: grid for grid in plan.before.grids()}
    await versions.write_grids(connection, known, plan.changed.grids)
    await versions.write_outlines(connection, reshaped(plan.changed, outlines, frozenset(known)))
    closed = [fate for fate in fates.values() if fate.closed]
    leaving = versions.Leaving(
        {fate.grid_id: fate.first for fate in closed if fate.grid_id not in kept},
        {fate.grid_id: fate.heir for fate in closed},
        sorted(kept),
        [one.id for one in plan.branches if one.grid_id in kept],
        sorted(ENDING),
        today(now),
    )
    await versions.move_people(connection, plan.moved, leaving)
    await versions.add_pasts(connection, was, plan.before, number, now)
    await versions.applied(connection, number, now, fates)
    await versions.ask(connection, number, plan.carried, (one.branch_id for one in plan.moved))
    await versions.announce(connection)


def _outlined(plan: Plan) -> set[int]:
    fates = plan.changed.fates.values()
    return {one for fate in fates for one in (fate.grid_id, *fate.successors) if one >= 0}


async def apply_due(service: Service, now: datetime) -> int:
    """Apply every version whose day has come, each by itself; return how many came into being.

    One that the tree has outgrown meanwhile, or whose asker administers it no more, is refused as a whole, on record,
    and its faults are kept with it; one that only an emergency stands against waits on. What fails holds up no other.
    """
    done = 0
    for number in await versions.due(service.database, today(now)):
        try:
            done += await _due(service, number, now)
        except Exception:
            log.exception("tree_version_failed", number=number)
    if done:
        await service.reload()
    return done


async def _due(service: Service, number: int, now: datetime) -> bool:
    """Apply one version whose day has come, or refuse it; tell whether it came into being."""
    async with service.database.transaction() as connection:
        await versions.lock(connection)
        row = await versions.claim(connection, number)
        if row is None:  # another process was first
            return False
        operations = tree_texts.operations(row["operations"])
        plan, found = await judged(connection, operations, tree_texts.meant(row["operations"]))
        if plan is not None:
            asker = await versions.standing(connection, row["actor_id"], today(now))
            try:
                administered(asker, plan.before, plan.scope)
            except errors.NotYours:
                plan, found = None, [fault(SHEET, 0, "asker_gone")]
        elif all(one.reason_key == "in_emergency" for one in found):
            log.warning("tree_version_waits", number=number)
            return False
        data: dict[str, Any] = {"version": number, "on": row["on_day"].isoformat(), "reason": row["reason"]}
        if plan is None:
            await versions.refused(connection, number, now, [_fault(one) for one in found])
            data |= {"did": "refused", "faults": [[one.row, one.reason_key, one.en] for one in found]}
            log.error("tree_version_refused", number=number, faults=len(found))
        else:
            await _apply(connection, number, plan, now)
            data |= {"did": "applied"}
        scope = row["grid_id"] if plan is None else plan.scope
        await county_ledger.record(connection, Entry(now, None, Subject.TREE, scope, data))
    return plan is not None


async def cancel(
    service: Service, actor: Actor, number: int, now: datetime, *, by: str | None = None
) -> dict[str, Any]:
    """Take back a version that waits for its day, and return it; one that was taken back before stays so.

    Raises:
        NotYours: the actor is no administrator of all that it touches.
        VersionNotFound: there is no such version.
        VersionOver: it was applied or refused.
        TreeBusy: somebody else changes the tree right now.
    """
    must_administer(actor)
    async with service.database.transaction() as connection:
        if not await versions.lock(connection, wait=by is not None):
            raise errors.TreeBusy
        row = await versions.find(connection, number)
        if row is None:
            raise errors.VersionNotFound
        administered(actor, Tree(await versions.grids(connection)), row["grid_id"])
        if actor.person_id is None:
            raise errors.NotYours
        if row["cancelled_by"] is None:
            if row["applied_at"] is not None or row["refused_at"] is not None:
                raise errors.VersionOver
            await versions.cancelled(connection, number, now, actor.person_id)
            data = {"version": number, "did": "cancelled", **({} if by is None else {"by": by})}
            await county_ledger.record(connection, Entry(now, actor.person_id, Subject.TREE, row["grid_id"], data))
            row = await versions.find(connection, number)
    return version_view(row, service.world)


def _fault(one: Fault) -> dict[str, str]:
    return errors.fault(f"operations.{one.row}", one.zh, one.en)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of versions, newest first, and the number below which the next one begins, or None."""

    items: list[dict[str, Any]]
    next: int | None


async def listing(service: Service, actor: Actor, below: int | None, most: int) -> Listed:
    """Return the versions of the tree that lie where the reader supervises or administers, newest first.

    Raises:
        NotYours: the reader is no supervisor or administrator.
    """
    reading = tuple(grant for grant in actor.grants if grant.role in READERS)
    if not reading:
        raise errors.NotYours
    spans = scopes(replace(actor, grants=reading), service.world.tree)
    found = await versions.page(service.database, BEYOND if below is None else below, most + 1, spans)
    page = found[:most]
    following = page[-1]["number"] if len(found) > most else None
    return Listed([version_view(row, service.world) for row in page], following)
