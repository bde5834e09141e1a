"""The command line: ``grid-dispatch``, or ``python -m dispatch``."""

from dispatch.cli.terminal import run


def main() -> None:
    """Run the command line and leave with its exit code."""
    from dispatch.cli.commands import cli  # noqa: PLC0415 - a failure inside must find its explanation, too

    run(cli)


if __name__ == "__main__":
    main()
