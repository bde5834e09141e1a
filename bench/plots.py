"""Plots as SVG: how near each ratio is to its target, how latencies are distributed, how cost grows."""

import io
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from bench.figures import Figure

_WIDE, _LINE = 9, 0.5  # inches
_OURS, _MISSED, _LIMIT = "#1a6fb5", "#b3261e", "#888888"

middle = statistics.median


def all_of(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield every plot for which there are figures."""
    counted = [one for one in figures if one.refused is None]
    for draw in (_ratios, _latencies, _growth):
        drawn = draw(counted)
        if drawn is not None:
            yield drawn


def _axes(height: float) -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415 - a second of start-up, and only the report draws

    mpl.use("svg")
    # letters stay letters: the reader's own fonts know Chinese, ours may not; and the same figures give the same bytes
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "grid-dispatch", "font.family": "sans-serif"})
    from matplotlib import pyplot as plt  # noqa: PLC0415

    drawn, axes = plt.subplots(figsize=(_WIDE, height))
    axes.spines[["top", "right"]].set_visible(False)
    return drawn, axes


def _svg(drawn: Any) -> str:
    from matplotlib import pyplot as plt  # noqa: PLC0415

    into = io.StringIO()
    drawn.savefig(into, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(drawn)
    text = into.getvalue()
    return text[text.index("<svg") :]


def _ratios(figures: Sequence[Figure]) -> str | None:
    shown = [one for one in reversed(figures) if one.unit == "×" and one.detail.get("limit")]
    if not shown:
        return None
    drawn, axes = _axes(1 + _LINE * len(shown))
    for at, one in enumerate(shown):
        axes.barh(at, one.value, color=_OURS if one.met is not False else _MISSED, height=0.6)
        low, high = one.spread or (one.value, one.value)
        axes.plot([low, high], [at, at], color="black", linewidth=1)
        if one.target is not None:
            axes.plot([one.target, one.target], [at - 0.4, at + 0.4], color=_LIMIT, linewidth=3)
        rates = (middle(one.detail[side]) for side in ("ours", "limit"))
        axes.text(high, at, "  " + " / ".join(f"{rate:,.0f}" for rate in rates), va="center", fontsize=9)
    axes.set_yticks(range(len(shown)), [one.en for one in shown])
    axes.set_xlabel("share of the limit that PostgreSQL alone sets; grey: the target; line: all rounds")
    return _svg(drawn)


def _logarithmic(drawn: Any, axes: Any, across: str, up: str) -> str:
    """Finish a plot on doubly logarithmic axes."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, which="major", color="#eeeeee")
    axes.legend(fontsize=8, frameon=False)
    return _svg(drawn)


def _latencies(figures: Sequence[Figure]) -> str | None:
    shown = [one for one in figures if one.detail.get("quantiles")]
    if not shown:
        return None
    drawn, axes = _axes(5)
    for one in shown:
        points = one.detail["quantiles"]
        axes.plot([ms for _, ms in points], [1 - share for share, _ in points], label=one.en, linewidth=1.5)
    return _logarithmic(drawn, axes, "milliseconds from the moment it was due", "share that took longer")


def _growth(figures: Sequence[Figure]) -> str | None:
    shown = [one for one in figures if one.detail.get("sizes")]
    if not shown:
        return None
    drawn, axes = _axes(5.5)
    for one in shown:
        line = f"{one.en} (slope {one.value:+.2f})"
        axes.plot(one.detail["sizes"], one.detail["costs"], marker="o", label=line, linewidth=1.5)
    return _logarithmic(drawn, axes, "orders in the database", "milliseconds each")
