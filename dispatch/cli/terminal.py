"""What commands say and how they fail: Chinese first, then English, never a traceback."""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from dispatch.domain.errors import Refusal, Unavailable
from dispatch.running import CannotRunError
from dispatch.settings import BadSettingError

if TYPE_CHECKING:
    from rich.console import Console

FAILED = 1
MISUSED = 2
INTERRUPTED = 130

T = TypeVar("T")


def lang() -> str:
    """Return the language asked for: ``en``, or ``zh`` where nothing else is."""
    return "en" if os.environ.get("DISPATCH_LANG", "").lower().startswith("en") else "zh"


def pick(zh: str, en: str) -> str:
    """Return the text in the language asked for."""
    return en if lang() == "en" else zh


def say(zh: str, en: str) -> None:
    """Print a line in the language asked for."""
    click.echo(pick(zh, en))


def tell(zh: str, en: str) -> None:
    """Print a line as ``say`` does, if anybody still listens: a service outlives its terminal long enough to stop."""
    try:
        say(zh, en)
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends


def warn(zh: str, en: str) -> None:
    """Print a line that must not be missed, in bold on stderr; where nobody listens any more, go on without."""
    with contextlib.suppress(OSError):
        click.secho(pick(zh, en), bold=True, fg="yellow", err=True)


def complain(zh: str, en: str) -> None:
    """Print why something was not done, in both languages, on stderr."""
    first, second = (en, zh) if lang() == "en" else (zh, en)
    click.secho(f"{first} / {second}", fg="red", err=True)


def console(*, err: bool = False) -> "Console":
    """Return a rich console; imported here, as ``--help`` needs none."""
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=err)


def await_(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end."""
    import asyncio  # noqa: PLC0415 - heavy, and `--help` needs none

    return asyncio.run(work)


def run(command: Callable[..., Any]) -> NoReturn:
    """Run the command line; every failure becomes a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = command(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except (KeyboardInterrupt, click.Abort):
        complain("已中断", "interrupted")
        code = INTERRUPTED
    except click.ClickException as error:
        _misused(error)
        code = error.exit_code
    except BrokenPipeError:
        # Whoever read our output has enough, as `| head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except Exception as error:  # noqa: BLE001 - the last place where it can be said kindly
        code = _explain(error)
    sys.exit(code if isinstance(code, int) else 0)


def _terminated(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)  # by way of every `finally`, so that an embedded server stops


def _misused(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    path = "grid-dispatch" if context is None else context.command_path
    complain(f"用法有误：{error.format_message()} 请看 {path} --help", f"see {path} --help")


def _explain(error: Exception) -> int:
    zh, en, code = _sentence(error)
    complain(zh, en)
    if os.environ.get("DISPATCH_LOG", "").lower() == "debug":
        traceback.print_exception(error)
    return code


def _sentence(error: Exception) -> tuple[str, str, int]:
    """Return what an exception means, in both languages, and the exit code."""
    why = _reason(error)
    match error:
        case CannotRunError():
            zh, en = error.zh, error.en
        case BadSettingError():
            return f"环境变量 {error.zh}。", f"the environment variable {error.en}; see grid-dispatch --help.", MISUSED
        case Unavailable():
            why = _reason(error.__cause__)
            zh = f"连不上数据库（{why}），没有改动任何数据；请检查 DISPATCH_DATABASE_URL 和数据库是否在运行。"
            en = f"no database is reached ({why}), nothing was changed; check DISPATCH_DATABASE_URL and the server."
        case Refusal():
            zh, en = error.text("zh"), error.text("en")
        case _ if type(error).__name__ == "MigrationChangedError":  # its module is heavy
            zh = f"迁移 {error} 在应用之后被改动过，为保护数据不再继续；请恢复原来的文件。"
            en = f"migration {error} was edited after it had been applied, so nothing is done; restore the file."
        case _ if type(error).__name__ == "InvalidCatalogNameError":  # as above
            zh = f"没有这个数据库（{why}）；请先在服务器上建好（createdb），或检查 DISPATCH_DATABASE_URL。"
            en = f"there is no such database ({why}); create it first (createdb), or check DISPATCH_DATABASE_URL."
        case _ if type(error).__module__.startswith("asyncpg"):
            zh, en = f"数据库不允许（{why}）。", f"the database refused ({why})."
        case FileNotFoundError(filename=str() | Path() as missing):
            zh, en = f"找不到 {missing}；请核对路径。", f"there is no {missing}; check the path."
        case OSError():
            what = f"{error.strerror or why}{f': {error.filename}' if error.filename else ''}"
            zh, en = f"文件或网络出错（{what}）。", f"a file or the network failed ({what})."
        case _:
            what = f"{type(error).__name__}: {why}"
            zh = f"程序内部出错（{what}）；用 DISPATCH_LOG=debug 再运行一次可看到详情。"
            en = f"something went wrong inside ({what}); run it again with DISPATCH_LOG=debug to see where."
    return zh, en, FAILED


def _reason(error: BaseException | None) -> str:
    return str(error).splitlines()[0][:200] if error is not None and str(error) else type(error).__name__


@contextlib.contextmanager
def bars() -> Iterator[Callable[[str, int, int | None], None]]:
    """Show progress bars on stderr; the callable given is told (label, done, total or None)."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(err=True), transient=True) as progress:
        known: dict[str, Any] = {}

        def advance(label: str, done: int, total: int | None) -> None:
            if label not in known:
                known[label] = progress.add_task(label, total=total)
            progress.update(known[label], completed=done, total=total)

        yield advance


def write_template(file: Path, template: str) -> None:
    """Write the template of a sheet, for spreadsheet programs too; ``-`` is the standard output."""
    if str(file) == "-":
        click.echo(template, nl=False)
    else:
        file.write_text(template, encoding="utf-8-sig")
        say(f"已写出 {file}。", f"Wrote {file}.")
