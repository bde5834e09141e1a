-- name: near
-- A page of the households in the grids $2 and of those that person $1 looks after, by code from after $3, at most $4.
WITH near AS MATERIALIZED (
    SELECT id, code, grid_id, carer_id FROM households WHERE carer_id = $1 OR grid_id = ANY ($2::int[])
)
SELECT h.code, h.grid_id, h.carer_id, c.name, c.phone, c.house
FROM near AS h JOIN household_contacts AS c ON c.household_id = h.id
WHERE h.code > $3
ORDER BY h.code LIMIT $4

-- name: wide
-- The same below the grids with intervals [$2, $3), where these are much of the tree: from after code $4, at most $5.
SELECT h.code, h.grid_id, h.carer_id, c.name, c.phone, c.house
FROM households AS h JOIN grids AS g ON g.id = h.grid_id JOIN household_contacts AS c ON c.household_id = h.id
WHERE h.code > $4 AND (
    h.carer_id = $1
    OR EXISTS (SELECT FROM unnest($2::int[], $3::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi)
)
ORDER BY h.code LIMIT $5

-- name: by_phones
-- The households that are reached by one of the numbers $1, wherever they are, at most $2.
SELECT h.code, h.grid_id, h.carer_id, c.name, c.phone, c.house
FROM household_contacts AS c JOIN households AS h ON h.id = c.household_id
WHERE c.phone = ANY ($1::text[])
ORDER BY h.code LIMIT $2

-- name: filed_for
-- Of the orders with regions $1 and ids $2 that somebody filed for another: by what channel, who filed, for which household.
SELECT o.region, o.id, e.data -> 'filed_for' ->> 'channel' AS channel, p.code AS filer,
       h.code AS household, h.grid_id, h.carer_id
FROM unnest($1::int[], $2::bigint[]) AS wanted (region, id)
JOIN orders AS o ON o.region = wanted.region AND o.id = wanted.id
JOIN events AS e ON e.region = o.region AND e.order_id = o.id AND e.version = 1
LEFT JOIN people AS p ON p.id = o.filed_by
LEFT JOIN households AS h ON h.id = o.household_id
