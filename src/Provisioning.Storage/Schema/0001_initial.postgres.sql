-- Devices are listed by octet, as SQLite does it, whatever the collation of the database.
ALTER TABLE devices ALTER COLUMN device_id TYPE TEXT COLLATE "C";

-- The promises that no statement may break, not even one typed by hand.
CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE TRIGGER certificates_are_kept BEFORE DELETE ON certificates
FOR EACH ROW EXECUTE FUNCTION forbid('a certificate is never deleted');

CREATE TRIGGER revoked_is_for_ever BEFORE UPDATE ON certificates
FOR EACH ROW WHEN (OLD.state = 'revoked' AND (NEW.state <> 'revoked' OR NEW.revoked_at <> OLD.revoked_at))
EXECUTE FUNCTION forbid('a revoked certificate stays revoked');

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
FOR EACH ROW EXECUTE FUNCTION forbid('an audit entry is never changed');

CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION forbid('an audit entry is never deleted');
