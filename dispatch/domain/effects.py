"""What each action does to an order beside moving its state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.holding import branch_above, eligible, held_by, owner_of, risen, seat_of
from dispatch.domain.ledger import told
from dispatch.domain.order import Actor, Command, Order
from dispatch.domain.vocabulary import MILESTONES, Action, Clock, Grade, Owner, Party, Role, State, Urgency
from dispatch.domain.world import World
from grid_model.routing import Route, route

REOPEN_WITHIN = timedelta(days=30)
"""How long after its end an order may be reopened by the resident (ours)."""

REOPENING_GRADES = frozenset({Grade.DISSATISFIED, Grade.VERY_DISSATISFIED})
"""The grades that reopen an order one level higher, once (DOMAIN §5)."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action does beside moving the state: changed fields, the event's data, clocks set by hand."""

    fields: Mapping[str, Any]
    data: Mapping[str, Any]
    clocks: Mapping[Clock, datetime | None]


@dataclass(frozen=True, slots=True)
class Deed:
    """One action about to be done: to which order, what, in which capacity, by whom and when."""

    order: Order
    command: Command
    party: Party
    actor: Actor
    now: datetime
    world: World


def not_now(order: Order, action: Action) -> errors.NotNow:
    """Return the refusal of ``action`` in the order's present state."""
    return errors.NotNow(
        state_zh=order.state.zh,
        state_en=order.state.en,
        action_zh=action.zh,
        action_en=action.en,
        state=order.state.value,
        version=order.version,
    )


def promised(urgency: Urgency, start: datetime, world: World) -> dict[Clock, datetime]:
    """Return the milestones of 13710 as promised to the resident at ``start``."""
    return {clock: world.policy.due(clock, urgency, start, world.calendar) for clock in MILESTONES}


def routed(found: Route) -> dict[str, Any]:
    """Return a route as it stands in the ledger: the rule and each step with its verdict."""
    return {
        "rule": str(found.rule),
        "steps": [[step.grid_id, step.branch_id, str(step.verdict)] for step in found.steps],
    }


def no_effect(_deed: Deed) -> Effect:
    """Change nothing but the state."""
    return Effect({}, {}, {})


def _route(deed: Deed) -> Effect:
    order, world = deed.order, deed.world
    grid_id = order.grid_id if deed.command.grid_id is None else deed.command.grid_id
    category = order.category if deed.command.category is None else deed.command.category
    if owner_of(category, world) is Owner.ELSEWHERE:
        raise errors.Invalid(
            errors.fault("category", "不归本系统的事项请用「转告」", "what belongs elsewhere is redirected")
        )
    reach = _reach(deed)
    if reach is not None and not world.tree.within(grid_id, reach):
        raise errors.Invalid(errors.fault("grid", "只能分派到您所辖的网格", "only grids below your own can be chosen"))
    found = route(world.tree, world.branches, grid_id, category, owner_of(category, world).value)
    if found.branch_id is None:
        raise errors.Invalid(
            errors.fault("grid", "该网格及其上级没有能承办此类事项的单位", "no unit at or above it takes such matters")
        )
    fields = {"grid_id": grid_id, "category": category, "tried": (), **held_by(order, found.branch_id, world)}
    raised, data, clocks = _raised(deed, category)
    moved = {"grid": grid_id, "category": category}
    return Effect({**fields, **raised}, {**routed(found), **moved, **data}, clocks)


def _reach(deed: Deed) -> int | None:
    """The highest grid whose subtree the actor may dispatch in: their own, at or above whoever holds the order."""
    seat = seat_of(deed.order, deed.world)
    if seat is None:
        return None
    tree = deed.world.tree
    roles = (Role.SECRETARY, Role.SUPERVISOR)
    own = (grant.grid_id for grant in deed.actor.grants if grant.role in roles and tree.within(seat, grant.grid_id))
    return min(own, key=tree.depth, default=seat)


def _raised(deed: Deed, category: str) -> tuple[dict[str, Any], dict[str, Any], dict[Clock, datetime | None]]:
    """What a more urgent category changes: no promise becomes later, and the old ones stay in the ledger."""
    order, world = deed.order, deed.world
    known = world.categories.get(category)
    if known is None or not more_urgent(known.urgency, order.urgency):
        return {}, {}, {}
    fresh = promised(known.urgency, deed.now, world)
    promises = {clock: min(at, order.promises.get(clock, at)) for clock, at in fresh.items()}
    accept = min(order.clocks.get(Clock.ACCEPT, promises[Clock.ACCEPT]), fresh[Clock.ACCEPT])
    data = {"promises": told(promises), "promises_before": told(order.promises), "urgency": known.urgency.value}
    waits: dict[Clock, datetime | None] = {Clock.ACCEPT: accept} if Clock.ACCEPT in order.clocks else {}
    return {"urgency": known.urgency, "promises": promises}, data, waits


def more_urgent(one: Urgency, other: Urgency) -> bool:
    """Tell whether ``one`` is a faster tier than ``other``; complex is the slowest."""
    tiers = tuple(Urgency)
    return tiers.index(one) > tiers.index(other)


def _offer(deed: Deed) -> Effect:
    order, member = deed.order, deed.command.member
    if member is None or not eligible(order, member.grants, deed.world, _reach(deed)):
        raise errors.Invalid(
            errors.fault(
                "member",
                "只能派给本支部辖区内在册的承办人（部门事项只能派给部门承办人）",
                "only somebody who serves below this branch can be chosen (for a department matter: a desk officer)",
            )
        )
    tried = tuple(dict.fromkeys((*order.tried, member.person_id)))
    return Effect({"assignee_id": member.person_id, "tried": tried}, {}, {})


def _released(_deed: Deed) -> Effect:
    return Effect({"assignee_id": None}, {}, {})


def _note(deed: Deed) -> Effect:
    if deed.party is Party.SYSTEM and deed.command.data.get("nobody"):  # nobody to ask: the accept clock decides
        return Effect({}, {}, {Clock.DISPATCH: None})
    return Effect({}, {}, {})


def _contact(deed: Deed) -> Effect:
    return Effect({"contacted_at": deed.order.contacted_at or deed.now}, {}, {})


def _rate(deed: Deed) -> Effect:
    order, grade = deed.order, deed.command.grade
    if order.grade is not None:
        raise not_now(order, Action.RATE)
    if not may_rate(order, deed.actor):
        raise errors.NotYours
    if grade is None:
        raise errors.Invalid(errors.fault("grade", "请选择评价等级", "choose one of the five grades"))
    # who filed for somebody else holds the query code too, so their own work's grade is told apart
    through = "resident" if order.filed_by is None else "handler" if order.filed_by == order.assignee_id else "other"
    return Effect({"grade": grade}, {"grade": grade.value, "through": through}, {})


def may_rate(order: Order, actor: Actor) -> bool:
    """Tell whether ``actor`` may still rate: one grade a result, and nobody judges their own work."""
    return order.grade is None and (actor.person_id is None or actor.person_id != order.assignee_id)


def may_reopen(order: Order, now: datetime) -> bool:
    """Tell whether the resident may still have it done again: once, and not long after its end."""
    return order.reopened == 0 and (order.ended_at is None or now <= order.ended_at + REOPEN_WITHIN)


def _reopen(deed: Deed) -> Effect:
    order, world = deed.order, deed.world
    if not may_reopen(order, deed.now):
        raise not_now(order, Action.REOPEN)
    above = branch_above(order.branch_id, order.category, world) or order.branch_id
    promises = promised(order.urgency, deed.now, world)
    fields = {
        **risen(order, above, world),
        "assignee_id": None,
        "tried": (),
        "reopened": order.reopened + 1,
        "contacted_at": None,
        "grade": None,
        "ended_at": None,
        "promises": promises,
    }
    data = {"promises": told(promises), "promises_before": told(order.promises)}
    return Effect(fields, data, {Clock.ACCEPT: promises[Clock.ACCEPT]})


def _escalate(deed: Deed) -> Effect:
    order, world = deed.order, deed.world
    missed, due = deed.command.missed or Clock.ACCEPT, deed.command.due_at or deed.now
    again = {missed: world.policy.rise_due(order.urgency, due, world.calendar)}
    if order.state is State.ACCEPTED:  # the member keeps it, the supervising level rises
        above = branch_above(order.supervisor_id, order.category, world)
        return Effect({"supervisor_id": above, "level": order.level + 1}, {}, again)
    above = branch_above(order.branch_id, order.category, world)
    return Effect({**risen(order, above, world), "assignee_id": None, "tried": ()}, {}, again)


def _supervise(deed: Deed) -> Effect:
    """A supervisor's word changes nothing; a milestone missed raises supervision, or at the root lists the order."""
    if deed.party is not Party.SYSTEM:
        return Effect({}, {}, {})
    order, world, missed = deed.order, deed.world, deed.command.missed
    above = branch_above(order.supervisor_id, order.category, world)
    if missed in (Clock.CONTACT, Clock.RESOLVE) and above is not None:
        again = world.policy.rise_due(order.urgency, deed.command.due_at or deed.now, world.calendar)
        return Effect({"supervisor_id": above, "level": order.level + 1}, {}, {missed: again})
    due = world.policy.due(Clock.REMIND, order.urgency, deed.now, world.calendar)
    clocks: dict[Clock, datetime | None] = {Clock.REMIND: due}
    if missed is not None and missed is not Clock.REMIND:
        clocks[missed] = None
    return Effect({"listed": True}, {"listed": True}, clocks)


EFFECTS: dict[Action, Callable[[Deed], Effect]] = {
    Action.ROUTE: _route,
    Action.OFFER: _offer,
    Action.DECLINE: _released,
    Action.RECALL: _released,
    Action.HAND_BACK: _released,
    Action.WITHDRAW: _released,
    Action.REDIRECT: _released,
    Action.CONTACT: _contact,
    Action.NOTE: _note,
    Action.RATE: _rate,
    Action.REOPEN: _reopen,
    Action.ESCALATE: _escalate,
    Action.SUPERVISE: _supervise,
}
