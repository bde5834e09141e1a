"""What the residents do: file a request (点单), be there when they are waited for, give their verdict (评价)."""

import asyncio
from typing import Any

from dispatch.demo.client import API, View
from dispatch.demo.life import Life
from dispatch.domain.vocabulary import Action

_SENT_TWICE = 10  # one request in so many is sent again, as by somebody whose connection broke
_HTTP_ERROR = 400


async def file(life: Life) -> None:
    """File the request; one in ten arrives twice at once under its key, and is one order all the same.

    Raises:
        UnexpectedError: the service refused it, or made two orders of it.
    """
    body = _body(life)
    phone, household, client = None, life.household, life.client
    if household is not None:
        phone = household.carer_phone
        body["filed_for"] = {"household": household.code, "channel": "visit"}
    else:
        body["place"] = {"address": "老地方往东第二家"} if life.plan.vague else life.request.place
        body["contact"] = life.request.contact
    key = f"demo-{life.stage.run}-{life.number}"
    times = 2 if life.number % _SENT_TWICE == 0 else 1
    sent = (client.ask("POST", f"{API}/orders", phone=phone, key=key, json=body) for _ in range(times))
    answers = await asyncio.gather(*sent)
    for status, answer in answers:
        if status >= _HTTP_ERROR:
            raise client.unexpected("POST /orders", status, answer)
    if len({answer["id"] for _, answer in answers}) > 1:
        raise client.unexpected("POST /orders", answers[0][0], {"code": "filed_twice_under_one_key"})
    life.order = answers[0][1]
    life.code = life.order["query_code"]


def _body(life: Life) -> dict[str, Any]:
    category = life.request.category
    if life.plan.reroute:
        category = life.cast.siblings.get(category, category)
    return {"category": category, "text": life.request.text}


async def withdraw(life: Life, order: View) -> View | None:
    """Take the request back."""
    await life.rest(order, 5, 30)
    return await life.act(order, Action.WITHDRAW, None, reason="已经自己解决了")


async def come_home(life: Life, order: View) -> View | None:
    """Answer whoever waits for them: with that the clocks run on."""
    await life.rest(order, 30, 240)
    return await life.act(order, Action.NOTE, None, text="我已经到家，现在可以上门")


async def judge(life: Life, order: View) -> View | None:
    """Say what they think of the result, or nothing."""
    plan = life.plan
    if plan.reopen:
        plan.reopen = False
        return await life.act(order, Action.REOPEN, None, reason="问题又出现了")
    if plan.grades:
        return await life.act(order, Action.RATE, None, grade=plan.grades.pop(0).value)
    life.done = True  # silence is an answer too, and no satisfaction
    return order


async def closed(life: Life, order: View) -> View | None:
    """Leave it at that, or give the verdict after it was closed without."""
    life.done = True
    if not life.plan.late:
        return order
    await life.rest(order, 30, 300)
    return await life.act(order, Action.RATE, None, grade=life.plan.grades.pop(0).value)
