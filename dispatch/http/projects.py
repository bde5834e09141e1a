"""Projects over HTTP."""

from dispatch.domain import errors, project_sheet
from dispatch.domain.county_faults import UnreadableError
from dispatch.domain.projects import Step
from dispatch.http.endpoints import Call, Reply
from dispatch.http.idents import ident
from dispatch.http.orders import given_key
from dispatch.http.projects_shapes import (
    ProjectBody,
    ProjectChange,
    ProjectClosing,
    ProjectQuery,
    ProjectSheet,
    ProjectStepsBody,
)
from dispatch.usecases import project_steps, projects
from dispatch.usecases.filing import request_digest
from dispatch.usecases.project_steps import Sheet
from dispatch.usecases.projects import Changed, Wanted


async def open_(call: Call) -> Reply:
    """Open a project."""
    body: ProjectBody = call.body
    wanted = Wanted(body.name, body.goal, body.branch, body.category, body.leader, tuple(dict.fromkeys(body.members)))
    made = await projects.open_(call.service, call.actor, wanted, _key(call, "project"), call.now)
    return Reply(201, made, {"Location": f"/api/v1/projects/{made['id']}"})


async def listing(call: Call) -> Reply:
    """List projects."""
    query: ProjectQuery = call.query
    closed = None if query.closed is None else query.closed == "true"
    items, following = await projects.listing(
        call.service, call.actor, query.below, query.limit, call.now, closed=closed
    )
    return Reply(200, {"items": items, "next": following})


async def show(call: Call) -> Reply:
    """Show one project."""
    return Reply(200, await projects.show(call.service, call.actor, _ident(call), call.now))


async def change(call: Call) -> Reply:
    """Change the leader or the task force."""
    body: ProjectChange = call.body
    members = None if body.members is None else tuple(dict.fromkeys(body.members))
    changed = Changed(body.leader, members, body.reason)
    return Reply(200, await projects.change(call.service, call.actor, _ident(call), changed, call.now))


async def add_steps(call: Call) -> Reply:
    """File steps."""
    body: ProjectStepsBody = call.body
    steps = [
        Step(f"steps.{place}", one.what, one.who, one.how, one.due, one.standard)
        for place, one in enumerate(body.steps)
    ]
    number = _ident(call)
    key = _key(call, f"project {number}")
    return Reply(201, await project_steps.add(call.service, call.actor, number, steps, key, call.now))


async def import_steps(call: Call) -> Reply:
    """File the steps of a sheet."""
    body: ProjectSheet = call.body
    number = _ident(call)
    key = _key(call, f"project {number}")
    try:
        rows = list(project_sheet.table(body.csv))
    except UnreadableError as broken:
        raise errors.Invalid(errors.fault("csv", broken.found.zh, broken.found.en)) from broken
    sheet = Sheet(rows, dry_run=body.dry_run)
    return Reply(200, await project_steps.from_sheet(call.service, call.actor, number, sheet, key, call.now, by=None))


async def close(call: Call) -> Reply:
    """Close a project."""
    body: ProjectClosing = call.body
    return Reply(200, await projects.close(call.service, call.actor, _ident(call), body.reason, call.now))


async def ledger(call: Call) -> Reply:
    """Show a project's ledger."""
    return Reply(200, {"items": await projects.ledger(call.service, call.actor, _ident(call))})


def _ident(call: Call) -> int:
    found = ident(call.path["id"])
    if found is None:
        raise errors.ProjectNotFound
    return found


def _key(call: Call, scope: str) -> tuple[bytes, bytes] | None:
    key = given_key(call)
    return None if key is None else request_digest(f"person {call.actor.person_id} {scope}", key, call.raw)
