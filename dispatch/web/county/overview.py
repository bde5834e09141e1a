"""What stands in the county, and where each of it is changed."""

from aiohttp import web

from dispatch.web.door import Page
from dispatch.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    """Show what stands."""
    return visit.page("county/overview.html", county=await visit.ask("GET", "/county"))


PAGES = (Page("GET", "/county", show, login=True),)
