"""What each action does to an order beside moving its state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.order import Command, Grant, Order
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


def owner_of(category: str, world: World) -> Owner:
    """Return who ``category`` belongs to; one that is no longer listed is the grid's."""
    known = world.categories.get(category)
    return Owner.GRID if known is None else known.owner


def branch_above(branch_id: int | None, category: str, world: World) -> int | None:
    """Return the branch an order rises to from ``branch_id``, or None at the root."""
    if branch_id is None:
        return None
    above = world.branches.above(branch_id, category, owner_of(category, world).value)
    return None if above is None else above.id


def promised(urgency: Urgency, start: datetime, world: World) -> dict[Clock, datetime]:
    """Return the milestones of 13710 as promised to the resident at ``start``."""
    return {clock: world.policy.due(clock, urgency, start, world.calendar) for clock in MILESTONES}


def routed(found: Route) -> dict[str, Any]:
    """Return a route as it stands in the ledger: the rule and each step with its verdict."""
    return {
        "rule": str(found.rule),
        "steps": [[step.grid_id, step.branch_id, str(step.verdict)] for step in found.steps],
    }


def no_effect(_order: Order, _command: Command, _party: Party, _now: datetime, _world: World) -> Effect:
    """Change nothing but the state."""
    return Effect({}, {}, {})


def _route(order: Order, command: Command, _party: Party, _now: datetime, world: World) -> Effect:
    grid_id = order.grid_id if command.grid_id is None else command.grid_id
    category = order.category if command.category is None else command.category
    if owner_of(category, world) is Owner.ELSEWHERE:
        raise errors.Invalid(
            errors.fault("category", "不归本系统的事项请用「转告」", "what belongs elsewhere is redirected")
        )
    seat = None if order.branch_id is None else world.branches.get(order.branch_id).grid_id
    if seat is not None and not world.tree.within(grid_id, seat):
        raise errors.Invalid(
            errors.fault("grid", "只能分派到本支部所辖的网格", "only grids below your own branch can be chosen")
        )
    found = route(world.tree, world.branches, grid_id, category, owner_of(category, world).value)
    if found.branch_id is None:
        raise errors.Invalid(
            errors.fault("grid", "该网格及其上级没有能承办此类事项的单位", "no unit at or above it takes such matters")
        )
    fields = {
        "grid_id": grid_id,
        "category": category,
        "branch_id": found.branch_id,
        "supervisor_id": found.branch_id,
        "tried": (),
        "co_branches": _passed_on(order, found.branch_id),
    }
    moved = {"grid": grid_id, "category": category}
    return Effect(fields, {**routed(found), **moved}, {})


def _passed_on(order: Order, to_branch: int | None) -> tuple[int, ...]:
    held = (*order.co_branches, *(() if order.branch_id is None else (order.branch_id,)))
    return tuple(dict.fromkeys(branch for branch in held if branch != to_branch))


def _offer(order: Order, command: Command, _party: Party, _now: datetime, world: World) -> Effect:
    member = command.member
    if member is None or not eligible(order, member.grants, world):
        raise errors.Invalid(
            errors.fault(
                "member",
                "只能派给本支部辖区内在册的承办人（部门事项只能派给部门承办人）",
                "only somebody who serves below this branch can be chosen (for a department matter: a desk officer)",
            )
        )
    tried = tuple(dict.fromkeys((*order.tried, member.person_id)))
    return Effect({"assignee_id": member.person_id, "tried": tried}, {}, {})


def eligible(order: Order, grants: tuple[Grant, ...], world: World) -> bool:
    """Tell whether somebody with ``grants`` may be offered ``order`` by the branch that holds it."""
    if order.branch_id is None:
        return False
    seat = world.branches.get(order.branch_id).grid_id
    if owner_of(order.category, world) is Owner.DEPARTMENT:
        serving: frozenset[Role] = frozenset({Role.DESK_OFFICER})  # never pushed down to the grassroots
    else:
        serving = frozenset({Role.MEMBER, Role.GRID_WORKER})
    return any(grant.role in serving and world.tree.within(grant.grid_id, seat) for grant in grants)


def _released(_order: Order, _command: Command, _party: Party, _now: datetime, _world: World) -> Effect:
    return Effect({"assignee_id": None}, {}, {})


def _note(_order: Order, command: Command, _party: Party, _now: datetime, _world: World) -> Effect:
    if command.data.get("nobody"):  # the system found nobody to ask: the accept clock decides
        return Effect({}, {}, {Clock.DISPATCH: None})
    return Effect({}, {}, {})


def _contact(order: Order, _command: Command, _party: Party, now: datetime, _world: World) -> Effect:
    return Effect({"contacted_at": order.contacted_at or now}, {}, {})


def _rate(order: Order, command: Command, _party: Party, _now: datetime, _world: World) -> Effect:
    if order.grade is not None:
        raise not_now(order, Action.RATE)
    if command.grade is None:
        raise errors.Invalid(errors.fault("grade", "请选择评价等级", "choose one of the five grades"))
    through = "other" if order.filed_by is not None else "resident"
    return Effect({"grade": command.grade}, {"grade": command.grade.value, "through": through}, {})


def may_reopen(order: Order, now: datetime) -> bool:
    """Tell whether the resident may still have it done again: once, and not long after its end."""
    return order.reopened == 0 and (order.ended_at is None or now <= order.ended_at + REOPEN_WITHIN)


def _reopen(order: Order, _command: Command, _party: Party, now: datetime, world: World) -> Effect:
    if not may_reopen(order, now):
        raise not_now(order, Action.REOPEN)
    above = branch_above(order.branch_id, order.category, world)
    promises = promised(order.urgency, now, world)
    fields = {
        "branch_id": above or order.branch_id,
        "supervisor_id": above or order.branch_id,
        "co_branches": order.co_branches if above is None else _passed_on(order, above),
        "level": order.level + (above is not None),
        "assignee_id": None,
        "tried": (),
        "reopened": order.reopened + 1,
        "contacted_at": None,
        "grade": None,
        "ended_at": None,
        "promises": promises,
    }
    old = {clock.value: at.isoformat() for clock, at in order.promises.items()}
    new = {clock.value: at.isoformat() for clock, at in promises.items()}
    return Effect(fields, {"promises": new, "promises_before": old}, {Clock.ACCEPT: promises[Clock.ACCEPT]})


def _escalate(order: Order, command: Command, _party: Party, now: datetime, world: World) -> Effect:
    missed, due = command.missed or Clock.ACCEPT, command.due_at or now
    again = {missed: world.policy.rise_due(order.urgency, due, world.calendar)}
    if order.state is State.ACCEPTED:  # the member keeps it, the supervising level rises
        above = branch_above(order.supervisor_id, order.category, world)
        return Effect({"supervisor_id": above, "level": order.level + 1}, {"supervisor": above}, again)
    above = branch_above(order.branch_id, order.category, world)
    fields = {
        "branch_id": above,
        "supervisor_id": above,
        "co_branches": _passed_on(order, above),
        "level": order.level + 1,
        "assignee_id": None,
        "tried": (),
    }
    return Effect(fields, {}, again)


def _supervise(order: Order, command: Command, party: Party, now: datetime, world: World) -> Effect:
    if party is not Party.SYSTEM:
        return Effect({}, {}, {})
    remind: dict[Clock, datetime | None] = {
        Clock.REMIND: world.policy.due(Clock.REMIND, order.urgency, now, world.calendar)
    }
    if command.missed is not None and command.missed is not Clock.REMIND:
        remind[command.missed] = None
    return Effect({"listed": True}, {}, remind)


EFFECTS: dict[Action, Callable[[Order, Command, Party, datetime, World], Effect]] = {
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
