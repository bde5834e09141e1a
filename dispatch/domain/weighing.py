"""What the county holds each ground of matching worth: the grounds in words, and which points it may give them."""

from dispatch.domain.vocabulary import Word

MOST_POINTS = 1_000
"""No ground counts more than this, either way (ours); the database holds the same limits."""


class MatchGround(Word):
    """Why a candidate is asked before another; the same words as the default weights of matching."""

    CARER = "carer", "包联该户", "looks after the household"
    SKILL = "skill", "技能相符", "skilled in the category"
    ROOM = "room", "尚有余力", "room for more orders"
    NEAR = "near", "距离近", "near in the tree"
    OWN_BRANCH = "own_branch", "本支部党员", "of the branch itself"
    DECLINES = "declines", "近期每次婉拒", "each recent decline"

    @property
    def limits(self) -> tuple[int, int]:
        """The fewest and the most points: having declined never speaks for somebody, and nothing else against."""
        return (-MOST_POINTS, 0) if self is MatchGround.DECLINES else (0, MOST_POINTS)


def weight_fault(ground: MatchGround, points: object) -> tuple[str, str] | None:
    """Say in Chinese and English why a ground may not count that much, or None if it may."""
    least, most = ground.limits
    if isinstance(points, int) and not isinstance(points, bool) and least <= points <= most:
        return None
    return f"应为 {least} 到 {most} 的整数，不加引号", f"must be a whole number from {least} to {most}, without quotes"
