"""What is shown of projects: JSON-ready dicts, for those who may see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dispatch.domain.kinds import stage
from dispatch.domain.order import Actor, Event
from dispatch.domain.projects import ProjectDeed, governs, leads, state_of, undone
from dispatch.domain.vocabulary import Clock
from dispatch.domain.world import World
from dispatch.storage.projects import Counted, Person, Project, ProjectAct, Step
from dispatch.storage.rows import Known
from dispatch.usecases.references import branch_ref, label, number_of, numbered
from dispatch.usecases.views import event_view


def project_view(
    project: Project, force: Sequence[Person], steps: Sequence[Step], actor: Actor, now: datetime, world: World
) -> dict[str, Any]:
    """Return a project with its steps, and what its reader may do to it."""
    left = sum(undone(step.order) for step in steps)
    late = sum(step.order.overdue(now) for step in steps)
    return {
        **counted_view(project, Counted(len(steps), left, late), world),
        "goal": project.goal,
        "members": [_person(one) for one in force],
        "plan": [_step(step, now, world) for step in steps],
        "may": [deed.value for deed in _may(project, len(steps), left, actor, world)],
    }


def counted_view(project: Project, counted: Counted, world: World) -> dict[str, Any]:
    """Return a project as it stands in a list."""
    state = state_of(project.closed_at, counted.open)
    category = world.categories.get(project.category)
    return {
        "id": project.id,
        "name": project.name,
        "state": state.value,
        "state_label": label(state),
        "branch": branch_ref(project.branch_id, world),
        "category": project.category,
        "category_label": None if category is None else {"zh": category.name, "en": category.name_en},
        "leader": _person(project.leader),
        "opened_at": project.opened_at.isoformat(),
        "closed_at": None if project.closed_at is None else project.closed_at.isoformat(),
        "steps": counted.steps,
        "steps_left": counted.open,
        "steps_overdue": counted.overdue,
    }


def _may(project: Project, planned: int, left: int, actor: Actor, world: World) -> list[ProjectDeed]:
    if project.closed_at is not None:
        return []
    branch = world.branches.get(project.branch_id)
    own = leads(actor, project.leader.id, branch, world)
    if not (own or governs(actor, branch, world)):
        return []
    deeds = [ProjectDeed.STEPS] if own else []
    return [*deeds, ProjectDeed.CHANGE, *([ProjectDeed.CLOSE] if planned and not left else [])]


def _person(one: Person) -> dict[str, str]:
    return {"code": one.code, "name": one.name}


def _step(step: Step, now: datetime, world: World) -> dict[str, Any]:
    order = step.order
    zh, en = stage(order.kind, order.state) or (order.state.zh, order.state.en)
    due = order.promises.get(Clock.RESOLVE)
    return {
        "place": step.place,
        "order": number_of(order, world),
        "number": numbered(order.region, order.id, world),
        "what": step.what,
        "who": {"code": step.who_code, "name": step.who_name},
        "how": step.how,
        "due_on": step.due_on.isoformat(),
        "standard": step.standard,
        "state": order.state.value,
        "stage": {"zh": zh, "en": en},
        "assignee": step.assignee,
        "due_at": None if due is None else due.isoformat(),
        "overdue": order.overdue(now),
        "level": order.level,
        "supervisor": branch_ref(order.supervisor_id, world),
        "grade": None if order.grade is None else order.grade.value,
    }


def entry_views(
    acts: Sequence[ProjectAct],
    events: Sequence[tuple[Event, Known | None, Known | None]],
    steps: Sequence[Step],
    reader: Actor,
    world: World,
) -> list[dict[str, Any]]:
    """Return the ledger of a project, oldest first: its own acts, and its steps' events as ``reader`` sees them."""
    by_key = {(step.order.region, step.order.id): step for step in steps}
    found = [
        {
            "at": act.at.isoformat(),
            "step": None,
            "order": None,
            "number": act.number,
            "what": label(ProjectDeed(act.data["what"])),
            "actor": act.actor,
            "texts": {},
            "data": {name: told for name, told in act.data.items() if name not in ("what", "project")},
            "hash": act.hash.hex(),
        }
        for act in acts
    ]
    for event, by, to in events:
        step = by_key[event.region, event.order_id]
        view = event_view(event, by, to, step.order, reader, world)
        if view is not None:
            found.append(
                {
                    "at": view["at"],
                    "step": step.place,
                    "order": number_of(step.order, world),
                    "number": event.version,
                    "what": view["action_label"],
                    "actor": view.get("actor"),
                    "texts": view["texts"],
                    "data": view["data"],
                    "hash": view["hash"],
                }
            )
    return sorted(found, key=lambda one: (datetime.fromisoformat(str(one["at"])), one["step"] or 0, one["number"]))
