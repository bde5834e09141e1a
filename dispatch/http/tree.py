"""Changes of the tree of grids over HTTP, for administrators."""

import orjson

from dispatch.domain import errors, tree_file
from dispatch.http.endpoints import Call, Reply
from dispatch.http.idents import ident
from dispatch.http.orders import given_key
from dispatch.http.tree_shapes import TreeChanges, TreeList, TreeOperation, TreeVersionsQuery
from dispatch.usecases import tree, tree_preview
from dispatch.usecases.filing import request_digest
from dispatch.usecases.tree import Asked
from grid_model.changes import Operation


async def preview(call: Call) -> Reply:
    """Show what a list of changes would touch."""
    body: TreeList = call.body
    shown = await tree_preview.preview(call.service, call.actor, _operations(body), body.on, call.now)
    return Reply(200, shown)


async def ask(call: Call) -> Reply:
    """Change the tree, now or on a day to come."""
    body: TreeChanges = call.body
    key = given_key(call)
    digests = None if key is None else b"".join(request_digest(f"tree:{call.actor.person_id}", key, call.raw))
    asked = Asked(_operations(body), body.on, body.reason, digests)
    return Reply(201, await tree.ask(call.service, call.actor, asked, call.now))


async def cancel(call: Call) -> Reply:
    """Take back a version that waits."""
    number = ident(call.path["number"])
    if number is None:
        raise errors.VersionNotFound
    return Reply(200, await tree.cancel(call.service, call.actor, number, call.now))


async def listing(call: Call) -> Reply:
    """List the versions of the tree."""
    query: TreeVersionsQuery = call.query
    page = await tree.listing(call.service, call.actor, query.below, query.limit)
    return Reply(200, {"items": page.items, "next": page.next})


def _operations(body: TreeList) -> tuple[Operation, ...]:
    """Return the operations of a body, numbered from 0 as its fields are; judged as the rows of a file are."""
    found, wrong = tree_file.operations((row, _cells(one)) for row, one in enumerate(body.operations))
    if wrong:
        raise tree_file.refusal(wrong)
    return tuple(found)


def _cells(one: TreeOperation) -> dict[str, str]:
    values = one.model_dump(exclude_none=True)
    return {name: of if isinstance(of, str) else orjson.dumps(of).decode() for name, of in values.items()}
