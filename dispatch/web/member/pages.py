"""The pages of members and grid workers, a row each."""

from dispatch.web.member import filing, me, mine, offers, orders

PAGES = (*offers.PAGES, *mine.PAGES, *orders.PAGES, *filing.PAGES, *me.PAGES)
