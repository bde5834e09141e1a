"""The channel every deployment has: a line in the log, without personal data."""

from typing import Protocol

import structlog

from dispatch.domain.notices import Letter

log = structlog.get_logger()


class Channel(Protocol):
    """How a notice leaves the house."""

    async def send(self, number: str, letter: Letter) -> None:
        """Tell the recipient that something happened to the order with ``number``."""


class Console:
    """Writes each notice to the log: the order's number, what happened, and the recipient's key."""

    async def send(self, number: str, letter: Letter) -> None:
        """Write one line."""
        log.info("notice", order=number, notice=letter.notice, person=letter.person_id, branch=letter.branch_id)
