"""The pages of a branch, a row each."""

from dispatch.web.branch import batch, board, doing, listing, order, waiting

PAGES = (*board.PAGES, *order.PAGES, *doing.PAGES, *batch.PAGES, *waiting.PAGES, *listing.PAGES)
