"""Pages that the web service itself serves."""

from aiohttp import web


def add_routes(app: web.Application) -> None:
    """Add the pages."""
    _ = app
