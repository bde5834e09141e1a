"""One request and everybody who has to do with it, from filing to its end, each through the API alone."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any

from dispatch.demo.board import Board
from dispatch.demo.cast import Cast
from dispatch.demo.client import API, Client, Query, View
from dispatch.demo.grids import ROOT
from dispatch.demo.pace import Pace
from dispatch.demo.plans import Answer, Neglect, Plan
from dispatch.demo.requests import DemoRequest
from dispatch.domain.vocabulary import Action, State, Urgency

MOST_STEPS = 60
"""After so many turns of one order nobody plays on: it would never end."""

_HURRIED_WAIT_S = 5.0  # with a plain clock the service itself acts within a second, or not at all today
_HURRIED_WAITS = 2
_SENT_TWICE = 10  # one request in so many is sent again, as by somebody whose connection broke
_HTTP_ERROR = 400
_WAITING = frozenset({State.ROUTED.value, State.OFFERED.value})
_ENDED = frozenset({State.WITHDRAWN.value, State.REDIRECTED.value, State.MERGED.value, State.PARKED.value})


@dataclass(frozen=True)
class Stage:
    """What all players share; ``run`` tells this play's Idempotency-Keys from those of others."""

    client: Client
    cast: Cast
    pace: Pace
    board: Board
    run: str


class Story:
    """The life of one order, turn by turn; its plan says who does what.

    Attributes:
        order: the order as it was last seen; None before it is filed.
        minute: of the day, when it is filed.
    """

    def __init__(self, stage: Stage, plan: Plan, request: DemoRequest, number: int) -> None:
        self.order: View | None = None
        self.minute = request.minute
        self._stage, self._plan, self._request, self._number = stage, plan, request, number
        self._client, self._cast, self._pace = stage.client, stage.cast, stage.pace
        self._rng = Random(f"{number}:{request.text}")
        homes = stage.cast.households
        self._household = homes[number % len(homes)] if plan.for_household else None
        self._code = ""
        self._assignee = ""
        self._done = False
        self._waits = 0
        if self._pace.hurried:
            plan.by_hand = True  # the secretary's window does not pass today

    async def file(self) -> None:
        """File the request; one in ten arrives twice at once under its key, and is one order all the same."""
        body = self._body()
        phone, household = None, self._household
        if household is not None:
            phone = household.carer_phone
            body["filed_for"] = {"household": household.code, "channel": "visit"}
        else:
            body["place"] = {"address": "老地方往东第二家"} if self._plan.vague else self._request.place
            body["contact"] = self._request.contact
        key = f"demo-{self._stage.run}-{self._number}"
        times = 2 if self._number % _SENT_TWICE == 0 else 1
        sent = (self._client.ask("POST", f"{API}/orders", phone=phone, key=key, json=body) for _ in range(times))
        answers = await asyncio.gather(*sent)
        for status, answer in answers:
            if status >= _HTTP_ERROR:
                raise self._client.unexpected("POST /orders", status, answer)
        if len({answer["id"] for _, answer in answers}) > 1:
            raise self._client.unexpected("POST /orders", answers[0][0], {"code": "filed_twice_under_one_key"})
        self.order = answers[0][1]
        self._code = self.order["query_code"]

    async def come(self) -> None:
        """Have whoever will probably be needed at their places before the day begins: logging in takes its time."""
        plan, household = self._plan, self._household
        if household is not None:
            await self._client.token(household.carer_phone)
        if plan.neglect is not Neglect.NONE or not plan.by_hand or plan.vague:
            return
        grid = household.grid if household is not None else (await self._located()) or ""
        branch = self._cast.probably(self._request.category, grid)
        if branch is not None:
            await self._client.token(self._cast.dispatcher(branch, own=plan.own_secretary))
            people = self._cast.servants.get(branch, ())
            for person in people[self._number % len(people) :][:1] if people else ():
                await self._client.token(self._cast.phones[person])

    async def _located(self) -> str | None:
        """Return the code of the grid that takes the place of the request, None for a place outside all."""
        located = await self._client.get("/grids/locate", query=_locatable(self._request.place))
        return None if located["grid"] is None else str(located["grid"]["code"])

    def _body(self) -> dict[str, Any]:
        category = self._request.category
        if self._plan.reroute:
            category = self._cast.siblings.get(category, category)
        return {"category": category, "text": self._request.text}

    async def play(self) -> None:
        """Let everybody act until the order has ended, the plan leaves it alone, or the play is over."""
        for _ in range(MOST_STEPS):
            order = self.order
            if order is None or self._done or self._pace.over.is_set() or order["state"] in _ENDED:
                return
            seen = await self._turn(order)
            if seen is None and not self._done:  # somebody was first, or it moved while we waited: look again
                await self._pace.rest(0.05)
                seen = await self._client.get(f"/orders/{order['id']}", code=self._code)
            self.order = seen or order

    async def _turn(self, order: View) -> View | None:
        turns = {
            State.RECEIVED: self._received,
            State.ROUTED: self._routed,
            State.OFFERED: self._offered,
            State.ACCEPTED: self._accepted,
            State.RESOLVED: self._resolved,
            State.CLOSED: self._closed,
        }
        state = State(order["state"])
        if order["state"] in _WAITING and self._neglected(order):
            return await self._left_alone(order)
        if state is self._plan.withdraw_when:
            await self._pace.pause(self._rng, order, 5, 30)
            return await self._act(order, Action.WITHDRAW, None, reason="已经自己解决了")
        return await turns[state](order)

    # Each turn returns the order as it then is, or None where it has to be looked at again.

    async def _received(self, order: View) -> View | None:
        await self._pace.pause(self._rng, order, 20, 90)
        grid = await self._located() or order["grid"]["code"]
        phone = self._dispatcher(order)
        return await self._act(
            order, Action.ROUTE, phone, grid=grid, reason="已向群众核实地点", version=order["version"]
        )

    async def _routed(self, order: View) -> View | None:
        plan = self._plan
        if plan.redirect:
            await self._pace.pause(self._rng, order, 10, 60)
            phone = self._dispatcher(order)
            return await self._act(
                order, Action.REDIRECT, phone, to="主管单位", reason="不属本系统办理，已告知办理途径"
            )
        if plan.reroute:
            await self._pace.pause(self._rng, order, 10, 60)
            seen = await self._act(
                order,
                Action.ROUTE,
                self._dispatcher(order),
                grid=order["grid"]["code"],
                category=self._request.category,
                reason="事项类别更正",
                version=order["version"],
            )
            plan.reroute = seen is None
            return seen
        if plan.by_hand or order["level"] > 0:
            return await self._offer(order)
        return await self._moved(order)

    async def _offer(self, order: View) -> View | None:
        """The secretary looks at the list, then at whom it could be offered to, and asks one."""
        await self._pace.pause(self._rng, order, 10, 60)
        phone = self._dispatcher(order)
        if order["urgency"] != Urgency.CRITICAL.value:
            query: Query = {"state": State.ROUTED.value, "grid": self._seat(order), "limit": 20}
            listed = await self._client.get("/orders", phone=phone, query=query)
            held = order["branch"]
            order = next((item for item in listed["items"] if item["id"] == order["id"]), order)
            if order["branch"] != held:  # it rose while the secretary slept
                return order
        candidates = await self._client.candidates(order, phone)
        free = [one["member"] for one in candidates or () if one["left_out"] is None]
        if candidates is None:
            return None
        if not free:  # nobody has room: the system asks again later, or it rises
            self._plan.by_hand = False
            return await self._moved(order)
        member = next((one for one in free if self._client.known(self._cast.phones[one])), free[0])
        seen = await self._act(order, Action.OFFER, phone, member=member, version=order["version"])
        if seen is not None:
            self._assignee = member
        return seen

    async def _offered(self, order: View) -> View | None:
        plan = self._plan
        if plan.recall_offer:
            plan.recall_offer = False
            return await self._act(order, Action.RECALL, self._dispatcher(order), reason="该党员临时有任务")
        answer = plan.answers.pop(0) if plan.answers else None
        if answer is Answer.FORGET:
            if self._pace.hurried:  # the member's window does not pass today: the secretary sees it and asks another
                return await self._act(order, Action.RECALL, self._dispatcher(order), reason="久未接单")
            return await self._moved(order)
        member = await self._asked(order)
        if self._client.crowded and not (self._client.known(member) or self._pace.hurried):
            return await self._moved(order)  # not everybody looks at their telephone; the system asks the next
        await self._pace.pause(self._rng, order, 10, 90)
        if answer is Answer.DECLINE:
            plan.by_hand = False  # the next one is asked by the system at once
            return await self._act(order, Action.DECLINE, member, reason="今天不在本地", version=order["version"])
        return await self._act(order, Action.ACCEPT, member, version=order["version"])

    async def _asked(self, order: View) -> str:
        """Return the telephone number of the member it is offered to; the ledger tells where the system chose."""
        events = await self._client.get(f"/orders/{order['id']}/events", phone=self._cast.county_supervisor)
        offers = [event for event in events["items"] if event["action"] == Action.OFFER.value]
        self._assignee = offers[-1]["assignee"] if offers else self._assignee
        return self._cast.phones[self._assignee]

    async def _accepted(self, order: View) -> View | None:
        plan, member = self._plan, self._cast.phones[self._assignee]
        if plan.supervise:
            plan.supervise = False
            phone = self._cast.supervisors.get(self._cast.township(self._seat(order)), "")
            phone = phone or self._cast.county_supervisor
            return await self._act(order, Action.SUPERVISE, phone, text="请抓紧办理，今天回告进展")
        if plan.hand_back:
            plan.hand_back = False
            await self._pace.pause(self._rng, order, 30, 120)
            return await self._act(order, Action.HAND_BACK, member, reason="需要专业工具，请另派")
        if plan.recall_handling:
            plan.recall_handling = False
            return await self._act(order, Action.RECALL, self._dispatcher(order), reason="改由熟悉情况的党员办理")
        # the handler opens it to see whom to call: that is put on record
        await self._client.get(f"/orders/{order['id']}", phone=member)
        await self._pace.pause(self._rng, order, 10, 120)
        if await self._act(order, Action.CONTACT, member, how="phone", note="已与群众通话") is None:
            return None
        await self._pace.pause(self._rng, order, 60, 300)
        if await self._act(order, Action.NOTE, member, text="已到现场查看") is None:
            return None
        await self._pace.pause(self._rng, order, 120, 1200)
        return await self._act(order, Action.RESOLVE, member, answer="已办理完毕，请您评价")

    async def _resolved(self, order: View) -> View | None:
        plan = self._plan
        await self._pace.pause(self._rng, order, 30, 600)
        if plan.reopen:
            plan.reopen = False
            return await self._act(order, Action.REOPEN, None, reason="问题又出现了")
        if plan.close:
            return await self._act(
                order, Action.CLOSE, self._dispatcher(order), reason="多次联系未回复，现场已核实办结"
            )
        if plan.grades:
            return await self._act(order, Action.RATE, None, grade=plan.grades.pop(0).value)
        self._done = True  # silence is an answer too, and no satisfaction
        return order

    async def _closed(self, order: View) -> View | None:
        self._done = True
        if not self._plan.late:
            return order
        await self._pace.pause(self._rng, order, 30, 300)
        return await self._act(order, Action.RATE, None, grade=self._plan.grades.pop(0).value)

    async def _act(self, order: View, action: Action, phone: str | None, **more: Any) -> View | None:
        """Act as the person with that telephone number, or as the resident where there is none."""
        return await self._client.act(order, action, phone=phone, code=None if phone else self._code, **more)

    def _seat(self, order: View) -> str:
        """Return the code of the grid where the branch sits that holds the order: whoever supervises is above it."""
        held, grid = order["branch"], str(order["grid"]["code"])
        return self._cast.seats.get(held["id"], grid) if held else grid

    def _dispatcher(self, order: View) -> str:
        branch = order["branch"]
        return self._cast.dispatcher(branch and branch["id"], own=self._plan.own_secretary)

    def _neglected(self, order: View) -> bool:
        neglect = self._plan.neglect
        if neglect is Neglect.NONE or (neglect is not Neglect.FOR_GOOD and order["listed"]):
            return False
        if neglect is Neglect.ONE_LEVEL:
            return bool(order["level"] == 0)
        at_root = order["level"] > 0 and self._cast.level_of(order["branch"] and order["branch"]["id"]) == ROOT
        return neglect is Neglect.FOR_GOOD or not at_root

    async def _left_alone(self, order: View) -> View | None:
        """Wait until it has risen far enough; what is forgotten for good, until the root has it listed."""
        if self._pace.hurried:
            self._done = True
            return order
        seen = await self._stage.board.wait(order, lambda now: bool(now["listed"]) or not self._neglected(now))
        self._done = seen is None or self._neglected(seen)
        return seen or order

    async def _moved(self, order: View) -> View | None:
        """Wait until the system has done something with it; with a plain clock only as long as that can take."""
        seen = await self._stage.board.wait(
            order,
            lambda now: bool(now["version"] > order["version"] and now["state"] in _WAITING),
            _HURRIED_WAIT_S if self._pace.hurried else None,
        )
        self._waits += 1
        self._plan.by_hand = self._pace.hurried
        self._done = seen is None and (not self._pace.hurried or self._waits > _HURRIED_WAITS)
        return seen or order


def _locatable(place: dict[str, str | float]) -> Query:
    return {"code" if key == "grid" else key: str(value) for key, value in place.items()}
