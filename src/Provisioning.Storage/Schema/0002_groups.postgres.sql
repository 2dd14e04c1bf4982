-- Units are listed by octet, as devices are, whatever the collation of the database.
ALTER TABLE lot_units ALTER COLUMN device_id TYPE TEXT COLLATE "C";

-- An index serves a join with the devices only when both sides are compared alike.
ALTER TABLE certificates ALTER COLUMN holder TYPE TEXT COLLATE "C";
