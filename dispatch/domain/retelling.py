"""An order told anew by its events: what its row must say, as far as the ledger says it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from dispatch.domain.affairs import affairs_of
from dispatch.domain.offering import LEAVING
from dispatch.domain.order import Event
from dispatch.domain.vocabulary import STANDSTILLS, Action, Clock, Grade, Matter, Party, State, Urgency

_ENDS = frozenset({State.CLOSED, State.WITHDRAWN, State.REDIRECTED})

Told = dict[str, Any]


def retell(events: Iterable[Event]) -> Told:
    """Return the fields of an order as its events tell them, the first of which must be its submission.

    A field they don't tell is left out.

    Raises:
        KeyError, ValueError, TypeError: an event's data is not what the service writes.
    """
    told: Told = {}
    for event in events:
        if event.action is not Action.SUBMIT:
            _pass_on(told, event)
        _RETOLD.get(event.action, _nothing)(told, event)
        if event.to_state in _ENDS:
            told.update(ended_at=told["ended_at"] or event.at, listed=False)
        told.update(state=event.to_state, version=event.version, head=event.hash, level=event.level)
        told.update(branch_id=event.branch_id, assignee_id=event.assignee_id)
        told.update(clocks=_times(event.data["clocks"]), supervisor_id=event.data["supervisor"])
        _ask(told, event)
        _pause(told, event)
        told["affairs"] = affairs_of(event.data.get("affairs"))  # each event tells all of it
    return told


def _ask(told: Told, event: Event) -> None:
    """Who is asked, who said no, and where on the ladder it stands."""
    if event.to_state is not State.OFFERED:
        told["offered"] = ()
    elif event.action is Action.DECLINE:
        told["offered"] = tuple(one for one in told["offered"] if one != event.actor_id)
    if event.action in _NOES and event.actor_id is not None and event.data.get("because") not in LEAVING:
        told["declined"] = tuple(dict.fromkeys((*told["declined"], event.actor_id)))
    given_back = event.action in (Action.HAND_BACK, Action.RECALL, Action.WITHDRAW)
    if event.action in _AFRESH or (given_back and event.from_state in (State.ACCEPTED, State.PARKED)):
        told.update(rung=0, tried=())
    if event.action is Action.NOTE:
        told["rung"] = event.data.get("rung", told["rung"])


def _pause(told: Told, event: Event) -> None:
    """What stands still; that the resident is waited for at all is said by the pause itself."""
    if event.action in STANDSTILLS:
        told.update(paused_at=event.at, waited=told["waited"] or event.action is Action.PAUSE)
    elif event.action is Action.RESUME or event.to_state not in (State.ACCEPTED, State.PARKED):
        told["paused_at"] = None
    told["held"] = _times(event.data.get("held", {}))
    if "promises" in event.data:
        told["promises"] = _times(event.data["promises"])


_AFRESH = (Action.RETURN, Action.MERGE)
"""What takes the order from whoever was asked about it."""

_NOES = (Action.DECLINE, Action.HAND_BACK)


def _pass_on(told: Told, event: Event) -> None:
    held = told["branch_id"]
    if held is not None and event.branch_id != held:
        passed = dict.fromkeys((*told["co_branches"], held))
        told["co_branches"] = tuple(branch for branch in passed if branch != event.branch_id)


def _say(told: Told, data: Mapping[str, Any], field: str, word: str) -> None:
    """Take a field from an event's data; where the event doesn't say, nobody knows any more."""
    told.pop(field, None)
    if word in data:
        told[field] = data[word]


def _times(promises: Mapping[str, str]) -> dict[Clock, datetime]:
    return {Clock(name): datetime.fromisoformat(at) for name, at in promises.items()}


def _nothing(_told: Told, _event: Event) -> None:
    pass


def _submit(told: Told, event: Event) -> None:
    told.update(
        category=event.data["category"],
        urgency=Urgency(event.data["urgency"]),
        grid_id=event.data["grid"],
        promises=_times(event.data["promises"]),
        filed_by=event.actor_id,
        submitted_at=event.at,
        reopened=0,
        listed=False,
        co_branches=(),
        tried=(),
        grade=None,
        contacted_at=None,
        ended_at=None,
        rung=0,
        declined=(),
        promised_at=event.at,
        waited=False,
    )
    _say(told, event.data, "kind", "kind")


def _route(told: Told, event: Event) -> None:
    told.update(tried=(), rung=0)
    for field, word in (("grid_id", "grid"), ("category", "category")):
        if event.party is not Party.SYSTEM or word in event.data:  # the route at filing moves neither
            _say(told, event.data, field, word)
    if "promises" in event.data:  # a more urgent category brings earlier ones
        told["urgency"] = _urgency(told, event)
        told["promised_at"] = event.at if event.data.get("promised") else told["promised_at"]


def _offer(told: Told, event: Event) -> None:
    asked = tuple(event.data.get("offered", (event.assignee_id,)))
    told.update(offered=asked, tried=tuple(dict.fromkeys((*told["tried"], *asked))))
    told["rung"] = event.data.get("rung", told["rung"])


def _contact(told: Told, event: Event) -> None:
    told["contacted_at"] = told["contacted_at"] or event.at


def _rate(told: Told, event: Event) -> None:
    told["grade"] = Grade(event.data["grade"])


def _reopen(told: Told, event: Event) -> None:
    told.update(tried=(), rung=0, declined=(), waited=False, promised_at=event.at, reopened=told["reopened"] + 1)
    told.update(contacted_at=None, grade=None, ended_at=None, urgency=_urgency(told, event))


def _review(told: Told, event: Event) -> None:
    told.update(tried=(), rung=0, declined=(), waited=False, promised_at=event.at)
    told.update(contacted_at=None, grade=None, ended_at=None, urgency=_urgency(told, event))


def _refuse(told: Told, event: Event) -> None:
    if event.from_state is State.ROUTED:  # an order that was returned goes back
        told.update(tried=(), rung=0)


def _pass_up(told: Told, event: Event) -> None:
    if event.data.get("matter") == Matter.RETURN and not event.data.get("root"):
        told.update(tried=(), rung=0)


def _urgency(told: Told, event: Event) -> Urgency:
    return Urgency(event.data.get("urgency", told["urgency"]))


def _complex(told: Told, event: Event) -> None:
    told["urgency"] = Urgency(event.data["urgency"])


def _transfer(told: Told, event: Event) -> None:
    _say(told, event.data, "grid_id", "grid")


def _merge(told: Told, _event: Event) -> None:
    told["listed"] = False


def _escalate(told: Told, event: Event) -> None:
    if event.from_state is not State.ACCEPTED:  # there the member keeps it
        told.update(tried=(), rung=0)


def _supervise(told: Told, event: Event) -> None:
    told["listed"] = told["listed"] or event.data.get("listed") is True


_RETOLD: dict[Action, Callable[[Told, Event], None]] = {
    Action.SUBMIT: _submit,
    Action.ROUTE: _route,
    Action.OFFER: _offer,
    Action.CONTACT: _contact,
    Action.RATE: _rate,
    Action.REOPEN: _reopen,
    Action.ESCALATE: _escalate,
    Action.SUPERVISE: _supervise,
    Action.ABSORB: _supervise,
    Action.UNMERGE: _supervise,
    Action.REVIEW: _review,
    Action.REFUSE: _refuse,
    Action.PASS_UP: _pass_up,
    Action.COMPLEX: _complex,
    Action.MERGE: _merge,
    Action.TRANSFER: _transfer,
}
