"""Projects (项目化): who governs one, what a step needs, and when one is closed (DOMAIN §5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dispatch.domain import errors
from dispatch.domain.filing import Filing, file_order
from dispatch.domain.order import Actor, Grant, Member, Order, Outcome
from dispatch.domain.timing import on_day
from dispatch.domain.vocabulary import Kind, Role, State, Word
from dispatch.domain.world import World
from grid_model.places import Found, Located
from grid_model.routing import Branch

MOST_STEPS = 200
"""A project has no more steps (ours): beyond that it is several."""

LONGEST = timedelta(days=3 * 366)
"""No step and no pledge is due later than this after it is filed (ours)."""

LONGEST_TEXT = 200
"""The longest of what, how and to what standard, in characters."""

DONE = frozenset({State.CLOSED, State.WITHDRAWN, State.REDIRECTED})
"""The states of a step that nothing more is to be done about."""


class ProjectDeed(Word):
    """What is done to a project itself (立项、列步骤、调整、结项)."""

    OPEN = "open", "立项", "open"
    STEPS = "steps", "列步骤", "add steps"
    CHANGE = "change", "调整牵头人或专班", "change its leader or task force"
    CLOSE = "close", "结项", "close"


class ProjectState(Word):
    """How a project stands (项目状态)."""

    OPEN = "open", "推进中", "under way"
    CLOSED = "closed", "已结项", "closed"
    REOPENED = "reopened", "结项后有步骤重办", "closed, and a step is being done again"


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is planned: ``field`` is where it stands in what was sent, ``who`` a person's code."""

    field: str
    what: str
    who: str
    how: str
    due: date
    standard: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What the steps of a project have in common: whose they are, where, and who may be named, by code."""

    name: str
    branch: Branch
    category: str
    region: int
    leader_id: int
    people: Mapping[str, Member]


@dataclass(frozen=True, slots=True)
class Made:
    """What a step that is really filed has beside its plan: a serial number, a salt, and the digest of its request."""

    serial: int = 0
    salt: bytes = b""
    request_key: bytes | None = None


def governs(actor: Actor, branch: Branch, world: World) -> bool:
    """Tell whether ``actor`` opens and closes the projects of a branch: its secretary, and who stands above it."""
    within = world.tree.within
    return any(
        (grant.role is Role.SECRETARY and (grant.branch_id == branch.id or _below(branch, grant, world)))
        or (grant.role is Role.SUPERVISOR and within(branch.grid_id, grant.grid_id))
        for grant in actor.grants
    )


def _below(branch: Branch, grant: Grant, world: World) -> bool:
    return branch.grid_id != grant.grid_id and world.tree.within(branch.grid_id, grant.grid_id)


def in_line(grants: tuple[Grant, ...], branch: Branch, world: World) -> bool:
    """Tell whether somebody has a role above, at or below a branch, and so may lead its projects or work in them."""
    within = world.tree.within
    return any(within(one.grid_id, branch.grid_id) or within(branch.grid_id, one.grid_id) for one in grants)


def leads(actor: Actor, leader_id: int, branch: Branch, world: World) -> bool:
    """Tell whether ``actor`` acts as the leader of a project: nobody does who has no role in its branch's line."""
    return actor.person_id == leader_id and in_line(actor.grants, branch, world)


def state_of(closed_at: datetime | None, undone: int) -> ProjectState:
    """Return how a project stands: it is closed only while all its steps are."""
    if closed_at is None:
        return ProjectState.OPEN
    return ProjectState.REOPENED if undone else ProjectState.CLOSED


def undone(order: Order) -> bool:
    """Tell whether something is still to be done about a step."""
    return order.state not in DONE


def text_of(step: Step, setting: Setting) -> str:
    """Return what whoever does the step reads in their order."""
    return f"【{setting.name}】{step.what}\n怎么做：{step.how}\n标准：{step.standard}"


def filed(step: Step, setting: Setting, now: datetime, world: World, made: Made = Made()) -> Outcome:
    """Return the order that a step is: filed by the leader, and offered at once to whom it names.

    Raises:
        Invalid: with every fault of the step, each under its ``field``.
    """
    faults = []
    member = setting.people.get(step.who)
    if member is None:
        faults.append(
            errors.fault(
                f"{step.field}.who",
                f"{step.who} 不是牵头人，也不在专班里：请先加入专班",
                f"{step.who} is neither the leader nor of the task force: take them in first",
            )
        )
    faults += due_faults(f"{step.field}.due", step.due, setting.branch.grid_id, now, world)
    if faults or member is None:
        raise errors.Invalid(*faults)
    filing = Filing(
        region=setting.region,
        id=made.serial,
        kind=Kind.PROJECT_TASK.value,
        category=setting.category,
        urgency=None,
        found=Found(setting.branch.grid_id, Located.CODE, (setting.branch.grid_id,)),
        contents=contents(text_of(step, setting)),
        filed_by=setting.leader_id,
        household_id=None,
        channel=None,
        salt=made.salt,
        request_key=made.request_key,
        unit=setting.branch.id,
        due=step.due,
        member=member,
    )
    try:
        return file_order(filing, now, world)
    except errors.Invalid as wrong:
        names = {"member": f"{step.field}.who", "unit": "branch"}
        mended = [{**one, "field": names.get(one["field"], one["field"])} for one in wrong.data["faults"]]
        raise errors.Invalid(*mended) from wrong


def contents(text: str) -> dict[str, object]:
    """Return what stands in the erasable part of an order that no resident filed."""
    return {"text": text, "place": {}, "contact_name": None, "contact_phone": None, "house": None}


def due_faults(field: str, due: date, grid_id: int, now: datetime, world: World) -> list[dict[str, str]]:
    """Say what is wrong with the day until which something is to be done."""
    today = world.calendar_at(grid_id).local(now).date()
    if due < today or (due == today and on_day(due, now, grid_id, world).due <= now):
        return [errors.fault(field, "期限已过", "this day has passed")]
    if due > today + LONGEST:
        return [errors.fault(field, "期限最远为三年", "at most three years ahead")]
    return []


def judged(steps: list[Step], setting: Setting, now: datetime, world: World) -> list[dict[str, str]]:
    """Return everything that is wrong with steps, without filing any."""
    wrong: dict[tuple[str, str], dict[str, str]] = {}
    for step in steps:
        try:
            filed(step, setting, now, world)
        except errors.Invalid as refused:
            wrong.update({(one["field"], one["en"]): one for one in refused.data["faults"]})
    return list(wrong.values())
