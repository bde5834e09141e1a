"""Numbers as they are typed into a form or written in an address."""

_DIGITS = 10
"""Fewer fit into every number that the service keeps."""


def whole(text: str) -> int | str | None:
    """Return a whole number, or None for nothing; anything else is passed on, to be refused as it is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else text or None
