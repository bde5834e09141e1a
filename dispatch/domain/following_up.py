"""After the result: grades, follow-ups, what is sent back, appeals; a fact once stated stays (DOMAIN §5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from dispatch.domain import errors
from dispatch.domain.affairs import Affairs, FollowUp, Pending, Vote
from dispatch.domain.deciding import decider_of
from dispatch.domain.deeds import Deed, Effect, not_now
from dispatch.domain.holding import held_by, may_take, standing
from dispatch.domain.kinds import ways
from dispatch.domain.ledger import told
from dispatch.domain.offering import FROM_THE_START
from dispatch.domain.order import Actor, Order
from dispatch.domain.timing import own, promised, tier_of
from dispatch.domain.vocabulary import Action, AppealSubject, Clock, FollowUpWhy, Grade, Matter, Party, State, Urgency
from dispatch.domain.world import World

POOR = frozenset({Grade.DISSATISFIED, Grade.VERY_DISSATISFIED})
"""The grades that reopen an order one level higher, once (DOMAIN §5)."""

REOPEN_WITHIN = timedelta(days=30)
"""How long after its end an order may be done again, on the resident's word or the superior's (ours)."""

SAMPLE_PERCENT = 10
"""How many of a hundred closed orders are followed up whatever their grade (ours)."""

MOST_TRIES = 3
"""How often a resident who can't be reached is called; after that the follow-up ends as not reached (ours)."""

AGREEING = 2
"""So many reviewers must agree, either way, before an appeal is decided."""


def rate(deed: Deed) -> Effect:
    """Take the one grade of this result, and say who gave it for whom."""
    order, grade = deed.order, deed.command.grade
    if order.grade is not None:
        raise not_now(order, Action.RATE)
    if not may_rate(order, deed.actor, deed.party):
        raise errors.NotYours
    if grade is None:
        raise errors.Invalid(errors.fault("grade", "请选择评价等级", "choose one of the five grades"))
    # who filed for somebody else holds the query code too, so their own work's grade is told apart
    through = "resident" if order.filed_by is None else "handler" if order.filed_by == order.assignee_id else "other"
    through = ways(order.kind).through or through
    handlers = dict.fromkeys((*order.affairs.graded_handlers, order.assignee_id))
    affairs = replace(
        _was_listed(order),
        graded=(*order.affairs.graded, grade.value),
        graded_handlers=tuple(person for person in handlers if person is not None),
    )
    if grade in POOR and ways(order.kind).followed_up:
        affairs = _to_follow_up(order, affairs, FollowUpWhy.DISSATISFIED, deed)
    elif order.state is State.RESOLVED and _drawn(deed):  # one that was closed before was drawn then, or was not
        affairs = _to_follow_up(order, affairs, FollowUpWhy.SAMPLE, deed)
    return Effect({"grade": grade, "affairs": affairs}, {"grade": grade.value, "through": through})


def may_rate(order: Order, actor: Actor, party: Party) -> bool:
    """Tell whether ``actor`` may still rate: one grade a result, nobody their own work, a branch only a pledge."""
    if order.grade is not None or (actor.person_id is not None and actor.person_id == order.assignee_id):
        return False
    return party is ways(order.kind).rater


def may_close(order: Order, actor: Actor) -> bool:
    """Tell whether ``actor`` may close the order unrated: nobody what they pledged themselves."""
    return not ways(order.kind).own or actor.person_id is None or actor.person_id != order.assignee_id


def close(deed: Deed) -> Effect:
    """Close an order; of those without a word from the resident some are drawn, and these are asked."""
    order = deed.order
    if not may_close(order, deed.actor):
        raise errors.NotYours
    affairs = _was_listed(order)
    if order.grade is None and _drawn(deed):
        affairs = _to_follow_up(order, affairs, FollowUpWhy.SAMPLE, deed)
    return Effect({"affairs": affairs})


def _was_listed(order: Order) -> Affairs:
    """What is left of the fact that it was listed for supervision: the list ends with the order, the fact does not."""
    return replace(order.affairs, was_listed=True) if order.listed else order.affairs


def _drawn(deed: Deed) -> bool:
    """Whether the result is in the sample: by a lot that nobody sees, so that nobody can act until it is not drawn."""
    order = deed.order
    result = f"{order.region}.{order.id}.{order.promised_at.timestamp()}".encode()
    lot = blake2b(result, digest_size=4, key=deed.world.lot).digest()
    return ways(order.kind).followed_up and int.from_bytes(lot) % 100 < SAMPLE_PERCENT


def _to_follow_up(order: Order, affairs: Affairs, why: FollowUpWhy, deed: Deed) -> Affairs:
    """Of two reasons to ask the resident the graver stays, of two of a sort the later; tries begin anew with it."""
    wanted, merged = affairs.follow_up, affairs.merged
    if wanted is not None and wanted.why is FollowUpWhy.DISSATISFIED and why is FollowUpWhy.SAMPLE:
        return affairs
    # the result of a merged order is the work of the branch that led
    branch = order.branch_id if merged is None or merged.branch is None else merged.branch
    return replace(affairs, follow_up=FollowUp(why, deed.now, branch, order.assignee_id))


def follow_up(deed: Deed) -> Effect:
    """Note what the resident says when asked, solved or not; whoever can't be reached is tried again on another day."""
    order, wanted = deed.order, deed.order.affairs.follow_up
    if wanted is None:
        raise not_now(order, Action.FOLLOW_UP)
    reached = bool(deed.command.data.get("reached"))
    local = deed.world.calendar_at(order.grid_id).local
    again = wanted.tried_at is not None and local(wanted.tried_at).date() == local(deed.now).date()
    tries = wanted.tries + (not again)  # who is not at home in the morning may be at noon: a day is one try
    over = reached or tries >= MOST_TRIES
    wanted_still = None if over else replace(wanted, tries=tries, tried_at=deed.now)
    affairs = replace(order.affairs, follow_up=wanted_still)
    words: dict[str, Any] = {"why": wanted.why.value, "tries": tries}
    if reached:
        if deed.command.agrees is None:
            raise errors.Invalid(errors.fault("solved", "请填写问题是否已解决", "say whether it was solved"))
        words["solved"] = deed.command.agrees
    return Effect({"affairs": affairs}, words)


def review(deed: Deed) -> Effect:
    """Send a poor result back to the branch that handled it, with new promises; the old ones stay on record."""
    order, world = deed.order, deed.world
    if not may_review(order, deed.now):
        raise not_now(order, Action.REVIEW)
    urgency = urgency_afresh(order)
    fresh = promised(replace(tier_of(order), urgency=urgency), deed.now, world, order.kind)
    promises = {clock: one.due for clock, one in fresh.items()}
    fields: dict[str, Any] = {
        "urgency": urgency,
        "branch_id": standing(order.branch_id, world),
        "assignee_id": None,
        **FROM_THE_START,
        "declined": (),
        "waited": False,
        "promised_at": deed.now,
        "contacted_at": None,
        "grade": None,
        "ended_at": None,
        "promises": promises,
        "affairs": afresh(order.affairs),
    }
    led = None if order.affairs.merged is None else order.affairs.merged.branch
    if led is not None and may_take(led, order, world):  # the result is the work of the branch that led
        fields |= held_by(order, led, world)
    data: dict[str, Any] = {"promises": told(promises), "promises_before": told(order.promises)}
    data |= {"urgency": urgency.value} if urgency is not order.urgency else {}
    return Effect(fields, data, {Clock.ACCEPT: fresh[Clock.ACCEPT]}, fresh)


def afresh(affairs: Affairs) -> Affairs:
    """Return what is left of an order's affairs when it is done again: what was merged has its own answer by now."""
    return replace(
        affairs, lengthened=None, original=None, simple=None, extensions=0, merged=None, absorbed=(), own=None
    )


def urgency_afresh(order: Order) -> Urgency:
    """Return how urgent an order is that is done again: what was granted as complex is as it was before."""
    return order.affairs.simple or order.urgency


def may_review(order: Order, now: datetime) -> bool:
    """Tell whether a result may still be sent back: what ended long ago is not."""
    return order.branch_id is not None and (order.ended_at is None or now <= order.ended_at + REOPEN_WITHIN)


def may_appeal(order: Order, subject: AppealSubject | None) -> bool:
    """Tell whether there is a fact of that sort to appeal against, once."""
    affairs = order.affairs
    if affairs.pending is not None or subject in affairs.appealed:
        return False
    if subject is None:
        return any(may_appeal(order, one) for one in AppealSubject)
    if subject is AppealSubject.RATING:
        return any(grade in POOR for grade in affairs.graded)
    return affairs.missed or order.listed or affairs.was_listed


def appeal(deed: Deed) -> Effect:
    """Appeal against a false rating or an unfair overdue; two reviewers decide, and the fact itself stays."""
    order, subject = deed.order, deed.command.subject
    decider = decider_of(order, deed.world)
    if order.affairs.pending is not None:
        pending = order.affairs.pending
        raise errors.AlreadyAsked(matter_zh=pending.matter.zh, matter_en=pending.matter.en)
    if subject is None or decider is None or deed.actor.person_id is None or order.branch_id is None:
        raise errors.Invalid(errors.fault("subject", "请选择申诉事项", "choose what the appeal is against"))
    if not may_appeal(order, subject):
        raise errors.NothingToAppeal(subject_zh=subject.zh, subject_en=subject.en)
    branch = _appealing(deed)
    pending = Pending(Matter.APPEAL, decider, deed.actor.person_id, branch, deed.now, subject=subject)
    affairs = replace(order.affairs, pending=pending, appealed=(*order.affairs.appealed, subject))
    words = {"matter": Matter.APPEAL.value, "subject": subject.value, "tell": [decider]}
    clocks = {Clock.DECIDE: own(Clock.DECIDE, tier_of(order), deed.now, deed.world)}
    return Effect({"affairs": affairs}, words, clocks)


def _appealing(deed: Deed) -> int:
    """The branch that appeals: the actor's own, of those that held the order."""
    held = (deed.order.branch_id, *deed.order.co_branches)
    mine = (grant.branch_id for grant in deed.actor.grants if grant.branch_id in held and grant.branch_id is not None)
    return next(mine, deed.order.branch_id or 0)


def judge(deed: Deed) -> Effect:
    """Take one reviewer's word on an appeal; two that agree decide it, and what they uphold is not counted."""
    order, upholds, person = deed.order, deed.command.agrees, deed.actor.person_id
    pending = order.affairs.pending
    if pending is None or pending.matter is not Matter.APPEAL or pending.subject is None:
        raise not_now(order, Action.JUDGE)
    if upholds is None or person is None:
        raise errors.Invalid(errors.fault("upholds", "请写明申诉是否成立", "say whether the appeal is upheld"))
    votes = (*pending.votes, Vote(person, upholds))
    words: dict[str, Any] = {"subject": pending.subject.value, "upholds": upholds}
    same = sum(vote.upholds is upholds for vote in votes)
    if same < AGREEING:
        return Effect({"affairs": replace(order.affairs, pending=replace(pending, votes=votes))}, words)
    excluded = (*order.affairs.excluded, pending.subject) if upholds else order.affairs.excluded
    affairs = replace(order.affairs, pending=None, excluded=excluded)
    return Effect({"affairs": affairs}, {**words, "decided": True, "tell": [pending.branch]}, {Clock.DECIDE: None})


def urge(deed: Deed) -> Effect:
    """Urge, once a day: whoever has it is told, and nothing else changes."""
    order = deed.order
    if not may_urge(order, deed.now, deed.world):
        raise errors.UrgedToday
    return Effect({"affairs": replace(order.affairs, urged_at=deed.now)})


def may_urge(order: Order, now: datetime, world: World) -> bool:
    """Tell whether the resident has not urged yet today."""
    last, calendar = order.affairs.urged_at, world.calendar_at(order.grid_id)
    return last is None or calendar.local(last).date() < calendar.local(now).date()
