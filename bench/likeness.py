"""How well near-duplicates are found: precision and recall on pairs labelled by hand, and the time for 500 candidates.

Run it in a checkout: ``python -m bench.likeness``.
"""

import csv
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, cycle, islice
from pathlib import Path

from dispatch.domain.likeness import ALIKE, Request, alike, likest

_HERE = Path(__file__).resolve().parent.parent / "tests" / "dispatch" / "domain"
PAIRS = _HERE / "pairs.tsv"
FRESH = _HERE / "pairs_fresh.tsv"
"""Written when words and weights were fixed, and used for nothing but this: how it does on what nobody had in mind."""

THRESHOLDS = (0.3, 0.4, ALIKE, 0.6, 0.7, 0.8)
CANDIDATES, REPEATS = 500, 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two requests, and whether a person holds them to be about one matter."""

    same: bool
    one: Request
    other: Request

    @property
    def held_out(self) -> bool:
        """Whether it was left out when the weights were chosen: the digits of its category add up to odd.

        The words that mean the same were not: they were gathered by whoever wrote the pairs, with all of them in mind.
        """
        return _held_out(self.one.category)


def _held_out(category: str) -> bool:
    return sum(map(int, category)) % 2 == 1


def pairs(path: Path = PAIRS) -> list[Pair]:
    """Return the labelled pairs of a file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Pair(
                row["same"] == "1",
                Request(row["text_a"], row["category_a"]),
                Request(row["text_b"], row["category_b"]),
            )
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def unrelated(held_out: bool) -> list[tuple[Request, Request]]:
    """Return requests of one class but of two categories, of that half: what most candidates are like."""
    found = sorted(
        {pair.one for pair in pairs() if pair.held_out is held_out},
        key=lambda request: (request.category, request.text),
    )
    return [
        (one, other)
        for one, other in combinations(found, 2)
        if one.category != other.category and one.category[:2] == other.category[:2]
    ]


def measured(scores: Sequence[tuple[bool, float]], threshold: float) -> tuple[float, float]:
    """Return precision and recall at ``threshold`` over (same, score)."""
    suggested = [same for same, score in scores if score >= threshold]
    wanted = sum(same for same, _ in scores)
    return sum(suggested) / max(len(suggested), 1), sum(suggested) / max(wanted, 1)


def scored(chosen: Iterable[Pair]) -> list[tuple[bool, float]]:
    """Return whether they are the same, and how alike they are held to be."""
    return [(pair.same, alike(pair.one, pair.other).score) for pair in chosen]


def main() -> None:
    """Print the table."""
    everything = pairs()
    parts = {
        "tuned on": [pair for pair in everything if not pair.held_out],
        "held out": [pair for pair in everything if pair.held_out],
        "fresh": pairs(FRESH),
    }
    for name, part in parts.items():
        scores = scored(part)
        print(f"{name}: {len(scores)} pairs, {sum(same for same, _ in scores)} the same")
        print("  threshold  precision  recall")
        for threshold in THRESHOLDS:
            precision, recall = measured(scores, threshold)
            print(f"  {threshold:9.2f}  {precision:9.3f}  {recall:6.3f}")
    beside = [alike(one, other).score for held_out in (False, True) for one, other in unrelated(held_out)]
    wrong = sum(score >= ALIKE for score in beside)
    print(f"of {len(beside)} unrelated pairs of one class {wrong} are suggested")
    others = list(islice(cycle(pair.other for pair in everything), CANDIDATES))
    began = time.perf_counter()
    for pair in everything[:REPEATS]:
        likest(pair.one, others, most=10)
    each = (time.perf_counter() - began) / REPEATS
    print(f"one request against {CANDIDATES} candidates: {each * 1000:.1f} ms")


if __name__ == "__main__":
    main()
