"""What each action does to an order beside moving its state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch.domain import assisting, deciding, errors, following_up, merging, parking
from dispatch.domain.access import routes
from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.holding import branch_above, held_by, owner_of, risen, standing
from dispatch.domain.kinds import answers_for, ways
from dispatch.domain.ledger import told
from dispatch.domain.offering import FROM_THE_START, accept, decline, nobody, offer, reach, released
from dispatch.domain.order import Order
from dispatch.domain.pausing import pause, resume
from dispatch.domain.returning import give_back
from dispatch.domain.rising import escalate, supervise, warn
from dispatch.domain.timing import Running, promised, rise, tier_of
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Mode, Owner, State, Urgency
from dispatch.domain.world import Tier, World
from grid_model.routing import DESKS, DISPATCHING, Route, Rule, Step, UnknownBranch, Verdict, route


def routed(found: Route) -> dict[str, Any]:
    """Return a route as it stands in the ledger: the rule and each step with its verdict."""
    return {
        "rule": str(found.rule),
        "steps": [[step.grid_id, step.branch_id, str(step.verdict)] for step in found.steps],
    }


def _route(deed: Deed) -> Effect:
    order, world = deed.order, deed.world
    grid_id = order.grid_id if deed.command.grid_id is None else deed.command.grid_id
    category = order.category if deed.command.category is None else deed.command.category
    if owner_of(category, world) is Owner.ELSEWHERE:
        raise errors.Invalid(
            errors.fault("category", "不归本系统的事项请用「转告」", "what belongs elsewhere is redirected")
        )
    merging.stays(order, category, world)
    if not routes(order, deed.actor):
        raise errors.NotYours
    within = reach(deed)
    if within is not None and not world.tree.within(grid_id, within):
        raise errors.Invalid(errors.fault("grid", "只能分派到您所辖的网格", "only grids below your own can be chosen"))
    found = route(world.tree, world.branches, grid_id, category, owner_of(category, world).value)
    if deed.command.unit not in (None, found.branch_id):
        found = to_unit(deed.command.unit, grid_id, category, world, within)
    if found.branch_id is None:
        raise errors.Invalid(
            errors.fault("grid", "该网格及其上级没有能承办此类事项的单位", "no unit at or above it takes such matters")
        )
    has_it = order.assignee_id if order.state in (State.ACCEPTED, State.PARKED) else None
    fields = {"grid_id": grid_id, "category": category, "assignee_id": has_it, **FROM_THE_START}
    fields.update(held_by(order, found.branch_id, world))
    raised = _raised(deed, Tier(order.urgency, category, grid_id))
    moved = {"grid": grid_id, "category": category}
    return Effect(
        {**fields, **raised.fields}, {**routed(found), **moved, **raised.data}, raised.clocks, raised.promises
    )


def to_unit(unit: int, grid_id: int, category: str, world: World, within: int | None = None) -> Route:
    """The way to a unit that was named: one at or above the place, of the kind that the matter needs.

    Whoever wants it to go higher than they reach, ``within`` that grid, returns it.
    """
    try:
        branch = world.branches.get(unit)
    except UnknownBranch as unknown:
        raise errors.Invalid(errors.fault("unit", "没有这个单位", "there is no such unit")) from unknown
    kinds, rule = DISPATCHING, Rule.NEAREST_BRANCH
    if owner_of(category, world) is Owner.DEPARTMENT:
        kinds, rule = DESKS, Rule.DEPARTMENT_DESK
    fits = branch.active and branch.kind in kinds and branch.competent(category)
    if not fits or not world.tree.within(grid_id, branch.grid_id):
        raise errors.Invalid(
            errors.fault(
                "unit",
                "这个单位不承办此类事项，或不在该地点及其上级（部门事项只能给部门）",
                "that unit does not take such matters, or is not at or above the place (a department's go to a desk)",
            )
        )
    if within is not None and not world.tree.within(branch.grid_id, within):
        raise errors.Invalid(
            errors.fault(
                "unit",
                "这个单位在您的辖区之上；不归本支部的，请退单，由上级决定",
                "that unit lies above your own grid: return the order, and the superior decides",
            )
        )
    return Route(unit, rule, (Step(branch.grid_id, unit, Verdict.CHOSEN),))


def _raised(deed: Deed, tier: Tier) -> Effect:
    """What a more urgent category changes, or a place in an emergency: no promise becomes later than it was."""
    order, world = deed.order, deed.world
    known = world.categories.get(tier.category)
    planned = ways(order.kind).urgency is not None
    # what was granted as complex stays so until it is another matter
    granted = order.urgency is Urgency.COMPLEX and tier.category == order.category
    stays = known is None or planned or granted or more_urgent(order.urgency, known.urgency)
    urgency = order.urgency if known is None or stays else known.urgency
    mode = world.mode_at(tier.grid_id, deed.now)
    if urgency is order.urgency and (mode is Mode.NORMAL or mode is world.mode_at(order.grid_id, deed.now)):
        return Effect()
    fresh = promised(replace(tier, urgency=urgency), deed.now, world, order.kind)
    sooner = {clock: one for clock, one in fresh.items() if one.due <= order.promises.get(clock, one.due)}
    promises = {**order.promises, **{clock: one.due for clock, one in sooner.items()}}
    data: dict[str, Any] = {"promises": told(promises), "promises_before": told(order.promises)}
    data |= {"mode": mode.value} if urgency is order.urgency else {"urgency": urgency.value}
    waits: dict[Clock, Running | None] = {}
    for clock in MILESTONES:
        due, one = order.clocks.get(clock), sooner.get(clock)
        if due is not None and one is None and due > order.promises.get(clock, due):  # a level's window is shorter now
            one = rise(replace(tier, urgency=urgency), deed.now, world)
        if due is not None and one is not None and one.due <= due:
            waits[clock] = one
    fields: dict[str, Any] = {"urgency": urgency, "promises": promises}
    if sooner:
        fields["promised_at"] = deed.now
    affairs = order.affairs if urgency is order.urgency else replace(order.affairs, simple=None)
    if Clock.RESOLVE in sooner:  # it is as long as the policy says again
        affairs = replace(affairs, lengthened=None, original=None)
    fields["affairs"] = affairs
    return Effect(fields, data, waits, sooner)


def more_urgent(one: Urgency, other: Urgency) -> bool:
    """Tell whether ``one`` is a faster tier than ``other``; complex is the slowest."""
    tiers = tuple(Urgency)
    return tiers.index(one) > tiers.index(other)


def _contact(deed: Deed) -> Effect:
    return Effect({"contacted_at": deed.order.contacted_at or deed.now})


def may_reopen(order: Order, now: datetime) -> bool:
    """Tell whether the resident may still have it done again: once, and not long after its end."""
    return order.reopened == 0 and (order.ended_at is None or now <= order.ended_at + following_up.REOPEN_WITHIN)


def _reopen(deed: Deed) -> Effect:
    order, world = deed.order, deed.world
    if not may_reopen(order, deed.now):
        raise not_now(order, Action.REOPEN)
    if not answers_for(order.kind, deed.party):
        raise errors.NotYours
    above = branch_above(order.branch_id, order.category, world) or standing(order.branch_id, world)
    urgency = following_up.urgency_afresh(order)
    fresh = promised(replace(tier_of(order), urgency=urgency), deed.now, world, order.kind)
    promises = {clock: one.due for clock, one in fresh.items()}
    fields = {
        "urgency": urgency,
        **risen(order, above, world),
        "assignee_id": None,
        **FROM_THE_START,
        "declined": (),
        "waited": False,
        "promised_at": deed.now,
        "reopened": order.reopened + 1,
        "contacted_at": None,
        "grade": None,
        "ended_at": None,
        "promises": promises,
        "affairs": following_up.afresh(order.affairs),
    }
    data: dict[str, Any] = {"promises": told(promises), "promises_before": told(order.promises)}
    data |= {"urgency": urgency.value} if urgency is not order.urgency else {}
    return Effect(fields, data, {Clock.ACCEPT: fresh[Clock.ACCEPT]}, fresh)


EFFECTS: dict[Action, Callable[[Deed], Effect]] = {
    Action.ROUTE: _route,
    Action.OFFER: offer,
    Action.ACCEPT: accept,
    Action.DECLINE: decline,
    Action.RECALL: released,
    Action.HAND_BACK: released,
    Action.WITHDRAW: merging.left,
    Action.REDIRECT: merging.left,
    Action.CONTACT: _contact,
    Action.NOTE: nobody,
    Action.RESOLVE: assisting.resolve,
    Action.RATE: following_up.rate,
    Action.CLOSE: following_up.close,
    Action.REOPEN: _reopen,
    Action.ESCALATE: escalate,
    Action.SUPERVISE: supervise,
    Action.WARN: warn,
    Action.PAUSE: pause,
    Action.RESUME: resume,
    Action.RETURN: give_back,
    Action.ASK: deciding.ask,
    Action.EXTEND: deciding.extend,
    Action.COMPLEX: deciding.complex_,
    Action.PARK: parking.park,
    Action.HOLD: parking.hold,
    Action.REFUSE: deciding.refuse,
    Action.PASS_UP: deciding.pass_up,
    Action.WHISTLE: assisting.whistle,
    Action.ANSWER: assisting.answer,
    Action.WAIVE: assisting.waive,
    Action.MERGE: merging.merge,
    Action.ABSORB: merging.absorb,
    Action.UNMERGE: merging.unmerge,
    Action.FOLLOW_UP: following_up.follow_up,
    Action.REVIEW: following_up.review,
    Action.APPEAL: following_up.appeal,
    Action.JUDGE: following_up.judge,
    Action.URGE: following_up.urge,
}
