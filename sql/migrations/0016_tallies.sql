-- The county's counters, kept as orders change: what is counted costs the same among ten thousand orders and ten million.

-- Whoever changes the tree or orders is waited for first, and all others come after: of two who each hold what the other
-- waits for, PostgreSQL would cancel one.
SELECT pg_advisory_xact_lock(hashtext('grid-dispatch import'));
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;

-- Every change of an order leaves here what it was, with a sign of -1, and what it is, with +1. It is only appended to,
-- so that nobody waits for anybody; each second a job folds it into the tallies. What is read is both, in one snapshot.
CREATE TABLE order_deltas (
    sign          smallint NOT NULL,
    region        int NOT NULL,
    grid_id       int NOT NULL,
    branch_id     int,
    state         text NOT NULL,
    urgency       text NOT NULL,
    level         smallint NOT NULL,
    listed        boolean NOT NULL,
    promise_at    timestamptz,
    submitted_at  timestamptz NOT NULL,
    ended_at      timestamptz
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- How many open orders lie at a grid itself, how many there or anywhere below, and how many a branch holds.
CREATE TABLE tallies (
    region    int NOT NULL,
    of        text NOT NULL CHECK (of IN ('grid', 'below', 'branch')),
    place_id  int NOT NULL,
    received  int NOT NULL,
    routed    int NOT NULL,
    offered   int NOT NULL,
    accepted  int NOT NULL,
    parked    int NOT NULL,
    complex   int NOT NULL,
    general   int NOT NULL,
    urgent    int NOT NULL,
    critical  int NOT NULL,
    level_0   int NOT NULL,
    level_1   int NOT NULL,
    level_2   int NOT NULL,
    level_3   int NOT NULL,
    level_4   int NOT NULL,                  -- four times or more
    listed    int NOT NULL,
    overdue   int NOT NULL,                  -- a promise was missed at the moment in tally_marks
    PRIMARY KEY (region, of, place_id)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- How many orders were filed, and have ended, on a day of the last week: of a grid itself, and with all below it.
CREATE TABLE day_tallies (
    region    int NOT NULL,
    of        text NOT NULL CHECK (of IN ('grid', 'below')),
    grid_id   int NOT NULL,
    day       date NOT NULL,                 -- by the clocks of Asia/Shanghai
    filed     int NOT NULL,
    ended     int NOT NULL,
    PRIMARY KEY (region, day, of, grid_id)
) WITH (fillfactor = 50);

-- Up to which moment a missed promise is counted in the tallies: what passes later is counted by the index.
CREATE TABLE tally_marks (
    region  int PRIMARY KEY,
    at      timestamptz NOT NULL,
    rolled  boolean NOT NULL                 -- whether what lies below is summed up by the tree as it is
);

-- When the tree changes, what lies below a grid is summed up anew by the next fold; until then readers do it. From here
-- until the change is committed nobody folds by the tree as it was, whether a mark is there and says so or not.
CREATE FUNCTION tree_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE tally_marks IN EXCLUSIVE MODE;
    UPDATE tally_marks SET rolled = false WHERE rolled;
    RETURN NULL;
END $$;
CREATE TRIGGER grids_moved AFTER UPDATE OF parent_id, lo, hi ON grids
    FOR EACH STATEMENT EXECUTE FUNCTION tree_moved();

-- What one order adds to each of the tallies; an order that is not open adds nothing.
CREATE FUNCTION measured(state text, urgency text, level int, is_listed boolean) RETURNS TABLE (
    received int, routed int, offered int, accepted int, parked int, complex int, general int, urgent int, critical int,
    level_0 int, level_1 int, level_2 int, level_3 int, level_4 int, listed int
) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (state = 'received')::int, (state = 'routed')::int, (state = 'offered')::int, (state = 'accepted')::int,
           (state = 'parked')::int, (o AND urgency = 'complex')::int, (o AND urgency = 'general')::int,
           (o AND urgency = 'urgent')::int, (o AND urgency = 'critical')::int, (o AND level = 0)::int,
           (o AND level = 1)::int, (o AND level = 2)::int, (o AND level = 3)::int, (o AND level >= 4)::int,
           (o AND is_listed)::int
    FROM (SELECT state IN ('received', 'routed', 'offered', 'accepted', 'parked') OFFSET 0) AS s (o)
$$;

CREATE FUNCTION tally_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO order_deltas
        SELECT 1, region, grid_id, branch_id, state, urgency, level, listed, promise_at, submitted_at, ended_at
        FROM after;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO order_deltas
        SELECT -1, region, grid_id, branch_id, state, urgency, level, listed, promise_at, submitted_at, ended_at
        FROM before
        UNION ALL
        SELECT 1, region, grid_id, branch_id, state, urgency, level, listed, promise_at, submitted_at, ended_at
        FROM after;
    ELSE
        INSERT INTO order_deltas
        SELECT -1, region, grid_id, branch_id, state, urgency, level, listed, promise_at, submitted_at, ended_at
        FROM before;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_added AFTER INSERT ON orders
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION tally_orders();
CREATE TRIGGER orders_changed AFTER UPDATE ON orders
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION tally_orders();
CREATE TRIGGER orders_removed AFTER DELETE ON orders
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION tally_orders();

-- Counts everything anew, when it was written past the triggers; nobody writes meanwhile.
CREATE FUNCTION recount_orders() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE orders IN SHARE MODE;
    LOCK TABLE tally_marks IN EXCLUSIVE MODE;
    DELETE FROM order_deltas;
    DELETE FROM tallies;
    DELETE FROM day_tallies;
    DELETE FROM tally_marks;
    -- what is settled counts for its days alone, and those pass
    INSERT INTO order_deltas
    SELECT 1, region, grid_id, branch_id, state, urgency, level, listed, promise_at, submitted_at, ended_at
    FROM orders, (SELECT max(submitted_at) AS at FROM orders) AS newest
    WHERE state IN ('received', 'routed', 'offered', 'accepted', 'parked')
       OR submitted_at > newest.at - interval '9 days' OR ended_at > newest.at - interval '9 days';
END $$;
-- An order is never deleted; whoever empties the table for a benchmark or a rehearsal empties the counters with it.
CREATE FUNCTION orders_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE order_deltas, tallies, day_tallies, tally_marks;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_emptied AFTER TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION orders_emptied();
ALTER TABLE orders ENABLE ALWAYS TRIGGER orders_emptied;

SELECT recount_orders();

-- A branch's board: of each state what is promised first, what is due today, and what is late.
CREATE INDEX orders_on_board ON orders (branch_id, state, promise_at, id)
    WHERE state IN ('received', 'routed', 'offered', 'accepted', 'parked');

-- A page of what lies at few grids is merged of the newest at each of them, and of the open ones apart: it no longer
-- gathers all that was ever filed there. What looked for all orders of a grid finds them by this index as well.
CREATE INDEX orders_by_place ON orders (
    grid_id, (state IN ('received', 'routed', 'offered', 'accepted', 'parked')), submitted_at DESC, region DESC, id DESC
);
DROP INDEX orders_by_grid;

-- What is no request is rare: whoever lists the steps of projects, or the pledges, need not walk all requests to find it.
CREATE INDEX orders_of_kind ON orders (kind, submitted_at DESC, region DESC, id DESC) WHERE kind <> 'request';
DROP INDEX orders_pledged;
