"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import machine
from bench.run import DURABLE


async def of(url: str) -> dict[str, Any]:
    """Return the machine, PostgreSQL and how durable it is."""
    shown = {name: await machine.show(url, name) for name in (*DURABLE, "shared_buffers", "server_version")}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_average": [round(one, 2) for one in psutil.getloadavg()],
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": shown.pop("server_version"),
        "settings": shown,
        "filesystem": await machine.filesystem(url),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
