"""退单: a branch gives an order that is not its own back to its superior, who decides where it belongs (DOMAIN §5)."""

from dataclasses import replace

from dispatch.domain import errors
from dispatch.domain.affairs import Pending
from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import aside, branch_above, held_by
from dispatch.domain.offering import FROM_THE_START
from dispatch.domain.order import Actor, Command, Order
from dispatch.domain.vocabulary import Clock, Matter, ReturnReason, Role
from dispatch.domain.world import World
from grid_model.routing import UnknownBranch

BINDING = 2
"""After so many returns the superior's decision binds (DOMAIN §5)."""


def may_return(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` may give the order back: the holder's own secretary, where there is a superior."""
    return (
        order.affairs.returns < BINDING
        and order.affairs.asking() is None
        and _own(order, actor)
        and branch_above(order.branch_id, order.category, world) is not None
    )


def _own(order: Order, actor: Actor) -> bool:
    return any(grant.role is Role.SECRETARY and grant.branch_id == order.branch_id for grant in actor.grants)


def give_back(deed: Deed) -> Effect:
    """Give the order to the superior; the resident's clocks run on, and nobody is offered it until that is decided."""
    order, command, world = deed.order, deed.command, deed.world
    above = branch_above(order.branch_id, order.category, world)
    if order.affairs.returns >= BINDING:
        raise errors.ReturnsBinding(most=BINDING)
    if above is None:
        raise errors.NobodyAbove
    if not _own(order, deed.actor) or order.branch_id is None or deed.actor.person_id is None:
        raise errors.NotYours  # whoever stands above dispatches it elsewhere at once
    if (waiting := order.affairs.asking()) is not None:
        raise errors.AlreadyAsked(matter_zh=waiting.matter.zh, matter_en=waiting.matter.en)
    _must_fit(order, command, world)
    pending = Pending(
        Matter.RETURN,
        above,
        deed.actor.person_id,
        order.branch_id,
        deed.now,
        suggested=command.unit,
        category=command.category,
    )
    affairs = replace(
        aside(order, deed.now),
        returns=order.affairs.returns + 1,
        returned_by=(*order.affairs.returned_by, order.branch_id),
        pending=pending,
    )
    fields = {**held_by(order, above, world), **FROM_THE_START, "assignee_id": None, "affairs": affairs}
    words = {"matter": Matter.RETURN.value, "suggested": command.unit, "tell": [above]}
    return Effect(fields, words, {Clock.DISPATCH: None})


def _must_fit(order: Order, command: Command, world: World) -> None:
    """Refuse a return without a reason, or one that suggests what there is not."""
    faults = []
    if command.data.get("reason_code") not in set(ReturnReason):
        faults.append(errors.fault("reason_code", "请选择退单原因", "choose why it is returned"))
    if command.category is not None and command.category not in world.categories:
        faults.append(errors.fault("category", "没有这个事项类别", "there is no such category"))
    if command.unit is not None and not _other_unit(order, command.unit, world):
        faults.append(
            errors.fault(
                "unit",
                "请选择本县内本支部以外的、仍在用的单位",
                "suggest an active unit of this county other than your own",
            )
        )
    if faults:
        raise errors.Invalid(*faults)


def _other_unit(order: Order, unit: int, world: World) -> bool:
    try:
        branch = world.branches.get(unit)
    except UnknownBranch:
        return False
    return branch.active and unit != order.branch_id and world.tree.within(branch.grid_id, order.region)
