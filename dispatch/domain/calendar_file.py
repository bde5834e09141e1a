"""A year's holidays as the public project holiday-cn writes them down, in JSON, read with every fault named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from dispatch.domain import errors
from dispatch.domain.errors import fault

FIRST_YEAR, LAST_YEAR = 2000, 2199
MOST_DAYS = 200
"""No notice has named more days of one year."""
NAME_MOST = 60
"""The longest name of a holiday, in characters; what is longer is cut."""
PAPER_MOST = 300
"""The longest address of a notice, in characters."""
MOST_PAPERS = 20
MOST_FAULTS = 20
"""Of more faults only the first are named."""

_NATIONAL_DAY = (10, 1)


@dataclass(frozen=True, slots=True)
class PublishedYear:
    """What a notice of the State Council says of one year: each day off or make-up workday, and what it is called."""

    year: int
    days: Mapping[date, bool]
    names: Mapping[date, str]
    papers: tuple[str, ...]


def parse(document: str | bytes) -> PublishedYear:
    """Read a document ``{"year", "papers", "days": [{"name", "date", "isOffDay"}]}``; other fields are passed over.

    A notice may name the last days of December before and the first of January after its year, and no others.

    Raises:
        Invalid: it is not such a document, or a year that is not published yet; every fault is in it.
    """
    try:
        read = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise errors.Invalid(fault("body", "不是有效的 UTF-8 JSON 文件", "it is no valid JSON in UTF-8")) from error
    return from_json(read)


def from_json(read: Any) -> PublishedYear:
    """Read such a document from what JSON made of it.

    Raises:
        Invalid: as ``parse``.
    """
    if not isinstance(read, dict):
        raise errors.Invalid(fault("body", "应为一个 JSON 对象", "must be a JSON object"))
    year: Any = read.get("year")
    rows: Any = read.get("days")
    papers: Any = read.get("papers", [])
    faults = _faults_of_frame(year, rows, papers)
    if faults:
        raise errors.Invalid(*faults)
    days: dict[date, bool] = {}
    names: dict[date, str] = {}
    for number, row in enumerate(rows):
        try:
            day, off, name = _day(row, year, f"days.{number}", days)
        except errors.Invalid as refused:
            faults += refused.data["faults"]
        else:
            days[day], names[day] = not off, name
    if not faults and days.get(date(year, *_NATIONAL_DAY), True):
        faults.append(
            fault(
                "days",
                f"没有 {year} 年国庆节：该年的放假安排可能尚未公布，请等国务院公布后再导入",
                f"the National Day of {year} is missing: that year is perhaps not published yet; import it when it is",
            )
        )
    if faults:
        raise errors.Invalid(*faults[:MOST_FAULTS])
    return PublishedYear(year, days, names, tuple(papers))


def _faults_of_frame(year: Any, rows: Any, papers: Any) -> list[dict[str, str]]:
    faults = []
    if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
        faults.append(
            fault(
                "year",
                f"应为 {FIRST_YEAR}–{LAST_YEAR} 的年份（整数）",
                f"must be a year from {FIRST_YEAR} to {LAST_YEAR}, a whole number",
            )
        )
    if not isinstance(rows, list):
        faults.append(fault("days", "应为日期的列表", "must be a list of days"))
    elif len(rows) > MOST_DAYS:
        faults.append(fault("days", f"最多 {MOST_DAYS} 天", f"at most {MOST_DAYS} days"))
    if (
        not isinstance(papers, list)
        or len(papers) > MOST_PAPERS
        or not all(isinstance(paper, str) and len(paper) <= PAPER_MOST and paper.isprintable() for paper in papers)
    ):
        faults.append(fault("papers", "应为文件网址的列表", "must be a list of the notices' addresses"))
    return faults


def _day(row: Any, year: int, field: str, seen: Mapping[date, bool]) -> tuple[date, bool, str]:
    """Return a row's day, whether it is off, and its name.

    Raises:
        Invalid: what is wrong with the row.
    """
    if not isinstance(row, dict):
        raise errors.Invalid(fault(field, "应为一个 JSON 对象", "must be a JSON object"))
    try:
        day = _date(row.get("date"))
    except ValueError as error:
        sentence = ("应为日期，如 2026-10-01", "must be a date such as 2026-10-01")
        raise errors.Invalid(fault(f"{field}.date", *sentence)) from error
    off, name = row.get("isOffDay"), row.get("name", "")
    faults = []
    if not date(year - 1, 12, 1) <= day <= date(year + 1, 1, 31):
        faults.append(fault(f"{field}.date", f"{day} 不属于 {year} 年", f"{day} does not belong to {year}"))
    if day in seen:
        faults.append(fault(f"{field}.date", f"{day} 重复出现", f"{day} occurs twice"))
    if not isinstance(off, bool):
        sentence = ("应为 true（放假）或 false（上班）", "must be true (off) or false (at work)")
        faults.append(fault(f"{field}.isOffDay", *sentence))
    if not isinstance(name, str) or not name.isprintable():
        faults.append(fault(f"{field}.name", "应为一行文字", "must be one line of text"))
    if faults:
        raise errors.Invalid(*faults)
    return day, bool(off), str(name)[:NAME_MOST]


def _date(text: Any) -> date:
    """Read YYYY-MM-DD and nothing else that ISO 8601 allows."""
    day = date.fromisoformat(text) if isinstance(text, str) else None
    if day is None or day.isoformat() != text:
        raise ValueError(text)
    return day
