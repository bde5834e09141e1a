"""A county's policy as people write it: TOML or JSON that says only where it differs from the defaults."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard, TypeVar

from dispatch.domain import errors
from dispatch.domain.asking import Asking, ladder_fault
from dispatch.domain.plausible import clashes, clock_slip, ladder_slip, length_fault
from dispatch.domain.policy import BROAD, DEFAULT, EMERGENCY, EVERY, RISE, Policy, clock_fault
from dispatch.domain.policy_text import written
from dispatch.domain.vocabulary import TIMED, Clock, Mode, Urgency, Word
from dispatch.domain.weighing import MatchGround, weight_fault
from grid_model.durations import Duration
from grid_model.matching import WEIGHTS

W = TypeVar("W", bound=Word)

CLOCKS = "clocks"
LADDER = "ladder"
RUNGS = "rungs"
WEIGHING = "weights"

DEFAULTS: dict[Mode, Policy] = {Mode.NORMAL: DEFAULT, Mode.EMERGENCY: EMERGENCY}
"""What a county has that says nothing of its own."""

_CATEGORY = re.compile(r"[0-9]{2}([0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Policies:
    """Both policies of a county, that of ordinary times and that of an emergency, and the points of every ground."""

    normal: Policy = DEFAULT
    emergency: Policy = EMERGENCY
    weights: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)

    def of(self, mode: Mode) -> Policy:
        """Return the policy of that mode."""
        return self.normal if mode is Mode.NORMAL else self.emergency


def document(policies: Policies) -> dict[str, Any]:
    """Return where the policies differ from the defaults, as nested tables; ``read`` reads it back.

    ``clocks.<urgency>[.<category>].<clock>`` is a duration; ``ladder.<urgency>[.<category>]`` holds ``rungs``, a list
    such as ``direct 1 10m``, and ``rise``, a duration; the same below ``emergency``. ``weights.<ground>`` is a whole
    number of points.
    """
    tables = _tables(policies.normal, DEFAULT)
    weights = {ground: policies.weights[ground] for ground in WEIGHTS if policies.weights[ground] != WEIGHTS[ground]}
    emergency = _tables(policies.emergency, EMERGENCY)
    beside = ((WEIGHING, weights), (Mode.EMERGENCY.value, emergency))
    return tables | {name: table for name, table in beside if table}


def read(tables: Mapping[str, Any], categories: Collection[str] | None = None) -> Policies:
    """Return the policies that a document describes.

    Args:
        tables: what ``document`` gives, or somebody wrote.
        categories: the codes of the county's categories; None takes any that looks like one.

    Raises:
        Invalid: with every fault, each at its path, as ``clocks.general.03.accept``.
    """
    reading = _Reading(categories)
    normal = reading.policy(DEFAULT, tables, "", (WEIGHING, Mode.EMERGENCY.value))
    weights = reading.weights(tables.get(WEIGHING, {}))
    below = reading.table(tables.get(Mode.EMERGENCY.value, {}), Mode.EMERGENCY.value)
    emergency = reading.policy(EMERGENCY, below, f"{Mode.EMERGENCY.value}.", ())
    if not reading.faults:  # with a rule that could not be read, others would be compared with what nobody wrote
        reading.compare(normal, DEFAULT, "")
        reading.compare(emergency, EMERGENCY, f"{Mode.EMERGENCY.value}.")
    if reading.faults:
        raise errors.Invalid(*reading.faults)
    return Policies(normal, emergency, weights)


def loads(text: str, categories: Collection[str] | None = None) -> Policies:
    """Return the policies that a TOML file describes.

    Raises:
        Invalid: with every fault, or where the text stops being TOML.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise errors.Invalid(
            errors.fault("TOML", f"不是有效的 TOML（{error}）", f"this is no valid TOML ({error})")
        ) from error
    except RecursionError as error:  # the library goes one call deeper with each bracket
        raise errors.Invalid(errors.fault("TOML", "嵌套层数太多", "it is nested too deeply")) from error
    return read(tables, categories)


def dumps(policies: Policies) -> str:
    """Return the policies as a TOML file with comments in Chinese; ``loads`` reads it back."""
    return written(document(policies), {mode.value: default for mode, default in DEFAULTS.items()})


def _tables(policy: Policy, default: Policy) -> dict[str, Any]:
    clocks: dict[str, Any] = {}
    ladder: dict[str, Any] = {}
    for urgency, category, clock in sorted(policy.clocks, key=lambda key: (_place(*key[:2]), TIMED.index(key[2]))):
        duration = policy.clocks[urgency, category, clock]
        if default.clocks.get((urgency, category, clock)) != duration:
            _within(clocks, urgency, category)[clock.value] = str(duration)
    for urgency, category in sorted({*policy.ladders, *policy.rise}, key=lambda key: _place(*key)):
        key = urgency, category
        if key in policy.ladders and default.ladders.get(key) != policy.ladders[key]:
            _within(ladder, *key)[RUNGS] = [str(asking) for asking in policy.ladders[key]]
        if key in policy.rise and default.rise.get(key) != policy.rise[key]:
            _within(ladder, *key)[RISE] = str(policy.rise[key])
    return {name: table for name, table in ((CLOCKS, clocks), (LADDER, ladder)) if table}


def _place(urgency: Urgency, category: str) -> tuple[int, str]:
    """What is for every category stands first, as TOML wants values before the tables below them."""
    return tuple(Urgency).index(urgency), category


def _within(tables: dict[str, Any], urgency: Urgency, category: str) -> dict[str, Any]:
    table: dict[str, Any] = tables.setdefault(urgency.value, {})
    return table if category == EVERY else table.setdefault(category, {})


@dataclass
class _Reading:
    """One reading of a document: what is wrong is gathered, and told all at once."""

    categories: Collection[str] | None
    faults: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.categories is not None:
            self.categories = {*self.categories, *(code[:BROAD] for code in self.categories)}

    def policy(self, default: Policy, tables: Mapping[str, Any], path: str, beside: tuple[str, ...]) -> Policy:
        """Return the default with everything that ``tables`` says in its place."""
        for name in tables:
            if name not in (CLOCKS, LADDER, *beside):
                self._fault(f"{path}{name}", "没有这一项", "there is no such table")
        clocks = {**default.clocks, **self._clocks(tables.get(CLOCKS, {}), f"{path}{CLOCKS}")}
        rise, ladders = dict(default.rise), dict(default.ladders)
        for urgency, category, at, values in self._scoped(tables.get(LADDER, {}), f"{path}{LADDER}"):
            for name, value in values.items():
                if name == RISE:
                    rise[urgency, category] = self._rise(value, f"{at}.{name}") or default.rise[urgency, EVERY]
                elif name == RUNGS:
                    ladder = self._ladder(value, f"{at}.{name}")
                    ladders[urgency, category] = ladder or default.ladders[urgency, EVERY]
                else:
                    self._fault(f"{at}.{name}", f"只能是 {RUNGS} 或 {RISE}", f"only {RUNGS} or {RISE}")
        return Policy(clocks, rise, ladders)

    def compare(self, policy: Policy, default: Policy, path: str) -> None:
        """Gather which clocks cannot be meant beside each other."""
        for clash in clashes(policy, default):
            scope = clash.urgency if clash.category == EVERY else f"{clash.urgency}.{clash.category}"
            self._fault(f"{path}{CLOCKS}.{scope}.{clash.clock}", clash.zh, clash.en)

    def weights(self, tables: object) -> Mapping[str, int]:
        """Return the default points with those that ``tables`` gives in their place."""
        found = dict(WEIGHTS)
        for name, points in self.table(tables, WEIGHING).items():
            ground = self._word(MatchGround, name, f"{WEIGHING}.{name}")
            wrong = None if ground is None else weight_fault(ground, points)
            if wrong is not None:
                self._fault(f"{WEIGHING}.{name}", *wrong)
            elif ground is not None:
                found[ground.value] = points
        return found

    def _clocks(self, tables: object, path: str) -> dict[tuple[Urgency, str, Clock], Duration]:
        found = {}
        for urgency, category, at, values in self._scoped(tables, path):
            for name, value in values.items():
                clock = self._word(TIMED, name, f"{at}.{name}")
                duration = self._duration(value, f"{at}.{name}")
                if clock is None or duration is None:
                    continue
                wrong = clock_fault(clock, duration) or clock_slip(clock, duration)
                if wrong is None:
                    found[urgency, category, clock] = duration
                else:
                    self._fault(f"{at}.{name}", *wrong)
        return found

    def table(self, value: object, path: str) -> Mapping[str, Any]:
        """Return ``value`` if it is a table, and otherwise an empty one."""
        if isinstance(value, Mapping):
            return value
        self._fault(path, "应为一个表", "must be a table")
        return {}

    def _scoped(self, value: object, path: str) -> Iterator[tuple[Urgency, str, str, dict[str, Any]]]:
        """Yield urgency, category, path and values of every table below ``path``."""
        for name, below in self.table(value, path).items():
            urgency = self._word(Urgency, name, f"{path}.{name}")
            table = self.table(below, f"{path}.{name}")
            if urgency is None:
                continue
            yield urgency, EVERY, f"{path}.{name}", {k: v for k, v in table.items() if not isinstance(v, Mapping)}
            for category, values in table.items():
                at = f"{path}.{name}.{category}"
                if isinstance(values, Mapping) and self._known(category, at):
                    yield urgency, category, at, dict(values)

    def _known(self, category: str, path: str) -> bool:
        right = _CATEGORY.fullmatch(category) is not None
        if not right:
            self._fault(path, "应为两位或四位类别代码", "a category code of two or four digits")
        elif self.categories is not None and category not in self.categories:
            right = False
            self._fault(path, "没有这个类别", "there is no such category")
        return right

    def _word(self, words: Collection[W] | type[W], text: str, path: str) -> W | None:
        for word in words:
            if word.value == text:
                return word
        known = "、".join(words)
        self._fault(path, f"没有「{text}」，只能是：{known}", f"{text!r} is none of {', '.join(words)}")
        return None

    def _duration(self, value: object, path: str) -> Duration | None:
        try:
            return Duration.parse(value) if self._text(value, path) else None
        except ValueError as error:
            zh = f"「{value}」不是时长：应如 15m、2h、7d、4wh、1wd、2ah、same_day、working_morning"
            self._fault(path, zh, str(error))
            return None

    def _rise(self, value: object, path: str) -> Duration | None:
        duration = self._duration(value, path)
        wrong = None if duration is None else length_fault(duration)
        if wrong is not None:
            self._fault(path, *wrong)
        return None if wrong is not None else duration

    def _ladder(self, value: object, path: str) -> tuple[Asking, ...] | None:
        if not isinstance(value, list):
            self._fault(path, "应为一个列表", "must be a list")
            return None
        askings = [self._asking(text, f"{path}.{place}") for place, text in enumerate(value, start=1)]
        ladder = tuple(asking for asking in askings if asking is not None)
        if len(ladder) < len(askings):
            return None
        wrong = ladder_fault(ladder) or ladder_slip(ladder)
        if wrong is not None:
            self._fault(path, *wrong)
        return ladder if wrong is None else None

    def _asking(self, value: object, path: str) -> Asking | None:
        try:
            return Asking.parse(value) if self._text(value, path) else None
        except ValueError as error:
            zh = f"「{value}」不是一级阶梯：应如 direct 1 10m、group 3 10m、pool 10m、siblings 20"
            self._fault(path, zh, str(error))
            return None

    def _text(self, value: object, path: str) -> TypeGuard[str]:
        if not isinstance(value, str):
            self._fault(path, "应为文字，写在引号里", "must be text, in quotes")
        return isinstance(value, str)

    def _fault(self, path: str, zh: str, en: str) -> None:
        self.faults.append(errors.fault(path, zh, en))
