"""Every page of the service, a row each."""

from dispatch.web import entering, offline
from dispatch.web.branch import pages as branch_pages
from dispatch.web.command import pages as command
from dispatch.web.county import pages as county
from dispatch.web.member import pages as member
from dispatch.web.resident import branch, doing, filing, following

PAGES = (
    *entering.PAGES,
    *offline.PAGES,
    *filing.PAGES,
    *following.PAGES,
    *doing.PAGES,
    *branch.PAGES,
    *member.PAGES,
    *branch_pages.PAGES,
    *command.PAGES,
    *county.PAGES,
)
