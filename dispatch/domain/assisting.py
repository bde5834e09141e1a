"""吹哨: units are called to co-handle an order, each with its own deadline and answer; one unit leads (DOMAIN §5)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import speaks_for, waivable
from dispatch.domain.affairs import Affairs, Assist
from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.holding import branch_above
from dispatch.domain.order import Order
from dispatch.domain.timing import GIVEN, Basis, Running, given, named, rise, tier_of
from dispatch.domain.vocabulary import Action, Clock, Matter, State
from dispatch.domain.world import World
from grid_model.durations import Duration
from grid_model.routing import DESKS, UnknownBranch

MOST_ASSISTS = 20
"""How many calls one order bears; more is a meeting, not a co-handling."""

LONGEST = timedelta(days=60)
"""How long a co-handler may be given at most (ours): a month for what is complex, and as much again."""


def whistle(deed: Deed) -> Effect:
    """Call a unit to co-handle; it answers by its own deadline, and whoever leads keeps the order."""
    order, command, world = deed.order, deed.command, deed.world
    unit = command.unit
    if unit is None or deed.actor.person_id is None:
        raise errors.Invalid(errors.fault("unit", "请选择会办单位", "choose the unit that is called"))
    try:
        branch = world.branches.get(unit)
    except UnknownBranch as unknown:
        raise errors.Invalid(errors.fault("unit", "没有这个单位", "there is no such unit")) from unknown
    within, region = world.tree.within, order.region
    here = within(branch.grid_id, region) or within(region, branch.grid_id)
    if not branch.active or not here or unit == order.branch_id:
        raise errors.Invalid(
            errors.fault(
                "unit",
                "请选择本县内主办以外的、仍在用的单位",
                "choose an active unit of this county other than the one that leads",
            )
        )
    if any(one.branch == unit for one in order.affairs.open_assists()):
        raise errors.Invalid(
            errors.fault("unit", "已请该单位会办，正等它答复", "that unit was called and has yet to answer")
        )
    if not may_whistle(order):
        raise errors.Invalid(errors.fault("unit", "会办单位已达上限", "no more units can be called"))
    length = command.amount or world.length(Clock.ASSIST, tier_of(order), deed.now)
    due = given(deed.now, length, order.grid_id, world).due
    if due > deed.now + LONGEST:
        raise errors.Invalid(errors.fault("due", "会办时限最长 60 天", "a co-handler is given sixty days at most"))
    one = Assist(
        number=len(order.affairs.assists) + 1,
        branch=unit,
        required=command.required,
        by=deed.actor.person_id,
        at=deed.now,
        length=str(length),
        due=due,
        told=unit,
        next_at=due,
    )
    affairs = replace(order.affairs, assists=(*order.affairs.assists, one))
    words = {"assist": one.number, "unit": unit, "required": one.required, "until": due.isoformat(), "tell": [unit]}
    return Effect({"affairs": affairs}, words, assist_clock(affairs))


def may_whistle(order: Order) -> bool:
    """Tell whether another unit can be called."""
    return len(order.affairs.assists) < MOST_ASSISTS


def assist_clock(affairs: Affairs) -> Mapping[Clock, Running | None]:
    """Return the clock of the co-handler who is reminded next, stopped where none is waited for."""
    one = affairs.next_assist()
    if one is None:
        return {Clock.ASSIST: None}
    if one.late:  # it is reminded again, counted from when the answer was due
        return {Clock.ASSIST: named(one.next_at, one.due)}
    return {Clock.ASSIST: Running(one.next_at, Basis(one.at, GIVEN, Duration.parse(one.length)))}


def answer(deed: Deed) -> Effect:
    """Answer as a co-handler; whoever speaks for several units answers for the first, or for the number given."""
    order, number = deed.order, deed.command.assist
    waiting = [one for one in order.affairs.open_assists() if number in (None, one.number)]
    mine = [one for one in waiting if speaks_for(deed.actor, one.branch)]
    if not mine:
        raise errors.Invalid(errors.fault("assist", "没有等您答复的会办", "no answer of yours is waited for"))
    one = mine[0]
    answered = replace(one, answered_at=deed.now, answered_by=deed.actor.person_id)
    words = {"assist": one.number, "unit": one.branch, "late": deed.now > one.due}
    return _without(deed, answered, words)


def waive(deed: Deed) -> Effect:
    """Do without an answer, on the superior's word; no unit does without its own."""
    order, number = deed.order, deed.command.assist
    if not order.affairs.open_assists():
        raise not_now(order, Action.WAIVE)
    mine = [one for one in order.affairs.open_assists() if one.number == number]
    if not mine or deed.actor.person_id is None:
        raise errors.Invalid(errors.fault("assist", "没有这个等待答复的会办", "no answer of that number is waited for"))
    if mine[0] not in waivable(order, deed.actor):
        raise errors.NotYours
    waived = replace(mine[0], waived_by=deed.actor.person_id)
    words = {"assist": waived.number, "unit": waived.branch, "tell": [waived.branch]}
    return _without(deed, waived, words)


def late(deed: Deed) -> Effect:
    """Tell a co-handler who is late, then level by level those above it; the order itself stays where it is."""
    order, world = deed.order, deed.world
    one = order.affairs.next_assist()
    if one is None:
        return Effect(clocks={Clock.ASSIST: None})
    above = branch_above(one.told, order.category, world) if one.late else one.told
    told = one.told if above is None else above
    tier = tier_of(order)
    if above is None:  # at the top: once each working day
        again = given(deed.now, world.length(Clock.REMIND, tier, deed.now), order.grid_id, world)
    else:
        again = rise(tier, max(deed.command.due_at or deed.now, one.next_at), world)
    changed = replace(one, late=True, told=told, next_at=again.due)
    words = {"assist": one.number, "unit": one.branch, "because": "assist", "tell": sorted({one.branch, told})}
    words |= {"root": True} if above is None else {}
    affairs = _with(order.affairs, changed)
    return Effect({"affairs": affairs}, words, assist_clock(affairs))


def _with(affairs: Affairs, changed: Assist) -> Affairs:
    return replace(affairs, assists=tuple(changed if one.number == changed.number else one for one in affairs.assists))


def _without(deed: Deed, over: Assist, words: Mapping[str, Any]) -> Effect:
    """What it means that an answer has come, or is done without.

    Where the clocks stand still for the departments, they do so until the last of those that are left has had its time;
    that they should is no longer asked once none is left.
    """
    order, now, world = deed.order, deed.now, deed.world
    affairs = _with(order.affairs, over)
    left = waited_for(replace(order, affairs=affairs), now, world)
    clocks = dict(assist_clock(affairs))
    if affairs.holding and left:
        until = max(one.due for one in left)  # whoever was called since has not been granted any standstill
        clocks[Clock.RESUME] = named(min(order.clocks.get(Clock.RESUME, until), until), now)
    if affairs.asked_for(Matter.HOLD) and not left:
        affairs = replace(affairs, pending=None)
    return Effect({"affairs": affairs}, words, clocks)


def complete(order: Order) -> bool:
    """Tell whether every answer that is required has come."""
    return not any(one.required for one in order.affairs.open_assists())


def departments(order: Order, world: World) -> tuple[Assist, ...]:
    """Return the departments whose answer is required and waited for: only for them the clocks may stand still."""
    return tuple(
        one for one in order.affairs.open_assists() if one.required and world.branches.get(one.branch).kind in DESKS
    )


def waited_for(order: Order, now: datetime, world: World) -> tuple[Assist, ...]:
    """Return the departments that still have time to answer: whoever is late holds no clock up."""
    return tuple(one for one in departments(order, world) if one.due > now)


def voided(affairs: Affairs) -> Affairs:
    """Wait for none of the answers any more."""
    if not any(one.open or one.leads for one in affairs.assists):
        return affairs
    over = (replace(one, void=one.void or one.open, leads=False) for one in affairs.assists)
    return replace(affairs, assists=tuple(over))


def led(affairs: Affairs, unit: int) -> Affairs:
    """Wait for no answer of ``unit`` while it leads itself; one that leads no more answers as it was asked to."""
    if not any(one.leads != (one.branch == unit) for one in affairs.assists if one.open or one.leads):
        return affairs
    assists = (
        replace(one, void=one.branch == unit, leads=one.branch == unit) if one.open or one.leads else one
        for one in affairs.assists
    )
    return replace(affairs, assists=tuple(assists))


def resolve(deed: Deed) -> Effect:
    """Submit the result, unless a co-handler's answer is still required; answers nobody requires are void then.

    A merged order is given the result of the one it is part of, with whoever handled that.
    """
    order = deed.order
    if order.state is not State.MERGED and not complete(order):  # there the answer is the other order's
        units = [deed.world.branches.get(one.branch).name for one in order.affairs.open_assists() if one.required]
        raise errors.AnswersOpen(units_zh="、".join(units), units_en=", ".join(units))
    affairs = voided(order.affairs)
    if order.state is not State.MERGED:
        return Effect({"affairs": affairs})
    lead, merged = deed.command.other, affairs.merged
    if lead is None or merged is None or merged.into != lead.id:
        raise errors.NotMerged
    affairs = replace(affairs, merged=replace(merged, branch=lead.branch_id))
    return Effect({"assignee_id": lead.assignee_id, "affairs": affairs}, {"merged_into": lead.id})
