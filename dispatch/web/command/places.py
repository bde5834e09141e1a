"""Where in the tree a page of the command looks: the grid asked for, the way up from it, and what lies right below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.domain.vocabulary import Role
from dispatch.usecases.counters import READERS
from dispatch.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Step:
    """One grid on the way from the root; ``mine`` where its reader may look at it."""

    code: str
    name: str
    mine: bool


def asked(visit: Visit) -> str | None:
    """Return the code of the grid that the address asks for, or None."""
    return visit.request.query.get("grid", "").strip() or None


async def way(visit: Visit, code: str) -> list[Step]:
    """Return the grids from the root down to one, each with whether the reader answers for it."""
    grid = await visit.ask("GET", "/grids/{code}", code=code)
    own = await _own(visit)
    steps: list[Step] = []
    for one in reversed(grid["chain"]):
        mine = one["code"] in own or any(step.mine for step in steps)
        steps.append(Step(one["code"], one["name"], mine))
    return steps


async def _own(visit: Visit) -> set[str]:
    me = await visit.ask("GET", "/me")
    return {role["grid"]["code"] for role in me["roles"] if Role(role["role"]) in READERS}


def rows(found: Mapping[str, Any], below: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the counters of the grids right below, with whether there is anything further below each.

    Args:
        found: what /counters answered.
        below: what /grids/{code}/children answered.
    """
    deep = {one["code"] for one in below if one["children"]}
    return [{**counted(one), "deep": one["grid"]["code"] in deep} for one in found["items"]]


def counted(counters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counters of a grid with how many of its orders have risen at least once."""
    return {**counters, "risen": sum(counters["by_level"][1:])}
