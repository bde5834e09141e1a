"""The command line as somebody at a terminal has it: a process, its two streams and its exit code."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def grid_dispatch(tmp_path):
    """Run one command; returns the finished process."""

    def run(*arguments, url=None, given=None, **environment):
        env = {**os.environ, "DISPATCH_DATA_DIR": str(tmp_path / "var"), "COLUMNS": "200", **environment}
        env.pop("DISPATCH_DATABASE_URL", None)
        if url is not None:
            env["DISPATCH_DATABASE_URL"] = url
        return subprocess.run(
            [sys.executable, "-m", "dispatch", *arguments],
            check=False,
            env=env,
            input=given,
            capture_output=True,
            text=True,
        )

    return run
