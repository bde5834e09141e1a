"""What is told of an order that somebody filed for another (代点单): to the resident too, and never hidden."""

from collections.abc import Sequence
from typing import Any

from dispatch.domain import access, behalf
from dispatch.domain.behalf import Channel
from dispatch.domain.order import Actor, Order
from dispatch.storage import households
from dispatch.storage.households import FiledFor
from dispatch.usecases.references import label
from dispatch.usecases.service import Service


async def tell(service: Service, shown: Sequence[tuple[Order, dict[str, Any]]], actor: Actor) -> None:
    """Write into the view of each order that was filed for another by what channel, by whom and for whom.

    The channel is for everybody who sees the order. Who filed is for those who serve, and for who filed; the household
    for those of them within whose reach it is.
    """
    on_behalf = [(order, view) for order, view in shown if view["filed_for_others"]]
    if not on_behalf:
        return
    keys = [(order.region, order.id) for order, _ in on_behalf]
    found = await households.filed_for(service.database, keys)
    for order, view in on_behalf:
        one = found.get((order.region, order.id))
        if one is not None:
            view["filed_for"] = _view(one, order, actor, service)


def _view(one: FiledFor, order: Order, actor: Actor, service: Service) -> dict[str, Any]:
    own = actor.person_id is not None and actor.person_id == order.filed_by
    inside = own or access.sees_internal(order, actor, service.world)
    near = (
        inside and one.grid_id is not None and behalf.within_reach(one.carer_id, one.grid_id, actor, service.world.tree)
    )
    return {
        "channel": one.channel,
        "channel_label": None if one.channel is None else label(Channel(one.channel)),
        "by": one.filer if inside else None,
        "household": one.household if own or near else None,
    }
