"""Every page of the command, a row each."""

from dispatch.web.command import figures, overview

PAGES = (*overview.PAGES, *figures.PAGES)
