"""Filing for others (代点单): who may, for whom, and by what channel they were asked (DOMAIN §1)."""

from dispatch.domain import errors
from dispatch.domain.access import outermost
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Role, Word
from grid_model.tree import Tree


class Channel(Word):
    """How the resident asked whoever files for them (代点渠道)."""

    VISIT = "visit", "上门", "a visit"
    PHONE = "phone", "电话", "by phone"
    CHAT = "chat", "微信群", "in a chat group"
    PAPER = "paper", "纸条", "on paper"


FILERS = frozenset({Role.HEAD, Role.MEMBER, Role.GRID_WORKER, Role.DESK_OFFICER, Role.SECRETARY, Role.SUPERVISOR})
"""Who may file on somebody's behalf (代点单)."""

CLOSEST = frozenset({Role.HEAD, Role.MEMBER, Role.GRID_WORKER})
"""The roles of those who know their grid's people by sight: where a message names no place, it is from there."""


def filer(actor: Actor) -> int:
    """Return the person who files on another's behalf.

    Raises:
        Unauthenticated, NotYours: nobody is logged in, or it is nobody who files for others.
    """
    if actor.person_id is None:
        raise errors.Unauthenticated
    if not any(grant.role in FILERS for grant in actor.grants):
        raise errors.NotYours
    return actor.person_id


def reach(actor: Actor, tree: Tree) -> tuple[tuple[int, int], ...]:
    """Return the preorder intervals of the tree whose households somebody may file for."""
    return outermost(tree.interval(grant.grid_id) for grant in actor.grants if grant.role in FILERS)


def homes(actor: Actor) -> tuple[int, ...]:
    """Return the grids that somebody serves most closely, each once."""
    return tuple(dict.fromkeys(grant.grid_id for grant in actor.grants if grant.role in CLOSEST))


def within_reach(carer_id: int | None, grid_id: int, actor: Actor, tree: Tree) -> bool:
    """Tell whether somebody may file for a household: they look after it (包联), or it lies where they serve."""
    if actor.person_id is not None and carer_id == actor.person_id:
        return True
    return any(grant.role in FILERS and tree.within(grid_id, grant.grid_id) for grant in actor.grants)
