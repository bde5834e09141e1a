"""How a tree of grids changes: renamed, recoded, moved, closed, merged and split; all of a list at once, or none of it.

A code in a list means the grid that has it before the list; a code that no grid has then means one that the list makes.
So codes may be swapped, and the order of the operations does not matter. A closed grid stays in the tree, below its
successor and no longer active: ids are never lost, and its code still leads to who takes its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from grid_model.changes import Changed, ChangeFault, Fate, Op, Operation, Wrong
from grid_model.levelling import levelled, settle_new
from grid_model.tree import COUNTY, Grid


def change(grids: Iterable[Grid], operations: Sequence[Operation]) -> Changed:
    """Do all operations to a sound tree, or list everything that is wrong with them, by row."""
    work = _Work(grids)
    work.name_all(operations)
    for operation in operations:
        work.do(operation)
    work.settle()
    work.judge()
    if work.faults:
        return Changed(tuple(sorted(set(work.faults), key=lambda fault: (fault.row, fault.reason, fault.detail))))
    return work.result()


class _Work:
    """The grids while they change."""

    def __init__(self, grids: Iterable[Grid]) -> None:
        self.before = {grid.id: grid for grid in grids}
        self.nodes = dict(self.before)
        self.codes = {grid.code: grid.id for grid in self.before.values()}
        self.made: dict[str, int] = {}
        self.faults: list[ChangeFault] = []
        self.ops: defaultdict[int, list[Op]] = defaultdict(list)
        self.rows: dict[tuple[int, Op], int] = {}
        self.placed: dict[int, int] = {}
        """Grid -> the row that gave it its superior."""
        self.coded: dict[int, int] = {}
        """Grid -> the row that gave it its code."""
        self.heirs: dict[int, list[int]] = {}
        """Grid that ends or is split -> its successors."""
        self.polygons: dict[int, bytes] = {}

    def find(self, code: str | None) -> int | None:
        found = self.codes.get(code or "")
        return self.made.get(code or "") if found is None else found

    def wrong(self, row: int, reason: Wrong, *detail: str) -> None:
        self.faults.append(ChangeFault(row, reason, " > ".join(detail)))

    def name_all(self, operations: Sequence[Operation]) -> None:
        """Give every code that the list makes its grid, so that any row may refer to it."""
        for one in operations:
            source = self.codes.get(one.code)
            if one.op is Op.RECODE and one.to and source is not None and one.to not in self.codes:
                self.made.setdefault(one.to, source)
        for one in operations:
            if one.op in (Op.MERGE, Op.SPLIT) and one.to and self.find(one.to) is None:
                source = self.codes.get(one.code)
                if source is not None:
                    self._make(one, self.before[source])
        self._describe(operations)

    def _make(self, one: Operation, like: Grid) -> None:
        fresh = -1 - sum(grid_id < 0 for grid_id in self.nodes)
        self.made[one.to or ""] = fresh
        self.coded[fresh] = self.placed[fresh] = one.row
        kind = "grid" if like.kind == COUNTY else like.kind
        level_name = like.level_name
        self.nodes[fresh] = Grid(fresh, one.to or "", "", like.level, level_name, kind, like.parent_id)

    def _describe(self, operations: Sequence[Operation]) -> None:
        """Take name, superior, level name and outline of what is made, or survives, from the first row that tells."""
        told: set[tuple[int, str]] = set()
        for one in operations:
            target = self.find(one.to)
            if one.op not in (Op.MERGE, Op.SPLIT) or target is None:
                continue
            if one.polygon is not None:
                self.polygons.setdefault(target, one.polygon)
            if target >= 0:
                continue
            parent = self.find(one.parent)
            if one.parent and parent is None:
                self.wrong(one.row, Wrong.UNKNOWN_GRID, one.parent)
            says = {"name": one.name, "level_name": one.level_name, "parent_id": parent}
            fresh = {key: value for key, value in says.items() if value is not None and (target, key) not in told}
            told.update((target, key) for key in fresh)
            self.nodes[target] = replace(self.nodes[target], **fresh)  # type: ignore[arg-type]
        for target, node in self.nodes.items():
            if target < 0 and not node.name:
                self.wrong(self.coded[target], Wrong.NAME_NEEDED, node.code)

    def do(self, one: Operation) -> None:
        """Do one operation, as far as it can be told by itself whether it can be done."""
        source = self.find(one.code)
        if source is None:
            self.wrong(one.row, Wrong.UNKNOWN_GRID, one.code)
            return
        if not self.nodes[source].active:
            self.wrong(one.row, Wrong.CLOSED_GRID, one.code)
            return
        target = self.find(one.to)
        if one.op in (Op.MOVE, Op.CLOSE, Op.MERGE, Op.SPLIT) and target is None:
            self.wrong(one.row, Wrong.UNKNOWN_GRID, one.to or "")
            return
        if one.op is not Op.SPLIT and (source, one.op) in self.rows:
            self.wrong(one.row, Wrong.TWICE, one.code)
            return
        self.rows.setdefault((source, one.op), one.row)
        if one.op not in self.ops[source]:
            self.ops[source].append(one.op)
        self._apply(one, source, target)

    def _apply(self, one: Operation, source: int, target: int | None) -> None:
        node = self.nodes[source]
        if one.op is Op.RENAME:
            self.nodes[source] = replace(node, name=one.name or node.name)
        elif one.op is Op.RECODE:
            self.nodes[source] = replace(node, code=one.to or node.code)
            self.coded[source] = one.row
        elif one.op is Op.MOVE:
            if node.parent_id is None:
                self.wrong(one.row, Wrong.ROOT, one.code)
            self.nodes[source] = replace(node, parent_id=target)
            self.placed[source] = one.row
        elif target is not None:
            self._end(one, source, target)

    def _end(self, one: Operation, source: int, target: int) -> None:
        """Note who succeeds a grid that is closed, merged or split."""
        node = self.nodes[source]
        if node.parent_id is None:
            self.wrong(one.row, Wrong.ROOT, one.code)
        elif node.kind == COUNTY:
            self.wrong(one.row, Wrong.REGION, one.code)
        if one.op is Op.SPLIT:
            if target >= 0 and target != source:
                self.wrong(one.row, Wrong.CODE_TAKEN, one.to or "")
            ends = Op.CLOSE in self.ops[source] or Op.MERGE in self.ops[source]
            if ends or target in self.heirs.setdefault(source, []):
                self.wrong(one.row, Wrong.TWICE, one.to or "")
                return
            self.heirs[source].append(target)
        elif target != source:
            if source in self.heirs:
                self.wrong(one.row, Wrong.TWICE, one.code)
            self.heirs.setdefault(source, [target])
        elif one.op is Op.CLOSE:
            self.wrong(one.row, Wrong.SUCCESSOR_CLOSED, one.code)

    def _row(self, grid_id: int) -> int:
        """The row by which a grid ends or is split."""
        rows = [self.rows[grid_id, op] for op in (Op.CLOSE, Op.MERGE, Op.SPLIT) if (grid_id, op) in self.rows]
        return min(rows)

    def settle(self) -> None:
        """Close what ends, and place what lay right below it."""
        ended = {grid_id for grid_id, heirs in self.heirs.items() if grid_id not in heirs}
        for grid_id in self.heirs:
            self._succeeded(grid_id, ended)
        below: defaultdict[int, list[int]] = defaultdict(list)
        for node in self.nodes.values():
            if node.parent_id in ended and node.active and node.id not in ended:
                below[node.parent_id or 0].append(node.id)
        for grid_id, children in below.items():
            if Op.SPLIT in self.ops[grid_id]:
                for child in children:
                    self.wrong(self._row(grid_id), Wrong.CHILDREN_LEFT, self.nodes[child].code)
                continue
            for child in children:
                row = self.placed.get(child)
                if row is not None and child >= 0:
                    self.wrong(row, Wrong.PARENT_CLOSED, self.nodes[grid_id].code)
                self.nodes[child] = replace(self.nodes[child], parent_id=self.heirs[grid_id][0])
                self.placed.setdefault(child, self._row(grid_id))
        for grid_id in ended:
            self.nodes[grid_id] = replace(self.nodes[grid_id], active=False)

    def _succeeded(self, grid_id: int, ended: set[int]) -> None:
        row = self._row(grid_id)
        for heir in self.heirs[grid_id]:
            if heir in ended or not self.nodes[heir].active:
                self.wrong(row, Wrong.SUCCESSOR_CLOSED, self.nodes[heir].code)
            if heir == grid_id or heir < 0:
                continue
            down, up = grid_id in self._above(heir), heir in self._above(grid_id)
            if down or (up and Op.MERGE in self.ops[grid_id]):
                self.wrong(row, Wrong.NESTED, self.before[grid_id].code, self.before[heir].code)
        if Op.MERGE in self.ops[grid_id]:
            for other in self._above(grid_id):
                if Op.MERGE in self.ops.get(other, ()) and self.heirs.get(other) == self.heirs[grid_id]:
                    self.wrong(row, Wrong.NESTED, self.before[grid_id].code, self.before[other].code)

    def _above(self, grid_id: int) -> Iterator[int]:
        """The grids that lay strictly above one before the list."""
        at = self.before[grid_id].parent_id if grid_id in self.before else None
        while at is not None:
            yield at
            at = self.before[at].parent_id

    def judge(self) -> None:
        """See that what is there now is a tree, in which nothing has left its region."""
        holders: defaultdict[str, list[int]] = defaultdict(list)
        for node in self.nodes.values():
            holders[node.code].append(node.id)
        for code, ids in holders.items():
            for grid_id in ids if len(ids) > 1 else ():
                if grid_id in self.coded:
                    self.wrong(self.coded[grid_id], Wrong.CODE_TAKEN, code)
        for grid_id, row in self.placed.items():
            self._judge_place(grid_id, row)
        if self.faults:
            return
        settle_new(self.nodes)
        self._judge_settled()

    def _judge_settled(self) -> None:
        for grid_id, row in self.placed.items():
            self._judge_level(grid_id, row)
        for grid_id, heirs in self.heirs.items():
            for heir in heirs:
                if self._region(grid_id, self.before) != self._region(heir, self.nodes):
                    self.wrong(self._row(grid_id), Wrong.OTHER_REGION, self.before[grid_id].code, self.nodes[heir].code)

    def _judge_place(self, grid_id: int, row: int) -> None:
        node = self.nodes[grid_id]
        if not node.active:
            return
        parent = self.nodes[node.parent_id or 0] if node.parent_id is not None else None
        if parent is not None and not parent.active:
            self.wrong(row, Wrong.PARENT_CLOSED, parent.code)
            return
        walked = [grid_id]
        at = node.parent_id
        while at is not None and at not in walked:
            walked.append(at)
            at = self.nodes[at].parent_id
        if at is not None:
            if at == grid_id:
                self.wrong(row, Wrong.CYCLE, *(self.nodes[one].code for one in [*walked, at]))
            return
        if grid_id >= 0:
            if parent is not None and parent.id >= 0:
                self._judge_level(grid_id, row)
            if self._region(grid_id, self.before) != self._region(grid_id, self.nodes):
                self.wrong(row, Wrong.OTHER_REGION, node.code)

    def _judge_level(self, grid_id: int, row: int) -> None:
        node = self.nodes[grid_id]
        if grid_id < 0 or not node.active or node.parent_id is None:
            return
        parent = self.nodes[node.parent_id]
        if node.level <= parent.level:
            self.wrong(row, Wrong.LEVEL_ORDER, f"{node.code}: {node.level} <= {parent.level} ({parent.code})")

    def _region(self, grid_id: int, nodes: Mapping[int, Grid]) -> int:
        at = grid_id
        while nodes[at].kind != COUNTY and nodes[at].parent_id is not None:
            at = nodes[at].parent_id or 0
        return at

    def result(self) -> Changed:
        """Place what was closed below its successors, and tell what becomes of everything."""
        fates = {}
        for grid_id, ops in self.ops.items():
            if grid_id < 0 or not ops:
                continue
            heirs = self.heirs.get(grid_id, [])
            closed = not self.nodes[grid_id].active
            heir = grid_id if not closed else self._common(heirs)
            fates[grid_id] = Fate(grid_id, tuple(ops), closed, tuple(heirs), heir, heirs[0] if closed else grid_id)
        for fate in fates.values():
            if fate.closed:
                self.nodes[fate.grid_id] = replace(self.nodes[fate.grid_id], parent_id=fate.heir)
        grids = levelled(self.nodes.values())
        return Changed((), grids, fates, self.polygons)

    def _common(self, heirs: Sequence[int]) -> int:
        chains = [[*self._chain(heir)] for heir in heirs]
        return next(at for at in chains[0] if all(at in chain for chain in chains))

    def _chain(self, grid_id: int) -> Iterator[int]:
        at: int | None = grid_id
        while at is not None:
            yield at
            at = self.nodes[at].parent_id
