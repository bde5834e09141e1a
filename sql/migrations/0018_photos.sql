-- Photos of orders, drawn anew without what a camera writes into them. A picture is compressed already.

-- Sent, and not yet of any order, so of no region either; what no order claims within a day is erased.
CREATE TABLE loose_photos (
    id          text PRIMARY KEY,            -- random: whoever knows it may file it
    created_at  timestamptz NOT NULL,
    salt        bytea NOT NULL,              -- the ledger holds only a salted digest of the picture
    digest      text NOT NULL,
    jpeg        bytea NOT NULL
);
ALTER TABLE loose_photos ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CREATE INDEX loose_photos_by_age ON loose_photos (created_at);

-- Personal, so apart, and erased as whole rows.
CREATE TABLE photos (
    region    int NOT NULL,
    order_id  bigint NOT NULL,
    id        text NOT NULL,
    version   int NOT NULL,                  -- of the event it came with, whose data holds its digest
    kind      text NOT NULL,
    place     smallint NOT NULL,             -- among those of that event
    salt      bytea NOT NULL,
    jpeg      bytea NOT NULL,
    PRIMARY KEY (region, order_id, id)
);
ALTER TABLE photos ALTER COLUMN jpeg SET STORAGE EXTERNAL;
