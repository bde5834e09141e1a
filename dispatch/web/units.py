"""Units that can be called to co-handle: listed for whoever types, and known by what they typed."""

from collections import Counter
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


def told_apart(units: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the units as they are listed, as (code, text): by their names, and those of one name with their codes."""
    bearing = Counter(name for _, name in units)
    return [(code, f"{name}（{code}）" if bearing[name] > 1 else name) for code, name in units]


def chosen(typed: str, units: Sequence[tuple[str, str]]) -> str:
    """Return the code of the unit that somebody typed as it is listed, or by its name or a part of it.

    What may be a code stays as it is.

    Raises:
        Invalid: no unit bears that, or several do.
    """
    listed = [(code, name, text) for (code, name), (_, text) in zip(units, told_apart(units), strict=True)]
    found = (
        [one for one in listed if typed == one[2]]
        or [one for one in listed if typed == one[1]]
        or [one for one in listed if typed in one[1]]
    )
    if len(found) == 1:
        return found[0][0]
    if typed.isascii():
        return typed
    if not found:
        zh = "附近没有叫这个名字的单位；请从列出的里面选，或写代码"
        en = "no unit near bears that name; choose from those listed, or write its code"
    else:
        names, more = [text for _, _, text in found[:SHOWN]], len(found) > SHOWN
        zh = f"有几个单位都对得上：{'、'.join(names)}{'等' if more else ''}；请写全，或从列出的里面选"
        en = (
            f"several units bear that: {', '.join(names)}{' and others' if more else ''}; "
            "write the name in full, or choose from those listed"
        )
    raise errors.Invalid(errors.fault("unit", zh, en))
