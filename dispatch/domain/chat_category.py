"""What kind of matter a message is about: the categories whose words it uses, each with its points."""

import re
from collections.abc import Container, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from dispatch.domain.category_words import CATEGORY_WORDS, GAP, HINT
from dispatch.domain.guesses import Candidate, Guess, Sure

SHOWN = 5
"""How many candidates are shown."""

POINTS = 2
"""What each character of a word counts; of one that only hints, 1."""

FAINT = frozenset({"1401", "1402"})
"""Suggestions and praise count half: people suggest and thank whatever they ask for (ours)."""

ENOUGH, LEAD = 6, 4
"""From so many points, and so many more than the next, a category is rather sure (measured on the labelled chats)."""


def category(text: str, known: Container[str]) -> Guess:
    """Guess the small category of a message among the ``known`` ones; the best two alike: no value, so ask.

    A word within a longer one of another category is not heard: 消防通道 says nothing of 消防. Every character of a
    category's words counts once.
    """
    hits = sorted(_hits(text, known), key=lambda hit: (-len(hit.places), min(hit.places), hit.word))
    heard: dict[str, list[_Hit]] = {}
    for hit in hits:
        if not any(hit.places < other.places and hit.code != other.code for other in hits):
            heard.setdefault(hit.code, []).append(hit)
    found = [Candidate(code, tuple(hit.word for hit in its), _points(code, its)) for code, its in heard.items()]
    found.sort(key=lambda one: (-one.points, one.value))
    if not found:
        return Guess()
    best, second = found[0].points, found[1].points if len(found) > 1 else 0
    value = None if best == second else found[0].value
    sure = Sure.HIGH if best >= ENOUGH and best - second >= LEAD else Sure.LOW
    return Guess(value, sure, tuple(found[:SHOWN]))


class _Hit(NamedTuple):
    """One word in a text: the places of its characters, its category, and whether it only hints."""

    places: frozenset[int]
    word: str
    code: str
    hint: bool


def _points(code: str, hits: Iterable[_Hit]) -> int:
    worth: dict[int, int] = {}
    for hit in hits:
        for place in hit.places:
            worth[place] = max(worth.get(place, 0), 1 if hit.hint else POINTS)
    return sum(worth.values()) // (2 if code in FAINT else 1)


def _hits(text: str, known: Container[str]) -> list[_Hit]:
    """Every word in the text, where it stands first."""
    found = []
    for word, meant in _meanings().items():
        first, gap, second = word.partition(GAP)
        at = text.find(first)
        if at < 0:
            continue
        places = set(range(at, at + len(first)))
        if gap:
            match = _together(first, second).search(text)
            if match is None:
                continue
            places = {*range(match.start(), match.start() + len(first)), *range(match.end() - len(second), match.end())}
        found += [_Hit(frozenset(places), word, code, hint) for code, hint in meant if code in known]
    return found


@cache
def _together(first: str, second: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(first)}[^，。！？；,.!?;\n]{{0,6}}?{re.escape(second)}")


@cache
def _meanings() -> Mapping[str, tuple[tuple[str, bool], ...]]:
    """The categories of each word, and whether it only hints at them."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for code, words in CATEGORY_WORDS.items():
        for word in words:
            found.setdefault(word.removesuffix(HINT), []).append((code, word.endswith(HINT)))
    return {word: tuple(meant) for word, meant in found.items()}
