"""``python -m bench [subject ...]``: measure, print one table, write figures and report."""

import importlib
import signal
import sys
import time
import traceback

from bench import facts, figures, machine, report
from bench.run import Run, check_durable

DEFAULT = ("routing", "starting", "filing", "acting", "sweeping", "lateness", "growth")
"""In this order; each is a module with ``async def measure(run) -> list[Figure]``."""

SUBJECTS = (*DEFAULT, "lists")
"""All that can be named; growth measures the lists, too."""


async def _whole(run: Run, names: list[str]) -> int:
    await check_durable(run.server)
    await machine.county(run.server)
    return await measured(run, names)


async def measured(run: Run, names: list[str]) -> int:
    """Measure subjects on a server that has the county, print and write what was found; 1 where a figure is refused.

    What is found is written after each subject, so that a run that is cut short loses nothing of it.
    """
    began = time.monotonic()
    found: list[figures.Figure] = []
    seconds: dict[str, int] = {}
    told = await facts.of(run.server)
    for name in names:
        at = time.monotonic()
        run.say(f"{name} …")
        found += await _subject(run, name)
        seconds[name] = round(time.monotonic() - at)
        run.say(f"{name}: {seconds[name]} s")
        told |= {"quick": run.quick, "seconds": round(time.monotonic() - began), "seconds_of": seconds}
        figures.written(found, told, run.out / "figures.json")
        report.written(found, told, run.out / "report.html")
    report.table(found, told)
    print(f"{run.out / 'figures.json'}\n{run.out / 'report.html'}")
    return int(any(figure.refused for figure in found))


async def _subject(run: Run, name: str) -> list[figures.Figure]:
    """Return a subject's figures; one that breaks leaves the others standing, and a figure that is refused."""
    try:
        found: list[figures.Figure] = await importlib.import_module(f"bench.{name}").measure(run)
    except Exception as wrong:  # noqa: BLE001 - whatever it is
        traceback.print_exc()
        return [figures.Figure(name, name, name, 0.0, "", refused=f"{type(wrong).__name__}: {wrong}")]
    return found


def _told_to_stop(_number: int, _frame: object) -> None:
    sys.exit(143)


def main(arguments: list[str]) -> int:
    """Run the subjects named, or all."""
    unknown = [name for name in arguments if name not in SUBJECTS]
    if unknown:
        print(f"没有这个项目 / no such subject: {', '.join(unknown)}; {', '.join(SUBJECTS)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _told_to_stop)  # a run that is cut short leaves no server behind
    with machine.server() as url:
        code: int = machine.in_loop(_whole(Run.of(url), arguments or list(DEFAULT)))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
