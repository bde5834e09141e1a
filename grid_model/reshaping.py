"""The outlines of grids that are merged, closed or split."""

from collections.abc import Collection, Mapping

from grid_model.changes import Changed


def reshaped(changed: Changed, outlines: Mapping[int, bytes], known: Collection[int]) -> dict[int, bytes]:
    """Return the outlines (WKB) that become others, by id.

    What is told in the list stands. A successor gets the outlines of what it takes over beside its own; one that was
    there and had none gets none, or all of its own ground would lie outside it. What a split leaves in being loses the
    outlines of the other parts.

    Args:
        changed: what the list comes to, without faults.
        outlines: those of all grids concerned, as they were.
        known: the grids that were there before.
    """
    found = dict(changed.polygons)
    taken: dict[int, list[bytes]] = {}
    for fate in changed.fates.values():
        own = outlines.get(fate.grid_id)
        if fate.closed and len(fate.successors) == 1 and own is not None:
            taken.setdefault(fate.successors[0], []).append(own)
        elif not fate.closed and fate.successors and own is not None and fate.grid_id not in changed.polygons:
            parts = [changed.polygons[part] for part in fate.successors if part in changed.polygons]
            if parts:
                found[fate.grid_id] = _without(own, parts)
    for heir, shapes in taken.items():
        own = outlines.get(heir)
        if heir not in changed.polygons and (own is not None or heir not in known):
            found[heir] = _united([own or shapes[0], *shapes])
    return found


def _united(shapes: list[bytes]) -> bytes:
    import shapely  # noqa: PLC0415 - it costs as much as all other imports together, and many processes never ask

    return bytes(shapely.to_wkb(shapely.union_all(shapely.make_valid(shapely.from_wkb(shapes)))))


def _without(shape: bytes, parts: list[bytes]) -> bytes:
    import shapely  # noqa: PLC0415 - as above

    whole, away = shapely.make_valid(shapely.from_wkb(shape)), shapely.make_valid(shapely.from_wkb(parts))
    left = shapely.difference(whole, shapely.union_all(away))
    return shape if left.is_empty else bytes(shapely.to_wkb(left))
