"""What will happen to one order, and when, if nobody does anything: the live ladder, driven ahead (DOMAIN §3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from dispatch.domain.choosing import Choice, Chooser
from dispatch.domain.clockwork import climb, followed, tick, wants_member
from dispatch.domain.foretelling import sentence
from dispatch.domain.ledger import microseconds
from dispatch.domain.order import Event, Notice, Order, Outcome
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import Action, BranchKind, Clock, Rung, State, Word
from dispatch.domain.world import World
from grid_model.matching import rank

MOST_SWEEPS = 1000
"""No forecast is longer: an order that is reminded of each working day for a year comes to a quarter of it."""

FARTHEST = timedelta(days=400)
"""How far ahead is looked."""

ASSUMED = (
    "假定无人采取任何行动，且各人的服务时段、请假、手头件数和各项规则一如今日",
    "assuming that nobody does anything, and that hours, leaves, loads and rules stay as they are set today",
)
"""What a forecast rests on, in Chinese and English."""


class End(Word):
    """Where a forecast ends."""

    REMINDED = (
        "reminded",
        "已挂牌督办，此后定期提醒，直到有人办理",
        "listed, and reminded from then on until somebody acts",
    )
    CLOSED = "closed", "已销号", "closed"
    QUIET = "quiet", "没有时限在计时", "no clock runs"
    HOMEWARD = "homeward", "急时状态结束，临时党支部交回后重新分派", "the emergency ends and its branch hands back"
    FAR = "far", "更远的将来未作推算", "what lies further ahead is not computed"


class Hearing(Word):
    """In what capacity somebody is told of a step."""

    ASKED = "asked", "被询问的承办人", "whoever is asked"
    RELEASED = "released", "此前被派的承办人", "whoever was asked before"
    HANDLER = "handler", "承办人", "whoever handles it"
    HOLDING = "holding", "派单支部书记", "the secretaries of the branch that holds it"
    SUPERVISING = "supervising", "督办支部书记", "the secretaries of the branch that supervises it"
    WATCHING = "watching", "定了期限的督办员", "the supervisor who set the day"


@dataclass(frozen=True, slots=True)
class Hearer:
    """Who is told of a step: so many people in one capacity, or the secretaries of one branch."""

    hearing: Hearing
    count: int
    branch_id: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that will happen.

    Attributes:
        missed: the clock that ran out.
        rung: how members are asked, with ``asked`` how many, ``members`` their codes, best first, and ``until`` when;
            None is until the order rises.
        state: the order's, after it.
        branch_id: which branch holds the order after it; ``supervisor_id`` which supervises it.
        zh: the sentence in Chinese, with its time; ``en`` in English.
    """

    at: datetime
    action: Action
    missed: Clock | None
    rung: Rung | None
    asked: int
    members: tuple[str, ...]
    until: datetime | None
    state: State
    branch_id: int | None
    supervisor_id: int | None
    level: int
    told: tuple[Hearer, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """The steps to the end of the ladder, and where they end; of the reminders only the first is a step."""

    steps: tuple[Step, ...]
    end: End


def forecast(order: Order, events: Sequence[Event], choosing: Chooser, now: datetime, world: World) -> Forecast:
    """Return what will happen to ``order`` from ``now`` on if nobody does anything.

    ``events`` are all of the order's, oldest first. ``choosing`` must know whoever may be asked, at the branch that
    holds the order and at every one above.

    Raises:
        RunawayClockError: a policy whose windows do not move time forward.
        NoWorkingTime: the calendar has no working time within 366 days.
    """
    ahead = _Ahead(choosing, order)
    ledger, steps, reminded, at, turned = list(events), list[Step](), set[Clock](), now, now
    for _ in range(MOST_SWEEPS):
        end = _end(order, reminded)
        if end is not None:
            return Forecast(tuple(steps), end)
        turn, due = _turn(order, turned, world), min(order.clocks.values())
        if turn is not None and turn < due:
            at = turned = turn
            if _temporary(order, world) and world.emergency_at(order.grid_id, turn) is None:
                return Forecast(tuple(steps), End.HOMEWARD)
            outcome = retimed(order, reckon(ledger), "emergency", at, world) or Outcome(order, (), ())
        else:
            at = max(at, due)
            if at > now + FARTHEST:
                break
            outcome = ahead.swept(order, at, world)
        for event in outcome.events:
            again = _reminds(event)
            if again not in reminded:
                steps.append(_step(event, outcome, ahead, now, world))
            reminded |= set() if again is None else {again}
        ledger += outcome.events
        order = outcome.order
    return Forecast(tuple(steps), End.FAR)


def _end(order: Order, reminded: set[Clock]) -> End | None:
    if not order.clocks:
        return End.CLOSED if order.state is State.CLOSED else End.QUIET
    return End.REMINDED if set(order.clocks) <= reminded else None


def _reminds(event: Event) -> Clock | None:
    """Which clock goes on for ever, where the event only reminds whoever stands at the top."""
    missed = event.data.get("missed")
    if missed is None or not (missed == Clock.REMIND.value or event.data.get("root")):
        return None
    return Clock(missed)


def _turn(order: Order, after: datetime, world: World) -> datetime | None:
    """When the next emergency begins or ends where the order lies: its deadlines are reckoned anew then."""
    here = (one for one in world.emergencies if world.tree.within(order.grid_id, one.grid_id))
    return min((turn for one in here for turn in (one.starts_at, one.ends_at) if turn > after), default=None)


def _temporary(order: Order, world: World) -> bool:
    """Whether a branch has to do with it that an emergency made: what it held goes home when that is over."""
    seats = (seat for seat in (order.branch_id, order.supervisor_id) if seat is not None)
    return any(world.branches.get(seat).kind is BranchKind.TEMPORARY for seat in seats)


class _Ahead:
    """Chooses members as the sweeps to come will: what they themselves do to loads and turns is counted."""

    def __init__(self, choosing: Chooser, order: Order) -> None:
        self._choosing = choosing
        self._holder = order.assignee_id if order.state in (State.OFFERED, State.ACCEPTED) else None
        self._served: dict[int, int] = {}
        self.codes: dict[int, str] = {}

    def swept(self, order: Order, at: datetime, world: World) -> Outcome:
        """What one sweep does."""
        outcome = tick(order, at, world)
        if wants_member(outcome.order, at):
            offered = climb(outcome.order, partial(self._choice, order.assignee_id, at), at, world)
            outcome = followed(outcome, offered, order)
        for event in outcome.events:
            if event.action is Action.OFFER and event.assignee_id is not None:
                self._served[event.assignee_id] = microseconds(event.at)
        return outcome

    def _choice(self, holder: int | None, at: datetime, order: Order, rung: Rung) -> Choice:
        """Whom a rung asks; the order counts for whoever has it when the sweep begins, and not for who has it now."""
        choice = self._choosing.choice(order, at, rung)
        self.codes |= {person: one.code for person, one in choice.people.items()}
        changed = {holder, self._holder, *self._served}
        if not any(one.person_id in changed for one in choice.candidates):
            return choice
        candidates = tuple(
            one._replace(
                load=one.load + (one.person_id == holder) - (one.person_id == self._holder),
                served_at=self._served.get(one.person_id, one.served_at),
            )
            for one in choice.candidates
        )
        ranked = rank(order.category, candidates, choice.weights, needs_room=choice.needs_room)
        return replace(choice, candidates=candidates, ranked=ranked)


def _step(event: Event, outcome: Outcome, ahead: _Ahead, now: datetime, world: World) -> Step:
    missed, kind = event.data.get("missed"), event.data.get("kind")
    offered = event.data.get("offered", ())
    until = event.data["clocks"].get(Clock.OFFER.value) if event.action is Action.OFFER else None
    zh, en = sentence(event, outcome.order, now, world)
    return Step(
        at=event.at,
        action=event.action,
        missed=None if missed is None else Clock(missed),
        rung=None if kind is None else Rung(kind),
        asked=len(offered),
        members=tuple(ahead.codes[person] for person in offered if person in ahead.codes),
        until=None if until is None else datetime.fromisoformat(until),
        state=event.to_state,
        branch_id=event.branch_id,
        supervisor_id=event.data["supervisor"],
        level=event.level,
        told=_told(event, outcome.notices),
        zh=zh,
        en=en,
    )


def _told(event: Event, notices: Sequence[Notice]) -> tuple[Hearer, ...]:
    found: dict[tuple[Hearing, int | None], int] = {}
    for notice in notices:
        if notice.version == event.version:
            key = (_hearing(event, notice), notice.branch_id)
            found[key] = found.get(key, 0) + 1
    return tuple(Hearer(hearing, count, branch) for (hearing, branch), count in found.items())


def _hearing(event: Event, notice: Notice) -> Hearing:
    if notice.person_id is None:
        return Hearing.HOLDING if notice.branch_id == event.branch_id else Hearing.SUPERVISING
    if notice.person_id in event.data.get("offered", ()):
        return Hearing.ASKED
    if notice.person_id in event.data.get("watching", ()):
        return Hearing.WATCHING
    return Hearing.HANDLER if event.to_state is State.ACCEPTED else Hearing.RELEASED
