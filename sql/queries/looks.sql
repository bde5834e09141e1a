-- name: look
-- When person $3 last tapped for the contact of the order, if that was after $4; where $6, that they look at the place as
-- given is put on record, at $7, once in the slot $5.
WITH noted AS (
    INSERT INTO contact_views (region, order_id, person_id, slot, reason, at)
    SELECT $1::int, $2::bigint, $3::int, $5::timestamptz, '', $7::timestamptz WHERE $6::boolean
    ON CONFLICT DO NOTHING
)
SELECT max(at) AS at FROM contact_views
WHERE region = $1 AND order_id = $2 AND person_id = $3 AND reason <> '' AND at > $4

-- name: reveal
-- When person $3 last tapped for the contact of the order, which may be now: a tap at $6 for reason $4, in the slot $5, is
-- put on record unless one for the same reason came after $7.
WITH known AS (
    SELECT reason, at FROM contact_views
    WHERE region = $1 AND order_id = $2 AND person_id = $3 AND reason <> '' AND at > $7
), noted AS (
    INSERT INTO contact_views (region, order_id, person_id, slot, reason, at)
    SELECT $1::int, $2::bigint, $3::int, $5::timestamptz, $4::text, $6::timestamptz
    WHERE NOT EXISTS (SELECT FROM known WHERE reason = $4)
    ON CONFLICT DO NOTHING  -- the same tap, twice at once
    RETURNING at
)
SELECT coalesce(greatest((SELECT max(at) FROM known), (SELECT at FROM noted)), $6) AS at

-- name: looks
-- Who looked at what the resident's order hides, why, and when, oldest first.
SELECT p.code, v.reason, v.at FROM contact_views AS v JOIN people AS p ON p.id = v.person_id
WHERE v.region = $1 AND v.order_id = $2 ORDER BY v.at, v.reason, p.code
