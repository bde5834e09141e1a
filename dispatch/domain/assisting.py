"""吹哨: units are called to co-handle an order, each with its own deadline and answer; one unit leads (DOMAIN §5)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import SPEAKING
from dispatch.domain.affairs import Affairs, Assist
from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import branch_above
from dispatch.domain.order import Order
from dispatch.domain.timing import GIVEN, Basis, Running, given, rise, tier_of
from dispatch.domain.vocabulary import Clock, State
from dispatch.domain.world import World
from grid_model.durations import Duration
from grid_model.routing import DESKS, UnknownBranch

MOST_ASSISTS = 20
"""How many calls one order bears; more is a meeting, not a co-handling."""


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
    if len(order.affairs.assists) >= MOST_ASSISTS:
        raise errors.Invalid(errors.fault("unit", "会办单位已达上限", "no more units can be called"))
    length = command.amount or world.length(Clock.ASSIST, tier_of(order), deed.now)
    due = given(deed.now, length, order.grid_id, world).due
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


def assist_clock(affairs: Affairs) -> Mapping[Clock, Running | None]:
    """Return the clock of the co-handler who is reminded next, stopped where none is waited for."""
    one = affairs.next_assist()
    if one is None:
        return {Clock.ASSIST: None}
    return {Clock.ASSIST: Running(one.next_at, Basis(one.at, GIVEN, Duration.parse(one.length)))}


def answer(deed: Deed) -> Effect:
    """Answer as a co-handler, for every unit the actor speaks for, or for the one whose number is given."""
    order, number = deed.order, deed.command.assist
    units = {grant.branch_id for grant in deed.actor.grants if grant.role in SPEAKING}
    mine = [one for one in order.affairs.open_assists() if one.branch in units and number in (None, one.number)]
    if not mine:
        raise errors.Invalid(errors.fault("assist", "没有等您答复的会办", "no answer of yours is waited for"))
    one = mine[0]
    answered = replace(one, answered_at=deed.now, answered_by=deed.actor.person_id)
    return _changed(order, [answered], {"assist": one.number, "unit": one.branch, "late": deed.now > one.due})


def waive(deed: Deed) -> Effect:
    """Do without an answer, on the superior's word."""
    order, number = deed.order, deed.command.assist
    mine = [one for one in order.affairs.open_assists() if one.number == number]
    if not mine or deed.actor.person_id is None:
        raise errors.Invalid(errors.fault("assist", "没有这个等待答复的会办", "no answer of that number is waited for"))
    waived = replace(mine[0], waived_by=deed.actor.person_id)
    return _changed(order, [waived], {"assist": waived.number, "unit": waived.branch, "tell": [waived.branch]})


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
    return _changed(order, [changed], words)


def _changed(order: Order, changed: Iterable[Assist], words: Mapping[str, Any]) -> Effect:
    anew = {one.number: one for one in changed}
    affairs = replace(order.affairs, assists=tuple(anew.get(one.number, one) for one in order.affairs.assists))
    return Effect({"affairs": affairs}, words, assist_clock(affairs))


def complete(order: Order) -> bool:
    """Tell whether every answer that is required has come."""
    return not any(one.required for one in order.affairs.open_assists())


def departments(order: Order, world: World) -> tuple[Assist, ...]:
    """Return the departments whose answer is required and waited for: only for them the clocks may stand still."""
    return tuple(
        one for one in order.affairs.open_assists() if one.required and world.branches.get(one.branch).kind in DESKS
    )


def resolve(deed: Deed) -> Effect:
    """Submit the result, unless a co-handler's answer is still required."""
    order = deed.order
    if order.state is not State.MERGED and not complete(order):  # there the answer is the other order's
        units = [deed.world.branches.get(one.branch).name for one in order.affairs.open_assists() if one.required]
        raise errors.AnswersOpen(units_zh="、".join(units), units_en=", ".join(units))
    if order.state is State.MERGED and deed.command.other is not None:
        return Effect({"assignee_id": deed.command.other.assignee_id}, {"merged_into": deed.command.other.id})
    return Effect()
