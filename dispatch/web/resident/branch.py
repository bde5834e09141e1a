"""My branch: who serves the grid at my door, and what its members have pledged; nothing that is not public."""

from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.web.door import Page
from dispatch.web.grids import chain
from dispatch.web.visit import NO_FAULTS, Faults, Visit

PLEDGES_SHOWN = 5


async def search(visit: Visit) -> web.Response:
    """Show where to type the place."""
    return _search(visit, "", [], NO_FAULTS)


async def searched(visit: Visit) -> web.Response:
    """Lead to the grid of a place; where several bear that name, show them to choose from."""
    typed = (await visit.form()).get("place", "")
    try:
        located = await _located(visit, typed)
    except Refusal as refusal:
        return _search(visit, typed, [], visit.faults(refusal, looking=True))
    rule, candidates = located["rule"], located["candidates"]
    if rule == "unknown" or located["grid"] is None:
        zh = "没有找到这个地点；请写乡镇和村（社区）的名字，如“蔚汾镇东城社区”，或门牌二维码下面的编码"
        en = "no such place was found: give township and village, or the code below the QR code at the door"
        return _search(visit, typed, [], visit.faults(errors.Invalid(errors.fault("place", zh, en)), looking=True))
    if rule == "several_candidates":
        return _search(visit, typed, candidates, NO_FAULTS)
    return visit.to(f"/my-branch/{located['grid']['code']}")


async def show(visit: Visit) -> web.Response:
    """Show who serves a grid: the branches here and above, and what was pledged by the nearest."""
    levels = await chain(visit, visit.path["grid"])
    grid = levels[0]
    serving = next((level for level in levels if level["branches"]), None)
    pledges: list[dict[str, Any]] = []
    if serving is not None:
        asked = {"grid": serving["code"], "limit": PLEDGES_SHOWN}
        pledges = (await visit.ask("GET", "/pledges", query=asked))["items"]
    below = (await visit.ask("GET", "/grids/{code}/children", code=grid["code"]))["items"] if grid["children"] else []
    return visit.page("resident/branch.html", grid=grid, levels=levels, serving=serving, pledges=pledges, below=below)


async def _located(visit: Visit, typed: str) -> Any:
    """Find the grid of what was typed: a code, or else an address."""
    if typed.isascii() and typed:
        try:
            return await visit.ask("GET", "/grids/locate", query={"code": typed})
        except (errors.GridNotFound, errors.Invalid):
            pass
    if not typed:
        zh, en = "请填写村、小区名或编码", "type the name of a village or a code"
        raise errors.Invalid(errors.fault("place", zh, en))
    return await visit.ask("GET", "/grids/locate", query={"address": typed})


def _search(visit: Visit, typed: str, candidates: list[dict[str, Any]], faults: Faults) -> web.Response:
    return visit.page(
        "resident/my_branch.html", status=faults.status, form={"place": typed}, candidates=candidates, faults=faults
    )


PAGES = (
    Page("GET", "/my-branch", search),
    Page("POST", "/my-branch", searched),
    Page("GET", "/my-branch/{grid}", show),
)
