"""How the service logs: one event a line, to stderr, without anybody's telephone number or words."""

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

from dispatch.settings import BadSettingError

_UNKNOWN = object()
_rich = sys.modules.get("rich", _UNKNOWN)
if _rich is _UNKNOWN:
    # structlog loads it, where it can, for tracebacks that we never print; it is a tenth of what a worker would hold
    sys.modules["rich"] = None  # type: ignore[assignment] # "not there", by the rules of import
try:
    import structlog
finally:
    if _rich is _UNKNOWN:
        del sys.modules["rich"]

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_PERSONAL = frozenset({"phone", "name", "house", "text", "contact", "password", "token", "query_code", "body"})
# A hash comes first, so that eleven digits inside it stay. What may stand next to a number can't decide: in a finished
# line that may be the n of an escaped line break, or the m of a colour.
_HASH_OR_PHONE = re.compile(r"(?P<hash>[0-9a-fA-F]{32,})|(?<![0-9])(1[0-9]{2})[0-9]{4}([0-9]{4})(?![0-9])")
_NOISY = {
    "apscheduler": logging.ERROR,  # a sweep longer than its interval is normal, and it warns each time
    "asyncio": logging.WARNING,
    "asyncpg": logging.ERROR,  # while the database is away it warns each second, with a traceback
}


def configure(environ: Mapping[str, str] | None = None) -> None:
    """Set logging up, once a process: lines for people on a terminal, JSON anywhere else.

    Args:
        environ: ``DISPATCH_LOG`` is one of debug, info (when missing), warning, error.

    Raises:
        BadSettingError: it is something else.
    """
    env = os.environ if environ is None else environ
    level = LEVELS.get((env.get("DISPATCH_LOG") or "info").lower())
    if level is None:
        raise BadSettingError(
            f"DISPATCH_LOG 只能是 {'、'.join(LEVELS)}", f"DISPATCH_LOG must be one of: {', '.join(LEVELS)}"
        )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        conceal,
    ]
    if sys.stderr.isatty():
        plain = structlog.dev.plain_traceback  # the pretty one prints local variables, and those hold people's words
        last: list[Any] = [structlog.dev.ConsoleRenderer(exception_formatter=plain)]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, mask],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, least in _NOISY.items():
        logging.getLogger(name).setLevel(max(level, least))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def conceal(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop the values of keys that hold what is somebody's own."""
    for key in _PERSONAL & event.keys():
        event[key] = "***"
    return event


def mask(_logger: Any, _method: str, line: Any) -> str:
    """Mask telephone numbers wherever they stand in a finished line, also inside an exception's text; hashes stay."""
    return _HASH_OR_PHONE.sub(lambda found: found["hash"] or f"{found[2]}****{found[3]}", str(line))
