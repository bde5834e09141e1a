"""Working calendars for the laws of time: ``st.from_type(WorkingCalendar)`` draws October 2026 or any other."""

from datetime import date, time

from hypothesis import strategies as st

from grid_model.hours import WorkingCalendar

# October 2026 as published: seven days off, one Sunday before and one Saturday after them at work.
OCTOBER = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 20): True, date(2026, 10, 10): True}

times = st.integers(0, 24 * 60 - 1).map(lambda minute: time(*divmod(minute, 60)))


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    edges = sorted(
        draw(
            st.sets(times, min_size=1, max_size=3).flatmap(
                lambda some: st.sets(times, min_size=2 * len(some), max_size=2 * len(some))
            )
        )
    )
    days = st.dates(date(2026, 9, 1), date(2027, 1, 31))
    return WorkingCalendar(
        spans=tuple(zip(edges[::2], edges[1::2], strict=True)),
        quiet=(draw(times), draw(times)),
        overrides=draw(st.dictionaries(days, st.booleans(), max_size=60)),
        official_years=frozenset({2026}),
    )


october = st.just(WorkingCalendar(overrides=OCTOBER, official_years=frozenset({2026})))
st.register_type_strategy(WorkingCalendar, st.one_of(october, calendars()))
