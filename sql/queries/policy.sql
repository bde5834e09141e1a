-- name: clocks
-- Where the county's clocks and rises differ from the defaults, in either mode.
SELECT mode, urgency, category, clock, duration FROM policy_overrides ORDER BY mode, urgency, category, clock

-- name: rungs
-- The county's own ladders of offers, rung by rung.
SELECT mode, urgency, category, place, rung, size, duration FROM policy_rungs
ORDER BY mode, urgency, category, place

-- name: weights
-- Where the county's points of matching differ from the defaults.
SELECT ground, points FROM match_weights ORDER BY ground

-- name: lock
-- Nothing; whoever replaces the policy does so alone.
LOCK TABLE policy_overrides, policy_rungs, match_weights IN SHARE ROW EXCLUSIVE MODE

-- name: clear_clocks
-- Nothing; no clock differs from the defaults any more.
DELETE FROM policy_overrides

-- name: clear_rungs
-- Nothing; there is no ladder but the default ones.
DELETE FROM policy_rungs

-- name: clear_weights
-- Nothing; every ground of matching counts as by default.
DELETE FROM match_weights

-- name: add_clocks
-- Nothing; these clocks differ from the defaults.
INSERT INTO policy_overrides (mode, urgency, category, clock, duration)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])

-- name: add_rungs
-- Nothing; these ladders take the place of the default ones.
INSERT INTO policy_rungs (mode, urgency, category, place, rung, size, duration)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::smallint[], $7::text[])

-- name: add_weights
-- Nothing; these grounds of matching count otherwise than by default.
INSERT INTO match_weights (ground, points) SELECT * FROM unnest($1::text[], $2::int[])

-- name: version
-- The number of the newest act about the policy, which is the whole county's, or null.
SELECT e.number FROM county_events AS e JOIN grids AS g ON g.id = e.region
WHERE e.subject = 'policy' AND g.parent_id IS NULL
ORDER BY e.number DESC LIMIT 1

-- name: told
-- The policy as the newest act about it tells, or null.
SELECT e.data -> 'after' FROM county_events AS e JOIN grids AS g ON g.id = e.region
WHERE e.subject = 'policy' AND g.parent_id IS NULL
ORDER BY e.number DESC LIMIT 1
