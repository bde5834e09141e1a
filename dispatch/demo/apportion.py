"""Whole numbers shared out by weight, so that published totals are met exactly."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_Item = TypeVar("_Item")


def shares(total: int, weights: Sequence[int], least: int = 0) -> list[int]:
    """Share ``total`` among the weights by largest remainder, each getting at least ``least``.

    Integers only: the sum of floats differs between versions of Python.

    Args:
        total: what is shared out, at least ``least`` times the number of weights.
        weights: positive whole numbers, one a receiver.
        least: what each receiver gets before the rest is shared by weight.

    Returns:
        One number a receiver, in their order; they sum to ``total``.

    Raises:
        ValueError: there is not enough for everybody's least.
    """
    rest = total - least * len(weights)
    if rest < 0:
        raise ValueError(f"{total} cannot give {least} to each of {len(weights)}")
    whole = sum(weights)
    parts = [least + rest * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(rest * weights[place] % whole), place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def between(rng: Random, low: int, high: int) -> int:
    """Draw a whole number from ``low`` to ``high``, both included.

    Only ``random()`` is drawn on: its sequence is what Python promises to keep from version to version.
    """
    return low + int(rng.random() * (high - low + 1))


def shuffled(rng: Random, items: Sequence[_Item]) -> list[_Item]:
    """Give the items in an order drawn from ``rng``."""
    keys = [rng.random() for _ in items]
    return [items[place] for place in sorted(range(len(items)), key=lambda place: (keys[place], place))]
