"""Addresses that somebody else may have written, and that one is led on to."""

import re

UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
"""What a browser drops from an address, or reads as something else."""


def inside(address: str | None, otherwise: str) -> str:
    """Return an address of ours to lead on to; one of another site is not followed."""
    if address and address.startswith("/") and not address.startswith("//") and not UNSAFE.search(address):
        return address
    return otherwise
