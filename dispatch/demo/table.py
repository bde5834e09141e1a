"""What became of the day, as the API tells it: a row for each township, in the order of their codes."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from dispatch.demo.cast import Cast
from dispatch.demo.client import Client, View
from dispatch.demo.grids import COUNTY, ROOT, TOWNSHIP, VILLAGE
from dispatch.domain.vocabulary import OPEN_STATES, Action, Clock, Grade, Party, State

LEAST_ANSWERS = 10
"""With fewer verdicts no rate is shown (DOMAIN §5)."""

_SATISFIED = {Grade.VERY_SATISFIED.value, Grade.SATISFIED.value, Grade.FAIR.value}
_EVENTS_AT_ONCE = 200


@dataclass
class Row:
    """The figures of one township, or of the county: every order filed is in exactly one of the last four.

    Attributes:
        code: the grid's code; the county's own for what lies outside every township or has no clear place.
        name: the grid's name.
        filed: orders filed.
        in_time: orders accepted within the promise made when they were filed.
        risen: orders that rose when a clock ran out, by the highest level of the tree that they reached.
        listed: orders that were listed for supervision (挂牌督办) at the root.
        reopened: orders done again.
        ratings: verdicts by grade.
        resolved: orders whose result stands: waiting for the verdict, or closed.
        withdrawn: orders taken back.
        redirected: orders told where they belong.
        unfinished: orders on which something is still owed.
    """

    code: str
    name: str
    filed: int = 0
    in_time: int = 0
    risen: Counter[int] = field(default_factory=Counter)
    listed: int = 0
    reopened: int = 0
    ratings: Counter[str] = field(default_factory=Counter)
    resolved: int = 0
    withdrawn: int = 0
    redirected: int = 0
    unfinished: int = 0

    @property
    def answered(self) -> int:
        """How many verdicts were given."""
        return self.ratings.total()

    @property
    def satisfied(self) -> float | None:
        """The part of the verdicts that are one of the upper three; None where too few answered."""
        if self.answered < LEAST_ANSWERS:
            return None
        return sum(count for grade, count in self.ratings.items() if grade in _SATISFIED) / self.answered

    def count(self, order: View, events: list[dict[str, Any]], cast: Cast) -> None:
        """Count one order, as it is and as its events tell."""
        state = State(order["state"])
        self.filed += 1
        self.resolved += state in (State.RESOLVED, State.CLOSED)
        self.withdrawn += state is State.WITHDRAWN
        self.redirected += state is State.REDIRECTED
        self.unfinished += state in OPEN_STATES
        self.in_time += _in_time(events)
        actions = Counter(event["action"] for event in events)
        self.reopened += actions[Action.REOPEN] > 0
        self.listed += any(event["action"] == Action.SUPERVISE and event["data"].get("listed") for event in events)
        self.ratings.update(event["data"]["grade"] for event in events if event["action"] == Action.RATE)
        reached = list(_reached(order, events, cast))
        if reached:
            self.risen[min(reached)] += 1


def _in_time(events: list[dict[str, Any]]) -> bool:
    promised = events[0]["data"]["promises"].get(Clock.ACCEPT.value)  # none where it was redirected at once
    first = next((event["at"] for event in events if event["action"] == Action.ACCEPT), None)
    return (
        first is not None and promised is not None and first <= promised
    )  # both are UTC in one form, so that text compares as time


def _reached(order: View, events: list[dict[str, Any]], cast: Cast) -> Iterable[int]:
    """Yield the levels of the branches it rose to; one that is handled stays, and its supervision rises.

    The same holds for one that waits for a member anew when contact or the result was due.
    """
    for event in events:
        rose = event["action"] == Action.ESCALATE
        by_system = event["action"] == Action.SUPERVISE and event["party"] == Party.SYSTEM
        if rose or (by_system and not event["data"].get("listed")):
            supervised = by_system or event["to"] == State.ACCEPTED
            branch = order["supervisor"] if supervised else event["branch"]
            yield cast.level_of(branch and branch["id"])


@dataclass
class Figures:
    """The whole day: a row each, their sum, and how often each action was done.

    Attributes:
        rows: the county's own row first, then the townships by code.
        total: the sum of the rows.
        actions: events by action.
        missing: how many of the orders the API no longer lists.
    """

    rows: list[Row]
    total: Row
    actions: Counter[str]
    missing: int


async def figures(client: Client, cast: Cast, filed: Collection[str], since: str) -> Figures:
    """Ask the API, as the county's supervisor, what became of the orders ``filed``.

    Args:
        client: how the API is asked.
        cast: who is who.
        filed: the orders' ids.
        since: when the first of them was filed, as the API wrote it.

    Raises:
        UnexpectedError: the service refused.
    """
    rows = {code: Row(code, cast.names[code]) for code in (COUNTY, *cast.townships)}
    total = Row("", "")
    actions: Counter[str] = Counter()
    wanted = set(filed)
    found: list[View] = []
    async for order in client.pages(cast.county_supervisor, grid=COUNTY):
        if order["submitted_at"] < since:
            break
        if order["id"] in wanted:
            found.append(order)
    for begin in range(0, len(found), _EVENTS_AT_ONCE):
        some = found[begin : begin + _EVENTS_AT_ONCE]
        paths = (f"/orders/{order['id']}/events" for order in some)
        histories = await asyncio.gather(*(client.get(path, phone=cast.county_supervisor) for path in paths))
        for order, history in zip(some, histories, strict=True):
            events = history["items"]
            actions.update(event["action"] for event in events)
            for row in (rows[cast.township(order["grid"]["code"])], total):
                row.count(order, events, cast)
    return Figures(list(rows.values()), total, actions, len(wanted) - len(found))


_COLUMNS = (
    ("点单", "filed"),
    ("按时", "time"),
    ("升村", "vill"),
    ("升镇", "town"),
    ("升县", "cnty"),
    ("挂牌", "list"),
    ("办结", "done"),
    ("评价", "rate"),
    ("满意", "sat."),
    ("撤单", "back"),
    ("转告", "away"),
    ("在办", "open"),
)
"""Narrow, so that the table fits a terminal of 80 columns: a name and twelve numbers; the words below explain them."""

_EXPLAINED = (
    (
        "县级：在县外或地点不明。按时：首次接单不晚于点单时的承诺。升村、升镇、升县：超时上升的工单，按到过的最高一级计。"
        f"挂牌：县里挂牌督办。满意：评价中前三级所占，不足 {LEAST_ANSWERS} 人评价的不显示。办结+撤单+转告+在办=点单。"
    ),
    (
        "county: outside every township, or no clear place. time: first accepted no later than promised at filing. "
        "vill, town, cnty: rose when a clock ran out, by the highest level reached. list: listed for supervision at "
        f"the county. sat.: the upper three grades out of all, not shown under {LEAST_ANSWERS}. back: withdrawn. away: "
        "redirected. done + back + away + open = filed."
    ),
)


def show(console: Console, found: Figures, lang: str) -> None:
    """Print the table."""
    place = 1 if lang == "en" else 0
    table = Table(title=("县里的一天", "A day of the county")[place], box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(("乡镇", "township")[place], no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column[place], justify="right", min_width=4, no_wrap=True)
    for row in found.rows:
        name = ("县级", "county")[place] if row.code == COUNTY else row.name
        if row.filed or row.code != COUNTY:
            table.add_row(name, *_cells(row))
    table.add_row(("合计", "total")[place], *_cells(found.total), style="bold")
    console.print(table)
    console.print(_EXPLAINED[place], style="dim", highlight=False)
    words = (f"{action.en if place else action.zh} {found.actions[action]}" for action in Action)
    console.print(("动作：", "actions: ")[place] + ("、", ", ")[place].join(words), highlight=False)


def _cells(row: Row) -> list[str]:
    levels = (row.risen[VILLAGE], row.risen[TOWNSHIP], row.risen[ROOT])
    satisfied = "-" if row.satisfied is None else f"{row.satisfied:.0%}"
    numbers = [row.filed, row.in_time, *levels, row.listed, row.resolved, row.answered]
    ends = [row.withdrawn, row.redirected, row.unfinished]
    return [*(str(number or "-") for number in numbers), satisfied, *(str(number or "-") for number in ends)]
