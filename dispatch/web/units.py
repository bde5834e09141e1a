"""Units that can be called to co-handle: listed for whoever types, and known by what they typed."""

from collections.abc import Sequence

from dispatch.domain import errors
from dispatch.web.grids import chain
from dispatch.web.visit import Visit

SHOWN = 5
"""How many units are named where several bear what was typed."""


async def near(visit: Visit, number: str) -> list[tuple[str, str]]:
    """Return the units at an order's grid and above it, as (code, name)."""
    order = await visit.ask("GET", "/orders/{id}", id=number)
    grids = await chain(visit, order["grid"]["code"])
    return [(unit["id"], unit["name"]) for grid in grids for unit in grid["branches"]]


def chosen(typed: str, units: Sequence[tuple[str, str]]) -> str:
    """Return the code of the unit that somebody typed by its name or a part of it; what may be a code stays as it is.

    Raises:
        Invalid: no unit bears that, or several do.
    """
    found = [unit for unit in units if typed == unit[1]] or [unit for unit in units if typed in unit[1]]
    if len(found) == 1:
        return found[0][0]
    if typed.isascii():
        return typed
    if not found:
        zh, en = "附近没有叫这个名字的单位；请从列出的里面选，或写代码", "no unit near bears that name; write its code"
    else:
        names = "、".join(name for _, name in found[:SHOWN])
        zh = f"有几个单位都对得上：{names}{'等' if len(found) > SHOWN else ''}；请写全，或从列出的里面选"
        en = "several units bear that; write the name in full, or choose from those listed"
    raise errors.Invalid(errors.fault("unit", zh, en))
