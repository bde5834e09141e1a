"""Click's commands with their headings in Chinese and English."""

from typing import Any

import click

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
"""The context settings of every command."""


class _Bilingual(click.Command):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", HELP)
        super().__init__(*args, **kwargs)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return ``--help`` with both languages."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本帮助 / show this help"
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line that shows the command's form."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="用法 Usage: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        rows = [row for row in (each.get_help_record(ctx) for each in self.get_params(ctx)) if row is not None]
        if rows:
            with formatter.section("选项 Options"):
                formatter.write_dl(rows)


class Command(_Bilingual):
    """One command."""


class Group(_Bilingual, click.Group):
    """A command of commands."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        rows = [
            (name, command.short_help or "")
            for name, command in self.commands.items()  # in the order of the file, which is the order of use
            if not command.hidden
        ]
        with formatter.section("命令 Commands"):
            formatter.write_dl(rows)


Group.group_class = Group
