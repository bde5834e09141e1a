"""The administrators' pages, a row each."""

from dispatch.web.county import calendar, importing, overview, people, person, policy, tree

PAGES = (
    *overview.PAGES,
    *importing.PAGES,
    *policy.PAGES,
    *calendar.PAGES,
    *tree.PAGES,
    *people.PAGES,
    *person.PAGES,
)
