"""The households that somebody looks after (包联) or serves, so that who files for one chooses and need not type."""

from dataclasses import dataclass
from typing import Any

from dispatch.domain import access, behalf
from dispatch.domain.order import Actor
from dispatch.domain.world import World
from dispatch.storage import households
from dispatch.storage.households import Household
from dispatch.usecases.references import grid_ref
from dispatch.usecases.service import Service

MANY = 50
"""Whoever serves at least one grid in so many finds their households quickest among all, as with orders."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of households by code, and the cursor of the next page or None."""

    items: list[dict[str, Any]]
    next: str | None


async def listing(service: Service, actor: Actor, *, mine: bool, cursor: str | None, most: int) -> Listed:
    """Return a page of the households that ``actor`` may file for; ``mine``: only those they look after.

    Raises:
        Unauthenticated, NotYours: nobody is logged in, or it is nobody who files for others.
    """
    person = behalf.filer(actor)
    world = service.world
    spans = () if mine else behalf.reach(actor, world.tree)
    if sum(high - low for low, high in spans) * MANY >= len(world.tree):
        found = await households.wide(service.database, person, spans, cursor or "", most + 1)
    else:
        grids = [world.tree.at(position) for low, high in spans for position in range(low, high)]
        found = await households.near(service.database, person, grids, cursor or "", most + 1)
    page = found[:most]
    return Listed([view(one, actor, world) for one in page], page[-1].code if len(found) > most else None)


def view(one: Household, actor: Actor, world: World) -> dict[str, Any]:
    """Return a household, masked; its house is shown to the member who looks after it, who knows it anyway."""
    mine = one.carer_id == actor.person_id
    return {
        "code": one.code,
        "name": access.masked_name(one.name),
        "phone": access.masked_phone(one.phone),
        "house": one.house if mine or one.house is None else "***",
        "grid": grid_ref(one.grid_id, world),
        "mine": mine,
    }
