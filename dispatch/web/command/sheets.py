"""The figures as tables to be taken along: CSV that Excel reads, and a workbook; no personal data is in them."""

import csv as writing
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain.rates import LEAST
from dispatch.domain.vocabulary import Grade
from dispatch.web import wording
from dispatch.web.texts import catalogue

Cell = str | int | float | None

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would take for a formula."""

WIDTH = 18
"""How wide a column of the workbook is, in characters."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with its heading."""

    name: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def of(found: Any, lang: str) -> list[Sheet]:
    """Return the tables of what /statistics answered."""
    return [_about(found, lang), _rates(found, lang), _milestones(found, lang), *_rest(found, lang)]


def csv(sheets: Sequence[Sheet]) -> bytes:
    """Write tables one below the other, in UTF-8 with the mark by which Excel knows it."""
    text = io.StringIO()
    writer = writing.writer(text)
    for sheet in sheets:
        writer.writerow([sheet.name])
        writer.writerow(sheet.head)
        writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
        writer.writerow([])
    return text.getvalue().encode("utf-8-sig")


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Write a workbook, a sheet each."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - few ask for one

    held = io.BytesIO()
    with Workbook(held, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.set_column(0, len(sheet.head) - 1, WIDTH)
            page.freeze_panes(1, 0)
            for place, title in enumerate(sheet.head):
                page.write_string(0, place, title, bold)
            for number, row in enumerate(sheet.rows, start=1):
                for place, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(number, place, cell)  # whatever it begins with, it is no formula
                    elif cell is not None:
                        page.write_number(number, place, cell)
    return held.getvalue()


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def _about(found: Any, lang: str) -> Sheet:
    _ = catalogue(lang).gettext
    at = wording.local(datetime.fromisoformat(found["at"]))
    return Sheet(
        _("概况"),
        (_("项目"), _("值")),
        (
            (_("范围"), found["grid"]["path"]),
            (_("起"), found["from"]),
            (_("止"), found["to"]),
            (_("统计时间"), f"{at:%Y-%m-%d %H:%M}"),
            (_("点单"), found["filed"]),
            (_("其中在办"), found["open"]),
            (_("其中曾超时"), found["missed"]),
            (_("期间了结"), found["ended"]),
        ),
    )


def _rates(found: Any, lang: str) -> Sheet:
    _ = catalogue(lang).gettext
    few = _("不足 %(n)s，不显示") % {"n": LEAST}
    return Sheet(
        _("三率"),
        (_("指标"), _("百分比"), _("分母"), _("剔除")),
        [
            (
                wording.said(one["rate_label"], lang),
                few if one["percent"] is None else one["percent"],
                one["among"],
                one["excluded"],
            )
            for one in found["rates"]
        ],
    )


def _milestones(found: Any, lang: str) -> Sheet:
    _ = catalogue(lang).gettext
    return Sheet(
        "13710",
        (_("节点"), _("按时"), _("超时"), _("未到期"), _("不再需要")),
        [
            (wording.said(one["milestone_label"], lang), one["kept"], one["missed"], one["open"], one["not_owed"])
            for one in found["milestones"]
        ],
    )


def _rest(found: Any, lang: str) -> list[Sheet]:
    _ = catalogue(lang).gettext
    grades = [(wording.said(grade, lang), found["grades"][grade.value]) for grade in Grade]
    return [
        Sheet(_("评价"), (_("等级"), _("人数")), grades),
        Sheet(
            _("逐日"), (_("日期"), _("点单"), _("了结")), [(d["day"], d["filed"], d["ended"]) for d in found["days"]]
        ),
        Sheet(
            _("类别"),
            (_("代码"), _("类别"), _("点单"), _("在办"), _("曾超时")),
            [
                (c["category"], wording.said(c["category_label"], lang), c["filed"], c["open"], c["missed"])
                for c in found["categories"]
            ],
        ),
        Sheet(
            _("支部负荷"),
            (_("手头件数"), _("支部数"), _("在办"), _("已超时")),
            [(band(b), b["branches"], b["open"], b["overdue"]) for b in found["load"]],
        ),
    ]


def band(one: Any) -> str:
    """Write a band of load: 0, 1–5, 16+."""
    if one["most"] is None:
        return f"{one['least']}+"
    return str(one["least"]) if one["least"] == one["most"] else f"{one['least']}–{one['most']}"
