"""How alike two requests are (并单): whether a second one may well be about the same matter at the same place."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from dispatch.domain.likeness_reading import Named, Read, Request, marks, read, telling
from dispatch.domain.likeness_words import COMMON

__all__ = ["ALIKE", "NEAR", "Ground", "Likeness", "Reason", "Request", "alike", "likest"]

ALIKE = 0.5
"""From this score on two requests are shown as perhaps one matter (ours; ``bench/likeness.py`` measures it)."""

NEAR = timedelta(days=14)
"""How far apart two requests about one matter are filed at the most (ours)."""


class Ground(Enum):
    """On what ground two requests are held to be alike or different, for people."""

    IDENTICAL = ("内容相同", "the same words")
    WORDS = ("都提到", "both speak of")
    SWAPPED = ("说法相同，说的不是一件事", "the same wording about another thing")
    NUMBERS = ("号数不同", "other numbers")
    SIDES = ("方位不同", "other sides")
    NAMES = ("地名不同", "other places")
    LANDMARKS = ("地点不同", "other landmarks")
    WISH = ("一件是想新增，一件不是", "one wishes for something new, the other does not")
    ADDRESS = ("登记的地点不同", "the places given differ")
    GRID = ("不在同一网格", "they do not lie in one grid")
    CATEGORY = ("类别不同", "other categories")
    TIME = ("前后相隔太久", "they were filed too far apart")


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground, with the words of the two texts it rests on."""

    ground: Ground
    words: tuple[str, ...] = ()

    @property
    def zh(self) -> str:
        """The ground in Chinese."""
        return self.ground.value[0] + (f"：{'、'.join(self.words)}" if self.words else "")

    @property
    def en(self) -> str:
        """The ground in English; the words stay as they were said."""
        return self.ground.value[1] + (f": {', '.join(self.words)}" if self.words else "")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two requests are: a score from 0 to 1, and the grounds for it and against it."""

    score: float
    why: tuple[Reason, ...]


BIAS = -3.5
CHARACTERS_SHARED, CHARACTERS, WORDS_SHARED, WORDS, NO_WORD = 1.6, 4.0, 0.4, 1.5, -1.2
AGAINST = {
    Ground.SWAPPED: -3.0, Ground.NUMBERS: -4.5, Ground.SIDES: -2.5, Ground.NAMES: -2.0, Ground.LANDMARKS: -1.5,
    Ground.WISH: -2.0, Ground.CATEGORY: -0.5, Ground.ADDRESS: -4.5,
}  # fmt: skip
"""Weights of a logistic model, fitted to one half of ``tests/dispatch/domain/pairs.tsv`` and rounded; those against
another place are stronger than fitted: two lamps are two matters however alike the words (ours)."""

CHARACTERS_MOST, WORDS_MOST = 6, 3
"""How many shared characters and words are evidence enough: more add nothing."""

CONTEXT, SWAP_MOST, MUCH_THE_SAME = 5, 4, 0.5
"""A thing stands in another's place where this many characters beside it are equal, and it is no longer than that."""

WORDS_TOLD = 5

_LOOSE = "".join(sorted(COMMON))


def alike(one: Request, other: Request) -> Likeness:
    """Tell how alike two requests are; the same whichever comes first, and 1 for a request and itself."""
    return _compared(read(one), read(other))


def likest(one: Request, others: Iterable[Request], *, most: int) -> list[tuple[int, Likeness]]:
    """Return at most ``most`` of the others that are alike to ``one``, as (place among them, likeness), best first.

    Those that have no telling character in common, as they were written, are passed over unread.
    """
    mine, characters = read(one), telling(one.text)
    found = []
    for place, other in enumerate(others):
        if characters.isdisjoint(telling(other.text)):
            continue
        theirs = read(other)
        if theirs.plain != mine.plain and _probability(_evidence(mine, theirs)) < ALIKE:
            continue  # what speaks against it can only lessen that
        likeness = _compared(mine, theirs)
        if likeness.score >= ALIKE:
            found.append((place, likeness))
    return sorted(found, key=lambda pair: (-pair[1].score, pair[0]))[:most]


def _compared(one: Read, other: Read) -> Likeness:
    against = _against(one, other)
    if one.plain == other.plain and not against:
        score, why = 1.0, [Reason(Ground.IDENTICAL)]
    else:
        score = _probability(_evidence(one, other) + math.fsum(AGAINST[reason.ground] for reason in against))
        told = _told(one, other)
        why = [Reason(Ground.WORDS, told)] if told else []
    for ground, factor in _apart(one.request, other.request):
        score *= factor
        against.append(Reason(ground))
    return Likeness(round(score, 4), (*why, *against))


def _probability(evidence: float) -> float:
    return 1 / (1 + math.exp(-evidence))


def _evidence(one: Read, other: Read) -> float:
    characters, words = one.characters & other.characters, one.words & other.words
    fewest = min(len(one.words), len(other.words))
    return math.fsum((
        BIAS,
        CHARACTERS_SHARED * len(characters) / max(min(len(one.characters), len(other.characters)), 1),
        CHARACTERS * min(len(characters), CHARACTERS_MOST) / CHARACTERS_MOST,
        WORDS_SHARED * len(words) / max(fewest, 1),
        WORDS * min(len(words), WORDS_MOST) / WORDS_MOST,
        NO_WORD if fewest and not words else 0.0,
    ))  # fmt: skip


def _against(one: Read, other: Read) -> list[Reason]:
    mine, theirs = marks(one), marks(other)
    grounds = (
        (Ground.NUMBERS, _contradict(mine.numbers, theirs.numbers)),
        (Ground.SIDES, _contradict(mine.sides, theirs.sides)),
        (Ground.NAMES, _contradict(mine.names, theirs.names)),
        (Ground.LANDMARKS, _contradict({"": mine.landmarks}, {"": theirs.landmarks})),
        (Ground.SWAPPED, _swapped(one.plain, other.plain)),
    )
    found = [Reason(ground, words) for ground, words in grounds if words]
    if mine.wish != theirs.wish:
        found.append(Reason(Ground.WISH))
    if one.request.category != other.request.category:
        found.append(Reason(Ground.CATEGORY))
    if _contradict(mine.address, theirs.address):
        found.append(Reason(Ground.ADDRESS))
    return found


def _contradict(one: Named, other: Named) -> tuple[str, ...]:
    """Return what contradicts: of one kind, both name something, and nothing that both name."""
    return tuple(
        " / ".join(sorted({"/".join(sorted(values)) + kind, "/".join(sorted(other[kind])) + kind}))
        for kind, values in sorted(one.items())
        if values and other.get(kind) and not values & other[kind]
    )


def _swapped(one: str, other: str) -> tuple[str, ...]:
    """Return what stands in the place of what where two texts are otherwise much the same words."""
    if fuzz.ratio(one, other, score_cutoff=MUCH_THE_SAME * 100) == 0:
        return ()
    first, second = sorted((one, other))  # an alignment may depend on which comes first
    blocks = list(Levenshtein.opcodes(first, second))
    for place, block in enumerate(blocks):
        gone = first[block.src_start : block.src_end]
        come = second[block.dest_start : block.dest_end]
        if block.tag == "replace" and len(gone) <= SWAP_MOST and len(come) <= SWAP_MOST:
            near = (*blocks[max(place - 1, 0) : place], *blocks[place + 1 : place + 2])
            beside = sum(block.src_end - block.src_start for block in near if block.tag == "equal")
            mine, theirs = set(gone) - COMMON, set(come) - COMMON
            if beside >= CONTEXT and mine and theirs and not mine & theirs:
                return (f"{gone} / {come}",)
    return ()


def _told(one: Read, other: Read) -> tuple[str, ...]:
    """Return the words both have, those first that tell most."""
    first, second = sorted((one.plain, other.plain))
    common = [
        first[block.src_start : block.src_end].strip(_LOOSE)
        for block in Levenshtein.opcodes(first, second)
        if block.tag == "equal"
    ]
    longest = sorted((words for words in common if len(words) > 1), key=lambda words: (-len(words), words))
    told: list[str] = []
    for word in (*sorted(one.words & other.words), *longest):
        if not any(word in known or known in word for known in told):
            told.append(word)
    return tuple(told[:WORDS_TOLD])


def _apart(one: Request, other: Request) -> list[tuple[Ground, float]]:
    """Return what lessens any likeness: the grids lie far apart in the tree, or the days do."""
    found = []
    shorter = min(len(one.place), len(other.place))
    if shorter:
        shared = next((n for n in range(shorter) if one.place[n] != other.place[n]), shorter)
        if shared < shorter:  # one within the other is not apart
            found.append((Ground.GRID, 1 - GRIDS_APART * (1 - shared / shorter)))
    if one.filed_at is not None and other.filed_at is not None and abs(one.filed_at - other.filed_at) > NEAR:
        found.append((Ground.TIME, LONG_APART))
    return found


GRIDS_APART, LONG_APART = 0.3, 0.8
