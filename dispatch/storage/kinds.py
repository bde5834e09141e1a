"""Lists of the kinds of orders that are rare among all: steps of projects and pledges, by an index of their own."""

from dispatch.domain.vocabulary import Kind
from dispatch.storage.database import Database
from dispatch.storage.lists import Wanted
from dispatch.storage.orders import Dossier, dossier_of
from dispatch.storage.queries import load

SQL = load("kinds")


def rare(wanted: Wanted) -> bool:
    """Tell whether a list is of one rare kind, over so many grids that it is not gathered from each of them."""
    own = wanted.assignee is not None
    return wanted.kind not in (None, Kind.REQUEST.value) and wanted.grids is None and not own


async def page(database: Database, wanted: Wanted) -> list[Dossier]:
    """Return at most ``wanted.limit`` orders of the kind that is wanted, newest first; it must be ``rare``."""
    within = wanted.within or (None, None)
    found = await database.fetch(
        SQL["list_of_kind"],
        [span[0] for span in wanted.spans],
        [span[1] for span in wanted.spans],
        wanted.reader,
        None if wanted.states is None else list(wanted.states),
        wanted.category,
        wanted.overdue_at,
        wanted.not_overdue_at,
        wanted.listed,
        *wanted.after,
        *within,
        wanted.limit,
        wanted.kind,
    )
    return [dossier_of(row) for row in found]
