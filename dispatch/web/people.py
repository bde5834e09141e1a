"""Those who serve, as the pages of an order name them."""

from collections.abc import Iterable, Mapping
from typing import Any


def named(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of all whom an order's history tells of, by their codes, as far as its reader is told them."""
    pairs = ((event.get(part), event.get(f"{part}_name")) for event in events for part in ("actor", "assignee"))
    return {code: name for code, name in pairs if code is not None and name is not None}
