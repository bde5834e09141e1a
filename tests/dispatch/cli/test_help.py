"""What a newcomer is told."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from dispatch import __version__
from dispatch.cli.bilingual import Group
from dispatch.cli.commands import cli

HANZI = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{3}")


def every(command, path=()):
    yield path, command
    if isinstance(command, Group):
        for name, inner in command.commands.items():
            yield from every(inner, (*path, name))


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*each, id=" ".join(each[0]) or "all") for each in every(cli)]
)
def test_every_command_has_help_in_both_languages(path, command):
    shown = CliRunner().invoke(cli, [*path, "--help"])
    assert shown.exit_code == 0
    purpose = shown.output.split("选项 Options")[0].split("\n", 1)[1]
    assert HANZI.search(purpose)
    assert LATIN.search(purpose)
    for option in command.params:
        if not command.hidden and option.param_type_name == "option":
            assert HANZI.search(option.help), option
            assert LATIN.search(option.help), option


def test_the_list_of_commands_says_what_each_is_for_in_both_languages():
    shown = CliRunner().invoke(cli, ["--help"]).output.split("命令 Commands")[1]
    listed = [line.split(maxsplit=1) for line in shown.splitlines()[1:] if line.strip()]
    assert [name for name, _ in listed] == [name for name, command in cli.commands.items() if not command.hidden]
    assert all(HANZI.search(text) and LATIN.search(text) for _, text in listed)


def test_help_imports_nothing_heavy():
    heavy = {"asyncio", "aiohttp", "asyncpg", "networkx", "shapely", "apscheduler", "rich", "structlog", "pydantic"}
    script = "import sys, dispatch.cli.commands; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert not heavy & set(loaded)


def test_the_version_is_the_projects(grid_dispatch):
    done = grid_dispatch("--version")
    assert done.stdout == f"grid-dispatch {__version__}\n"
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == __version__
