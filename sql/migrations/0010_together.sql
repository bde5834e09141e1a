-- Working together: what waits for the superior's decision, who co-handles, what was merged, what is followed up.

-- Rare, so it lies in one column; what lists look for stands beside it, written by the code with it.
ALTER TABLE orders
    ADD COLUMN affairs      jsonb,                             -- null: none of it
    ADD COLUMN decider_id   int,                               -- the branch that decides what was asked
    ADD COLUMN assisting    int[] NOT NULL DEFAULT '{}',       -- branches whose answer is waited for
    ADD COLUMN merged_into  bigint,                            -- the order that answers for this one, in its region
    ADD COLUMN follow_up    text;                              -- why the resident is to be asked how it went
CREATE INDEX orders_by_decider ON orders (decider_id) WHERE decider_id IS NOT NULL;
CREATE INDEX orders_by_assisting ON orders USING gin (assisting) WHERE assisting <> '{}';
CREATE INDEX orders_by_lead ON orders (region, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX orders_to_follow_up ON orders (region, grid_id, id) WHERE follow_up IS NOT NULL;

-- The policy says how long a superior has to decide and a co-handler to answer.
ALTER TABLE policy_overrides
    DROP CONSTRAINT policy_clock,
    ADD CONSTRAINT policy_clock CHECK (clock IN (
        'accept', 'contact', 'resolve', 'rate', 'dispatch', 'offer', 'remind', 'resume', 'decide', 'assist', 'rise'));

-- Reports walk one sort of event through a stretch of time.
CREATE INDEX events_of_working_together ON events (action, at)
    WHERE action IN ('return', 'refuse', 'appeal', 'judge', 'follow_up', 'review', 'park');
