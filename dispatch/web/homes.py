"""Where somebody begins who is logged in."""

from dispatch.domain.vocabulary import Role

_BRANCH_ROLES = frozenset({Role.SECRETARY, Role.DESK_OFFICER})
_COMMAND_ROLES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


def first_page(roles: frozenset[Role]) -> str:
    """Return the page that somebody with those roles begins at."""
    if roles & _BRANCH_ROLES:
        return "/branch"
    if roles & _COMMAND_ROLES:
        return "/command"
    return "/member"
