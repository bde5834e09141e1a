"""How urgent a message sounds, and whether somebody should call 110, 119, 120 or 122 first (DOMAIN §4.4)."""

import re
from dataclasses import dataclass

from dispatch.domain.guesses import Candidate, Guess, Sure
from dispatch.domain.vocabulary import Urgency


@dataclass(frozen=True, slots=True)
class Danger:
    """Words of danger to life, and the numbers to call because of them."""

    calls: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


_DANGERS: dict[str, tuple[str, ...]] = {
    number: tuple(words.split())
    for number, words in {
        "119": """
            着火 起火 失火 火灾 火势 烧起来 山火 爆炸 漏气 煤气泄漏 燃气泄漏 天然气泄漏 煤气泄露 煤气味 燃气味
            煤气…味 天然气…味 液化气…味 困在电梯 电梯…困 被困 困了 困着 困住 埋在 塌了 塌下来 塌方 掉井 掉进井
            落水 溺水 掉河 掉进水 掉水里 掉进河 救援
        """,
        "120": """
            昏倒 晕倒 晕过去 昏迷 昏过去 不省人事 叫不醒 心梗 脑梗 中风 抽搐 口吐白沫 没呼吸 喘不上气 没气了
            大出血 流血不止 血止不住 摔断 骨折 中毒 喝农药 喝了农药 一氧化碳 触电 电着 溺水 要生了 胸口疼 胸痛
            救命 烫伤 摔…动不了 摔…起不来 起不来 摔倒 摔了一跤 摔伤 摔着 受伤
        """,
        "110": """
            打架 打起来 动手 动刀 拿刀 持刀 砍人 捅 抢劫 抢钱 小偷 偷走 被偷 撬门 入室 报警 家暴 打老婆 往死里打
            跳楼 轻生 自杀 不想活 走失 走丢 失踪 孩子丢 绑架 诈骗 被骗 救命 斗殴
        """,
        "122": """
            车祸 撞人 撞了人 被撞 撞倒 翻车 追尾 交通事故
        """,
    }.items()
}

_FEARED = (
    "着火|起火|失火|火灾|爆炸|被困|溺水|中毒|触电|塌了|塌下来|塌方|走失|走丢|被撞|撞倒|骨折|摔断|掉井|掉进井"
    "|落水|掉河|掉进水|掉水里|被偷|打起来|动手|被骗"
)
_HARMLESS = re.compile(
    "(?:预?防|防止|避免|杜绝|小心)(?:火灾|溺水|煤气中毒|中毒|触电|诈骗|被骗|走失|着火|塌方)"
    rf"|(?:怕|担心|万一|以免|容易|别)[^，。,!！?？\n]{{0,6}}(?:{_FEARED})"
    "|(?:火灾|溺水|中毒|触电|诈骗)(?:隐患|宣传|演练|知识|预防|讲座)|动手能力|动手术|自己动手|动手做"
)
"""Where a word of danger speaks of what has not happened."""

_SAY_URGENT = """
    急急 很急 特别急 非常急 太急 着急 紧急 加急 十万火急 火急 急用 马上 立刻 立即 赶紧 赶快 快点来 快来 等不了
    等不及 今天必须 今晚就 来不及 刻不容缓 全村都 整栋楼都 整个村 危险 出人命 出大事 快要塌 要塌 急需 人命关天
    速来 速度来 十分火急 冒出来 往外喷 淹到
"""
_URGENT = tuple(_SAY_URGENT.split())
_SAY_CALM = """
    不急 不着急 不太急 没那么急 有空 抽空 方便的时候 方便时 什么时候都行 不忙 慢慢来 有时间 不是急事 别着急
    问一下 咨询一下 想问问 想咨询
"""
_CALM = tuple(_SAY_CALM.split())


def danger(text: str) -> Danger:
    """Return the words of danger in ``text`` and whom to call because of them; what is only feared does not count."""
    plain = _HARMLESS.sub("", text)
    found = {number: hits for number, words in _DANGERS.items() if (hits := said(plain, words))}
    return Danger(tuple(sorted(found)), tuple(dict.fromkeys(word for hits in found.values() for word in hits)))


def urgency(text: str, default: Urgency) -> Guess:
    """Return how fast it must move: by words of danger or of haste, or else as its category does by default.

    Danger to life is critical; haste raises what is general, and no more: people call much urgent. Words of patience
    take haste back, and lower nothing, for the category knows better what can wait.
    """
    threatened = danger(text)
    if threatened.words:
        return Guess(Urgency.CRITICAL.value, Sure.HIGH, (Candidate(Urgency.CRITICAL.value, threatened.words),))
    calm = said(text, _CALM)
    haste = said(_without(text, calm), _URGENT)
    if haste and not calm and default in (Urgency.GENERAL, Urgency.COMPLEX):
        raised = Candidate(Urgency.URGENT.value, haste)
        return Guess(raised.value, Sure.LOW, (raised, Candidate(Urgency.GENERAL.value)))
    words = calm if default is Urgency.GENERAL else haste
    return Guess(default.value, Sure.HIGH if words else Sure.LOW, (Candidate(default.value, words),))


def said(text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of ``words`` stand in ``text``; ``…`` in one is a few characters of the same sentence."""
    return tuple(word for word in words if _spans(text, word))


def _spans(text: str, word: str) -> bool:
    first, _, second = word.partition("…")
    return first in text and (
        not second or re.search(rf"{first}[^，。！？；,.!?;\n]{{0,6}}?{second}", text) is not None
    )


def _without(text: str, words: tuple[str, ...]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text
