"""Where it is: a place that may be several grids is not settled behind anybody's back (DOMAIN §4.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.domain import errors
from dispatch.domain.vocabulary import Owner
from dispatch.web.visit import Faults, Visit
from grid_model.places import Located

MOST = 8
"""How many grids can be chosen from on a telephone; of a name that more of them bear, more has to be written."""

UNSURE = "unsure"
"""What is chosen by who does not know, or finds none of them right: it is filed as it was said."""

ASKED = (Located.SEVERAL_CANDIDATES, Located.BORDER)
"""How a place was found that may be several grids."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place that may be several grids.

    Attributes:
        said: what was said of the place; a choice made for something else no longer counts.
        choices: code and path of each grid, none where they are too many.
        taker: the path of the grid that takes it where nobody chooses.
        chosen: the code of the grid that was chosen, UNSURE, or "" as long as nothing was.
    """

    said: str
    choices: Sequence[tuple[str, str]]
    taker: str
    chosen: str


def place(typed: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the place that was typed, given in one way: what one says comes before what one scanned."""
    if typed.get("place.address"):
        return {"address": typed["place.address"]}
    if typed.get("place.lon") and typed.get("place.lat"):
        return {"lon": _number(typed["place.lon"]), "lat": _number(typed["place.lat"])}
    return {"grid": typed["place.grid"]} if typed.get("place.grid") else None


async def doubt(visit: Visit, typed: Mapping[str, str]) -> Doubt | None:
    """Return what is to be asked about the place that was typed.

    None where it is one grid or none, and where nobody is sent there: who is in danger is told at once whom to call.
    """
    given = place(typed)
    if given is None or "grid" in given:
        return None
    try:
        found = await visit.ask("GET", "/grids/locate", query=given)
    except errors.Invalid:
        return None  # what is wrong with it is said when it is filed
    if found["rule"] not in ASKED or await _belongs_elsewhere(visit, typed.get("category", "")):
        return None
    said, choices = " ".join(map(str, given.values())), choosable(found)
    chosen = typed.get("place.chosen", "") if typed.get("place.said") == said else ""
    known = chosen == UNSURE or chosen in dict(choices)
    return Doubt(said, choices, found["grid"]["path"], chosen if known else "")


def choosable(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return code and path of each grid that a place may be, as /grids/locate answered; none where too many."""
    several = found["candidates"]
    return [(one["code"], one["path"]) for one in several] if len(several) <= MOST else []


def which(choices: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return what is said of a place that may be several grids, in Chinese and English."""
    if choices:
        return "这个地点有几处，请点一下是哪一处", "there are several such places: please say which one it is"
    return "这样的地点有很多处，请写上乡镇和村", "there are many such places: please add the township and village"


def settled(typed: Mapping[str, str], asked: Doubt | None) -> dict[str, Any] | None:
    """Return the place as it is sent: in the grid that was chosen, with what was said of it."""
    said = place(typed)
    if said is None or asked is None or asked.chosen in ("", UNSURE):
        return said
    return {"grid": asked.chosen, **said}


def faults(visit: Visit, asked: Doubt) -> Faults:
    """Return what is said where nothing has been chosen yet."""
    text = "还没有提交，只差一步：您写的都还在。", "Not sent yet, just one more step: all you wrote is kept."
    here = visit.lang == "en"
    return Faults(text[here], {"place.chosen" if asked.choices else "place.address": which(asked.choices)[here]}, 422)


async def _belongs_elsewhere(visit: Visit, category: str) -> bool:
    groups = (await visit.ask("GET", "/categories"))["items"]
    items = [one for group in groups for one in group["items"]]
    return any(one["code"] == category and one["owner"] == Owner.ELSEWHERE for one in items)


def _number(text: str) -> float | str:
    """Return a number that a browser wrote; anything else is passed on, to be refused as it is."""
    try:
        return float(text)
    except ValueError:
        return text
