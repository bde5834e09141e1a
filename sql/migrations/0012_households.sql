-- Whoever files for a household finds it by its grid, or by the telephone number in a message.
CREATE INDEX households_by_grid ON households (grid_id);
CREATE INDEX household_contacts_by_phone ON household_contacts (phone) WHERE phone IS NOT NULL;
