"""A message as it is pasted from a chat group: who sent it and what it says, without the chat's own trimmings."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_CLOCK = r"(?:(?:凌晨|早上|上午|中午|下午|晚上|AM|PM)\s?)?[012]?\d:[0-5]\d(?::[0-5]\d)?"
_DAY = (
    r"(?:20\d\d[-/.年])?(?:1[0-2]|0?[1-9])[-/.月](?:3[01]|[12]\d|0?[1-9])日?"
    r"|昨天|今天|前天|(?:星期|周)[一二三四五六日天]"
)
_WHEN = rf"\[?(?:(?:{_DAY})\s*)?{_CLOCK}\]?"
_HEADERS = (
    re.compile(rf"(?P<who>[^\n:：,，。!！?？]{{1,30}}?)\s+{_WHEN}\s*[:：]?"),  # 张三 10:23
    re.compile(rf"{_WHEN}\s+(?P<who>[^\n:：,，。!！?？]{{1,30}}?)\s*[:：]?"),  # 10:23 张三
    re.compile(r"(?P<who>[^\n:：,，。!！?？\s]{1,16})[:：]"),  # 张三: with what is said below it
    re.compile(rf"(?P<who>)(?:{_WHEN}|[—\-–]{{2,}}.*[—\-–]{{2,}}|(?:{_DAY}))"),  # a time or a rule alone
)
_STAMPED = re.compile(rf"{_WHEN}\s*(?P<who>[^\s:：,，。]{{1,16}})[:：](?P<said>.+)")  # [10:23] 张三: what is said
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+", re.IGNORECASE)
_MENTION = re.compile(r"[@＠](?:所有人|[^\s@＠,，。:：!！?？]{1,20})[\u2005\s]?")
_STICKER = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,8}\]")
_QUOTE = re.compile(r"「[^」\n]{0,300}」\s*(?:\n[-—\s]*)?\n")  # what a reply answers to, as the chat repeats it
_KEPT = frozenset("°℃№")
_UNSEEN = frozenset({"So", "Sk", "Cs", "Co", "Cn", "Cf", "Cc"})


@dataclass(frozen=True, slots=True)
class Chat:
    """What was said, and by whom as the chat names them, in their order."""

    text: str
    senders: tuple[str, ...]


def read_chat(pasted: str) -> Chat:
    """Part a pasted message into what is said and who says it; links, mentions, emoji and stickers are left out."""
    plain = "\n".join(pasted.splitlines()).replace("\u2005", " ").replace("\u00a0", " ")
    senders: list[str] = []
    said: list[str] = []
    for raw in _QUOTE.sub("\n", plain).split("\n"):
        line = _shown(raw)
        stamped = _STAMPED.fullmatch(line)
        if stamped is not None:
            senders.append(stamped["who"])
            line = stamped["said"]
        else:
            header = next((found for one in _HEADERS if (found := one.fullmatch(line))), None)
            if header is not None:
                senders += [header["who"]] if header["who"] else []
                continue
        said.append(_squeezed(line))
    return Chat("\n".join(line for line in said if line), tuple(dict.fromkeys(senders)))


def without(text: str, parts: Iterable[str]) -> str:
    """Return ``text`` without these parts of it, and without what introduced them."""
    for part in parts:
        text = re.sub(rf"{_LABEL}{re.escape(part)}(?:（[^（）]{{0,4}}）)?", "，", text)
    text = re.sub(r"[，,、；;\s]*\n[，,、；;\s]*", "\n", text)
    text = re.sub(r"[，,、；;]\s*(?=[，,、；;。.!！?？\n]|$)", "", text)
    return text.strip("，,、；; \n")


_LABEL = (
    r"(?:(?:我的?|他的?|她的?|本人)?(?:联系)?(?:手机号码?|电话号码?|电话|手机|座机|号码|联系方式|联系|打|拨|微信同号|tel)"
    r"(?:给我|是|为)?\s*[:：]?\s*)?"
)


def _shown(line: str) -> str:
    """Leave out of a line what is no word: links, mentions, stickers, emoji, and characters that nobody sees."""
    line = _STICKER.sub(" ", _MENTION.sub(" ", _ADDRESS.sub(" ", line)))
    kept = (
        " " if ch == "\t" else ch for ch in line if ch in _KEPT or ch == "\t" or unicodedata.category(ch) not in _UNSEEN
    )
    return "".join(kept).strip()


def _squeezed(line: str) -> str:
    return re.sub(r"([!！?？。~～])\1+", r"\1", re.sub(r"\s+", " ", line)).strip()
