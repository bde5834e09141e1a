"""The open orders that press most, in PostgreSQL: by what is listed or late, however many orders there are."""

from datetime import datetime

from dispatch.storage.database import Database
from dispatch.storage.lists import Wanted
from dispatch.storage.orders import Dossier, dossier_of
from dispatch.storage.queries import load
from dispatch.storage.rows import ids

SQL = load("pressing")


async def page(database: Database, wanted: Wanted, now: datetime, region: int | None = None) -> list[Dossier]:
    """Return at most ``wanted.limit`` orders that are listed or late at ``now``, those that press most first.

    What is listed comes first, then what has risen higher, then whose present promise has been missed for longer.

    Args:
        database: where they are.
        wanted: what the list is narrowed to; there is but one page, so it begins at the beginning.
        now: what was promised by then is late.
        region: the one region in which all that is wanted lies, or None for every region.
    """
    own = wanted.assignee is not None and wanted.assignee == wanted.reader  # theirs wherever it lies
    narrowed = (None if wanted.states is None else list(wanted.states), wanted.category)
    late = None
    if (wanted.overdue_at, wanted.not_overdue_at) != (None, None):
        late = wanted.overdue_at is not None
    last = (late, *(wanted.within or (None, None)), wanted.limit, wanted.listed, wanted.kind)
    if own or wanted.grids is not None:
        grids = ids(() if own else wanted.grids or ())
        filer = None if own else wanted.reader
        scope = (grids, wanted.reader, filer)
        found = await database.fetch(SQL["list_pressing_few"], *scope, *narrowed, now, wanted.assignee, *last)
    else:
        spans = ([span[0] for span in wanted.spans], [span[1] for span in wanted.spans])
        found = await database.fetch(
            SQL["list_pressing"], *spans, wanted.reader, *narrowed, wanted.assignee, now, *last, region
        )
    return [dossier_of(row) for row in found]
