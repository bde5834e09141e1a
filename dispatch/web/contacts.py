"""How a resident is reached, as every form for filing asks it."""

from collections.abc import Mapping

from dispatch.web import numbers


def contact(typed: Mapping[str, str]) -> dict[str, str | None]:
    """Return the contact that was typed into a form; a phone left empty is "", to be refused where one is needed."""
    return {
        "phone": numbers.phone(typed.get("contact.phone", "")),
        "name": typed.get("contact.name") or None,
        "house": typed.get("contact.house") or None,
    }
