-- Two who count anew at once no longer wait for each other for ever. SHARE let both pass the lock on orders, and whoever
-- then came first to the marks and went on to write orders, in one transaction, was kept from that by the other one,
-- who waited for the marks.
CREATE OR REPLACE FUNCTION recount_orders() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
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
