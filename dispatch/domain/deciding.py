"""What only the superior decides: extensions, complex, parking, a standstill; refusals, and what nobody decides."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.affairs import Pending
from dispatch.domain.assisting import waited_for
from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.holding import aside, branch_above, held_by, owner_of, risen, standing
from dispatch.domain.kinds import ways
from dispatch.domain.ledger import told
from dispatch.domain.offering import FROM_THE_START
from dispatch.domain.order import Order
from dispatch.domain.pausing import running
from dispatch.domain.timing import EXTENDED, Basis, Running, given, named, own, run, tier_of
from dispatch.domain.vocabulary import Action, Clock, Matter, State, Urgency
from dispatch.domain.world import World
from grid_model.durations import MOST, Duration, Unit

MOST_EXTENSIONS = 2
"""How often an order may be extended (DOMAIN §5)."""

LONGEST_PARKED = timedelta(days=365)
"""How long an order may be parked in all, from its first parking (DOMAIN §5)."""

GRANTED = {
    Matter.EXTEND: Action.EXTEND,
    Matter.COMPLEX: Action.COMPLEX,
    Matter.PARK: Action.PARK,
    Matter.HOLD: Action.HOLD,
}
"""By what action the superior grants what was asked."""

_PIECES = {Unit.MINUTE: 1, Unit.HOUR: 60, Unit.DAY: 24 * 60}
"""Natural units, in minutes."""


def decider_of(order: Order, world: World) -> int | None:
    """Return the branch that decides about ``order``: the one above whoever holds it, or at the root that one."""
    return branch_above(order.branch_id, order.category, world) or standing(order.branch_id, world)


def may_ask(order: Order) -> bool:
    """Tell whether anything can be asked of the superior: one thing at a time."""
    return order.affairs.asking() is None and order.branch_id is not None


def ask(deed: Deed) -> Effect:
    """Ask the superior for an extension, for more time as a complex matter, for parking, or for a standstill."""
    order, command, world = deed.order, deed.command, deed.world
    matter, decider = command.matter, decider_of(order, world)
    if (waiting := order.affairs.asking()) is not None:
        raise errors.AlreadyAsked(matter_zh=waiting.matter.zh, matter_en=waiting.matter.en)
    if matter not in GRANTED or decider is None or order.branch_id is None or deed.actor.person_id is None:
        raise errors.Invalid(errors.fault("matter", "请写明申请什么", "say what is asked for"))
    pending = Pending(matter, decider, deed.actor.person_id, order.branch_id, deed.now)
    if matter is Matter.EXTEND:
        pending = replace(pending, amount=str(_extension(deed)))
    elif matter is Matter.PARK:
        pending = replace(pending, until=_parked_until(deed))
    elif matter is Matter.HOLD:
        _may_hold(order, deed.now, world)
    elif ways(order.kind).named:
        raise errors.Invalid(
            errors.fault("matter", "已定了日期的，请申请延期", "a date was named for it: ask for an extension")
        )
    elif order.urgency is Urgency.COMPLEX:
        raise errors.Invalid(
            errors.fault("matter", "这一单已按复杂事项办理", "this order is treated as complex already")
        )
    return Effect(
        {"affairs": replace(aside(order, deed.now), pending=pending)},
        {"matter": matter.value, "tell": [decider]},
    )


def _extension(deed: Deed) -> Duration:
    """By how much the promise is to be extended: at most as long as it was, in a unit that adds up with its own."""
    order, amount = deed.order, deed.command.amount
    if order.affairs.extensions >= MOST_EXTENSIONS:
        raise errors.ExtendedBefore(most=MOST_EXTENSIONS)
    promise = order.promises.get(Clock.RESOLVE)
    if promise is None or promise <= deed.now or Clock.RESOLVE in order.held:
        raise errors.TooLateToExtend
    length = _length(order, deed.world)
    if amount is None:
        raise errors.Invalid(errors.fault("amount", "请写明延长多久，如 3d", "say by how much, such as 3d"))
    if _sum(length, amount) is None:
        raise errors.Invalid(
            errors.fault(
                "amount", f"请用与原时限（{length.label('zh')}）相同的单位", f"use the unit of {length.label('en')}"
            )
        )
    original = order.affairs.original  # what was made longer once is no measure for how much longer it may be
    most = length if original is None else Duration.parse(original)
    if _minutes(amount) > _minutes(most):
        raise errors.Invalid(
            errors.fault(
                "amount",
                f"每次最多延长 {most.label('zh')}",
                f"at most {most.label('en')} at a time",
            )
        )
    return amount


def _minutes(length: Duration) -> int:
    return length.amount * _PIECES.get(length.unit, 1)


def _sum(length: Duration, amount: Duration) -> Duration | None:
    """Return two durations as one, or None where they don't add up: working and natural time, weeks and minutes."""
    if length.unit is amount.unit and 0 < length.amount <= MOST - amount.amount:
        return Duration(length.amount + amount.amount, length.unit)
    if length.unit not in _PIECES or amount.unit not in _PIECES:
        return None
    unit = min(length.unit, amount.unit, key=lambda one: _PIECES[one])
    whole = (_minutes(length) + _minutes(amount)) // _PIECES[unit]
    return Duration(whole, unit) if whole <= MOST else None


def _parked_until(deed: Deed) -> datetime:
    """When a parked order is taken up again: on the day named, at the hour it is now."""
    on, affairs = deed.command.on, deed.order.affairs
    if on is None:
        raise errors.Invalid(errors.fault("on", "请写明复核日期", "name the day on which it is looked at again"))
    local = deed.world.calendar_at(deed.order.grid_id).local(deed.now)
    days = (on - local.date()).days
    latest = (affairs.parked_at or deed.now) + LONGEST_PARKED
    if days < 1 or deed.now + timedelta(days=days) > latest:
        until = deed.world.calendar_at(deed.order.grid_id).local(latest).date()
        raise errors.Invalid(
            errors.fault(
                "on",
                f"复核日期须在明天至 {until:%Y-%m-%d} 之间（挂账累计最多一年）",
                f"the day must lie between tomorrow and {until:%Y-%m-%d}: parked for a year in all at most",
            )
        )
    return deed.now + timedelta(days=days)


def _may_hold(order: Order, now: datetime, world: World) -> None:
    if order.paused_at is not None or not running(order, now):
        raise not_now(order, Action.HOLD)
    if not waited_for(order, now, world):
        raise errors.Invalid(
            errors.fault(
                "matter",
                "只有在等部门会办答复时才能停时；请先吹哨请部门会办",
                "the clock stands still only while a department's answer is waited for: call it first",
            )
        )


def asked(deed: Deed, matter: Matter) -> Pending:
    """Return what is waited for, or refuse where that is something else."""
    pending = deed.order.affairs.pending
    if pending is None or pending.matter is not matter:
        raise not_now(deed.order, deed.command.action)
    return pending


def extend(deed: Deed) -> Effect:
    """Grant an extension: the promise of a result is later by what was asked, and the old one stays on record."""
    order, pending = deed.order, asked(deed, Matter.EXTEND)
    amount = Duration.parse(pending.amount or "")
    length = _sum(_length(order, deed.world), amount)
    # what had moved the promise before, such as a pause, has moved its end, too
    due, since = deed.world.due(amount, order.grid_id, order.promises[Clock.RESOLVE]), _since(order)
    if length is None or since != order.promised_at:  # the policy counts in another unit by now, or it was merged
        longer = named(due, min(since, due))
    else:
        longer = Running(due, Basis(since, EXTENDED, length))
    affairs = replace(order.affairs, pending=None, extensions=order.affairs.extensions + 1)
    if length is not None:
        original = affairs.original or str(_length(order, deed.world))
        affairs = replace(affairs, lengthened=str(length), original=original)
    return _anew(deed, longer, {"affairs": affairs}, {"matter": pending.matter.value, "amount": str(amount)})


def _length(order: Order, world: World) -> Duration:
    """How long the promise of a result is by now."""
    lengthened = order.affairs.lengthened
    if lengthened is not None:
        return Duration.parse(lengthened)
    return world.length(Clock.RESOLVE, tier_of(order), order.promised_at)


def _since(order: Order) -> datetime:
    """Since when the promise of a result counts: of orders that were merged the earliest filing governs."""
    merged = (one.since for one in order.affairs.absorbed if one.since and Clock.RESOLVE in one.dues)
    return min((order.promised_at, *merged))


def complex_(deed: Deed) -> Effect:
    """Grant that a matter is complex: the plan and its date have a month from when it was filed.

    What the clock had stood still before, such as a year of parking, is not taken from that month.
    """
    order, pending, world = deed.order, asked(deed, Matter.COMPLEX), deed.world
    tier, since = replace(tier_of(order), urgency=Urgency.COMPLEX), _since(order)
    # whatever stood still since the filing counts, as it does for what was made longer
    longer = run(Basis(since, EXTENDED, world.length(Clock.RESOLVE, tier, since)), order.grid_id, world)
    promise = order.promises.get(Clock.RESOLVE)
    if promise is not None:
        stood = promise - world.due(_length(order, world), order.grid_id, since)
        longer = replace(longer, due=longer.due + max(stood, timedelta()))
    if since != order.promised_at:
        longer = named(longer.due, since)
    affairs = replace(order.affairs, pending=None, lengthened=None, original=None, simple=order.urgency)
    fields: dict[str, Any] = {"affairs": affairs, "urgency": Urgency.COMPLEX}
    words = {"matter": pending.matter.value, "urgency": Urgency.COMPLEX.value}
    if longer.due <= order.promises.get(Clock.RESOLVE, longer.due):
        return Effect(fields, words)
    return _anew(deed, longer, fields, words)


def _anew(deed: Deed, longer: Running, fields: Mapping[str, Any], words: Mapping[str, Any]) -> Effect:
    """What a later promise of a result changes; the clock runs on it, unless a later one runs."""
    order = deed.order
    promises = {**order.promises, Clock.RESOLVE: longer.due}
    data = {**words, "promises": told(promises), "promises_before": told(order.promises)}
    held, clocks = dict(order.held), dict[Clock, Running | None]()
    if Clock.RESOLVE in held:
        held[Clock.RESOLVE] = max(held[Clock.RESOLVE], longer.due)
    elif order.clocks.get(Clock.RESOLVE, deed.now) <= longer.due:  # at the root, what was missed ran no longer
        clocks[Clock.RESOLVE] = longer
    return Effect({**fields, "promises": promises, "held": held}, data, clocks, {Clock.RESOLVE: longer})


def refuse(deed: Deed) -> Effect:
    """Refuse what was asked; an order that was returned goes back to the branch, which then keeps it."""
    order, world = deed.order, deed.world
    pending = order.affairs.pending
    if pending is None or pending.matter is Matter.APPEAL:
        raise not_now(order, Action.REFUSE)
    affairs = replace(order.affairs, pending=None)
    words = {"matter": pending.matter.value, "tell": [pending.branch]}
    if pending.matter is not Matter.RETURN:
        return Effect({"affairs": affairs}, words)
    if order.state is not State.ROUTED:
        raise not_now(order, Action.REFUSE)
    back = _back(order, pending, world)
    return Effect({**held_by(order, back, world), **FROM_THE_START, "affairs": affairs}, words)


def _back(order: Order, pending: Pending, world: World) -> int | None:
    """Return the branch that a returned order goes back to, or where the tree has changed the one in its place."""
    back = standing(pending.branch, world)
    if back is not None and world.tree.within(order.grid_id, world.branches.get(back).grid_id):
        return back
    found = world.branches.nearest(order.grid_id, order.category, owner_of(order.category, world).value)
    return order.branch_id if found is None else found.id


def pass_up(deed: Deed) -> Effect:
    """Pass what nobody has decided to the next branch above; at the root it is reminded of it each working day."""
    order, world = deed.order, deed.world
    pending = order.affairs.pending
    if pending is None:
        return Effect(clocks={Clock.DECIDE: None})
    above = branch_above(pending.decider, order.category, world)
    decider = standing(pending.decider, world) if above is None else above
    decider = pending.decider if decider is None else decider
    affairs = replace(order.affairs, pending=replace(pending, decider=decider))
    due = deed.command.due_at or deed.now
    # after an outage each level that was missed is passed; the root is reminded once
    tier = tier_of(order)
    if above is None:
        again = given(deed.now, world.length(Clock.REMIND, tier, deed.now), order.grid_id, world)
    else:
        again = own(Clock.DECIDE, tier, due, world)
    fields: dict[str, Any] = {"affairs": affairs}
    if pending.matter is Matter.RETURN and above is not None:
        fields = {**risen(order, above, world), **FROM_THE_START, **fields}
    words = {"matter": pending.matter.value, "tell": [decider], **({"root": True} if above is None else {})}
    return Effect(fields, words, {Clock.DECIDE: again})
