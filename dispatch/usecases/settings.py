"""Members' own settings: how much, what for and when they serve, and their leaves (DOMAIN §1)."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.availability import hours_of
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import SYSTEM, Actor, Command, Order
from dispatch.domain.serving import ServiceHours, Serving, Span
from dispatch.domain.vocabulary import Action, State
from dispatch.domain.world import World
from dispatch.storage import member_settings, orders, people
from dispatch.storage.database import RejectedError, answering
from dispatch.storage.member_settings import Away, Change, DueLeave, Leave
from dispatch.storage.orders import Saved
from dispatch.usecases.references import number_of
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BREATH

log = structlog.get_logger()

BECAUSE = "leave"
"""Why an order is given back, or its secretary asked, as it stands in the data of the event."""

LONGEST = timedelta(days=366)
"""No leave is longer, nor begins later than this (ours)."""

MOST_LEAVES = 20
"""Nobody has more leaves before them than these (ours)."""

BATCH = 200
"""How many offers are given back in one transaction; those of a request are all it does, the rest is the job's."""

KNOWING = timedelta(minutes=1)
"""Whoever offers by hand to somebody who is on leave so long already knows that they are."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a leave did at once: the numbers of the orders given back, and of those whose secretary was asked."""

    returned: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


async def show(service: Service, actor: Actor) -> dict[str, Any]:
    """Return what holds for whoever is logged in, and the hours in which they are asked."""
    person_id = _person(actor)
    found = await member_settings.find(service.database, person_id)
    serving = Serving(
        person_id, "", "", frozenset(), found.capacity, 0, actor.grants, service_hours=found.service_hours
    )
    return {
        "capacity": found.capacity,
        "skills": list(found.skills),
        "service_hours": _hours_view(found.service_hours),
        "hours_in_force": _hours_view(hours_of(serving)),
        "quiet_hours": None if found.quiet is None else _span_view(found.quiet),
    }


async def change(service: Service, actor: Actor, wanted: Change, now: datetime) -> dict[str, Any]:
    """Set anew what is given, and return what holds then.

    Raises:
        Invalid: a skill is no category or class of one.
    """
    known = service.world.categories
    classes = {code[:2] for code in known}
    unknown = [skill for skill in wanted.skills or () if skill not in known and skill not in classes]
    if unknown:
        named = "、".join(unknown)
        raise errors.Invalid(
            errors.fault("skills", f"没有这些事项类别：{named}", f"there are no such categories: {', '.join(unknown)}")
        )
    await member_settings.save(service.database, _person(actor), wanted, now)
    return await show(service, actor)


async def leaves(service: Service, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return the leaves that are not over, the first one first."""
    today = _today(service, now)
    return [_leave_view(one, today) for one in await member_settings.leaves(service.database, _person(actor), today)]


async def take_leave(service: Service, actor: Actor, first: date, last: date, now: datetime) -> dict[str, Any]:
    """Put a leave on record; one that begins today or began before applies at once. The same one twice is one.

    Of very many offers only the first ``BATCH`` are given back before this returns, the others by ``apply_leaves``.

    Raises:
        Invalid: it is over, ends before it begins, is too long or too far off, or overlaps another.
    """
    person_id, today = _person(actor), _today(service, now)
    _check(first, last, today)
    async with service.database.transaction() as connection:
        await member_settings.lock_person(connection, person_id)
        known = await member_settings.leaves(connection, person_id, today)
        same = next((one for one in known if (one.first_day, one.last_day) == (first, last)), None)
        if same is not None:
            return {**_leave_view(same, today), "returned": [], "asked": []}
        if len(known) >= MOST_LEAVES:
            raise errors.Invalid(
                errors.fault("from", f"最多登记 {MOST_LEAVES} 段请假", f"at most {MOST_LEAVES} leaves can be on record")
            )
        if any(one.first_day <= last and first <= one.last_day for one in known):
            raise errors.Invalid(
                errors.fault(
                    "from",
                    "与已登记的请假重叠，请先取消原来的",
                    "it overlaps another leave of yours: end that one first",
                )
            )
        leave = await member_settings.add_leave(connection, person_id, first, last, now)
        done = Applied()
        if first <= today:
            done = await _apply(connection, person_id, actor, last, now, service.world)
            await member_settings.applied(connection, leave.id, now)
    return {**_leave_view(leave, today), "returned": list(done.returned), "asked": list(done.asked)}


async def end_leave(service: Service, actor: Actor, leave_id: int, now: datetime) -> None:
    """End a leave: from today on they are asked again; what was given back stays given back.

    Raises:
        LeaveNotFound: they have no such leave before them.
    """
    if not await member_settings.end_leave(service.database, _person(actor), leave_id, _today(service, now)):
        raise errors.LeaveNotFound


async def apply_leaves(service: Service, now: datetime) -> int:
    """Act on every leave that has begun and was not applied yet; return how many there were.

    Each in a transaction of its own that also says so, hence once, however many do this and whenever one is killed.
    One that fails holds up no other, and is tried again the next time. Then whatever is still offered to somebody on
    leave is given back in batches: what exceeded the first one, and what was offered by somebody who did not know.

    Raises:
        Unavailable: the database was out of reach, for some of them at least; all others were acted on.
    """
    today, done = _today(service, now), 0
    passed_over: list[int] = []
    away: errors.Unavailable | None = None
    while True:
        leave: DueLeave | None = None
        try:
            async with service.database.transaction() as connection:
                leave = await member_settings.claim_leave(connection, today, passed_over)
                if leave is None:
                    break
                if leave.last_day >= today:
                    actor = await _member(connection, leave, today)
                    await _apply(connection, leave.person_id, actor, leave.last_day, now, service.world)
                await member_settings.applied(connection, leave.id, now)
            done += 1
        except Exception as wrong:
            if leave is None:
                raise
            away = _failed(leave, wrong) or away
            passed_over.append(leave.id)
    for kept in await member_settings.away(service.database, today, KNOWING):
        try:
            await _rest(service, kept, today, now)
        except Exception as wrong:  # noqa: BLE001 - it is told of, and holds up no other
            away = _failed(kept, wrong) or away
    if away is not None:
        raise away
    return done


def _failed(leave: DueLeave | Away, wrong: Exception) -> errors.Unavailable | None:
    """Tell of a leave that failed; a database out of reach is to be raised once all the others had their turn."""
    if isinstance(wrong, errors.Unavailable):
        log.warning("leave_not_applied", leave=leave.id)
        return wrong
    log.error("leave_not_applied", leave=leave.id, exc_info=wrong)
    return None


async def _rest(service: Service, leave: Away, today: date, now: datetime) -> None:
    """Give back what is still offered to somebody on leave, a transaction a batch."""
    after = (-1, -1)
    found: list[Order] | None = None
    while found is None or len(found) == BATCH:
        async with service.database.transaction() as connection:
            found = await member_settings.left(connection, leave.id, today, KNOWING, after, BATCH)
            if found:
                actor = await _member(connection, leave, today)
                decided = await _decided(found, _returned, actor, now, service.world)
                await _saved(connection, decided)
                after = found[-1].region, found[-1].id


async def _member(connection: Any, leave: DueLeave | Away, today: date) -> Actor:
    member = (await people.members(connection, [leave.code], today)).get(leave.code)
    return Actor(leave.person_id, () if member is None else member.grants)


async def _apply(connection: Any, person_id: int, actor: Actor, until: date, now: datetime, world: World) -> Applied:
    """Give back what waits for somebody who is on leave, and have the secretary asked about what they handle.

    The orders are locked first, so that none of them changes meanwhile; they stay so until whoever asked is answered,
    hence only the first batch is given back here. One that can't be given back holds up none of the others.
    """
    found = await member_settings.waiting_for(connection, person_id, BATCH)
    handled = [order for order in found if order.state is not State.OFFERED]
    offered = [order for order in found if order.state is State.OFFERED]

    def note() -> Command:
        data = {"because": BECAUSE, "until": until.isoformat(), "internal": True}
        return Command(Action.NOTE, data=data, salt=secrets.token_bytes(16))

    decided = await _decided(handled, note, SYSTEM, now, world) + await _decided(offered, _returned, actor, now, world)
    saved = await _saved(connection, decided)
    returned, asked = (
        tuple(number_of(order, world) for order in part if (order.region, order.id) in saved)
        for part in (offered, handled)
    )
    return Applied(returned, asked)


def _returned() -> Command:
    return Command(Action.DECLINE, data={"because": BECAUSE}, salt=secrets.token_bytes(16))


async def _decided(
    found: Sequence[Order], command: Callable[[], Command], actor: Actor, now: datetime, world: World
) -> list[Saved]:
    """Decide about every order; one that refuses is left as it is."""
    decided = list[Saved]()
    for count, order in enumerate(found, 1):
        if count % BREATH == 0:
            await asyncio.sleep(0)
        try:
            outcome = act(order, command(), actor, now, world)
        except errors.Refusal as refused:
            _kept(order, refused)
            continue
        decided.append(Saved(outcome, order.version, now, leaves_at(order, now, world)))
    return decided


async def _saved(connection: Any, decided: Sequence[Saved]) -> set[tuple[int, int]]:
    """Save all of it in one statement, or where a row is refused each order by itself; return the keys saved."""
    if not decided:
        return set()
    try:
        with answering():
            async with connection.transaction():  # a savepoint: a row that is refused takes nothing else with it
                return _all(await orders.save(connection, decided), decided)
    except RejectedError as refused:
        if len(decided) == 1:
            _kept(decided[0].outcome.order, refused)
            return set()
    return set[tuple[int, int]]().union(*[await _saved(connection, [one]) for one in decided])


def _all(saved: set[tuple[int, int]], decided: Sequence[Saved]) -> set[tuple[int, int]]:
    if len(saved) != len(decided):
        raise RejectedError("LostOrder")
    return saved


def _kept(order: Order, refused: Exception) -> None:
    log.warning("order_kept_over_leave", region=order.region, order=order.id, reason=str(refused))


def _check(first: date, last: date, today: date) -> None:
    faults = []
    if last < first:
        faults.append(errors.fault("to", "结束日期不能早于开始日期", "it can't end before it begins"))
    elif last < today:
        faults.append(errors.fault("to", "这段请假已经过去", "this leave is over already"))
    if first > today + LONGEST:
        faults.append(errors.fault("from", "开始日期须在一年之内", "it must begin within a year"))
    if last - first > LONGEST:
        faults.append(errors.fault("to", "一段请假最长一年", "a leave is a year at most"))
    if faults:
        raise errors.Invalid(*faults)


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise errors.Unauthenticated
    return actor.person_id


def _today(service: Service, now: datetime) -> date:
    return service.world.calendar.local(now).date()


def _leave_view(leave: Leave, today: date) -> dict[str, Any]:
    return {
        "id": leave.id,
        "from": leave.first_day.isoformat(),
        "to": leave.last_day.isoformat(),
        "running": leave.first_day <= today <= leave.last_day,
    }


def _hours_view(hours: ServiceHours | None) -> dict[str, Any] | None:
    if hours is None:
        return None
    return {
        "working_days": [_span_view(span) for span in hours.working_days],
        "days_off": [_span_view(span) for span in hours.days_off],
    }


def _span_view(span: Span) -> dict[str, str]:
    return {"from": f"{span[0]:%H:%M}", "to": f"{span[1]:%H:%M}"}
