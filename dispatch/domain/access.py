"""The one predicate: how somebody stands to an order, whether they see it, and which parts (DOMAIN §5, §7)."""

from collections.abc import Iterable

from dispatch.domain import lifecycle
from dispatch.domain.affairs import Assist
from dispatch.domain.order import Actor, Grant, Order
from dispatch.domain.vocabulary import SERVING, Action, Matter, Party, Role, State
from dispatch.domain.world import World
from grid_model.routing import DESKS, DISPATCHING
from grid_model.tree import Tree


def parties(order: Order, actor: Actor, world: World) -> frozenset[Party]:
    """Return every capacity in which ``actor`` may act on ``order``; empty for a stranger."""
    if actor.is_system:
        return frozenset({Party.SYSTEM})
    found = _by_name(order, actor)
    if any(speaks_for(actor, one.branch) for one in order.affairs.open_assists()):
        found.add(Party.ASSISTANT)
    found |= _by_role(order, actor, world)
    if decides(order, actor, world):
        found.add(Party.DECIDER)
    return frozenset(found)


def _by_role(order: Order, actor: Actor, world: World) -> set[Party]:
    """What somebody is to an order by their roles at or above its grid: nobody acts on what they can't see."""
    found: set[Party] = set()
    for grant in actor.grants:
        if not world.tree.within(order.grid_id, grant.grid_id):
            continue
        above = _above(grant, order, order.branch_id, world)
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


def _above(grant: Grant, order: Order, branch_id: int | None, world: World) -> bool:
    """Whether somebody with that role stands above a branch: a supervisor on its very grid, too, a secretary strictly.

    Desks stand above desks and the grassroots above the grassroots; a group stands above nobody.
    """
    seat = order.grid_id if branch_id is None else world.branches.get(branch_id).grid_id
    if grant.role is Role.SECRETARY:
        related = _related(grant.branch_id, branch_id, world)
        return related and grant.grid_id != seat and world.tree.within(seat, grant.grid_id)
    return grant.role is Role.SUPERVISOR and world.tree.within(seat, grant.grid_id)


def _related(above: int | None, below: int | None, world: World) -> bool:
    """Whether one branch may stand above another: who is secretary of a grid alone, without a branch, may of any."""
    if above is None:
        return True
    kind = world.branches.get(above).kind
    if below is None:  # nobody has said yet where it belongs
        return kind in DESKS | DISPATCHING
    desk = world.branches.get(below).kind in DESKS
    return kind in (DESKS if desk else DISPATCHING)


def _outside(order: Order, actor: Actor) -> bool:
    """Whether somebody has no part in how it is handled, nor had in a result that was graded or is asked about."""
    affairs = order.affairs
    handlers, branches = {order.assignee_id, *affairs.graded_handlers}, {order.branch_id}
    if affairs.follow_up is not None:
        handlers.add(affairs.follow_up.handler)
        branches.add(affairs.follow_up.branch)
    if affairs.merged is not None:  # the result is the work of the branch that led
        branches.add(affairs.merged.branch)
    branches.discard(None)
    return actor.person_id not in handlers and all(grant.branch_id not in branches for grant in actor.grants)


def decides(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` decides what is waited for: at that branch or above it, and never what they asked for.

    At the top of its kind a branch has none above it: then a supervisor decides. Nobody who is called to co-handle
    decides that the clocks stand still for their own answer.
    """
    pending = order.affairs.pending
    if pending is None or actor.person_id in (None, pending.by):
        return False
    if pending.matter is Matter.APPEAL and not _judges(order, actor):
        return False
    if pending.matter is not Matter.RETURN and actor.person_id == order.assignee_id:
        return False
    if pending.matter is Matter.HOLD and any(_belongs(actor, one.branch) for one in order.affairs.open_assists()):
        return False
    top = pending.decider == pending.branch
    return any(
        (grant.role is Role.SECRETARY and grant.branch_id == pending.decider and not top)
        or ((grant.role is Role.SUPERVISOR or not top) and _above(grant, order, pending.decider, world))
        for grant in actor.grants
        if world.tree.within(order.grid_id, grant.grid_id)
    )


def routes(order: Order, actor: Actor) -> bool:
    """Tell whether ``actor`` may say where the order goes: nobody decides by that what they returned themselves."""
    pending = order.affairs.pending
    returned = pending is not None and pending.matter is Matter.RETURN
    return not (returned and pending is not None and actor.person_id == pending.by)


def waivable(order: Order, actor: Actor) -> tuple[Assist, ...]:
    """Return the open answers that ``actor`` may do without, as far as they are not their own unit's."""
    return tuple(one for one in order.affairs.open_assists() if not _belongs(actor, one.branch))


def _judges(order: Order, actor: Actor) -> bool:
    """Whether somebody may review an appeal: from outside the work and the branch that appeals, and once."""
    pending, follow_up, merged = order.affairs.pending, order.affairs.follow_up, order.affairs.merged
    handlers = {*order.affairs.graded_handlers, None if follow_up is None else follow_up.handler}
    if actor.person_id in handlers or (merged is not None and _belongs(actor, merged.branch)):
        return False
    return pending is not None and not (
        actor.person_id in {vote.person_id for vote in pending.votes}
        or any(grant.branch_id == pending.branch for grant in actor.grants)
    )


def _belongs(actor: Actor, branch_id: int | None) -> bool:
    """Whether somebody has any role at that branch."""
    return branch_id is not None and any(grant.branch_id == branch_id for grant in actor.grants)


def speaks_for(actor: Actor, branch_id: int) -> bool:
    """Tell whether somebody answers for a unit that was called to co-handle."""
    return any(grant.branch_id == branch_id and grant.role in SPEAKING for grant in actor.grants)


def _assists(order: Order, actor: Actor) -> bool:
    """Whether somebody is called to co-handle, or was: afterwards only who answered, and the unit's secretary."""
    return bool(order.affairs.assists) and any(
        (one.open and speaks_for(actor, one.branch))
        or (one.answered_by is not None and one.answered_by == actor.person_id)
        or any(grant.branch_id == one.branch and grant.role is Role.SECRETARY for grant in actor.grants)
        for one in order.affairs.assists
    )


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
    return actor.person_id in own or _assists(order, actor) or _in_scope(order, actor.grants, world)


def sees_contact(order: Order, actor: Actor) -> bool:
    """Tell whether the resident's name, phone and house are for ``actor``: who handles the order, while they do."""
    return (
        actor.person_id is not None
        and order.state in (State.ACCEPTED, State.PARKED)
        and actor.person_id == order.assignee_id
        and _serves(actor)
    )


def follows_up(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` may call the resident to ask how it went, and so sees how they are reached."""
    if lifecycle.row(order.state, Action.FOLLOW_UP, Party.SUPERIOR) is None:
        return False
    return order.affairs.follow_up is not None and Party.SUPERIOR in parties(order, actor, world)


def may_reveal(order: Order, actor: Actor, world: World) -> bool:
    """Tell whether ``actor`` may have the resident's contact shown, with a reason that the resident reads."""
    return sees_contact(order, actor) or follows_up(order, actor, world)


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
    inside = tuple(grant for grant in actor.grants if grant.role is not Role.HEAD)
    return actor.person_id in asked or _assists(order, actor) or _in_scope(order, inside, world)


def _in_scope(order: Order, grants: Iterable[Grant], world: World) -> bool:
    tree = world.tree
    place = tree.position(order.grid_id)
    for grant in grants:  # of every order that is shown this is asked three times, so that a generator tells
        low, high = tree.interval(grant.grid_id)
        if low <= place < high:
            return True
    return False


def masked_phone(phone: str | None) -> str | None:
    """Return 138****5678 for a phone number, and asterisks alone for one too short to show a part of."""
    if phone is None:
        return None
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"  # noqa: PLR2004 - a mobile number's length


def masked_name(name: str | None) -> str | None:
    """Return 张* for a name: the first character, and one asterisk whatever its length."""
    return None if name is None else f"{name[:1]}*"
