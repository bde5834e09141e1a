"""One sweep in a process of its own: ``python -m bench.sweeper URL NOW`` tells seconds, orders and CPU as JSON."""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SweptOnce:
    """What one sweep did, in how many seconds, of which so many of this process's CPU."""

    saved: int
    failed: int
    seconds: float
    cpu: float


async def _sweep(url: str, now: datetime) -> SweptOnce:
    from dispatch.settings import Settings  # noqa: PLC0415 - heavy
    from dispatch.usecases.service import Service  # noqa: PLC0415
    from dispatch.usecases.sweeping import sweep  # noqa: PLC0415

    service = await Service.open(Settings(), url, connections=4)
    try:
        began, spent = time.perf_counter(), time.process_time()
        swept = await sweep(service, now)
        return SweptOnce(swept.saved, swept.failed, time.perf_counter() - began, time.process_time() - spent)
    finally:
        await service.close()


def main(url: str, now: str) -> None:
    """Sweep once and tell."""
    import uvloop  # noqa: PLC0415 - as the service does

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(_sweep(url, datetime.fromisoformat(now))))))


if __name__ == "__main__":
    main(*sys.argv[1:])
