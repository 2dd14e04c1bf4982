-- Listed by octet, as SQLite does it, whatever the collation of the database.
ALTER TABLE profiles ALTER COLUMN name TYPE TEXT COLLATE "C";

CREATE TRIGGER profile_versions_are_never_changed BEFORE UPDATE ON profiles
FOR EACH ROW EXECUTE FUNCTION forbid('a version of a profile is never changed');

CREATE TRIGGER profile_versions_are_kept BEFORE DELETE ON profiles
FOR EACH ROW EXECUTE FUNCTION forbid('a version of a profile is never deleted');
