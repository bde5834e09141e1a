"""``import`` and ``demo-county``: a county's files, in and out."""

from pathlib import Path

import click

from dispatch.cli.bilingual import Command
from dispatch.cli.database import database_url, opened
from dispatch.cli.terminal import FAILED, await_, bars, console, lang, pick, say
from dispatch.running import CannotRunError
from dispatch.settings import Settings

_IMPORT = """导入一个县的网格、支部、人员、角色、户、类别和多边形。

Import a county: grids, branches, people, roles, households, categories, polygons.

\b
PATH 是 CSV 文件的目录，或一个 .xlsx 工作簿；格式见 docs/import.md。
PATH is a directory of CSV files or one .xlsx workbook; docs/import.md describes them.
全部成功或一行不改；有错时逐行列出。
All of it or nothing; every bad row is listed.
"""

_DEMO_COUNTY = """写出演示县（兴县）的导入文件，可作模板。

Write the demo county's files, which may serve as a template.

\b
PATH 以 .xlsx 结尾则写工作簿，否则写成目录。
A PATH that ends in .xlsx becomes a workbook, any other a directory.
"""


@click.command("import", cls=Command, help=_IMPORT, short_help="导入县资料 / bring a county in")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不写入 / check everything, write nothing")
@click.option(
    "--report",
    "faults_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="把全部错误写成 CSV / write all faults as CSV",
)
def import_(path: Path, dry_run: bool, faults_file: Path | None) -> None:
    """Import, show how it goes and how it went."""
    if not path.exists():
        raise CannotRunError(f"找不到 {path}；请核对路径。", f"there is no {path}; check the path.")
    with database_url(settings := Settings.read()) as url:
        await_(_import(settings, url, path, dry_run, faults_file))


async def _import(settings: Settings, url: str, path: Path, dry_run: bool, faults_file: Path | None) -> None:
    from dispatch.cli.import_report import render, write_faults  # noqa: PLC0415 - heavy
    from dispatch.usecases.import_county import import_county  # noqa: PLC0415

    async with opened(settings, url) as database:
        with bars() as advance:

            def progress(stage: str, done: int, total: int | None) -> None:
                advance(stage_text(stage), done, total)

            report = await import_county(database, path, dry_run=dry_run, progress=progress)
    render(report, console(), lang())
    if faults_file is not None:
        write_faults(report, faults_file)
        say(f"错误清单：{faults_file}", f"The list of faults: {faults_file}")
    if report.refused:
        raise click.exceptions.Exit(FAILED)


def stage_text(stage: str) -> str:
    """Return what a stage of an import is called, in the language asked for."""
    from dispatch.domain.county_sheets import Sheet  # noqa: PLC0415
    from dispatch.usecases.import_county import Stage  # noqa: PLC0415

    doing, _, sheet = stage.partition(" ")
    words = [Stage(doing), *([Sheet(sheet)] if sheet else [])]
    return " ".join(pick(word.zh, word.en) for word in words)


@click.command("demo-county", cls=Command, help=_DEMO_COUNTY, short_help="写出演示县文件 / write the demo county")
@click.argument("path", type=click.Path(path_type=Path), metavar="DIR_OR_XLSX")
def demo_county(path: Path) -> None:
    """Write the files."""
    from dispatch.demo.county import write_csv, write_xlsx  # noqa: PLC0415 - heavy

    if path.suffix.lower() == ".xlsx":
        path.parent.mkdir(parents=True, exist_ok=True)
        write_xlsx(path)
    else:
        write_csv(path)
    say(f"已写出 {path}；导入：grid-dispatch import {path}", f"Wrote {path}; import it: grid-dispatch import {path}")
