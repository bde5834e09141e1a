"""Orders, events and notices as rows of their tables and back; the order of the columns is the tables' own.

A word is a text as it is, so that it needs no ``value``; on the way back a look into a dictionary finds it in a
twentieth of the time its class does, which counts where a sweep reads a hundred thousand orders.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from dispatch.domain.affairs import NONE, affairs_of, told_affairs
from dispatch.domain.order import Event, Notice, Order
from dispatch.domain.vocabulary import OPEN_STATES, Action, Clock, Grade, Party, State, Urgency

_STATES = {word.value: word for word in State}
_ACTIONS = {word.value: word for word in Action}
_PARTIES = {word.value: word for word in Party}
_URGENCIES = {word.value: word for word in Urgency}
_CLOCKS = {word.value: word for word in Clock}
_GRADES: dict[str | None, Grade | None] = {None: None, **{word.value: word for word in Grade}}


class Known(NamedTuple):
    """Somebody by their code, and by their name where it was read and is not erased."""

    code: str
    name: str | None


def known(row: Any, part: str) -> Known | None:
    """Return whom the columns ``<part>_code`` and, where there is one, ``<part>_name`` of a row tell of."""
    code = row[f"{part}_code"]
    return None if code is None else Known(code, row.get(f"{part}_name"))


def json(value: Any) -> str:
    """Return ``value`` as the text of a jsonb column."""
    return orjson.dumps(value).decode()


def ids(some: Iterable[int]) -> str:
    """Return the text of an array of ids: to give asyncpg hundreds of them as a list takes six times as long."""
    return f"{{{orjson.dumps(list(some)).decode()[1:-1]}}}"


def _times(clocks: Mapping[Clock, datetime]) -> str:
    return orjson.dumps(clocks, option=orjson.OPT_NON_STR_KEYS).decode() if clocks else "{}"


def _clocks(text: str, at: Callable[[str], datetime] = datetime.fromisoformat) -> dict[Clock, datetime]:
    return {_CLOCKS[name]: at(when) for name, when in orjson.loads(text).items()} if text != "{}" else {}


def order_row(order: Order) -> tuple[Any, ...]:
    """Return ``order`` as a row of ``orders``."""
    return (
        order.region,
        order.id,
        order.kind,
        order.state,
        order.version,
        order.category,
        order.urgency,
        order.grid_id,
        order.branch_id,
        order.supervisor_id,
        order.level,
        order.assignee_id,
        order.filed_by,
        order.household_id,
        order.reopened,
        order.listed,
        order.grade,
        order.contacted_at,
        order.submitted_at,
        order.ended_at,
        list(order.co_branches),
        list(order.tried),
        _times(order.clocks),
        _times(order.promises),
        *looked_for(order),
        order.head,
        order.rung,
        list(order.offered),
        list(order.declined),
        order.promised_at,
        order.paused_at,
        order.waited,
        _times(order.held),
        *set_apart(order),
    )


def set_apart(order: Order) -> tuple[str | None, int | None, list[int], int | None, str | None]:
    """Return what is rare in an order, and what lists look for in it: the last five columns of its row."""
    affairs = order.affairs
    if affairs is NONE or affairs == NONE:
        return None, None, [], None, None
    return (
        json(told_affairs(affairs)),
        None if affairs.pending is None else affairs.pending.decider,
        [one.branch for one in affairs.open_assists()] if order.state in OPEN_STATES else [],
        None if affairs.merged is None else affairs.merged.into,
        None if affairs.follow_up is None else affairs.follow_up.why,
    )


def looked_for(order: Order) -> tuple[str | None, datetime | None, datetime | None]:
    """Return what the sweeps and lists look for: the clock that is due first, when, and the next promise."""
    clock, promise = order.next_clock, order.next_promise
    if clock is None:
        return None, None, None if promise is None else promise[1]
    return clock[0], clock[1], None if promise is None else promise[1]


def order(row: Mapping[str, Any]) -> Order:
    """Return the order in a row of ``orders``."""
    return Order(
        region=row["region"],
        id=row["id"],
        kind=row["kind"],
        state=_STATES[row["state"]],
        version=row["version"],
        category=row["category"],
        urgency=_URGENCIES[row["urgency"]],
        grid_id=row["grid_id"],
        branch_id=row["branch_id"],
        supervisor_id=row["supervisor_id"],
        level=row["level"],
        assignee_id=row["assignee_id"],
        filed_by=row["filed_by"],
        household_id=row["household_id"],
        reopened=row["reopened"],
        listed=row["listed"],
        grade=_GRADES[row["grade"]],
        contacted_at=row["contacted_at"],
        submitted_at=row["submitted_at"],
        ended_at=row["ended_at"],
        co_branches=tuple(row["co_branches"]),
        tried=tuple(row["tried"]),
        clocks=_clocks(row["clocks"]),
        promises=_clocks(row["promises"]),
        head=row["head"],
        rung=row["rung"],
        offered=tuple(row["offered"]),
        declined=tuple(row["declined"]),
        promised_at=row["promised_at"],
        paused_at=row["paused_at"],
        waited=row["waited"],
        held=_clocks(row["held"]),
        affairs=NONE if row["affairs"] is None else affairs_of(orjson.loads(row["affairs"])),
    )


def event_row(event: Event) -> tuple[Any, ...]:
    """Return ``event`` as a row of ``events``."""
    return (
        event.region,
        event.order_id,
        event.version,
        event.at,
        event.due_at,
        event.action,
        event.party,
        event.actor_id,
        event.from_state,
        event.to_state,
        event.level,
        event.branch_id,
        event.assignee_id,
        json(dict(event.data)),
        event.request_key,
        event.hash,
    )


def text_row(event: Event) -> tuple[Any, ...]:
    """Return the texts of ``event`` as a row of ``event_texts``."""
    return (event.region, event.order_id, event.version, event.salt, json(dict(event.texts)))


def event(row: Mapping[str, Any]) -> Event:
    """Return the event in a row of ``events``, with its texts where the row carries them (columns salt, body)."""
    body = row.get("body")
    return Event(
        region=row["region"],
        order_id=row["order_id"],
        version=row["version"],
        at=row["at"],
        due_at=row["due_at"],
        action=_ACTIONS[row["action"]],
        party=_PARTIES[row["party"]],
        actor_id=row["actor_id"],
        from_state=_STATES[row["from_state"]],
        to_state=_STATES[row["to_state"]],
        level=row["level"],
        branch_id=row["branch_id"],
        assignee_id=row["assignee_id"],
        data=orjson.loads(row["data"]),
        request_key=row["request_key"],
        hash=row["hash"],
        texts={} if body is None else orjson.loads(body),
        salt=bytes(row.get("salt") or b""),
    )


def notice_rows(after: Order, notices: tuple[Notice, ...], now: datetime, send_at: datetime) -> list[tuple[Any, ...]]:
    """Return ``notices`` of one order as rows of ``outbox``, to be sent not before ``send_at``."""
    return [
        (
            after.region,
            after.id,
            notice.version,
            place,
            notice.notice,
            notice.person_id,
            notice.branch_id,
            now,
            send_at,
            None,
        )
        for place, notice in enumerate(notices)
    ]
