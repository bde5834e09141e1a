"""Photos that come with a form: kept as soon as they are sent, so that a form shown again need not have them again."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from dispatch.domain.photos import MOST
from dispatch.web.visit import Visit

FIELD = "photos"
"""The field that files are chosen in; those that are kept stand in hidden fields beside it, by their ids."""


async def keep(visit: Visit, typed: Mapping[str, str], files: Sequence[web.FileField]) -> dict[str, str]:
    """Keep the photos that came with a form, and return its fields with the ids of all that are kept.

    Raises:
        Refusal: one of them can't be taken.
    """
    before = ids(typed)
    key = typed.get("key") or None
    # a form that is sent again has the same photos under the same keys, whatever was kept before
    new = await visit.keep_photos(files, None if key is None else f"{key}-{len(before)}")
    return {**typed, **{_name(place): one for place, one in enumerate([*before, *new][:MOST])}}


def ids(typed: Mapping[str, str]) -> list[str]:
    """Return the ids of the photos that a form has kept."""
    return [typed[_name(place)] for place in range(MOST) if typed.get(_name(place))]


def _name(place: int) -> str:
    return f"{FIELD}.{place}"
