"""How an order begins: submitted, and at once routed or redirected where that is clear (DOMAIN §4)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dispatch.domain.acting import chained, done
from dispatch.domain.affairs import NONE, Affairs
from dispatch.domain.effects import more_urgent, routed, to_unit
from dispatch.domain.holding import owner_of
from dispatch.domain.kinds import ways
from dispatch.domain.ladder import fitted, ladder_of
from dispatch.domain.ledger import GENESIS, digest, written
from dispatch.domain.notices import notices
from dispatch.domain.order import SYSTEM, Actor, Command, Event, Member, Order, Outcome
from dispatch.domain.timing import bases_of, on_day, own, promised, put, told_set
from dispatch.domain.values import changed, value
from dispatch.domain.vocabulary import Action, Clock, Owner, Party, State, Urgency
from dispatch.domain.world import Tier, World
from grid_model.places import Found, Located
from grid_model.routing import DESKS, Route, Rule, Step, Verdict, route


@value(frozen=True)
class Filing:
    """What is filed: ``found`` is where, ``contents`` what the resident told us (the erasable part).

    Attributes:
        unit: the branch it goes to, for what is not routed by its place; ``found`` is then the branch's own grid.
        due: the day until which the result is promised, for what names one.
        member: who is to do it, for what names somebody: it is offered to them at once.
        photos: the salted digests of the photos that come with it.
    """

    region: int
    id: int
    kind: str
    category: str
    urgency: Urgency | None
    found: Found
    contents: Mapping[str, Any]
    filed_by: int | None
    household_id: int | None
    channel: str | None
    salt: bytes
    request_key: bytes | None
    unit: int | None = None
    due: date | None = None
    member: Member | None = None
    photos: tuple[str, ...] = ()


def file_order(filing: Filing, now: datetime, world: World) -> Outcome:
    """Return the new order with its first events: submit, then route or redirect where the system can say so itself."""
    category = world.categories[filing.category]
    kind = ways(filing.kind)
    urgency = kind.urgency
    if urgency is None:  # raised by the filer, never lowered
        asked = filing.urgency
        urgency = category.urgency if asked is None or not more_urgent(asked, category.urgency) else asked
    grid_id = world.tree.root.id if filing.found.grid_id is None else filing.found.grid_id
    way = _way(filing, grid_id, world)
    # what belongs elsewhere is told so at once, and nothing else is promised
    tier = Tier(urgency, filing.category, grid_id)
    fresh = {} if category.owner is Owner.ELSEWHERE else promised(tier, now, world, filing.kind)
    if filing.due is not None:
        fresh[Clock.RESOLVE] = on_day(filing.due, now, grid_id, world)
    promises = {clock: one.due for clock, one in fresh.items()}
    clocks: dict[Clock, datetime] = {}
    if fresh:
        put(clocks, Clock.ACCEPT, fresh[Clock.ACCEPT], grid_id, now, world)
    order = Order(
        region=filing.region,
        id=filing.id,
        kind=filing.kind,
        state=State.RECEIVED,
        version=1,
        category=filing.category,
        urgency=urgency,
        grid_id=grid_id,
        branch_id=way.branch_id,
        supervisor_id=way.branch_id,
        level=0,
        assignee_id=None,
        filed_by=filing.filed_by,
        household_id=filing.household_id,
        reopened=0,
        listed=False,
        grade=None,
        contacted_at=None,
        submitted_at=now,
        ended_at=None,
        co_branches=(),
        tried=(),
        clocks=clocks,
        promises=promises,
        head=GENESIS,
        rung=0,
        offered=(),
        declined=(),
        promised_at=now,
        paused_at=None,
        waited=False,
        held={},
        affairs=NONE if filing.due is None else Affairs(lengthened=str(fresh[Clock.RESOLVE].basis.length)),
    )
    bases = bases_of(fresh)
    data: dict[str, Any] = {
        "kind": filing.kind,
        "category": filing.category,
        "urgency": urgency.value,
        "grid": grid_id,
        "place": {"rule": str(filing.found.rule), "candidates": list(filing.found.candidates)},
        **written(
            {"promises": promises, "promised": bases, "set": {c: one for c, one in bases.items() if c in clocks}}
        ),
        "contents": digest(filing.salt, filing.contents),
    }
    if filing.filed_by is not None and kind.for_others:  # for which household lies apart: the ledger can't be erased
        data["filed_for"] = {"channel": filing.channel}
    if filing.photos:
        data["photos"] = list(filing.photos)
    submit = Command(Action.SUBMIT, request_key=filing.request_key)
    filer = Actor(person_id=filing.filed_by)
    event = chained(GENESIS, order, State.NEW, submit, Party.RESIDENT, filer, now, data)
    events: list[Event] = [event]
    if category.owner is Owner.ELSEWHERE:
        order = changed(order, head=event.hash, state=State.REDIRECTED, version=2, clocks={}, ended_at=now)
        events.append(_follows(order, Action.REDIRECT, {"advice": filing.category}, now))
    elif (
        filing.found.rule is not Located.UNKNOWN and way.branch_id is not None and _takes(way.branch_id, filing, world)
    ):
        rungs, accept = len(ladder_of(order, now, world)), order.clocks.get(Clock.ACCEPT)
        window = fitted(own(Clock.DISPATCH, tier, now, world), rungs, urgency, accept, now)
        clocks = {**order.clocks, Clock.DISPATCH: window.due}
        order = changed(order, head=event.hash, state=State.ROUTED, version=2, clocks=clocks)
        events.append(_follows(order, Action.ROUTE, {**routed(way), "set": told_set({Clock.DISPATCH: window})}, now))
        if filing.member is not None:
            order = changed(order, head=events[-1].hash)
            naming = Command(Action.OFFER, members=(filing.member,), data={"because": "named"})
            order, event = done(order, naming, Party.SYSTEM, SYSTEM, now, world)
            events.append(event)
    order = changed(order, head=events[-1].hash)
    return Outcome(order, tuple(events), notices(None, order, events))


def _follows(order: Order, action: Action, data: dict[str, Any], now: datetime) -> Event:
    """Return what the system does with an order that was submitted just now, and so is as ``order`` says."""
    return chained(order.head, order, State.RECEIVED, Command(action), Party.SYSTEM, SYSTEM, now, data)


def _takes(branch_id: int, filing: Filing, world: World) -> bool:
    """Whether a branch may dispatch it: a department's matter is only a desk's, however a county is set up."""
    return owner_of(filing.category, world) is not Owner.DEPARTMENT or world.branches.get(branch_id).kind in DESKS


def _way(filing: Filing, grid_id: int, world: World) -> Route:
    """Where it goes: to the branch that was named, or along the tree.

    From outside everything, or from an unknown place, it goes to the root's desk (兜底).
    """
    owner = owner_of(filing.category, world)
    if filing.unit is not None:
        return to_unit(filing.unit, grid_id, filing.category, world)
    if filing.found.rule not in (Located.OUTSIDE, Located.UNKNOWN):
        way = route(world.tree, world.branches, grid_id, filing.category, owner.value)
        if way.branch_id is not None:
            return way
    root = world.tree.root.id
    desk = world.branches.nearest(root, filing.category, Owner.DEPARTMENT.value)
    desk = desk or world.branches.nearest(root, filing.category, Owner.GRID.value)
    chosen = None if desk is None else desk.id
    verdict = Verdict.NO_BRANCH if chosen is None else Verdict.CHOSEN
    return Route(chosen, Rule.FALLBACK_ROOT, (Step(root, chosen, verdict),))
