"""The few values the service takes from its environment: read once, passed down."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

Network = IPv4Network | IPv6Network


class BadSettingError(ValueError):
    """An environment variable has a value the service can't use."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this deployment runs; ``database_url`` None means the embedded PostgreSQL in ``data_dir``."""

    database_url: str | None = None
    data_dir: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8080
    clock_rate: float = 1.0
    lang: str = "zh"
    session_hours: int = 12
    body_limit: int = 256 * 1024
    body_seconds: float = 15
    trusted_proxies: tuple[Network, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from the environment.

        Raises:
            BadSettingError: a value is no number, out of range, or no network.
        """
        env = os.environ if environ is None else environ
        try:
            settings = cls(
                database_url=env.get("DISPATCH_DATABASE_URL") or None,
                data_dir=Path(env.get("DISPATCH_DATA_DIR") or "var"),
                host=env.get("DISPATCH_HOST") or "127.0.0.1",
                port=int(env.get("PORT") or 8080),
                clock_rate=float(env.get("DISPATCH_CLOCK_RATE") or 1),
                trusted_proxies=_networks(env.get("DISPATCH_TRUSTED_PROXIES") or ""),
                lang="en" if (env.get("DISPATCH_LANG") or "zh").lower().startswith("en") else "zh",
            )
        except ValueError as error:
            raise BadSettingError(f"环境变量有误 / a bad environment variable: {error}") from error
        if not 0 < settings.port < 65536 or not 0 < settings.clock_rate <= 86_400:  # noqa: PLR2004 - a port, a day a second
            raise BadSettingError("PORT 须为 1–65535,DISPATCH_CLOCK_RATE 须大于 0 且不超过 86400")
        return settings


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
