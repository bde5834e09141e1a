-- The orders, their ledger, and what leaves the house because of them.
-- Every row that belongs to an order begins with its region, the county-level grid it lies in:
-- on one machine this costs nothing, on many the tables are distributed by it without a change.

-- Table 1 of the house, filled by `migrate` from dispatch/domain/lifecycle.py.
CREATE TABLE lifecycle (
    from_state  text NOT NULL,
    action      text NOT NULL,
    party       text NOT NULL,
    to_state    text NOT NULL,
    PRIMARY KEY (from_state, action, party, to_state)
);

-- Serial numbers are handed out by region and in blocks, so that no counter is global.
CREATE TABLE serials (
    region  int PRIMARY KEY,
    next    bigint NOT NULL
);

-- What changes while an order lives, and nothing else: the row stays narrow.
CREATE TABLE orders (
    region          int NOT NULL,
    id              bigint NOT NULL,
    kind            text NOT NULL,
    state           text NOT NULL,
    version         int NOT NULL,
    category        text NOT NULL,
    urgency         text NOT NULL,
    grid_id         int NOT NULL,
    branch_id       int,                     -- who holds it
    supervisor_id   int,                     -- the branch that supervises it
    level           smallint NOT NULL,       -- how often it has risen
    assignee_id     int,                     -- offered to, or handled by
    filed_by        int,                     -- the person who filed it, when not the resident
    household_id    int,                     -- for whom, when it is a household looked after
    reopened        smallint NOT NULL,
    listed          boolean NOT NULL,        -- 挂牌督办
    grade           text,
    contacted_at    timestamptz,
    submitted_at    timestamptz NOT NULL,
    ended_at        timestamptz,
    co_branches     int[] NOT NULL,          -- branches that held it before
    tried           int[] NOT NULL,          -- members offered since it came to this branch
    clocks          jsonb NOT NULL,          -- what runs: clock -> due
    promises        jsonb NOT NULL,          -- what the resident was promised: milestone -> due
    due_clock       text,                    -- the earliest of the clocks
    due_at          timestamptz,
    promise_at      timestamptz,             -- the earliest promise not yet kept
    head            bytea NOT NULL,          -- hash of the last event
    PRIMARY KEY (region, id)
) WITH (fillfactor = 80);
CREATE INDEX orders_due ON orders (region, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_by_branch ON orders (region, branch_id, state, id);
CREATE INDEX orders_by_grid ON orders (region, grid_id, id);
CREATE INDEX orders_by_assignee ON orders (assignee_id, state, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX orders_by_filer ON orders (filed_by, id) WHERE filed_by IS NOT NULL;
CREATE INDEX orders_by_promise ON orders (region, promise_at) WHERE promise_at IS NOT NULL;

-- What the resident told us. Personal, so apart, and erased as a whole row.
CREATE TABLE order_contents (
    region         int NOT NULL,
    order_id       bigint NOT NULL,
    salt           bytea NOT NULL,           -- the ledger holds only a salted digest of this row
    text           text NOT NULL,
    place          jsonb NOT NULL,           -- as given
    contact_name   text,
    contact_phone  text,
    house          text,
    PRIMARY KEY (region, order_id)
);

-- The ledger. The primary key is the lock, the foreign key is the law.
CREATE TABLE events (
    region       int NOT NULL,
    order_id     bigint NOT NULL,
    version      int NOT NULL,
    at           timestamptz NOT NULL,       -- when it happened
    due_at       timestamptz,                -- when it was due, for what the clock did
    action       text NOT NULL,
    party        text NOT NULL,
    actor_id     int,
    from_state   text NOT NULL,
    to_state     text NOT NULL,
    level        smallint NOT NULL,
    branch_id    int,
    assignee_id  int,
    data         jsonb NOT NULL,
    request_key  bytea,                      -- the digest of the request's Idempotency-Key
    hash         bytea NOT NULL,             -- over the previous event's hash and all of the above
    PRIMARY KEY (region, order_id, version),
    FOREIGN KEY (from_state, action, party, to_state) REFERENCES lifecycle
);
CREATE INDEX events_by_time ON events USING brin (at);
CREATE UNIQUE INDEX events_by_request ON events (region, order_id, request_key) WHERE request_key IS NOT NULL;

-- Free text of events, apart for the same reason as order_contents.
CREATE TABLE event_texts (
    region    int NOT NULL,
    order_id  bigint NOT NULL,
    version   int NOT NULL,
    salt      bytea NOT NULL,
    body      jsonb NOT NULL,
    PRIMARY KEY (region, order_id, version)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Once a day all heads that moved are written down and chained by region; see decision record 3.
CREATE TABLE anchors (
    region    int NOT NULL,
    number    int NOT NULL,
    at        timestamptz NOT NULL,
    through   timestamptz NOT NULL,          -- events up to here are covered
    orders    int NOT NULL,
    previous  bytea NOT NULL,
    hash      bytea NOT NULL,
    PRIMARY KEY (region, number)
);
CREATE TABLE anchor_heads (
    region    int NOT NULL,
    number    int NOT NULL,
    order_id  bigint NOT NULL,
    version   int NOT NULL,
    head      bytea NOT NULL,
    PRIMARY KEY (region, number, order_id)
);
CREATE TRIGGER anchors_append_only BEFORE UPDATE OR DELETE ON anchors
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER anchor_heads_append_only BEFORE UPDATE OR DELETE ON anchor_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER anchors_no_truncate BEFORE TRUNCATE ON anchors
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER anchor_heads_no_truncate BEFORE TRUNCATE ON anchor_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE idempotency (
    region      int NOT NULL,
    key_hash    bytea NOT NULL,
    body_hash   bytea NOT NULL,
    order_id    bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (region, key_hash)
);
CREATE INDEX idempotency_by_age ON idempotency USING brin (created_at);

CREATE TABLE outbox (
    region      int NOT NULL,
    order_id    bigint NOT NULL,
    version     int NOT NULL,
    place       smallint NOT NULL,           -- among the notices of one event
    notice      text NOT NULL,
    person_id   int,                         -- one of the two says who is told
    branch_id   int,
    created_at  timestamptz NOT NULL,
    send_at     timestamptz NOT NULL,        -- after the quiet hours, unless urgent
    sent_at     timestamptz,
    PRIMARY KEY (region, order_id, version, place)
);
CREATE INDEX outbox_waiting ON outbox (region, send_at) WHERE sent_at IS NULL;

-- Who looked at a resident's contact, one row for ten minutes of looking.
CREATE TABLE contact_views (
    region     int NOT NULL,
    order_id   bigint NOT NULL,
    person_id  int NOT NULL,
    slot       timestamptz NOT NULL,
    PRIMARY KEY (region, order_id, person_id, slot)
);

-- An order whose clock could not be served is set aside, so that it holds up no other.
CREATE TABLE set_aside (
    region    int NOT NULL,
    order_id  bigint NOT NULL,
    since     timestamptz NOT NULL,
    until     timestamptz NOT NULL,
    tries     int NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (region, order_id)
);
CREATE INDEX orders_newest ON orders (submitted_at DESC, region DESC, id DESC);
