"""What is typed into a form of an action, as the body that the endpoint takes."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from multidict import MultiMapping

from dispatch.domain import errors
from dispatch.domain.vocabulary import Action
from dispatch.web import placing, units
from dispatch.web.numbers import whole
from dispatch.web.visit import NO_FAULTS, Faults, Visit
from grid_model.places import Located

KEEPS = frozenset({"key", "back", "where", "said", "which", "outcome", "o"})
"""Fields of a form that are not fields of the body."""

NUMBERS = frozenset({"version", "assist"})
YES_OR_NO = frozenset({"internal", "required", "upholds", "satisfied"})

OUTCOMES: Mapping[str, Mapping[str, bool]] = {
    "missed": {"reached": False},
    "solved": {"reached": True, "solved": True},
    "unsolved": {"reached": True, "solved": False},
}
"""How following up went, in one answer instead of two that depend on each other."""

_CODE = re.compile(r"[0-9A-Za-z_.\-]{6,64}")


@dataclass(frozen=True, slots=True)
class Filled:
    """One form of a page: its name, what was typed into it, what was wrong with that, and which grids it may mean."""

    name: str
    typed: Mapping[str, str] = field(default_factory=dict)
    faults: Faults = NO_FAULTS
    grids: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of a page, of which at most one was refused; that one is shown as it was typed.

    ``about`` tells the forms of several orders on one page apart; ``given`` is what stands in a form from the first.
    """

    refused: Filled | None = None
    about: str = ""
    given: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __call__(self, name: str) -> Filled:
        """Return the form of that name."""
        if self.refused is not None and self.refused.name == name:
            return self.refused
        return Filled(f"{name}-{self.about}" if self.about else name, self.given.get(name, {}))


def new_key() -> str:
    """Return a new Idempotency-Key, so that a form that is sent twice acts once."""
    return secrets.token_urlsafe(16)


def name_of(typed: Mapping[str, str]) -> str:
    """Return the name of the form that something was typed into."""
    parts = (typed.get("action", ""), typed.get("matter", ""), typed.get("assist", ""))
    return "-".join(part for part in parts if part)


async def refused(visit: Visit, typed: Mapping[str, str], faults: Faults) -> Filled:
    """Return the form of an action that was refused, with the grids to choose from where the place may be several."""
    grids: Sequence[tuple[str, str]] = ()
    if "where" in faults.fields:
        grids = placing.choosable(await visit.ask("GET", "/grids/locate", query={"address": _where(typed)}))
    return Filled(name_of(typed), typed, faults, grids)


async def body(visit: Visit, posted: MultiMapping[Any], number: str) -> dict[str, Any]:
    """Return the body of an action for what was posted; what was left empty is left out.

    Args:
        visit: the request.
        posted: the fields of the form.
        number: the order, or the first of them, around which a unit is sought.

    Raises:
        Invalid: a place was written that cannot be found or may be several, or a unit that could be several.
        OrderNotFound, NotYours: as for the order itself.
    """
    found: dict[str, Any] = {}
    for name in set(posted) - KEEPS:
        values = [value.strip() for value in posted.getall(name) if isinstance(value, str) and value.strip()]
        if values:
            found[name] = values if name == "members" else _value(name, values[0])
    if "member" in found:  # a tap on one counts for more than ticks at others
        found.pop("members", None)
    found.update(OUTCOMES.get(str(posted.get("outcome", "")), {}))
    where = _where(posted)
    if found.get("action") == Action.ROUTE and where:
        chosen = posted.get("which") if posted.get("said") == where else None
        found["grid"] = chosen or await _grid(visit, where)
    if found.get("action") == Action.WHISTLE and "unit" in found:
        found["unit"] = units.chosen(found["unit"], await units.near(visit, number))
    return found


def _value(name: str, text: str) -> Any:
    if name in NUMBERS:
        return whole(text)
    return text == "true" if name in YES_OR_NO else text


def _where(typed: Mapping[str, Any]) -> str:
    return str(typed.get("where", "")).strip()


async def _grid(visit: Visit, where: str) -> str:
    """Return the code of the one grid that somebody wrote, as a code or as an address."""
    if _CODE.fullmatch(where):
        return where
    found = await visit.ask("GET", "/grids/locate", query={"address": where})
    if found["rule"] in placing.ASKED:
        raise errors.Invalid(errors.fault("where", *placing.which(placing.choosable(found))))
    if found["rule"] != Located.ADDRESS:
        zh, en = "没有找到这个地方，请写全乡镇、村或小区名", "no such place: name township and village"
        raise errors.Invalid(errors.fault("where", zh, en))
    return str(found["grid"]["code"])
