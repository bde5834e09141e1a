"""并单: several requests about one matter are answered as one; each keeps its resident, its number and its own life."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.affairs import Absorbed, Merged
from dispatch.domain.assisting import assist_clock
from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import standing
from dispatch.domain.ledger import told
from dispatch.domain.offering import FROM_THE_START, released
from dispatch.domain.order import Order
from dispatch.domain.timing import OWN, Basis, Running, tier_of
from dispatch.domain.vocabulary import MILESTONES, Clock, State
from dispatch.domain.world import World

MOST_MERGED = 200
"""How many orders one answer may serve."""


def merge(deed: Deed) -> Effect:
    """Let another order answer for this one; its clocks stop, its promises stay."""
    order, lead = deed.order, deed.command.other
    _fits(order, lead)
    if lead is None:
        raise errors.OrderNotFound
    affairs = replace(order.affairs, merged=Merged(lead.id, deed.now), pending=None)
    fields = {
        "affairs": affairs,
        "assignee_id": None,
        "held": {},
        "paused_at": None,
        "listed": False,
        **FROM_THE_START,
    }
    return Effect(fields, {"into": lead.id})


def absorb(deed: Deed) -> Effect:
    """Take another order in: the earliest filing governs the clock, so what was promised earlier there holds here."""
    order, other, world = deed.order, deed.command.other, deed.world
    _fits(other, order)
    if other is None:
        raise errors.OrderNotFound
    earlier = {
        clock: due
        for clock, due in other.promises.items()
        if clock in MILESTONES and due < order.promises.get(clock, due) and not order.kept(clock)
    }
    before = {clock.value: order.promises[clock] for clock in earlier} or None
    others = (one for one in order.affairs.absorbed if one.order != other.id)  # it may have left of itself, and be back
    affairs = replace(order.affairs, absorbed=(*others, Absorbed(other.id, before)))
    words: dict[str, Any] = {"absorbed": other.id}
    if not earlier:
        return Effect({"affairs": affairs}, words)
    return _promising(order, earlier, other.promised_at, {"affairs": affairs}, words, world)


def unmerge(deed: Deed) -> Effect:
    """Take merged orders apart: each goes on with its own promises, as it would have."""
    order, other = deed.order, deed.command.other
    if order.state is State.MERGED:
        return _on_its_own(deed)
    mine = next((one for one in order.affairs.absorbed if other is not None and one.order == other.id), None)
    if mine is None or other is None:
        raise errors.NotMerged
    affairs = replace(order.affairs, absorbed=tuple(one for one in order.affairs.absorbed if one is not mine))
    words: dict[str, Any] = {"released": mine.order}
    # restored where nothing has moved it since: another absorbed order, a pause or an extension
    back = {
        Clock(name): due
        for name, due in (mine.before or {}).items()
        if order.promises.get(Clock(name)) == other.promises.get(Clock(name)) and not order.kept(Clock(name))
    }
    if not back:
        return Effect({"affairs": affairs}, words)
    return _promising(order, back, order.promised_at, {"affairs": affairs}, words, deed.world)


def left(deed: Deed) -> Effect:
    """Let an order end without a result: it answers for no other any more, and each of those goes on by itself."""
    effect, absorbed = released(deed), deed.order.affairs.absorbed
    if not absorbed:
        return effect
    affairs = replace(deed.order.affairs, absorbed=())
    return replace(effect, fields={**effect.fields, "affairs": affairs})


def _on_its_own(deed: Deed) -> Effect:
    """It waits to be dispatched, until what it had promised; where that has passed, a level's window begins."""
    order, world = deed.order, deed.world
    affairs = replace(order.affairs, merged=None)
    fields = {"affairs": affairs, "branch_id": standing(order.branch_id, world)}
    clocks = dict(assist_clock(affairs)) if affairs.open_assists() else {}
    promise = order.promises.get(Clock.ACCEPT)
    if promise is not None and promise > deed.now:
        basis = Basis(order.promised_at, OWN, world.length(Clock.ACCEPT, tier_of(order), order.promised_at))
        clocks[Clock.ACCEPT] = Running(promise, basis)
    return Effect(fields, {"because": "apart"}, clocks)


def _promising(
    order: Order,
    dues: Mapping[Clock, datetime],
    since: datetime,
    fields: Mapping[str, Any],
    words: Mapping[str, Any],
    world: World,
) -> Effect:
    """What other promises change; a clock that runs as it was promised runs as it is promised now."""
    promises = {**order.promises, **dues}
    anew = {
        clock: Running(due, Basis(since, OWN, world.length(clock, tier_of(order), since)))
        for clock, due in dues.items()
    }
    running: dict[Clock, Running | None] = {
        clock: one for clock, one in anew.items() if order.clocks.get(clock) == order.promises.get(clock)
    }
    held = {clock: dues.get(clock, at) if at == order.promises.get(clock) else at for clock, at in order.held.items()}
    data = {**words, "promises": told(promises), "promises_before": told(order.promises)}
    return Effect({**fields, "promises": promises, "held": held}, data, running, anew)


def _fits(order: Order | None, lead: Order | None) -> None:
    """Refuse what can't be merged, in words that say why."""
    if order is None or lead is None:
        raise errors.Invalid(errors.fault("into", "请写明并入哪个工单", "say which order it is merged into"))
    if (order.region, order.id) == (lead.region, lead.id):
        raise errors.Invalid(errors.fault("into", "不能并入自己", "an order can't be merged into itself"))
    if order.region != lead.region:
        raise errors.Invalid(errors.fault("into", "只能并入同一个县的工单", "only an order of the same county will do"))
    if order.kind != lead.kind:
        raise errors.Invalid(
            errors.fault("into", "不同种类的工单不能并单", "orders of different kinds can't be merged")
        )
    if lead.state not in (State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED):
        raise errors.Invalid(
            errors.fault(
                "into",
                f"那个工单现在是「{lead.state.zh}」，不能再并入",
                f"that order is '{lead.state.en}' now and takes no other in",
            )
        )
    if order.affairs.absorbed:
        raise errors.Invalid(
            errors.fault(
                "into",
                "已有工单并入这一单，请反过来并，或先拆单",
                "others were merged into this one: merge the other way",
            )
        )
    if len(lead.affairs.absorbed) >= MOST_MERGED:
        raise errors.Invalid(errors.fault("into", "并入的工单已达上限", "no more orders can be merged into that one"))
