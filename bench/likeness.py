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

PAIRS = Path(__file__).resolve().parent.parent / "tests" / "dispatch" / "domain" / "pairs.tsv"

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
        """Whether it was not looked at when the weights were chosen: the digits of its category add up to odd."""
        return _held_out(self.one.category)


def _held_out(category: str) -> bool:
    return sum(map(int, category)) % 2 == 1


def pairs() -> list[Pair]:
    """Return the labelled pairs."""
    with PAIRS.open(encoding="utf-8", newline="") as lines:
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
    for held_out in (False, True):
        half = scored(pair for pair in everything if pair.held_out is held_out)
        beside = [alike(one, other).score for one, other in unrelated(held_out)]
        same = sum(is_same for is_same, _ in half)
        print(f"{'held out' if held_out else 'tuned on'}: {len(half)} pairs, {same} the same; {len(beside)} unrelated")
        print("  threshold  precision  recall  suggested among the unrelated")
        for threshold in THRESHOLDS:
            precision, recall = measured(half, threshold)
            wrong = sum(score >= threshold for score in beside) / len(beside)
            print(f"  {threshold:9.2f}  {precision:9.3f}  {recall:6.3f}  {wrong:.4f}")
    others = list(islice(cycle(pair.other for pair in everything), CANDIDATES))
    began = time.perf_counter()
    for pair in everything[:REPEATS]:
        likest(pair.one, others, most=10)
    each = (time.perf_counter() - began) / REPEATS
    print(f"one request against {CANDIDATES} candidates: {each * 1000:.1f} ms")


if __name__ == "__main__":
    main()
