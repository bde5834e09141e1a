"""The few values the service takes from its environment: read once, passed down."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

Network = IPv4Network | IPv6Network

LANGUAGES = ("zh", "en")


class BadSettingError(ValueError):
    """An environment variable has a value the service can't use; ``zh`` and ``en`` name it and say what it may be."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


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
            BadSettingError: a value is no number, out of range, no network, or no language.
        """
        env = os.environ if environ is None else environ
        return cls(
            database_url=env.get("DISPATCH_DATABASE_URL") or None,
            data_dir=Path(env.get("DISPATCH_DATA_DIR") or "var"),
            host=env.get("DISPATCH_HOST") or "127.0.0.1",
            port=_port(env.get("PORT") or "8080"),
            clock_rate=_rate(env.get("DISPATCH_CLOCK_RATE") or "1"),
            trusted_proxies=_networks(env.get("DISPATCH_TRUSTED_PROXIES") or ""),
            lang=_lang(env.get("DISPATCH_LANG") or "zh"),
        )


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 0 < port < 65536:  # noqa: PLR2004 - the ports there are
        raise BadSettingError(
            f"PORT 须为 1–65535 的整数，现为“{text}”", f"PORT must be a whole number from 1 to 65535, not “{text}”"
        )
    return port


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 0 < rate <= 86_400:  # noqa: PLR2004 - a day a second
        raise BadSettingError(
            f"DISPATCH_CLOCK_RATE 须为大于 0 且不超过 86400 的数，现为“{text}”",
            f"DISPATCH_CLOCK_RATE must be a number above 0 and at most 86400, not “{text}”",
        )
    return rate


def _lang(text: str) -> str:
    lang = text[:2].lower()  # also of en_GB.UTF-8
    if lang not in LANGUAGES:
        raise BadSettingError(
            f"DISPATCH_LANG 只能是 zh 或 en，现为“{text}”", f"DISPATCH_LANG must be zh or en, not “{text}”"
        )
    return lang


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise BadSettingError(
            f"DISPATCH_TRUSTED_PROXIES 须为逗号分隔的 IP 地址或网段，现为“{text}”",
            f"DISPATCH_TRUSTED_PROXIES must be IP addresses or networks, separated by commas, not “{text}”",
        ) from error
