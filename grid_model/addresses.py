"""Address text -> grids: the names of township, village, grid and house found in it, each narrowing the others."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from grid_model.tree import Tree

SCANNED = 1_000
"""How many characters of a text are searched; an address is far shorter, and a text may be a hundred times longer."""

NAME_LENGTH = 64
"""Names longer than this many characters are known by their first ones."""

SHORTEST = 2
"""A name keeps at least this many characters without its suffix: 兴县 stays whole, for 兴 alone says nothing."""

MENTIONS = 24
"""How many different places are heard out of one text, from its beginning."""

_SUFFIXES = {
    "village": "村?村民委员会|村?村委会|村?村委|村",
    "community": "社区居民委员会|社区居委会|社区居委|居民委员会|居委会|居委|社区",
    "township": "(?:街道|民族乡|镇|乡)(?:人民政府|政府|办事处)?",
    "county": "自治县|自治旗|县|旗|市|省|(?<!开发)(?<!小)区",
}
_FAMILIES = ("", *_SUFFIXES)
_SUFFIX = "|".join(f"(?P<{family}>{pattern})" for family, pattern in _SUFFIXES.items())
_NAME = re.compile(f"(?P<base>.{{{SHORTEST},}}?)(?:{_SUFFIX})")
_FOLLOWING = re.compile(_SUFFIX)

_SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
"""Unicode's categories of blanks and of characters that nobody sees."""


@dataclass(frozen=True, slots=True)
class _Mention:
    """One name in a text: ``grids`` are the preorder numbers of all that bear it, ascending."""

    grids: tuple[int, ...]
    full: bool

    @property
    def rank(self) -> tuple[bool, bool]:
        """Sort what identifies best to the front: full names, and among them those that only one grid bears."""
        return not self.full, len(self.grids) > 1


class AddressBook:
    """The names of a tree's active grids, with and without their suffixes, and further names given as aliases."""

    def __init__(self, tree: Tree, aliases: Iterable[tuple[str, int]] = ()) -> None:
        """Index the names; an alias is (name, id of the grid), and one name may stand for several grids.

        Raises:
            UnknownGrid: an alias stands for a grid that the tree does not have.
        """
        self._tree = tree
        self._named: dict[str, int | list[int]] = {}
        superiors: list[tuple[int, tuple[str, ...]]] = []
        for position, grid in enumerate(tree.grids()):
            while superiors and superiors[-1][0] <= position:
                superiors.pop()
            name = _clean(grid.name)[:NAME_LENGTH]
            short = _without_superior(name, superiors[-1][1] if superiors else ())
            forms = tuple(dict.fromkeys((_split(name), _split(short))))
            if grid.active:
                for base, family in forms:
                    self._add(base, family, position)
            superiors.append((tree.interval(grid.id)[1], tuple(base for base, _ in forms if len(base) >= SHORTEST)))
        for alias, grid_id in aliases:
            self._add(_clean(alias)[:NAME_LENGTH], "", tree.position(grid_id))
        self._lengths = sorted({len(base) for base in self._named}, reverse=True)

    def find(self, text: str) -> tuple[int, ...]:
        """Give the ids of the grids that a text may mean, in preorder: one if it is clear, none if it names none.

        A name narrows what is known to the grids of that name below it, or else to what lies under a grid of that
        name, in whatever order the text puts them. Names are heard from the one that identifies best. One that fits
        nothing known is passed over, unless it identifies a grid as well as the first did: then both stay.
        """
        mentions = sorted(self._mentions(_clean(text[: 4 * SCANNED])[:SCANNED]), key=lambda mention: mention.rank)
        known: tuple[int, ...] = ()
        for mention in mentions:
            if not known:
                known = mention.grids
            elif narrower := self._under(known, mention.grids, below=1) or self._under(mention.grids, known, below=0):
                known = narrower
            elif mention.rank == (not mentions[0].full, False):
                known = tuple(sorted((*known, *mention.grids)))
        return tuple(self._tree.at(position) for position in known)

    def _add(self, base: str, family: str, position: int) -> None:
        """Enter a name; one that a single grid bears, as nearly all do, costs a bare number instead of a list."""
        if len(base) < SHORTEST:
            return
        entry = position * len(_FAMILIES) + _FAMILIES.index(family)
        known = self._named.setdefault(base, entry)
        if isinstance(known, list):
            known.append(entry)
        elif known != entry:
            self._named[base] = [known, entry]

    def _mentions(self, text: str) -> list[_Mention]:
        """Find the names in a text, longest first and without overlap; give the first ones, in the text's order."""
        taken = bytearray(len(text))
        found: list[tuple[int, str, int]] = []
        for length in self._lengths:
            for start in range(len(text) - length + 1):
                end = start + length
                # What is taken is at least as long as this window, so it cannot lie between the window's two ends.
                if (
                    taken[start]
                    or taken[end - 1]
                    or text[start:end] not in self._named
                    or _cuts_number(text, start, end)
                ):
                    continue
                suffix = _FOLLOWING.match(text, end)
                family = _FAMILIES.index(suffix.lastgroup or "") if suffix else 0
                end = suffix.end() if suffix and family in self._families(text[start:end]) else end
                taken[start:end] = bytes([1]) * (end - start)
                found.append((start, text[start : start + length], family))
        distinct = dict.fromkeys((base, family) for _, base, family in sorted(found))
        return [self._mention(base, family) for base, family in islice(distinct, MENTIONS)]

    def _mention(self, base: str, family: int) -> _Mention:
        """Weigh a name by what follows it: 瓦塘镇 is the township, 瓦塘村 the village, 瓦塘 alone may be either."""
        bearers = [divmod(entry, len(_FAMILIES)) for entry in self._entries(base)]
        full = [at for at, its in bearers if its == family] or [at for at, its in bearers if its == 0]
        return _Mention(tuple(sorted({*(full or (at for at, _ in bearers))})), full=bool(full))

    def _entries(self, base: str) -> Sequence[int]:
        entries = self._named[base]
        return (entries,) if isinstance(entries, int) else entries

    def _families(self, base: str) -> Iterator[int]:
        return (entry % len(_FAMILIES) for entry in self._entries(base))

    def _under(self, outer: Sequence[int], inner: Sequence[int], *, below: int) -> tuple[int, ...]:
        """Give the ``inner`` that lie within one of the ``outer``, and at least ``below`` (0 or 1) beneath its top."""
        return tuple(
            at
            for low, high in self._outermost(outer)
            for at in inner[bisect_left(inner, low + below) : bisect_left(inner, high)]
        )

    def _outermost(self, positions: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield the intervals of ascending preorder numbers that no other one of them contains."""
        reached = 0
        for position in positions:
            if position >= reached:
                low, reached = self._tree.interval(self._tree.at(position))
                yield low, reached


def _clean(text: str) -> str:
    """Write full width as half, capitals as small, and leave out blanks and what nobody sees."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if unicodedata.category(character) not in _SHAPELESS)


def _split(name: str) -> tuple[str, str]:
    """Part a name from its usual suffix: (魏家滩, village) of 魏家滩村委会; the family is empty if it has none."""
    parted = _NAME.fullmatch(name)
    return (name, "") if parted is None else (parted["base"], parted.lastgroup or "")


def _without_superior(name: str, superiors: Iterable[str]) -> str:
    """Leave out the superior's name in whichever form it is repeated: 二组 of 第一网格二组; empty if it is not."""
    for superior in superiors:
        if name.startswith(superior):
            suffix = _FOLLOWING.match(name, len(superior))
            return name[len(superior) if suffix is None else suffix.end() :]
    return ""


def _cuts_number(text: str, start: int, end: int) -> bool:
    """Tell whether a window ends within a number, as 网格1 does in 网格12 and 二组 in 十二组."""
    return (start > 0 and _one_number(text[start - 1], text[start])) or (
        end < len(text) and _one_number(text[end - 1], text[end])
    )


def _one_number(left: str, right: str) -> bool:
    return left.isnumeric() and right.isnumeric() and left.isdigit() == right.isdigit()
