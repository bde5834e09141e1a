"""Photos that come with a form: kept as soon as they are sent, so that a form shown again need not have them again."""

import secrets
from collections.abc import Mapping, Sequence

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.photos import MOST
from dispatch.web.visit import Faults, Visit

FIELD = "photos"
"""The field that files are chosen in; those that are kept stand in hidden fields beside it, by their ids."""


async def keep(visit: Visit, typed: Mapping[str, str], files: Sequence[web.FileField]) -> dict[str, str]:
    """Keep the photos that came with a form, and return its fields with the ids of all that are kept.

    Raises:
        Refusal: one of them can't be taken.
    """
    found, refused = await kept(visit, typed, files)
    if refused is not None:
        raise refused
    return found


async def kept(
    visit: Visit, typed: Mapping[str, str], files: Sequence[web.FileField]
) -> tuple[dict[str, str], Refusal | None]:
    """Keep the photos that came with a form as far as they can be.

    Returns:
        its fields with the ids of all that are kept; why one of them, and those after it, were not.
    """
    found, key = ids(typed), typed.get("key") or None
    refused = None
    for file in files[: MOST - len(found)]:
        # a form that is sent again has the same photos under the same keys, whatever was kept before
        own = None if key is None else f"{key}-{len(found)}"
        try:
            found += await visit.keep_photos([file], own)
        except Refusal as refusal:
            refused = refusal
            break
    return {**typed, **{_name(place): one for place, one in enumerate(found)}}, refused


def again(typed: Mapping[str, str], faults: Faults) -> tuple[dict[str, str], str]:
    """Return the fields of a form that is shown again, without the photos that the service has no more, and its key.

    The key is the one it had; a new one for a new form, and where photos were let go: they come anew, by other ids.
    """
    shown = _still_kept(typed, faults)
    key = typed.get("key") if ids(shown) == ids(typed) else None
    return shown, key or secrets.token_urlsafe(16)


def _still_kept(typed: Mapping[str, str], faults: Faults) -> dict[str, str]:
    found = [typed[name] for name in map(_name, range(MOST)) if typed.get(name) and name not in faults.fields]
    others = {name: value for name, value in typed.items() if name not in map(_name, range(MOST))}
    return {**others, **{_name(place): one for place, one in enumerate(found)}}


def ids(typed: Mapping[str, str]) -> list[str]:
    """Return the ids of the photos that a form has kept."""
    return [typed[_name(place)] for place in range(MOST) if typed.get(_name(place))]


def _name(place: int) -> str:
    return f"{FIELD}.{place}"
