"""What the members do: find an order in their list, accept (接单) or decline (婉拒), see to it, report (办结)."""

import asyncio

from dispatch.demo import residents, secretaries
from dispatch.demo.client import Query, View
from dispatch.demo.life import Life
from dispatch.demo.plans import Answer
from dispatch.domain.vocabulary import Action, ContactReason, State

_LOOK = 4
"""So many of those who may have been asked look at their list, at most: not everybody does at once."""

_MINE: Query = {"assignee": "me", "state": State.OFFERED.value, "limit": 100}


async def offered(life: Life, order: View) -> View | None:
    """Answer an offer: one of those asked does, or nobody, or two at once, of whom one comes too late."""
    plan = life.plan
    if plan.recall_offer:
        plan.recall_offer = False
        return await secretaries.recall(life, order, "该党员临时有任务")
    answer = plan.answers.pop(0) if plan.answers else None
    if answer is Answer.FORGET and life.pace.hurried:  # no window passes today: the secretary sees it and asks another
        return await secretaries.recall(life, order, "久未接单")
    present = await life.client.get(f"/orders/{order['id']}", phone=life.cast.county_supervisor)
    asked = [] if answer is Answer.FORGET else await _asked(life, present)
    if not asked:  # not everybody looks at their telephone; the system asks the next
        return await life.moved(order)
    await life.rest(order, 10, 90)
    if answer is Answer.DECLINE:
        plan.by_hand = False  # the next one is asked by the system at once, unless others are asked already
        return await life.act(present, Action.DECLINE, life.cast.phones[asked[0]], reason="今天不在本地")
    return await _accept(life, present, asked)


async def _accept(life: Life, order: View, asked: list[str]) -> View | None:
    """Let those who answer accept at once: the first has it, and the others are told that it is taken."""
    accepting = [life.act(order, Action.ACCEPT, life.cast.phones[member]) for member in asked]
    for member, seen in zip(asked, await asyncio.gather(*accepting), strict=True):
        if seen is not None:
            life.handler = member
            life.plan.race = life.plan.race and len(asked) == 1
            return seen
    return None


async def _asked(life: Life, order: View) -> list[str]:
    """Return the codes of those who answer: the only one it is offered to, or who of several finds it in their list."""
    client, wanted = life.client, 2 if life.plan.race else 1
    if order["state"] != State.OFFERED.value:
        return []
    if order["asked"] == 1 and order["assignee"] is not None:
        return [order["assignee"]] if _comes(life, order["assignee"]) else []
    branch = order["branch"]
    some = life.named or life.cast.servants.get(branch["id"] if branch else "", [])
    found: list[str] = []
    for member in sorted(some, key=lambda one: not client.known(life.cast.phones[one]))[:_LOOK]:
        if len(found) < wanted and _comes(life, member):
            listed = await client.get("/orders", phone=life.cast.phones[member], query=_MINE)
            if any(item["id"] == order["id"] for item in listed["items"]):
                found.append(member)
    return found


def _comes(life: Life, member: str) -> bool:
    """Tell whether somebody looks at their telephone in time: so many can log in at once and no more."""
    return life.pace.hurried or not life.client.crowded or life.client.known(life.cast.phones[member])


async def accepted(life: Life, order: View) -> View | None:
    """See to the matter, unless somebody else is to, or the member can't."""
    plan, member = life.plan, life.cast.phones[life.handler]
    if plan.supervise:
        plan.supervise = False
        return await secretaries.urge(life, order)
    if plan.hand_back:
        plan.hand_back = False
        await life.rest(order, 30, 120)
        return await life.act(order, Action.HAND_BACK, member, reason="需要专业工具，请另派")
    if plan.recall_handling:
        plan.recall_handling = False
        return await secretaries.recall(life, order, "改由熟悉情况的党员办理")
    return await _handle(life, order, member)


async def _handle(life: Life, order: View, member: str) -> View | None:
    """Call the resident, see to the matter, and report the result."""
    plan = life.plan
    if await life.client.reveal(order, member, ContactReason.CALL) is None:  # that is put on record
        return None
    await life.rest(order, 10, 120)
    reached = await life.act(order, Action.CONTACT, member, how="phone", note="已与群众通话")
    if reached is None or (plan.pause and await _wait(life, reached, member) is None):
        return None
    await life.rest(order, 60, 300)
    if await life.act(order, Action.NOTE, member, text="已到现场查看") is None:
        return None
    await life.rest(order, 120, 1200)
    return await life.act(order, Action.RESOLVE, member, answer="已办理完毕，请您评价")


async def _wait(life: Life, order: View, member: str) -> View | None:
    """Wait for the resident, while the clocks of the promise stand still; they answer, or the handler goes on."""
    plan = life.plan
    plan.pause = False
    if Action.PAUSE.value not in order["actions"]:  # waited for once already, or every promise is missed
        return order
    paused = await life.act(order, Action.PAUSE, member, reason="群众不在家，约定晚些时候上门")
    if paused is None:
        return None
    if plan.answered:
        return await residents.come_home(life, paused)
    await life.rest(order, 30, 240)
    return await life.act(order, Action.RESUME, member, reason="邻居代为开门，继续办理")


async def resolved(life: Life, order: View) -> View | None:
    """Leave the verdict to the resident; the secretary closes an order that gets none."""
    await life.rest(order, 30, 600)
    if life.plan.close and not life.plan.reopen:
        return await secretaries.close(life, order)
    return await residents.judge(life, order)
