CREATE TRIGGER profile_versions_are_never_changed BEFORE UPDATE ON profiles
BEGIN SELECT RAISE(ABORT, 'a version of a profile is never changed'); END;

CREATE TRIGGER profile_versions_are_kept BEFORE DELETE ON profiles
BEGIN SELECT RAISE(ABORT, 'a version of a profile is never deleted'); END;
