"""Figures: what was measured, in which unit, against which target, and how much the rounds differed."""

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

QUANTILES = (*(share / 100 for share in range(1, 100)), 0.995, 0.999)
"""The points at which a distribution of latencies is kept for the plots."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; a wrong answer or a lost write makes it refused, whatever its value.

    Attributes:
        key: subject and name, ``filing.ratio`` for instance.
        zh: what it is, in Chinese; ``en`` the same in English.
        value: the median of the rounds, in ``unit``.
        target: what it should be; None where the figure is only told.
        at_least: whether the target is the least (True) or the most (False) that is right.
        spread: the least and the greatest of the rounds.
        comparison: what others reach, Chinese and English.
        detail: whatever explains it: rates of both sides, CPU by process, quantiles, rounds; ``pgbench_ms`` is how long
            pgbench took for the same rows, asked as often, of the same server.
        refused: why it doesn't count; None where it does.
        left_out: why it was not measured; None where it was. Its value then says nothing.
    """

    key: str
    zh: str
    en: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = True
    spread: tuple[float, float] | None = None
    comparison: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    left_out: str | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.refused is not None:
            return False
        if self.target is None or self.left_out is not None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def ratio(
    key: str, names: tuple[str, str], ours: Sequence[float], limits: Sequence[float], target: float | None, **more: Any
) -> Figure:
    """Return the median of the ratios of interleaved rounds, each of ours to the limit measured beside it."""
    rounds = [mine / limit for mine, limit in zip(ours, limits, strict=True)]
    detail = {"ours": list(ours), "limit": list(limits), **more.pop("detail", {})}
    spread = (min(rounds), max(rounds))
    return Figure(key, *names, median(rounds), "×", target, spread=spread, detail=detail, **more)


def quantile(latencies: Sequence[float], share: float) -> float:
    """Return what this share of latencies kept, 0.99 for instance; of none nothing can be said, and it is endless."""
    inside = sorted(latencies)
    return inside[min(int(share * len(inside)), len(inside) - 1)] if inside else math.inf


def of_rounds(key: str, names: tuple[str, str], rounds: Sequence[float], unit: str, **more: Any) -> Figure:
    """Return the median of rounds with their spread."""
    return Figure(key, *names, median(rounds), unit, spread=(min(rounds), max(rounds)), **more)


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return by which power of the size the cost grows: 0 not at all, 1 in proportion."""
    import numpy as np  # noqa: PLC0415 - only where growth is measured

    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def written(figures: Iterable[Figure], facts: Mapping[str, Any], path: Path) -> None:
    """Write figures and the facts of the machine as JSON."""
    rows = [{**asdict(figure), "met": figure.met} for figure in figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"facts": dict(facts), "figures": rows}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
