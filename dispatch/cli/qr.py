"""``qr``: sheets of the codes that hang at the doors, twelve to a page, to be printed and cut."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from dispatch.cli.bilingual import Command
from dispatch.cli.database import database_url, opened
from dispatch.cli.terminal import await_, say, warn
from dispatch.running import CannotRunError
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.cli.qr_sheets import Door
    from dispatch.domain.world import World

_HELP = """打印门口的二维码：扫一扫就到本网格的点单页；每张 A4 纸 12 个，PDF 或 SVG。

Sheets of the codes at the doors, twelve to an A4 page, as PDF or SVG; each opens the page of its grid.

\b
grid-dispatch qr 141123100016001 --base https://dd.example.cn -o 门牌.pdf
grid-dispatch qr --below 141123100016 --level 6 --base https://dd.example.cn -o 门牌.pdf
SVG 不分页，多于一张时每张一个文件。
SVG has no pages: where there are several sheets, each has a file of its own.
"""

LOCAL = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0"})  # noqa: S104 - nothing is served there by this
"""Hosts that no telephone reaches."""


@click.command(cls=Command, help=_HELP, short_help="打印门口的二维码 / sheets of codes for doors")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--below", multiple=True, metavar="CODE", help="该网格及其下的所有网格 / this grid and all below")
@click.option("--level", type=int, metavar="N", help="--below 中只要第 N 层，县为 0 / of --below only level N")
@click.option("--base", metavar="URL", help="服务的公开地址 / the service's public address")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("qr.pdf"), show_default=True,
    help="写到 .pdf 或 .svg / write a .pdf or an .svg",
)  # fmt: skip
@click.option(
    "--font", type=click.Path(path_type=Path, dir_okay=False), metavar="TTF",
    help="PDF 中嵌入的中文 TrueType 字体；不给则由阅读器代用宋体 / a TrueType font for the PDF to embed; "
    "without, the reader's own Chinese face",
)  # fmt: skip
def qr(
    codes: tuple[str, ...],
    below: tuple[str, ...],
    level: int | None,
    base: str | None,
    output: Path,
    font: Path | None,
) -> None:
    """Draw the sheets."""
    from dispatch.cli.qr_sheets import pdf, sheets, svg  # noqa: PLC0415 - heavy

    settings = Settings.read()
    address = _base(base, settings)
    if output.suffix.lower() not in {".pdf", ".svg"}:
        raise CannotRunError(f"{output} 须以 .pdf 或 .svg 结尾。", f"{output} must end in .pdf or .svg.")
    if not codes and not below:
        raise CannotRunError("请给出网格编码，或用 --below。", "name the grids by their codes, or use --below.")
    with database_url(settings) as url:
        doors = await_(_doors(settings, url, codes, below, level, address))
    if not doors:
        raise CannotRunError("没有符合条件的网格。", "there is no such grid.")
    pages = sheets(doors)
    if output.suffix.lower() == ".pdf":
        pdf(pages, output, font)
        written = [output]
    else:
        written = _numbered(output, len(pages))
        for page, file in zip(pages, written, strict=True):
            file.write_text(svg(page), encoding="utf-8")
    names = "、".join(map(str, written[:3])) + ("……" if len(written) > len(written[:3]) else "")
    say(
        f"已写出 {names}：{len(doors)} 个二维码，{len(pages)} 张 A4。",
        f"Wrote {names}: {len(doors)} codes on {len(pages)} A4 sheets.",
    )
    if font is None and output.suffix.lower() == ".pdf":
        say(
            "PDF 未嵌入中文字体，显示和打印用阅读器自带的宋体。送印刷店或换电脑打印，请先看汉字是否完好；"
            "缺字时用 --font 嵌入一个中文 .ttf。二维码不受影响。",
            "No Chinese font is embedded: whatever shows or prints the PDF uses its own. Before it goes to a print "
            "shop or another computer, see that no character is missing; if any is, embed a Chinese .ttf with --font. "
            "The codes themselves are not concerned.",
        )


def _base(base: str | None, settings: Settings) -> str:
    """Return the address that the codes begin with; one that no phone reaches is warned of."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = (base or f"http://{host}:{settings.port}").rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise CannotRunError(
            f"--base 须为 http 或 https 地址，现为“{base}”。",
            f"--base must be an address of http or https, not {base}.",
        )
    if parts.hostname in LOCAL:
        warn(
            f"注意：{address} 只有本机能打开，手机扫不开；请用 --base 给出公开地址。",
            f"{address} opens on this machine alone, not on a phone; give the public address with --base.",
        )
    return address


async def _doors(
    settings: Settings, url: str, codes: Sequence[str], below: Sequence[str], level: int | None, base: str
) -> list["Door"]:
    from dispatch.domain.errors import NoCounty  # noqa: PLC0415
    from dispatch.storage import county  # noqa: PLC0415 - heavy

    async with opened(settings, url) as database:
        world = await county.world(database)
    if world is None:
        raise NoCounty
    return chosen(world, codes, below, level, base)


def chosen(world: "World", codes: Sequence[str], below: Sequence[str], level: int | None, base: str) -> list["Door"]:
    """Return the doors asked for, each once: those named, then those below others in the order of the tree.

    Raises:
        CannotRunError: a code is no grid's.
    """
    from dispatch.cli.qr_sheets import Door  # noqa: PLC0415 - heavy
    from grid_model.tree import UnknownGrid  # noqa: PLC0415

    def known(code: str) -> int:
        try:
            return world.places.coded(code).id
        except UnknownGrid:
            raise CannotRunError(
                f"没有网格 {code}；请核对编码。", f"there is no grid {code}; check the code."
            ) from None

    found = [known(code) for code in codes]
    for code in below:
        low, high = world.tree.interval(known(code))
        within = (world.tree.grid(world.tree.at(position)) for position in range(low, high))
        found.extend(one.id for one in within if one.active and level in (None, one.level))
    return [
        Door(world.tree.grid(one).code, world.tree.path(one), f"{base}/q/{world.tree.grid(one).code}")
        for one in dict.fromkeys(found)
    ]


def _numbered(output: Path, count: int) -> list[Path]:
    """Return the files of so many sheets: the one named, or that name with the number of each."""
    if count == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{number}") for number in range(1, count + 1)]
