"""How an import went, for a terminal: the table of what changed, or everything that is wrong; and the faults as CSV."""

import csv
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dispatch.domain.county_faults import WHOLE_SHEET, Fault
from dispatch.usecases.import_county import Report

SHOWN = 200
"""The most faults printed; ``write_faults`` writes them all."""


def render(report: Report, console: Console, lang: str) -> None:
    """Print the summary of an import, or its faults, the first ``SHOWN`` of them.

    Args:
        report: how it went.
        console: where to.
        lang: ``zh`` or ``en``.
    """
    zh = lang == "zh"
    if report.refused:
        _render_faults(report, console, zh=zh)
        return
    table = Table(title=f"导入 {report.source}" if zh else f"Import of {report.source}", title_justify="left")
    table.add_column("表" if zh else "sheet")
    for heading in ("新增", "更新", "未变") if zh else ("inserted", "updated", "unchanged"):
        table.add_column(heading, justify="right")
    for count in report.counts:
        numbers = (count.inserted, count.updated, count.unchanged)
        table.add_row(count.sheet.zh if zh else count.sheet.en, *(f"{number:,}" for number in numbers))
    console.print(table)
    if report.renumbered:
        moved = f"{report.renumbered:,}"
        console.print(f"另有 {moved} 个网格重排了次序" if zh else f"{moved} other grids moved in the tree's order")
    if report.left_out:
        left = f"{report.left_out:,}"
        console.print(
            f"文件没有列出 {left} 个在用的网格，它们保持不变；要更名、划转、撤销、合并或拆分，请用 grid-dispatch tree"
            if zh
            else f"{left} grids in use are not in the file and stay as they are; to rename, move, close, merge or "
            "split grids use grid-dispatch tree",
            soft_wrap=True,
        )
    console.print(_verdict(report, zh=zh))


def _verdict(report: Report, *, zh: bool) -> str:
    if not report.changed:
        return "与数据库一致，没有改动。" if zh else "The database holds all of this already; nothing changes."
    if report.dry_run:
        return "试运行：以上均未写入。" if zh else "A dry run: none of this was written."
    return "已写入。" if zh else "Written."


def _render_faults(report: Report, console: Console, *, zh: bool) -> None:
    total = len(report.faults)
    title = (
        f"{report.source}：{total:,} 处错误，没有任何改动"
        if zh
        else f"{report.source}: {total:,} faults, nothing was changed"
    )
    table = Table(title=title, title_justify="left")
    for heading in ("表", "行", "原因") if zh else ("sheet", "row", "reason"):
        table.add_column(heading, justify="right" if heading in {"行", "row"} else "left", overflow="fold")
    for bad in report.faults[:SHOWN]:
        # As Text, so that a bracket in a file's cell is not taken for markup.
        table.add_row(Text(bad.sheet), _row(bad), Text(bad.zh if zh else bad.en))
    console.print(table)
    if total > SHOWN:
        rest = f"{total - SHOWN:,}"
        console.print(
            f"还有 {rest} 处未列出；用 --report 文件.csv 写出全部。"
            if zh
            else f"{rest} more are not shown; --report FILE.csv writes them all."
        )


def _row(bad: Fault) -> str:
    return "—" if bad.row == WHOLE_SHEET else str(bad.row)


def write_faults(report: Report, path: Path) -> None:
    """Write every fault as CSV that Excel opens: sheet, row, reason_key, zh, en; a whole sheet's row is empty."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("sheet", "row", "reason_key", "zh", "en"))
        for bad in report.faults:
            row = "" if bad.row == WHOLE_SHEET else bad.row
            writer.writerow((_inert(bad.sheet), row, bad.reason_key, _inert(bad.zh), _inert(bad.en)))


def _inert(text: str) -> str:
    # A cell that begins like this would run as a formula when the report is opened.
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
