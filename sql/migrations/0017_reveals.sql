-- The contact is shown for ten minutes after a tap with a reason (DOMAIN §7). An empty reason stands for a look at the
-- place as given, and for looks from before reasons were asked; a slot still holds one look for each reason.
ALTER TABLE contact_views ADD COLUMN reason text NOT NULL DEFAULT '', ADD COLUMN at timestamptz;
UPDATE contact_views SET at = slot;
ALTER TABLE contact_views
    ALTER COLUMN reason DROP DEFAULT,
    ALTER COLUMN at SET NOT NULL,
    DROP CONSTRAINT contact_views_pkey,
    ADD PRIMARY KEY (region, order_id, person_id, slot, reason);
