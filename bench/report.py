"""The report: one table on the terminal, and the same with plots as a page that stands alone."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import plots
from bench.figures import Figure

_WIDTH = 150
"""The table's width where nobody looks at a terminal."""

_WHY = "docs/performance.md(剖析 Profiles)"

_MET = {True: "✓", False: "✗", None: ""}

_STYLE = """
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; max-width: 70rem; margin: 2rem auto;
       padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { border-bottom: 1px solid #ddd; padding: .35rem .5rem; text-align: left; vertical-align: top }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.met { color: #146c2e } .missed { color: #b3261e } figure { margin: 2rem 0 } svg { max-width: 100%; height: auto }
dl { display: grid; grid-template-columns: max-content auto; gap: .2rem 1rem } dt { color: #666 } dd { margin: 0 }
"""


def told(value: float, unit: str) -> str:
    """Return a value as people read it."""
    if value >= 1000:  # noqa: PLR2004 - from here on no decimals
        text = f"{value:,.0f}"
    elif value >= 100:  # noqa: PLR2004
        text = f"{value:.0f}"
    else:
        text = f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def target(figure: Figure) -> str:
    """Return the target with its direction."""
    if figure.target is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {told(figure.target, figure.unit)}"


def spread(figure: Figure) -> str:
    """Return the least and the greatest round."""
    return "" if figure.spread is None else f"{told(figure.spread[0], '')}–{told(figure.spread[1], '')}"


def value(figure: Figure) -> str:
    """Return the value with the rates that it comes of; a refused one says why, and so does one left out."""
    if figure.refused is not None:
        return f"refused: {figure.refused}"
    if figure.left_out is not None:
        return f"not measured: {figure.left_out}"
    text = told(figure.value, figure.unit)
    if figure.detail.get("ours") and figure.detail.get("limit"):
        ours, limit = (plots.middle(figure.detail[side]) for side in ("ours", "limit"))
        text += f" = {told(ours, '')} / {told(limit, figure.detail.get('unit', ''))}"
    if (limit := figure.detail.get("pgbench_ms")) is not None:
        text += f"\npgbench {told(limit, 'ms')}"
    costs = figure.detail.get("cpu")
    if costs:
        text += "\nCPU " + " + ".join(f"{name.removesuffix('_us')} {cost:.0f}" for name, cost in costs.items()) + " µs"
    return text


def table(figures: Sequence[Figure], facts: Mapping[str, Any]) -> None:
    """Print the table."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    shown = Table(title=_title(facts), title_justify="left", caption=_machine(facts), caption_justify="left")
    for heading in ("指标 / figure", "结果 / value", "目标 / target", "", "各轮 / rounds", "比较 / for comparison"):
        shown.add_column(heading, overflow="fold")
    for figure in figures:
        style = "red" if figure.met is False else "green" if figure.met else ""
        mark = f"[{style}]{_MET[figure.met]}[/]" if style else ""
        name = f"{figure.zh}\n[dim]{figure.en}[/]"
        shown.add_row(name, value(figure), target(figure), mark, spread(figure), figure.comparison)
    console.print(shown)
    console.print(took(facts), markup=False, highlight=False, soft_wrap=True)
    for line in missed(figures):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def took(facts: Mapping[str, Any]) -> str:
    """Say how long each subject took, and all of them."""
    each = " · ".join(f"{name} {seconds} s" for name, seconds in facts.get("seconds_of", {}).items())
    return f"用时 / time: {each or '-'}; 共 / in all {facts.get('seconds', 0)} s"


def missed(figures: Sequence[Figure]) -> list[str]:
    """Say of each target that was missed by how much, and where it is told why."""
    return [
        f"✗ {one.zh} / {one.en}: {_by(one)}; 见 see {_WHY}"
        for one in figures
        if one.met is False and one.refused is None
    ]


def _by(figure: Figure) -> str:
    far, near = figure.value, figure.target or 0.0
    if figure.at_least:
        far, near = near, far
    times = f"{far / near:.2g}x" if near > 0 else f"{figure.value:.3g}"
    limit = figure.detail.get("pgbench_ms")
    beside = "" if limit is None else f"; pgbench {told(limit, 'ms')}"
    return f"差 {times} / missed by {times} ({told(figure.value, figure.unit)}, {target(figure)}{beside})"


def written(figures: Sequence[Figure], facts: Mapping[str, Any], path: Path) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(figures, facts), encoding="utf-8")


def page(figures: Sequence[Figure], facts: Mapping[str, Any]) -> str:
    """Return the page: facts, table, plots; nothing is loaded from elsewhere."""
    quoted = html.escape
    rows = "\n".join(
        f"<tr><td>{quoted(one.zh)}<br><small>{quoted(one.en)}</small></td>"
        f"<td class=number>{quoted(value(one))}</td><td class=number>{quoted(target(one))}</td>"
        f"<td class={'met' if one.met else 'missed'}>{_MET[one.met]}</td>"
        f"<td class=number>{quoted(spread(one))}</td><td>{quoted(one.comparison)}</td></tr>"
        for one in figures
    )
    facts_list = "".join(f"<dt>{quoted(name)}</dt><dd>{quoted(str(fact))}</dd>" for name, fact in facts.items())
    pictures = "\n".join(f"<figure>{picture}</figure>" for picture in plots.all_of(figures))
    return f"""<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{quoted(_title(facts))}</title><style>{_STYLE}</style>
<h1>{quoted(_title(facts))}</h1>
<table><thead><tr><th>指标 / figure</th><th>结果 / value</th><th>目标 / target</th><th></th>
<th>各轮 / rounds</th><th>比较 / for comparison</th></tr></thead><tbody>
{rows}
</tbody></table>
<ul>{"".join(f"<li class=missed>{quoted(line)}</li>" for line in missed(figures))}</ul>
{pictures}
<h2>测量环境 / measured on</h2><dl>{facts_list}</dl>
</html>
"""


def _title(facts: Mapping[str, Any]) -> str:
    short = "（简短 / quick）" if facts.get("quick") else ""
    return f"grid-dispatch 性能测试 / benchmark {facts.get('at', '')}{short}"


def _machine(facts: Mapping[str, Any]) -> str:
    return (
        f"{facts.get('cpu')} · {facts.get('cores')} cores · PostgreSQL {facts.get('postgresql')}"
        f" · Python {facts.get('python')} · {facts.get('seconds')} s"
    )
