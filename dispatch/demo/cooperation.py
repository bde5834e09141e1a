"""What is done together: returns, what the superior decides, co-handling, merging, and what comes after the result.

Everybody acts only where the service says that they may; a move that is open to nobody is left out.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from dispatch.demo.client import API, Query, View
from dispatch.demo.life import Life
from dispatch.demo.plans import Move
from dispatch.domain.vocabulary import Action, AppealSubject, BranchKind, Matter, ReturnReason, State, Urgency

_REVIEWERS = 2
_PARKED_FOR = timedelta(days=30)
_ANSWER_WITHIN = "3d"
_LONGER = {Urgency.CRITICAL: "30m", Urgency.URGENT: "4h"}  # less than what was promised; else a day
_OPEN = ",".join(state.value for state in (State.ROUTED, State.OFFERED, State.ACCEPTED))
_REFUSED = 400

_Turn = Callable[[Life, View], Awaitable[View | None]]


async def turn(life: Life, order: View) -> View | None:
    """Make the next move of the plan that suits the order as it is.

    Returns:
        The order as it then is; None where it has to be looked at again.
    """
    move = next(move for move in life.plan.moves if _suits(move, order))
    life.plan.moves.remove(move)
    return await _MOVES[move](life, order)


def due(life: Life, order: View) -> bool:
    """Tell whether a move of the plan suits the order as it is."""
    return any(_suits(move, order) for move in life.plan.moves)


def _suits(move: Move, order: View) -> bool:
    return order["state"] == move.state.value and (order["reopened"] > 0 or not move.after_a_grade)


async def _as(
    life: Life, order: View, action: Action, phones: Iterable[str | None], **more: Any
) -> tuple[View, str] | None:
    """Let the first of those people act to whom the service offers that; None where it offers it to none."""
    for phone in dict.fromkeys(phones):
        if phone and await _offered(life, order, action, phone) is not None:
            seen = await life.act(order, action, phone, **more)
            return None if seen is None else (seen, phone)
    return None


async def _offered(life: Life, order: View, action: Action, phone: str) -> View | None:
    """Return the order as somebody sees it who may do that; None where they may not, or don't see it."""
    status, seen = await life.client.ask("GET", f"{API}/orders/{order['id']}", phone=phone)
    return dict(seen) if status < _REFUSED and action.value in seen["actions"] else None


def _above(life: Life, order: View) -> list[str | None]:
    """Give who may decide: the secretary of the branch it is asked of, else whoever supervises the county."""
    pending, cast = order["pending"], life.cast
    asked = cast.secretaries.get(pending["decider"]["id"]) if pending and pending["decider"] else None
    return [asked, *cast.overseers]


def _outside(life: Life, order: View) -> list[str | None]:
    """Give who stands above the branch: the township's committee, else whoever supervises the county."""
    return [life.cast.committees.get(life.cast.township(life.seat(order))), *life.cast.overseers]


def _working(life: Life, order: View) -> list[str | None]:
    return [life.cast.phones.get(life.handler), life.dispatcher(order)]


async def _return(life: Life, order: View) -> tuple[View, str] | None:
    """Give it back to the superior: the branch's own secretary says that it is beyond their means."""
    await life.rest(order, 10, 60)
    held = order["branch"]
    own = life.cast.secretaries.get(held["id"]) if held else None
    why = {"reason_code": ReturnReason.BEYOND_MEANS.value, "reason": "需要上级协调力量"}
    return await _as(life, order, Action.RETURN, [own], **why)


async def _return_and_stay(life: Life, order: View) -> View | None:
    """Return it; the superior dispatches it then, as any order."""
    returned = await _return(life, order)
    return returned and returned[0]


async def _return_in_vain(life: Life, order: View) -> View | None:
    """Return it; the superior sends it back."""
    returned = await _return(life, order)
    if returned is None:
        return None
    await life.rest(order, 10, 60)
    reason = "属本支部职责，请继续办理"
    refused = await _as(life, returned[0], Action.REFUSE, _above(life, returned[0]), reason=reason)
    return refused and refused[0]


async def _asked(life: Life, order: View, matter: Matter, decision: Action, **more: Any) -> View | None:
    """Ask the superior for something, and let them decide."""
    phones = _working(life, order)
    asked = await _as(life, order, Action.ASK, phones, matter=matter.value, reason="情况需要，请予批准", **more)
    if asked is None:
        return None
    await life.rest(order, 10, 60)
    decided = await _as(life, asked[0], decision, _above(life, asked[0]), reason="已核实情况")
    return decided and decided[0]


async def _extend(life: Life, order: View) -> View | None:
    return await _asked(life, order, Matter.EXTEND, Action.EXTEND, amount=_longer(order))


async def _extend_in_vain(life: Life, order: View) -> View | None:
    return await _asked(life, order, Matter.EXTEND, Action.REFUSE, amount=_longer(order))


def _longer(order: View) -> str:
    return _LONGER.get(Urgency(order["urgency"]), "1d")


async def _complex(life: Life, order: View) -> View | None:
    if order["urgency"] == Urgency.COMPLEX.value:
        return order
    return await _asked(life, order, Matter.COMPLEX, Action.COMPLEX)


async def _park(life: Life, order: View) -> View | None:
    """Have it parked for a month; it can be taken up again before that."""
    on = (life.pace.local_now() + _PARKED_FOR).date()
    parked = await _asked(life, order, Matter.PARK, Action.PARK, on=on.isoformat(), fleeting="on")
    if parked is None:
        return None
    await life.rest(order, 60, 240)
    resumed = await _as(life, parked, Action.RESUME, _working(life, parked), reason="条件已具备，恢复办理")
    return resumed and resumed[0]


async def _whistle(life: Life, order: View) -> View | None:
    """Call two units; the clocks stand still for the first, which answers; the other's answer is done without."""
    seen = order
    units = _units(life, order)
    for required, unit in zip((True, False), units, strict=False):
        wanted = {"unit": unit, "text": "请会同办理并答复", "within": _ANSWER_WITHIN, "required": required}
        called = await _as(life, order, Action.WHISTLE, _working(life, order), **wanted)
        if called is None:
            return None
        seen = called[0]
    if _department_waited_for(life, seen):  # its time may still be up when that is asked
        await _asked(life, seen, Matter.HOLD, Action.HOLD, fleeting="matter")
    seen = await life.client.get(f"/orders/{order['id']}", phone=life.cast.county_supervisor)
    await life.rest(order, 30, 240)
    for unit in units[:1]:
        people = [life.cast.secretaries.get(unit), *(life.cast.phones[one] for one in life.cast.servants.get(unit, ()))]
        await _as(life, seen, Action.ANSWER, people, text="已会同到场，意见如下：可以办理")
    seen = await life.client.get(f"/orders/{order['id']}", phone=life.cast.county_supervisor)
    for assist in seen["assists"]:
        if assist["answered_at"] is None and not assist["waived"] and assist["unit"]["id"] in units:
            more = {"assist": assist["number"], "reason": "现有答复已够办理"}
            await _as(life, seen, Action.WAIVE, _outside(life, seen), **more)
    return None


def _department_waited_for(life: Life, order: View) -> bool:
    """Tell whether a desk's answer is required and open, and its time not up: only then the clocks may stand still."""
    desks = {branch for taken in life.cast.takes.values() for branch, kind, _ in taken if kind == BranchKind.DESK.value}
    return any(
        one["required"]
        and one["answered_at"] is None
        and not (one["waived"] or one["late"])
        and one["unit"]["id"] in desks
        and datetime.fromisoformat(one["due"]) > life.pace.now()
        for one in order["assists"]
    )


def _units(life: Life, order: View) -> list[str]:
    """Give the units that are called: desks first, of the township and the county, never whoever leads."""
    cast, held = life.cast, order["branch"]
    grids = dict.fromkeys((cast.township(order["grid"]["code"]), cast.township("")))
    wanted = (BranchKind.DESK.value, BranchKind.COMMITTEE.value)
    found = [(kind, branch) for grid in grids for branch, kind, _ in cast.takes.get(grid, ()) if kind in wanted]
    units = [branch for _, branch in sorted(found, key=lambda one: wanted.index(one[0]))]
    return [unit for unit in units if not held or unit != held["id"]][:2]


async def _merge(life: Life, order: View) -> View | None:
    """Let another open order answer for it, find that it is another matter, and take them apart."""
    await life.rest(order, 5, 30)
    for phone in dict.fromkeys((life.dispatcher(order), life.cast.county_supervisor)):
        if await _offered(life, order, Action.MERGE, phone) is None:
            continue
        for lead in await _leads(life, order, phone):
            merged = await _merged_into(life, order, lead, phone)
            if merged is not None:
                await life.rest(order, 5, 30)
                # the other may have risen meanwhile, out of reach of whoever merged them: the county reaches both
                county, reason = life.cast.county_supervisor, "核实后是两件事，分开办理"
                apart = await _as(life, merged, Action.UNMERGE, [county], reason=reason)
                return apart and apart[0]
    return order


async def _leads(life: Life, order: View, phone: str) -> list[View]:
    """Give the open orders that could answer for this one; those that nobody handles yet stay so longest."""
    query: Query = {"state": _OPEN, "kind": order["kind"], "limit": 100}
    listed = await life.client.get("/orders", phone=phone, query=query)
    departmental = life.cast.departmental
    found = [
        item
        for item in listed["items"]
        if item["id"] != order["id"]
        and item["paused_at"] is None
        and Action.MERGE.value in item["actions"]  # whoever may do that may have it take another in
        and (order["category"] not in departmental or item["category"] in departmental)
    ]
    return sorted(found, key=lambda item: bool(item["state"] != State.ROUTED.value))[:5]


async def _merged_into(life: Life, order: View, lead: View, phone: str) -> View | None:
    """Merge it; None where the other order went its own way a moment before, or this one did."""
    path, what = f"{API}/orders/{order['id']}/actions", "POST /orders/{id}/actions merge"
    body = {"action": Action.MERGE.value, "into": lead["id"], "reason": "反映同一问题"}
    status, answer = await life.client.ask("POST", path, phone=phone, json=body)
    life.client.leant(order, what, status, answer, "into")
    if status < _REFUSED:
        return dict(answer)
    moved = await life.client.overtaken(lead, status, answer, "into")
    if not moved and not await life.client.overtaken(order, status, answer):
        raise life.client.unexpected(what, status, answer)
    return None


async def _urge(life: Life, order: View) -> View | None:
    """Let the resident say a word, once a day."""
    present = await life.client.get(f"/orders/{order['id']}", code=life.code)
    if Action.URGE.value not in present["actions"]:
        return order
    return await life.act(order, Action.URGE, None, text="请问什么时候来办")


async def _follow_up(life: Life, order: View) -> View | None:
    """Let somebody outside the branch ask the resident how it went."""
    more = {"reached": True, "solved": False, "satisfied": False, "text": "群众说问题还在"}
    asked = await _as(life, order, Action.FOLLOW_UP, _outside(life, order), **more)
    return asked and asked[0]


async def _appeal(life: Life, order: View) -> View | None:
    """Appeal against the rating; two reviewers from outside the branch agree."""
    more = {"subject": AppealSubject.RATING.value, "reason": "结果与现场核实不符"}
    appealed = await _as(life, order, Action.APPEAL, [life.dispatcher(order), *_working(life, order)], **more)
    if appealed is None:
        return None
    seen, _ = appealed
    reviewers = [*_above(life, seen), life.cast.supervisors.get(life.cast.township(life.seat(seen)))]
    for _ in range(_REVIEWERS):  # who has given their word is not asked again: the service offers it once
        await life.rest(order, 10, 60)
        judged = await _as(life, seen, Action.JUDGE, reviewers, upholds=True, reason="经核实，评价与事实不符")
        if judged is None:
            return None
        seen = judged[0]
    return seen


async def _review(life: Life, order: View) -> View | None:
    """Let the superior send the result back."""
    await life.rest(order, 10, 60)
    sent = await _as(life, order, Action.REVIEW, _outside(life, order), reason="答复过于简单，请重新办理")
    return sent and sent[0]


_MOVES: dict[Move, _Turn] = {
    Move.RETURN: _return_and_stay,
    Move.RETURN_IN_VAIN: _return_in_vain,
    Move.MERGE: _merge,
    Move.EXTEND: _extend,
    Move.EXTEND_IN_VAIN: _extend_in_vain,
    Move.COMPLEX: _complex,
    Move.PARK: _park,
    Move.WHISTLE: _whistle,
    Move.URGE: _urge,
    Move.FOLLOW_UP: _follow_up,
    Move.APPEAL: _appeal,
    Move.REVIEW: _review,
}
