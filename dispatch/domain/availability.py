"""Whether somebody who serves may be asked at a moment: their leave, their hours, their quiet (DOMAIN §1, §3)."""

from datetime import datetime, time

from dispatch.domain.serving import ServiceHours, Serving, within
from dispatch.domain.vocabulary import SERVING, Role, Urgency
from grid_model.hours import WorkingCalendar
from grid_model.matching import LeftOut

EVENINGS = ServiceHours(working_days=((time(18, 30), time(21)),), days_off=((time(9), time(21)),))
"""When in-service members (双报到) serve who have set no hours of their own: they have another job (ours)."""


def why_not(serving: Serving, now: datetime, calendar: WorkingCalendar, urgency: Urgency) -> LeftOut | None:
    """Return why somebody is not asked at that moment, or None.

    On leave they are never asked. Their own quiet hours are kept for everything that is not critical; the hours in
    which they serve are always kept, since serving is voluntary (ours).
    """
    hours = hours_of(serving)
    if not serving.leaves and hours is None and serving.quiet is None:
        return None
    local = calendar.local(now)
    today, at = local.date(), local.time()
    if any(first <= today <= last for first, last in serving.leaves):
        return LeftOut.ON_LEAVE
    if hours is not None and not hours.cover(at, working_day=calendar.is_working_day(today)):
        return LeftOut.OFF_HOURS
    if serving.quiet is not None and urgency is not Urgency.CRITICAL and within(at, serving.quiet):
        return LeftOut.OFF_HOURS
    return None


def hours_of(serving: Serving) -> ServiceHours | None:
    """Return the hours in which somebody serves, None for always."""
    if serving.service_hours is not None:
        return serving.service_hours
    roles = {grant.role for grant in serving.grants} & SERVING
    return EVENINGS if roles == {Role.IN_SERVICE} else None
