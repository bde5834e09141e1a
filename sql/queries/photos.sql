-- name: add_loose
-- Nothing; a photo waits for its order, once under its id; one that is sent again waits its whole time again.
INSERT INTO loose_photos (id, created_at, salt, digest, jpeg) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at

-- name: loose
-- The digests of those of the photos $1 that wait since $2 or later.
SELECT id, digest FROM loose_photos WHERE id = ANY ($1::text[]) AND created_at > $2

-- name: claim
-- The photos $3, whose digests are $4, that are the order's from now on, in that order; what waits no more as it was, and
-- what the order has, is left out.
WITH waiting AS (  -- in one order everywhere, so that two requests with the same photos don't wait for each other
    SELECT l.id FROM loose_photos AS l JOIN unnest($3::text[], $4::text[]) AS k (id, digest) USING (id, digest)
    ORDER BY l.id
    FOR UPDATE OF l
), claimed AS (
    DELETE FROM loose_photos AS l USING waiting WHERE l.id = waiting.id RETURNING l.id, l.salt, l.jpeg
)
INSERT INTO photos (region, order_id, id, version, kind, place, salt, jpeg)
SELECT $1, $2, c.id, $5, $6, array_position($3, c.id), c.salt, c.jpeg FROM claimed AS c
ON CONFLICT DO NOTHING
RETURNING id

-- name: picture
-- The picture of one photo of an order.
SELECT jpeg FROM photos WHERE region = $1 AND order_id = $2 AND id = $3

-- name: drop_loose
-- The ids of at most $2 photos that waited since $1 or longer, and are gone.
DELETE FROM loose_photos WHERE id IN (
    SELECT id FROM loose_photos WHERE created_at <= $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id
