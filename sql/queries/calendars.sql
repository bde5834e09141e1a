-- name: days
-- Every day that somewhere breaks the week, of the grids $1 or of all where that is null; of several rows of a grid and
-- day the last one holds.
SELECT grid_id, day, working, note, notice FROM calendar_days
WHERE $1::int[] IS NULL OR grid_id = ANY ($1) ORDER BY grid_id, day, notice = 0, notice

-- name: years
-- Every year that was imported somewhere, of the grids $1 or of all.
SELECT grid_id, year FROM calendar_years WHERE $1::int[] IS NULL OR grid_id = ANY ($1) ORDER BY grid_id, year

-- name: hours
-- Every grid with hours of its own, of the grids $1 or of all.
SELECT grid_id, spans, quiet FROM calendar_hours WHERE $1::int[] IS NULL OR grid_id = ANY ($1) ORDER BY grid_id

-- name: one_at_a_time
-- Nothing; until this transaction ends nobody else changes a calendar, so that two changes can't each leave a working
-- day that the other takes away.
LOCK TABLE calendar_days, calendar_years, calendar_hours IN SHARE ROW EXCLUSIVE MODE

-- name: set_days
-- The days of grid $1 that are different now: for each of $2 whether people work ($3) and why ($4), said by the notice
-- of year $5 or (0) by hand.
INSERT INTO calendar_days AS d (grid_id, day, working, note, notice)
SELECT $1, given.day, given.working, given.note, $5
FROM unnest($2::date[], $3::boolean[], $4::text[]) AS given (day, working, note)
ON CONFLICT (grid_id, day, notice) DO UPDATE SET working = excluded.working, note = excluded.note
    WHERE (d.working, d.note) IS DISTINCT FROM (excluded.working, excluded.note)
RETURNING day

-- name: unset_days
-- The days of grid $1 among $2 that were said by hand, and have gone.
DELETE FROM calendar_days WHERE grid_id = $1 AND day = ANY ($2::date[]) AND notice = 0 RETURNING day

-- name: forget_days
-- The days of grid $1 by the notice of year $2 that are not among $3, and have gone.
DELETE FROM calendar_days WHERE grid_id = $1 AND notice = $2 AND NOT day = ANY ($3::date[]) RETURNING day

-- name: set_year
-- Grid $1, where its year $2 was not official or rested on other notices than $3.
INSERT INTO calendar_years AS y (grid_id, year, papers) VALUES ($1, $2, $3)
ON CONFLICT (grid_id, year) DO UPDATE SET papers = excluded.papers WHERE y.papers <> excluded.papers
RETURNING grid_id

-- name: set_hours
-- Grid $1, where its hours were others than $2 and $3.
INSERT INTO calendar_hours AS h (grid_id, spans, quiet) VALUES ($1, $2, $3)
ON CONFLICT (grid_id) DO UPDATE SET spans = excluded.spans, quiet = excluded.quiet
    WHERE (h.spans, h.quiet) IS DISTINCT FROM (excluded.spans, excluded.quiet)
RETURNING grid_id

-- name: unset_hours
-- Grid $1, if it had hours of its own.
DELETE FROM calendar_hours WHERE grid_id = $1 RETURNING grid_id
