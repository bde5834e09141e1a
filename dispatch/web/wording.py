"""How times, numbers and words are written on a page, in the language of its reader."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.domain.vocabulary import Word

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The one time zone of the pages (DOMAIN §2)."""

_DAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_LEVELS = {
    "省": "province",
    "市": "prefecture",
    "县": "county",
    "区": "district",
    "县（市、区）": "county",
    "乡镇": "township",
    "乡镇（街道）": "township",
    "街道": "subdistrict",
    "村": "village",
    "社区": "community",
    "村（社区）": "village or community",
    "网格": "grid",
    "一级网格": "first-level grid",
    "二级网格": "second-level grid",
    "三级网格": "third-level grid",
    "微网格": "micro-grid",
    "十户联网": "ten-household unit",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(at: str | datetime) -> datetime:
    """Return a time, given as ISO 8601 or as it is, in Shanghai."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return found.astimezone(SHANGHAI)


def day(at: str | datetime, lang: str, now: datetime) -> str:
    """Write the day of a time: 今天, 明天, 昨天, or month, day and weekday; the year where it is another."""
    found, today = local(at).date(), local(now).date()
    near = {0: ("今天", "today"), 1: ("明天", "tomorrow"), -1: ("昨天", "yesterday")}.get((found - today).days)
    if near is not None:
        return near[lang == "en"]
    return _far(found, lang, today)


def _far(found: date, lang: str, today: date) -> str:
    weekday = _DAYS[lang][found.weekday()]
    if lang == "en":
        year = "" if found.year == today.year else f" {found.year}"
        return f"{weekday} {found.day} {_MONTHS[found.month - 1]}{year}"
    year = "" if found.year == today.year else f"{found.year}年"
    return f"{year}{found.month}月{found.day}日（周{weekday}）"


def moment(at: str | datetime, lang: str, now: datetime) -> str:
    """Write a time: its day and its hour, such as 明天 17:30."""
    return f"{day(at, lang, now)} {local(at):%H:%M}"


def span(length: timedelta, lang: str) -> str:
    """Write how long something lasts, in its two largest units."""
    minutes = max(0, round(length.total_seconds() / 60))
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [(days, "天", "d"), (hours, "小时", "h"), (rest, "分钟", "min")]
    shown = [part for part in parts if part[0]][:2] or [parts[2]]
    if lang == "en":
        return " ".join(f"{count} {en}" for count, _, en in shown)
    return "".join(f"{count}{zh}" for count, zh, _ in shown)


def left(at: str | datetime, lang: str, now: datetime) -> str:
    """Write how long there is until a time, or how long it has been over."""
    length = local(at) - local(now)
    if length >= timedelta():
        return f"还有 {span(length, lang)}" if lang == "zh" else f"{span(length, lang)} left"
    return f"已超 {span(-length, lang)}" if lang == "zh" else f"{span(-length, lang)} late"


def level(name: str, lang: str) -> str:
    """Return what a level of the tree is called: names of levels are data, and English is known for the usual ones."""
    return _LEVELS.get(name, name) if lang == "en" else name


def said(words: Word | Mapping[str, Any] | None, lang: str) -> str:
    """Return a word of the vocabulary, or a label that is told in both languages, in one; nothing for none."""
    if isinstance(words, Word):
        return words.en if lang == "en" else words.zh
    return "" if words is None else str(words[lang])
