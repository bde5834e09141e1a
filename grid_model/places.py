"""Place -> grid: by code, by longitude and latitude, or by the text of an address (DOMAIN §4.1)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from grid_model.addresses import AddressBook
from grid_model.outlines import Outline, outlines
from grid_model.tree import Grid, Tree, UnknownGrid

if TYPE_CHECKING:
    from shapely import STRtree

CANDIDATES = 50
"""How many candidates an answer lists; a name as common as 第一网格 has thousands."""

LONGITUDE = 180.0
LATITUDE = 90.0


class Located(StrEnum):
    """By which rule a place came to its grid."""

    CODE = "code"
    POINT = "point"
    ADDRESS = "address"
    BORDER = "border"
    SEVERAL_CANDIDATES = "several_candidates"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """The grid that takes a place, or None; ``candidates`` are the grids it was chosen from, in preorder."""

    grid_id: int | None
    rule: Located
    candidates: tuple[int, ...]


class Places:
    """The places of a tree: its codes, the polygons of its grids and their names. Grids no longer active own none."""

    def __init__(
        self,
        tree: Tree,
        polygons: Mapping[int, bytes],
        aliases: Iterable[tuple[str, int]] = (),
        formerly: Mapping[str, int] | None = None,
    ) -> None:
        """Take the polygons as WKB by the id of their grid, in degrees, and further names as (name, id of the grid).

        ``formerly`` says which grid had a code last that no grid may have now: it stands at doors for years.

        Names and polygons are indexed at the first question that needs them.

        Raises:
            UnknownGrid: a polygon or an alias belongs to a grid that the tree does not have.
        """
        self._tree = tree
        self._formerly = formerly or {}
        self._polygons = {grid_id: wkb for grid_id, wkb in polygons.items() if tree.grid(grid_id).active}
        self._owners = list(self._polygons)
        self._aliases = tuple(alias for alias in aliases if tree.grid(alias[1]).active)
        self._outlined: dict[int, list[Outline]] = {}

    def by_code(self, code: str) -> Found:
        """Find the grid with this code, or that had it last where none has it now.

        One no longer active is taken over by the nearest active grid above.

        An unknown code gives no grid, rule ``unknown``.
        """
        try:
            grid = self.coded(code)
        except UnknownGrid:
            return Found(None, Located.UNKNOWN, ())
        candidate = grid.id
        while not grid.active and grid.parent_id is not None:
            grid = self._tree.grid(grid.parent_id)
        return Found(grid.id, Located.CODE, (candidate,))

    def coded(self, code: str) -> Grid:
        """Return the grid with this code, in use or not, or that had it last where none has it now.

        Raises:
            UnknownGrid: none has it, nor had.
        """
        try:
            return self._tree.by_code(code)
        except UnknownGrid:
            if code not in self._formerly:
                raise
            return self._tree.grid(self._formerly[code])

    def by_point(self, lon: float, lat: float) -> Found:
        """Find the deepest grid whose polygon holds the point (degrees, WGS 84 or whatever the polygons are in).

        Where several that do not contain each other hold it, their lowest common ancestor takes it: rule ``border``
        if the point lies inside at most one of them, else ``several_candidates``. In no polygon: the root, ``outside``.

        Raises:
            ValueError: a coordinate is not finite or out of range.
        """
        if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= LONGITUDE and abs(lat) <= LATITUDE):
            raise ValueError(f"no point on earth: longitude {lon}, latitude {lat}")
        import shapely  # noqa: PLC0415 - it costs as much as all other imports together, and many processes never ask

        point = shapely.Point(lon, lat)
        hits = [self._owners[at] for at in self._ground.query(point, predicate="intersects").tolist()]
        if not hits:
            return Found(self._tree.root.id, Located.OUTSIDE, ())
        deepest = self._deepest(hits)
        if len(deepest) == 1:
            return Found(deepest[0], Located.POINT, deepest)
        inside = {self._owners[at] for at in self._ground.query(point, predicate="within").tolist()}
        rule = Located.BORDER if len(inside.intersection(deepest)) <= 1 else Located.SEVERAL_CANDIDATES
        return self._shared(deepest, rule)

    def by_address(self, text: str) -> Found:
        """Find the grid that a text names; several: their lowest common ancestor; none: the root, rule ``unknown``."""
        found = self._book.find(text)
        if not found:
            return Found(self._tree.root.id, Located.UNKNOWN, ())
        if len(found) == 1:
            return Found(found[0], Located.ADDRESS, found)
        return self._shared(found, Located.SEVERAL_CANDIDATES)

    def outlines(self, grid_id: int) -> list[Outline]:
        """Outline the grids in use right below one, or the grid itself where none below it has any land.

        A grid without a polygon of its own has the land of what lies below it. It is kept: it takes a while.
        """
        if grid_id not in self._outlined:
            below = [one for one in self._tree.children(grid_id) if self._tree.grid(one).active]
            found = outlines((one, self._land(one)) for one in below)
            self._outlined[grid_id] = found or outlines([(grid_id, self._land(grid_id))])
        return self._outlined[grid_id]

    def _land(self, grid_id: int) -> list[bytes]:
        """The polygon of a grid, or those of the highest grids below it that have one."""
        own = self._polygons.get(grid_id)
        if own is not None:
            return [own]
        return [shape for child in self._tree.children(grid_id) for shape in self._land(child)]

    def _shared(self, candidates: tuple[int, ...], rule: Located) -> Found:
        return Found(self._tree.lowest_common_ancestor(candidates), rule, candidates[:CANDIDATES])

    def _deepest(self, hits: list[int]) -> tuple[int, ...]:
        """Leave out every grid that has another of the hits below it: in preorder, the next one then lies within."""
        ordered = sorted(hits, key=self._tree.position)
        below = [*ordered[1:], None]
        return tuple(
            grid_id
            for grid_id, following in zip(ordered, below, strict=True)
            if following is None or not self._tree.within(following, grid_id)
        )

    @cached_property
    def _book(self) -> AddressBook:
        return AddressBook(self._tree, self._aliases)

    @cached_property
    def _ground(self) -> "STRtree":
        import shapely  # noqa: PLC0415 - as above

        shapes = shapely.from_wkb(list(self._polygons.values()))
        crooked = ~shapely.is_valid(shapes)
        if crooked.any():
            shapes[crooked] = shapely.make_valid(shapes[crooked])
        return shapely.STRtree(shapes)
