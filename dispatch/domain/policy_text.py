"""A policy's tables written as TOML, with what each line means in Chinese beside it."""

from collections.abc import Iterator, Mapping
from typing import Any

from dispatch.domain.asking import Asking
from dispatch.domain.policy import EVERY, RISE, Policy
from dispatch.domain.vocabulary import Clock, Mode, Rung, Urgency
from dispatch.domain.weighing import MatchGround
from grid_model.durations import Duration, Unit
from grid_model.matching import WEIGHTS

_HEAD = f"""\
# 时限与派单规则。只写与默认不同的地方，没有写的都按默认。
# clocks.<紧急程度>[.<类别>]：各项时限；ladder.<紧急程度>[.<类别>]：派单阶梯 rungs，和上升一级之后的新时限 rise。
# 类别写两位大类（"03"）或四位小类（"0301"），越窄越优先；急时（平急转换）的规则写在 emergency 之下。
# 紧急程度：{"、".join(f"{urgency} {urgency.zh}" for urgency in reversed(Urgency))}
# 时长：15m 分钟、2h 小时、7d 天、4wh 工作时、1wd 工作日、2ah 小时（夜间不计）、{Unit.SAME_DAY} 当日、{Unit.WORKING_MORNING} 下一工作日上午
# 阶梯：{"；".join(f"{rung} {rung.zh}" for rung in Rung)}。写法："direct 1 10m"、"group 3 10m"、"pool 10m"；
#       最后一级不写时长，一直有效到接单时限届满。
# weights：选人时各项依据的分值，整数，总分高的先问，平时、急时通用：{"；".join(f"{one} {one.zh}" for one in MatchGround)}
"""  # noqa: E501 - one line of the file says all units, another all grounds

_NOTHING = """
# 现在全部按默认。例如：
# [clocks.general.03]
# accept = "4wh"
"""


def written(tables: Mapping[str, Any], defaults: Mapping[str, Policy]) -> str:
    """Return tables, as ``policy_file.document`` gives them, as TOML.

    Args:
        tables: where the policies differ from the defaults.
        defaults: the default policy of each mode, told in the comments.
    """
    emergency = Mode.EMERGENCY.value
    lines = [*_mode(tables, "", defaults[Mode.NORMAL.value]), *_weights(tables.get("weights", {}))]
    if tables.get(emergency):
        lines += ["", f"# {Mode.EMERGENCY.zh}"]
        lines += _mode(tables[emergency], f"{emergency}.", defaults[emergency])
    return _HEAD + ("\n".join(lines) + "\n" if lines else _NOTHING)


def _weights(weights: Mapping[str, int]) -> Iterator[str]:
    if not weights:
        return
    yield ""
    yield "[weights]  # 选人依据的分值"
    for ground, points in weights.items():
        yield f"{ground} = {points}  # {MatchGround(ground).zh}：{points} 分；默认 {WEIGHTS[ground]} 分"


def _mode(tables: Mapping[str, Any], path: str, default: Policy) -> Iterator[str]:
    for kind in ("clocks", "ladder"):
        for name, table in tables.get(kind, {}).items():
            urgency = Urgency(name)
            plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
            yield from _table(f"{path}{kind}.{name}", plain, urgency, EVERY, default)
            for category, values in table.items():
                if isinstance(values, Mapping):
                    yield from _table(f"{path}{kind}.{name}.{category}", values, urgency, category, default)


def _table(path: str, values: Mapping[str, Any], urgency: Urgency, category: str, default: Policy) -> Iterator[str]:
    if not values:
        return
    yield ""
    yield f"[{path}]  # {urgency.zh}{f'，类别 {category}' if category else ''}"
    for name, value in values.items():
        if isinstance(value, list):
            texts = ", ".join(f'"{text}"' for text in value)
            yield f"{name} = [{texts}]  # 派单阶梯；默认 {_ladder(default.ladder(urgency, category))}"
        else:
            yield f'{name} = "{value}"  # {_meaning(name, value, urgency, category, default)}'


def _meaning(name: str, value: str, urgency: Urgency, category: str, default: Policy) -> str:
    rising = name == RISE
    label = "上升之后" if rising else Clock(name).zh
    known = default.rise_duration(urgency, category) if rising else default.duration(Clock(name), urgency, category)
    return f"{label}：{Duration.parse(value).label('zh')}；默认 {known.label('zh')}"


def _ladder(ladder: tuple[Asking, ...]) -> str:
    return " → ".join(map(str, ladder))
