-- Units are listed by octet, as devices are, whatever the collation of the database.
ALTER TABLE lot_units ALTER COLUMN device_id TYPE TEXT COLLATE "C";
