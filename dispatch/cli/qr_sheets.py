"""A4 sheets with twelve codes each, drawn once in millimetres and written as PDF or as SVG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import segno

from dispatch.running import CannotRunError

WIDTH, HEIGHT = 210.0, 297.0
COLUMNS, ROWS = 3, 4
MARGIN = 10.0
CELL_WIDTH, CELL_HEIGHT = (WIDTH - 2 * MARGIN) / COLUMNS, (HEIGHT - 2 * MARGIN) / ROWS
QR_SIDE, QR_TOP = 38.0, 8.0
QUIET = 4
"""The light border that readers need, in modules (ISO/IEC 18004)."""

BLACK, RED, GREY = "#000000", "#a8161c", "#9a9a9a"
INVITATION = "扫一扫，我要点单"
DANGER = "有生命危险先打 110 · 119 · 120 · 122"
NAME_WIDTH = CELL_WIDTH - 5
MM = 72 / 25.4
"""How many points a millimetre has."""


@dataclass(frozen=True, slots=True)
class Door:
    """One code: of which grid, where that lies, and what it opens."""

    code: str
    path: str
    address: str


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text, centred at ``x``, with its baseline at ``y``; all in millimetres from the top left."""

    x: float
    y: float
    size: float
    text: str
    colour: str = BLACK


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its texts, the dark bars of its codes and the lines to cut along, as (x, y, width, height)."""

    texts: tuple[Text, ...]
    bars: tuple[tuple[float, float, float, float], ...]
    cuts: tuple[tuple[float, float, float, float], ...]


def sheets(doors: Sequence[Door]) -> list[Sheet]:
    """Return the pages of so many doors, row by row."""
    each = COLUMNS * ROWS
    return [_sheet(doors[first : first + each]) for first in range(0, len(doors), each)]


def _sheet(doors: Sequence[Door]) -> Sheet:
    texts: list[Text] = []
    bars: list[tuple[float, float, float, float]] = []
    for place, door in enumerate(doors):
        row, column = divmod(place, COLUMNS)
        left, top = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
        texts.extend(_texts(door, left + CELL_WIDTH / 2, top))
        bars.extend(_bars(door, left + (CELL_WIDTH - QR_SIDE) / 2, top + QR_TOP))
    cuts = [(MARGIN, MARGIN + row * CELL_HEIGHT, WIDTH - 2 * MARGIN, 0.0) for row in range(ROWS + 1)]
    cuts += [(MARGIN + column * CELL_WIDTH, MARGIN, 0.0, HEIGHT - 2 * MARGIN) for column in range(COLUMNS + 1)]
    return Sheet(tuple(texts), tuple(bars), tuple(cuts))


def _texts(door: Door, middle: float, top: float) -> Iterator[Text]:
    above, _, name = door.path.rpartition(" / ")
    yield Text(middle, top + 6.5, 5.0, INVITATION)
    yield Text(middle, top + 50.5, _fitting(name, 4.2), name)
    for number, line in enumerate(_lines(above, 2.8)):
        yield Text(middle, top + 54.6 + 3.4 * number, _fitting(line, 2.8), line)
    yield Text(middle, top + 61.6, _fitting(door.code, 2.6), door.code)
    yield Text(middle, top + 66.2, 2.9, DANGER, RED)


def _bars(door: Door, left: float, top: float) -> Iterator[tuple[float, float, float, float]]:
    """Yield the dark bars of a code: a run of dark modules each. A quarter of it may be scratched (level Q)."""
    rows = segno.make_qr(door.address, error="q", boost_error=False).matrix
    side = QR_SIDE / (len(rows) + 2 * QUIET)
    for number, row in enumerate(rows):
        y, start = top + (number + QUIET) * side, None
        for column, dark in enumerate((*row, 0)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                yield left + (start + QUIET) * side, y, (column - start) * side, side
                start = None


def _wide(text: str, size: float) -> float:
    """How wide a text is about: Chinese is square, the rest half of that or somewhat more."""
    return sum(size if ord(ch) > 0x2E7F else 0.56 * size for ch in text)  # noqa: PLR2004 - where Chinese begins


def _fitting(text: str, size: float) -> float:
    """Return the size in which a line fits its cell, at most ``size``."""
    wide = _wide(text, size)
    return size if wide <= NAME_WIDTH else size * NAME_WIDTH / wide


def _lines(path: str, size: float) -> list[str]:
    """Break a path between its names into two lines at most."""
    if not path:
        return []
    if _wide(path, size) <= NAME_WIDTH:
        return [path]
    names = path.split(" / ")
    cuts = [(" / ".join(names[:at]), " / ".join(names[at:])) for at in range(1, len(names))] or [(path, "")]
    best = min(cuts, key=lambda pair: max(_wide(line, size) for line in pair))
    return [line for line in best if line]


def svg(sheet: Sheet) -> str:
    """Return a page as an SVG of A4's size."""
    d = "".join(f"M{x:.4f} {y:.4f}h{wide:.4f}v{high:.4f}h{-wide:.4f}z" for x, y, wide, high in sheet.bars)
    cuts = "".join(f"M{x:.2f} {y:.2f}l{wide:.2f} {high:.2f}" for x, y, wide, high in sheet.cuts)
    texts = "\n".join(
        f'<text x="{one.x:.2f}" y="{one.y:.2f}" font-size="{one.size:.3f}" fill="{one.colour}">'
        f"{escape(one.text)}</text>"
        for one in sheet.texts
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}mm" height="{HEIGHT:g}mm" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" lang="zh-CN" text-anchor="middle" '
        f'font-family="Noto Sans CJK SC, PingFang SC, Microsoft YaHei, SimSun, sans-serif">\n'
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#ffffff"/>\n'
        f'<path d="{cuts}" stroke="{GREY}" stroke-width="0.15" stroke-dasharray="1.5 1.5"/>\n'
        f'<path d="{d}" fill="{BLACK}" shape-rendering="crispEdges"/>\n{texts}\n</svg>\n'
    )


def pdf(pages: Sequence[Sheet], file: Path, font: Path | None) -> None:
    """Write the pages as one PDF; its Chinese is in ``font``, embedded, or in the serif face of whoever shows it.

    Raises:
        CannotRunError: the font is none that a PDF can embed.
    """
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - heavy

    face = _face(font)
    canvas = Canvas(str(file), pagesize=(WIDTH * MM, HEIGHT * MM), lang="zh-CN")
    canvas.setTitle(INVITATION)
    for page in pages:
        canvas.setLineWidth(0.15 * MM)
        canvas.setStrokeColor(GREY)
        canvas.setDash(1.5 * MM, 1.5 * MM)
        for x, y, wide, high in page.cuts:
            canvas.line(x * MM, (HEIGHT - y) * MM, (x + wide) * MM, (HEIGHT - y - high) * MM)
        drawn = canvas.beginPath()
        for x, y, wide, high in page.bars:
            drawn.rect(x * MM, (HEIGHT - y - high) * MM, wide * MM, high * MM)
        canvas.setFillColor(BLACK)
        canvas.drawPath(drawn, stroke=0, fill=1)
        for one in page.texts:
            canvas.setFillColor(one.colour)
            canvas.setFont(face, one.size * MM)
            canvas.drawCentredString(one.x * MM, (HEIGHT - one.y) * MM, one.text)
        canvas.showPage()
    canvas.save()


def _face(font: Path | None) -> str:
    """Make a font known, and return its name."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFError, TTFont  # noqa: PLC0415

    if font is None:
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        return "STSong-Light"
    try:
        pdfmetrics.registerFont(TTFont("doors", str(font)))
    except (TTFError, OSError) as error:
        raise CannotRunError(
            f"字体 {font} 不能嵌入 PDF（须为 TrueType 轮廓的 .ttf 或 .ttc）。",
            f"the font {font} can't be embedded: a .ttf or .ttc with TrueType outlines is needed.",
        ) from error
    return "doors"
