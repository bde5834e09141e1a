"""The one predicate: how somebody stands to an order, whether they see it, and which parts (DOMAIN §5, §7)."""

from collections.abc import Iterable

from dispatch.domain.order import Actor, Grant, Order
from dispatch.domain.vocabulary import SERVING, Matter, Party, Role, State
from dispatch.domain.world import World
from grid_model.tree import Tree


def parties(order: Order, actor: Actor, world: World) -> frozenset[Party]:
    """Return every capacity in which ``actor`` may act on ``order``; empty for a stranger."""
    if actor.is_system:
        return frozenset({Party.SYSTEM})
    found = _by_name(order, actor)
    if _assists(order, actor, open_only=True):
        found.add(Party.ASSISTANT)
    found |= _by_role(order, actor, world)
    if decides(order, actor, world):
        found.add(Party.DECIDER)
    return frozenset(found)


def _by_role(order: Order, actor: Actor, world: World) -> set[Party]:
    """What somebody is to an order by their roles at or above its grid: nobody acts on what they can't see."""
    found: set[Party] = set()
    seat = order.grid_id if order.branch_id is None else world.branches.get(order.branch_id).grid_id
    for grant in actor.grants:
        if not world.tree.within(order.grid_id, grant.grid_id):
            continue
        above = _above(grant, seat, world)
        if above and _outside(order, actor):
            found.add(Party.SUPERIOR)
        if grant.role is Role.SUPERVISOR and above:
            found.add(Party.SUPERVISOR)
        elif grant.role is Role.SECRETARY and (
            above or (grant.branch_id is not None and grant.branch_id == order.branch_id)
        ):
            found.add(Party.SECRETARY)
        elif grant.role is Role.SECRETARY and grant.branch_id in order.co_branches:
            found.add(Party.CO_HANDLER)
    return found


def _above(grant: Grant, seat: int, world: World) -> bool:
    """Whether somebody with that role stands above a seat: a secretary strictly, a supervisor on the very grid, too."""
    if grant.role is Role.SECRETARY:
        return grant.grid_id != seat and world.tree.within(seat, grant.grid_id)
    return grant.role is Role.SUPERVISOR and world.tree.within(seat, grant.grid_id)


def _outside(order: Order, actor: Actor) -> bool:
    """Whether somebody has no part in how the order is handled."""
    follow_up = order.affairs.follow_up
    handlers = {order.assignee_id, None if follow_up is None else follow_up.handler}
    branches = {order.branch_id, None if follow_up is None else follow_up.branch} - {None}
    return actor.person_id not in handlers and all(grant.branch_id not in branches for grant in actor.grants)


def decides(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` decides what is waited for: at that branch or above it, and never what they asked for."""
    pending = order.affairs.pending
    if pending is None or actor.person_id in (None, pending.by):
        return False
    if pending.matter is Matter.APPEAL and not _judges(order, actor):
        return False
    if pending.matter is not Matter.RETURN and actor.person_id == order.assignee_id:
        return False
    seat = world.branches.get(pending.decider).grid_id
    return any(
        (grant.role is Role.SECRETARY and grant.branch_id == pending.decider) or _above(grant, seat, world)
        for grant in actor.grants
        if world.tree.within(order.grid_id, grant.grid_id)
    )


def _judges(order: Order, actor: Actor) -> bool:
    """Whether somebody may review an appeal: from outside the branch that appeals, and once."""
    pending = order.affairs.pending
    return pending is not None and not (
        actor.person_id in {vote.person_id for vote in pending.votes}
        or any(grant.branch_id == pending.branch for grant in actor.grants)
    )


def _assists(order: Order, actor: Actor, *, open_only: bool) -> bool:
    """Whether somebody speaks for a unit that was called to co-handle the order."""
    if not order.affairs.assists:
        return False
    units = {one.branch for one in order.affairs.assists if one.open or not open_only}
    return any(grant.branch_id in units and grant.role in SPEAKING for grant in actor.grants)


SPEAKING = SERVING | {Role.SECRETARY}
"""Who answers for a unit that was called to co-handle."""


def _by_name(order: Order, actor: Actor) -> set[Party]:
    """What somebody is to an order for themselves, whatever grid they have a role on."""
    found: set[Party] = set()
    if actor.holds_code or (actor.person_id is not None and actor.person_id == order.filed_by):
        found.add(Party.RESIDENT)
    if actor.person_id is None or not _serves(actor):
        return found
    if actor.person_id in order.offered:
        found.add(Party.OFFEREE if len(order.offered) == 1 else Party.INVITEE)
    elif actor.person_id == order.assignee_id and order.state is not State.OFFERED:
        found.add(Party.HANDLER)
    return found


def scopes(actor: Actor, tree: Tree) -> tuple[tuple[int, int], ...]:
    """Return the preorder intervals [lo, hi) whose orders ``actor`` sees through roles, disjoint and in order."""
    return outermost(tree.interval(grant.grid_id) for grant in actor.grants)


def outermost(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the intervals of subtrees that lie in no other of ``spans``, in order: they nest or are disjoint."""
    found: list[tuple[int, int]] = []
    for lo, hi in sorted(set(spans)):  # an outer one begins before all within it
        if not found or lo >= found[-1][1]:
            found.append((lo, hi))
    return tuple(found)


def visible(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` may see ``order``: own, offered to or handled by them, or within one of their subtrees."""
    if actor.is_system or actor.holds_code:
        return True
    if actor.person_id is None:
        return False
    own = (order.filed_by, order.assignee_id, *order.offered)
    return actor.person_id in own or _assists(order, actor, open_only=False) or _in_scope(order, actor, world)


def sees_contact(order: Order, actor: Actor) -> bool:
    """Tell whether ``actor`` sees the resident's name, phone and house: only who handles the order, while they do."""
    return (
        actor.person_id is not None
        and order.state in (State.ACCEPTED, State.PARKED)
        and actor.person_id == order.assignee_id
        and _serves(actor)
    )


def follows_up(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` may call the resident to ask how it went, and so sees how they are reached."""
    return order.affairs.follow_up is not None and Party.SUPERIOR in parties(order, actor, world)


def sees_place(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` sees the place as given: the handler, and whoever must say where an order belongs."""
    if sees_contact(order, actor):
        return True
    unplaced = order.state is State.RECEIVED and actor.person_id is not None
    return unplaced and bool(parties(order, actor, world) & {Party.SECRETARY, Party.SUPERVISOR})


def _serves(actor: Actor) -> bool:
    """Whether they hold a role in which orders are handled, today: a role that has ended takes its orders' contacts."""
    return any(grant.role in SERVING for grant in actor.grants)


def sees_internal(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` sees internal notes and who did what: those who serve, not the resident."""
    if actor.person_id is None:
        return False
    asked = (order.assignee_id, *order.offered)
    return actor.person_id in asked or _assists(order, actor, open_only=False) or _in_scope(order, actor, world)


def _in_scope(order: Order, actor: Actor, world: World) -> bool:
    place = world.tree.interval(order.grid_id)[0]
    return any(lo <= place < hi for lo, hi in scopes(actor, world.tree))


def masked_phone(phone: str | None) -> str | None:
    """Return 138****5678 for a phone number, and asterisks alone for one too short to show a part of."""
    if phone is None:
        return None
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"  # noqa: PLR2004 - a mobile number's length


def masked_name(name: str | None) -> str | None:
    """Return 张* for a name: the first character, and one asterisk whatever its length."""
    return None if name is None else f"{name[:1]}*"
