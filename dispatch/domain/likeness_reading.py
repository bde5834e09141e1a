"""What a request says, as it is compared with others: its words, and the numbers, sides and names of its place."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dispatch.domain.likeness_words import COMMON, LANDMARKS, OFTEN, POLITE, SAME, VAGUE, WISHES

MOST_READ = 120
"""How many characters of a text are compared: people say what is wrong first."""

Named = Mapping[str, frozenset[str]]
"""What is named of each kind: the numbers of buildings, the sides of a lane."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is compared of a request.

    Attributes:
        text: what the resident said.
        category: its code of four digits.
        place: codes or names of the grids from the widest to the nearest; empty where they are not to count.
        filed_at: when it was filed; None where that is not to count.
        address: the place as it was given; only its numbers and sides are compared, and none of it is told.
    """

    text: str
    category: str
    place: tuple[str, ...] = ()
    filed_at: datetime | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A request as it is compared: read once, compared often.

    Attributes:
        request: the request itself.
        text: what was said, without spaces and punctuation, and with numbers in figures.
        plain: the same without courtesy, and with one word for what has several.
        words: those of ``SAME`` in it that tell something.
        characters: those that tell something.
    """

    request: Request
    text: str
    plain: str
    words: frozenset[str]
    characters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells one place from another, and a wish from a fault."""

    numbers: Named
    sides: Named
    names: Named
    landmarks: frozenset[str]
    wish: bool
    address: Named


def _by_beginning(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the words by their first two characters, longest first: many times as fast as a pattern of them all."""
    found: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        found.setdefault(word[:2], []).append(word)
    return {beginning: tuple(ways) for beginning, ways in found.items()}


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))))


_CANONICAL = {said: word for word, ways in SAME.items() for said in ways} | dict.fromkeys(POLITE, "")
_SAYINGS = _by_beginning(_CANONICAL)
_WISHES, _LANDMARKS = _any_of(WISHES), _any_of(LANDMARKS)
_NOISE = re.compile(r"[\W_]+")
_TELLS_NOTHING = COMMON | OFTEN | frozenset(" \n，。、！？：；,.!?")
_VAGUE = VAGUE | {""}

_DIGITS = {"两": "2", **{sign: str(value) for value, sign in enumerate("一二三四五六七八九", 1)}}
_KINDS = {
    "号楼": "号楼", "栋": "号楼", "幢": "号楼", "座": "号楼", "单元": "单元", "楼": "层", "层": "层",
    "组": "组", "队": "组", "室": "室", "号": "号",
}  # fmt: skip
_UNIT = "(号楼|单元|[栋幢座楼层组队室号])"
_NUMBER = re.compile(rf"(\d+|[甲乙丙丁]){_UNIT}")
_WRITTEN = re.compile(rf"[一二三四五六七八九两十]{{1,3}}(?={_UNIT})")
_ROOM = re.compile(r"(?<!\d)([1-9]\d{2,3})(?=[屋房室家户])")
_SIDE = re.compile(r"([东西南北前后])([头边侧面门口街路巷关沟梁院村坪组坡])|楼([上下])")
_ONE_SIDE = {"头": "边", "侧": "边", "面": "边"}
_NAME = re.compile(r"([\u4e00-\u9fff]{2})(街|巷|小区|村|组|社区)(?![委部口头里子])")
_NO_NAME = frozenset("我们这那个本全整各进每门到里的在住了和跟是有不没你他她它几两出回给后前")


def read(request: Request) -> Read:
    """Return a request as it is compared with others."""
    text = _normal(request.text)
    plain, words = _one_way(text)
    return Read(request, text, plain, frozenset(words - _VAGUE), frozenset(plain) - _TELLS_NOTHING)


def telling(text: str) -> frozenset[str]:
    """Return the characters of a text that tell something: a first look, many times as fast as reading it."""
    return frozenset(text[: 2 * MOST_READ]) - _TELLS_NOTHING


def marks(request: Read) -> Marks:
    """Return what a request says of its place, and whether it is a wish."""
    text, address = request.text, _normal(request.request.address)
    return Marks(
        numbers=_numbers(text),
        sides=_sides(text),
        names=_gathered((kind, name) for name, kind in _NAME.findall(text) if not _NO_NAME & set(name)),
        landmarks=frozenset(_LANDMARKS.findall(request.plain)),
        wish=_WISHES.search(text) is not None,
        address={**_sides(address), **_numbers(address)},
    )


def _normal(text: str) -> str:
    heard = _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())[:MOST_READ]
    return _WRITTEN.sub(_figures, heard)


def _one_way(text: str) -> tuple[str, set[str]]:
    """Return a text without courtesy and with one word for what has several, and which words these are."""
    done: list[str] = []
    words: set[str] = set()
    start = 0
    for place, one in enumerate(text):
        if place < start:
            continue
        ways = _SAYINGS.get(text[place : place + 2])
        said = next(filter(text[place:].startswith, ways), None) if ways else None
        if said is None and one in _CANONICAL:
            said = one
        if said is not None:
            word = _CANONICAL[said]
            done += text[start:place], word
            words.add(word)
            start = place + len(said)
    done.append(text[start:])
    return "".join(done), words


def _figures(found: re.Match[str]) -> str:
    """Return a number up to 99 that is written in Chinese, in figures."""
    tens, ten, ones = found[0].rpartition("十")
    if not ten:
        return "".join(_DIGITS[sign] for sign in ones)
    return str(int(_DIGITS.get(tens, "1")) * 10 + int(_DIGITS.get(ones, "0")))


def _gathered(found: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    gathered: dict[str, set[str]] = {}
    for kind, value in found:
        gathered.setdefault(kind, set()).add(value)
    return {kind: frozenset(values) for kind, values in gathered.items()}


def _numbers(text: str) -> dict[str, frozenset[str]]:
    rooms = (("室", room) for room in _ROOM.findall(text))
    return _gathered([*((_KINDS[unit], value) for value, unit in _NUMBER.findall(text)), *rooms])


def _sides(text: str) -> dict[str, frozenset[str]]:
    return _gathered(
        (_ONE_SIDE.get(noun, noun), side) if side else ("楼", storey) for side, noun, storey in _SIDE.findall(text)
    )
