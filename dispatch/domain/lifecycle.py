"""TABLE 1, the life of an order: from which state, what, by whom, to which state, and the clocks it moves.

The API, the SQL table ``lifecycle``, the pages, the documentation and the scheduler all read this table (DOMAIN §5).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dispatch.domain.vocabulary import WARNINGS, WORKED_ON, Action, Clock, Party, State

A, S, P, C = Action, State, Party, Clock

_UNDECIDED = (S.ROUTED, S.OFFERED, S.ACCEPTED, S.PARKED, S.RESOLVED, S.CLOSED)
_WAITING = (C.ACCEPT, C.DISPATCH, C.OFFER, C.REMIND)
_HANDLING = (C.CONTACT, C.RESOLVE, C.REMIND, C.RESUME)
_ALL = tuple(Clock)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that may happen: ``starts`` clocks begin to run, ``at_once`` are due already, ``stops`` end."""

    from_state: State
    action: Action
    parties: tuple[Party, ...]
    to_state: State
    starts: tuple[Clock, ...] = ()
    stops: tuple[Clock, ...] = ()
    at_once: tuple[Clock, ...] = ()


def _same(states: tuple[State, ...], action: Action, parties: tuple[Party, ...]) -> tuple[Row, ...]:
    """Rows that leave the state as it is."""
    return tuple(Row(state, action, parties, state) for state in states)


_DISPATCHERS = (P.SECRETARY, P.SUPERVISOR)
_EVERYBODY = (
    P.RESIDENT, P.OFFEREE, P.INVITEE, P.HANDLER, P.SECRETARY, P.SUPERVISOR, P.CO_HANDLER, P.ASSISTANT, P.SYSTEM,
)  # fmt: skip

TABLE: tuple[Row, ...] = (
    Row(S.NEW, A.SUBMIT, (P.RESIDENT,), S.RECEIVED, starts=(C.ACCEPT,)),
    # a desk says where it belongs; the system does so at once where the place is clear
    Row(S.RECEIVED, A.ROUTE, _DISPATCHERS, S.ROUTED, starts=(C.DISPATCH,)),
    Row(S.ROUTED, A.ROUTE, _DISPATCHERS, S.ROUTED, starts=(C.DISPATCH,)),
    Row(S.ROUTED, A.OFFER, (*_DISPATCHERS, P.SYSTEM), S.OFFERED, starts=(C.OFFER,), stops=(C.DISPATCH,)),
    Row(S.OFFERED, A.OFFER, _DISPATCHERS, S.OFFERED, starts=(C.OFFER,)),  # by hand, whoever is being asked
    # of several who are asked the first to accept has it
    Row(S.OFFERED, A.ACCEPT, (P.OFFEREE, P.INVITEE), S.ACCEPTED, starts=(C.CONTACT, C.RESOLVE), stops=_WAITING),
    # a decline costs nothing, and the next rung of the ladder is climbed at once, unless others are still asked
    Row(S.OFFERED, A.DECLINE, (P.OFFEREE,), S.ROUTED, stops=(C.OFFER,), at_once=(C.DISPATCH,)),
    Row(S.OFFERED, A.DECLINE, (P.INVITEE,), S.OFFERED),
    Row(S.OFFERED, A.RECALL, _DISPATCHERS, S.ROUTED, starts=(C.DISPATCH,), stops=(C.OFFER,)),
    # the window of this rung has passed
    Row(S.OFFERED, A.RECALL, (P.SYSTEM,), S.ROUTED, stops=(C.OFFER,), at_once=(C.DISPATCH,)),
    # the clocks of the promise run on: handing an order back and forth does not gain it time
    Row(S.ACCEPTED, A.HAND_BACK, (P.HANDLER,), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH), stops=(C.RESUME,)),
    Row(S.ACCEPTED, A.RECALL, _DISPATCHERS, S.ROUTED, starts=(C.ACCEPT, C.DISPATCH), stops=(C.RESUME,)),
    # who served through an emergency alone hands over when it ends; what a temporary branch held goes home
    Row(S.ACCEPTED, A.RECALL, (P.SYSTEM,), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH), stops=(C.RESUME,)),
    Row(S.RECEIVED, A.ROUTE, (P.SYSTEM,), S.ROUTED, starts=(C.DISPATCH,)),
    Row(S.ROUTED, A.ROUTE, (P.SYSTEM,), S.ROUTED, starts=(C.DISPATCH,)),
    Row(S.OFFERED, A.ROUTE, (P.SYSTEM,), S.ROUTED, starts=(C.DISPATCH,), stops=(C.OFFER,)),
    *_same((S.ACCEPTED, S.PARKED), A.ROUTE, (P.SYSTEM,)),
    # what is parked can't be taken up again by somebody who is gone
    Row(S.PARKED, A.RECALL, (P.SYSTEM,), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH), stops=(C.REVIEW,)),
    # while the resident is waited for, once and for a day at most, the clocks of the promise stand still
    Row(S.ACCEPTED, A.PAUSE, (P.HANDLER,), S.ACCEPTED, starts=(C.RESUME,)),
    Row(S.ACCEPTED, A.RESUME, (P.HANDLER, P.SYSTEM), S.ACCEPTED, stops=(C.RESUME,)),
    Row(S.ACCEPTED, A.CONTACT, (P.HANDLER,), S.ACCEPTED, stops=(C.CONTACT,)),
    *_same((S.RECEIVED, S.ROUTED, S.OFFERED, S.ACCEPTED, S.PARKED, S.RESOLVED, S.MERGED), A.NOTE, _EVERYBODY),
    Row(S.ACCEPTED, A.RESOLVE, (P.HANDLER,), S.RESOLVED, starts=(C.RATE,), stops=_HANDLING),
    # a pledge is rated by the branch that accepted it, whoever pledged
    Row(S.RESOLVED, A.RATE, (P.RESIDENT, P.SECRETARY), S.CLOSED, stops=_ALL),
    Row(S.CLOSED, A.RATE, (P.RESIDENT, P.SECRETARY), S.CLOSED),  # late, when it was closed for want of an answer
    Row(S.RESOLVED, A.REOPEN, (P.RESIDENT,), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH), stops=(C.RATE,)),
    Row(S.CLOSED, A.REOPEN, (P.RESIDENT, P.SYSTEM), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH)),
    Row(S.RESOLVED, A.CLOSE, (*_DISPATCHERS, P.SYSTEM), S.CLOSED, stops=_ALL),
    Row(S.RECEIVED, A.WITHDRAW, (P.RESIDENT,), S.WITHDRAWN, stops=_ALL),
    Row(S.ROUTED, A.WITHDRAW, (P.RESIDENT,), S.WITHDRAWN, stops=_ALL),
    Row(S.OFFERED, A.WITHDRAW, (P.RESIDENT,), S.WITHDRAWN, stops=_ALL),
    Row(S.ACCEPTED, A.WITHDRAW, (P.RESIDENT,), S.WITHDRAWN, stops=_ALL),
    Row(S.RECEIVED, A.REDIRECT, (*_DISPATCHERS, P.SYSTEM), S.REDIRECTED, stops=_ALL),
    Row(S.ROUTED, A.REDIRECT, _DISPATCHERS, S.REDIRECTED, stops=_ALL),
    # what is overdue rises; the clock that was missed runs anew for the level above
    Row(S.RECEIVED, A.ESCALATE, (P.SYSTEM,), S.RECEIVED),
    Row(S.ROUTED, A.ESCALATE, (P.SYSTEM,), S.ROUTED, starts=(C.DISPATCH,)),
    Row(S.OFFERED, A.ESCALATE, (P.SYSTEM,), S.ROUTED, starts=(C.DISPATCH,), stops=(C.OFFER,)),
    Row(S.ACCEPTED, A.ESCALATE, (P.SYSTEM,), S.ACCEPTED),
    # at the root it is listed (挂牌督办) and the root is reminded; it is never dropped and never loops
    *_same((S.RECEIVED, S.ROUTED, S.OFFERED, S.ACCEPTED, S.PARKED), A.SUPERVISE, (P.SUPERVISOR, P.SYSTEM)),
    *_same((S.RECEIVED, S.ROUTED, S.OFFERED, S.ACCEPTED), A.WARN, (P.SYSTEM,)),
    # the calendar or the policy changed: what is still open is reckoned anew, and the old promise stays on record
    *_same((S.RECEIVED, S.ROUTED, S.OFFERED, S.ACCEPTED, S.PARKED, S.RESOLVED), A.RETIME, (P.SYSTEM,)),
    # 退单: the superior has it then, and routes or dispatches it, or sends it back; the resident's clocks run on
    Row(S.ROUTED, A.RETURN, (P.SECRETARY,), S.ROUTED, starts=(C.DECIDE,), stops=(C.DISPATCH,)),
    Row(S.OFFERED, A.RETURN, (P.SECRETARY,), S.ROUTED, starts=(C.DECIDE,), stops=(C.DISPATCH, C.OFFER)),
    Row(S.ROUTED, A.REFUSE, (P.DECIDER,), S.ROUTED, starts=(C.DISPATCH,), stops=(C.DECIDE,)),
    # what is asked of the superior; the decision bears the name of what was asked
    Row(S.ACCEPTED, A.ASK, (P.HANDLER, P.SECRETARY), S.ACCEPTED, starts=(C.DECIDE,)),
    Row(S.ACCEPTED, A.EXTEND, (P.DECIDER,), S.ACCEPTED, stops=(C.DECIDE,)),
    Row(S.ACCEPTED, A.COMPLEX, (P.DECIDER,), S.ACCEPTED, stops=(C.DECIDE,)),
    Row(S.ACCEPTED, A.HOLD, (P.DECIDER,), S.ACCEPTED, stops=(C.DECIDE,)),
    Row(S.ACCEPTED, A.PARK, (P.DECIDER,), S.PARKED, stops=(C.DECIDE, C.REMIND, C.RESUME)),
    Row(S.ACCEPTED, A.REFUSE, (P.DECIDER,), S.ACCEPTED, stops=(C.DECIDE,)),
    *_same(_UNDECIDED, A.PASS_UP, (P.SYSTEM,)),  # nobody has decided in time
    # what is parked stays on the ledger and is taken up again by itself on its day
    Row(S.PARKED, A.RESUME, (P.HANDLER, P.SECRETARY, P.SUPERVISOR, P.SYSTEM), S.ACCEPTED, stops=(C.REVIEW,)),
    Row(S.PARKED, A.CONTACT, (P.HANDLER,), S.PARKED, stops=(C.CONTACT,)),
    Row(S.PARKED, A.WITHDRAW, (P.RESIDENT,), S.WITHDRAWN, stops=_ALL),
    # 吹哨: one leads, and any number of units answer beside it
    *_same((S.ROUTED, S.OFFERED, S.ACCEPTED), A.WHISTLE, (P.HANDLER, P.SECRETARY, P.SUPERVISOR)),
    *_same(WORKED_ON, A.ANSWER, (P.ASSISTANT,)),
    *_same(WORKED_ON, A.WAIVE, (P.SUPERIOR,)),
    # 并单: the one it is merged into answers for both, and both residents get the answer
    *(Row(s, A.MERGE, _DISPATCHERS, S.MERGED, stops=_ALL) for s in (S.ROUTED, S.OFFERED, S.ACCEPTED)),
    *_same((S.ROUTED, S.OFFERED, S.ACCEPTED), A.ABSORB, _DISPATCHERS),  # not while it stands still
    *_same(WORKED_ON, A.UNMERGE, (*_DISPATCHERS, P.SYSTEM)),  # of the one that took it in
    Row(S.MERGED, A.UNMERGE, (*_DISPATCHERS, P.SYSTEM), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH)),
    Row(S.MERGED, A.RESOLVE, (P.SYSTEM,), S.RESOLVED, starts=(C.RATE,)),
    Row(S.MERGED, A.WITHDRAW, (P.RESIDENT,), S.WITHDRAWN),
    # afterwards: somebody outside the branch asks how it went, and sends a poor result back
    *_same(_UNDECIDED, A.FOLLOW_UP, (P.SUPERIOR,)),
    Row(S.RESOLVED, A.REVIEW, (P.SUPERIOR,), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH), stops=(C.RATE,)),
    Row(S.CLOSED, A.REVIEW, (P.SUPERIOR,), S.ROUTED, starts=(C.ACCEPT, C.DISPATCH)),
    # a false rating, or an overdue that was nobody's fault here: two reviewers, and the fact itself stays
    *_same(_UNDECIDED, A.APPEAL, (P.HANDLER, P.SECRETARY, P.CO_HANDLER)),
    *_same(_UNDECIDED, A.JUDGE, (P.DECIDER,)),
    *_same((S.RECEIVED, S.ROUTED, S.OFFERED, S.ACCEPTED, S.PARKED, S.MERGED), A.URGE, (P.RESIDENT,)),
    # the tree of grids changed, and the order is carried over
    *_same(
        (S.RECEIVED, S.ROUTED, S.OFFERED, S.ACCEPTED, S.PARKED, S.RESOLVED, S.CLOSED, S.MERGED), A.TRANSFER, (P.SYSTEM,)
    ),
)

SYSTEM_ANSWER: dict[Clock, Action] = {
    Clock.ACCEPT: Action.ESCALATE,
    Clock.CONTACT: Action.ESCALATE,
    Clock.RESOLVE: Action.ESCALATE,
    Clock.REMIND: Action.SUPERVISE,
    Clock.RATE: Action.CLOSE,
    Clock.OFFER: Action.RECALL,
    Clock.DISPATCH: Action.OFFER,
    Clock.RESUME: Action.RESUME,
    Clock.DECIDE: Action.PASS_UP,
    Clock.ASSIST: Action.SUPERVISE,
    Clock.REVIEW: Action.RESUME,
    Clock.SUPERVISE: Action.SUPERVISE,
    **{warning: Action.WARN for pair in WARNINGS.values() for warning, _ in pair},
}
"""What the system does when a clock runs out."""


@cache
def _index() -> dict[tuple[State, Action, Party], Row]:
    return {(row.from_state, row.action, party): row for row in TABLE for party in row.parties}


@cache
def _parties_of() -> dict[Action, frozenset[Party]]:
    found: dict[Action, set[Party]] = {}
    for row in TABLE:
        found.setdefault(row.action, set()).update(row.parties)
    return {action: frozenset(parties) for action, parties in found.items()}


@cache
def _actions_in() -> dict[State, frozenset[Action]]:
    return {state: frozenset(row.action for row in TABLE if row.from_state is state) for state in State}


def row(state: State, action: Action, party: Party) -> Row | None:
    """Return the one row that lets ``party`` do ``action`` in ``state``, or None."""
    return _index().get((state, action, party))


def ever(action: Action) -> frozenset[Party]:
    """Return everybody who may do ``action`` in some state."""
    return _parties_of().get(action, frozenset())


def possible(state: State) -> frozenset[Action]:
    """Return what somebody may do in ``state``."""
    return _actions_in()[state]


def laws() -> Iterator[tuple[State, Action, Party, State]]:
    """Yield the table as the database holds it: one row for each party."""
    for item in TABLE:
        for party in item.parties:
            yield item.from_state, item.action, party, item.to_state


def mermaid() -> str:
    """Return the table as a Mermaid state diagram, for the README and the documentation."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for item in TABLE:
        if item.from_state is not item.to_state:
            labels = arrows.setdefault((item.from_state, item.to_state), [])
            if item.action.zh not in labels:
                labels.append(item.action.zh)
    used = [state for state in State if state is not State.NEW and any(state in pair for pair in arrows)]
    lines = ["stateDiagram-v2", *(f"    {state} : {state.zh} {state}" for state in used)]
    for (start, end), labels in arrows.items():
        left = "[*]" if start is State.NEW else start
        lines.append(f"    {left} --> {end} : {'、'.join(labels)}")
    lines.extend(f"    {state} --> [*]" for state in (State.CLOSED, State.WITHDRAWN, State.REDIRECTED))
    return "\n".join(lines) + "\n"
