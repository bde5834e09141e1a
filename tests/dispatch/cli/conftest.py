"""The command line as somebody at a terminal has it: arguments, environment, streams and an exit code."""

import io
import logging
import signal
import sys
from dataclasses import dataclass

import pytest
import structlog

from dispatch.__main__ import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def grid_dispatch(tmp_path, monkeypatch, capsys):
    """Run one command from its arguments to its exit code, in this process: to start one takes longer than to test."""

    def run(*arguments, url="", given="", **environment):
        defaults = {"DISPATCH_DATA_DIR": str(tmp_path / "var"), "COLUMNS": "200", "DISPATCH_DATABASE_URL": url}
        handler = signal.getsignal(signal.SIGTERM)
        handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
        structured = structlog.get_config()
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name in ("DISPATCH_LANG", "DISPATCH_LOG", "DISPATCH_CLOCK_RATE", "PORT"):
                patch.delenv(name, raising=False)
            for name, value in {**defaults, **environment}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["grid-dispatch", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(given))
            patch.chdir(tmp_path)
            try:
                with pytest.raises(SystemExit) as left:
                    main()
            finally:
                signal.signal(signal.SIGTERM, handler)
                logging.getLogger().handlers[:] = handlers
                logging.getLogger().setLevel(level)
                structlog.configure(**structured)
        said = capsys.readouterr()
        return Done(left.value.code, said.out, said.err)

    return run
