"""What the secretaries and the desks do: say where an order belongs, offer it (派单), take it back, close it."""

from typing import Any

from dispatch.demo.client import Query, View
from dispatch.demo.life import Life
from dispatch.domain.vocabulary import Action, State, Urgency


async def received(life: Life, order: View) -> View | None:
    """Find the place of a request that names none."""
    await life.rest(order, 20, 90)
    grid = await life.located() or order["grid"]["code"]
    phone = life.dispatcher(order)
    return await life.act(order, Action.ROUTE, phone, grid=grid, reason="已向群众核实地点", version=order["version"])


async def routed(life: Life, order: View) -> View | None:
    """Send an order where it belongs, offer it, or leave that to the system."""
    plan = life.plan
    if plan.redirect:
        await life.rest(order, 10, 60)
        phone = life.dispatcher(order)
        return await life.act(order, Action.REDIRECT, phone, to="主管单位", reason="不属本系统办理，已告知办理途径")
    if plan.reroute:
        await life.rest(order, 10, 60)
        seen = await life.act(
            order,
            Action.ROUTE,
            life.dispatcher(order),
            grid=order["grid"]["code"],
            category=life.request.category,
            reason="事项类别更正",
            version=order["version"],
        )
        plan.reroute = seen is None
        return seen
    if plan.by_hand or order["level"] > 0:
        return await _offer(life, order)
    return await life.moved(order)


async def _offer(life: Life, order: View) -> View | None:
    """Look at the list, then at whom it could be offered to, and ask one, a few, or the whole branch."""
    await life.rest(order, 10, 60)
    phone = life.dispatcher(order)
    if order["urgency"] != Urgency.CRITICAL.value:
        query: Query = {"state": State.ROUTED.value, "grid": life.seat(order), "limit": 20}
        listed = await life.client.get("/orders", phone=phone, query=query)
        held = order["branch"]
        order = next((item for item in listed["items"] if item["id"] == order["id"]), order)
        if order["branch"] != held:  # it rose while the secretary slept
            return order
    candidates = await life.client.candidates(order, phone)
    free = [one["member"] for one in candidates or () if one["left_out"] is None]
    if candidates is None:
        return None
    if not free:  # nobody has room: the system asks again later, or it rises
        life.plan.by_hand = False
        return await life.moved(order)
    named, whom = _whom(life, free)
    fleeting = "rung" if "rung" in whom else ""  # whoever was free may have no room a moment later
    seen = await life.act(order, Action.OFFER, phone, version=order["version"], fleeting=fleeting, **whom)
    if seen is not None:
        life.named = named
        life.plan.ask, life.plan.rung = 1, None
    return seen


def _whom(life: Life, free: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Give whom the secretary asks by name, those first who are there already, and how that is told the service."""
    if life.plan.rung is not None:
        return [], {"rung": life.plan.rung.value}
    named = sorted(free, key=lambda member: not life.client.known(life.cast.phones[member]))[: life.plan.ask]
    return named, {"members": named} if life.plan.ask > 1 else {"member": named[0]}


async def recall(life: Life, order: View, reason: str) -> View | None:
    """Take the order from whoever was asked, or has it."""
    return await life.act(order, Action.RECALL, life.dispatcher(order), reason=reason)


async def urge(life: Life, order: View) -> View | None:
    """Have the township's supervisor say a word."""
    phone = life.cast.supervisors.get(life.cast.township(life.seat(order)), "") or life.cast.county_supervisor
    return await life.act(order, Action.SUPERVISE, phone, text="请抓紧办理，今天回告进展")


async def close(life: Life, order: View) -> View | None:
    """Close an order whose resident does not answer."""
    return await life.act(order, Action.CLOSE, life.dispatcher(order), reason="多次联系未回复，现场已核实办结")
