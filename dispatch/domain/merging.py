"""并单: several requests about one matter are answered as one; each keeps its resident, its number and its own life."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.affairs import Absorbed, Affairs, Merged
from dispatch.domain.assisting import complete
from dispatch.domain.deeds import Deed, Effect
from dispatch.domain.holding import owner_of, standing
from dispatch.domain.ledger import told
from dispatch.domain.offering import FROM_THE_START, released
from dispatch.domain.order import Order
from dispatch.domain.timing import Running, named, own, rise, tier_of
from dispatch.domain.vocabulary import MILESTONES, Clock, Owner, State
from dispatch.domain.world import World

MOST_MERGED = 200
"""How many orders one answer may serve."""


def merge(deed: Deed) -> Effect:
    """Let another order answer for this one; its clocks stop, its promises stay."""
    order, lead = deed.order, deed.command.other
    _fits(order, lead, deed.world)
    if lead is None:
        raise errors.OrderNotFound
    if not complete(order):
        raise errors.Invalid(
            errors.fault(
                "into",
                "这一单还在等必须的会办答复，请等答复或请上级免会办后再并",
                "an answer that is required is waited for here: merge it once it has come, or is waived",
            )
        )
    ran = {clock.value: order.clocks[clock] for clock in MILESTONES if clock in order.clocks}
    affairs = replace(order.affairs, merged=Merged(lead.id, deed.now, listed=order.listed, clocks=ran or None))
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
    """Take another order in: the earliest filing governs the clock, so what was promised earlier there holds here.

    What its supervision has risen to holds here as well: nothing leaves the list of the root by being merged. Nor is
    it a way round the limits of what may be asked: what was used up there is used up here, and stays so when they part.
    """
    order, other = deed.order, deed.command.other
    _fits(other, order, deed.world)
    if other is None:
        raise errors.OrderNotFound
    affairs = _used_up(_moved(order), other.affairs)
    mine, theirs, earlier = dict(affairs.own or {}), dict[str, datetime](), dict[Clock, datetime]()
    for clock, due in other.promises.items():
        present = order.promises.get(clock)
        if present is None or _done(order, clock) or due >= mine.get(clock.value, present):
            continue
        mine.setdefault(clock.value, present)
        theirs[clock.value] = due
        if due < present:
            earlier[clock] = due
    others = (one for one in affairs.absorbed if one.order != other.id)  # it may have left of itself, and be back
    one = Absorbed(other.id, theirs, other.promised_at) if theirs else Absorbed(other.id)
    watched = _watched(deed, other)
    fields = {**watched.fields, "affairs": replace(affairs, absorbed=(*others, one), own=mine or None)}
    words = {**watched.data, "absorbed": other.id}
    if not earlier:
        return Effect(fields, words, watched.clocks)
    since = other.promised_at
    effect = _promising(deed, {clock: named(due, min(since, due)) for clock, due in earlier.items()})
    return replace(
        effect,
        fields={**effect.fields, **fields},
        data={**effect.data, **words},
        clocks={**effect.clocks, **watched.clocks},
    )


def _used_up(mine: Affairs, theirs: Affairs) -> Affairs:
    parked = [at for at in (mine.parked_at, theirs.parked_at) if at is not None]
    return replace(
        mine,
        parked_at=min(parked, default=None),
        returns=max(mine.returns, theirs.returns),
        extensions=max(mine.extensions, theirs.extensions),
    )


def _done(order: Order, clock: Clock) -> bool:
    """Whether what was promised is done; what only stands still is not."""
    return order.kept(clock) and clock not in order.held


def _watched(deed: Deed, other: Order) -> Effect:
    """Who supervises an order that has taken another in: whoever stands higher, and the root where that was listed."""
    order, world = deed.order, deed.world
    fields: dict[str, Any] = {}
    if order.supervisor_id is not None and other.supervisor_id is not None:
        mine, theirs = (world.branches.get(one).grid_id for one in (order.supervisor_id, other.supervisor_id))
        if mine != theirs and world.tree.within(mine, theirs):
            fields = {"supervisor_id": other.supervisor_id, "level": max(order.level, other.level)}
    merged = other.affairs.merged
    if order.listed or not (other.listed or (merged is not None and merged.listed)):
        return Effect(fields)
    return Effect({**fields, "listed": True}, {"listed": True}, _reminded(deed))


def _reminded(deed: Deed) -> dict[Clock, Running | None]:
    return {Clock.REMIND: own(Clock.REMIND, tier_of(deed.order), deed.now, deed.world)}


def unmerge(deed: Deed) -> Effect:
    """Take merged orders apart: each goes on with its own promises, as it would have."""
    order, other = deed.order, deed.command.other
    if order.state is State.MERGED:
        return _on_its_own(deed)
    affairs = _moved(order)
    parting = next((one for one in affairs.absorbed if other is not None and one.order == other.id), None)
    if parting is None:
        raise errors.NotMerged
    left = tuple(one for one in affairs.absorbed if one is not parting)
    mine, back = dict(affairs.own or {}), dict[Clock, Running]()
    for name in parting.dues:
        clock, due = Clock(name), mine[name]
        dues = ((one.dues[name], one.since or one.dues[name]) for one in left if name in one.dues)
        first = min(dues, default=None)
        if first is None:
            del mine[name]
        if _done(order, clock):
            continue
        if first is None:
            back[clock] = _own_again(deed, clock, due)
        elif first[0] != order.promises[clock]:
            back[clock] = named(first[0], min(first))
    fields = {"affairs": replace(affairs, absorbed=left, own=mine or None)}
    words: dict[str, Any] = {"released": parting.order}
    if not back:
        return Effect(fields, words)
    effect = _promising(deed, back)
    return replace(effect, fields={**effect.fields, **fields}, data={**effect.data, **words})


def _moved(order: Order) -> Affairs:
    """What is promised at each filing, moved by all that has moved the promise since: pauses, extensions, parking."""
    affairs = order.affairs
    if affairs.own is None:
        return affairs
    found: list[dict[str, datetime]] = [dict(affairs.own), *(dict(one.dues) for one in affairs.absorbed)]
    for name in affairs.own:
        promise = order.promises[Clock(name)]
        by = promise - min(dues[name] for dues in found if name in dues)
        for dues in found:
            if name in dues:  # where it became more urgent, it did so for all of them
                dues[name] = dues[name] + by if by >= timedelta() else min(dues[name], promise)
    absorbed = (replace(one, promised=dues or None) for one, dues in zip(affairs.absorbed, found[1:], strict=True))
    return replace(affairs, absorbed=tuple(absorbed), own=found[0])


def _own_again(deed: Deed, clock: Clock, due: datetime) -> Running:
    """What was promised at its own filing, by the policy where it comes to that."""
    order = deed.order
    mine = own(clock, tier_of(order), order.promised_at, deed.world)
    return mine if mine.due == due else named(due, min(order.promised_at, due))


def left(deed: Deed) -> Effect:
    """Let an order end without a result: it answers for no other any more, and each of those goes on by itself."""
    effect, absorbed = released(deed), deed.order.affairs.absorbed
    if not absorbed:
        return effect
    affairs = replace(deed.order.affairs, absorbed=(), own=None)
    return replace(effect, fields={**effect.fields, "affairs": affairs})


def _on_its_own(deed: Deed) -> Effect:
    """It waits to be dispatched, and its clocks run on as they ran: nothing is gained by being part of another."""
    order, merged = deed.order, deed.order.affairs.merged
    fields: dict[str, Any] = {
        "affairs": replace(order.affairs, merged=None),
        "branch_id": standing(order.branch_id, deed.world),
    }
    clocks = {} if merged is None else _on_again(deed, merged)
    if merged is None or not merged.listed:
        return Effect(fields, {"because": "apart"}, clocks)
    return Effect({**fields, "listed": True}, {"because": "apart", "listed": True}, {**clocks, **_reminded(deed)})


def _on_again(deed: Deed, merged: Merged) -> dict[Clock, Running | None]:
    """The clocks that ran until it was merged; what has passed meanwhile is due now, and rises by one level."""
    order, now = deed.order, deed.now
    clocks: dict[Clock, Running | None] = {}
    for name, due in (merged.clocks or {}).items():
        clock = Clock(name)
        if due <= now:
            clocks[clock] = named(now, min(merged.at, now))
        elif due == order.promises.get(clock):
            clocks[clock] = _own_again(deed, clock, due)
        else:
            clocks[clock] = named(due, min(merged.at, due))
    return clocks


def stays(order: Order, category: str, world: World) -> None:
    """Refuse to move an order that answers for others from a department to the grassroots, and theirs with it."""
    owners = [owner_of(one, world) for one in (order.category, category)]
    if order.affairs.absorbed and owners[0] is Owner.DEPARTMENT and owners[1] is not Owner.DEPARTMENT:
        raise errors.Invalid(
            errors.fault(
                "category",
                "已有工单并入这一单，改为由支部承办前请先拆单",
                "others were merged into this one: take them apart before it goes to a branch",
            )
        )


def _promising(deed: Deed, anew: Mapping[Clock, Running]) -> Effect:
    """What other promises change; a clock that runs as it was promised runs as it is promised now.

    They stand as they were made to somebody, whatever moved them before: no change of the rules reckons them anew.
    Nobody could have kept one that has passed already: then a level's window begins, unless less time is left.
    """
    order, world = deed.order, deed.world
    dues = {clock: one.due for clock, one in anew.items()}
    promises = {**order.promises, **dues}
    running: dict[Clock, Running | None] = {}
    for clock, one in anew.items():
        runs = order.clocks.get(clock)
        if runs is None or runs != order.promises.get(clock):
            continue
        window = one if one.due > deed.now else rise(tier_of(order), deed.now, world)
        if window is one or window.due < runs:
            running[clock] = window
    held = {clock: dues.get(clock, at) if at == order.promises.get(clock) else at for clock, at in order.held.items()}
    data = {"promises": told(promises), "promises_before": told(order.promises)}
    return Effect({"promises": promises, "held": held}, data, running, anew)


def _fits(order: Order | None, lead: Order | None, world: World) -> None:
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
    departments = [owner_of(one.category, world) is Owner.DEPARTMENT for one in (order, lead)]
    if departments == [True, False]:  # such a matter is never pushed down to the grassroots, by merging neither
        raise errors.Invalid(
            errors.fault(
                "into",
                "部门事项不能并入由支部承办的工单，请反过来并，或请部门会办",
                "a department's matter can't be merged into one that a branch handles: merge the other way",
            )
        )
    if lead.state is State.PARKED or lead.paused_at is not None:  # whoever filed since would wait for what went before
        raise errors.Invalid(
            errors.fault(
                "into",
                "那个工单正停着（挂账或暂停计时），恢复办理后再并入",
                "that order stands still now: merge into it once it goes on",
            )
        )
    if lead.state not in (State.ROUTED, State.OFFERED, State.ACCEPTED):
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
