"""Routing: microseconds from a code, a point or an address to the branch, in the county and in the whole country."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from bench.figures import Figure, of_rounds
from bench.run import Run

VILLAGES, QUICK_VILLAGES = 620_573, 60_000

NATION = {
    False: ("全国村级", "every village of the country"),
    True: ("全国村级缩小到一成", "a tenth of the country's villages"),
}


async def measure(run: Run) -> list[Figure]:
    """Return the figures of routing; each tree is measured in a process of its own, for the sake of its memory."""
    found = []
    for name, zh, en, count in (
        ("county", "演示县", "the demo county", 0),
        ("nation", *NATION[run.quick], QUICK_VILLAGES if run.quick else VILLAGES),
    ):
        told = await asked(count)
        size = told["grids"]
        for way, way_zh, way_en in (
            ("code", "代码", "a code"),
            ("point", "坐标", "a point"),
            ("address", "地址", "an address"),
        ):
            found.append(
                of_rounds(
                    f"routing.{name}.{way}",
                    (f"{way_zh} → 支部，{zh} {size:,} 网格", f"{way_en} to its branch, {en}, {size:,} grids"),
                    told["us"][way],
                    "µs",
                    detail={"found": told["found"][way]},
                    refused=None if told["found"][way] == 1 else f"{told['found'][way]:.1%} found",
                )
            )
        found.append(
            Figure(
                f"routing.{name}.bytes",
                f"每个网格的内存，{zh}",
                f"bytes a grid with its names, {en}",
                told["bytes"],
                "B",
                detail={"build_s": told["build_s"], "index_s": told["index_s"], "source": told["source"]},
            )
        )
        found.append(
            Figure(f"routing.{name}.build", f"建树，{zh}", f"building the tree, {en}", told["build_s"], "s", detail={})
        )
    return found


async def asked(villages: int) -> dict[str, Any]:
    """Measure one tree in a process of its own; 0 villages mean the demo county."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.trees", str(villages)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).resolve().parent.parent,
        env=dict(os.environ),
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"measuring a tree ended with {process.returncode}")
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])
    return answer
