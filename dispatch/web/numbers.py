"""Numbers as they are typed into a form or written in an address."""

_DIGITS = 10
"""Fewer fit into every number that the service keeps."""


def whole(text: str) -> int | str | None:
    """Return a whole number, or None for nothing; anything else is passed on, to be refused as it is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else text or None


def phone(text: str) -> str:
    """Return a phone number without the spaces and the country's +86 that people and their phones write."""
    return text.replace(" ", "").removeprefix("+86")
