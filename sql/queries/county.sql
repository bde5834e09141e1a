-- name: grids
-- Every grid that is in use.
SELECT id, code, name, level, level_name, kind, parent_id, active FROM grids ORDER BY id

-- name: polygons
-- The outline of every grid that has one, as WKB.
SELECT grid_id, shape FROM grid_polygons

-- name: branches
-- Every branch, party group and desk.
SELECT id, code, name, kind, grid_id, categories, active FROM branches ORDER BY id

-- name: categories
-- Every category.
SELECT code, name, name_en, parent_code, owner, urgency FROM categories ORDER BY code

-- name: secret
-- The secret with that name, made from $2 if it is not there yet.
INSERT INTO secrets AS s (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = s.value
RETURNING value

-- name: clock
-- How the service's time runs.
SELECT rate, wall_anchor, service_anchor FROM service_clock

-- name: set_clock
-- Nothing; from now on the service's time runs like this, and every process reads it anew.
WITH written AS (
    INSERT INTO service_clock (rate, wall_anchor, service_anchor) VALUES ($1, $2, $3)
    ON CONFLICT (single) DO UPDATE SET rate = $1, wall_anchor = $2, service_anchor = $3
    RETURNING 1
)
SELECT pg_notify('dispatch_reload', '') FROM written

-- name: beat
-- Nothing; that $1 is alive is on record.
INSERT INTO heartbeats (name, wall_at, service_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET wall_at = $2, service_at = $3

-- name: last_beat
-- When $1 was last alive.
SELECT wall_at, service_at FROM heartbeats WHERE name = $1

-- name: alarms
-- How many orders are set aside, and how many notices wait.
SELECT (SELECT count(*) FROM set_aside) AS set_aside,
       (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS waiting_notices

-- name: is_empty
-- Whether no county was imported yet.
SELECT NOT EXISTS (SELECT FROM grids)
