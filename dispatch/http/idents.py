"""Numbers that stand in an address."""

MOST = 2**31 - 1
"""The highest number the database gives to what is numbered through."""

_DIGITS = len(str(MOST))


def ident(text: str) -> int | None:
    """Return the number that a part of an address names, or None where nothing can have it.

    The length is looked at first: digits by the thousand can't even be turned into a number.
    """
    if len(text) > _DIGITS or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if number <= MOST else None
