"""What is counted for Prometheus; labels are patterns and codes, never a number, a name or a place."""

import os
from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

REQUESTS = Counter("dispatch_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "dispatch_http_request_seconds",
    "Time to answer, in seconds",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
SET_ASIDE = Gauge(
    "dispatch_orders_set_aside", "Orders whose clock could not be served or reckoned", multiprocess_mode="mostrecent"
)
NOTICES_WAITING = Gauge("dispatch_notices_waiting", "Notices not sent yet", multiprocess_mode="mostrecent")


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer under the route's pattern, which is empty where there is no such address."""
    answers, times = _series(method if route else "other", route, status)
    answers.inc()
    times.observe(seconds)


@lru_cache(maxsize=4096)  # the library looks a series up by its labels anew each time, which takes longer than counting
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, status), SECONDS.labels(route)


def exposition(alarms: dict[str, Any] | None) -> bytes:
    """Return all figures, over all worker processes, in Prometheus' text format."""
    if alarms is not None:
        SET_ASIDE.set(alarms["set_aside"])
        NOTICES_WAITING.set(alarms["waiting_notices"])
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library leaves it untyped
        return generate_latest(registry)
    return generate_latest()
